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

-- name: orders_fit
-- Orders as the filters say, the newest first; an empty filter lets everything through.
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
SELECT o.shop, o.order_id
FROM orders AS o
WHERE o.account = :account
  AND (:shop = '' OR o.shop = :shop)
  AND (cardinality(:states::text[]) = 0 OR o.state = ANY(:states::text[]))
  AND (cardinality(:tags::text[]) = 0 OR jsonb_exists_all(o.tags, :tags::text[]))
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
  AND (:seen_by::timestamptz IS NULL OR o.first_seen_at <= :seen_by::timestamptz)
  AND (:before_at::timestamptz IS NULL OR (o.placed_at, o.order_id) < (:before_at::timestamptz, :before_id))
ORDER BY o.placed_at DESC, o.order_id DESC
LIMIT :limit;

-- name: orders
-- What a list shows of some orders, in their order.
SELECT o.shop, o.order_id, o.name, o.state, o.reason, o.placed_at, o.ship_to_name, o.country_code, o.tags,
       EXISTS (SELECT 1 FROM parked AS p WHERE p.account = o.account AND p.subject = 'order/' || o.order_id
               AND p.closed_at IS NULL) AS parked,
       (SELECT coalesce(sum((line ->> 'current_quantity')::numeric), 0)::int
        FROM jsonb_array_elements(o.snapshot -> 'lines') AS line) AS units,
       (SELECT coalesce(array_agg(DISTINCT s.warehouse), '{}') FROM submission AS s
        WHERE s.account = o.account AND s.shop = o.shop AND s.order_id = o.order_id
          AND s.state NOT IN ('cancelled', 'refused')) AS warehouses,
       (SELECT count(*) FROM shipment AS h
        WHERE h.account = o.account AND h.shop = o.shop AND h.order_id = o.order_id) AS parcels,
       (SELECT count(*) FROM shipment AS h WHERE h.account = o.account AND h.shop = o.shop AND h.order_id = o.order_id
          AND h.written_at IS NULL) AS unwritten
FROM unnest(:shops::text[], :order_ids::text[]) WITH ORDINALITY AS chosen (shop, order_id, number)
JOIN orders AS o ON o.account = :account AND o.shop = chosen.shop AND o.order_id = chosen.order_id
ORDER BY chosen.number;

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

-- name: views
-- The views that somebody keeps.
SELECT title, query, made_by, made_at FROM saved_view WHERE account = :account ORDER BY title LIMIT 30;

-- name: keep_view
-- Keep a view; one of that name is replaced.
INSERT INTO saved_view (account, title, query, made_by, made_at) VALUES (:account, :title, :query, :by, :now)
ON CONFLICT (account, title) DO UPDATE SET query = excluded.query, made_by = excluded.made_by, made_at = excluded.made_at;

-- name: drop_view
-- A view is kept no longer.
DELETE FROM saved_view WHERE account = :account AND title = :title;

-- name: batch
-- What was asked for many orders at once, and how far it is.
SELECT b.*, coalesce(c.done, 0) AS done, coalesce(c.fine, 0) AS fine, coalesce(c.left_alone, 0) AS left_alone
FROM batch AS b LEFT JOIN LATERAL (
  SELECT count(*) FILTER (WHERE o.state = 'done') AS done, count(*) FILTER (WHERE o.fine) AS fine,
         count(*) FILTER (WHERE o.state = 'left') AS left_alone
  FROM batch_order AS o WHERE o.account = b.account AND o.batch_id = b.batch_id) AS c ON true
WHERE b.account = :account AND b.batch_id = :batch_id;

-- name: batch_orders
-- The orders of a batch with what became of each: first what waits for a person, then by their turn.
SELECT b.number, b.shop, b.order_id, o.name, b.state, b.fine, b.said FROM batch_order AS b
JOIN orders AS o ON o.account = b.account AND o.shop = b.shop AND o.order_id = b.order_id
WHERE b.account = :account AND b.batch_id = :batch_id
ORDER BY b.state = 'done' AND NOT b.fine DESC, b.number LIMIT :limit OFFSET :skip;

-- name: batches
-- The newest of what was asked for many orders at once.
SELECT batch_id, action, state, orders, asked_by, asked_at, ended_at FROM batch WHERE account = :account
ORDER BY asked_at DESC LIMIT 20;
