-- name: item_codes
-- One page of the active cross-reference; an empty filter lets everything through.
SELECT x.shop, x.inventory_item_id, x.connection, x.warehouse, x.item_code, i.sku, x.verified_at, x.verified_by
FROM crossref AS x
LEFT JOIN item AS i ON i.account = x.account AND i.shop = x.shop AND i.inventory_item_id = x.inventory_item_id
WHERE x.account = :account AND x.active
  AND (:shop = '' OR x.shop = :shop) AND (:item = '' OR x.inventory_item_id = :item)
  AND (:connection = '' OR x.connection = :connection) AND (:warehouse = '' OR x.warehouse = :warehouse)
  AND (:item_code = '' OR x.item_code = :item_code)
  AND (x.shop, x.inventory_item_id, x.connection, x.warehouse) > (:after_shop, :after_item, :after_connection, :after_warehouse)
ORDER BY x.shop, x.inventory_item_id, x.connection, x.warehouse
LIMIT :limit;

-- name: corrections
-- One page of what a run found, by shop, location and item.
SELECT k.shop, k.location_id, k.inventory_item_id, k.found_at, k.was, k.should, k.writes, k.cause, k.why,
       coalesce(i.sku, '') AS sku, coalesce(i.title, k.inventory_item_id) AS title, coalesce(o.name, k.location_id) AS location,
       l.available AS now
FROM (SELECT * FROM correction WHERE account = :account AND run_id = :run_id
        AND (shop, location_id, inventory_item_id) > (:after_shop, :after_location, :after_item)
      ORDER BY shop, location_id, inventory_item_id LIMIT :limit) AS k
LEFT JOIN item i ON i.account = k.account AND i.shop = k.shop AND i.inventory_item_id = k.inventory_item_id
LEFT JOIN location o ON o.account = k.account AND o.shop = k.shop AND o.location_id = k.location_id
LEFT JOIN level l ON l.account = k.account AND l.shop = k.shop AND l.location_id = k.location_id AND l.inventory_item_id = k.inventory_item_id
ORDER BY k.shop, k.location_id, k.inventory_item_id;

-- name: first_unknown
-- The first of some entries whose item was never read, or whose warehouse feeds no location of the shop.
SELECT wanted.shop, wanted.item, wanted.connection, wanted.warehouse, i.inventory_item_id IS NOT NULL AS item_known
FROM unnest(:shops::text[], :items::text[], :connections::text[], :warehouses::text[])
  WITH ORDINALITY AS wanted (shop, item, connection, warehouse, nth)
LEFT JOIN item AS i ON i.account = :account AND i.shop = wanted.shop AND i.inventory_item_id = wanted.item
WHERE i.inventory_item_id IS NULL OR NOT EXISTS (
  SELECT 1 FROM source AS s WHERE s.account = :account AND s.shop = wanted.shop AND s.connection = wanted.connection
    AND s.warehouse = wanted.warehouse AND s.active)
ORDER BY wanted.nth LIMIT 1;

-- name: never_counted_codes
-- Of some codes, those that a warehouse which has counted something has never counted.
SELECT DISTINCT wanted.connection, wanted.warehouse, wanted.code
FROM unnest(:connections::text[], :warehouses::text[], :codes::text[]) AS wanted (connection, warehouse, code)
WHERE EXISTS (SELECT 1 FROM figure AS f
    WHERE f.account = :account AND f.connection = wanted.connection AND f.warehouse = wanted.warehouse)
  AND NOT EXISTS (SELECT 1 FROM figure AS f
    WHERE f.account = :account AND f.connection = wanted.connection AND f.warehouse = wanted.warehouse
      AND f.item_code = wanted.code)
ORDER BY 1, 2, 3;
