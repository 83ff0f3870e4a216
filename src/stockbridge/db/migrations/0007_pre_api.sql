-- What programs come in with, and what they were answered.

-- A token of the API. Only its hash is kept; hint is how it begins, so that people can tell their tokens apart.
CREATE TABLE api_token (
  account       text NOT NULL,
  token_id      text NOT NULL,
  token_hash    bytea NOT NULL UNIQUE,
  name          text NOT NULL,
  hint          text NOT NULL,
  scopes        text[] NOT NULL,
  created_at    timestamptz NOT NULL,
  created_by    text NOT NULL,
  expires_at    timestamptz NOT NULL,
  last_used_at  timestamptz,
  revoked_at    timestamptz,
  revoked_by    text,
  PRIMARY KEY (account, token_id)
);
-- The journal names a token by its name, so no two that work share one.
CREATE UNIQUE INDEX api_token_name ON api_token (account, lower(name)) WHERE revoked_at IS NULL;

-- The answer to a request that carried an Idempotency-Key: asked again, it is given again, and nothing is done twice.
CREATE TABLE api_answer (
  account       text NOT NULL,
  token_id      text NOT NULL,
  key           text NOT NULL,
  request_hash  bytea NOT NULL,
  status        smallint,
  body          bytea,
  at            timestamptz NOT NULL,
  PRIMARY KEY (account, token_id, key)
);
CREATE INDEX api_answer_at ON api_answer (at);
