-- name: prepare
-- The floor's tables, in a schema of their own.
CREATE SCHEMA IF NOT EXISTS floor;
CREATE TABLE IF NOT EXISTS floor.work (work_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL,
  job jsonb NOT NULL, does text NOT NULL, swept boolean NOT NULL, tries integer NOT NULL DEFAULT 0,
  done integer NOT NULL DEFAULT 0);
CREATE INDEX IF NOT EXISTS work_due ON floor.work (key, work_id) WHERE done = 0;
CREATE TABLE IF NOT EXISTS floor.run (run_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, key text NOT NULL,
  job jsonb NOT NULL, worker text NOT NULL, took integer NOT NULL DEFAULT 0, begun_at timestamptz NOT NULL,
  ended_at timestamptz);
CREATE INDEX IF NOT EXISTS run_key ON floor.run (key);
CREATE TABLE IF NOT EXISTS floor.moment (name text NOT NULL, at timestamptz NOT NULL, worker text NOT NULL);

-- name: add
-- Puts a piece of work into a lane.
INSERT INTO floor.work (key, job, does, swept) VALUES (:key, :job::jsonb, :does, :swept);

-- name: next
-- The next piece of work of a lane, locked.
SELECT work_id, does, tries FROM floor.work WHERE key = :key AND done = 0 ORDER BY work_id LIMIT 1 FOR UPDATE;

-- name: tried
-- Notes that a piece of work was tried.
UPDATE floor.work SET tries = tries + 1 WHERE work_id = :work_id;

-- name: done
-- Notes that a piece of work was done, and by which run.
WITH took AS (UPDATE floor.run SET took = took + 1 WHERE run_id = :run_id)
UPDATE floor.work SET done = done + 1 WHERE work_id = :work_id;

-- name: due
-- The lanes with work, as far as the sweep may see it.
SELECT DISTINCT ON (key) job FROM floor.work WHERE done = 0 AND swept ORDER BY key;

-- name: begin_run
-- Notes that a run began; gives its number.
INSERT INTO floor.run (key, job, worker, begun_at) VALUES (:key, :job::jsonb, :worker, clock_timestamp()) RETURNING run_id;

-- name: end_run
-- Notes that a run ended.
UPDATE floor.run SET ended_at = clock_timestamp() WHERE run_id = :run_id;

-- name: fired
-- Notes that a schedule called its handler.
INSERT INTO floor.moment (name, at, worker) VALUES (:name, :at, :worker);

-- name: undone
-- How many pieces of work are not done.
SELECT count(*) FROM floor.work WHERE done = 0 AND key LIKE :pattern;

-- name: twice
-- How many pieces of work were done more than once.
SELECT count(*) FROM floor.work WHERE done > 1 AND key LIKE :pattern;

-- name: runs
-- The runs of lanes, in the order in which they began.
SELECT key, job, worker, took, begun_at, ended_at FROM floor.run WHERE key LIKE :pattern ORDER BY run_id;

-- name: overlaps
-- How many pairs of runs of one lane overlapped. A run that never ended is a killed one, and overlaps nothing.
SELECT count(*) FROM floor.run AS a JOIN floor.run AS b ON a.key = b.key AND a.run_id < b.run_id
WHERE a.key LIKE :pattern AND a.ended_at > b.begun_at;

-- name: moments
-- The moments handled, in order.
SELECT name, at, worker FROM floor.moment WHERE name = :name ORDER BY at, worker;
