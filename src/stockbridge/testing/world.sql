-- name: next_due
-- When the house itself has something to do next.
SELECT min(at) FROM (
  SELECT min(next_at) AS at FROM effect WHERE state IN ('pending', 'unknown')
  UNION ALL SELECT min(next_at) FROM level WHERE dirty <> clean
  UNION ALL SELECT min(retry_at) FROM orders) AS due;
