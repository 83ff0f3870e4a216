-- name: next_due
-- When the house itself has something to do next. What is to be sent over a paused connection rests; lane 16 only reads.
SELECT min(at) FROM (
  SELECT min(next_at) AS at FROM effect WHERE state IN ('pending', 'unknown')
    AND (state = 'unknown' OR lane = 16 OR (account, connection) NOT IN (SELECT account, connection FROM resting))
  UNION ALL SELECT min(next_at) FROM level WHERE dirty <> clean
  UNION ALL SELECT min(retry_at) FROM orders
  UNION ALL SELECT min(next_at) FROM run WHERE state = 'running'
  UNION ALL SELECT min(next_at) FROM batch WHERE state = 'running') AS due;
