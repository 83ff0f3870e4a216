-- name: append
-- Effects, each once: a key that is there already adds nothing. In the order of the arrays; gives the lanes of the new ones.
INSERT INTO effect (account, connection, key, kind, subject, lane, payload, next_at, created_at)
SELECT :account, :connection, key, kind, subject, lane, CAST(payload AS jsonb), :now, :now
FROM unnest(CAST(:keys AS text[]), CAST(:kinds AS text[]), CAST(:subjects AS text[]), CAST(:lanes AS smallint[]),
            CAST(:payloads AS text[])) WITH ORDINALITY AS new(key, kind, subject, lane, payload, place)
ORDER BY place
ON CONFLICT (account, key) DO NOTHING
RETURNING lane;

-- name: readings_asked
-- Of some subjects, those of which a reading is asked for already and not begun.
SELECT DISTINCT subject FROM effect
WHERE account = :account AND subject = ANY(:subjects) AND kind = 'fetch_order' AND connection = :connection
  AND state IN ('pending', 'sending', 'unknown') AND state = 'pending' AND attempts = 0;

-- name: unsent
-- Of some effects, those that are not at the other side (never sent, certainly not done, or looked up and not there), locked
-- so that they stay so.
SELECT key FROM effect
WHERE account = :account AND key = ANY(:keys) AND state = 'pending'
FOR UPDATE;

-- name: withdraw
-- Drop effects that are not at the other side.
UPDATE effect SET state = 'dropped', done_at = :now, reason = 'withdrawn before it was sent'
WHERE account = :account AND key = ANY(:keys) AND state = 'pending';

-- name: rest_too
-- What else of its kind is to be sent over a connection waits as long as one that it turned away, and a little longer. A key may
-- lack one right alone.
UPDATE effect SET next_at = :next_at
WHERE account = :account AND effect_id = ANY(ARRAY(
  SELECT effect_id FROM effect
  WHERE account = :account AND connection = :connection AND kind = :kind AND state = 'pending' AND next_at < :next_at
    AND effect_id <> :effect_id
  ORDER BY effect_id FOR UPDATE SKIP LOCKED));

-- name: prove
-- Something else shows that these effects were performed. Locked in one order, as "done" does.
WITH proven AS (
  SELECT e.effect_id, p.receipt
  FROM effect e JOIN unnest(CAST(:keys AS text[]), CAST(:receipts AS text[])) AS p(key, receipt) ON p.key = e.key
  WHERE e.account = :account AND e.state IN ('pending', 'sending', 'unknown', 'parked')
  ORDER BY e.effect_id FOR UPDATE OF e)
UPDATE effect SET state = 'done', done_at = :now, receipt = coalesce(nullif(proven.receipt, ''), effect.receipt), reason = ''
FROM proven WHERE effect.account = :account AND effect.effect_id = proven.effect_id;

-- name: claim
-- Take due effects of one lane: the oldest per subject, none whose subject has a call under way in it. They are marked
-- as being sent before any call is made. Over a connection that is paused only readings go on.
UPDATE effect SET state = 'sending', attempts = attempts + 1, sent_at = :now, sent_by = :worker
WHERE account = :account AND effect_id = ANY(ARRAY(
  SELECT e.effect_id FROM effect e
  WHERE e.account = :account AND e.connection = :connection AND e.lane = :lane AND e.state = 'pending' AND e.next_at <= :now
    AND (e.lane = :readings OR NOT EXISTS (SELECT FROM resting WHERE account = :account AND connection = :connection))
    AND NOT EXISTS (
      SELECT 1 FROM effect older
      WHERE older.account = e.account AND older.subject = e.subject AND older.connection = e.connection
        AND older.lane = e.lane AND older.state IN ('pending', 'sending', 'unknown')
        AND (older.state <> 'pending' OR older.effect_id < e.effect_id)
      OFFSET 0)  -- one look into effect_open for each row, never a join with all that was ever done
  ORDER BY e.next_at, e.effect_id LIMIT :most
  FOR UPDATE SKIP LOCKED))
RETURNING effect_id, key, kind, subject, payload, attempts;

-- name: claim_unknown
-- Effects of one lane whose outcome is to be looked up now. The look-up is booked before it is made.
UPDATE effect SET next_at = :booked
WHERE account = :account AND effect_id = ANY(ARRAY(
  SELECT effect_id FROM effect
  WHERE account = :account AND connection = :connection AND lane = :lane AND state = 'unknown' AND next_at <= :now
  ORDER BY next_at LIMIT :most
  FOR UPDATE SKIP LOCKED))
RETURNING effect_id, key, kind, subject, payload, attempts, not_found, sent_at;

-- name: senders
-- Who has calls under way in a lane, other than this worker.
SELECT DISTINCT sent_by FROM effect
WHERE account = :account AND connection = :connection AND lane = :lane AND state = 'sending' AND sent_by <> :worker;

-- name: abandon
-- The worker that was sending these is dead: whether they arrived is not known.
UPDATE effect SET state = 'unknown', next_at = :now, reason = 'the worker stopped while it was being sent'
WHERE account = :account AND connection = :connection AND lane = :lane AND state = 'sending' AND sent_by = :worker;

-- name: abandon_own
-- This very worker left these behind: a call that ended without being booked.
UPDATE effect SET state = 'unknown', next_at = :now, reason = 'the call ended without being booked'
WHERE account = :account AND connection = :connection AND lane = :lane AND state = 'sending' AND sent_by = :worker
  AND NOT effect_id = ANY(:under_way) AND sent_at < :before;

-- name: done
-- They were performed. A late answer is booked too, unless the effect is done already. Locked in one order.
WITH booked AS (
  SELECT e.effect_id, d.receipt, d.answer_id
  FROM effect e
  JOIN unnest(CAST(:effect_ids AS bigint[]), CAST(:receipts AS text[]), CAST(:answer_ids AS bigint[])) AS d(effect_id, receipt, answer_id)
    USING (effect_id)
  WHERE e.account = :account AND e.effect_id = ANY(CAST(:effect_ids AS bigint[]))
    AND e.state IN ('sending', 'unknown', 'pending', 'parked')
  ORDER BY e.effect_id FOR UPDATE OF e)
UPDATE effect SET state = 'done', done_at = :now, receipt = booked.receipt, answer_id = booked.answer_id, reason = ''
FROM booked WHERE effect.account = :account AND effect.effect_id = booked.effect_id;

-- name: later
-- Certainly not done: again later.
UPDATE effect SET state = 'pending', next_at = :next_at, reason = :reason
WHERE account = :account AND effect_id = :effect_id AND state = 'sending' AND sent_by = :worker;

-- name: unknown
-- Whether it was done is not known: it is looked up before anything else happens.
UPDATE effect SET state = 'unknown', not_found = 0, next_at = :next_at, reason = :reason
WHERE account = :account AND effect_id = :effect_id AND state = 'sending' AND sent_by = :worker;

-- name: not_found
-- A look-up found nothing. Once more after the other side has settled.
UPDATE effect SET not_found = not_found + 1, looked_at = :now, next_at = :next_at, reason = :reason
WHERE account = :account AND effect_id = :effect_id AND state = 'unknown';

-- name: resend
-- It was certainly not done, or does no harm twice: it may be sent again, with the same key.
UPDATE effect SET state = 'pending', not_found = 0, next_at = :next_at, reason = :reason
WHERE account = :account AND effect_id = :effect_id AND state = 'unknown';

-- name: look_up_later
-- The look-up itself failed.
UPDATE effect SET next_at = :next_at, reason = :reason
WHERE account = :account AND effect_id = :effect_id AND state = 'unknown';

-- name: refuse
-- The other side said no, for good.
UPDATE effect SET state = 'refused', done_at = :now, reason = :reason
WHERE account = :account AND effect_id = :effect_id AND state IN ('sending', 'unknown');

-- name: park
-- A person decides.
UPDATE effect SET state = 'parked', reason = :reason
WHERE account = :account AND effect_id = :effect_id AND state IN ('sending', 'unknown', 'pending');

-- name: revive
-- A person asked to try again: a refused effect is sent again, a parked one is looked up first; one that waits need not wait.
UPDATE effect SET state = CASE WHEN state IN ('refused', 'pending') THEN 'pending' ELSE 'unknown' END, next_at = :now,
       not_found = CASE WHEN state = 'unknown' THEN not_found ELSE 0 END, done_at = NULL
WHERE account = :account AND effect_id = :effect_id AND state IN ('refused', 'parked', 'pending', 'unknown')
RETURNING connection, lane;

-- name: due_soon
-- When the next effect of a lane is due, for a job that would otherwise end.
SELECT min(next_at) FROM effect
WHERE account = :account AND connection = :connection AND lane = :lane AND state IN ('pending', 'unknown');
