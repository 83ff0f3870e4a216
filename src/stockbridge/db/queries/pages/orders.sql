-- name: order_states
-- How many orders are in each state.
SELECT state, count(*) AS many FROM orders WHERE account = :account GROUP BY state;

-- name: tab_counts
-- How many orders each tab has, counted up to a thousand.
SELECT
  (SELECT count(*) FROM (SELECT 1 FROM orders WHERE account = :account LIMIT 1000) AS a) AS "all",
  (SELECT count(*) FROM (SELECT 1 FROM orders WHERE account = :account AND (state = 'parked' OR 'order/' || order_id IN (
     SELECT subject FROM parked WHERE account = :account AND closed_at IS NULL)) LIMIT 1000) AS b) AS attention,
  (SELECT count(*) FROM (SELECT 1 FROM orders WHERE account = :account AND state IN ('waiting', 'assigned') LIMIT 1000) AS c)
    AS waiting,
  (SELECT count(*) FROM (SELECT DISTINCT shop, order_id FROM shipment WHERE account = :account AND written_at IS NULL
     LIMIT 1000) AS d) AS unwritten,
  (SELECT count(*) FROM (SELECT 1 FROM orders WHERE account = :account AND state = 'done' LIMIT 1000) AS e) AS done;

-- name: orders
-- One page of orders, the newest first, as the filters say; an empty filter lets everything through.
WITH parked_subject AS (SELECT DISTINCT subject FROM parked WHERE account = :account AND closed_at IS NULL),
found AS (
  SELECT shop, order_id FROM orders
  WHERE account = :account AND :search <> '' AND (name ILIKE :like OR name ILIKE '#' || :like OR order_id = :search
    OR order_id LIKE '%/' || :like_exact OR snapshot -> 'lines' @> jsonb_build_array(jsonb_build_object('sku', :search)))
  UNION
  SELECT shop, order_id FROM submission
  WHERE account = :account AND :search <> '' AND (reference = :search OR warehouse_ref = :search)
  UNION
  SELECT shop, order_id FROM shipment
  WHERE account = :account AND :search <> '' AND (jsonb_exists(tracking -> 'numbers', :search) OR shipment_id = :search)
  UNION
  SELECT shop, order_id FROM claim WHERE account = :account AND :search <> '' AND item_code = :search
)
SELECT o.shop, o.order_id, o.name, o.state, o.reason, o.placed_at, o.ship_to_name, o.country_code, o.tags,
       'order/' || o.order_id IN (SELECT subject FROM parked_subject) AS parked,
       (SELECT coalesce(sum((line ->> 'current_quantity')::numeric), 0)::int
        FROM jsonb_array_elements(o.snapshot -> 'lines') AS line) AS units,
       (SELECT coalesce(array_agg(DISTINCT s.warehouse), '{}') FROM submission AS s
        WHERE s.account = o.account AND s.shop = o.shop AND s.order_id = o.order_id
          AND s.state NOT IN ('cancelled', 'refused')) AS warehouses,
       (SELECT count(*) FROM shipment AS h
        WHERE h.account = o.account AND h.shop = o.shop AND h.order_id = o.order_id) AS parcels,
       (SELECT count(*) FROM shipment AS h WHERE h.account = o.account AND h.shop = o.shop AND h.order_id = o.order_id
          AND h.written_at IS NULL) AS unwritten
FROM orders AS o
WHERE o.account = :account
  AND (:shop = '' OR o.shop = :shop)
  AND (:state = '' OR o.state = :state)
  AND (:tag = '' OR jsonb_exists(o.tags, :tag))
  AND (:warehouse = '' OR EXISTS (
    SELECT 1 FROM submission AS s WHERE s.account = o.account AND s.shop = o.shop AND s.order_id = o.order_id
      AND s.warehouse = :warehouse AND s.state NOT IN ('cancelled', 'refused')))
  AND CASE :tab
    WHEN 'attention' THEN o.state = 'parked' OR 'order/' || o.order_id IN (SELECT subject FROM parked_subject)
    WHEN 'waiting' THEN o.state IN ('waiting', 'assigned')
    WHEN 'unwritten' THEN EXISTS (SELECT 1 FROM shipment AS h WHERE h.account = o.account AND h.shop = o.shop
      AND h.order_id = o.order_id AND h.written_at IS NULL)
    WHEN 'done' THEN o.state = 'done'
    ELSE true END
  AND (:search = '' OR (o.shop, o.order_id) IN (SELECT shop, order_id FROM found))
  AND (:before_at::timestamptz IS NULL OR (o.placed_at, o.order_id) < (:before_at::timestamptz, :before_id))
ORDER BY o.placed_at DESC, o.order_id DESC
LIMIT :limit;

-- name: filters
-- What can be filtered by: shops, warehouses and the tags of the newest orders.
SELECT
  ARRAY(SELECT connection FROM connection AS c WHERE c.account = :account
        AND EXISTS (SELECT 1 FROM orders AS o WHERE o.account = c.account AND o.shop = c.connection) ORDER BY 1) AS shops,
  ARRAY(SELECT DISTINCT warehouse FROM source WHERE account = :account ORDER BY 1) AS warehouses,
  ARRAY(SELECT DISTINCT jsonb_array_elements_text(tags) FROM (
        SELECT tags FROM orders WHERE account = :account ORDER BY placed_at DESC LIMIT 500) AS newest ORDER BY 1 LIMIT 50) AS tags;

-- name: matching
-- The oldest of what waits for a person and was there when it was counted, of a cause (or any), whose remedy is one of some.
SELECT parked_id, split_part(cause, ':', 1) AS cause FROM parked
WHERE account = :account AND closed_at IS NULL AND (:cause = '' OR split_part(cause, ':', 1) = :cause)
  AND remedy = ANY(:remedies) AND parked_id <= :last
ORDER BY opened_at, parked_id LIMIT :limit;

-- name: matching_counts
-- How many wait for a person, of a cause (or any): those whose remedy is one of some, the others, and the newest of all.
SELECT count(*) FILTER (WHERE remedy = ANY(:remedies)) AS fit, count(*) FILTER (WHERE NOT remedy = ANY(:remedies)) AS others,
       coalesce(max(parked_id), 0) AS last
FROM parked WHERE account = :account AND closed_at IS NULL AND (:cause = '' OR split_part(cause, ':', 1) = :cause);
