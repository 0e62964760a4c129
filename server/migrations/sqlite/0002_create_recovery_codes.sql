-- One recovery code a person, as an HMAC under the server's key: the code itself is shown once and never stored.
CREATE TABLE recovery_codes (
    user_id    TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash  TEXT NOT NULL UNIQUE,
    created_at INTEGER NOT NULL
);
