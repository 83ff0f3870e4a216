-- name: runs
-- Runs, the newest first, with how much each found and how much of it is put right.
SELECT r.run_id, r.kind, r.dry, r.state, r.stage, r.shop, r.warehouse, r.asked_by, r.mapping_version, r.began_at, r.next_at, r.ended_at, r.pages,
       r.visited, r.expected, r.counts, r.reason, r.remark, r.decided_by, r.decided_at, coalesce(c.title, r.shop) AS shop_title,
       f.found, f.writes, f.causes
FROM (SELECT * FROM run WHERE account = :account AND (:kind = '' OR kind = :kind) AND (:before = 0 OR run_id < :before)
      ORDER BY run_id DESC LIMIT :limit) AS r
LEFT JOIN connection c ON c.account = r.account AND c.connection = r.shop
LEFT JOIN LATERAL (
  SELECT coalesce(sum(many), 0)::int AS found, coalesce(sum(writes), 0)::int AS writes, coalesce(jsonb_object_agg(cause, many), '{}') AS causes FROM (
    SELECT cause, count(*) AS many, count(*) FILTER (WHERE k.writes) AS writes FROM correction k
    WHERE k.account = r.account AND k.run_id = r.run_id GROUP BY cause) AS by_cause) AS f ON true
ORDER BY r.run_id DESC;

-- name: run
-- One run.
SELECT r.run_id, r.kind, r.dry, r.state, r.stage, r.shop, r.warehouse, r.asked_by, r.mapping_version, r.began_at, r.next_at, r.ended_at, r.pages,
       r.visited, r.expected, r.counts, r.reason, r.remark, r.decided_by, r.decided_at, coalesce(c.title, r.shop) AS shop_title,
       f.found, f.writes, f.causes
FROM run r
LEFT JOIN connection c ON c.account = r.account AND c.connection = r.shop
LEFT JOIN LATERAL (
  SELECT coalesce(sum(many), 0)::int AS found, coalesce(sum(writes), 0)::int AS writes, coalesce(jsonb_object_agg(cause, many), '{}') AS causes FROM (
    SELECT cause, count(*) AS many, count(*) FILTER (WHERE k.writes) AS writes FROM correction k
    WHERE k.account = r.account AND k.run_id = r.run_id GROUP BY cause) AS by_cause) AS f ON true
WHERE r.account = :account AND r.run_id = :run_id;

-- name: found_by
-- What a run found, level by level, with what the shop was last seen to show. ``after``: how many to leave out.
SELECT k.correction_id, k.shop, k.location_id, k.inventory_item_id, k.found_at, k.was, k.should, k.writes, k.cause, k.why,
       coalesce(i.sku, '') AS sku, coalesce(i.title, k.inventory_item_id) AS title, coalesce(o.name, k.location_id) AS location,
       l.available AS now, l.account IS NOT NULL AS known
FROM correction k
LEFT JOIN item i ON i.account = k.account AND i.shop = k.shop AND i.inventory_item_id = k.inventory_item_id
LEFT JOIN location o ON o.account = k.account AND o.shop = k.shop AND o.location_id = k.location_id
LEFT JOIN level l ON l.account = k.account AND l.shop = k.shop AND l.location_id = k.location_id AND l.inventory_item_id = k.inventory_item_id
WHERE k.account = :account AND k.run_id = :run_id
ORDER BY CASE WHEN :sort = 'cause' THEN k.cause END, CASE WHEN :sort = 'location' THEN coalesce(o.name, k.location_id) END,
         CASE WHEN :sort = 'size' THEN -abs(coalesce(k.should, 0) - coalesce(k.was, 0)) END,
         coalesce(i.sku, ''), coalesce(o.name, k.location_id), k.correction_id
LIMIT :limit OFFSET :after;

-- name: sweeping_shops
-- Shops that are swept: their time zone, the date of the last nightly run, and whether anything is mapped.
SELECT c.connection AS shop, c.title, c.time_zone, c.paused, k.cursor AS night
FROM connection c
LEFT JOIN cursor k ON k.account = c.account AND k.connection = c.connection AND k.what = 'nightly'
WHERE c.account = :account AND EXISTS (SELECT FROM source s WHERE s.account = c.account AND s.shop = c.connection)
ORDER BY c.title, c.connection;
