-- name: touch_hinted
-- Of some levels, those that are mapped and do not show what we last saw are to be looked at again. Locked in one order.
UPDATE level SET dirty = dirty + 1, next_at = least(next_at, CAST(:now AS timestamptz))
WHERE (account, shop, location_id, inventory_item_id) IN (
  SELECT l.account, l.shop, l.location_id, l.inventory_item_id
  FROM level l
  JOIN unnest(CAST(:locations AS text[]), CAST(:items AS text[]), CAST(:availables AS integer[]))
    AS hint(location_id, inventory_item_id, available) USING (location_id, inventory_item_id)
  WHERE l.account = :account AND l.shop = :shop AND (hint.available IS NULL OR l.available IS DISTINCT FROM hint.available)
  ORDER BY l.location_id, l.inventory_item_id
  FOR UPDATE OF l);
