-- name: codes
-- The active cross-reference entries of some inventory items.
SELECT inventory_item_id, connection, warehouse, item_code FROM crossref
WHERE account = :account AND shop = :shop AND inventory_item_id = ANY(:items) AND active;

-- name: save_entry
-- One entry of the cross-reference.
INSERT INTO crossref (account, shop, inventory_item_id, connection, warehouse, item_code, active, verified_at, verified_by)
VALUES (:account, :shop, :inventory_item_id, :connection, :warehouse, :item_code, :active, :now, :by)
ON CONFLICT (account, shop, inventory_item_id, connection, warehouse) DO UPDATE SET item_code = excluded.item_code,
  active = excluded.active, verified_at = excluded.verified_at, verified_by = excluded.verified_by;

-- name: save_item
-- A variant and what it counts. Gives the SKU that it had before.
INSERT INTO item AS i (account, shop, inventory_item_id, variant_id, product_id, sku, barcode, title, tracked, requires_shipping,
                       bundle, sells_when_out, seen_at)
VALUES (:account, :shop, :inventory_item_id, :variant_id, :product_id, :sku, :barcode, :title, :tracked, :requires_shipping,
        :bundle, :sells_when_out, :now)
ON CONFLICT (account, shop, inventory_item_id) DO UPDATE SET variant_id = excluded.variant_id, product_id = excluded.product_id,
  sku = excluded.sku, barcode = excluded.barcode, title = excluded.title, tracked = excluded.tracked,
  requires_shipping = excluded.requires_shipping, bundle = excluded.bundle, sells_when_out = excluded.sells_when_out,
  seen_at = excluded.seen_at;

-- name: item
-- One inventory item as the channel showed it.
SELECT sku, title, tracked, requires_shipping, bundle, sells_when_out, product_id, variant_id FROM item
WHERE account = :account AND shop = :shop AND inventory_item_id = :inventory_item_id;

-- name: unmapped_codes
-- Warehouses of these pools that count codes which are mapped to nothing, with some of the codes.
SELECT connection, warehouse, (array_agg(item_code ORDER BY item_code))[1:5] AS examples, count(*) > 5 AS more
FROM (
  SELECT f.connection, f.warehouse, f.item_code FROM figure f
  WHERE f.account = :account
    AND (f.connection, f.warehouse) IN (
      SELECT p.connection, p.warehouse
      FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[])) AS p(connection, warehouse, item_code)
      WHERE NOT EXISTS (SELECT 1 FROM crossref x WHERE x.account = :account AND x.connection = p.connection
                          AND x.warehouse = p.warehouse AND x.item_code = p.item_code AND x.active))
    AND NOT EXISTS (SELECT 1 FROM crossref x WHERE x.account = f.account AND x.connection = f.connection
                      AND x.warehouse = f.warehouse AND x.item_code = f.item_code AND x.active)
  LIMIT 1000) AS unmapped
GROUP BY connection, warehouse;

-- name: items_of_pools
-- Which inventory items of which shops some pools stand for.
SELECT x.shop, array_agg(DISTINCT x.inventory_item_id) AS items
FROM crossref x
JOIN unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[])) AS p(connection, warehouse, item_code)
  USING (connection, warehouse, item_code)
WHERE x.account = :account AND x.active
GROUP BY x.shop;
