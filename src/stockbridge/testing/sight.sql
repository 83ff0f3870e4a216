-- name: orders
-- Every order, oldest first.
SELECT order_id, name, state, reason, retry_at FROM orders ORDER BY placed_at, order_id;

-- name: order
-- One order.
SELECT order_id, name, state, reason, retry_at FROM orders WHERE name = :name;

-- name: submissions
-- What warehouses were asked for, of one order.
SELECT s.reference, s.warehouse, s.state, s.reason, s.progress FROM submission s JOIN orders o USING (account, shop, order_id)
WHERE o.name = :name ORDER BY s.number;

-- name: parked
-- What waits for a person now.
SELECT parked_id, subject, cause, title, consequence, remedy, data, arrival_id, effect_id FROM parked
WHERE closed_at IS NULL ORDER BY parked_id;

-- name: effects
-- Effects of a kind (all when it is empty).
SELECT effect_id, key, kind, connection, state, attempts, reason, next_at FROM effect
WHERE :kind = '' OR kind = :kind ORDER BY effect_id;

-- name: journal
-- What was written down about one subject.
SELECT kind, text, actor FROM journal WHERE subject = :subject ORDER BY journal_id;

-- name: arrivals
-- What has been received of one topic (all when it is empty).
SELECT arrival_id, connection, topic, state, attempts, outcome, received_at FROM arrival
WHERE :topic = '' OR topic = :topic ORDER BY arrival_id;

-- name: level
-- A level as the house knows it.
SELECT available, committed, desired, written, dirty, clean, stale, note, derivation FROM level
WHERE location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: unfinished
-- What is not at its end: arrivals new, effects on their way, levels due.
SELECT 'arrival' AS what, topic AS name, arrival_id AS id FROM arrival WHERE state = 0
UNION ALL SELECT 'effect', key || ' ' || state, effect_id FROM effect WHERE state IN ('pending', 'sending', 'unknown')
UNION ALL SELECT 'level', location_id || ' ' || inventory_item_id || ' ' || note, 0 FROM level WHERE dirty <> clean
ORDER BY 1, 3;
