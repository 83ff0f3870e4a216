-- name: locations
-- Every location of every shop.
SELECT shop, location_id, name, active, fulfillment_service, country_code FROM location
WHERE account = :account ORDER BY shop, NOT active, name, location_id;

-- name: sources
-- Which zones of which warehouse feed which location.
SELECT shop, location_id, connection, warehouse, zones, excluded, priority, keep_units, keep_percent_bp, live FROM source
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

-- name: item
-- One item.
SELECT shop, inventory_item_id, sku, barcode, title FROM item
WHERE account = :account AND shop = :shop AND inventory_item_id = :inventory_item_id;

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

-- name: places
-- Every warehouse that has reported a count or that a connection's settings name.
SELECT connection, warehouse FROM figure WHERE account = :account
UNION
SELECT c.connection, w.code FROM connection AS c
CROSS JOIN LATERAL jsonb_array_elements_text(
  CASE jsonb_typeof(c.settings -> 'warehouses') WHEN 'array' THEN c.settings -> 'warehouses' ELSE '[]' END) AS w(code)
WHERE c.account = :account
ORDER BY 1, 2;

-- name: zones_of_places
-- What lies in each zone of each warehouse, in units of all items together.
SELECT f.connection, f.warehouse, z.key AS zone, sum(greatest(0, z.value::numeric))::bigint AS units
FROM figure AS f CROSS JOIN LATERAL jsonb_each_text(f.zones) AS z
WHERE f.account = :account GROUP BY f.connection, f.warehouse, z.key ORDER BY 1, 2, 3;

-- name: shop_zone
-- A shop's title and time zone.
SELECT connection, title, time_zone FROM connection WHERE account = :account AND connection = :shop;

-- name: called_at
-- What some names stand for at a warehouse: an item code that it counts or that is mapped, or the SKU of an item that is mapped there.
SELECT x.item_code AS name, x.item_code FROM crossref AS x
WHERE x.account = :account AND x.shop = :shop AND x.connection = :connection AND x.warehouse = :warehouse AND x.active
  AND x.item_code = ANY(CAST(:names AS text[]))
UNION
SELECT f.item_code, f.item_code FROM figure AS f
WHERE f.account = :account AND f.connection = :connection AND f.warehouse = :warehouse AND f.item_code = ANY(CAST(:names AS text[]))
UNION
SELECT i.sku, x.item_code FROM item AS i
JOIN crossref AS x ON x.account = i.account AND x.shop = i.shop AND x.inventory_item_id = i.inventory_item_id AND x.active
WHERE i.account = :account AND i.shop = :shop AND x.connection = :connection AND x.warehouse = :warehouse
  AND i.sku = ANY(CAST(:names AS text[]));

-- name: sample
-- Some items that warehouses count for a location, those that the shop shows most of first.
SELECT x.inventory_item_id FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[])) AS place (connection, warehouse)
JOIN crossref AS x ON x.account = :account AND x.shop = :shop AND x.connection = place.connection AND x.warehouse = place.warehouse
  AND x.active
LEFT JOIN item AS i ON i.account = x.account AND i.shop = x.shop AND i.inventory_item_id = x.inventory_item_id
LEFT JOIN level AS l ON l.account = x.account AND l.shop = x.shop AND l.inventory_item_id = x.inventory_item_id
  AND l.location_id = :location_id
WHERE :search = '' OR i.sku ILIKE :like OR i.title ILIKE :like
GROUP BY x.inventory_item_id ORDER BY max(l.available) DESC NULLS LAST, x.inventory_item_id LIMIT :limit;
