-- name: figure
-- The newest figure of one item in one warehouse, locked.
SELECT zones, basis, occurred_at, sequence, asked_at FROM figure
WHERE account = :account AND connection = :connection AND warehouse = :warehouse AND item_code = :item_code
FOR UPDATE;

-- name: figures_of_warehouse
-- Every item code a warehouse has reported, for snapshots.
SELECT item_code, zones, basis, occurred_at, sequence, asked_at FROM figure
WHERE account = :account AND connection = :connection AND warehouse = :warehouse
ORDER BY item_code FOR UPDATE;

-- name: save_figure
-- The newest figure of an item.
INSERT INTO figure (account, connection, warehouse, item_code, zones, basis, occurred_at, sequence, asked_at, received_at, arrival_id)
VALUES (:account, :connection, :warehouse, :item_code, :zones, :basis, :occurred_at, :sequence, :asked_at, :received_at, :arrival_id)
ON CONFLICT (account, connection, warehouse, item_code) DO UPDATE SET
  zones = excluded.zones, basis = excluded.basis, occurred_at = excluded.occurred_at, sequence = excluded.sequence,
  asked_at = excluded.asked_at, received_at = excluded.received_at, arrival_id = excluded.arrival_id;

-- name: pool_figures
-- The figures of some pools, locked in one order so that two orders cannot take the same last unit. Who reports a figure locks it
-- FOR UPDATE and excludes everybody; who draws on it excludes his like; who only needs that it stays as it is excludes neither.
SELECT f.connection, f.warehouse, f.item_code, f.zones, f.basis, f.occurred_at, f.sequence, f.asked_at
FROM figure f
JOIN (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]))
        AS p(connection, warehouse, item_code)) p USING (connection, warehouse, item_code)
WHERE f.account = :account
ORDER BY f.connection, f.warehouse, f.item_code
FOR NO KEY UPDATE OF f;

-- name: pool_figures_shared
-- The figures of some pools, locked in one order so that they stay as they are; others may draw on them meanwhile.
SELECT f.connection, f.warehouse, f.item_code, f.zones, f.basis, f.occurred_at, f.sequence, f.asked_at
FROM figure f
JOIN (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]))
        AS p(connection, warehouse, item_code)) p USING (connection, warehouse, item_code)
WHERE f.account = :account
ORDER BY f.connection, f.warehouse, f.item_code
FOR KEY SHARE OF f;

-- name: pool_claims
-- The open claims on some pools, with when their shipments happened.
SELECT c.reference, c.line_id, c.connection, c.warehouse, c.item_code, c.units, c.cancelled, c.accepted_seq, c.accepted_at,
       c.reserved_seq, c.reserved_at, c.contained,
       (SELECT jsonb_agg(jsonb_build_array(l.units, s.sequence, s.received_at))
          FROM shipment_line l JOIN shipment s USING (account, shipment_id)
         WHERE l.account = c.account AND l.reference = c.reference AND l.line_id = c.line_id) AS shipped
FROM claim c
JOIN (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]))
        AS p(connection, warehouse, item_code)) p USING (connection, warehouse, item_code)
WHERE c.account = :account AND c.open;

-- name: claims_of
-- The open claims of some submissions, with when their shipments happened.
SELECT c.reference, c.line_id, c.connection, c.warehouse, c.item_code, c.units, c.cancelled, c.accepted_seq, c.accepted_at,
       c.reserved_seq, c.reserved_at, c.contained,
       (SELECT jsonb_agg(jsonb_build_array(l.units, s.sequence, s.received_at))
          FROM shipment_line l JOIN shipment s USING (account, shipment_id)
         WHERE l.account = c.account AND l.reference = c.reference AND l.line_id = c.line_id) AS shipped
FROM claim c
WHERE c.account = :account AND c.reference = ANY(:references) AND c.open;

-- name: save_contained
-- How many units of a claim the figures show by now.
UPDATE claim SET contained = :contained, open = :open
WHERE account = :account AND reference = :reference AND line_id = :line_id;

-- name: claimed_by_pool
-- Units to take off the figure of each pool, by the place they were asked for.
SELECT c.connection, c.warehouse, c.item_code, c.shop, c.location_id,
       sum(greatest(0, c.units - c.cancelled - c.contained))::integer AS units
FROM claim c
JOIN (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]))
        AS p(connection, warehouse, item_code)) p USING (connection, warehouse, item_code)
WHERE c.account = :account AND c.open
GROUP BY c.connection, c.warehouse, c.item_code, c.shop, c.location_id;

-- name: touch_pools
-- Every level that a pool feeds is to be looked at again. Gives the shops concerned.
WITH fed AS (
  SELECT DISTINCT s.shop, s.location_id, x.inventory_item_id
  FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[])) AS p(connection, warehouse, item_code)
  JOIN crossref x ON x.account = :account AND x.connection = p.connection AND x.warehouse = p.warehouse
                 AND x.item_code = p.item_code AND x.active
  JOIN source s ON s.account = :account AND s.connection = p.connection AND s.warehouse = p.warehouse
               AND s.shop = x.shop AND s.active
  ORDER BY s.shop, s.location_id, x.inventory_item_id
), touched AS (
  INSERT INTO level AS l (account, shop, location_id, inventory_item_id, next_at)
  SELECT :account, shop, location_id, inventory_item_id, :now FROM fed
  ON CONFLICT (account, shop, location_id, inventory_item_id)
  DO UPDATE SET dirty = l.dirty + 1, next_at = least(l.next_at, excluded.next_at)
  RETURNING l.shop
)
SELECT DISTINCT shop FROM touched ORDER BY shop;

-- name: touch_items
-- Every level of some inventory items of a shop that a source feeds is to be looked at again.
WITH fed AS (
  SELECT DISTINCT s.location_id, x.inventory_item_id
  FROM crossref x
  JOIN source s ON s.account = x.account AND s.shop = x.shop AND s.connection = x.connection AND s.warehouse = x.warehouse AND s.active
  WHERE x.account = :account AND x.shop = :shop AND x.inventory_item_id = ANY(:items) AND x.active
  ORDER BY s.location_id, x.inventory_item_id
)
INSERT INTO level AS l (account, shop, location_id, inventory_item_id, next_at)
SELECT :account, :shop, location_id, inventory_item_id, :now FROM fed
ON CONFLICT (account, shop, location_id, inventory_item_id)
DO UPDATE SET dirty = l.dirty + 1, next_at = least(l.next_at, excluded.next_at);

-- name: touch_shop
-- Every mapped level of a shop is to be looked at again (a sweep, a changed mapping).
WITH fed AS (
  SELECT DISTINCT s.location_id, x.inventory_item_id
  FROM crossref x
  JOIN source s ON s.account = x.account AND s.shop = x.shop AND s.connection = x.connection AND s.warehouse = x.warehouse AND s.active
  WHERE x.account = :account AND x.shop = :shop AND x.active
  ORDER BY s.location_id, x.inventory_item_id
)
INSERT INTO level AS l (account, shop, location_id, inventory_item_id, next_at)
SELECT :account, :shop, location_id, inventory_item_id, :now FROM fed
ON CONFLICT (account, shop, location_id, inventory_item_id)
DO UPDATE SET dirty = l.dirty + 1, next_at = least(l.next_at, excluded.next_at);

-- name: dirty_levels
-- The levels of a shop that are due for a look, the longest waiting first.
SELECT location_id, inventory_item_id, dirty, stale, written, available, desired, note
FROM level WHERE account = :account AND shop = :shop AND dirty <> clean AND next_at <= :now
ORDER BY next_at, location_id, inventory_item_id LIMIT :most;

-- name: facts
-- All that the numbers of some levels of a shop rest on, at one moment: the pools that their items are mapped to at some warehouses (newest
-- figure; then claims by the place they were made for, what else of any shop is mapped to them, and the levels among all these whose item
-- is not stocked there), units that are open there and claimed (those of a moving order are still elsewhere), of these the ones of orders
-- whose change was heard of and has not been read, the levels whose committed units may be changing this moment because a record or a move
-- is under way, and what levels may still come to show by a write whose answer was lost. Then what left there without a warehouse, what is
-- known to be open and asked of nobody, the channel's own count as we know it with what orders have told since, and when orders were looked
-- through. `several`: does that warehouse feed several locations? Tables that grow with the goods are reached LATERAL … OFFSET 0, by their
-- keys: while the server has no statistics of a table that has just been filled it would go through all of it, once per level.
WITH cell AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:locations AS text[]), CAST(:items AS text[])) AS c(location_id, inventory_item_id)
), place AS MATERIALIZED (
  SELECT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:several AS boolean[])) AS w(connection, warehouse, several)
), pool AS MATERIALIZED (
  SELECT x.connection, x.warehouse, x.item_code, w.several, array_agg(x.inventory_item_id) AS items
  FROM (SELECT DISTINCT inventory_item_id FROM cell) AS c
  CROSS JOIN LATERAL (SELECT x.connection, x.warehouse, x.item_code, x.inventory_item_id, x.active FROM crossref x
     WHERE x.account = :account AND x.shop = :shop AND x.inventory_item_id = c.inventory_item_id OFFSET 0) AS x
  JOIN place w USING (connection, warehouse)
  WHERE x.active
  GROUP BY x.connection, x.warehouse, x.item_code, w.several
), other AS MATERIALIZED (
  SELECT p.connection, p.warehouse, p.item_code, x.shop, x.inventory_item_id FROM pool p
  CROSS JOIN LATERAL (SELECT x.shop, x.inventory_item_id FROM crossref x
     WHERE x.account = :account AND x.connection = p.connection AND x.warehouse = p.warehouse AND x.item_code = p.item_code AND x.active
       AND (x.shop <> :shop OR x.inventory_item_id <> ALL(p.items)) OFFSET 0) AS x
), held AS MATERIALIZED (
  SELECT c.location_id, c.inventory_item_id, c.order_id, c.units
  FROM cell CROSS JOIN LATERAL (
     SELECT c.location_id, c.inventory_item_id, c.order_id, sum(c.open_units)::integer AS units FROM claim c
     WHERE c.account = :account AND c.shop = :shop AND c.location_id = cell.location_id AND c.inventory_item_id = cell.inventory_item_id
       AND c.open_units > 0
       AND c.reference NOT IN (SELECT reference FROM submission WHERE account = :account AND state = 'moving')
     GROUP BY c.location_id, c.inventory_item_id, c.order_id OFFSET 0) AS c
), changed AS MATERIALIZED (
  SELECT subject, created_at AS at FROM effect WHERE account = :account AND connection = :shop AND kind = 'fetch_order'
    AND state IN ('pending', 'sending', 'unknown')
  UNION ALL
  SELECT subject, received_at FROM arrival WHERE account = :account AND connection = :shop AND state = 0 AND subject LIKE 'order/%'
), doubt AS MATERIALIZED (
  SELECT p.publication_id, w.one ->> 'location' AS location_id, w.one ->> 'item' AS inventory_item_id, (w.one ->> 'adds')::integer AS adds,
         coalesce(p.ended_at, p.began_at + CAST(:call AS interval)) + CAST(:settles AS interval) AS until
  FROM publication p CROSS JOIN LATERAL jsonb_array_elements(p.writes -> 'writes') AS w(one)
  JOIN cell c ON c.location_id = w.one ->> 'location' AND c.inventory_item_id = w.one ->> 'item'
  WHERE p.account = :account AND p.shop = :shop AND p.outcome IN ('sending', 'unknown') AND w.one ? 'adds' AND NOT w.one ? 'settled'
    AND p.began_at > (SELECT least(min(l.read_at), min(l.odd_since), CAST(:since AS timestamptz) - interval '1 day') - interval '5 minutes'
                      FROM cell CROSS JOIN LATERAL (SELECT * FROM level l WHERE l.account = :account AND l.shop = :shop
                        AND l.location_id = cell.location_id AND l.inventory_item_id = cell.inventory_item_id OFFSET 0) AS l)
), moved AS MATERIALIZED (
  SELECT subject FROM effect WHERE account = :account AND connection = :shop AND done_at IS NULL
    AND kind IN ('record_fulfillment', 'move_fulfillment_order') AND state IN ('sending', 'unknown', 'done')
  UNION ALL
  SELECT subject FROM effect WHERE account = :account AND connection = :shop AND done_at >= :since
    AND kind IN ('record_fulfillment', 'move_fulfillment_order') AND state IN ('sending', 'unknown', 'done')
  UNION ALL
  SELECT e.subject FROM arrival a CROSS JOIN LATERAL (
     SELECT subject, kind FROM effect WHERE account = :account AND key = a.headers ->> 'stockbridge-effect' OFFSET 0) AS e
  WHERE a.account = :account AND a.connection = :shop AND a.state = 0 AND jsonb_exists(a.headers, 'stockbridge-effect')
    AND e.kind IN ('record_fulfillment', 'move_fulfillment_order')
), unsettled AS MATERIALIZED (
  SELECT DISTINCT location_id, inventory_item_id
  FROM moved CROSS JOIN LATERAL (SELECT location_id, inventory_item_id FROM claim
     WHERE account = :account AND shop = :shop AND order_id = substring(moved.subject FROM 7) AND open_units > 0 OFFSET 0) AS c
  JOIN cell USING (location_id, inventory_item_id)
)
SELECT
  (SELECT json_agg(json_build_array(p.connection, p.warehouse, p.item_code, p.items, f.zones, f.occurred_at, f.basis))
   FROM pool p LEFT JOIN LATERAL (SELECT f.zones, f.occurred_at, f.basis FROM figure f WHERE f.account = :account AND f.connection = p.connection
                                    AND f.warehouse = p.warehouse AND f.item_code = p.item_code OFFSET 0) AS f ON true) AS pools,
  (SELECT json_agg(json_build_array(p.connection, p.warehouse, p.item_code, c.shop, c.location_id, c.units))
   FROM pool p CROSS JOIN LATERAL (
     SELECT c.shop, c.location_id, sum(greatest(0, c.units - c.cancelled - c.contained))::integer AS units FROM claim c
     WHERE c.account = :account AND c.connection = p.connection AND c.warehouse = p.warehouse AND c.item_code = p.item_code AND c.open
     GROUP BY c.shop, c.location_id OFFSET 0) AS c) AS claims,
  (SELECT json_agg(json_build_array(connection, warehouse, item_code, shop, inventory_item_id)) FROM other) AS others,
  (SELECT json_agg(json_build_array(p.connection, p.warehouse, p.item_code, l.shop, l.location_id, l.inventory_item_id))
   FROM pool p
   CROSS JOIN LATERAL (SELECT x.shop, x.inventory_item_id FROM crossref x
      WHERE x.account = :account AND x.connection = p.connection AND x.warehouse = p.warehouse AND x.item_code = p.item_code AND x.active
      OFFSET 0) AS x
   JOIN source s ON s.account = :account AND s.shop = x.shop AND s.connection = p.connection AND s.warehouse = p.warehouse AND s.active
   CROSS JOIN LATERAL (SELECT l.shop, l.location_id, l.inventory_item_id FROM level l
      WHERE l.account = :account AND l.shop = x.shop AND l.location_id = s.location_id AND l.inventory_item_id = x.inventory_item_id
        AND l.read_at IS NOT NULL AND l.available IS NULL OFFSET 0) AS l
   WHERE p.several OR cardinality(p.items) > 1 OR EXISTS (SELECT 1 FROM other)) AS idle,
  (SELECT json_agg(json_build_array(location_id, inventory_item_id, units))
   FROM (SELECT location_id, inventory_item_id, sum(units) AS units FROM held GROUP BY 1, 2) AS h) AS open_claimed,
  (SELECT json_agg(json_build_array(location_id, inventory_item_id, units))
   FROM (SELECT h.location_id, h.inventory_item_id, sum(h.units) AS units FROM held h
         WHERE 'order/' || h.order_id IN (SELECT subject FROM changed) GROUP BY 1, 2) AS d) AS doubted,
  (SELECT json_agg(json_build_array(location_id, inventory_item_id)) FROM unsettled) AS unsettled,
  (SELECT json_agg(inventory_item_id) FROM item WHERE account = :account AND shop = :shop AND bundle
     AND inventory_item_id = ANY(CAST(:items AS text[]))) AS bundles,
  (SELECT json_agg(json_build_array(location_id, inventory_item_id, units, until)) FROM (
     SELECT c.location_id, c.inventory_item_id, max((w.one ->> 'to')::integer) AS units,
            max(coalesce(p.ended_at, p.began_at + CAST(:call AS interval)) + CAST(:settles AS interval)) AS until
     FROM publication p CROSS JOIN LATERAL jsonb_array_elements(p.writes -> 'writes') AS w(one)
     JOIN cell c ON c.location_id = w.one ->> 'location' AND c.inventory_item_id = w.one ->> 'item'
     WHERE p.account = :account AND p.shop = :shop AND p.outcome IN ('sending', 'unknown')
       AND coalesce(p.ended_at, p.began_at + CAST(:call AS interval)) + CAST(:settles AS interval) >= :since
     GROUP BY 1, 2) AS landing) AS landing,
  (SELECT json_agg(json_build_array(s.location_id, s.inventory_item_id, s.order_id, s.order_name, s.line_id, s.units) ORDER BY s.happened_at)
   FROM cell CROSS JOIN LATERAL (SELECT * FROM spent s WHERE s.account = :account AND s.shop = :shop
     AND s.location_id = cell.location_id AND s.inventory_item_id = cell.inventory_item_id AND NOT s.contained OFFSET 0) AS s) AS spent,
  (SELECT json_agg(json_build_array(w.location_id, w.inventory_item_id, w.units))
   FROM cell CROSS JOIN LATERAL (SELECT w.location_id, w.inventory_item_id, sum(w.units) AS units FROM waiting w
     WHERE w.account = :account AND w.shop = :shop AND w.location_id = cell.location_id AND w.inventory_item_id = cell.inventory_item_id
     GROUP BY 1, 2 OFFSET 0) AS w) AS waiting,
  (SELECT json_agg(json_build_array(l.location_id, l.inventory_item_id, l.base, l.base_at, l.gone, l.given, l.dropped, l.odd, l.odd_since,
     l.unseen, l.unseen_since))
   FROM cell CROSS JOIN LATERAL (SELECT * FROM level l WHERE l.account = :account AND l.shop = :shop AND l.location_id = cell.location_id
     AND l.inventory_item_id = cell.inventory_item_id OFFSET 0) AS l) AS books,
  (SELECT json_agg(json_build_array(d.location_id, d.inventory_item_id, d.publication_id, d.adds, d.until) ORDER BY d.publication_id)
   FROM doubt AS d) AS doubts,
  (SELECT json_agg(json_build_array(m.location_id, m.inventory_item_id, m.movement_id, m.gone, m.dropped, m.happened_at))
   FROM cell CROSS JOIN LATERAL (SELECT * FROM movement m WHERE m.account = :account AND m.shop = :shop
     AND m.location_id = cell.location_id AND m.inventory_item_id = cell.inventory_item_id OFFSET 0) AS m) AS moves,
  (SELECT json_agg(json_build_array(f.location_id, f.inventory_item_id, f.times, f.units, f.last))
   FROM cell CROSS JOIN LATERAL (SELECT f.location_id, f.inventory_item_id, count(*) AS times, sum(f.units) AS units, max(f.at) AS last
     FROM foreign_change f WHERE f.account = :account AND f.shop = :shop AND f.location_id = cell.location_id
       AND f.inventory_item_id = cell.inventory_item_id AND f.at > CAST(:since AS timestamptz) - interval '30 days'
     GROUP BY 1, 2 OFFSET 0) AS f) AS changes,
  (SELECT ran_at FROM cursor WHERE account = :account AND connection = :shop AND what = 'orders' AND error = '') AS swept_at,
  (SELECT min(at) FROM changed) AS news_since;

-- name: touch_cells
-- Some levels, of any shop, are to be looked at again at once. Gives the shops concerned.
WITH touched AS (
  INSERT INTO level AS l (account, shop, location_id, inventory_item_id, next_at)
  SELECT :account, p.shop, p.location_id, p.item, :now
  FROM (SELECT DISTINCT * FROM unnest(CAST(:shops AS text[]), CAST(:locations AS text[]), CAST(:items AS text[])) AS p(shop, location_id, item)
        ORDER BY 1, 2, 3) AS p
  ON CONFLICT (account, shop, location_id, inventory_item_id)
  DO UPDATE SET dirty = l.dirty + 1, next_at = least(l.next_at, excluded.next_at)
  RETURNING l.shop
)
SELECT DISTINCT shop FROM touched ORDER BY shop;

-- name: hold_levels
-- Some levels, locked until the transaction ends, in the one order in which everybody locks levels: with their short names.
SELECT l.location_id, l.inventory_item_id, l.level_id
FROM (SELECT * FROM unnest(CAST(:locations AS text[]), CAST(:items AS text[])) AS c(location_id, inventory_item_id) ORDER BY 1, 2) AS cell
CROSS JOIN LATERAL (SELECT location_id, inventory_item_id, level_id FROM level WHERE account = :account AND shop = :shop
  AND location_id = cell.location_id AND inventory_item_id = cell.inventory_item_id FOR UPDATE OFFSET 0) AS l;

-- name: save_looks
-- What a look at some levels found. `rows`: JSON. `writing`: what is being written this moment. All these levels
-- are there; ON CONFLICT finds each by its key, statistics or not, where an UPDATE may go through the whole table.
INSERT INTO level AS l (account, shop, location_id, inventory_item_id, next_at, desired, derivation, available, committed, reserved, read_at,
       note, writing, base, base_at, gone, given, dropped, odd, odd_since, unseen, unseen_since)
SELECT :account, :shop, r.location_id, r.inventory_item_id, r.read_at, r.desired, r.derivation, r.available, r.committed, r.reserved, r.read_at,
       r.note, r.writing, r.base, r.base_at, r.gone, r.given, r.dropped, r.odd, r.odd_since, r.unseen, r.unseen_since
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(location_id text, inventory_item_id text, desired integer, derivation jsonb,
       available integer, committed integer, reserved integer, read_at timestamptz, note text, writing integer,
       base bigint, base_at timestamptz, gone bigint, given bigint, dropped integer, odd integer, odd_since timestamptz,
       unseen integer, unseen_since timestamptz)
ON CONFLICT (account, shop, location_id, inventory_item_id) DO UPDATE SET desired = excluded.desired, derivation = excluded.derivation,
       available = excluded.available, committed = excluded.committed, reserved = excluded.reserved, read_at = excluded.read_at,
       note = excluded.note, writing = excluded.writing, base = excluded.base, base_at = excluded.base_at, gone = excluded.gone,
       given = excluded.given, dropped = excluded.dropped, odd = excluded.odd,
       odd_since = excluded.odd_since, unseen = excluded.unseen, unseen_since = excluded.unseen_since;

-- name: finish_looks
-- These looks are finished: nothing is left to do unless something happened meanwhile. `rows`: JSON.
INSERT INTO level AS l (account, shop, location_id, inventory_item_id, next_at, clean, note)
SELECT :account, :shop, r.location_id, r.inventory_item_id, 'epoch', r.dirty, r.note
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(location_id text, inventory_item_id text, dirty bigint, note text)
ON CONFLICT (account, shop, location_id, inventory_item_id)
DO UPDATE SET clean = excluded.clean, stale = 0, note = excluded.note, writing = NULL;

-- name: unstocked
-- How many items the shop does not stock at a location that is fed, and some of them.
SELECT max(o.name) AS name, count(*)::integer AS many, (array_agg(coalesce(nullif(i.sku, ''), i.title, l.inventory_item_id) ORDER BY i.sku))[1:3] AS examples
FROM location o
LEFT JOIN level l ON l.account = o.account AND l.shop = o.shop AND l.location_id = o.location_id AND l.note = :note
LEFT JOIN item i ON i.account = l.account AND i.shop = l.shop AND i.inventory_item_id = l.inventory_item_id
WHERE o.account = :account AND o.shop = :shop AND o.location_id = :location_id AND l.inventory_item_id IS NOT NULL;

-- name: save_written
-- These levels were written, and our hand has added `given`; what the shop shows since. `rows`: JSON.
INSERT INTO level AS l (account, shop, location_id, inventory_item_id, next_at, written, written_at, available, committed, reserved, clean, given)
SELECT :account, :shop, r.location_id, r.inventory_item_id, :now, r.written, :now, r.available, r.committed, r.reserved, r.dirty, r.given
FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS r(location_id text, inventory_item_id text, written integer, available integer,
       committed integer, reserved integer, dirty bigint, given integer)
ON CONFLICT (account, shop, location_id, inventory_item_id)
DO UPDATE SET written = excluded.written, written_at = excluded.written_at, available = excluded.available, committed = excluded.committed,
       reserved = excluded.reserved, clean = excluded.clean, stale = 0, note = '', writing = NULL, given = l.given + excluded.given;

-- name: touch_one
-- One level is to be looked at again at once.
UPDATE level SET dirty = dirty + 1, next_at = :now
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: look_later
-- The level is to be looked at again at a moment, or sooner when something else wants it to be.
UPDATE level SET dirty = dirty + 1, next_at = CASE WHEN dirty = clean THEN :at ELSE least(next_at, :at) END
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: look_again
-- The level stays due.
UPDATE level SET next_at = :next_at, stale = :stale, note = :note, writing = NULL
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: begin_publication
-- The key of a batch is saved before the batch is sent.
INSERT INTO publication (account, key, shop, writes, began_at) VALUES (:account, :key, :shop, :writes, :now);

-- name: end_publication
-- What became of a batch.
UPDATE publication SET outcome = :outcome, ended_at = :now WHERE account = :account AND key = :key;

-- name: settle_writes
-- Nothing is to be found out any more about what became of these levels in a batch.
UPDATE publication p SET writes = jsonb_set(p.writes, '{writes}', (
  SELECT jsonb_agg(CASE WHEN (w.one ->> 'location', w.one ->> 'item') IN (SELECT * FROM unnest(CAST(:locations AS text[]), CAST(:items AS text[])))
                        THEN w.one || '{"settled": true}' ELSE w.one END ORDER BY w.place)
  FROM jsonb_array_elements(p.writes -> 'writes') WITH ORDINALITY AS w(one, place)))
WHERE p.account = :account AND p.publication_id = :publication_id;

-- name: open_publications
-- Batches whose outcome nobody knows: a worker died, or an answer was lost.
SELECT key, writes, began_at, outcome FROM publication
WHERE account = :account AND shop = :shop AND outcome IN ('sending', 'unknown');

-- name: take_lease
-- The pen of a shop: gives the token when it was free, run out, or ours already.
INSERT INTO lease AS l (account, name, holder, until) VALUES (:account, :name, :holder, :until)
ON CONFLICT (account, name) DO UPDATE SET holder = excluded.holder, until = excluded.until,
  token = CASE WHEN l.holder = excluded.holder THEN l.token ELSE l.token + 1 END
WHERE l.holder = excluded.holder OR l.until <= :now
RETURNING token;

-- name: holder
-- Who has the pen.
SELECT holder FROM lease WHERE account = :account AND name = :name;

-- name: inherit_lease
-- The holder is dead: the pen is ours, unless somebody else was quicker.
UPDATE lease SET holder = :holder, until = :until, token = token + 1
WHERE account = :account AND name = :name AND holder = :dead AND until >= CAST(:now AS timestamptz)
RETURNING token;

-- name: drop_lease
-- The pen is put down.
UPDATE lease SET until = :now WHERE account = :account AND name = :name AND holder = :holder;

-- name: save_location
-- A location as the channel shows it.
INSERT INTO location (account, shop, location_id, name, active, fulfillment_service, country_code)
VALUES (:account, :shop, :location_id, :name, :active, :fulfillment_service, :country_code)
ON CONFLICT (account, shop, location_id) DO UPDATE SET name = excluded.name, active = excluded.active,
  fulfillment_service = excluded.fulfillment_service, country_code = excluded.country_code;

-- name: open_locations
-- The locations of a shop that it has not deactivated.
SELECT location_id FROM location WHERE account = :account AND shop = :shop AND active;

-- name: location_names
-- What the locations of a shop are called.
SELECT location_id, name FROM location WHERE account = :account AND shop = :shop;
