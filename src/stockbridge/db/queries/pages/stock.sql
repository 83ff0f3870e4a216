-- name: cells
-- One page of items by location: what the warehouse counts, what is in flight, what should be offered and what the shop shows.
-- counted − asked − held = desired, all as of when it was last worked out (short: what is promised beyond what is there); figure
-- and in_flight are as of now. An item that no warehouse has a code for is at no location yet and is listed all the same.
-- Walks along the items in the order of the page, so that what it costs does not grow with what there is; the filters have small
-- indexes of their own. A level whose item the shop has never shown is never written: it is found among those, and by its item.
WITH listed AS (
  (SELECT i.account, i.shop, coalesce(l.location_id, '') AS location_id, i.inventory_item_id, i.sku, i.title, l.desired, l.derivation,
          l.available, l.committed, l.read_at, l.written, l.written_at, coalesce(l.note, '') AS note,
          coalesce(l.dirty <> l.clean, false) AS busy
   FROM item AS i
   LEFT JOIN level AS l ON l.account = i.account AND l.shop = i.shop AND l.inventory_item_id = i.inventory_item_id
   WHERE i.account = :account AND (:item = '' OR i.inventory_item_id = :item) AND (:shop = '' OR i.shop = :shop)
     AND (l.location_id IS NOT NULL AND (:location = '' OR l.location_id = :location) AND (:show = ''
         OR (:show = 'differs' AND l.desired IS DISTINCT FROM l.available)
         OR (:show = 'oversell' AND l.desired IS DISTINCT FROM l.available AND l.available > l.desired)
         OR (:show = 'suppressed' AND l.desired IS DISTINCT FROM l.available AND l.available < l.desired)
         OR (:show = 'drifting' AND l.desired IS DISTINCT FROM l.available AND l.dirty = l.clean AND l.available IS NOT NULL)
         OR (:show = 'held' AND l.note <> '')
         OR (:show = 'foreign' AND EXISTS (SELECT 1 FROM foreign_change AS f WHERE f.account = l.account AND f.shop = l.shop
           AND f.location_id = l.location_id AND f.inventory_item_id = l.inventory_item_id))
         OR (:show = 'parked' AND 'stock/' || l.location_id || '/' || l.inventory_item_id IN (
           SELECT subject FROM parked WHERE account = :account AND subject LIKE 'stock/%' AND closed_at IS NULL))
         OR (:show = 'braked' AND (l.shop, l.location_id, l.inventory_item_id) IN (
           SELECT c.shop, c.location_id, c.inventory_item_id FROM run AS r JOIN correction AS c USING (account, run_id)
           WHERE r.account = :account AND r.state = 'braked' AND c.writes))
         OR :show = 'unmapped')
       OR l.location_id IS NULL AND :location = '' AND :show IN ('', 'unmapped') AND i.tracked AND NOT EXISTS (
         SELECT 1 FROM crossref AS x WHERE x.account = i.account AND x.shop = i.shop AND x.active
           AND x.inventory_item_id = i.inventory_item_id))
     AND (:show NOT IN ('differs', 'oversell', 'suppressed', 'drifting') OR (i.shop, i.inventory_item_id) IN (
       SELECT d.shop, d.inventory_item_id FROM level AS d WHERE d.account = :account AND d.desired IS DISTINCT FROM d.available))
     AND (:show <> 'braked' OR (i.shop, i.inventory_item_id) IN (
       SELECT c.shop, c.inventory_item_id FROM run AS r JOIN correction AS c USING (account, run_id)
       WHERE r.account = :account AND r.state = 'braked' AND c.writes))
     AND (:show <> 'held' OR (i.shop, i.inventory_item_id) IN (
       SELECT n.shop, n.inventory_item_id FROM level AS n WHERE n.account = :account AND n.note <> ''))
     AND (:show <> 'foreign' OR (i.shop, i.inventory_item_id) IN (
       SELECT f.shop, f.inventory_item_id FROM foreign_change AS f WHERE f.account = :account))
     AND (:show <> 'unmapped' OR NOT EXISTS (
       SELECT 1 FROM crossref AS x WHERE x.account = i.account AND x.shop = i.shop AND x.active
         AND x.inventory_item_id = i.inventory_item_id))
     AND (:search = '' OR i.sku ILIKE :like OR i.title ILIKE :like OR i.barcode = :search OR (i.shop, i.inventory_item_id) IN (
       SELECT x.shop, x.inventory_item_id FROM crossref AS x WHERE x.account = :account AND x.item_code ILIKE :like))
     AND (:after_item = '' OR ((i.sku, i.inventory_item_id) >= (:after_sku, :after_item)
       AND (i.sku, i.inventory_item_id, coalesce(l.location_id, '')) > (:after_sku, :after_item, :after_location)))
   ORDER BY i.sku, i.inventory_item_id, coalesce(l.location_id, '')
   LIMIT :limit)
  UNION ALL
  (SELECT l.account, l.shop, l.location_id, l.inventory_item_id, '', l.inventory_item_id, l.desired, l.derivation, l.available,
          l.committed, l.read_at, l.written, l.written_at, l.note, l.dirty <> l.clean
   FROM level AS l
   WHERE l.account = :account AND :after_sku = '' AND :search = '' AND (:show = 'held' AND l.note <> '' OR :item <> '' AND l.inventory_item_id = :item)
     AND (:shop = '' OR l.shop = :shop) AND (:location = '' OR l.location_id = :location)
     AND NOT EXISTS (SELECT 1 FROM item AS i
       WHERE i.account = l.account AND i.shop = l.shop AND i.inventory_item_id = l.inventory_item_id)
     AND (:after_item = '' OR (l.inventory_item_id, l.location_id) > (:after_item, :after_location))
   ORDER BY l.inventory_item_id, l.location_id
   LIMIT :limit)
), page AS (
  SELECT listed.*, coalesce(loc.name, listed.location_id) AS location
  FROM (SELECT * FROM listed ORDER BY sku, inventory_item_id, location_id LIMIT :limit) AS listed
  LEFT JOIN location AS loc ON loc.account = listed.account AND loc.shop = listed.shop AND loc.location_id = listed.location_id
)
SELECT page.account, page.shop, page.location_id, page.inventory_item_id, page.desired, page.available, page.committed,
       page.read_at, page.written, page.written_at, page.note, page.busy, page.sku, page.title, page.location,
       src.sources, src.mapped, src.codes, src.live, src.figure, src.counted_at, flight.units AS in_flight,
       coalesce(step.counted, src.figure) AS counted, coalesce(step.asked, flight.units) AS asked, step.held, step.held_back,
       step.short
FROM page
LEFT JOIN LATERAL (
  SELECT sum(units) FILTER (WHERE term = 'figure') AS counted,
         coalesce(sum(units) FILTER (WHERE term = 'claim'), 0)::int AS asked,
         coalesce(sum(units) FILTER (WHERE term = 'short'), 0)::int AS short,
         coalesce(sum(units) FILTER (WHERE term IN ('share', 'unplaced', 'spent', 'keep')), 0)::int AS held,
         (SELECT jsonb_object_agg(term, units) FROM (
            SELECT term, sum(units) AS units FROM unnest(array_agg(terms.term), array_agg(terms.units)) AS one (term, units)
            WHERE term IN ('share', 'unplaced', 'spent', 'keep') GROUP BY term) AS whys) AS held_back
  FROM (
    SELECT each ->> 'term' AS term,
           CASE WHEN jsonb_typeof(each -> 'units') = 'number' THEN (each ->> 'units')::numeric::int
                * CASE WHEN each ->> 'term' = 'spent' AND each ->> 'sign' = '+' THEN -1 ELSE 1 END END AS units
    FROM jsonb_array_elements(CASE WHEN jsonb_typeof(page.derivation -> 'steps') = 'array' THEN page.derivation -> 'steps' END)
      AS each) AS terms
  HAVING count(units) > 0
) AS step ON page.desired IS NOT NULL
LEFT JOIN LATERAL (
  SELECT count(*) AS sources, count(x.item_code) AS mapped, string_agg(DISTINCT x.item_code, ', ') AS codes,
         bool_or(s.live) AS live, sum(floor(z.units))::int AS figure, max(f.occurred_at) AS counted_at
  FROM source AS s
  LEFT JOIN crossref AS x ON x.account = s.account AND x.shop = s.shop AND x.connection = s.connection
    AND x.warehouse = s.warehouse AND x.active AND x.inventory_item_id = page.inventory_item_id
  LEFT JOIN figure AS f ON f.account = s.account AND f.connection = s.connection AND f.warehouse = s.warehouse
    AND f.item_code = x.item_code
  LEFT JOIN LATERAL (
    SELECT sum(lying.value::numeric) AS units FROM jsonb_each_text(f.zones) AS lying
    WHERE zone_counts(lying.key, s.zones, s.excluded)) AS z ON true
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

-- name: zone_of
-- The time zone of a shop.
SELECT time_zone FROM connection WHERE account = :account AND connection = :shop;

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
