-- Units that left a location without a warehouse being asked, or came back, or were changed by hand (domain/spent.py): one row per
-- change, never altered but for what is known of the telling.
CREATE TABLE spent (
  account            text NOT NULL,
  reference          text NOT NULL,                   -- ours; the warehouse is told under it
  shop               text NOT NULL,
  order_id           text NOT NULL,                   -- empty: the number itself was changed in the shop
  order_name         text NOT NULL,
  line_id            text NOT NULL,
  location_id        text NOT NULL,
  inventory_item_id  text NOT NULL,
  units              integer NOT NULL,                -- left; negative: came back
  told_by            text NOT NULL,                   -- book, other, nobody
  connection         text NOT NULL,                   -- the source that is told
  warehouse          text NOT NULL,
  item_code          text NOT NULL,
  happened_at        timestamptz NOT NULL,            -- the channel's clock
  heard_at           timestamptz NOT NULL,
  told_seq           bigint,                          -- of the warehouse's word that it is booked
  told_at            timestamptz,                     -- when that word reached us
  settles_at         timestamptz,                     -- told by another: a figure later than this has it
  contained          boolean NOT NULL DEFAULT false,  -- a figure has it (or nobody counts it)
  why                text NOT NULL DEFAULT '',        -- why nobody counts it
  PRIMARY KEY (account, reference)
);
CREATE INDEX spent_cell ON spent (account, shop, location_id, inventory_item_id) WHERE NOT contained;
CREATE INDEX spent_pool ON spent (account, connection, warehouse, item_code) WHERE NOT contained;
CREATE INDEX spent_order ON spent (account, shop, order_id);

-- Units that an order holds open at a location and that no warehouse was asked for there.
CREATE TABLE waiting (
  account            text NOT NULL,
  shop               text NOT NULL,
  order_id           text NOT NULL,
  location_id        text NOT NULL,
  inventory_item_id  text NOT NULL,
  units              integer NOT NULL,
  PRIMARY KEY (account, shop, order_id, location_id, inventory_item_id)
);
CREATE INDEX waiting_cell ON waiting (account, shop, location_id, inventory_item_id);

-- What orders say has left the channel's count, until the next look at the level adds it up. Only ever inserted and taken.
CREATE TABLE movement (
  account            text NOT NULL,
  movement_id        bigint GENERATED ALWAYS AS IDENTITY,
  shop               text NOT NULL,
  location_id        text NOT NULL,
  inventory_item_id  text NOT NULL,
  gone               integer NOT NULL,                -- units shipped less units that came back, by whoever's record
  dropped            integer NOT NULL,                -- units that an order gave up; on offer again, or not
  happened_at        timestamptz NOT NULL,
  PRIMARY KEY (account, movement_id)
);
CREATE INDEX movement_cell ON movement (account, shop, location_id, inventory_item_id);

-- The channel's own count of a level (domain/ownership.py).
ALTER TABLE level ADD COLUMN base bigint;                        -- count + gone − given, when we last agreed with the channel
ALTER TABLE level ADD COLUMN base_at timestamptz;
ALTER TABLE level ADD COLUMN gone bigint NOT NULL DEFAULT 0;     -- units that orders say have left, since ever
ALTER TABLE level ADD COLUMN given bigint NOT NULL DEFAULT 0;    -- what our writes added, since ever
ALTER TABLE level ADD COLUMN dropped integer NOT NULL DEFAULT 0; -- units given up by orders that may not have been put back
ALTER TABLE level ADD COLUMN odd integer NOT NULL DEFAULT 0;     -- the difference that nothing explains
ALTER TABLE level ADD COLUMN odd_since timestamptz;
ALTER TABLE level ADD COLUMN unseen integer NOT NULL DEFAULT 0;  -- units committed to orders that were never read
ALTER TABLE level ADD COLUMN unseen_since timestamptz;

-- Changes of a level that somebody other than us made, once believed.
CREATE TABLE foreign_change (
  account            text NOT NULL,
  shop               text NOT NULL,
  location_id        text NOT NULL,
  inventory_item_id  text NOT NULL,
  at                 timestamptz NOT NULL,
  units              integer NOT NULL,
  reference          text NOT NULL DEFAULT '',        -- of what the warehouse was told of it; empty: nothing
  PRIMARY KEY (account, shop, location_id, inventory_item_id, at)
);
