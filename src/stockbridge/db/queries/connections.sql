-- name: all
-- Every connection of every account.
SELECT account, connection, kind, title, settings, secrets, time_zone, live, start_line, paused, version
FROM connection ORDER BY account, connection;

-- name: one
-- One connection.
SELECT account, connection, kind, title, settings, secrets, time_zone, live, start_line, paused, version, created_at
FROM connection WHERE account = :account AND connection = :connection;

-- name: save_account
-- A merchant's account.
INSERT INTO account (account, title, created_at) VALUES (:account, :title, :now) ON CONFLICT DO NOTHING;

-- name: save
-- A connection, new or changed.
INSERT INTO connection AS c (account, connection, kind, title, settings, secrets, time_zone, live, start_line, created_at)
VALUES (:account, :connection, :kind, :title, :settings, :secrets, :time_zone, :live, :start_line, :now)
ON CONFLICT (account, connection) DO UPDATE SET title = excluded.title, settings = excluded.settings,
  secrets = excluded.secrets, time_zone = excluded.time_zone, live = excluded.live, start_line = excluded.start_line,
  version = c.version + 1;

-- name: heard
-- A call to the other side was answered.
UPDATE connection SET last_out_at = greatest(coalesce(last_out_at, :now), :now), last_error = NULL
WHERE account = :account AND connection = :connection AND (last_error IS NOT NULL OR last_out_at IS NULL OR last_out_at < :before);

-- name: trouble
-- A call to the other side failed.
UPDATE connection SET last_error = :error, last_error_at = :now WHERE account = :account AND connection = :connection;

-- name: pause
-- Nothing is sent to it until a person says otherwise; not if it is like that already.
UPDATE connection SET paused = :paused, paused_at = CASE WHEN :paused THEN CAST(:now AS timestamptz) END, paused_by = :by
WHERE account = :account AND connection = :connection AND paused <> :paused;

-- name: pause_all
-- Nothing is sent to anybody until a person says otherwise; not if it is like that already.
UPDATE account SET paused_at = CASE WHEN :paused THEN CAST(:now AS timestamptz) END, paused_by = :by
WHERE account = :account AND (paused_at IS NOT NULL) <> :paused;

-- name: rests
-- Whether nothing may be sent over a connection now.
SELECT EXISTS (SELECT FROM resting WHERE account = :account AND connection = :connection);

-- name: pauses
-- What is paused, everything first: which connection (none: everything), its title, since when, by whom.
SELECT '' AS connection, '' AS title, paused_at, paused_by FROM account WHERE account = :account AND paused_at IS NOT NULL
UNION ALL
SELECT connection, title, paused_at, paused_by FROM connection WHERE account = :account AND paused
ORDER BY connection;

-- name: names
-- The connections of an account.
SELECT connection FROM connection WHERE account = :account ORDER BY connection;

-- name: shops
-- The shops of an account whose levels are worked out.
SELECT DISTINCT shop FROM source WHERE account = :account ORDER BY shop;

-- name: switch_live
-- Orders placed from the start line on are sent, or all are only watched.
UPDATE connection SET live = :live, start_line = CASE WHEN :live THEN :start_line ELSE start_line END
WHERE account = :account AND connection = :connection;

-- name: alone
-- Waits for every decision that is being made in the account and read the switch as it was; the next ones wait for us.
SELECT pg_advisory_xact_lock(hashtextextended('mapping/' || :account, 0));

-- name: look_at_watched
-- Orders that came while the shop was only watched and would be sent now are read again.
UPDATE orders SET retry_at = :now
WHERE account = :account AND shop = :shop AND state = 'ignored' AND placed_at >= :since AND cancelled_at IS NULL;

-- name: hurry
-- What waits for its next time is tried now; gives the lanes.
UPDATE effect SET next_at = :now
WHERE account = :account AND connection = :connection AND next_at > :now
  AND (state = 'pending' OR (state = 'unknown' AND not_found = 0))
RETURNING lane;

-- name: hold_key
-- One process at a time makes the key of this installation.
SELECT pg_advisory_xact_lock(hashtextextended('stockbridge.key', 0));

-- name: is_made
-- Is there a table of connections yet?
SELECT to_regclass('connection') IS NOT NULL;

-- name: anything_sealed
-- Were any credentials encrypted?
SELECT EXISTS (SELECT FROM connection WHERE length(secrets) > 0);

-- name: hurry_levels
-- Levels of a shop that wait for their next look are looked at now; locked in the order in which everybody locks levels.
WITH waiting AS (
  SELECT location_id, inventory_item_id FROM level
  WHERE account = :account AND shop = :connection AND dirty <> clean AND next_at > :now
  ORDER BY location_id, inventory_item_id FOR UPDATE)
UPDATE level l SET next_at = :now FROM waiting w
WHERE l.account = :account AND l.shop = :connection AND l.location_id = w.location_id AND l.inventory_item_id = w.inventory_item_id;

-- name: failed_sweeps
-- The sweeps of a connection whose last look met trouble.
SELECT what FROM cursor WHERE account = :account AND connection = :connection AND error <> '' ORDER BY what;

-- name: cursor
-- How far a sweep has read.
SELECT cursor FROM cursor WHERE account = :account AND connection = :connection AND what = :what;

-- name: save_cursor
-- A sweep has read this far.
INSERT INTO cursor (account, connection, what, cursor, ran_at, found, error)
VALUES (:account, :connection, :what, :cursor, :now, :found, :error)
ON CONFLICT (account, connection, what) DO UPDATE SET
  cursor = CASE WHEN excluded.error = '' THEN excluded.cursor ELSE cursor.cursor END,
  ran_at = excluded.ran_at, found = excluded.found, error = excluded.error;

-- name: budget
-- What is left of a rate budget, locked: who takes from it, or corrects it, does so alone. The transaction does not wait for the disk: after
-- a power cut the next answer says what is left, and until then everybody would wait for the one that has the lock.
SELECT available, aside, maximum, restore_per_s, at, set_config('synchronous_commit', 'off', true) FROM budget WHERE account = :account AND connection = :connection FOR UPDATE;

-- name: save_budget
-- What is left of a rate budget, and since when.
INSERT INTO budget AS b (account, connection, available, aside, maximum, restore_per_s, at)
VALUES (:account, :connection, :available, :aside, :maximum, :restore_per_s, :now)
ON CONFLICT (account, connection) DO UPDATE SET available = excluded.available, aside = excluded.aside,
  maximum = excluded.maximum, restore_per_s = excluded.restore_per_s, at = greatest(b.at, excluded.at);

-- name: contact
-- A connection was heard from.
UPDATE connection SET last_in_at = greatest(last_in_at, :now) WHERE account = :account AND connection = :connection;
