-- name: add_person
-- Adds a person.
INSERT INTO person (account, person_id, email, name, role, password_hash, created_at)
VALUES (:account, :person_id, :email, :name, :role, :password_hash, :now);

-- name: people
-- Everybody, with when each was last here.
SELECT p.account, p.person_id, p.email, p.name, p.role, p.active, p.password_hash, p.last_login_at,
       (SELECT max(s.seen_at) FROM session AS s WHERE s.account = p.account AND s.person_id = p.person_id) AS seen_at
FROM person AS p
WHERE p.account = :account
ORDER BY p.active DESC, lower(p.name), p.person_id;

-- name: person
-- One person by id.
SELECT account, person_id, email, name, role, active, password_hash FROM person
WHERE account = :account AND person_id = :person_id;

-- name: person_by_email
-- One person by e-mail address, whatever its case.
SELECT account, person_id, email, name, role, active, password_hash FROM person
WHERE account = :account AND lower(email) = lower(:email);

-- name: lock_admins
-- The active admins, locked, so that two of them cannot take each other's place at the same moment.
SELECT person_id FROM person WHERE account = :account AND role = 'admin' AND active ORDER BY person_id FOR UPDATE;

-- name: count_people
-- How many active people there are.
SELECT count(*) FROM person WHERE account = :account AND active;

-- name: set_role
-- Gives a person another role.
UPDATE person SET role = :role WHERE account = :account AND person_id = :person_id;

-- name: set_active
-- Lets a person in, or no longer.
UPDATE person SET active = :active WHERE account = :account AND person_id = :person_id;

-- name: set_password
-- Keeps the hash of a new password.
UPDATE person SET password_hash = :password_hash WHERE account = :account AND person_id = :person_id;

-- name: logged_in
-- Notes that a person logged in.
UPDATE person SET last_login_at = :now WHERE account = :account AND person_id = :person_id;

-- name: add_session
-- Begins a session.
INSERT INTO session (token_hash, account, person_id, created_at, seen_at, expires_at, user_agent)
VALUES (:token_hash, :account, :person_id, :now, :now, :expires_at, :user_agent);

-- name: session_person
-- Whose session this is, while neither the longest time nor the idle time is over and the person is active.
SELECT p.account, p.person_id, p.email, p.name, p.role, p.active, p.password_hash, s.seen_at
FROM session AS s
JOIN person AS p ON p.account = s.account AND p.person_id = s.person_id
WHERE s.token_hash = :token_hash AND s.expires_at > :now AND s.seen_at > :idle_since AND p.active;

-- name: saw_session
-- Notes that a session was used.
UPDATE session SET seen_at = :now WHERE token_hash = :token_hash AND seen_at < :now;

-- name: sessions
-- The sessions of one person that can still be used, newest first.
SELECT token_hash, created_at, seen_at, expires_at, user_agent FROM session
WHERE account = :account AND person_id = :person_id AND expires_at > :now AND seen_at > :idle_since
ORDER BY seen_at DESC;

-- name: end_session
-- Ends one session.
DELETE FROM session WHERE token_hash = :token_hash;

-- name: end_session_of
-- Ends one session of one person.
DELETE FROM session WHERE token_hash = :token_hash AND account = :account AND person_id = :person_id;

-- name: end_sessions
-- Ends all sessions of a person, except the one named.
DELETE FROM session WHERE account = :account AND person_id = :person_id AND token_hash <> :keep;

-- name: forget_old
-- Removes sessions and links that ended, and failed attempts that no longer count.
WITH sessions AS (DELETE FROM session WHERE expires_at < :now),
     links AS (DELETE FROM login_link WHERE expires_at < :links_before)
DELETE FROM login_attempt WHERE at < :attempts_before;

-- name: add_link
-- Keeps the hash of a one-time link.
INSERT INTO login_link (token_hash, account, purpose, person_id, role, created_at, expires_at)
VALUES (:token_hash, :account, :purpose, :person_id, :role, :now, :expires_at);

-- name: link
-- A one-time link that can still be used.
SELECT account, purpose, person_id, role, expires_at FROM login_link
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > :now;

-- name: use_link
-- Uses a one-time link up; gives it to one caller only.
UPDATE login_link SET used_at = :now
WHERE token_hash = :token_hash AND used_at IS NULL AND expires_at > :now
RETURNING account, purpose, person_id, role, expires_at;

-- name: open_links
-- The invitations that nobody has used yet.
SELECT token_hash, role, created_at, expires_at FROM login_link
WHERE account = :account AND purpose = 'invite' AND used_at IS NULL AND expires_at > :now
ORDER BY created_at;

-- name: end_link
-- Takes an invitation back.
DELETE FROM login_link WHERE token_hash = :token_hash AND account = :account AND purpose = 'invite';

-- name: add_attempts
-- Notes a failed log-in under each of its keys.
INSERT INTO login_attempt (key, at) SELECT key, :at FROM unnest(:keys::text[]) AS failed (key);

-- name: attempts
-- How many failed log-ins each key has had since.
SELECT key, count(*) AS failed FROM login_attempt WHERE key = ANY(:keys) AND at > :since GROUP BY key;

-- name: forget_attempts
-- Forgets the failed log-ins of a key.
DELETE FROM login_attempt WHERE key = ANY(:keys);
