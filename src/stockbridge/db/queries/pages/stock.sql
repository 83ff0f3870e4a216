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
       coalesce(step.counted, src.figure) AS counted, coalesce(step.asked, flight.units) AS asked, step.held, step.held_back,
       step.short
FROM page
LEFT JOIN LATERAL (
  SELECT sum(units) FILTER (WHERE term = 'figure') AS counted,
         coalesce(sum(units) FILTER (WHERE term = 'claim'), 0)::int AS asked,
         coalesce(sum(units) FILTER (WHERE term = 'short'), 0)::int AS short,
         coalesce(sum(units) FILTER (WHERE term IN ('unplaced', 'spent', 'keep')), 0)::int AS held,
         (SELECT jsonb_object_agg(term, units) FROM (
            SELECT term, sum(units) AS units FROM unnest(array_agg(terms.term), array_agg(terms.units)) AS one (term, units)
            WHERE term IN ('unplaced', 'spent', 'keep') GROUP BY term) AS whys) AS held_back
  FROM (
    SELECT each ->> 'term' AS term,
           CASE WHEN jsonb_typeof(each -> 'units') = 'number' THEN (each ->> 'units')::numeric::int END AS units
    FROM jsonb_array_elements(CASE WHEN jsonb_typeof(page.derivation -> 'steps') = 'array' THEN page.derivation -> 'steps' END)
      AS each) AS terms
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
