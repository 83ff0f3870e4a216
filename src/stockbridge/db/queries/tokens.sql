-- name: add
-- Keeps the hash of a new token; no row when a token that is not revoked has its name.
INSERT INTO api_token (account, token_id, token_hash, name, hint, scopes, created_at, created_by, expires_at)
VALUES (:account, :token_id, :token_hash, :name, :hint, :scopes, :now, :by, :expires_at)
ON CONFLICT (account, lower(name)) WHERE revoked_at IS NULL DO NOTHING;

-- name: by_hash
-- The token of this hash, whatever became of it.
SELECT account, token_id, name, hint, scopes, created_at, created_by, expires_at, last_used_at, revoked_at, revoked_by
FROM api_token WHERE token_hash = :token_hash;

-- name: used
-- Notes that a token was used.
UPDATE api_token SET last_used_at = :now WHERE account = :account AND token_id = :token_id
  AND (last_used_at IS NULL OR last_used_at < :now);

-- name: all
-- Every token, those that work first, then the newest first.
SELECT account, token_id, name, hint, scopes, created_at, created_by, expires_at, last_used_at, revoked_at, revoked_by
FROM api_token WHERE account = :account ORDER BY revoked_at IS NOT NULL, created_at DESC, token_id;

-- name: revoke
-- Ends a token for good; no row when it is gone already.
UPDATE api_token SET revoked_at = :now, revoked_by = :by
WHERE account = :account AND token_id = :token_id AND revoked_at IS NULL
RETURNING name;

-- name: claim_key
-- Takes a key for a request; no row when a request took it before. Whoever comes while the first is at work waits for its end.
INSERT INTO api_answer (account, token_id, key, request_hash, at) VALUES (:account, :token_id, :key, :request_hash, :now)
ON CONFLICT DO NOTHING;

-- name: answered
-- What the request with this key was answered.
SELECT request_hash, status, body FROM api_answer WHERE account = :account AND token_id = :token_id AND key = :key;

-- name: keep_answer
-- Keeps the answer to the request with this key.
UPDATE api_answer SET status = :status, body = :body WHERE account = :account AND token_id = :token_id AND key = :key;

-- name: forget_answers
-- Removes answers that nobody will ask for again.
DELETE FROM api_answer WHERE at < :before;
