-- The mapping of a shop as one document, in versions: any of them can be shown and restored. `source` is its newest version as rows.
CREATE TABLE mapping (
  account   text NOT NULL,
  shop      text NOT NULL,
  version   integer NOT NULL,
  document  jsonb NOT NULL,                     -- domain ShopMapping
  by        text NOT NULL DEFAULT '',
  note      text NOT NULL DEFAULT '',
  at        timestamptz NOT NULL,
  PRIMARY KEY (account, shop, version)
);
INSERT INTO mapping (account, shop, version, document, by, note, at)
SELECT account, shop, 1, jsonb_build_object('shop', shop, 'version', 1, 'locations', jsonb_agg(location ORDER BY location_id)), '',
       'as it was when versions began', coalesce((SELECT max(at) FROM journal j WHERE j.account = made.account), 'epoch')
FROM (
  SELECT account, shop, location_id, jsonb_build_object('location_id', location_id, 'live', bool_or(live), 'sources', jsonb_agg(
    jsonb_build_object('connection', connection, 'warehouse', warehouse, 'zones', jsonb_build_object('include', zones, 'exclude', '[]'::jsonb),
                       'priority', priority, 'keep', jsonb_build_object('units', keep_units, 'percent_bp', keep_percent_bp), 'active', active)
    ORDER BY priority, warehouse, connection)) AS location
  FROM source GROUP BY account, shop, location_id) AS made
GROUP BY account, shop;

-- Does a zone count? For pages and sums over many rows; what is published is counted by domain/zones.py, and a test holds the two together.
CREATE FUNCTION zone_counts(zone text, included jsonb, excluded jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT EXISTS (SELECT 1 FROM jsonb_array_elements_text(included) AS p
                 WHERE CASE WHEN p LIKE '=%' THEN zone = substr(p, 2) ELSE zone = p OR starts_with(zone, p || '/') END)
     AND NOT EXISTS (SELECT 1 FROM jsonb_array_elements_text(excluded) AS p
                     WHERE CASE WHEN p LIKE '=%' THEN zone = substr(p, 2) ELSE zone = p OR starts_with(zone, p || '/') END)
$$;

ALTER TABLE item ADD COLUMN bundle boolean NOT NULL DEFAULT false;           -- made of other variants: the shop computes its stock
ALTER TABLE item ADD COLUMN sells_when_out boolean NOT NULL DEFAULT false;

ALTER TABLE source ADD COLUMN excluded jsonb NOT NULL DEFAULT '[]';
ALTER TABLE source ADD COLUMN active_from timestamptz;          -- prepared: becomes active at this moment

-- Stock that feeds several locations: who may offer how much of it (domain/shares.py).
CREATE TABLE allotment (
  account            text NOT NULL,
  connection         text NOT NULL,
  warehouse          text NOT NULL,
  item_code          text NOT NULL,
  shop               text NOT NULL,
  location_id        text NOT NULL,
  inventory_item_id  text NOT NULL,
  allotted           integer,                   -- units that it may offer and has waiting
  held               integer,                   -- the most it may show and have waiting this moment
  waiting            integer NOT NULL DEFAULT 0,
  split_at           timestamptz,
  PRIMARY KEY (account, connection, warehouse, item_code, shop, location_id, inventory_item_id)
);
