-- name: lock
-- One at a time per order, until the transaction ends.
SELECT pg_advisory_xact_lock(hashtextextended(:subject, 7));

-- name: lock_many
-- The same for several subjects, in their order.
SELECT pg_advisory_xact_lock(hashtextextended(subject, 7)) FROM (
  SELECT subject FROM unnest(CAST(:subjects AS text[])) AS subject ORDER BY subject OFFSET 0) AS wanted;

-- name: by_references
-- Which orders some submissions belong to.
SELECT reference, shop, order_id FROM submission WHERE account = :account AND reference = ANY(:references);

-- name: orders
-- Some orders whole: its own row, what warehouses were asked for, the ledger's rows, what left. One question instead of four.
SELECT o.shop, o.order_id, o.state, o.reason, o.snapshot, o.first_seen_at, o.retry_at,
  (SELECT coalesce(jsonb_agg(to_jsonb(s) ORDER BY s.number), '[]') FROM submission s
    WHERE s.account = o.account AND s.shop = o.shop AND s.order_id = o.order_id) AS submissions,
  (SELECT coalesce(jsonb_agg(to_jsonb(c) ORDER BY c.reference, c.line_id), '[]') FROM claim c
    WHERE c.account = o.account AND c.shop = o.shop AND c.order_id = o.order_id) AS claims,
  (SELECT coalesce(jsonb_agg(to_jsonb(p) || jsonb_build_object('lines', p.lines) ORDER BY p.received_at, p.shipment_id), '[]')
     FROM (SELECT x.*, (SELECT coalesce(jsonb_agg(jsonb_build_array(l.line_id, l.units) ORDER BY l.line_id), '[]')
                          FROM shipment_line l WHERE l.account = x.account AND l.shipment_id = x.shipment_id) AS lines
             FROM shipment x WHERE x.account = o.account AND x.shop = o.shop AND x.order_id = o.order_id) AS p) AS shipments
FROM unnest(CAST(:shops AS text[]), CAST(:order_ids AS text[])) AS wanted(shop, order_id)
JOIN orders o ON o.account = :account AND o.shop = wanted.shop AND o.order_id = wanted.order_id;

-- name: readings
-- When some orders were read, and when the channel had last changed each of them and each of its parts by then.
SELECT order_id, read_at, updated_at,
  (SELECT coalesce(jsonb_object_agg(coalesce(part ->> 'fulfillment_order_id', part ->> 'fulfillment_id'), part -> 'updated_at'), '{}')
     FROM jsonb_array_elements((snapshot -> 'fulfillment_orders') || (snapshot -> 'fulfillments')) AS part) AS parts
FROM orders WHERE account = :account AND shop = :shop AND order_id = ANY(:order_ids);

-- name: save_order
-- The order's row, new or changed.
INSERT INTO orders AS o (account, shop, order_id, name, state, reason, placed_at, updated_at, read_at, cancelled_at,
                         snapshot, ship_to_name, country_code, tags, first_seen_at, retry_at)
VALUES (:account, :shop, :order_id, :name, :state, :reason, :placed_at, :updated_at, :read_at, :cancelled_at,
        :snapshot, :ship_to_name, :country_code, :tags, :first_seen_at, :retry_at)
ON CONFLICT (account, shop, order_id) DO UPDATE SET
  name = excluded.name, state = excluded.state, reason = excluded.reason, updated_at = excluded.updated_at,
  read_at = excluded.read_at, cancelled_at = excluded.cancelled_at, snapshot = excluded.snapshot,
  ship_to_name = excluded.ship_to_name, country_code = excluded.country_code, tags = excluded.tags,
  retry_at = excluded.retry_at, version = o.version + 1;

-- name: save_state
-- The order's state alone: its snapshot has not changed.
UPDATE orders SET state = :state, reason = :reason, retry_at = :retry_at, version = version + 1
WHERE account = :account AND shop = :shop AND order_id = :order_id;

-- name: save_submission
-- One submission, new or changed.
INSERT INTO submission (account, reference, shop, order_id, number, connection, warehouse, location_id, state, progress,
                        warehouse_ref, reason, intended_at, accepted_at, ended_at)
VALUES (:account, :reference, :shop, :order_id, :number, :connection, :warehouse, :location_id, :state, :progress,
        :warehouse_ref, :reason, :intended_at, :accepted_at, :ended_at)
ON CONFLICT (account, reference) DO UPDATE SET
  state = excluded.state, progress = excluded.progress, warehouse_ref = excluded.warehouse_ref, reason = excluded.reason,
  accepted_at = excluded.accepted_at, ended_at = excluded.ended_at, location_id = excluded.location_id;

-- name: save_claim
-- One row of the ledger, new or changed. `contained` is the stock side's to write.
INSERT INTO claim (account, reference, line_id, shop, order_id, location_id, inventory_item_id, connection, warehouse,
                   item_code, units, open_units, cancelled, shipped, written_back, accepted_seq, accepted_at,
                   reserved_seq, reserved_at)
VALUES (:account, :reference, :line_id, :shop, :order_id, :location_id, :inventory_item_id, :connection, :warehouse,
        :item_code, :units, :open_units, :cancelled, :shipped, :written_back, :accepted_seq, :accepted_at,
        :reserved_seq, :reserved_at)
ON CONFLICT (account, reference, line_id) DO UPDATE SET
  open_units = excluded.open_units, cancelled = excluded.cancelled, shipped = excluded.shipped,
  written_back = excluded.written_back, accepted_seq = excluded.accepted_seq, accepted_at = excluded.accepted_at,
  reserved_seq = excluded.reserved_seq, reserved_at = excluded.reserved_at, location_id = excluded.location_id,
  open = claim.units - excluded.cancelled - claim.contained > 0;

-- name: save_shipment
-- A parcel, new or now recorded in the channel.
INSERT INTO shipment (account, shipment_id, reference, shop, order_id, location_id, warehouse, carrier, tracking,
                      shipped_at, sequence, received_at, fulfillment_id, written_at)
VALUES (:account, :shipment_id, :reference, :shop, :order_id, :location_id, :warehouse, :carrier, :tracking,
        :shipped_at, :sequence, :received_at, :fulfillment_id, :written_at)
ON CONFLICT (account, shipment_id) DO UPDATE SET
  fulfillment_id = excluded.fulfillment_id, written_at = excluded.written_at;

-- name: save_shipment_line
-- What a parcel holds, by order line. Never changes.
INSERT INTO shipment_line (account, shipment_id, line_id, reference, units)
VALUES (:account, :shipment_id, :line_id, :reference, :units)
ON CONFLICT DO NOTHING;

-- name: waiting
-- Orders of a shop that are to be looked at again by themselves.
SELECT order_id, retry_at FROM orders
WHERE account = :account AND shop = :shop AND retry_at <= :now
ORDER BY retry_at LIMIT :most;

-- name: waiting_asked
-- A reading of these orders was asked for; should it bring nothing, they are looked at again at this moment.
UPDATE orders SET retry_at = :retry_at
WHERE account = :account AND shop = :shop AND order_id = ANY(:order_ids) AND retry_at <= :now;

-- name: waiting_for_item
-- Parked orders that wait for an inventory item's code or stock.
SELECT o.order_id FROM orders o
WHERE o.account = :account AND o.shop = :shop AND o.state = 'parked'
  AND EXISTS (SELECT 1 FROM jsonb_array_elements(o.snapshot -> 'lines') AS line
              WHERE line ->> 'inventory_item_id' = ANY(:items))
ORDER BY o.placed_at LIMIT :most;

-- name: waiting_since
-- Young orders that wait for the channel: for their routing, for a release.
SELECT order_id FROM orders
WHERE account = :account AND shop = :shop AND retry_at IS NOT NULL AND state = 'waiting' AND first_seen_at > :since
ORDER BY read_at LIMIT :most;

-- name: booked
-- Of some acceptances, those that are booked already with just this id and sequence, and with all claims marked.
SELECT said.place
FROM unnest(CAST(:refs AS text[]), CAST(:ids AS text[]), CAST(:sequences AS bigint[])) WITH ORDINALITY AS said(reference, id, sequence, place)
JOIN submission s ON s.account = :account AND s.reference = said.reference AND s.warehouse_ref = said.id AND s.state = 'accepted'
WHERE EXISTS (SELECT 1 FROM claim c WHERE c.account = s.account AND c.reference = s.reference)
  AND NOT EXISTS (SELECT 1 FROM claim c WHERE c.account = s.account AND c.reference = s.reference
                    AND (c.accepted_seq IS NULL OR c.accepted_seq > said.sequence));
