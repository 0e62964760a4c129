-- One recovery code a person, as an HMAC under the server's key: the code itself is shown once and never stored.
CREATE TABLE recovery_codes (
    user_id    TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    code_hash  TEXT COLLATE "C" NOT NULL UNIQUE,
    created_at BIGINT NOT NULL
);
