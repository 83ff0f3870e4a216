-- name: one
-- A level as last seen.
SELECT available, written, desired, dirty, clean FROM level
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: touch
-- One level is to be looked at again, if it is mapped.
UPDATE level SET dirty = dirty + 1, next_at = least(next_at, CAST(:now AS timestamptz))
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;
