-- name: lock
-- One change of a shop's mapping at a time, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended('mapping/' || :account || '/' || :shop, 11));

-- name: newest
-- The newest version of each shop's mapping.
SELECT DISTINCT ON (shop) shop, CAST(document AS text) AS document FROM mapping
WHERE account = :account ORDER BY shop, version DESC;

-- name: newest_of
-- The newest version of one shop's mapping.
SELECT CAST(document AS text) AS document FROM mapping
WHERE account = :account AND shop = :shop ORDER BY version DESC LIMIT 1;

-- name: one
-- One version of a shop's mapping.
SELECT CAST(document AS text) AS document FROM mapping WHERE account = :account AND shop = :shop AND version = :version;

-- name: versions
-- The versions of a shop's mapping, the newest first.
SELECT version, by, note, at FROM mapping WHERE account = :account AND shop = :shop AND version < :before
ORDER BY version DESC LIMIT :most;

-- name: save
-- A new version.
INSERT INTO mapping (account, shop, version, document, by, note, at)
VALUES (:account, :shop, :version, :document, :by, :note, :now);

-- name: clear_sources
-- The newest version's rows are written anew.
DELETE FROM source WHERE account = :account AND shop = :shop;

-- name: save_source
-- One source of the newest version.
INSERT INTO source (account, shop, location_id, connection, warehouse, zones, excluded, priority, keep_units, keep_percent_bp,
                    active, active_from, live, version)
VALUES (:account, :shop, :location_id, :connection, :warehouse, :zones, :excluded, :priority, :keep_units, :keep_percent_bp,
        :active, :active_from, :live, :version);

-- name: begun
-- Shops with a prepared source whose moment has come.
SELECT DISTINCT account, shop FROM source WHERE NOT active AND active_from <= :now;

-- name: forget_parts
-- Locations that are no longer fed by a pool have no part of it.
DELETE FROM allotment a WHERE a.account = :account AND a.shop = :shop
  AND NOT EXISTS (SELECT 1 FROM source s WHERE s.account = a.account AND s.shop = a.shop AND s.location_id = a.location_id
                    AND s.connection = a.connection AND s.warehouse = a.warehouse AND s.active);

-- name: split_anew
-- The parts of all stock that a shop shares are made anew at the next look.
UPDATE allotment a SET split_at = NULL WHERE a.account = :account
  AND (a.connection, a.warehouse) IN (SELECT connection, warehouse FROM source WHERE account = :account AND shop = :shop);

-- name: parts
-- The parts of some pools, locked in one order.
SELECT a.connection, a.warehouse, a.item_code, a.shop, a.location_id, a.inventory_item_id, a.allotted, a.held, a.waiting, a.split_at
FROM allotment a
JOIN (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]))
        AS p(connection, warehouse, item_code)) p USING (connection, warehouse, item_code)
WHERE a.account = :account
ORDER BY a.connection, a.warehouse, a.item_code, a.shop, a.location_id, a.inventory_item_id
FOR UPDATE OF a;

-- name: new_parts
-- Locations that share a pool and have no part of it yet.
INSERT INTO allotment (account, connection, warehouse, item_code, shop, location_id, inventory_item_id)
SELECT :account, p.* FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]),
  CAST(:shops AS text[]), CAST(:locations AS text[]), CAST(:items AS text[])) AS p
ON CONFLICT DO NOTHING;

-- name: save_part
-- What a location may offer of a pool from now on, and what it may hold.
UPDATE allotment SET allotted = :allotted, held = :held, waiting = :waiting, split_at = :split_at
WHERE account = :account AND connection = :connection AND warehouse = :warehouse AND item_code = :item_code
  AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: take_from_parts
-- Units of some parts were asked of a warehouse, or are in its figure: they are off what is free and off the part alike. ``shown``: units
-- that the location no longer shows or has waiting either; ``waited``: that it has waiting no more, if it was seen to;
-- ``back``: that it may offer again by itself. One that was never looked at stays so: it may hold anything. Locked in the order in which everybody locks parts.
WITH taken AS MATERIALIZED (
  SELECT connection, warehouse, item_code, shop, location_id, inventory_item_id, sum(units)::integer AS units, sum(shown)::integer AS shown,
         sum(waited)::integer AS waited, sum(back)::integer AS back
  FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]), CAST(:shops AS text[]),
              CAST(:locations AS text[]), CAST(:items AS text[]), CAST(:units AS integer[]), CAST(:shown AS integer[]),
              CAST(:waited AS integer[]), CAST(:back AS integer[]))
    AS t(connection, warehouse, item_code, shop, location_id, inventory_item_id, units, shown, waited, back)
  GROUP BY connection, warehouse, item_code, shop, location_id, inventory_item_id
), locked AS MATERIALIZED (
  SELECT a.account, a.connection, a.warehouse, a.item_code, a.shop, a.location_id, a.inventory_item_id, t.units, t.shown, t.waited, t.back
  FROM allotment a JOIN taken t USING (connection, warehouse, item_code, shop, location_id, inventory_item_id)
  WHERE a.account = :account
  ORDER BY a.connection, a.warehouse, a.item_code, a.shop, a.location_id, a.inventory_item_id
  FOR UPDATE OF a
)
UPDATE allotment a SET allotted = a.allotted - l.units, held = CASE WHEN a.held IS NOT NULL THEN greatest(0, a.held - l.shown - least(l.waited, a.waiting)) + l.back END,
       waiting = greatest(0, a.waiting - l.shown - l.waited)
FROM locked l
WHERE (a.account, a.connection, a.warehouse, a.item_code, a.shop, a.location_id, a.inventory_item_id)
    = (l.account, l.connection, l.warehouse, l.item_code, l.shop, l.location_id, l.inventory_item_id);

-- name: sharing_shops
-- Other shops that a warehouse of this shop feeds too.
SELECT DISTINCT other.shop FROM source s
JOIN source other ON other.account = s.account AND other.connection = s.connection AND other.warehouse = s.warehouse AND other.shop <> s.shop
WHERE s.account = :account AND s.shop = :shop AND other.active;

-- name: locations
-- The locations of a shop as the shop shows them.
SELECT location_id, name, active, fulfillment_service, country_code FROM location WHERE account = :account AND shop = :shop;

-- name: zones
-- What lies in each zone of each warehouse, in units of all items together.
SELECT f.connection, f.warehouse, z.key AS zone, sum(greatest(0, CAST(z.value AS numeric))) AS units
FROM figure f CROSS JOIN LATERAL jsonb_each_text(f.zones) AS z
WHERE f.account = :account GROUP BY f.connection, f.warehouse, z.key;

-- name: reserving
-- Zones whose figure is below nothing although it is no count of what lies there: the warehouse has promised goods from them.
SELECT DISTINCT f.connection, f.warehouse, z.key AS zone
FROM figure f CROSS JOIN LATERAL jsonb_each_text(f.zones) AS z
WHERE f.account = :account AND f.basis <> 'physical' AND CAST(z.value AS numeric) < 0;

-- name: known_parts
-- The parts of some pools as they stand, for a plan: nothing is locked.
SELECT a.connection, a.warehouse, a.item_code, a.shop, a.location_id, a.inventory_item_id, a.allotted, a.held, a.waiting, a.split_at
FROM allotment a
JOIN (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]))
        AS p(connection, warehouse, item_code)) p USING (connection, warehouse, item_code)
WHERE a.account = :account;

-- name: planned_cells
-- The levels that some sources feed, in one order from a given one on, with what the shop was last seen to show.
SELECT cell.location_id, cell.inventory_item_id, l.available, l.committed, l.reserved, l.read_at,
       coalesce(i.tracked, true) AS tracked, coalesce(i.sku, '') AS sku, coalesce(i.title, '') AS title,
       coalesce(o.name, cell.location_id) AS location
FROM (
  SELECT DISTINCT f.location_id, x.inventory_item_id
  FROM unnest(CAST(:locations AS text[]), CAST(:connections AS text[]), CAST(:warehouses AS text[])) AS f(location_id, connection, warehouse)
  JOIN crossref x ON x.account = :account AND x.shop = :shop AND x.connection = f.connection AND x.warehouse = f.warehouse AND x.active
  WHERE (f.location_id, x.inventory_item_id) > (:after_location, :after_item)
    AND (CAST(:only AS text[]) = '{}' OR x.inventory_item_id = ANY(CAST(:only AS text[])))
  ORDER BY f.location_id, x.inventory_item_id LIMIT :most) AS cell
LEFT JOIN level l ON l.account = :account AND l.shop = :shop AND l.location_id = cell.location_id
                 AND l.inventory_item_id = cell.inventory_item_id
LEFT JOIN item i ON i.account = :account AND i.shop = :shop AND i.inventory_item_id = cell.inventory_item_id
LEFT JOIN location o ON o.account = :account AND o.shop = :shop AND o.location_id = cell.location_id
ORDER BY cell.location_id, cell.inventory_item_id;
