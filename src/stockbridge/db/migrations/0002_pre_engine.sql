-- What the engine keeps beside its own schema: which lanes have been woken, and which ones are in trouble.

-- A lane that was woken and whose job has not begun yet. The job's first act is to delete the row. Rows turn over fast.
CREATE TABLE wakeup (
  key       text PRIMARY KEY,                     -- ports.Job.key
  job       jsonb NOT NULL,
  woken_at  timestamptz NOT NULL
) WITH (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 500, autovacuum_vacuum_cost_delay = 0);

-- A lane whose job failed as a whole. It rests until rest_until, is then tried again, and leaves with the first success.
CREATE TABLE job_failure (
  key         text PRIMARY KEY,
  job         jsonb NOT NULL,
  times       integer NOT NULL,
  error       text NOT NULL,
  first_at    timestamptz NOT NULL,
  last_at     timestamptz NOT NULL,
  rest_until  timestamptz NOT NULL
);
