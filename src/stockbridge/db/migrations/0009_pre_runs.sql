-- Sweeps as runs: what was compared, what was found, what waits for a person because it would change too much at once.
-- kind: delta, full (sweeps of a shop), snapshot (a complete list of a warehouse), mapping (a change of a shop's mapping)
-- state: running, done, braked, approved, dropped, failed
CREATE TABLE run (
  account          text NOT NULL,
  run_id           bigint GENERATED ALWAYS AS IDENTITY,
  kind             text NOT NULL,
  dry              boolean NOT NULL DEFAULT false,   -- looks and changes nothing
  state            text NOT NULL,
  stage            text NOT NULL DEFAULT 'read',     -- of a sweep: read, wait, compare
  shop             text NOT NULL DEFAULT '',         -- empty: a warehouse's list may concern several
  warehouse        text NOT NULL DEFAULT '',         -- connection/warehouse of a snapshot
  asked_by         text NOT NULL DEFAULT '',         -- empty: the clock
  mapping_version  integer NOT NULL DEFAULT 0,       -- it is compared by this one to its end
  arrival_id       bigint,                           -- what waits: the list, the change of the mapping
  began_at         timestamptz NOT NULL,
  read_at          timestamptz,                      -- when its sources had been asked
  next_at          timestamptz NOT NULL,
  ended_at         timestamptz,
  pages            integer NOT NULL DEFAULT 0,
  visited          integer NOT NULL DEFAULT 0,
  expected         integer NOT NULL DEFAULT 0,       -- levels it will visit, as counted at its beginning
  after_location   text NOT NULL DEFAULT '',         -- where the next page begins
  after_item       text NOT NULL DEFAULT '',
  counts           jsonb NOT NULL DEFAULT '{}',
  reason           text NOT NULL DEFAULT '',
  decided_by       text NOT NULL DEFAULT '',
  decided_at       timestamptz,
  PRIMARY KEY (account, run_id)
);
CREATE UNIQUE INDEX run_running ON run (account, shop, kind, dry) WHERE state = 'running';
CREATE INDEX run_braked ON run (account) WHERE state = 'braked';
CREATE INDEX run_arrival ON run (account, arrival_id) WHERE arrival_id IS NOT NULL;

-- What a run found at one level. run_id NULL: a figure that we had to ask for told of it, and the shop's next run takes it up.
CREATE TABLE correction (
  account            text NOT NULL,
  correction_id      bigint GENERATED ALWAYS AS IDENTITY,
  run_id             bigint,
  shop               text NOT NULL,
  location_id        text NOT NULL,
  inventory_item_id  text NOT NULL,
  found_at           timestamptz NOT NULL,
  was                integer,
  should             integer,
  writes             boolean NOT NULL DEFAULT true,  -- false: found, and not ours to write
  cause              text NOT NULL,
  why                text NOT NULL DEFAULT '',
  PRIMARY KEY (account, correction_id)
);
CREATE UNIQUE INDEX correction_of_run ON correction (account, run_id, shop, location_id, inventory_item_id);
CREATE UNIQUE INDEX correction_open ON correction (account, shop, location_id, inventory_item_id) WHERE run_id IS NULL;
