-- The tables of the house. Every key starts with the account (DESIGN D4). Times are handed in, never now().

CREATE TABLE account (
  account     text PRIMARY KEY,
  title       text NOT NULL,
  created_at  timestamptz NOT NULL
);

-- One configured shop, warehouse system or alert sink. Secrets are encrypted (db/connections.py). A shop's name is its domain.
CREATE TABLE connection (
  account        text NOT NULL REFERENCES account,
  connection     text NOT NULL,
  kind           text NOT NULL,
  title          text NOT NULL,
  settings       jsonb NOT NULL DEFAULT '{}',
  secrets        bytea,
  time_zone      text NOT NULL DEFAULT 'UTC',
  live           boolean NOT NULL DEFAULT false,   -- orders flow; false: watched only (DESIGN D13)
  start_line     timestamptz,                      -- orders placed before it are never submitted by themselves
  paused         boolean NOT NULL DEFAULT false,
  version        integer NOT NULL DEFAULT 1,
  last_in_at     timestamptz,
  last_out_at    timestamptz,
  last_error     text,
  last_error_at  timestamptz,
  created_at     timestamptz NOT NULL,
  PRIMARY KEY (account, connection)
);

-- What has been received, as it came. state: 0 new, 1 done, 2 parked.
CREATE TABLE arrival (
  account      text NOT NULL,
  arrival_id   bigint GENERATED ALWAYS AS IDENTITY,
  connection   text NOT NULL,
  dedupe_key   text NOT NULL,
  topic        text NOT NULL,
  subject      text NOT NULL,
  lane         smallint NOT NULL,
  headers      jsonb NOT NULL DEFAULT '{}',
  body         bytea NOT NULL,
  received_at  timestamptz NOT NULL,
  state        smallint NOT NULL DEFAULT 0,
  attempts     smallint NOT NULL DEFAULT 0,
  done_at      timestamptz,
  outcome      text,
  PRIMARY KEY (account, arrival_id),
  UNIQUE (account, connection, dedupe_key)
);
ALTER TABLE arrival ALTER COLUMN body SET STORAGE EXTERNAL;
CREATE INDEX arrival_due ON arrival (account, connection, lane, arrival_id) WHERE state = 0;
CREATE INDEX arrival_waiting ON arrival (received_at) WHERE state = 0;
CREATE INDEX arrival_subject ON arrival (account, subject, arrival_id);

-- What is to be done outside: a row before it is a call (DESIGN D8).
-- state: pending, sending, unknown, done, refused, parked, dropped
CREATE TABLE effect (
  account       text NOT NULL,
  effect_id     bigint GENERATED ALWAYS AS IDENTITY,
  connection    text NOT NULL,
  key           text NOT NULL,
  kind          text NOT NULL,
  subject       text NOT NULL,
  lane          smallint NOT NULL,
  payload       jsonb NOT NULL,
  state         text NOT NULL DEFAULT 'pending',
  attempts      integer NOT NULL DEFAULT 0,
  not_found     smallint NOT NULL DEFAULT 0,      -- look-ups that found nothing since the last sending
  next_at       timestamptz NOT NULL,
  sent_at       timestamptz,                      -- when the last call began
  sent_by       text,                             -- the worker that began it
  looked_at     timestamptz,                      -- when the last look-up found nothing
  receipt       text,                             -- their id
  answer_id     bigint,                           -- the arrival that holds their answer
  reason        text,
  created_at    timestamptz NOT NULL,
  done_at       timestamptz,
  PRIMARY KEY (account, effect_id),
  UNIQUE (account, key)
);
CREATE INDEX effect_due ON effect (account, connection, lane, next_at) WHERE state IN ('pending', 'unknown');
CREATE INDEX effect_sending ON effect (account, connection, lane) WHERE state = 'sending';
CREATE INDEX effect_subject ON effect (account, subject, effect_id);

-- One line for each decision and each receipt, for people: what happened, and why.
CREATE TABLE journal (
  account     text NOT NULL,
  journal_id  bigint GENERATED ALWAYS AS IDENTITY,
  at          timestamptz NOT NULL,
  subject     text NOT NULL,                      -- order/<id> or stock/<location>/<item> or connection/<name>
  kind        text NOT NULL,                      -- a dotted word: order.placed, submission.accepted, level.written …
  text        text NOT NULL,
  actor       text NOT NULL DEFAULT '',
  data        jsonb,
  arrival_id  bigint,
  effect_id   bigint,
  PRIMARY KEY (account, journal_id)
);
CREATE INDEX journal_subject ON journal (account, subject, journal_id);

-- What waits for a person: cause, effect, remedy. At most one open per (subject, cause).
CREATE TABLE parked (
  account     text NOT NULL,
  parked_id   bigint GENERATED ALWAYS AS IDENTITY,
  subject     text NOT NULL,
  cause       text NOT NULL,                      -- a code: unmapped_item, no_stock, unreadable, unknown_outcome, refused …
  connection  text NOT NULL,
  title       text NOT NULL,                      -- the cause in one sentence
  consequence text NOT NULL,                      -- what does not happen meanwhile
  remedy      text NOT NULL,                      -- the code of the button: map_item, retry, dismiss …
  data        jsonb NOT NULL DEFAULT '{}',
  arrival_id  bigint,
  effect_id   bigint,
  opened_at   timestamptz NOT NULL,
  closed_at   timestamptz,
  closed_by   text,
  closed_how  text,
  PRIMARY KEY (account, parked_id)
);
CREATE UNIQUE INDEX parked_open ON parked (account, subject, cause) WHERE closed_at IS NULL;
CREATE INDEX parked_opened ON parked (account, opened_at) WHERE closed_at IS NULL;

CREATE TABLE location (
  account              text NOT NULL,
  shop                 text NOT NULL,
  location_id          text NOT NULL,
  name                 text NOT NULL,
  active               boolean NOT NULL,
  fulfillment_service  boolean NOT NULL DEFAULT false,
  country_code         text NOT NULL DEFAULT '',
  PRIMARY KEY (account, shop, location_id)
);

CREATE TABLE item (
  account            text NOT NULL,
  shop               text NOT NULL,
  inventory_item_id  text NOT NULL,
  variant_id         text NOT NULL,
  product_id         text NOT NULL,
  sku                text NOT NULL,
  barcode            text NOT NULL DEFAULT '',
  title              text NOT NULL,
  tracked            boolean NOT NULL,
  requires_shipping  boolean NOT NULL,
  seen_at            timestamptz NOT NULL,
  PRIMARY KEY (account, shop, inventory_item_id)
);
CREATE INDEX item_sku ON item (account, shop, sku);

-- Which item code a warehouse uses for an inventory item (the SKU cross-reference).
CREATE TABLE crossref (
  account            text NOT NULL,
  shop               text NOT NULL,
  inventory_item_id  text NOT NULL,
  connection         text NOT NULL,
  warehouse          text NOT NULL,
  item_code          text NOT NULL,
  active             boolean NOT NULL DEFAULT true,
  verified_at        timestamptz NOT NULL,
  verified_by        text NOT NULL DEFAULT '',
  PRIMARY KEY (account, shop, inventory_item_id, connection, warehouse)
);
CREATE INDEX crossref_item_code ON crossref (account, connection, warehouse, item_code) WHERE active;

-- Which zones of which warehouse feed a location. priority: smaller first.
CREATE TABLE source (
  account          text NOT NULL,
  shop             text NOT NULL,
  location_id      text NOT NULL,
  connection       text NOT NULL,
  warehouse        text NOT NULL,
  zones            jsonb NOT NULL,
  priority         integer NOT NULL DEFAULT 100,
  keep_units       integer NOT NULL DEFAULT 0,
  keep_percent_bp  integer NOT NULL DEFAULT 0,
  active           boolean NOT NULL DEFAULT true,
  live             boolean NOT NULL DEFAULT false,    -- false: computed and compared, not written (DESIGN D13)
  version          integer NOT NULL DEFAULT 1,
  PRIMARY KEY (account, shop, location_id, connection, warehouse)
);
CREATE INDEX source_warehouse ON source (account, connection, warehouse) WHERE active;

-- The newest figure of a warehouse for an item, zone by zone. An older one never replaces it.
CREATE TABLE figure (
  account      text NOT NULL,
  connection   text NOT NULL,
  warehouse    text NOT NULL,
  item_code    text NOT NULL,
  zones        jsonb NOT NULL,
  basis        text NOT NULL,
  occurred_at  timestamptz NOT NULL,
  sequence     bigint,
  asked_at     timestamptz,                       -- when we asked for it (polled figures only)
  received_at  timestamptz NOT NULL,
  arrival_id   bigint,
  PRIMARY KEY (account, connection, warehouse, item_code)
);

-- One order as the channel last showed it. subject: order/<order_id>
CREATE TABLE orders (
  account       text NOT NULL,
  shop          text NOT NULL,
  order_id      text NOT NULL,
  name          text NOT NULL,
  state         text NOT NULL,                    -- domain/orders.py OrderState
  reason        text NOT NULL DEFAULT '',         -- why it is in this state, in words
  placed_at     timestamptz NOT NULL,
  updated_at    timestamptz NOT NULL,             -- the channel's clock
  read_at       timestamptz NOT NULL,             -- when we read it (ours)
  cancelled_at  timestamptz,
  snapshot      jsonb NOT NULL,                   -- domain ChannelOrder
  ship_to_name  text NOT NULL DEFAULT '',
  country_code  text NOT NULL DEFAULT '',
  tags          jsonb NOT NULL DEFAULT '[]',
  version       integer NOT NULL DEFAULT 1,
  first_seen_at timestamptz NOT NULL,
  retry_at      timestamptz,                      -- when a waiting order is looked at again by itself
  PRIMARY KEY (account, shop, order_id)
);
CREATE INDEX orders_placed ON orders (account, placed_at DESC);
CREATE INDEX orders_state ON orders (account, state, placed_at DESC);
CREATE INDEX orders_name ON orders (account, name);
CREATE INDEX orders_seen ON orders (account, first_seen_at);
CREATE INDEX orders_lines ON orders USING gin ((snapshot -> 'lines') jsonb_path_ops);
CREATE INDEX orders_retry ON orders (account, shop, retry_at) WHERE retry_at IS NOT NULL;

-- What one warehouse is asked to ship of one order. reference: ours, unique in the account, stays for ever.
-- state: moving, intended, accepted, cancelling, cancelled, refused, shipped
CREATE TABLE submission (
  account        text NOT NULL,
  reference      text NOT NULL,
  shop           text NOT NULL,
  order_id       text NOT NULL,
  number         integer NOT NULL,
  connection     text NOT NULL,
  warehouse      text NOT NULL,
  location_id    text NOT NULL,
  state          text NOT NULL,
  progress       text NOT NULL DEFAULT '',        -- the warehouse's own last word: picking, packed …
  warehouse_ref  text NOT NULL DEFAULT '',
  reason         text NOT NULL DEFAULT '',
  intended_at    timestamptz NOT NULL,
  accepted_at    timestamptz,
  ended_at       timestamptz,
  PRIMARY KEY (account, reference),
  UNIQUE (account, shop, order_id, number)
);
CREATE INDEX submission_accepted ON submission (account, accepted_at);
CREATE INDEX submission_open ON submission (account, connection, warehouse, state) WHERE ended_at IS NULL;

-- The claim ledger (DESIGN 'What available means'): one row per submitted order line. Written by routing and submission,
-- read by availability. Sequences are the warehouse's; where it has none, the *_at times decide.
CREATE TABLE claim (
  account            text NOT NULL,
  reference          text NOT NULL,
  line_id            text NOT NULL,
  shop               text NOT NULL,
  order_id           text NOT NULL,
  location_id        text NOT NULL,
  inventory_item_id  text NOT NULL,
  connection         text NOT NULL,
  warehouse          text NOT NULL,
  item_code          text NOT NULL,
  units              integer NOT NULL CHECK (units > 0),
  cancelled          integer NOT NULL DEFAULT 0,        -- units whose cancellation the source confirmed (or that were never sent)
  shipped            integer NOT NULL DEFAULT 0,        -- units in confirmed shipments
  written_back       integer NOT NULL DEFAULT 0,        -- units recorded as fulfilled in the channel
  open_units         integer NOT NULL,                  -- units still open in the channel at location_id, as last seen
  accepted_seq       bigint,
  accepted_at        timestamptz,                       -- when the answer reached us
  reserved_seq       bigint,
  reserved_at        timestamptz,
  contained          integer NOT NULL DEFAULT 0,        -- units that a recorded figure already contains (never shrinks)
  open               boolean NOT NULL DEFAULT true,     -- false: cancelled + contained = units and nothing more can follow
  PRIMARY KEY (account, reference, line_id)
);
CREATE INDEX claim_pool ON claim (account, connection, warehouse, item_code) WHERE open;
CREATE INDEX claim_cell ON claim (account, shop, location_id, inventory_item_id) WHERE open_units > 0;
CREATE INDEX claim_order ON claim (account, shop, order_id);

-- A parcel that left: the warehouse's fact, and the channel's record of it.
CREATE TABLE shipment (
  account         text NOT NULL,
  shipment_id     text NOT NULL,                        -- <connection>/<their id>
  reference       text NOT NULL,
  shop            text NOT NULL,
  order_id        text NOT NULL,
  location_id     text NOT NULL,
  warehouse       text NOT NULL,
  carrier         text NOT NULL DEFAULT '',
  tracking        jsonb NOT NULL DEFAULT '{}',
  shipped_at      timestamptz NOT NULL,
  sequence        bigint,
  received_at     timestamptz NOT NULL,
  fulfillment_id  text,
  written_at      timestamptz,
  PRIMARY KEY (account, shipment_id)
);
CREATE INDEX shipment_received ON shipment (account, received_at);
CREATE INDEX shipment_order ON shipment (account, shop, order_id);

CREATE TABLE shipment_line (
  account      text NOT NULL,
  shipment_id  text NOT NULL,
  line_id      text NOT NULL,
  reference    text NOT NULL,
  units        integer NOT NULL CHECK (units > 0),
  PRIMARY KEY (account, shipment_id, line_id)
);
CREATE INDEX shipment_line_claim ON shipment_line (account, reference, line_id);

-- What each location should offer of each item, and what it did: desired levels are rows, not jobs.
CREATE TABLE level (
  account            text NOT NULL,
  shop               text NOT NULL,
  location_id        text NOT NULL,
  inventory_item_id  text NOT NULL,
  dirty              bigint NOT NULL DEFAULT 1,         -- counts the reasons to look again
  clean              bigint NOT NULL DEFAULT 0,         -- the dirty count that the last finished look had read
  next_at            timestamptz NOT NULL,
  desired            integer,                           -- what it should be, at the last look
  derivation         jsonb,                             -- how desired came about
  available          integer,                           -- what the channel had at the last look (after our write)
  committed          integer,
  reserved           integer,
  read_at            timestamptz,
  written            integer,                           -- what we last wrote
  written_at         timestamptz,
  stale              smallint NOT NULL DEFAULT 0,       -- stale answers in a row
  note               text NOT NULL DEFAULT '',          -- why it is not written, when it is not
  PRIMARY KEY (account, shop, location_id, inventory_item_id)
);
CREATE INDEX level_dirty ON level (account, shop, next_at) WHERE dirty <> clean;
CREATE INDEX level_item ON level (account, shop, inventory_item_id);

-- A batch of level writes: its key is saved before it is sent.
CREATE TABLE publication (
  account     text NOT NULL,
  key         text NOT NULL,
  shop        text NOT NULL,
  writes      jsonb NOT NULL,
  outcome     text NOT NULL DEFAULT 'sending',          -- sending, done, refused, unknown
  began_at    timestamptz NOT NULL,
  ended_at    timestamptz,
  PRIMARY KEY (account, key)
);
CREATE INDEX publication_open ON publication (account, shop) WHERE outcome IN ('sending', 'unknown');

-- One publisher per shop: who holds the pen, until when.
CREATE TABLE lease (
  account  text NOT NULL,
  name     text NOT NULL,
  holder   text NOT NULL,
  token    bigint NOT NULL DEFAULT 1,
  until    timestamptz NOT NULL,
  PRIMARY KEY (account, name)
);

-- How far each sweep has read, in the door's own words.
CREATE TABLE cursor (
  account     text NOT NULL,
  connection  text NOT NULL,
  what        text NOT NULL,
  cursor      text,
  ran_at      timestamptz NOT NULL,
  found       integer NOT NULL DEFAULT 0,
  error       text NOT NULL DEFAULT '',
  PRIMARY KEY (account, connection, what)
);

-- One rate budget per connection, shared by all workers.
CREATE TABLE budget (
  account        text NOT NULL,
  connection     text NOT NULL,
  available      double precision NOT NULL,
  maximum        double precision NOT NULL,
  restore_per_s  double precision NOT NULL,
  at             timestamptz NOT NULL,
  PRIMARY KEY (account, connection)
);

-- People.
CREATE TABLE person (
  account        text NOT NULL,
  person_id      text NOT NULL,
  email          text NOT NULL,
  name           text NOT NULL,
  role           text NOT NULL CHECK (role IN ('viewer', 'operator', 'manager', 'admin')),
  password_hash  text,
  active         boolean NOT NULL DEFAULT true,
  created_at     timestamptz NOT NULL,
  last_login_at  timestamptz,
  PRIMARY KEY (account, person_id)
);
CREATE UNIQUE INDEX person_email ON person (account, lower(email));

CREATE TABLE session (
  token_hash   bytea PRIMARY KEY,
  account      text NOT NULL,
  person_id    text NOT NULL,
  created_at   timestamptz NOT NULL,
  seen_at      timestamptz NOT NULL,
  expires_at   timestamptz NOT NULL,
  user_agent   text NOT NULL DEFAULT ''
);
CREATE INDEX session_person ON session (account, person_id);

-- One-time links: set up the first account, log in from the terminal, invite.
CREATE TABLE login_link (
  token_hash  bytea PRIMARY KEY,
  account     text NOT NULL,
  purpose     text NOT NULL CHECK (purpose IN ('setup', 'login', 'invite')),
  person_id   text,
  role        text,
  created_at  timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  used_at     timestamptz
);

-- Who tried to log in and failed: slows guessing.
CREATE TABLE login_attempt (
  key        text NOT NULL,
  at         timestamptz NOT NULL
);
CREATE INDEX login_attempt_key ON login_attempt (key, at);
