-- The same thing asked for many orders at once: worked through in order, stopped when a person says so, with what became of each.
-- state: running, done, stopped
CREATE TABLE batch (
  account     text NOT NULL,
  batch_id    text NOT NULL,
  action      text NOT NULL,                      -- domain/batches.py Action
  state       text NOT NULL DEFAULT 'running',
  orders      integer NOT NULL,
  asked_by    text NOT NULL,
  asked_at    timestamptz NOT NULL,
  next_at     timestamptz NOT NULL,               -- when it is looked at again
  stopped_by  text NOT NULL DEFAULT '',
  ended_at    timestamptz,
  PRIMARY KEY (account, batch_id)
);
CREATE INDEX batch_running ON batch (account, asked_at) WHERE state = 'running';
CREATE INDEX batch_asked ON batch (account, asked_at DESC);

-- One order of a batch. state: waiting, asked (it is under way), done, left (stopped before its turn).
CREATE TABLE batch_order (
  account   text NOT NULL,
  batch_id  text NOT NULL,
  number    integer NOT NULL,
  shop      text NOT NULL,
  order_id  text NOT NULL,
  state     text NOT NULL DEFAULT 'waiting',
  fine      boolean NOT NULL DEFAULT false,       -- done, and nothing about it waits for a person
  said      text NOT NULL DEFAULT '',             -- what became of it, in words
  asked_at  timestamptz,
  parked_to bigint NOT NULL DEFAULT 0,            -- what had been parked by then is what was asked about
  ended_at  timestamptz,
  PRIMARY KEY (account, batch_id, number),
  FOREIGN KEY (account, batch_id) REFERENCES batch ON DELETE CASCADE
);
CREATE INDEX batch_order_open ON batch_order (account, batch_id, number) WHERE state IN ('waiting', 'asked');

-- Views of the list of orders that somebody keeps, for everybody in the account. query: the filters, as in the page's address.
CREATE TABLE saved_view (
  account  text NOT NULL,
  title    text NOT NULL,
  query    text NOT NULL,
  made_by  text NOT NULL,
  made_at  timestamptz NOT NULL,
  PRIMARY KEY (account, title)
);

-- What changes the committed units of a level and is under way, or was done a moment ago: found without going through the open orders.
CREATE INDEX effect_committed ON effect (account, connection, done_at)
  WHERE kind IN ('record_fulfillment', 'move_fulfillment_order') AND state IN ('sending', 'unknown', 'done');
