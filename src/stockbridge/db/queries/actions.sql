-- name: shop_of
-- The shop that an order belongs to.
SELECT shop FROM orders WHERE account = :account AND order_id = :order_id LIMIT 1;

-- name: send_again
-- A person looked and it is not there: it may be sent again, with the same key.
UPDATE effect SET state = 'pending', not_found = 0, next_at = :now, reason = 'a person asked to send it again'
WHERE account = :account AND effect_id = :effect_id AND state = 'parked'
RETURNING connection, lane;
