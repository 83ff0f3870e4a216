-- name: unfinished
-- Work of ours that is under way or due.
SELECT (SELECT count(*) FROM arrival WHERE account = :account AND state = 0)
     + (SELECT count(*) FROM effect WHERE account = :account AND state IN ('pending', 'sending', 'unknown'))
     + (SELECT count(*) FROM level WHERE account = :account AND dirty <> clean)
     + (SELECT count(*) FROM wakeup);

-- name: learned
-- Locations, items and figures that are known.
SELECT (SELECT count(*) FROM location WHERE account = :account) + (SELECT count(*) FROM item WHERE account = :account)
     + (SELECT count(*) FROM figure WHERE account = :account);

-- name: parked
-- Orders that wait for a person.
SELECT count(*) FROM parked WHERE account = :account AND cause = :cause AND closed_at IS NULL;

-- name: accepted
-- Orders that a warehouse has.
SELECT count(*) FROM submission WHERE account = :account AND state = 'accepted';

-- name: adopted
-- Requests whose outcome was found by looking them up.
SELECT count(*) FROM arrival a JOIN effect e ON e.account = a.account AND e.answer_id = a.arrival_id
WHERE a.account = :account AND e.kind = 'submit_order' AND a.headers ->> 'stockbridge-adopted' = 'true';

-- name: stale
-- Level writes that the shop refused because something was sold meanwhile.
SELECT count(*) FROM journal WHERE account = :account AND kind = 'level.stale';

-- name: parked_all
-- Everything that waits for a person: its cause and what it is about.
SELECT cause || ' (' || subject || '): ' || title FROM parked WHERE account = :account AND closed_at IS NULL ORDER BY parked_id;

-- name: parked_orders
-- Orders that wait for a person.
SELECT count(*) FROM orders WHERE account = :account AND state = 'parked';

-- name: recovered
-- Calls that were cut off and whose effect is done all the same: made again, found there, or shown by what the other side said of it
-- later, no answer to the call itself having been booked.
SELECT count(*) FROM effect WHERE account = :account AND kind <> 'fetch_order' AND state = 'done'
  AND (attempts > 1
       OR (attempts = 1 AND NOT EXISTS (SELECT 1 FROM arrival a WHERE a.account = effect.account AND a.connection = effect.connection
                                          AND a.dedupe_key = effect.key || '#1'))
       OR EXISTS (SELECT 1 FROM arrival a WHERE a.account = effect.account AND a.arrival_id = effect.answer_id
                                AND a.headers ->> 'stockbridge-adopted' = 'true'));

-- name: unpublished
-- Levels that are to be looked at.
SELECT count(*) FROM level WHERE account = :account AND dirty <> clean;
