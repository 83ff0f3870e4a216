-- name: reachable
-- Answers when the database does.
SELECT 1;

-- name: metric_counts
-- Counts for monitoring, of all accounts together: family, label, value. Never anything about a person.
SELECT 'orders' AS family, state AS label, count(*)::float8 AS value FROM orders GROUP BY state
UNION ALL SELECT 'parked', split_part(cause, ':', 1), count(*) FROM parked WHERE closed_at IS NULL GROUP BY 2
UNION ALL SELECT 'effects', kind || ',' || state, count(*) FROM effect
  WHERE state IN ('pending', 'sending', 'unknown', 'parked') GROUP BY kind, state
UNION ALL SELECT 'arrivals_waiting', '', count(*) FROM arrival WHERE state = 0
UNION ALL SELECT 'levels_dirty', '', count(*) FROM level WHERE dirty <> clean
UNION ALL SELECT 'unwritten_shipments', '', count(*) FROM shipment WHERE written_at IS NULL
UNION ALL SELECT 'oldest_arrival', '', coalesce(extract(epoch FROM :now - min(received_at)), 0) FROM arrival WHERE state = 0
UNION ALL SELECT 'oldest_effect', '', coalesce(extract(epoch FROM :now - min(created_at)), 0) FROM effect
  WHERE state IN ('pending', 'sending', 'unknown')
UNION ALL SELECT 'connections', CASE WHEN c.paused OR a.paused_at IS NOT NULL THEN 'paused'
    WHEN EXISTS (SELECT 1 FROM parked AS p WHERE p.account = c.account AND p.subject = 'connection/' || c.connection
        AND p.closed_at IS NULL) THEN 'error'
    WHEN c.last_error IS NOT NULL AND c.last_error_at >= coalesce(greatest(c.last_out_at, (SELECT max(k.ran_at) FROM cursor AS k
        WHERE k.account = c.account AND k.connection = c.connection AND k.error = '')), c.last_error_at) THEN 'error'
    ELSE 'working' END, count(*) FROM connection AS c JOIN account AS a USING (account) GROUP BY 2;

-- name: lag_buckets
-- How many submissions were accepted within each number of seconds after their order was placed, and the seconds together.
SELECT width_bucket(lag, :bounds::float8[]) AS bucket, count(*) AS many, sum(lag) AS seconds
FROM (SELECT greatest(0, extract(epoch FROM s.accepted_at - o.placed_at))::float8 AS lag
      FROM submission AS s JOIN orders AS o USING (account, shop, order_id) WHERE s.accepted_at IS NOT NULL) AS lags
GROUP BY 1 ORDER BY 1;
