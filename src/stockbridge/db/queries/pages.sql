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

-- name: order_states
-- How many orders are in each state.
SELECT state, count(*) AS many FROM orders WHERE account = :account GROUP BY state;

-- name: parked_causes
-- How many things wait for a person, by cause, and since when. The same codes without an item at several warehouses are one thing.
SELECT cause, count(DISTINCT thing) AS many, min(opened_at) AS oldest FROM (
  SELECT split_part(cause, ':', 1) AS cause, opened_at,
         CASE WHEN remedy = 'map_code' THEN coalesce(data ->> 'codes', parked_id::text) ELSE parked_id::text END AS thing
  FROM parked WHERE account = :account AND closed_at IS NULL) AS waiting
GROUP BY 1 ORDER BY many DESC, 1;

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

-- name: connections
-- Every connection with what waits to go out through it and how much of its rate budget is left. It is failing when the last
-- call to it failed; a message from it proves nothing, for who is locked out still receives webhooks.
SELECT c.connection, c.kind, c.title, c.live, c.paused, c.time_zone, c.start_line, c.last_in_at, c.last_out_at, c.last_error,
       c.last_error_at, b.available AS budget_left, b.maximum AS budget_most, b.restore_per_s AS budget_rate, b.at AS budget_at,
       (SELECT count(*) FROM effect AS e WHERE e.account = c.account AND e.connection = c.connection
          AND e.state IN ('pending', 'sending', 'unknown')) AS going_out,
       (SELECT count(DISTINCT CASE WHEN p.remedy = 'map_code' THEN coalesce(p.data ->> 'codes', p.parked_id::text)
          ELSE p.parked_id::text END)
        FROM parked AS p WHERE p.account = c.account AND p.connection = c.connection AND p.closed_at IS NULL) AS parked,
       c.last_error IS NOT NULL AND coalesce(c.last_error_at >= greatest(c.last_out_at, swept.at), true) AS failing,
       stop.cause AS stop_cause, stop.opened_at AS stopped_at
FROM connection AS c
LEFT JOIN LATERAL (
  SELECT split_part(p.cause, ':', 1) AS cause, p.opened_at FROM parked AS p
  WHERE p.account = c.account AND p.subject = 'connection/' || c.connection AND p.closed_at IS NULL
  ORDER BY p.cause NOT LIKE 'credentials%', p.opened_at LIMIT 1) AS stop ON true
LEFT JOIN LATERAL (
  SELECT max(k.ran_at) AS at FROM cursor AS k
  WHERE k.account = c.account AND k.connection = c.connection AND k.error = '') AS swept ON true
LEFT JOIN budget AS b ON b.account = c.account AND b.connection = c.connection
WHERE c.account = :account
ORDER BY c.kind <> 'shopify', c.title, c.connection;

-- name: watched_since
-- How many orders of a shop were left alone of those placed since a moment.
SELECT count(*) FROM orders
WHERE account = :account AND shop = :shop AND state = 'ignored' AND placed_at >= :since AND cancelled_at IS NULL;

-- name: changes
-- What people last changed about each connection.
SELECT subject, at, text, actor FROM (
  SELECT j.subject, j.at, j.text, j.actor, j.journal_id, row_number() OVER (PARTITION BY j.subject ORDER BY j.journal_id DESC) AS nth
  FROM connection AS c JOIN journal AS j ON j.account = c.account AND j.subject = 'connection/' || c.connection
  WHERE c.account = :account AND j.kind = 'connection.changed') AS changes
WHERE nth <= 3 ORDER BY journal_id DESC;

-- name: sweeps
-- How far each sweep has come.
SELECT connection, what, ran_at, found, error FROM cursor WHERE account = :account ORDER BY connection, what;

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

-- name: order
-- One order.
SELECT shop, order_id, name, state, reason, placed_at, updated_at, read_at, cancelled_at, snapshot, ship_to_name, country_code,
       tags, first_seen_at, retry_at
FROM orders WHERE account = :account AND shop = :shop AND order_id = :order_id;

-- name: submissions
-- What warehouses were asked to ship of one order.
SELECT reference, number, connection, warehouse, location_id, state, progress, warehouse_ref, reason, intended_at, accepted_at,
       ended_at
FROM submission WHERE account = :account AND shop = :shop AND order_id = :order_id ORDER BY number;

-- name: claims
-- The claims of one order, line by line.
SELECT c.reference, c.line_id, c.warehouse, c.item_code, c.units, c.cancelled, c.shipped, c.written_back, c.contained, s.state
FROM claim AS c JOIN submission AS s ON s.account = c.account AND s.reference = c.reference
WHERE c.account = :account AND c.shop = :shop AND c.order_id = :order_id ORDER BY s.number, c.line_id;

-- name: shipments
-- The parcels of one order, each with its units by line.
SELECT h.shipment_id, h.reference, h.warehouse, h.carrier, h.tracking, h.shipped_at, h.received_at, h.fulfillment_id, h.written_at,
       (SELECT coalesce(jsonb_object_agg(line_id, units), '{}') FROM shipment_line AS l
        WHERE l.account = h.account AND l.shipment_id = h.shipment_id) AS lines
FROM shipment AS h WHERE h.account = :account AND h.shop = :shop AND h.order_id = :order_id
ORDER BY h.shipped_at, h.shipment_id;

-- name: timeline
-- The newest journal lines of a subject, each with the effect it is about.
SELECT j.journal_id, j.at, j.kind, j.text, j.actor, j.arrival_id, j.effect_id, e.kind AS effect_kind, e.state AS effect_state,
       e.attempts AS effect_attempts, e.answer_id
FROM journal AS j LEFT JOIN effect AS e ON e.account = j.account AND e.effect_id = j.effect_id
WHERE j.account = :account AND j.subject = :subject ORDER BY j.journal_id DESC LIMIT :limit;

-- name: raw
-- A raw exchange: what arrived, or what we sent.
SELECT 'in' AS direction, topic AS title, received_at AS at, substr(body, 1, 65536) AS body, NULL::text AS payload,
       length(body) AS size, subject
FROM arrival WHERE account = :account AND arrival_id = :arrival_id
UNION ALL
SELECT 'out', kind, coalesce(sent_at, created_at), NULL, left(jsonb_pretty(payload), 65536), length(payload::text), subject
FROM effect WHERE account = :account AND effect_id = :effect_id;

-- name: parked
-- What waits for a person, the oldest first, as the filters say, with the order or the item at a location that it is about.
SELECT p.parked_id, p.subject, p.cause, p.connection, p.title, p.consequence, p.remedy, p.data, p.opened_at, o.shop, o.order_id,
       o.name, place.location_id, place.location, place.shop AS level_shop, i.inventory_item_id, i.sku
FROM parked AS p
LEFT JOIN LATERAL (
  SELECT l.shop, l.location_id, l.name AS location, substr(p.subject, length(l.location_id) + 8) AS item_id
  FROM location AS l WHERE l.account = p.account AND starts_with(p.subject, 'stock/' || l.location_id || '/')
  ORDER BY length(l.location_id) DESC LIMIT 1
) AS place ON true
LEFT JOIN item AS i ON i.account = p.account AND i.shop = place.shop AND i.inventory_item_id = place.item_id
LEFT JOIN LATERAL (
  SELECT found.shop, found.order_id, found.name
  FROM connection AS c JOIN orders AS found
    ON found.account = c.account AND found.shop = c.connection AND found.order_id = substr(p.subject, 7)
  WHERE c.account = p.account AND p.subject LIKE 'order/%' LIMIT 1
) AS o ON true
WHERE p.account = :account AND p.closed_at IS NULL
  AND (:cause = '' OR split_part(p.cause, ':', 1) = :cause) AND (:subject = '' OR p.subject = :subject)
  AND (:after_id = 0 OR (p.opened_at, p.parked_id) > (
    SELECT opened_at, parked_id FROM parked WHERE account = :account AND parked_id = :after_id))
ORDER BY p.opened_at, p.parked_id
LIMIT :limit;

-- name: needs_you
-- How many things wait for a person, counted up to a hundred. The same codes without an item at several warehouses are one thing.
SELECT least(100, (SELECT count(*) FROM (
    SELECT 1 FROM parked WHERE account = :account AND closed_at IS NULL AND remedy <> 'map_code' LIMIT 100) AS waiting)
  + (SELECT count(DISTINCT coalesce(data ->> 'codes', parked_id::text)) FROM parked
     WHERE account = :account AND closed_at IS NULL AND remedy = 'map_code'));

-- name: open_parked
-- Which of these still wait for a person. Those that somebody must look at first are named only when ``looked``.
SELECT parked_id FROM parked WHERE (remedy <> 'decide' OR :looked) AND account = :account AND closed_at IS NULL AND parked_id = ANY(:parked_ids) ORDER BY parked_id;

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

-- name: open_parked_of
-- What waits for a person on these subjects and may be tried again without looking first.
SELECT parked_id FROM parked WHERE remedy <> 'decide' AND account = :account AND closed_at IS NULL AND subject = ANY(:subjects) ORDER BY parked_id;

-- name: unmapped_lines
-- The lines of an order whose item has no code at some warehouse that feeds its shop.
SELECT DISTINCT o.shop, line ->> 'inventory_item_id' AS inventory_item_id, line ->> 'sku' AS sku, line ->> 'title' AS title,
       coalesce(i.barcode, '') AS barcode
FROM orders AS o
CROSS JOIN LATERAL jsonb_array_elements(o.snapshot -> 'lines') AS line
LEFT JOIN item AS i ON i.account = o.account AND i.shop = o.shop AND i.inventory_item_id = line ->> 'inventory_item_id'
WHERE o.account = :account AND o.shop = :shop AND o.order_id = :order_id
  AND line ->> 'inventory_item_id' IS NOT NULL AND (line ->> 'current_quantity')::numeric > 0
  AND NOT EXISTS (
    SELECT 1 FROM crossref AS x WHERE x.account = o.account AND x.shop = o.shop AND x.active
      AND x.inventory_item_id = line ->> 'inventory_item_id');

-- name: warehouses_of_shop
-- The warehouses that feed a shop.
SELECT DISTINCT connection, warehouse FROM source WHERE account = :account AND shop = :shop AND active ORDER BY 1, 2;

-- name: suggestions
-- Item codes that resemble the SKU or the barcode of some items, item by item, the likeliest first. Only codes that stand for no
-- item of the shop yet, and of those no more than can be compared while somebody waits.
WITH free AS MATERIALIZED (
  SELECT place.shop, f.item_code
  FROM (SELECT DISTINCT unnest(:shops::text[]) AS shop) AS place CROSS JOIN figure AS f
  WHERE f.account = :account AND NOT EXISTS (
    SELECT 1 FROM crossref AS x WHERE x.account = f.account AND x.shop = place.shop AND x.connection = f.connection
      AND x.warehouse = f.warehouse AND x.item_code = f.item_code AND x.active)
  LIMIT 20000
), code AS MATERIALIZED (
  SELECT DISTINCT shop, item_code, lower(item_code) AS low, regexp_replace(lower(item_code), '[^a-z0-9]', '', 'g') AS key
  FROM free
)
SELECT shop, inventory_item_id, item_code FROM (
  SELECT wanted.shop, wanted.inventory_item_id, code.item_code, CASE
    WHEN code.low = lower(wanted.sku) THEN 1
    WHEN code.item_code = wanted.barcode THEN 2
    WHEN code.key = wanted.key THEN 3
    ELSE 4 END AS rank
  FROM unnest(:shops::text[], :items::text[], :skus::text[], :barcodes::text[], :keys::text[])
    AS wanted (shop, inventory_item_id, sku, barcode, key)
  JOIN code ON code.shop = wanted.shop AND (
    (wanted.sku <> '' AND code.low = lower(wanted.sku)) OR (wanted.barcode <> '' AND code.item_code = wanted.barcode)
    OR (wanted.key <> '' AND code.key = wanted.key)
    OR (length(wanted.key) >= 4 AND position(wanted.key IN code.key) > 0))
) AS resembling ORDER BY shop, inventory_item_id, rank, length(item_code), item_code;

-- name: items_like_codes
-- Items without any item code whose SKU resembles one of some codes.
SELECT i.shop, i.inventory_item_id, i.sku, i.barcode, i.title FROM item AS i
WHERE i.account = :account AND i.tracked AND NOT EXISTS (
    SELECT 1 FROM crossref AS x WHERE x.account = i.account AND x.shop = i.shop AND x.active
      AND x.inventory_item_id = i.inventory_item_id)
  AND EXISTS (
    SELECT 1 FROM unnest(:keys::text[]) AS key, regexp_replace(lower(i.sku), '[^a-z0-9]', '', 'g') AS own
    WHERE own <> '' AND key <> '' AND (own = key OR (length(own) >= 4 AND position(own IN key) > 0)))
ORDER BY i.sku, i.shop, i.inventory_item_id LIMIT 3;

-- name: item
-- One item.
SELECT shop, inventory_item_id, sku, barcode, title FROM item
WHERE account = :account AND shop = :shop AND inventory_item_id = :inventory_item_id;

-- name: never_counted
-- Of some warehouses, those that have counted something and never this code.
SELECT place.connection, place.warehouse FROM unnest(:connections::text[], :warehouses::text[]) AS place (connection, warehouse)
WHERE EXISTS (SELECT 1 FROM figure AS f
    WHERE f.account = :account AND f.connection = place.connection AND f.warehouse = place.warehouse)
  AND NOT EXISTS (SELECT 1 FROM figure AS f
    WHERE f.account = :account AND f.connection = place.connection AND f.warehouse = place.warehouse AND f.item_code = :code)
ORDER BY 1, 2;

-- name: near_codes
-- Codes that some warehouses count and that begin like one, or are written the same but for signs; the most alike in length first.
SELECT DISTINCT f.item_code, abs(length(f.item_code) - length(:code)) AS apart
FROM unnest(:connections::text[], :warehouses::text[]) AS place (connection, warehouse)
JOIN figure AS f ON f.account = :account AND f.connection = place.connection AND f.warehouse = place.warehouse
WHERE lower(left(f.item_code, 2)) = lower(left(:code, 2)) OR regexp_replace(lower(f.item_code), '[^a-z0-9]', '', 'g') = :key
ORDER BY apart, f.item_code LIMIT 500;

-- name: cells
-- One page of items by location: what the warehouse counts, what is in flight, what should be offered and what the shop shows.
-- counted − asked − held = desired, all as of when it was last worked out (short: what is promised beyond what is there); figure
-- and in_flight are as of now. An item that no warehouse has a code for is at no location yet and is listed all the same.
WITH every AS (
  SELECT account, shop, location_id, inventory_item_id, desired, derivation, available, committed, read_at, written, written_at,
         note, dirty <> clean AS busy
  FROM level WHERE account = :account
  UNION ALL
  SELECT i.account, i.shop, '', i.inventory_item_id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, '', false
  FROM item AS i
  WHERE i.account = :account AND i.tracked AND :location = '' AND :show IN ('', 'unmapped')
    AND NOT EXISTS (SELECT 1 FROM level AS l
      WHERE l.account = i.account AND l.shop = i.shop AND l.inventory_item_id = i.inventory_item_id)
    AND NOT EXISTS (SELECT 1 FROM crossref AS x
      WHERE x.account = i.account AND x.shop = i.shop AND x.active AND x.inventory_item_id = i.inventory_item_id)
), page AS (
  SELECT l.*, coalesce(i.sku, '') AS sku, coalesce(i.title, l.inventory_item_id) AS title,
         coalesce(loc.name, l.location_id) AS location
  FROM every AS l
  LEFT JOIN item AS i ON i.account = l.account AND i.shop = l.shop AND i.inventory_item_id = l.inventory_item_id
  LEFT JOIN location AS loc ON loc.account = l.account AND loc.shop = l.shop AND loc.location_id = l.location_id
  WHERE (:location = '' OR l.location_id = :location)
    AND (:item = '' OR l.inventory_item_id = :item)
    AND (:shop = '' OR l.shop = :shop)
    AND (:show = '' OR (:show = 'differs' AND l.desired IS DISTINCT FROM l.available) OR (:show = 'held' AND l.note <> '')
      OR (:show = 'unmapped' AND NOT EXISTS (
        SELECT 1 FROM crossref AS x WHERE x.account = l.account AND x.shop = l.shop AND x.active
          AND x.inventory_item_id = l.inventory_item_id)))
    AND (:search = '' OR i.sku ILIKE :like OR i.title ILIKE :like OR i.barcode = :search OR EXISTS (
      SELECT 1 FROM crossref AS x WHERE x.account = l.account AND x.shop = l.shop AND x.item_code ILIKE :like
        AND x.inventory_item_id = l.inventory_item_id))
    AND (:after_item = '' OR (coalesce(i.sku, ''), l.inventory_item_id, l.location_id) > (:after_sku, :after_item, :after_location))
  ORDER BY coalesce(i.sku, ''), l.inventory_item_id, l.location_id
  LIMIT :limit
)
SELECT page.account, page.shop, page.location_id, page.inventory_item_id, page.desired, page.available, page.committed,
       page.read_at, page.written, page.written_at, page.note, page.busy, page.sku, page.title, page.location,
       src.sources, src.mapped, src.codes, src.live, src.figure, src.counted_at, flight.units AS in_flight,
       coalesce(step.counted, src.figure) AS counted, coalesce(step.asked, flight.units) AS asked, step.held, step.waiting,
       step.elsewhere, step.kept, step.short
FROM page
LEFT JOIN LATERAL (
  SELECT sum(units) FILTER (WHERE sign = '+' AND label <> 'promised beyond what is there') AS counted,
         coalesce(sum(units) FILTER (WHERE sign = '−' AND label = 'asked of it and not in that figure'), 0)::int AS asked,
         coalesce(sum(units) FILTER (WHERE sign = '−' AND label <> 'asked of it and not in that figure'), 0)::int AS held,
         coalesce(sum(units) FILTER (WHERE label = 'in orders not yet at a warehouse'), 0)::int AS waiting,
         coalesce(sum(units) FILTER (WHERE label = 'left without a warehouse knowing'), 0)::int AS elsewhere,
         coalesce(sum(units) FILTER (WHERE label LIKE 'kept back%'), 0)::int AS kept,
         coalesce(sum(units) FILTER (WHERE label = 'promised beyond what is there'), 0)::int AS short
  FROM (
    SELECT each ->> 'label' AS label, each ->> 'sign' AS sign,
           CASE WHEN jsonb_typeof(each -> 'units') = 'number' THEN (each ->> 'units')::numeric::int END AS units
    FROM jsonb_array_elements(CASE WHEN jsonb_typeof(page.derivation -> 'steps') = 'array' THEN page.derivation -> 'steps' END)
      AS each) AS steps
  HAVING count(units) > 0
) AS step ON page.desired IS NOT NULL
LEFT JOIN LATERAL (
  SELECT count(*) AS sources, count(x.item_code) AS mapped, string_agg(DISTINCT x.item_code, ', ') AS codes,
         bool_or(s.live) AS live, sum(z.units)::int AS figure, max(f.occurred_at) AS counted_at
  FROM source AS s
  LEFT JOIN crossref AS x ON x.account = s.account AND x.shop = s.shop AND x.connection = s.connection
    AND x.warehouse = s.warehouse AND x.active AND x.inventory_item_id = page.inventory_item_id
  LEFT JOIN figure AS f ON f.account = s.account AND f.connection = s.connection AND f.warehouse = s.warehouse
    AND f.item_code = x.item_code
  LEFT JOIN LATERAL (
    SELECT sum((f.zones ->> zone)::numeric) AS units FROM jsonb_array_elements_text(s.zones) AS zone) AS z ON true
  WHERE s.account = page.account AND s.shop = page.shop AND s.location_id = page.location_id AND s.active
) AS src ON true
LEFT JOIN LATERAL (
  SELECT coalesce(sum(c.units - c.cancelled - c.contained), 0)::int AS units
  FROM source AS s
  JOIN crossref AS x ON x.account = s.account AND x.shop = s.shop AND x.connection = s.connection
    AND x.warehouse = s.warehouse AND x.active AND x.inventory_item_id = page.inventory_item_id
  JOIN claim AS c ON c.account = s.account AND c.connection = s.connection AND c.warehouse = s.warehouse
    AND c.item_code = x.item_code AND c.open
  WHERE s.account = page.account AND s.shop = page.shop AND s.location_id = page.location_id AND s.active
) AS flight ON true
ORDER BY page.sku, page.inventory_item_id, page.location_id;

-- name: derivation
-- How the number of one item at one location came about.
SELECT derivation FROM level
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: sources_of_cell
-- The figures behind one item at one location, source by source.
SELECT s.connection, s.warehouse, s.zones AS counted, s.keep_units, s.keep_percent_bp, s.live, x.item_code, f.zones, f.basis,
       f.occurred_at, f.received_at
FROM source AS s
LEFT JOIN crossref AS x ON x.account = s.account AND x.shop = s.shop AND x.connection = s.connection
  AND x.warehouse = s.warehouse AND x.active AND x.inventory_item_id = :inventory_item_id
LEFT JOIN figure AS f ON f.account = s.account AND f.connection = s.connection AND f.warehouse = s.warehouse
  AND f.item_code = x.item_code
WHERE s.account = :account AND s.shop = :shop AND s.location_id = :location_id AND s.active
ORDER BY s.priority, s.connection, s.warehouse;

-- name: claims_of_cell
-- The open claims on the stock behind one item at one location, of every shop.
SELECT c.reference, c.shop, c.order_id, c.warehouse, c.units, c.cancelled, c.shipped, c.contained, s.state, o.name
FROM source AS src
JOIN crossref AS x ON x.account = src.account AND x.shop = src.shop AND x.connection = src.connection
  AND x.warehouse = src.warehouse AND x.active AND x.inventory_item_id = :inventory_item_id
JOIN claim AS c ON c.account = src.account AND c.connection = src.connection AND c.warehouse = src.warehouse
  AND c.item_code = x.item_code AND c.open
JOIN submission AS s ON s.account = c.account AND s.reference = c.reference
LEFT JOIN orders AS o ON o.account = c.account AND o.shop = c.shop AND o.order_id = c.order_id
WHERE src.account = :account AND src.shop = :shop AND src.location_id = :location_id AND src.active
ORDER BY c.reference LIMIT 200;

-- name: locations
-- Every location of every shop.
SELECT shop, location_id, name, active, fulfillment_service, country_code FROM location
WHERE account = :account ORDER BY shop, NOT active, name, location_id;

-- name: sources
-- Which zones of which warehouse feed which location.
SELECT shop, location_id, connection, warehouse, zones, priority, keep_units, keep_percent_bp, live FROM source
WHERE account = :account AND active ORDER BY shop, location_id, priority, connection, warehouse;

-- name: known_zones
-- The warehouses and zones that have reported a count.
SELECT connection, warehouse, array_agg(DISTINCT zone ORDER BY zone) AS zones
FROM figure, jsonb_object_keys(zones) AS zone
WHERE account = :account GROUP BY connection, warehouse ORDER BY connection, warehouse;

-- name: items
-- One page of items with their item codes, the ones without any first.
WITH page AS (
  SELECT i.account, i.shop, i.inventory_item_id, i.sku, i.barcode, i.title, EXISTS (
    SELECT 1 FROM crossref AS x WHERE x.account = i.account AND x.shop = i.shop
      AND x.inventory_item_id = i.inventory_item_id AND x.active) AS mapped
  FROM item AS i
  WHERE i.account = :account AND i.tracked
    AND (:search = '' OR i.sku ILIKE :like OR i.title ILIKE :like OR i.barcode = :search)
)
SELECT page.shop, page.inventory_item_id, page.sku, page.barcode, page.title, page.mapped,
       (SELECT coalesce(jsonb_agg(jsonb_build_object('warehouse', x.warehouse, 'item_code', x.item_code, 'by', x.verified_by)
          ORDER BY x.connection, x.warehouse), '[]')
        FROM crossref AS x WHERE x.account = page.account AND x.shop = page.shop
          AND x.inventory_item_id = page.inventory_item_id AND x.active) AS codes
FROM page
WHERE :after_item = '' OR (page.mapped, page.sku, page.inventory_item_id) > (:after_mapped::boolean, :after_sku, :after_item)
ORDER BY page.mapped, page.sku, page.inventory_item_id
LIMIT :limit;

-- name: unmapped_items
-- How many counted items have no item code.
SELECT count(*) FROM item AS i WHERE i.account = :account AND i.tracked AND NOT EXISTS (
  SELECT 1 FROM crossref AS x WHERE x.account = i.account AND x.shop = i.shop AND x.inventory_item_id = i.inventory_item_id
    AND x.active);

-- name: reachable
-- Answers when the database does.
SELECT 1;

-- name: metric_counts
-- Counts for monitoring, of all accounts together: family, label, value. Never anything about a person.
SELECT 'orders' AS family, state AS label, count(*)::float8 AS value FROM orders GROUP BY state
UNION ALL SELECT 'parked', split_part(cause, ':', 1), count(*) FROM parked WHERE closed_at IS NULL GROUP BY 2
UNION ALL SELECT 'effects', kind || ',' || state, count(*) FROM effect
  WHERE state IN ('pending', 'sending', 'unknown', 'parked') GROUP BY kind, state
UNION ALL SELECT 'arrivals_waiting', '', count(*) FROM arrival WHERE state = 0
UNION ALL SELECT 'levels_dirty', '', count(*) FROM level WHERE dirty <> clean
UNION ALL SELECT 'unwritten_shipments', '', count(*) FROM shipment WHERE written_at IS NULL
UNION ALL SELECT 'oldest_arrival', '', coalesce(extract(epoch FROM :now - min(received_at)), 0) FROM arrival WHERE state = 0
UNION ALL SELECT 'oldest_effect', '', coalesce(extract(epoch FROM :now - min(created_at)), 0) FROM effect
  WHERE state IN ('pending', 'sending', 'unknown')
UNION ALL SELECT 'connections', CASE WHEN c.paused THEN 'paused'
    WHEN EXISTS (SELECT 1 FROM parked AS p WHERE p.account = c.account AND p.subject = 'connection/' || c.connection
        AND p.closed_at IS NULL) THEN 'error'
    WHEN c.last_error IS NOT NULL AND c.last_error_at >= coalesce(greatest(c.last_out_at, (SELECT max(k.ran_at) FROM cursor AS k
        WHERE k.account = c.account AND k.connection = c.connection AND k.error = '')), c.last_error_at) THEN 'error'
    ELSE 'working' END, count(*) FROM connection AS c GROUP BY 2;

-- name: lag_buckets
-- How many submissions were accepted within each number of seconds after their order was placed, and the seconds together.
SELECT width_bucket(lag, :bounds::float8[]) AS bucket, count(*) AS many, sum(lag) AS seconds
FROM (SELECT greatest(0, extract(epoch FROM s.accepted_at - o.placed_at))::float8 AS lag
      FROM submission AS s JOIN orders AS o USING (account, shop, order_id) WHERE s.accepted_at IS NOT NULL) AS lags
GROUP BY 1 ORDER BY 1;
