-- name: write
-- Lines of the journal, in their order. `rows`: JSON.
INSERT INTO journal (account, at, subject, kind, text, actor, data, arrival_id)
SELECT r.account, r.at, r.subject, r.kind, r.text, r.actor, r.data, r.arrival_id
FROM ROWS FROM (jsonb_to_recordset(CAST(:rows AS jsonb)) AS (account text, at timestamptz, subject text, kind text, text text,
       actor text, data jsonb, arrival_id bigint)) WITH ORDINALITY
  AS r(account, at, subject, kind, text, actor, data, arrival_id, place)
ORDER BY r.place;

-- name: park
-- Something waits for a person. Parked already for the same cause: the sentence is renewed.
INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, data, arrival_id, effect_id, opened_at)
VALUES (:account, :subject, :cause, :connection, :title, :consequence, :remedy, :data, :arrival_id, :effect_id, :now)
ON CONFLICT (account, subject, cause) WHERE closed_at IS NULL
DO UPDATE SET title = excluded.title, consequence = excluded.consequence, data = excluded.data,
  arrival_id = coalesce(excluded.arrival_id, parked.arrival_id), effect_id = coalesce(excluded.effect_id, parked.effect_id);

-- name: unpark
-- These causes no longer hold.
UPDATE parked SET closed_at = :now, closed_by = :by, closed_how = :how
WHERE account = :account AND subject = :subject AND cause = ANY(:causes) AND closed_at IS NULL
RETURNING cause;

-- name: unpark_and_ask
-- These causes no longer hold. What the subject is still stopped for, the oldest first; none when nothing stops it.
WITH closed AS (
  UPDATE parked SET closed_at = :now, closed_by = :by, closed_how = 'solved'
  WHERE account = :account AND subject = :subject AND cause = ANY(:causes) AND closed_at IS NULL
  RETURNING parked_id)
SELECT title FROM parked
WHERE account = :account AND subject = :subject AND closed_at IS NULL AND parked_id NOT IN (SELECT parked_id FROM closed)
ORDER BY parked_id LIMIT 1;

-- name: unpark_effect
-- What an effect was parked for no longer holds.
UPDATE parked SET closed_at = :now, closed_by = :by, closed_how = :how
WHERE account = :account AND effect_id = :effect_id AND closed_at IS NULL;

-- name: stopped
-- Of some subjects, those that are stopped for any cause.
SELECT DISTINCT subject FROM parked WHERE account = :account AND subject = ANY(:subjects) AND closed_at IS NULL;

-- name: parked
-- One parked thing, locked.
SELECT parked_id, subject, cause, connection, remedy, data, arrival_id, effect_id, closed_at FROM parked
WHERE account = :account AND parked_id = :parked_id FOR UPDATE;

-- name: close
-- A person or a fact closed it.
UPDATE parked SET closed_at = :now, closed_by = :by, closed_how = :how
WHERE account = :account AND parked_id = :parked_id AND closed_at IS NULL;
