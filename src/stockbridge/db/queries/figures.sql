-- name: told_pools
-- The newest figures of some pools about which something was told, locked in one order: nobody else reports or uses them meanwhile.
SELECT f.connection, f.warehouse, f.item_code, f.zones, f.basis, f.occurred_at, f.sequence, f.asked_at
FROM figure f
JOIN (SELECT DISTINCT * FROM unnest(CAST(:connections AS text[]), CAST(:warehouses AS text[]), CAST(:codes AS text[]))
        AS p(connection, warehouse, item_code)) p USING (connection, warehouse, item_code)
WHERE f.account = :account
ORDER BY f.connection, f.warehouse, f.item_code
FOR UPDATE OF f;
