-- name: mark
-- Notes that lanes were woken, in the order of their keys; gives the keys that were not noted already.
INSERT INTO wakeup (key, job, woken_at)
SELECT key, job::jsonb, :at FROM unnest(:keys::text[], :jobs::text[]) AS woken (key, job) ORDER BY key
ON CONFLICT (key) DO NOTHING
RETURNING key;

-- name: mark_again
-- Renews notes older than a moment, in the order of their keys; gives their keys. Notes that others hold are skipped.
WITH old AS (
  SELECT key FROM wakeup WHERE key = ANY(:keys) AND woken_at < :before ORDER BY key FOR UPDATE SKIP LOCKED
)
UPDATE wakeup SET woken_at = :at FROM old WHERE wakeup.key = old.key RETURNING wakeup.key;

-- name: begin
-- Takes the note of a lane away; gives until when it rests after a failure, NULL if it has not failed.
WITH gone AS (DELETE FROM wakeup WHERE key = :key)
SELECT (SELECT rest_until FROM job_failure WHERE key = :key) AS rest_until;

-- name: woken
-- The lanes that were woken and have not begun, by key.
SELECT key, job FROM wakeup ORDER BY key COLLATE "C";

-- name: resting
-- Which of these lanes rest after a failure.
SELECT key FROM job_failure WHERE key = ANY(:keys) AND rest_until > :now;

-- name: failed_times
-- How often a lane has failed in a row, locked; no row when it has not.
SELECT times FROM job_failure WHERE key = :key FOR UPDATE;

-- name: fail
-- Notes a failure of a lane.
INSERT INTO job_failure (key, job, times, error, first_at, last_at, rest_until)
VALUES (:key, :job::jsonb, :times, :error, :at, :at, :rest_until)
ON CONFLICT (key) DO UPDATE SET times = excluded.times, error = excluded.error, last_at = excluded.last_at,
  rest_until = excluded.rest_until;

-- name: well
-- Forgets the failures of a lane; gives the job that failed.
DELETE FROM job_failure WHERE key = :key RETURNING job;

-- name: failures
-- The lanes in trouble, the latest first.
SELECT key, job, times, error, first_at, last_at, rest_until FROM job_failure ORDER BY last_at DESC, key LIMIT :limit;

-- name: alive
-- Whether the session that holds a named lock lives. Soon after a start of the server everybody counts as alive, because
-- those who live need a moment to take their locks again.
SELECT pg_postmaster_start_time() > clock_timestamp() - make_interval(secs => :grace_s) OR EXISTS (
  SELECT 1 FROM pg_locks, (SELECT hashtextextended(:name, 0) AS h) AS lock
  WHERE locktype = 'advisory' AND granted AND objsubid = 1
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
    AND classid::bigint = (h >> 32) & 4294967295 AND objid::bigint = h & 4294967295
) AS alive;

-- name: workers
-- How many workers hold a liveness session.
SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = :name;

-- name: take
-- Tries to take a named lock for this session; gives whether it was free (or ours).
SELECT pg_try_advisory_lock(hashtextextended(:name, 0));

-- name: release
-- Gives a named lock of this session back.
SELECT pg_advisory_unlock(hashtextextended(:name, 0));

-- name: release_all
-- Gives all named locks of this session back.
SELECT pg_advisory_unlock_all();

-- name: server_age
-- How many seconds ago the server started.
SELECT extract(epoch FROM clock_timestamp() - pg_postmaster_start_time())::float8;
