-- name: store
-- Stores what arrived, all of it in one statement; gives a row for each that was not there yet. The arrays are parallel.
INSERT INTO arrival (account, connection, dedupe_key, topic, subject, lane, headers, body, received_at)
SELECT account, connection, dedupe_key, topic, subject, lane, headers::jsonb, body, received_at
FROM unnest(
  :accounts::text[], :connections::text[], :dedupe_keys::text[], :topics::text[], :subjects::text[],
  :lanes::smallint[], :headers::text[], :bodies::bytea[], :received_ats::timestamptz[]
) AS incoming (account, connection, dedupe_key, topic, subject, lane, headers, body, received_at)
ON CONFLICT (account, connection, dedupe_key) DO NOTHING
RETURNING account, connection, dedupe_key, arrival_id;

-- name: heard_from
-- Notes for people when a connection was last heard from. A row that somebody else is changing is skipped, not waited for.
UPDATE connection SET last_in_at = :at
WHERE (account, connection) IN (
  SELECT c.account, c.connection
  FROM connection AS c
  JOIN unnest(:accounts::text[], :connections::text[]) AS heard (account, connection)
    ON heard.account = c.account AND heard.connection = c.connection
  WHERE c.last_in_at IS NULL OR c.last_in_at < :at
  FOR UPDATE OF c SKIP LOCKED
);

-- name: patience
-- Lets this session wait for somebody else's lock, or for one statement, no longer than the sender waits for us.
SELECT set_config('lock_timeout', :lock_ms::text, false), set_config('statement_timeout', :statement_ms::text, false);
