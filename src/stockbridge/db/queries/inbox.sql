-- name: due
-- New arrivals of one lane, oldest first. The attempt is counted before it is made; a count that a power cut takes away is no loss, so
-- nobody waits for the disk.
UPDATE arrival SET attempts = attempts + 1
WHERE account = :account AND arrival_id = ANY(ARRAY(
  SELECT arrival_id FROM arrival
  WHERE account = :account AND connection = :connection AND lane = :lane AND state = 0
  ORDER BY arrival_id LIMIT :most
  FOR UPDATE SKIP LOCKED))
RETURNING arrival_id, topic, subject, dedupe_key, headers, body, received_at, attempts, set_config('synchronous_commit', 'off', true);

-- name: hold
-- Is the arrival still new? Locked until the transaction ends, and the account's mapping with it: others may read it too.
SELECT pg_advisory_xact_lock_shared(hashtextextended('mapping/' || account, 0)) FROM (
  SELECT account FROM arrival WHERE account = :account AND arrival_id = :arrival_id AND state = 0 FOR UPDATE SKIP LOCKED) AS held;

-- name: hold_alone
-- The same for an arrival that changes the mapping: nobody reads or changes it meanwhile.
SELECT pg_advisory_xact_lock(hashtextextended('mapping/' || account, 0)) FROM (
  SELECT account FROM arrival WHERE account = :account AND arrival_id = :arrival_id AND state = 0 FOR UPDATE SKIP LOCKED) AS held;

-- name: hold_hints
-- Of some arrivals that are hints, those that are still new, locked. Were the transaction lost in a power cut they would be new again, so it
-- does not wait for the disk.
SELECT arrival_id, pg_advisory_xact_lock_shared(hashtextextended('mapping/' || account, 0)), set_config('synchronous_commit', 'off', true)
FROM (SELECT account, arrival_id FROM arrival WHERE account = :account AND arrival_id = ANY(:ids) AND state = 0
  ORDER BY arrival_id FOR UPDATE SKIP LOCKED) AS held;

-- name: finish
-- It was understood; what follows is saved in the same transaction.
UPDATE arrival SET state = 1, done_at = :now, outcome = :outcome WHERE account = :account AND arrival_id = :arrival_id;

-- name: hold_many
-- Of some arrivals, those that are still new, locked like one of `hold`.
SELECT arrival_id, pg_advisory_xact_lock_shared(hashtextextended('mapping/' || account, 0)) FROM (
  SELECT account, arrival_id FROM arrival WHERE account = :account AND arrival_id = ANY(:ids) AND state = 0
  ORDER BY arrival_id FOR UPDATE SKIP LOCKED) AS held;

-- name: finish_many
-- Several were understood.
UPDATE arrival a SET state = 1, done_at = :now, outcome = noted.reason
FROM unnest(CAST(:ids AS bigint[]), CAST(:reasons AS text[])) AS noted(arrival_id, reason)
WHERE a.account = :account AND a.arrival_id = ANY(CAST(:ids AS bigint[])) AND a.arrival_id = noted.arrival_id AND a.state = 0;

-- name: park
-- It waits for a person.
UPDATE arrival SET state = 2, done_at = :now, outcome = :outcome WHERE account = :account AND arrival_id = :arrival_id;

-- name: replay
-- Read it again.
UPDATE arrival SET state = 0, attempts = 0, done_at = NULL, outcome = NULL
WHERE account = :account AND arrival_id = :arrival_id AND state = 2
RETURNING connection, lane;

-- name: due_lanes
-- Lanes with work that no job may know of: arrivals, effects, levels and waiting orders that are due. What is to be sent over a
-- paused connection waits until it goes on; readings do not.
SELECT DISTINCT 'step' AS kind, account, connection, lane, '' AS what FROM arrival WHERE state = 0 AND received_at < :before
UNION
SELECT DISTINCT 'deliver', account, connection, lane, '' FROM effect WHERE state = 'unknown' AND next_at <= :now
UNION
-- One that must wait for another of its subject is not due: the other one is, when its time comes.
SELECT DISTINCT 'deliver', e.account, e.connection, e.lane, '' FROM effect e
WHERE e.state = 'pending' AND e.next_at <= :now
  AND (e.lane = :readings OR (e.account, e.connection) NOT IN (SELECT account, connection FROM resting))
  AND NOT EXISTS (
    SELECT 1 FROM effect older
    WHERE older.account = e.account AND older.subject = e.subject AND older.connection = e.connection
      AND older.lane = e.lane AND older.state IN ('pending', 'sending', 'unknown')
      AND (older.state <> 'pending' OR older.effect_id < e.effect_id)
    OFFSET 0)
UNION
SELECT DISTINCT 'deliver', account, connection, lane, '' FROM effect WHERE state = 'sending' AND sent_at < :before
UNION
SELECT DISTINCT 'publish', account, shop, 0, '' FROM level WHERE dirty <> clean AND next_at <= :now
UNION
SELECT DISTINCT 'sweep', account, shop, 0, 'waiting' FROM orders WHERE retry_at <= :now;
