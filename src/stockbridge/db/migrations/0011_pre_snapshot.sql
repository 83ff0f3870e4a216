-- A full comparison takes all levels of a shop at once. stage: read, wait, snapshot (the shop's list of levels is awaited, and compared), compare
ALTER TABLE run ADD COLUMN way text NOT NULL DEFAULT 'reads';   -- how it learns what the shop shows: reads (page by page), snapshot (all at once)
ALTER TABLE run ADD COLUMN ticket text NOT NULL DEFAULT '';     -- under which the shop makes the snapshot
ALTER TABLE run ADD COLUMN ordered_at timestamptz;
ALTER TABLE run ADD COLUMN tries smallint NOT NULL DEFAULT 0;   -- how often in a row the snapshot could not be had
ALTER TABLE run ADD COLUMN remark text NOT NULL DEFAULT '';     -- what to know about how it came about; stays to the end

-- The levels that a run by snapshot still reads one by one, because they differ or cannot be judged by a snapshot.
CREATE TABLE run_cell (
  account            text NOT NULL,
  run_id             bigint NOT NULL,
  location_id        text NOT NULL,
  inventory_item_id  text NOT NULL,
  PRIMARY KEY (account, run_id, location_id, inventory_item_id),
  FOREIGN KEY (account, run_id) REFERENCES run ON DELETE CASCADE
);
