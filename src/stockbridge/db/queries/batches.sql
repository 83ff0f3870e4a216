-- name: begin
-- A batch begins; asked for twice, it is one.
INSERT INTO batch (account, batch_id, action, orders, asked_by, asked_at, next_at)
VALUES (:account, :batch_id, :action, :orders, :by, :now, :now) ON CONFLICT DO NOTHING;

-- name: add
-- Its orders, in the order in which they were chosen; those that the house knows.
INSERT INTO batch_order (account, batch_id, number, shop, order_id)
SELECT :account, :batch_id, row_number() OVER (ORDER BY chosen.number), o.shop, o.order_id
FROM unnest(:shops::text[], :order_ids::text[]) WITH ORDINALITY AS chosen (shop, order_id, number)
JOIN orders o ON o.account = :account AND o.shop = chosen.shop AND o.order_id = chosen.order_id;

-- name: due
-- The oldest batch that is to go on now, locked until the transaction ends; none, when another worker has it.
SELECT batch_id, action, asked_by FROM batch WHERE account = :account AND state = 'running' AND next_at <= :now
ORDER BY asked_at, batch_id LIMIT 1 FOR UPDATE SKIP LOCKED;

-- name: due_accounts
-- Accounts with a batch that is to go on now.
SELECT DISTINCT account FROM batch WHERE state = 'running' AND next_at <= :now;

-- name: later
-- A batch that waits for what it asked is looked at again then.
UPDATE batch SET next_at = :at WHERE account = :account AND batch_id = :batch_id AND state = 'running';

-- name: under_way
-- The orders of a batch that were asked for, how each stands, and whether something about it is still being worked through.
SELECT b.number, b.asked_at, o.state, o.reason,
  EXISTS (SELECT 1 FROM effect e WHERE e.account = :account AND e.subject = 'order/' || b.order_id
          AND e.state IN ('pending', 'sending', 'unknown'))
  OR EXISTS (SELECT 1 FROM arrival a WHERE a.account = :account AND a.subject = 'order/' || b.order_id AND a.state = 0)
  OR EXISTS (SELECT 1 FROM parked p WHERE p.account = :account AND p.subject = 'order/' || b.order_id AND p.closed_at IS NULL
             AND p.remedy <> 'decide' AND p.parked_id <= b.parked_to) AS busy,
  coalesce((SELECT p.title FROM parked p WHERE p.account = :account AND p.subject = 'order/' || b.order_id AND p.closed_at IS NULL
            ORDER BY p.parked_id DESC LIMIT 1), '') AS stopped
FROM batch_order b JOIN orders o ON o.account = b.account AND o.shop = b.shop AND o.order_id = b.order_id
WHERE b.account = :account AND b.batch_id = :batch_id AND b.state = 'asked' ORDER BY b.number;

-- name: next
-- The next orders of a batch whose turn has come.
UPDATE batch_order SET state = 'asked', asked_at = :now,
  parked_to = (SELECT coalesce(max(p.parked_id), 0) FROM parked p WHERE p.account = :account)
WHERE account = :account AND batch_id = :batch_id AND number IN (
  SELECT number FROM batch_order WHERE account = :account AND batch_id = :batch_id AND state = 'waiting' ORDER BY number LIMIT :most)
RETURNING number, shop, order_id;

-- name: settle
-- What became of one order of a batch.
UPDATE batch_order SET state = 'done', fine = :fine, said = :said, ended_at = :now
WHERE account = :account AND batch_id = :batch_id AND number = :number AND state = 'asked';

-- name: finish
-- A batch of which nothing is left to do is done.
UPDATE batch SET state = 'done', ended_at = :now
WHERE account = :account AND batch_id = :batch_id AND state = 'running' AND NOT EXISTS (
  SELECT 1 FROM batch_order b WHERE b.account = :account AND b.batch_id = :batch_id AND b.state IN ('waiting', 'asked'));

-- name: stop
-- A person stops a batch: it is begun for no other order.
UPDATE batch SET state = 'stopped', stopped_by = :by, ended_at = :now
WHERE account = :account AND batch_id = :batch_id AND state = 'running';

-- name: leave
-- What was not begun of a batch is left, and what is under way goes on without it.
UPDATE batch_order SET state = 'left', said = CASE state WHEN 'asked' THEN 'it was under way when the rest was stopped' ELSE '' END,
  ended_at = :now
WHERE account = :account AND batch_id = :batch_id AND state IN ('waiting', 'asked');

-- name: stopped_of
-- What waits for a person on some orders and may be tried again without looking first.
SELECT parked_id FROM parked WHERE remedy <> 'decide' AND account = :account AND closed_at IS NULL AND subject = ANY(:subjects)
ORDER BY parked_id;
