-- name: prepare
-- The stand-in's own tables, in a schema of their own: what was begun, and which moments were noted.
CREATE SCHEMA IF NOT EXISTS stepped;
CREATE TABLE IF NOT EXISTS stepped.begun (key text PRIMARY KEY, job jsonb NOT NULL, times integer NOT NULL);
CREATE TABLE IF NOT EXISTS stepped.moment (name text, at timestamptz,
  done boolean NOT NULL DEFAULT false, PRIMARY KEY (name, at));

-- name: begin
-- Notes that a job was begun; gives how often it was, this time included.
INSERT INTO stepped.begun (key, job, times) VALUES (:key, :job::jsonb, 1)
ON CONFLICT (key) DO UPDATE SET times = stepped.begun.times + 1 RETURNING times;

-- name: end
-- Notes that a job came to its end.
DELETE FROM stepped.begun WHERE key = :key;

-- name: unfinished
-- The jobs that were begun and never came to an end.
SELECT key, job FROM stepped.begun ORDER BY key COLLATE "C";

-- name: note_moment
-- Notes a moment of a schedule, once for all workers; gives a row when it was not noted yet.
INSERT INTO stepped.moment (name, at) VALUES (:name, :at) ON CONFLICT DO NOTHING RETURNING name;

-- name: moments
-- The moments that wait to be handled, the earliest first.
SELECT name, at FROM stepped.moment WHERE NOT done ORDER BY at, name COLLATE "C";

-- name: moment_done
-- Notes that a moment was handled.
UPDATE stepped.moment SET done = true WHERE name = :name AND at = :at;
