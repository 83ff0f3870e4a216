-- name: flow
-- How far the orders that came in since a moment have got, each step counted in orders; the parcels since then; and how long it
-- took (seconds from placed to accepted, from parcel heard of to written back).
WITH came AS MATERIALIZED (SELECT shop, order_id, state FROM orders WHERE account = :account AND first_seen_at >= :since),
asked AS MATERIALIZED (
  SELECT s.shop, s.order_id, s.reference, s.accepted_at
  FROM came JOIN submission AS s ON s.account = :account AND s.shop = came.shop AND s.order_id = came.order_id),
sent AS MATERIALIZED (
  SELECT DISTINCT asked.shop, asked.order_id FROM asked
  JOIN effect AS e ON e.account = :account AND e.key = 'submit:' || asked.reference AND e.sent_at IS NOT NULL),
parcel AS MATERIALIZED (
  SELECT h.shop, h.order_id, bool_and(h.written_at IS NOT NULL) AS told
  FROM came JOIN shipment AS h ON h.account = :account AND h.shop = came.shop AND h.order_id = came.order_id GROUP BY 1, 2)
SELECT
  (SELECT count(*) FROM came) AS orders_in,
  (SELECT count(*) FROM sent) AS sent,
  (SELECT coalesce(jsonb_object_agg(state, many), '{}') FROM (
    SELECT state, count(*) AS many FROM came LEFT JOIN sent USING (shop, order_id) WHERE sent.order_id IS NULL GROUP BY 1) AS rest
  ) AS unsent,
  (SELECT count(DISTINCT (shop, order_id)) FROM asked WHERE accepted_at IS NOT NULL) AS accepted,
  (SELECT count(*) FROM parcel) AS shipped,
  (SELECT count(*) FROM parcel WHERE told) AS told,
  (SELECT count(*) FROM shipment WHERE account = :account AND received_at >= :since) AS parcels,
  (SELECT count(*) FROM shipment WHERE account = :account AND received_at >= :since AND written_at IS NOT NULL) AS parcels_told,
  (SELECT count(*) FROM level WHERE account = :account AND written_at >= :since) AS levels,
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM s.accepted_at - o.placed_at)::float8)
   FROM submission AS s JOIN orders AS o USING (account, shop, order_id)
   WHERE s.account = :account AND s.accepted_at >= :since) AS accept_p50,
  (SELECT percentile_cont(0.99) WITHIN GROUP (ORDER BY extract(epoch FROM s.accepted_at - o.placed_at)::float8)
   FROM submission AS s JOIN orders AS o USING (account, shop, order_id)
   WHERE s.account = :account AND s.accepted_at >= :since) AS accept_p99,
  (SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM written_at - received_at)::float8)
   FROM shipment WHERE account = :account AND written_at >= :since) AS write_p50;

-- name: on_its_way
-- What has begun and not ended: how many of each kind, and since when the oldest waits.
SELECT 'arrivals' AS what, count(*) AS many, min(received_at) AS oldest FROM arrival WHERE account = :account AND state = 0
UNION ALL
SELECT kind, count(*), min(created_at) FROM effect
WHERE account = :account AND state IN ('pending', 'sending', 'unknown') GROUP BY kind
UNION ALL
SELECT 'levels', count(*), min(next_at) FROM level WHERE account = :account AND dirty <> clean;

-- name: latest
-- The newest lines of the journal, with what each is about: an order, an item at a location, an item, a location, a connection.
SELECT j.journal_id, j.at, j.subject, j.kind, j.text, j.actor, o.shop, o.order_id, o.name, place.shop AS level_shop,
       place.location_id, place.location, coalesce(i.inventory_item_id, place.item_id) AS inventory_item_id, i.sku, i.title,
       c.connection, c.title AS connection_title
FROM (SELECT * FROM journal WHERE account = :account ORDER BY journal_id DESC LIMIT :limit) AS j
LEFT JOIN LATERAL (
  SELECT found.shop, found.order_id, found.name
  FROM connection AS c JOIN orders AS found
    ON found.account = c.account AND found.shop = c.connection AND found.order_id = substr(j.subject, 7)
  WHERE c.account = j.account AND j.subject LIKE 'order/%' LIMIT 1
) AS o ON true
LEFT JOIN LATERAL (
  SELECT l.shop, l.location_id, l.name AS location,
         CASE WHEN j.subject LIKE 'stock/%' THEN substr(j.subject, length(l.location_id) + 8) END AS item_id
  FROM location AS l WHERE l.account = j.account
    AND (starts_with(j.subject, 'stock/' || l.location_id || '/') OR j.subject = 'location/' || l.location_id)
  ORDER BY length(l.location_id) DESC LIMIT 1
) AS place ON true
LEFT JOIN LATERAL (
  SELECT found.inventory_item_id, found.sku, found.title
  FROM connection AS c JOIN item AS found ON found.account = c.account AND found.shop = c.connection
    AND found.inventory_item_id = coalesce(place.item_id, substr(j.subject, 6))
  WHERE c.account = j.account AND (place.item_id IS NOT NULL OR j.subject LIKE 'item/%') LIMIT 1
) AS i ON true
LEFT JOIN connection AS c ON c.account = j.account AND j.subject = 'connection/' || c.connection
ORDER BY j.journal_id DESC;
