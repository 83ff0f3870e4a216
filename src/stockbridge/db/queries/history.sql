-- name: levels_before
-- Of some levels, their short names and what was last seen and worked out, before this look is saved.
SELECT l.location_id, l.inventory_item_id, l.level_id, l.desired, l.available, l.derivation
FROM unnest(CAST(:locations AS text[]), CAST(:items AS text[])) AS cell(location_id, inventory_item_id)
CROSS JOIN LATERAL (SELECT * FROM level WHERE account = :account AND shop = :shop
  AND location_id = cell.location_id AND inventory_item_id = cell.inventory_item_id OFFSET 0) AS l;

-- name: orders_now
-- The orders in flight on the stock of each of some levels, the oldest first and not more than a few of each level; `more`: units
-- of the others.
SELECT cell.location_id, cell.inventory_item_id, coalesce(o.name, few.order_id) AS name, few.units, few.warehouse, sub.state, few.shop,
       few.order_id, CASE WHEN few.nth = least(few.many, :most) THEN few.total - few.running ELSE 0 END AS more
FROM unnest(CAST(:locations AS text[]), CAST(:items AS text[])) AS cell(location_id, inventory_item_id)
CROSS JOIN LATERAL (
  SELECT c.reference, c.warehouse, c.shop, c.order_id, sum(c.units - c.cancelled - c.contained)::integer AS units,
         row_number() OVER by_reference AS nth, count(*) OVER () AS many,
         (sum(sum(c.units - c.cancelled - c.contained)) OVER ())::integer AS total,
         (sum(sum(c.units - c.cancelled - c.contained)) OVER by_reference)::integer AS running
  FROM source s
  JOIN crossref x ON x.account = :account AND x.shop = :shop AND x.inventory_item_id = cell.inventory_item_id
                 AND x.connection = s.connection AND x.warehouse = s.warehouse AND x.active
  CROSS JOIN LATERAL (SELECT * FROM claim WHERE account = :account AND connection = s.connection AND warehouse = s.warehouse
    AND item_code = x.item_code AND open AND units - cancelled - contained > 0 OFFSET 0) AS c
  WHERE s.account = :account AND s.shop = :shop AND s.location_id = cell.location_id AND s.active
  GROUP BY c.reference, c.warehouse, c.shop, c.order_id
  WINDOW by_reference AS (ORDER BY c.reference ROWS UNBOUNDED PRECEDING)
  ORDER BY c.reference LIMIT :most) AS few
CROSS JOIN LATERAL (SELECT state FROM submission WHERE account = :account AND reference = few.reference OFFSET 0) AS sub
LEFT JOIN LATERAL (SELECT name FROM orders WHERE account = :account AND shop = few.shop AND order_id = few.order_id OFFSET 0) AS o ON true
ORDER BY cell.location_id, cell.inventory_item_id, few.nth;

-- name: known_wordings
-- Of some wordings, those that are kept.
SELECT hash, wording_id, used_on FROM wording WHERE account = :account AND hash = ANY(:hashes);

-- name: use_wordings
-- These are used on this day too. Locked in one order.
UPDATE wording w SET used_on = :day
FROM (SELECT wording_id FROM wording WHERE account = :account AND hash = ANY(:hashes) AND used_on < :day
      ORDER BY wording_id FOR UPDATE) AS old
WHERE w.account = :account AND w.wording_id = old.wording_id;

-- name: save_wordings
-- New wordings, in one order.
INSERT INTO wording (account, hash, words, used_on)
SELECT :account, hash, words, :day FROM unnest(CAST(:hashes AS bytea[]), CAST(:words AS text[])) AS new(hash, words)
ORDER BY hash ON CONFLICT (account, hash) DO NOTHING;

-- name: publish
-- The entries of one look; each names the batch that it is sent with.
INSERT INTO published (account, level_id, at, publication_id, wording_id, shown, offered, wrote, committed, reserved, figures, orders)
SELECT :account, e.level_id, :at, CASE WHEN e.wrote IS NULL THEN NULL ELSE p.publication_id END,
       e.wording_id, e.shown, e.offered, e.wrote, e.committed, e.reserved, e.figures, e.orders
FROM unnest(CAST(:level_ids AS bigint[]), CAST(:wording_ids AS bigint[]), CAST(:shown AS integer[]), CAST(:offered AS integer[]),
            CAST(:wrote AS integer[]), CAST(:committed AS integer[]), CAST(:reserved AS integer[]), CAST(:figures AS text[]),
            CAST(:orders AS text[])) WITH ORDINALITY
       AS e(level_id, wording_id, shown, offered, wrote, committed, reserved, figures, orders, place)
LEFT JOIN publication p ON p.account = :account AND p.key = :key
ORDER BY e.place;

-- name: answered
-- The shop's answer to one entry, where it is another than to its batch. The entry is the level's newest.
UPDATE published SET answer = :answer, reason = :reason
WHERE account = :account AND at >= :since AND published_id = (
  SELECT e.published_id FROM level l JOIN published e ON e.account = l.account AND e.level_id = l.level_id
  WHERE l.account = :account AND l.shop = :shop AND l.location_id = :location_id AND l.inventory_item_id = :inventory_item_id
    AND e.at >= :since
  ORDER BY e.at DESC, e.published_id DESC LIMIT 1)
  AND level_id = (SELECT level_id FROM level WHERE account = :account AND shop = :shop AND location_id = :location_id
                    AND inventory_item_id = :inventory_item_id);

-- name: entries
-- What was published of one level up to a moment, the newest first; `after_id`: those before this one.
SELECT e.published_id, e.at, e.shown, e.offered, e.wrote, e.committed, e.reserved, e.answer, e.reason, e.figures, e.orders,
       w.words, p.key, p.outcome, e.publication_id
FROM level l
JOIN published e ON e.account = l.account AND e.level_id = l.level_id
JOIN wording w ON w.account = e.account AND w.wording_id = e.wording_id
LEFT JOIN publication p ON p.account = e.account AND p.publication_id = e.publication_id
WHERE l.account = :account AND l.shop = :shop AND l.location_id = :location_id AND l.inventory_item_id = :inventory_item_id
  AND e.at <= :until AND (CAST(:after_id AS bigint) = 0 OR e.published_id < :after_id)
ORDER BY e.at DESC, e.published_id DESC LIMIT :limit;

-- name: entry_after
-- When the next number was worked out after one.
SELECT e.at, e.offered FROM level l JOIN published e ON e.account = l.account AND e.level_id = l.level_id
WHERE l.account = :account AND l.shop = :shop AND l.location_id = :location_id AND l.inventory_item_id = :inventory_item_id
  AND (e.at, e.published_id) > (:at, :published_id)
ORDER BY e.at, e.published_id LIMIT 1;

-- name: recorded
-- When we recorded parcels of an item at a location as shipped, with how many units.
SELECT s.written_at, sum(l.units)::integer AS units
FROM shipment s JOIN shipment_line l ON l.account = s.account AND l.shipment_id = s.shipment_id
JOIN claim c ON c.account = l.account AND c.reference = l.reference AND c.line_id = l.line_id
WHERE s.account = :account AND s.shop = :shop AND s.location_id = :location_id AND s.written_at >= :since
  AND c.inventory_item_id = :inventory_item_id
GROUP BY s.shipment_id, s.written_at ORDER BY s.written_at;

-- name: decisions
-- What people decided about an item or a location in some time.
SELECT at, text, actor FROM journal
WHERE account = :account AND subject IN ('location/' || :location_id, 'item/' || :inventory_item_id) AND :shop <> ''
  AND at > :since AND at <= :until
ORDER BY journal_id DESC LIMIT 100;

-- name: chart
-- The points of a level's chart since a moment, the oldest first, not more than a screen can show: the newest are kept.
SELECT at, shown, offered, wrote FROM (
  SELECT e.at, e.published_id, e.shown, e.offered, CASE WHEN e.answer IS NULL THEN e.wrote END AS wrote
  FROM level l JOIN published e ON e.account = l.account AND e.level_id = l.level_id
  WHERE l.account = :account AND l.shop = :shop AND l.location_id = :location_id AND l.inventory_item_id = :inventory_item_id
    AND e.at >= :since
  ORDER BY e.at DESC, e.published_id DESC LIMIT :limit) AS newest
ORDER BY at, published_id;

-- name: keep_days
-- Partitions for the days from one to another; those of days that ended before a moment are dropped. Gives how many were.
SELECT keep_published(:first_day, :last_day, :before);

-- name: forget_rest
-- Old numbers that are in no day's partition, some at a time.
DELETE FROM published_rest WHERE ctid = ANY(ARRAY(SELECT ctid FROM published_rest WHERE at < :before LIMIT :most));

-- name: forget_wordings
-- Wordings that no number uses any more: they were last used before a day all of which is forgotten.
DELETE FROM wording WHERE used_on < :day;

-- name: size
-- How much room the history takes, in bytes with its indexes; about how many numbers it holds; and since when.
SELECT coalesce(sum(pg_total_relation_size(i.inhrelid)), 0)::bigint + pg_total_relation_size('wording') AS bytes,
       coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint AS numbers,
       to_date(min(substr(c.relname, 11)) FILTER (WHERE c.relname ~ '^published_\d{8}$'), 'YYYYMMDD') AS since
FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'published'::regclass;
