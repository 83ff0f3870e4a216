-- name: needs_you
-- How many things wait for a person, counted up to a hundred.
SELECT least(100, count(DISTINCT thing)) FROM (
  SELECT thing FROM parked WHERE account = :account AND closed_at IS NULL LIMIT 200) AS waiting;

-- name: parked_causes
-- How many things wait for a person, by cause, and since when.
SELECT split_part(cause, ':', 1) AS cause, count(DISTINCT thing) AS many, min(opened_at) AS oldest FROM parked
WHERE account = :account AND closed_at IS NULL GROUP BY 1 ORDER BY many DESC, 1;

-- name: parked
-- What waits for a person, the oldest first, as the filters say, with the order or the item at a location that it is about.
SELECT p.parked_id, p.subject, p.cause, p.connection, p.title, p.consequence, p.remedy, p.data, p.thing, p.opened_at, o.shop, o.order_id,
       o.name, place.location_id, place.location, place.shop AS level_shop, i.inventory_item_id, i.sku
FROM parked AS p
LEFT JOIN LATERAL (
  SELECT l.shop, l.location_id, l.name AS location, substr(p.subject, length(l.location_id) + 8) AS item_id
  FROM location AS l WHERE l.account = p.account AND starts_with(p.subject, 'stock/' || l.location_id || '/')
  ORDER BY length(l.location_id) DESC LIMIT 1
) AS place ON true
LEFT JOIN item AS i ON i.account = p.account AND i.shop = place.shop AND i.inventory_item_id = place.item_id
LEFT JOIN LATERAL (
  SELECT found.shop, found.order_id, found.name
  FROM connection AS c JOIN orders AS found
    ON found.account = c.account AND found.shop = c.connection AND found.order_id = substr(p.subject, 7)
  WHERE c.account = p.account AND p.subject LIKE 'order/%' LIMIT 1
) AS o ON true
WHERE p.account = :account AND p.closed_at IS NULL
  AND (:cause = '' OR split_part(p.cause, ':', 1) = :cause) AND (:subject = '' OR p.subject = :subject)
  AND (:after_id = 0 OR (p.opened_at, p.parked_id) > (
    SELECT opened_at, parked_id FROM parked WHERE account = :account AND parked_id = :after_id))
ORDER BY p.opened_at, p.parked_id
LIMIT :limit;

-- name: open_parked
-- Which of these still wait for a person. Those that somebody must look at first are named only when ``looked``; runs that are held back never:
-- they are approved or dropped where everything that they would change is shown, by whoever may.
SELECT parked_id FROM parked WHERE cause NOT LIKE 'braked:%' AND (remedy <> 'decide' OR :looked) AND account = :account AND closed_at IS NULL AND parked_id = ANY(:parked_ids) ORDER BY parked_id;

-- name: open_parked_of
-- What waits for a person on these subjects and may be tried again without looking first.
SELECT parked_id FROM parked WHERE remedy <> 'decide' AND account = :account AND closed_at IS NULL AND subject = ANY(:subjects) ORDER BY parked_id;

-- name: unmapped_lines
-- The lines of an order whose item has no code at some warehouse that feeds its shop.
SELECT DISTINCT o.shop, line ->> 'inventory_item_id' AS inventory_item_id, line ->> 'sku' AS sku, line ->> 'title' AS title,
       coalesce(i.barcode, '') AS barcode
FROM orders AS o
CROSS JOIN LATERAL jsonb_array_elements(o.snapshot -> 'lines') AS line
LEFT JOIN item AS i ON i.account = o.account AND i.shop = o.shop AND i.inventory_item_id = line ->> 'inventory_item_id'
WHERE o.account = :account AND o.shop = :shop AND o.order_id = :order_id
  AND line ->> 'inventory_item_id' IS NOT NULL AND (line ->> 'current_quantity')::numeric > 0
  AND NOT EXISTS (
    SELECT 1 FROM crossref AS x WHERE x.account = o.account AND x.shop = o.shop AND x.active
      AND x.inventory_item_id = line ->> 'inventory_item_id');

-- name: items_like_codes
-- Items without any item code whose SKU resembles one of some codes.
SELECT i.shop, i.inventory_item_id, i.sku, i.barcode, i.title FROM item AS i
WHERE i.account = :account AND i.tracked AND NOT EXISTS (
    SELECT 1 FROM crossref AS x WHERE x.account = i.account AND x.shop = i.shop AND x.active
      AND x.inventory_item_id = i.inventory_item_id)
  AND EXISTS (
    SELECT 1 FROM unnest(:keys::text[]) AS key, regexp_replace(lower(i.sku), '[^a-z0-9]', '', 'g') AS own
    WHERE own <> '' AND key <> '' AND (own = key OR (length(own) >= 4 AND position(own IN key) > 0)))
ORDER BY i.sku, i.shop, i.inventory_item_id LIMIT 3;
