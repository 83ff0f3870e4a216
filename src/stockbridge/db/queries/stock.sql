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
-- claim(s, i): units to take off the figure of each pool.
SELECT c.connection, c.warehouse, c.item_code, sum(greatest(0, c.units - c.cancelled - c.contained))::integer AS units
FROM claim c
JOIN (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]))
        AS p(connection, warehouse, item_code)) p USING (connection, warehouse, item_code)
WHERE c.account = :account AND c.open
GROUP BY c.connection, c.warehouse, c.item_code;

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
SELECT location_id, inventory_item_id, dirty, stale, written, available, desired
FROM level WHERE account = :account AND shop = :shop AND dirty <> clean AND next_at <= :now
ORDER BY next_at, location_id, inventory_item_id LIMIT :most;

-- name: cell_sources
-- What feeds each of some levels: the sources, the item code there, and the newest figure.
SELECT cell.location_id, cell.inventory_item_id, s.connection, s.warehouse, s.zones, s.keep_units, s.keep_percent_bp,
       s.live, x.item_code, f.zones AS figure, f.occurred_at, f.sequence
FROM unnest(CAST(:locations AS text[]), CAST(:items AS text[])) AS cell(location_id, inventory_item_id)
JOIN source s ON s.account = :account AND s.shop = :shop AND s.location_id = cell.location_id AND s.active
JOIN crossref x ON x.account = :account AND x.shop = :shop AND x.inventory_item_id = cell.inventory_item_id
               AND x.connection = s.connection AND x.warehouse = s.warehouse AND x.active
LEFT JOIN figure f ON f.account = :account AND f.connection = s.connection AND f.warehouse = s.warehouse AND f.item_code = x.item_code
ORDER BY cell.location_id, cell.inventory_item_id, s.priority, s.warehouse;

-- name: open_claimed
-- Units open in the channel at each of some levels that are claimed there (moving ones are still elsewhere).
SELECT c.location_id, c.inventory_item_id, sum(c.open_units)::integer AS units
FROM claim c
JOIN unnest(CAST(:locations AS text[]), CAST(:items AS text[])) AS cell(location_id, inventory_item_id) USING (location_id, inventory_item_id)
WHERE c.account = :account AND c.shop = :shop AND c.open_units > 0
  AND c.reference <> ALL(ARRAY(SELECT reference FROM submission WHERE account = :account AND state = 'moving'))
GROUP BY c.location_id, c.inventory_item_id;

-- name: doubted
-- Of the units that open_claimed gives, those of orders whose change was heard of and has not been read.
WITH changed AS MATERIALIZED (
  SELECT subject FROM effect WHERE account = :account AND connection = :shop AND kind = 'fetch_order'
    AND state IN ('pending', 'sending', 'unknown')
  UNION
  SELECT subject FROM arrival WHERE account = :account AND connection = :shop AND state = 0 AND subject LIKE 'order/%')
SELECT c.location_id, c.inventory_item_id, sum(c.open_units)::integer AS units
FROM changed
JOIN claim c ON c.account = :account AND c.shop = :shop AND c.order_id = substr(changed.subject, 7) AND c.open_units > 0
JOIN unnest(CAST(:locations AS text[]), CAST(:items AS text[])) AS cell(location_id, inventory_item_id) USING (location_id, inventory_item_id)
WHERE c.reference <> ALL(ARRAY(SELECT reference FROM submission WHERE account = :account AND state = 'moving'))
GROUP BY c.location_id, c.inventory_item_id;

-- name: unsettled_cells
-- Of some levels, those whose committed units may be changing this moment: a record or a move is under way.
SELECT DISTINCT c.location_id, c.inventory_item_id
FROM claim c
JOIN unnest(CAST(:locations AS text[]), CAST(:items AS text[])) AS cell(location_id, inventory_item_id) USING (location_id, inventory_item_id)
WHERE c.account = :account AND c.shop = :shop AND c.open_units > 0
  AND EXISTS (SELECT 1 FROM effect e WHERE e.account = c.account AND e.subject = 'order/' || c.order_id
                AND e.kind IN ('record_fulfillment', 'move_fulfillment_order')
                AND (e.state IN ('sending', 'unknown') OR (e.state = 'done' AND e.done_at >= :since)) OFFSET 0);

-- name: save_look
-- What a look at a level found.
UPDATE level SET desired = :desired, derivation = :derivation, available = :available, committed = :committed,
       reserved = :reserved, read_at = :read_at, note = :note
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: finish_look
-- The look is finished: nothing is left to do unless something happened meanwhile.
UPDATE level SET clean = :dirty, stale = 0, note = :note
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: save_written
-- A level was written.
UPDATE level SET written = :written, written_at = :now, available = :written, clean = :dirty, stale = 0, note = ''
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: touch_one
-- One level is to be looked at again at once.
UPDATE level SET dirty = dirty + 1, next_at = :now
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: look_again
-- The level stays due.
UPDATE level SET next_at = :next_at, stale = :stale, note = :note
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id;

-- name: begin_publication
-- The key of a batch is saved before the batch is sent.
INSERT INTO publication (account, key, shop, writes, began_at) VALUES (:account, :key, :shop, :writes, :now);

-- name: end_publication
-- What became of a batch.
UPDATE publication SET outcome = :outcome, ended_at = :now WHERE account = :account AND key = :key;

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

-- name: save_source
-- Which zones of a warehouse feed a location.
INSERT INTO source AS s (account, shop, location_id, connection, warehouse, zones, priority, keep_units, keep_percent_bp, active, live)
VALUES (:account, :shop, :location_id, :connection, :warehouse, :zones, :priority, :keep_units, :keep_percent_bp, :active, :live)
ON CONFLICT (account, shop, location_id, connection, warehouse) DO UPDATE SET zones = excluded.zones,
  priority = excluded.priority, keep_units = excluded.keep_units, keep_percent_bp = excluded.keep_percent_bp,
  active = excluded.active, live = excluded.live, version = s.version + 1;

-- name: candidates
-- The warehouses that feed the active locations of a shop.
SELECT s.connection, s.warehouse, s.location_id, s.priority, s.zones, l.name AS location
FROM source s JOIN location l USING (account, shop, location_id)
WHERE s.account = :account AND s.shop = :shop AND s.active AND l.active
ORDER BY s.priority, s.warehouse;
