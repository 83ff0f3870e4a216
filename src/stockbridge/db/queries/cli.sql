-- name: accounts
-- Every account.
SELECT account, title FROM account ORDER BY account;

-- name: workers
-- How many worker slots are taken, on any machine (engine/liveness.py).
SELECT count(*) FROM generate_series(0, 63) AS slot
CROSS JOIN LATERAL (SELECT hashtextextended('executor:' || slot, 0) AS h) AS name
WHERE EXISTS (
  SELECT 1 FROM pg_locks
  WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = (h >> 32) & 4294967295 AND objid::bigint = h & 4294967295);

-- name: others
-- How many sessions other programs have in this database.
SELECT count(*) FROM pg_stat_activity
WHERE datname = current_database() AND backend_type = 'client backend' AND application_name <> :own_name
  AND pid <> pg_backend_pid();

-- name: skew
-- How many seconds the database's clock is ahead of a moment.
SELECT extract(epoch FROM clock_timestamp() - CAST(:now AS timestamptz))::float8;

-- name: orders_named
-- Orders of a name (with or without its sign) or an id.
SELECT shop, order_id, name FROM orders
WHERE account = :account AND (name = :name OR name = '#' || :name OR order_id = :name OR order_id LIKE '%/' || :name)
ORDER BY placed_at DESC LIMIT 20;

-- name: arrivals
-- What has arrived, the newest first; an empty filter lets everything through.
SELECT arrival_id, connection, topic, subject, received_at, state, attempts, done_at, outcome, length(body) AS size FROM arrival
WHERE account = :account AND (:state = -1 OR state = :state)
  AND (:connection = '' OR connection = :connection) AND (:subject = '' OR subject = :subject)
ORDER BY arrival_id DESC LIMIT :limit;

-- name: arrival
-- One arrival, whole.
SELECT arrival_id, connection, topic, subject, dedupe_key, headers, body, received_at, state, attempts, done_at, outcome
FROM arrival WHERE account = :account AND arrival_id = :arrival_id;

-- name: parked_one
-- One parked thing, closed or not.
SELECT parked_id, subject, cause, connection, title, consequence, remedy, data, arrival_id, effect_id, opened_at, closed_at,
       closed_by, closed_how
FROM parked WHERE account = :account AND parked_id = :parked_id;

-- name: parked_with
-- The open parked thing that an arrival led to.
SELECT parked_id FROM parked WHERE account = :account AND arrival_id = :arrival_id AND closed_at IS NULL
ORDER BY parked_id LIMIT 1;

-- name: catalogue
-- Every item of every shop.
SELECT shop, inventory_item_id, sku FROM item WHERE account = :account ORDER BY shop, sku, inventory_item_id;

-- name: codes
-- The whole active cross-reference.
SELECT shop, inventory_item_id, connection, warehouse, item_code FROM crossref
WHERE account = :account AND active ORDER BY shop, inventory_item_id, connection, warehouse;
