-- name: connections
-- Every connection with what waits to go out through it and how much of its rate budget is left. It is failing when the last
-- call to it failed; a message from it proves nothing, for who is locked out still receives webhooks.
SELECT c.connection, c.kind, c.title, c.live, c.paused,
       c.paused OR (SELECT paused_at IS NOT NULL FROM account WHERE account = c.account) AS resting, c.time_zone, c.start_line, c.last_in_at, c.last_out_at, c.last_error,
       c.last_error_at, b.available AS budget_left, b.maximum AS budget_most, b.restore_per_s AS budget_rate, b.at AS budget_at,
       (SELECT count(*) FROM effect AS e WHERE e.account = c.account AND e.connection = c.connection
          AND e.state IN ('pending', 'sending', 'unknown')) AS going_out,
       (SELECT count(DISTINCT p.thing) FROM parked AS p WHERE p.account = c.account AND p.connection = c.connection
          AND p.closed_at IS NULL) AS parked,
       c.last_error IS NOT NULL AND coalesce(c.last_error_at >= greatest(c.last_out_at, swept.at), true) AS failing,
       stop.cause AS stop_cause, stop.opened_at AS stopped_at
FROM connection AS c
LEFT JOIN LATERAL (
  SELECT split_part(p.cause, ':', 1) AS cause, p.opened_at FROM parked AS p
  WHERE p.account = c.account AND p.subject = 'connection/' || c.connection AND p.closed_at IS NULL
  ORDER BY p.cause NOT LIKE 'credentials%', p.opened_at LIMIT 1) AS stop ON true
LEFT JOIN LATERAL (
  SELECT max(k.ran_at) AS at FROM cursor AS k
  WHERE k.account = c.account AND k.connection = c.connection AND k.error = '') AS swept ON true
LEFT JOIN budget AS b ON b.account = c.account AND b.connection = c.connection
WHERE c.account = :account
ORDER BY c.kind <> 'shopify', c.title, c.connection;

-- name: watched_since
-- How many orders of a shop were left alone of those placed since a moment.
SELECT count(*) FROM orders
WHERE account = :account AND shop = :shop AND state = 'ignored' AND placed_at >= :since AND cancelled_at IS NULL;

-- name: changes
-- What people last changed about each connection.
SELECT subject, at, text, actor FROM (
  SELECT j.subject, j.at, j.text, j.actor, j.journal_id, row_number() OVER (PARTITION BY j.subject ORDER BY j.journal_id DESC) AS nth
  FROM connection AS c JOIN journal AS j ON j.account = c.account AND j.subject = 'connection/' || c.connection
  WHERE c.account = :account AND j.kind = 'connection.changed') AS changes
WHERE nth <= 3 ORDER BY journal_id DESC;

-- name: sweeps
-- How far each sweep has come.
SELECT connection, what, ran_at, found, error FROM cursor WHERE account = :account ORDER BY connection, what;
