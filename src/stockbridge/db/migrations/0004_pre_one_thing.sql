-- What one action repairs is one thing, however many rows tell of it: codes without an item that several warehouses count alike.
ALTER TABLE parked ADD COLUMN thing text NOT NULL
  GENERATED ALWAYS AS (CASE remedy WHEN 'map_code' THEN coalesce(data ->> 'codes', parked_id::text) ELSE parked_id::text END) STORED;
