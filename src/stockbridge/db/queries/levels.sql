-- name: news_in_hints
-- Of some levels, those that are mapped and show neither what we last saw nor what we are writing. Locked in one order. A level is found by
-- its key, whether the server has statistics of the table or not: nearly all hints are echoes of our own writes.
SELECT l.location_id, l.inventory_item_id
FROM (SELECT * FROM unnest(CAST(:locations AS text[]), CAST(:items AS text[]), CAST(:availables AS integer[]))
        AS h(location_id, inventory_item_id, available) ORDER BY 1, 2) AS hint
CROSS JOIN LATERAL (
  SELECT l.location_id, l.inventory_item_id FROM level l
  WHERE l.account = :account AND l.shop = :shop AND l.location_id = hint.location_id AND l.inventory_item_id = hint.inventory_item_id
    AND (hint.available IS NULL OR (l.available IS DISTINCT FROM hint.available AND l.writing IS DISTINCT FROM hint.available))
  FOR UPDATE OFFSET 0) AS l;
