-- name: begin
-- A new sweep; no row when one of its kind is running already.
INSERT INTO run (account, kind, dry, state, stage, shop, asked_by, mapping_version, began_at, next_at)
SELECT :account, :kind, :dry, 'running', :stage, :shop, :by, :version, :now, :now
WHERE :kind <> 'delta' OR :dry OR NOT EXISTS (
  SELECT FROM run WHERE account = :account AND shop = :shop AND kind = 'full' AND NOT dry AND state = 'running' AND stage <> 'snapshot')
ON CONFLICT (account, shop, kind, dry) WHERE state = 'running' DO NOTHING
RETURNING run_id;

-- name: expect
-- How many levels a sweep will visit, and whether it takes them all at once.
UPDATE run SET expected = :expected, way = CASE WHEN :at_once THEN 'snapshot' ELSE 'reads' END,
       stage = CASE WHEN :at_once AND stage = 'compare' THEN 'snapshot' ELSE stage END
WHERE account = :account AND run_id = :run_id;

-- name: due
-- The sweep of a shop that is to go on now, the oldest first.
SELECT run_id, kind, dry, state, stage, shop, mapping_version, began_at, read_at, pages, visited, expected, after_location, after_item,
       counts, way, ticket, ordered_at, tries
FROM run WHERE account = :account AND shop = :shop AND state = 'running' AND next_at <= :now ORDER BY run_id LIMIT 1;

-- name: due_shops
-- Shops with a sweep that is to go on now.
SELECT DISTINCT r.account, r.shop FROM run r
JOIN connection c ON c.account = r.account AND c.connection = r.shop AND NOT c.paused
WHERE r.state = 'running' AND r.next_at <= :now;

-- name: hold
-- One run, locked.
SELECT run_id, kind, dry, state, stage, shop, warehouse, mapping_version, arrival_id, pages, expected, after_location, after_item, counts, reason
FROM run WHERE account = :account AND run_id = :run_id FOR UPDATE;

-- name: ordered
-- The shop makes a snapshot for this sweep; it is found again by its ticket.
UPDATE run SET ticket = :ticket, ordered_at = :now, tries = 0, reason = ''
WHERE account = :account AND run_id = :run_id AND state = 'running' AND ticket = '';

-- name: in_vain
-- The snapshot could not be had this time, or is now tried to be compared, which may be the end of whoever tries.
UPDATE run SET tries = tries + 1, next_at = :next_at, reason = :reason WHERE account = :account AND run_id = :run_id AND state = 'running';

-- name: by_reads
-- The sweep reads every level by itself, and says why.
UPDATE run SET way = 'reads', stage = CASE WHEN stage = 'snapshot' THEN 'compare' ELSE stage END, ticket = '', remark = :remark,
       reason = '', next_at = :now
WHERE account = :account AND run_id = :run_id AND state = 'running';

-- name: compared
-- The snapshot was compared: the sweep goes on with the levels that it lists.
UPDATE run SET stage = 'compare', ticket = '', visited = :visited, counts = :counts, reason = '', next_at = :now
WHERE account = :account AND run_id = :run_id;

-- name: list_cells
-- Some levels are read by this run.
INSERT INTO run_cell (account, run_id, location_id, inventory_item_id)
SELECT :account, :run_id, * FROM unnest(CAST(:locations AS text[]), CAST(:items AS text[]))
ON CONFLICT DO NOTHING;

-- name: list_open
-- So are levels at some locations about which something is open: due for a look, odd, with units that left unheard, with a figure that had
-- to be asked for.
INSERT INTO run_cell (account, run_id, location_id, inventory_item_id)
SELECT :account, :run_id, location_id, inventory_item_id FROM (
  SELECT location_id, inventory_item_id FROM level WHERE account = :account AND shop = :shop AND (dirty <> clean OR odd <> 0)
  UNION SELECT location_id, inventory_item_id FROM spent WHERE account = :account AND shop = :shop AND NOT contained
  UNION SELECT location_id, inventory_item_id FROM correction WHERE account = :account AND shop = :shop AND run_id IS NULL) AS open
WHERE location_id = ANY(CAST(:places AS text[]))
ON CONFLICT DO NOTHING;

-- name: list_whole
-- So is everything that the shop or a warehouse has at some locations.
INSERT INTO run_cell (account, run_id, location_id, inventory_item_id)
SELECT :account, :run_id, location_id, inventory_item_id FROM (
  SELECT f.location_id, x.inventory_item_id
  FROM unnest(CAST(:locations AS text[]), CAST(:connections AS text[]), CAST(:warehouses AS text[])) AS f(location_id, connection, warehouse)
  JOIN crossref x ON x.account = :account AND x.shop = :shop AND x.connection = f.connection AND x.warehouse = f.warehouse AND x.active
  UNION SELECT p.location_id, i.inventory_item_id FROM unnest(CAST(:whole AS text[])) AS p(location_id)
  JOIN item i ON i.account = :account AND i.shop = :shop
  UNION SELECT location_id, inventory_item_id FROM level WHERE account = :account AND shop = :shop) AS every
WHERE location_id = ANY(CAST(:whole AS text[]))
ON CONFLICT DO NOTHING;

-- name: forget_cells
-- All of them are read.
DELETE FROM run_cell WHERE account = :account AND run_id = :run_id;

-- name: in_step
-- Of the levels that are not listed, as they were last seen and are: those that are written, the units they show, those that are only watched;
-- and how many are listed.
SELECT count(*) FILTER (WHERE l.location_id = ANY(CAST(:live AS text[])) AND l.note = '') AS levels,
       coalesce(sum(abs(l.available)) FILTER (WHERE l.location_id = ANY(CAST(:live AS text[])) AND l.note = ''), 0) AS units,
       count(*) FILTER (WHERE l.note = :watched) AS watched,
       (SELECT count(*) FROM run_cell WHERE account = :account AND run_id = :run_id) AS listed
FROM level l
WHERE l.account = :account AND l.shop = :shop AND l.location_id = ANY(CAST(:places AS text[])) AND l.available IS NOT NULL
  AND NOT EXISTS (SELECT FROM run_cell c WHERE c.account = l.account AND c.run_id = :run_id AND c.location_id = l.location_id
                    AND c.inventory_item_id = l.inventory_item_id);

-- name: awaiting
-- Which of these runs still await a snapshot.
SELECT run_id FROM run WHERE run_id = ANY(CAST(:run_ids AS bigint[])) AND state = 'running' AND stage = 'snapshot';

-- name: to_stage
-- A sweep has come to its next stage.
UPDATE run SET stage = :stage, read_at = :now, next_at = :now, reason = :reason
WHERE account = :account AND run_id = :run_id AND state = 'running';

-- name: pause
-- A sweep goes on later.
UPDATE run SET next_at = :next_at, reason = :reason WHERE account = :account AND run_id = :run_id AND state = 'running';

-- name: turn_page
-- A page was compared.
UPDATE run SET pages = pages + 1, visited = visited + :visited, after_location = :after_location, after_item = :after_item,
       counts = :counts, reason = :reason, next_at = :now
WHERE account = :account AND run_id = :run_id;

-- name: end
-- A run has come to an end, or to a person.
UPDATE run SET state = :state, ended_at = :now, reason = :reason WHERE account = :account AND run_id = :run_id;

-- name: decide
-- A person decided about a run that was held back.
UPDATE run SET state = :state, decided_by = :by, decided_at = :now, reason = CASE WHEN :reason = '' THEN reason ELSE :reason END
WHERE account = :account AND run_id = :run_id AND state = 'braked';

-- name: hold_back
-- What is not done before a person has seen it.
INSERT INTO run (account, kind, state, shop, warehouse, asked_by, mapping_version, arrival_id, began_at, next_at, ended_at, visited,
                 expected, counts, reason)
VALUES (:account, :kind, 'braked', :shop, :warehouse, :by, :version, :arrival_id, :now, :now, :now, :visited, :visited, :counts, :reason)
RETURNING run_id;

-- name: supersede
-- Runs held back that a newer one of the same thing takes the place of; gives them.
UPDATE run SET state = 'dropped', decided_at = :now, reason = reason || '; a newer one has looked since'
WHERE account = :account AND state = 'braked' AND kind = ANY(:kinds) AND shop = :shop AND warehouse = :warehouse AND run_id <> :run_id
RETURNING run_id, arrival_id;

-- name: approved
-- Did a person approve what this arrival says?
SELECT decided_by FROM run WHERE account = :account AND arrival_id = :arrival_id AND (CAST(:version AS integer) IS NULL OR mapping_version = :version) AND state = 'approved' ORDER BY run_id DESC LIMIT 1;

-- name: cells
-- Levels in one order from a given one on, with what the last look found: those that sources feed; with ``whole`` also everything that
-- the shop has at the mapped locations, whether a warehouse knows of it or not.
WITH cell AS MATERIALIZED (
  SELECT location_id, inventory_item_id FROM (
    (SELECT DISTINCT f.location_id, x.inventory_item_id
     FROM unnest(CAST(:locations AS text[]), CAST(:connections AS text[]), CAST(:warehouses AS text[])) AS f(location_id, connection, warehouse)
     JOIN crossref x ON x.account = :account AND x.shop = :shop AND x.connection = f.connection AND x.warehouse = f.warehouse AND x.active
     WHERE (f.location_id, x.inventory_item_id) > (:after_location, :after_item)
     ORDER BY 1, 2 LIMIT :most)
    UNION
    (SELECT p.location_id, i.inventory_item_id FROM unnest(CAST(:places AS text[])) AS p(location_id)
     JOIN item i ON i.account = :account AND i.shop = :shop
     WHERE :whole AND (p.location_id, i.inventory_item_id) > (:after_location, :after_item)
     ORDER BY 1, 2 LIMIT :most)
    UNION
    (SELECT l.location_id, l.inventory_item_id FROM level l
     WHERE :whole AND l.account = :account AND l.shop = :shop AND l.location_id = ANY(CAST(:places AS text[]))
       AND (l.location_id, l.inventory_item_id) > (:after_location, :after_item)
     ORDER BY 1, 2 LIMIT :most)) AS every
  ORDER BY 1, 2 LIMIT :most)
SELECT c.location_id, c.inventory_item_id, l.available, coalesce(l.committed, 0) + coalesce(l.reserved, 0) AS held, l.desired, l.read_at,
       l.note, coalesce(l.dirty <> l.clean, false) AS busy, l.dirty IS NOT NULL AS known
FROM cell c LEFT JOIN level l ON l.account = :account AND l.shop = :shop AND l.location_id = c.location_id
                             AND l.inventory_item_id = c.inventory_item_id
ORDER BY c.location_id, c.inventory_item_id;

-- name: listed_cells
-- The same of the levels that a run lists.
SELECT c.location_id, c.inventory_item_id, l.available, coalesce(l.committed, 0) + coalesce(l.reserved, 0) AS held, l.desired, l.read_at,
       l.note, coalesce(l.dirty <> l.clean, false) AS busy, l.dirty IS NOT NULL AS known
FROM run_cell c LEFT JOIN level l ON l.account = :account AND l.shop = :shop AND l.location_id = c.location_id
                                 AND l.inventory_item_id = c.inventory_item_id
WHERE c.account = :account AND c.run_id = :run_id AND (c.location_id, c.inventory_item_id) > (:after_location, :after_item)
ORDER BY c.location_id, c.inventory_item_id LIMIT :most;

-- name: how_many
-- How many levels a sweep will visit, about.
SELECT CASE WHEN :whole THEN greatest(
    (SELECT count(*) FROM item WHERE account = :account AND shop = :shop) * cardinality(CAST(:places AS text[])), 0)
  ELSE (SELECT count(*) FROM (SELECT DISTINCT f.location_id, x.inventory_item_id
     FROM unnest(CAST(:locations AS text[]), CAST(:connections AS text[]), CAST(:warehouses AS text[])) AS f(location_id, connection, warehouse)
     JOIN crossref x ON x.account = :account AND x.shop = :shop AND x.connection = f.connection AND x.warehouse = f.warehouse AND x.active) AS c)
  END;

-- name: look_was
-- What a sweep saw of a level about which there is nothing to do; a newer look stays.
UPDATE level SET desired = :desired, derivation = :derivation, available = :available, committed = :committed, reserved = :reserved,
       read_at = :read_at, note = :note
WHERE account = :account AND shop = :shop AND location_id = :location_id AND inventory_item_id = :inventory_item_id
  AND dirty = clean AND (read_at IS NULL OR read_at < :asked_at);

-- name: found
-- What a run found at one level.
INSERT INTO correction (account, run_id, shop, location_id, inventory_item_id, found_at, was, should, writes, cause, why)
VALUES (:account, :run_id, :shop, :location_id, :inventory_item_id, :now, :was, :should, :writes, :cause, :why)
ON CONFLICT (account, run_id, shop, location_id, inventory_item_id) DO NOTHING;

-- name: open_corrections
-- What figures told that had to be asked for, at some levels, and no run has taken up yet.
SELECT correction_id, location_id, inventory_item_id, was, cause, why FROM correction
WHERE account = :account AND shop = :shop AND run_id IS NULL
  AND (location_id, inventory_item_id) IN (SELECT * FROM unnest(CAST(:locations AS text[]), CAST(:items AS text[])))
ORDER BY correction_id FOR UPDATE;

-- name: take_up
-- The run that takes it up, and the number it leads to.
UPDATE correction SET run_id = :run_id, should = :should, writes = :writes WHERE account = :account AND correction_id = :correction_id;

-- name: forget_open
-- It changed nothing that anybody sees.
DELETE FROM correction WHERE account = :account AND correction_id = :correction_id;

-- name: told_when_asked
-- Levels that some pools feed, whose figures had to be asked for: what the shop was last seen to show, and why it differs.
INSERT INTO correction (account, shop, location_id, inventory_item_id, found_at, was, cause, why)
SELECT DISTINCT ON (s.shop, s.location_id, x.inventory_item_id)
       :account, s.shop, s.location_id, x.inventory_item_id, :now, l.available, p.cause, p.why
FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]), CAST(:causes AS text[]), CAST(:whys AS text[]))
  AS p(connection, warehouse, item_code, cause, why)
JOIN crossref x ON x.account = :account AND x.connection = p.connection AND x.warehouse = p.warehouse
               AND x.item_code = p.item_code AND x.active
JOIN source s ON s.account = :account AND s.connection = p.connection AND s.warehouse = p.warehouse AND s.shop = x.shop AND s.active
LEFT JOIN level l ON l.account = :account AND l.shop = s.shop AND l.location_id = s.location_id AND l.inventory_item_id = x.inventory_item_id
ORDER BY s.shop, s.location_id, x.inventory_item_id
ON CONFLICT (account, shop, location_id, inventory_item_id) WHERE run_id IS NULL DO NOTHING;

-- name: fed_items
-- The inventory items of each shop that some pools feed at a location, and how many levels that is.
SELECT s.shop, array_agg(DISTINCT x.inventory_item_id) AS items, count(DISTINCT (s.location_id, x.inventory_item_id)) AS levels
FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[])) AS p(connection, warehouse, item_code)
JOIN crossref x ON x.account = :account AND x.connection = p.connection AND x.warehouse = p.warehouse
               AND x.item_code = p.item_code AND x.active
JOIN source s ON s.account = :account AND s.connection = p.connection AND s.warehouse = p.warehouse AND s.shop = x.shop AND s.active
GROUP BY s.shop ORDER BY s.shop;

-- name: all_levels
-- How many levels of a shop are fed and written, and how many units they show.
SELECT count(*) AS levels, coalesce(sum(abs(l.available)), 0) AS units
FROM (SELECT DISTINCT s.location_id, x.inventory_item_id FROM source s
      JOIN crossref x ON x.account = s.account AND x.shop = s.shop AND x.connection = s.connection AND x.warehouse = s.warehouse AND x.active
      WHERE s.account = :account AND s.shop = :shop AND s.active AND s.live) AS c
LEFT JOIN level l ON l.account = :account AND l.shop = :shop AND l.location_id = c.location_id AND l.inventory_item_id = c.inventory_item_id;

-- name: tells
-- Does a warehouse send messages about its stock, or must it be asked?
SELECT EXISTS (SELECT FROM figure WHERE account = :account AND connection = :connection AND warehouse = :warehouse AND asked_at IS NULL)
    OR EXISTS (SELECT FROM arrival WHERE account = :account AND connection = :connection AND NOT jsonb_exists(headers, 'asked-at') AND subject LIKE 'stock/%');

-- name: codes_never_counted
-- Mapped codes of a warehouse that it has never reported.
SELECT DISTINCT x.item_code FROM crossref x
WHERE x.account = :account AND x.connection = :connection AND x.warehouse = :warehouse AND x.active
  AND NOT EXISTS (SELECT FROM figure f WHERE f.account = x.account AND f.connection = x.connection AND f.warehouse = x.warehouse
                    AND f.item_code = x.item_code);

-- name: unread_arrivals
-- Is something of these connections not understood yet that came until a moment?
SELECT EXISTS (SELECT FROM arrival WHERE account = :account AND connection = ANY(:connections) AND state = 0 AND received_at <= :until);

-- name: returned
-- Units of some items that came back by orders which changed since a moment: refunded or taken out, after they had left.
SELECT line ->> 'inventory_item_id' AS item,
       sum(CAST(line ->> 'quantity' AS integer) - CAST(line ->> 'current_quantity' AS integer))::integer AS units
FROM orders o CROSS JOIN LATERAL jsonb_array_elements(o.snapshot -> 'lines') AS line
WHERE o.account = :account AND o.shop = :shop AND o.updated_at >= :since
  AND line ->> 'inventory_item_id' = ANY(CAST(:items AS text[]))
  AND CAST(line ->> 'quantity' AS integer) > CAST(line ->> 'current_quantity' AS integer)
GROUP BY 1;

-- name: corrected_cells
-- The levels that a run changes, in the order in which everybody locks levels.
SELECT shop, location_id, inventory_item_id, was, should, cause FROM correction
WHERE account = :account AND run_id = :run_id AND writes AND was IS DISTINCT FROM should
ORDER BY shop, location_id, inventory_item_id;

-- name: unbacked
-- What a run found offered with nothing known behind it, and what still has no code in a warehouse that feeds its location: how many,
-- and some of them.
SELECT count(*) AS many, (array_agg(coalesce(nullif(i.sku, ''), c.inventory_item_id) ORDER BY i.sku))[1:5] AS some
FROM correction c LEFT JOIN item i ON i.account = c.account AND i.shop = c.shop AND i.inventory_item_id = c.inventory_item_id
WHERE c.account = :account AND c.run_id = :run_id
  AND (c.cause = 'uncounted'
       OR c.cause = 'unbacked'
          AND NOT EXISTS (SELECT FROM source s JOIN crossref x ON x.account = s.account AND x.shop = s.shop AND x.connection = s.connection
                                                              AND x.warehouse = s.warehouse AND x.active
                          WHERE s.account = c.account AND s.shop = c.shop AND s.location_id = c.location_id AND s.active AND s.live
                            AND x.inventory_item_id = c.inventory_item_id));

-- name: said_unbacked
-- The run whose finds are shown to people as offered with nothing known behind them, if the item is one of these.
SELECT c.run_id FROM parked p
JOIN correction c ON c.account = p.account AND c.run_id = CAST(p.data ->> 'run_id' AS bigint) AND c.shop = :shop
                 AND c.inventory_item_id = :inventory_item_id AND c.cause = 'unbacked'
WHERE p.account = :account AND p.subject = :subject AND p.cause = :cause AND p.closed_at IS NULL LIMIT 1;

-- name: items_with_codes
-- Which inventory items of which shops some pools stand for, one by one.
SELECT x.shop, x.inventory_item_id, x.connection, x.warehouse, x.item_code
FROM crossref x
JOIN unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[])) AS p(connection, warehouse, item_code)
  USING (connection, warehouse, item_code)
WHERE x.account = :account AND x.active;

-- name: known_already
-- Did a person close just this, in the same words?
SELECT EXISTS (SELECT FROM parked WHERE account = :account AND subject = :subject AND cause = :cause AND title = :title
               AND closed_by <> '');
