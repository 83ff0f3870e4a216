-- "Why is this number 320?", for every number that was published; and who paused what, since when.

-- Short names for what the history speaks of: a level's key takes a hundred bytes, its number eight.
ALTER TABLE level ADD COLUMN level_id bigint GENERATED ALWAYS AS IDENTITY;
ALTER TABLE publication ADD COLUMN publication_id bigint GENERATED ALWAYS AS IDENTITY;
CREATE UNIQUE INDEX publication_number ON publication (account, publication_id);

-- The words of derivations with all numbers taken out: a few, shared by very many. used_on: the last day on which one was used.
CREATE TABLE wording (
  account     text NOT NULL,
  wording_id  bigint GENERATED ALWAYS AS IDENTITY,
  hash        bytea NOT NULL,
  words       text NOT NULL,
  used_on     date NOT NULL,
  PRIMARY KEY (account, wording_id),
  UNIQUE (account, hash)
);

-- Every number as it was found, worked out and published. One partition a day, so that a day is forgotten at once; the rest
-- takes what comes before its day was made. Columns in the order in which they take least room.
CREATE SEQUENCE published_number;
CREATE TABLE published (
  level_id        bigint NOT NULL,
  published_id    bigint NOT NULL DEFAULT nextval('published_number'),
  at              timestamptz NOT NULL,               -- when the shop was read
  publication_id  bigint,                             -- the batch it was sent with; none: nothing was to be written
  wording_id      bigint NOT NULL,
  shown           integer,                            -- what the shop showed
  offered         integer,                            -- what it should show
  wrote           integer,                            -- what was sent; none: nothing was to be written
  committed       integer NOT NULL,
  reserved        integer NOT NULL,
  answer          smallint,                           -- none: the answer to its batch. 1 stale, 2 refused, 3 held up by another
  account         text NOT NULL,
  figures         text NOT NULL,                      -- the numbers that belong into the words, a JSON list
  orders          text,                               -- in flight: a JSON list of [name, units, warehouse, state, order id, shop]
  reason          text
) PARTITION BY RANGE (at);
CREATE TABLE published_rest PARTITION OF published DEFAULT;
CREATE INDEX published_level ON published (account, level_id, at, published_id);

-- Nothing is sent while paused: one connection, or everything of an account. Since when, and by whom.
ALTER TABLE connection ADD COLUMN paused_at timestamptz, ADD COLUMN paused_by text NOT NULL DEFAULT '';
ALTER TABLE account ADD COLUMN paused_at timestamptz, ADD COLUMN paused_by text NOT NULL DEFAULT '';
CREATE VIEW resting AS
SELECT c.account, c.connection FROM connection AS c JOIN account AS a USING (account) WHERE c.paused OR a.paused_at IS NOT NULL;

-- What the stock page walks along, and what its filters look for.
CREATE INDEX item_page ON item (account, sku, inventory_item_id);
CREATE INDEX level_differs ON level (account, shop, inventory_item_id) WHERE desired IS DISTINCT FROM available;
CREATE INDEX level_noted ON level (account, shop, inventory_item_id) WHERE note <> '';

-- Makes the partitions of some days (none that is there already, none whose rows are in the rest) and drops those of days that
-- ended before a moment; gives how many were dropped.
CREATE FUNCTION keep_published(first_day date, last_day date, before timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  day date;
  old text;
  dropped integer := 0;
BEGIN
  PERFORM set_config('lock_timeout', '3s', true);
  FOR day IN SELECT generate_series(first_day, last_day, '1 day')::date LOOP
    IF to_regclass('published_' || to_char(day, 'YYYYMMDD')) IS NULL AND NOT EXISTS (
        SELECT FROM published_rest WHERE at >= (day + time '00:00') AT TIME ZONE 'UTC' AND at < (day + 1 + time '00:00') AT TIME ZONE 'UTC') THEN
      EXECUTE format('CREATE TABLE %I PARTITION OF published FOR VALUES FROM (%L) TO (%L)', 'published_' || to_char(day, 'YYYYMMDD'),
                     (day + time '00:00') AT TIME ZONE 'UTC', (day + 1 + time '00:00') AT TIME ZONE 'UTC');
    END IF;
  END LOOP;
  FOR old IN
    SELECT c.relname FROM pg_inherits AS i JOIN pg_class AS c ON c.oid = i.inhrelid
    WHERE i.inhparent = 'published'::regclass AND c.relname ~ '^published_\d{8}$'
      AND (to_date(right(c.relname, 8), 'YYYYMMDD') + 1 + time '00:00') AT TIME ZONE 'UTC' <= before
  LOOP
    EXECUTE format('DROP TABLE %I', old);
    dropped := dropped + 1;
  END LOOP;
  RETURN dropped;
END $$;
