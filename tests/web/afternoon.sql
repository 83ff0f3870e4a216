-- An afternoon of a small merchant: one shop, two warehouse systems, three locations, orders in every state.
CREATE FUNCTION ago(span text) RETURNS timestamptz LANGUAGE sql
  RETURN current_setting('afternoon.now')::timestamptz - span::interval;

INSERT INTO account VALUES ('acme', 'Acme Outdoor', ago('30 days'));

INSERT INTO connection (account, connection, kind, title, live, paused, time_zone, start_line, last_in_at, last_out_at, last_error, last_error_at, created_at) VALUES
  ('acme', 'shop.example', 'shopify', 'Acme Outdoor shop', true, false, 'Europe/London', ago('20 days'), ago('12 seconds'), ago('20 seconds'), NULL, NULL, ago('30 days')),
  ('acme', 'north-wms', 'wms', 'Northern warehouse system', false, false, 'Europe/London', NULL, ago('40 seconds'), ago('35 seconds'), NULL, NULL, ago('30 days')),
  ('acme', 'south-3pl', 'wms', 'Southern 3PL', false, false, 'Europe/London', NULL, ago('2 hours'), ago('3 hours'), 'It answered 503 Service Unavailable three times.', ago('4 minutes'), ago('30 days')),
  ('acme', 'outlet.example', 'shopify', 'Outlet shop', false, true, 'Europe/London', NULL, NULL, NULL, NULL, NULL, ago('2 days'));

INSERT INTO budget VALUES ('acme', 'shop.example', 900, 2000, 100, ago('5 seconds'));
INSERT INTO cursor VALUES
  ('acme', 'shop.example', 'orders', 'x', ago('70 seconds'), 3, ''),
  ('acme', 'shop.example', 'catalog', 'x', ago('3 hours'), 41, ''),
  ('acme', 'south-3pl', 'stock', NULL, ago('16 minutes'), 0, 'No answer within 20 seconds.');

INSERT INTO location VALUES
  ('acme', 'shop.example', 'loc-1', 'London', true, false, 'GB'),
  ('acme', 'shop.example', 'loc-2', 'Leeds', true, false, 'GB'),
  ('acme', 'shop.example', 'loc-3', 'Pop-up store', true, false, 'GB'),
  ('acme', 'shop.example', 'loc-9', 'Old depot', false, false, 'GB');

INSERT INTO item VALUES
  ('acme', 'shop.example', 'inv-1', 'var-1', 'prod-1', 'TENT-2P-GRN', '5012345000011', 'Fell tent, 2 person / Green', true, true, ago('1 day')),
  ('acme', 'shop.example', 'inv-2', 'var-2', 'prod-1', 'TENT-2P-RED', '5012345000028', 'Fell tent, 2 person / Red', true, true, ago('1 day')),
  ('acme', 'shop.example', 'inv-3', 'var-3', 'prod-2', 'STOVE-GAS', '5012345000035', 'Gas stove', true, true, ago('1 day')),
  ('acme', 'shop.example', 'inv-4', 'var-4', 'prod-3', 'MUG-TI-450', '5012345000042', 'Titanium mug 450 ml', true, true, ago('1 day')),
  ('acme', 'shop.example', 'inv-5', 'var-5', 'prod-4', 'SOCK-M', '', 'Merino socks / M', true, true, ago('1 day')),
  ('acme', 'shop.example', 'inv-6', 'var-6', 'prod-5', 'LAMP-300', '', 'Head lamp 300 lm', true, true, ago('1 day')),
  ('acme', 'shop.example', 'inv-7', 'var-7', 'prod-6', '', '', 'Gift card', false, false, ago('1 day'));

INSERT INTO crossref VALUES
  ('acme', 'shop.example', 'inv-1', 'north-wms', 'NORTH', '100-011', true, ago('20 days'), 'Ana'),
  ('acme', 'shop.example', 'inv-2', 'north-wms', 'NORTH', '100-028', true, ago('20 days'), 'Ana'),
  ('acme', 'shop.example', 'inv-3', 'north-wms', 'NORTH', '100-035', true, ago('20 days'), 'Ana'),
  ('acme', 'shop.example', 'inv-3', 'south-3pl', 'SOUTH', 'STOVE', true, ago('20 days'), 'Ana'),
  ('acme', 'shop.example', 'inv-4', 'north-wms', 'NORTH', '100-042', true, ago('20 days'), 'Ana'),
  ('acme', 'shop.example', 'inv-5', 'south-3pl', 'SOUTH', 'SOCKM', true, ago('20 days'), 'Ana');

INSERT INTO source (account, shop, location_id, connection, warehouse, zones, priority, keep_units, keep_percent_bp, live) VALUES
  ('acme', 'shop.example', 'loc-1', 'north-wms', 'NORTH', '["PICK", "BULK"]', 10, 5, 0, true),
  ('acme', 'shop.example', 'loc-2', 'south-3pl', 'SOUTH', '["MAIN"]', 20, 0, 1000, false);

INSERT INTO mapping (account, shop, version, document, by, note, at)
SELECT account, shop, 1, jsonb_build_object('shop', shop, 'version', 1, 'locations', jsonb_agg(location ORDER BY location_id)), 'Ana', 'the first one', ago('20 days')
FROM (
  SELECT account, shop, location_id, jsonb_build_object('location_id', location_id, 'live', bool_or(live), 'sources', jsonb_agg(
    jsonb_build_object('connection', connection, 'warehouse', warehouse, 'zones', jsonb_build_object('include', zones, 'exclude', '[]'::jsonb),
                       'priority', priority, 'keep', jsonb_build_object('units', keep_units, 'percent_bp', keep_percent_bp), 'active', active)
    ORDER BY priority, warehouse, connection)) AS location
  FROM source GROUP BY account, shop, location_id) AS made
GROUP BY account, shop;

INSERT INTO figure (account, connection, warehouse, item_code, zones, basis, occurred_at, sequence, received_at, arrival_id) VALUES
  ('acme', 'north-wms', 'NORTH', '100-011', '{"PICK": 48, "BULK": 280, "QUARANTINE": 12}', 'physical', ago('40 seconds'), 991, ago('39 seconds'), NULL),
  ('acme', 'north-wms', 'NORTH', '100-028', '{"PICK": 6, "BULK": 0}', 'physical', ago('3 minutes'), 990, ago('3 minutes'), NULL),
  ('acme', 'north-wms', 'NORTH', '100-035', '{"PICK": 1500}', 'physical', ago('3 minutes'), 989, ago('3 minutes'), NULL),
  ('acme', 'north-wms', 'NORTH', 'LAMP300', '{"PICK": 77}', 'physical', ago('9 minutes'), 980, ago('9 minutes'), NULL),
  ('acme', 'south-3pl', 'SOUTH', 'STOVE', '{"MAIN": 40}', 'less_reserved', ago('2 hours'), NULL, ago('2 hours'), NULL),
  ('acme', 'south-3pl', 'SOUTH', 'SOCKM', '{"MAIN": 210}', 'less_reserved', ago('2 hours'), NULL, ago('2 hours'), NULL);

CREATE FUNCTION line(line_id text, inv text, sku text, title text, units int, ships boolean DEFAULT true) RETURNS jsonb LANGUAGE sql
  RETURN jsonb_build_object('line_id', line_id, 'inventory_item_id', inv, 'variant_id', NULL, 'sku', sku, 'title', title,
    'quantity', units, 'current_quantity', units, 'requires_shipping', ships, 'unit_price', NULL);
CREATE FUNCTION place(n int, name text, state text, reason text, placed text, who text, tags jsonb, VARIADIC lines jsonb[]) RETURNS void LANGUAGE sql AS $$
  INSERT INTO orders (account, shop, order_id, name, state, reason, placed_at, updated_at, read_at, snapshot, ship_to_name, country_code, tags, first_seen_at)
  VALUES ('acme', 'shop.example', 'shop://order/' || n, name, state, reason, ago(placed), ago(placed), ago(placed) + interval '1 second',
    jsonb_build_object('order_id', 'shop://order/' || n, 'name', name, 'lines', to_jsonb(lines), 'note', ''), who, 'GB', tags, ago(placed) + interval '1 second')
$$;

SELECT place(1001, '#1001', 'done', '', '5 hours', 'Priya Shah', '[]', line('l1', 'inv-1', 'TENT-2P-GRN', 'Fell tent, 2 person / Green', 1)),
       place(1002, '#1002', 'done', '', '4 hours', 'Tom Okafor', '["gift"]', line('l1', 'inv-3', 'STOVE-GAS', 'Gas stove', 2)),
       place(1003, '#1003', 'part_shipped', 'One parcel of two has left.', '3 hours', 'Mia Lindqvist', '["express"]',
         line('l1', 'inv-1', 'TENT-2P-GRN', 'Fell tent, 2 person / Green', 2), line('l2', 'inv-4', 'MUG-TI-450', 'Titanium mug 450 ml', 4)),
       place(1004, '#1004', 'shipped', 'The shop is being told.', '2 hours', 'Jon Bell', '[]', line('l1', 'inv-2', 'TENT-2P-RED', 'Fell tent, 2 person / Red', 1)),
       place(1005, '#1005', 'accepted', '', '70 minutes', 'Sara Meyer', '[]', line('l1', 'inv-3', 'STOVE-GAS', 'Gas stove', 1)),
       place(1006, '#1006', 'parked', 'One line has no item code at the warehouse, so nothing of it was sent.', '55 minutes', 'Lucia Rossi', '["gift"]',
         line('l1', 'inv-6', 'LAMP-300', 'Head lamp 300 lm', 2), line('l2', 'inv-1', 'TENT-2P-GRN', 'Fell tent, 2 person / Green', 1)),
       place(1007, '#1007', 'parked', 'The warehouse refused it: address incomplete.', '50 minutes', 'K. Tanaka', '[]', line('l1', 'inv-5', 'SOCK-M', 'Merino socks / M', 3)),
       place(1008, '#1008', 'waiting', 'No warehouse has 40 of TENT-2P-RED. It is tried again with the next count.', '45 minutes', 'Fell Club', '["wholesale"]',
         line('l1', 'inv-2', 'TENT-2P-RED', 'Fell tent, 2 person / Red', 40)),
       place(1009, '#1009', 'cancelled', 'Cancelled by the customer before it was sent.', '30 minutes', 'Ole Hansen', '[]', line('l1', 'inv-3', 'STOVE-GAS', 'Gas stove', 1)),
       place(1010, '#1010', 'ignored', 'Nothing in it needs shipping.', '20 minutes', 'Ivy Chen', '[]', line('l1', 'inv-7', '', 'Gift card', 1, false)),
       place(1011, '#1011', 'assigned', '', '30 seconds', 'Peter Novak', '[]', line('l1', 'inv-1', 'TENT-2P-GRN', 'Fell tent, 2 person / Green', 1)),
       place(1012, '#1012', 'accepted', '', '4 minutes', 'Dana White', '[]', line('l1', 'inv-4', 'MUG-TI-450', 'Titanium mug 450 ml', 1));

INSERT INTO submission (account, reference, shop, order_id, number, connection, warehouse, location_id, state, progress, warehouse_ref, reason, intended_at, accepted_at, ended_at) VALUES
  ('acme', 'SB-1001-1', 'shop.example', 'shop://order/1001', 1, 'north-wms', 'NORTH', 'loc-1', 'shipped', 'dispatched', 'W-7001', '', ago('5 hours') + interval '1 second', ago('5 hours') + interval '1.8 seconds', ago('3 hours')),
  ('acme', 'SB-1002-1', 'shop.example', 'shop://order/1002', 1, 'south-3pl', 'SOUTH', 'loc-2', 'shipped', 'dispatched', 'S-55', '', ago('4 hours') + interval '1 second', ago('4 hours') + interval '2.3 seconds', ago('2 hours')),
  ('acme', 'SB-1003-1', 'shop.example', 'shop://order/1003', 1, 'north-wms', 'NORTH', 'loc-1', 'accepted', 'picking', 'W-7002', '', ago('3 hours') + interval '1 second', ago('3 hours') + interval '1.6 seconds', NULL),
  ('acme', 'SB-1004-1', 'shop.example', 'shop://order/1004', 1, 'north-wms', 'NORTH', 'loc-1', 'shipped', 'dispatched', 'W-7003', '', ago('2 hours') + interval '1 second', ago('2 hours') + interval '1.5 seconds', ago('2 minutes')),
  ('acme', 'SB-1005-1', 'shop.example', 'shop://order/1005', 1, 'south-3pl', 'SOUTH', 'loc-2', 'accepted', 'packed', 'S-56', '', ago('70 minutes') + interval '1 second', ago('70 minutes') + interval '29 seconds', NULL),
  ('acme', 'SB-1007-1', 'shop.example', 'shop://order/1007', 1, 'south-3pl', 'SOUTH', 'loc-2', 'refused', '', '', 'address incomplete', ago('50 minutes') + interval '1 second', NULL, ago('49 minutes')),
  ('acme', 'SB-1011-1', 'shop.example', 'shop://order/1011', 1, 'north-wms', 'NORTH', 'loc-1', 'intended', '', '', '', ago('28 seconds'), NULL, NULL),
  ('acme', 'SB-1012-1', 'shop.example', 'shop://order/1012', 1, 'north-wms', 'NORTH', 'loc-1', 'accepted', 'allocated', 'W-7009', '', ago('4 minutes') + interval '1 second', ago('4 minutes') + interval '2 seconds', NULL);

INSERT INTO claim (account, reference, line_id, shop, order_id, location_id, inventory_item_id, connection, warehouse, item_code, units, cancelled, shipped, written_back, contained, open, open_units) VALUES
  ('acme', 'SB-1001-1', 'l1', 'shop.example', 'shop://order/1001', 'loc-1', 'inv-1', 'north-wms', 'NORTH', '100-011', 1, 0, 1, 1, 1, false, 0),
  ('acme', 'SB-1002-1', 'l1', 'shop.example', 'shop://order/1002', 'loc-2', 'inv-3', 'south-3pl', 'SOUTH', 'STOVE', 2, 0, 2, 2, 2, false, 0),
  ('acme', 'SB-1003-1', 'l1', 'shop.example', 'shop://order/1003', 'loc-1', 'inv-1', 'north-wms', 'NORTH', '100-011', 2, 0, 2, 2, 0, true, 1),
  ('acme', 'SB-1003-1', 'l2', 'shop.example', 'shop://order/1003', 'loc-1', 'inv-4', 'north-wms', 'NORTH', '100-042', 4, 0, 0, 0, 0, true, 1),
  ('acme', 'SB-1004-1', 'l1', 'shop.example', 'shop://order/1004', 'loc-1', 'inv-2', 'north-wms', 'NORTH', '100-028', 1, 0, 1, 0, 0, true, 1),
  ('acme', 'SB-1005-1', 'l1', 'shop.example', 'shop://order/1005', 'loc-2', 'inv-3', 'south-3pl', 'SOUTH', 'STOVE', 1, 0, 0, 0, 1, true, 1),
  ('acme', 'SB-1011-1', 'l1', 'shop.example', 'shop://order/1011', 'loc-1', 'inv-1', 'north-wms', 'NORTH', '100-011', 1, 0, 0, 0, 0, true, 1),
  ('acme', 'SB-1012-1', 'l1', 'shop.example', 'shop://order/1012', 'loc-1', 'inv-4', 'north-wms', 'NORTH', '100-042', 1, 0, 0, 0, 0, true, 1);

INSERT INTO shipment (account, shipment_id, reference, shop, order_id, location_id, warehouse, carrier, tracking, shipped_at, sequence, received_at, fulfillment_id, written_at) VALUES
  ('acme', 'north-wms/P-1', 'SB-1001-1', 'shop.example', 'shop://order/1001', 'loc-1', 'NORTH', 'Royal Mail', '{"carrier": "Royal Mail", "numbers": ["RM100200300GB"], "urls": ["https://track.example/RM100200300GB"]}', ago('3 hours'), 1, ago('3 hours'), 'F-1', ago('3 hours') + interval '1.2 seconds'),
  ('acme', 'south-3pl/P-9', 'SB-1002-1', 'shop.example', 'shop://order/1002', 'loc-2', 'SOUTH', 'DPD', '{"carrier": "DPD", "numbers": ["15501234"], "urls": []}', ago('2 hours'), NULL, ago('2 hours'), 'F-2', ago('2 hours') + interval '2 seconds'),
  ('acme', 'north-wms/P-2', 'SB-1003-1', 'shop.example', 'shop://order/1003', 'loc-1', 'NORTH', 'Royal Mail', '{"carrier": "Royal Mail", "numbers": ["RM100200301GB"], "urls": ["javascript:alert(1)"]}', ago('40 minutes'), 2, ago('40 minutes'), 'F-3', ago('40 minutes') + interval '1 second'),
  ('acme', 'north-wms/P-3', 'SB-1004-1', 'shop.example', 'shop://order/1004', 'loc-1', 'NORTH', 'Royal Mail', '{"carrier": "Royal Mail", "numbers": ["RM100200302GB"], "urls": []}', ago('2 minutes'), 3, ago('2 minutes'), NULL, NULL);
INSERT INTO shipment_line VALUES
  ('acme', 'north-wms/P-1', 'l1', 'SB-1001-1', 1), ('acme', 'south-3pl/P-9', 'l1', 'SB-1002-1', 2),
  ('acme', 'north-wms/P-2', 'l1', 'SB-1003-1', 2), ('acme', 'north-wms/P-3', 'l1', 'SB-1004-1', 1);

INSERT INTO arrival (account, connection, dedupe_key, topic, subject, lane, headers, body, received_at, state, done_at) VALUES
  ('acme', 'shop.example', 'e-1003', 'orders/create', 'order/shop://order/1003', 3, '{}', '{"id": 1003, "note": "Please ring twice"}', ago('3 hours') + interval '1 second', 1, ago('3 hours') + interval '1 second'),
  ('acme', 'north-wms', 'a-1003', 'submit.answer', 'order/shop://order/1003', 3, '{}', '{"number": "W-7002", "status": "accepted"}', ago('3 hours') + interval '1.6 seconds', 1, ago('3 hours') + interval '2 seconds'),
  ('acme', 'shop.example', 'e-1013', 'orders/create', 'order/shop://order/1013', 5, '{}', '{"id": 1013}', ago('1 second'), 0, NULL);

INSERT INTO effect (account, connection, key, kind, subject, lane, payload, state, attempts, next_at, sent_at, receipt, answer_id, reason, created_at, done_at) VALUES
  ('acme', 'north-wms', 'submit:SB-1003-1', 'submit_order', 'order/shop://order/1003', 3, '{"reference": "SB-1003-1", "lines": [{"item_code": "100-011", "units": 2}]}', 'done', 1, ago('3 hours'), ago('3 hours') + interval '1.2 seconds', 'W-7002', 2, NULL, ago('3 hours') + interval '1 second', ago('3 hours') + interval '2 seconds'),
  ('acme', 'shop.example', 'fulfill:north-wms/P-3', 'record_fulfillment', 'order/shop://order/1004', 4, '{}', 'unknown', 2, ago('-30 seconds'), ago('1 minute'), NULL, NULL, 'The answer was cut off.', ago('2 minutes'), NULL),
  ('acme', 'north-wms', 'submit:SB-1011-1', 'submit_order', 'order/shop://order/1011', 1, '{}', 'pending', 0, ago('-1 second'), NULL, NULL, NULL, NULL, ago('28 seconds'), NULL);

INSERT INTO effect (account, connection, key, kind, subject, lane, payload, state, attempts, next_at, sent_at, created_at, done_at)
SELECT account, connection, 'submit:' || reference, 'submit_order', 'order/' || order_id, 0, '{}',
       CASE state WHEN 'refused' THEN 'refused' ELSE 'done' END, 1, intended_at, intended_at, intended_at, intended_at
FROM submission WHERE reference NOT IN ('SB-1003-1', 'SB-1011-1');

INSERT INTO journal (account, at, subject, kind, text, actor, arrival_id, effect_id) VALUES
  ('acme', ago('3 hours') + interval '1 second', 'order/shop://order/1003', 'order.placed', 'Placed in the shop: 6 units in 2 lines.', '', 1, NULL),
  ('acme', ago('3 hours') + interval '1.1 seconds', 'order/shop://order/1003', 'order.assigned', 'Assigned to NORTH: it has all lines, and comes first in the list.', '', NULL, NULL),
  ('acme', ago('3 hours') + interval '1.6 seconds', 'order/shop://order/1003', 'submission.accepted', 'NORTH accepted it as W-7002.', '', NULL, 1),
  ('acme', ago('40 minutes'), 'order/shop://order/1003', 'shipment.confirmed', 'A parcel left NORTH: 2 × Fell tent, tracking RM100200301GB.', '', NULL, NULL),
  ('acme', ago('39 minutes'), 'order/shop://order/1003', 'fulfillment.recorded', 'The shop was told of the parcel.', '', NULL, NULL),
  ('acme', ago('55 minutes'), 'order/shop://order/1006', 'order.parked', 'Parked: LAMP-300 has no item code at any warehouse.', '', NULL, NULL),
  ('acme', ago('5 minutes'), 'stock/loc-1/inv-1', 'level.written', 'Wrote 320 to London: the warehouse counted 328 in PICK and BULK.', '', NULL, NULL),
  ('acme', ago('28 seconds'), 'order/shop://order/1011', 'order.assigned', 'Assigned to NORTH: it has all lines, and comes first in the list.', '', NULL, NULL);

INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, opened_at) VALUES
  ('acme', 'order/shop://order/1006', 'unmapped_item', 'shop.example', 'LAMP-300 has no item code at any warehouse', 'The whole order waits; nothing of it was sent.', 'map_item', ago('55 minutes')),
  ('acme', 'order/shop://order/1007', 'refused', 'south-3pl', 'SOUTH refused the order: address incomplete', 'It does not ship until the address is mended in the shop and it is tried again.', 'retry', ago('49 minutes')),
  ('acme', 'order/shop://order/1004', 'unknown_outcome:fulfill:north-wms/P-3', 'shop.example', 'We tried to tell the shop about a shipment, got no answer, and it cannot be looked up.', 'It is not sent again by itself, because that could double it.', 'decide', ago('1 minute')),
  ('acme', 'arrival/77', 'unreadable:77', 'south-3pl', 'A message from Southern 3PL cannot be read', 'What it said is not known; nothing was changed.', 'replay', ago('10 minutes'));
INSERT INTO parked (account, subject, cause, connection, title, consequence, remedy, opened_at, closed_at, closed_by) VALUES
  ('acme', 'order/shop://order/1001', 'no_stock', 'shop.example', 'An old trouble', 'It waited.', 'retry', ago('5 hours'), ago('4 hours'), 'Ana');

INSERT INTO level (account, shop, location_id, inventory_item_id, dirty, clean, next_at, desired, derivation, available, committed, reserved, read_at, written, written_at, note) VALUES
  ('acme', 'shop.example', 'loc-1', 'inv-1', 4, 4, ago('0 s'), 320, '{"steps": [{"term": "figure", "label": "NORTH has", "units": 328, "sign": "+", "why": "reported for PICK, BULK at 11:59"}, {"term": "claim", "label": "asked of it and not in that figure", "units": 3, "sign": "−", "why": "orders sent or being sent there that its figure does not show yet"}, {"term": "keep", "label": "kept back", "units": 5, "sign": "−", "why": "buffer of NORTH"}], "result": 320, "findings": []}', 320, 1, 0, ago('20 seconds'), 320, ago('20 seconds'), ''),
  ('acme', 'shop.example', 'loc-1', 'inv-2', 5, 4, ago('0 s'), 0, '{"steps": [{"term": "figure", "label": "NORTH has", "units": 6, "sign": "+", "why": ""}, {"term": "claim", "label": "asked of it and not in that figure", "units": 1, "sign": "−", "why": ""}, {"term": "keep", "label": "kept back", "units": 5, "sign": "−", "why": "buffer of NORTH"}, {"term": "publishable", "label": "may be sold", "units": 0, "sign": "=", "why": ""}], "result": 0, "findings": ["NORTH keeps 5 units back"]}', 1, 0, 0, ago('3 minutes'), 1, ago('1 hour'), ''),
  ('acme', 'shop.example', 'loc-1', 'inv-3', 2, 2, ago('0 s'), 1490, '{"steps": [{"term": "figure", "label": "NORTH has", "units": 1500, "sign": "+", "why": "reported for PICK, BULK at 2026-01-05T11:57:00+00:00"}, {"term": "keep", "label": "kept back", "units": 5, "sign": "−", "why": "buffer of NORTH"}, {"term": "unplaced", "label": "in orders not yet at a warehouse", "units": 5, "sign": "−", "why": "the shop holds these units for orders that no warehouse was asked for"}, {"term": "publishable", "label": "may be sold", "units": 1490, "sign": "=", "why": ""}], "result": 1490, "findings": []}', 1488, 0, 0, ago('3 minutes'), 1490, ago('2 hours'), ''),
  ('acme', 'shop.example', 'loc-1', 'inv-4', 2, 2, ago('0 s'), NULL, NULL, 12, 0, 0, ago('3 minutes'), NULL, NULL, ''),
  ('acme', 'shop.example', 'loc-1', 'inv-6', 2, 2, ago('0 s'), NULL, NULL, 9, 0, 0, ago('3 minutes'), NULL, NULL, ''),
  ('acme', 'shop.example', 'loc-2', 'inv-3', 2, 2, ago('0 s'), 0, '{"steps": [{"term": "figure", "label": "SOUTH has", "units": 40, "sign": "+", "why": ""}, {"term": "claim", "label": "asked of it and not in that figure", "units": 43, "sign": "−", "why": ""}, {"term": "short", "label": "promised beyond what is there", "units": 3, "sign": "+", "why": "never less than zero is offered"}, {"term": "publishable", "label": "may be sold", "units": 0, "sign": "=", "why": ""}], "result": 0, "findings": []}', 41, 0, 0, ago('3 minutes'), NULL, NULL, ''),
  ('acme', 'shop.example', 'loc-2', 'inv-5', 2, 2, ago('0 s'), 189, NULL, 5, 0, 0, ago('3 minutes'), NULL, NULL, 'A change this large waits for a person: 5 to 189.');

INSERT INTO run (account, kind, dry, state, stage, shop, warehouse, asked_by, mapping_version, began_at, next_at, ended_at, pages, visited, expected, counts, reason) VALUES
  ('acme', 'full', false, 'done', 'compare', 'shop.example', '', '', 1, ago('10 hours'), ago('10 hours'), ago('10 hours'), 3, 611, 611, '{"levels": 600, "units": 41200, "changed": 3, "moved": 21, "tolerated": 2, "on_its_way": 4}', ''),
  ('acme', 'delta', true, 'done', 'compare', 'shop.example', '', 'Ana', 1, ago('50 minutes'), ago('50 minutes'), ago('49 minutes'), 3, 600, 600, '{"levels": 600, "units": 41200}', ''),
  ('acme', 'snapshot', false, 'braked', 'read', '', 'north-wms/NORTH', '', 0, ago('12 minutes'), ago('12 minutes'), ago('12 minutes'), 0, 600, 600, '{"levels": 600, "units": 41200, "changed": 331, "moved": 18400, "emptied": 290}', 'it would change 331 of 600 numbers (55 %) and 18400 units where the shop shows 41200 (45 %), and set 290 to zero'),
  ('acme', 'delta', false, 'running', 'compare', 'shop.example', '', '', 1, ago('20 seconds'), ago('1 second'), NULL, 1, 250, 600, '{}', '');
INSERT INTO correction (account, run_id, shop, location_id, inventory_item_id, found_at, was, should, writes, cause, why) VALUES
  ('acme', 1, 'shop.example', 'loc-1', 'inv-1', ago('10 hours'), 312, 320, true, 'internal_move', 'NORTH: PICK 40 → 48, QUARANTINE 20 → 12'),
  ('acme', 1, 'shop.example', 'loc-1', 'inv-3', ago('10 hours'), 1500, 1488, true, 'lost_message', ''),
  ('acme', 1, 'shop.example', 'loc-1', 'inv-2', ago('10 hours'), 2, 1, true, 'foreign_writer', ''),
  ('acme', 1, 'shop.example', 'loc-3', 'inv-6', ago('10 hours'), 9, NULL, false, 'unbacked', ''),
  ('acme', 3, 'shop.example', 'loc-1', 'inv-1', ago('12 minutes'), 320, 0, true, 'count', '0 NORTH has = 0 may be sold'),
  ('acme', 3, 'shop.example', 'loc-1', 'inv-3', ago('12 minutes'), 1488, 12, true, 'count', '17 NORTH has − 5 kept back = 12 may be sold');

DROP FUNCTION place(int, text, text, text, text, text, jsonb, VARIADIC jsonb[]);
DROP FUNCTION line(text, text, text, text, int, boolean);
DROP FUNCTION ago(text);
