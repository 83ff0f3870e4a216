-- name: items
-- Every inventory item of a shop that anybody here knows.
SELECT inventory_item_id FROM item WHERE account = :account AND shop = :shop
UNION SELECT inventory_item_id FROM crossref WHERE account = :account AND shop = :shop AND active
UNION SELECT inventory_item_id FROM level WHERE account = :account AND shop = :shop;

-- name: counted
-- Every item of a shop that a warehouse has a code for, with the newest figure; no zones: never counted.
SELECT x.inventory_item_id, f.zones FROM crossref x
LEFT JOIN figure f ON f.account = x.account AND f.connection = x.connection AND f.warehouse = x.warehouse AND f.item_code = x.item_code
WHERE x.account = :account AND x.shop = :shop AND x.connection = :connection AND x.warehouse = :warehouse AND x.active;

-- name: claimed
-- Open claims on a warehouse by the shop's items and the place they were made for, in units.
SELECT x.inventory_item_id, c.shop, c.location_id, sum(greatest(0, c.units - c.cancelled - c.contained))::integer AS units
FROM claim c JOIN crossref x ON x.account = c.account AND x.shop = :shop AND x.connection = c.connection AND x.warehouse = c.warehouse
                            AND x.item_code = c.item_code AND x.active
WHERE c.account = :account AND c.connection = :connection AND c.warehouse = :warehouse AND c.open
GROUP BY x.inventory_item_id, c.shop, c.location_id;

-- name: placed
-- Units open in the shop at a location and claimed for it; those of a moving order are still elsewhere.
SELECT c.location_id, c.inventory_item_id, sum(c.open_units)::integer AS units FROM claim c
WHERE c.account = :account AND c.shop = :shop AND c.open_units > 0
  AND c.reference NOT IN (SELECT reference FROM submission WHERE account = :account AND state = 'moving')
GROUP BY c.location_id, c.inventory_item_id;

-- name: seen
-- Levels as they were last seen, where nothing was against writing them or the item is not stocked there.
SELECT location_id, inventory_item_id, available FROM level
WHERE account = :account AND shop = :shop AND location_id = ANY(CAST(:places AS text[])) AND dirty = clean AND read_at IS NOT NULL
  AND (note = ANY(CAST(:usual AS text[])) AND available = desired OR note = :not_stocked AND available IS NULL);

-- name: closely
-- Items of a warehouse that share their code with another item, or have a buffer of their own.
SELECT x.inventory_item_id FROM crossref x
WHERE x.account = :account AND x.shop = :shop AND x.connection = :connection AND x.warehouse = :warehouse AND x.active
  AND (x.item_code = ANY(CAST(:codes AS text[])) OR EXISTS (
    SELECT FROM crossref y WHERE y.account = x.account AND y.connection = x.connection AND y.warehouse = x.warehouse
      AND y.item_code = x.item_code AND y.shop = x.shop AND y.inventory_item_id <> x.inventory_item_id AND y.active));
