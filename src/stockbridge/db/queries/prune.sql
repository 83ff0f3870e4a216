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

-- name: foreign_changes
-- Old changes that somebody else made of a number.
DELETE FROM foreign_change WHERE (account, shop, location_id, inventory_item_id, at) IN (
  SELECT account, shop, location_id, inventory_item_id, at FROM foreign_change WHERE at < :before LIMIT :most);

-- name: runs
-- Runs that are over and were for long; what waits for a person stays.
DELETE FROM run WHERE (account, run_id) IN (
  SELECT account, run_id FROM run WHERE state NOT IN ('running', 'braked') AND ended_at < :before LIMIT :most);

-- name: batches
-- What was asked for many orders at once and is over for long.
DELETE FROM batch WHERE (account, batch_id) IN (
  SELECT account, batch_id FROM batch WHERE state <> 'running' AND ended_at < :before LIMIT :most);

-- name: corrections
-- What runs found that are forgotten, and what no run ever took up.
DELETE FROM correction WHERE (account, correction_id) IN (
  SELECT c.account, c.correction_id FROM correction c LEFT JOIN run r ON r.account = c.account AND r.run_id = c.run_id
  WHERE c.found_at < :before AND r.run_id IS NULL LIMIT :most);
