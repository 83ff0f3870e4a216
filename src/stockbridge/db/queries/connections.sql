-- name: all
-- Every connection of every account.
SELECT account, connection, kind, title, settings, secrets, time_zone, live, start_line, paused, version
FROM connection ORDER BY account, connection;

-- name: one
-- One connection.
SELECT account, connection, kind, title, settings, secrets, time_zone, live, start_line, paused, version
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
-- Nothing is called until a person or a good test says otherwise.
UPDATE connection SET paused = :paused WHERE account = :account AND connection = :connection;

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

-- name: reserve_budget
-- Reserve from a rate budget, if the points will be there in time: gives the seconds until they may be spent. `kept`: the share
-- that is left for others. A cost above what there can ever be waits until the budget is full.
UPDATE budget SET available = least(maximum, available + restore_per_s * greatest(0, extract(epoch FROM CAST(:now AS timestamptz) - at)))
         - least(:cost, maximum * (1 - :kept)),
       at = greatest(at, :now)
WHERE account = :account AND connection = :connection
  AND least(maximum, available + restore_per_s * greatest(0, extract(epoch FROM CAST(:now AS timestamptz) - at)))
      - least(:cost, maximum * (1 - :kept)) - maximum * :kept >= - greatest(restore_per_s, 0.1) * :patience_s
RETURNING greatest(0, maximum * :kept - available) / greatest(restore_per_s, 0.1) AS wait_s;

-- name: budget_wait
-- Seconds until a rate budget could pay a cost, as things stand.
SELECT greatest(0, least(:cost, maximum * (1 - :kept)) + maximum * :kept
         - least(maximum, available + restore_per_s * greatest(0, extract(epoch FROM CAST(:now AS timestamptz) - at))))
       / greatest(restore_per_s, 0.1) AS wait_s
FROM budget WHERE account = :account AND connection = :connection;

-- name: correct_budget
-- What the other side says is left. Other workers may have calls under way: never more than we believe, unless idle.
INSERT INTO budget AS b (account, connection, available, maximum, restore_per_s, at)
VALUES (:account, :connection, :available, :maximum, :restore_per_s, :now)
ON CONFLICT (account, connection) DO UPDATE SET maximum = excluded.maximum, restore_per_s = excluded.restore_per_s,
  available = least(excluded.available, least(excluded.maximum,
      b.available + b.restore_per_s * greatest(0, extract(epoch FROM excluded.at - b.at)) + :refund)),
  at = greatest(b.at, excluded.at);

-- name: contact
-- A connection was heard from.
UPDATE connection SET last_in_at = greatest(last_in_at, :now) WHERE account = :account AND connection = :connection;
