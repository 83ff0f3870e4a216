-- name: arrivals
-- Finished arrivals that are old, some at a time.
DELETE FROM arrival WHERE (account, arrival_id) IN (
  SELECT account, arrival_id FROM arrival WHERE state = 1 AND received_at < :before LIMIT :most);

-- name: journal
-- Old journal lines about stock; those about orders stay.
DELETE FROM journal WHERE (account, journal_id) IN (
  SELECT account, journal_id FROM journal WHERE subject LIKE 'stock/%' AND at < :before LIMIT :most);

-- name: publications
-- Finished batches of level writes.
DELETE FROM publication WHERE (account, key) IN (
  SELECT account, key FROM publication WHERE outcome IN ('done', 'refused') AND began_at < :before LIMIT :most);

-- name: readings
-- Finished readings: they may be repeated, so their keys guard nothing.
DELETE FROM effect WHERE (account, effect_id) IN (
  SELECT account, effect_id FROM effect WHERE kind = 'fetch_order' AND state = 'done' AND done_at < :before LIMIT :most);
