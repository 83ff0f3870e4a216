-- name: of_orders
-- What was said so far of what left with some orders, in the order in which it was said.
SELECT * FROM spent WHERE account = :account AND shop = :shop AND order_id = ANY(:order_ids)
ORDER BY order_id, line_id, location_id, heard_at, length(reference), reference;

-- name: one
-- One entry.
SELECT * FROM spent WHERE account = :account AND reference = :reference;

-- name: add
-- One more entry; a repeated decision adds nothing.
INSERT INTO spent (account, reference, shop, order_id, order_name, line_id, location_id, inventory_item_id, units, told_by, connection,
                   warehouse, item_code, happened_at, heard_at, told_seq, told_at, settles_at, contained, why)
VALUES (:account, :reference, :shop, :order_id, :order_name, :line_id, :location_id, :inventory_item_id, :units, :told_by, :connection,
        :warehouse, :item_code, :happened_at, :heard_at, :told_seq, :told_at, :settles_at, :contained, :why)
ON CONFLICT (account, reference) DO NOTHING;

-- name: of_pools
-- The entries of some pools that no figure has yet.
SELECT s.* FROM spent s
JOIN (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]))
        AS p(connection, warehouse, item_code)) p USING (connection, warehouse, item_code)
WHERE s.account = :account AND NOT s.contained;

-- name: contain
-- Figures have these.
UPDATE spent SET contained = true WHERE account = :account AND reference = ANY(:references) AND NOT contained;

-- name: told
-- The warehouse's word that it has booked an entry; the first word stands.
UPDATE spent SET told_seq = :told_seq, told_at = :told_at WHERE account = :account AND reference = :reference AND told_at IS NULL;

-- name: by_hand
-- How many words there are of a level that was changed by hand.
SELECT count(*) FROM spent
WHERE account = :account AND shop = :shop AND order_id = '' AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: wait
-- What an order holds open at a location and nobody was asked for.
INSERT INTO waiting (account, shop, order_id, location_id, inventory_item_id, units)
VALUES (:account, :shop, :order_id, :location_id, :inventory_item_id, :units)
ON CONFLICT (account, shop, order_id, location_id, inventory_item_id) DO UPDATE SET units = excluded.units;

-- name: wait_no_more
-- It holds nothing open there any more.
DELETE FROM waiting WHERE account = :account AND shop = :shop AND order_id = :order_id
  AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: move
-- Orders have told that units left the count of a level, or were given up (without a location: wherever they were held); only levels
-- that we look at are kept account of.
INSERT INTO movement (account, shop, location_id, inventory_item_id, gone, dropped, happened_at)
SELECT account, shop, location_id, inventory_item_id, :gone, :dropped, :happened_at FROM level
WHERE account = :account AND shop = :shop AND CAST(:location_id AS text) IN (location_id, '') AND inventory_item_id = :inventory_item_id;

-- name: take_moves
-- These were added up.
DELETE FROM movement WHERE account = :account AND movement_id = ANY(:movement_ids);

-- name: changed_by_hand
-- Somebody other than us has changed a level.
INSERT INTO foreign_change (account, shop, location_id, inventory_item_id, at, units, reference)
VALUES (:account, :shop, :location_id, :inventory_item_id, :at, :units, :reference) ON CONFLICT DO NOTHING;

-- name: foreign_by_location
-- Who else writes: how often, how many levels, by how many units up and down and when last, location by location, since a moment.
SELECT f.location_id, coalesce(max(l.name), f.location_id) AS name, count(*) AS changes, count(DISTINCT f.inventory_item_id) AS items,
       coalesce(sum(f.units) FILTER (WHERE f.units > 0), 0)::integer AS raised,
       coalesce(sum(f.units) FILTER (WHERE f.units < 0), 0)::integer AS lowered, max(f.at) AS last_at
FROM foreign_change f LEFT JOIN location l USING (account, shop, location_id)
WHERE f.account = :account AND f.shop = :shop AND f.at > :since
GROUP BY f.location_id ORDER BY count(*) DESC, f.location_id;

-- name: foreign_of_cell
-- The changes of one level that somebody else made since a moment, the newest first; `many`: how many there are in all.
SELECT at, units, reference <> '' AS told, count(*) OVER ()::integer AS many, sum(units) OVER ()::integer AS in_all
FROM foreign_change
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id AND at > :since
ORDER BY at DESC LIMIT :limit;

-- name: look_later
-- A level is to be looked at once more by itself, after the look that is being finished; sooner when something happened since that began.
UPDATE level SET dirty = dirty + 1, next_at = CASE WHEN dirty = :seen THEN :next_at ELSE least(next_at, :next_at) END
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;
