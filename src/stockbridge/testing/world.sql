-- name: next_due
-- When the house itself has something to do next. What belongs to a paused connection rests.
SELECT min(at) FROM (
  SELECT min(next_at) AS at FROM effect WHERE state IN ('pending', 'unknown')
    AND (account, connection) NOT IN (SELECT account, connection FROM connection WHERE paused)
  UNION ALL SELECT min(next_at) FROM level WHERE dirty <> clean
    AND (account, shop) NOT IN (SELECT account, connection FROM connection WHERE paused)
  UNION ALL SELECT min(retry_at) FROM orders
   WHERE (account, shop) NOT IN (SELECT account, connection FROM connection WHERE paused)) AS due;
