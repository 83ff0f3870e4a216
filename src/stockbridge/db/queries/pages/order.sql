-- name: order
-- One order.
SELECT shop, order_id, name, state, reason, placed_at, updated_at, read_at, cancelled_at, snapshot, ship_to_name, country_code,
       tags, first_seen_at, retry_at
FROM orders WHERE account = :account AND shop = :shop AND order_id = :order_id;

-- name: submissions
-- What warehouses were asked to ship of one order.
SELECT reference, number, connection, warehouse, location_id, state, progress, warehouse_ref, reason, intended_at, accepted_at,
       ended_at
FROM submission WHERE account = :account AND shop = :shop AND order_id = :order_id ORDER BY number;

-- name: claims
-- The claims of one order, line by line.
SELECT c.reference, c.line_id, c.warehouse, c.item_code, c.units, c.cancelled, c.shipped, c.written_back, c.contained, s.state
FROM claim AS c JOIN submission AS s ON s.account = c.account AND s.reference = c.reference
WHERE c.account = :account AND c.shop = :shop AND c.order_id = :order_id ORDER BY s.number, c.line_id;

-- name: shipments
-- The parcels of one order, each with its units by line.
SELECT h.shipment_id, h.reference, h.warehouse, h.carrier, h.tracking, h.shipped_at, h.received_at, h.fulfillment_id, h.written_at,
       (SELECT coalesce(jsonb_object_agg(line_id, units), '{}') FROM shipment_line AS l
        WHERE l.account = h.account AND l.shipment_id = h.shipment_id) AS lines
FROM shipment AS h WHERE h.account = :account AND h.shop = :shop AND h.order_id = :order_id
ORDER BY h.shipped_at, h.shipment_id;

-- name: timeline
-- The newest journal lines of a subject, each with the effect it is about.
SELECT j.journal_id, j.at, j.kind, j.text, j.actor, j.arrival_id, j.effect_id, e.kind AS effect_kind, e.state AS effect_state,
       e.attempts AS effect_attempts, e.answer_id
FROM journal AS j LEFT JOIN effect AS e ON e.account = j.account AND e.effect_id = j.effect_id
WHERE j.account = :account AND j.subject = :subject ORDER BY j.journal_id DESC LIMIT :limit;

-- name: raw
-- A raw exchange: what arrived, or what we sent.
SELECT 'in' AS direction, topic AS title, received_at AS at, substr(body, 1, 65536) AS body, NULL::text AS payload,
       length(body) AS size, subject
FROM arrival WHERE account = :account AND arrival_id = :arrival_id
UNION ALL
SELECT 'out', kind, coalesce(sent_at, created_at), NULL, left(jsonb_pretty(payload), 65536), length(payload::text), subject
FROM effect WHERE account = :account AND effect_id = :effect_id;
