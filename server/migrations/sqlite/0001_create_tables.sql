-- Times are INTEGER milliseconds since the Unix epoch, days are TEXT YYYY-MM-DD, booleans are INTEGER 0 or 1.
-- Tables, constraints and indexes are portable; the triggers are in the SQLite dialect.

CREATE TABLE users (
    id              TEXT PRIMARY KEY NOT NULL,
    created_day     TEXT NOT NULL,
    public_id_epoch INTEGER NOT NULL DEFAULT 0
);

CREATE TABLE sessions (
    token_hash TEXT PRIMARY KEY NOT NULL,
    user_id    TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE consents (
    id           TEXT PRIMARY KEY NOT NULL,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose      TEXT NOT NULL CHECK (purpose IN ('sync', 'publish_votes', 'publish_prompts')),
    granted      INTEGER NOT NULL CHECK (granted IN (0, 1)),
    text_version TEXT NOT NULL,
    locale       TEXT NOT NULL,
    at_ms        INTEGER NOT NULL
);
CREATE INDEX consents_by_user ON consents (user_id, purpose, id);

-- `items_sha256` names the exact prompts and answers that were shown; they are kept beside the database.
CREATE TABLE comparisons (
    id           TEXT PRIMARY KEY NOT NULL,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    pack         TEXT NOT NULL,
    items_sha256 TEXT NOT NULL,
    prompt       TEXT NOT NULL,
    policy       TEXT NOT NULL,
    propensity   DOUBLE PRECISION NOT NULL CHECK (propensity > 0 AND propensity <= 1),
    blind        INTEGER NOT NULL CHECK (blind IN (0, 1)),
    simulated    INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    request_hash TEXT NOT NULL,
    created_at   INTEGER NOT NULL
);
CREATE INDEX comparisons_by_user ON comparisons (user_id);

CREATE TABLE comparison_items (
    comparison_id TEXT NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    shown_order   INTEGER NOT NULL,
    response_id   TEXT NOT NULL,
    PRIMARY KEY (comparison_id, shown_order),
    UNIQUE (comparison_id, response_id)
);

-- Append-only. `withdrawn` rows carry no answer. A revision names the one that it replaces, and each is replaced once.
CREATE TABLE judgments (
    id                TEXT PRIMARY KEY NOT NULL,
    comparison_id     TEXT NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    user_id           TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    idempotency_key   TEXT NOT NULL,
    request_hash      TEXT NOT NULL,
    supersedes_id     TEXT UNIQUE REFERENCES judgments (id),
    withdrawn         INTEGER NOT NULL CHECK (withdrawn IN (0, 1)),
    outcome           TEXT CHECK (outcome IN ('ranked', 'equal', 'all_unacceptable', 'cant_tell', 'skip')),
    groups_json       TEXT NOT NULL,
    unacceptable_json TEXT NOT NULL,
    predictions_json  TEXT NOT NULL,
    context           TEXT,
    dwell_ms          INTEGER NOT NULL,
    at_ms             INTEGER NOT NULL,
    UNIQUE (user_id, idempotency_key),
    CHECK ((withdrawn = 1) = (outcome IS NULL))
);
CREATE INDEX judgments_by_comparison ON judgments (comparison_id);

-- Exactly one current answer per person and comparison, by construction.
CREATE TABLE judgment_heads (
    comparison_id TEXT NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    judgment_id   TEXT NOT NULL UNIQUE REFERENCES judgments (id),
    PRIMARY KEY (comparison_id, user_id)
);
CREATE INDEX judgment_heads_by_user ON judgment_heads (user_id, judgment_id);

-- Spent ballots. An unspent ballot is only its signature.
CREATE TABLE ballots (
    id          TEXT PRIMARY KEY NOT NULL,
    user_id     TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    judgment_id TEXT NOT NULL REFERENCES judgments (id),
    spent_at    INTEGER NOT NULL,
    expires_at  INTEGER NOT NULL
);
CREATE INDEX ballots_by_user ON ballots (user_id);
CREATE INDEX ballots_by_judgment ON ballots (judgment_id);

CREATE TABLE profiles (
    user_id    TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body       TEXT NOT NULL,
    etag       TEXT NOT NULL,
    updated_at INTEGER NOT NULL
);

-- The audited erase path. While a row names a user, that user's judgments and consents may be deleted;
-- the same transaction ends by clearing the name, so that nothing points at the person afterwards.
CREATE TABLE erasures (
    receipt_id TEXT PRIMARY KEY NOT NULL,
    user_id    TEXT,
    mode       TEXT NOT NULL CHECK (mode IN ('erase', 'unlink')),
    judgments  INTEGER NOT NULL,
    at_ms      INTEGER NOT NULL
);

CREATE TRIGGER judgments_are_never_updated BEFORE UPDATE ON judgments
BEGIN
    SELECT RAISE(ABORT, 'judgments are append-only: add a revision');
END;

CREATE TRIGGER judgments_are_deleted_only_by_erasure BEFORE DELETE ON judgments
WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE erasures.user_id = OLD.user_id AND erasures.mode = 'erase')
BEGIN
    SELECT RAISE(ABORT, 'judgments are append-only: only an audited erasure deletes them');
END;

CREATE TRIGGER consents_are_never_updated BEFORE UPDATE ON consents
BEGIN
    SELECT RAISE(ABORT, 'consents are append-only: add a row');
END;

CREATE TRIGGER consents_are_deleted_only_by_erasure BEFORE DELETE ON consents
WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE erasures.user_id = OLD.user_id AND erasures.mode = 'erase')
BEGIN
    SELECT RAISE(ABORT, 'consents are append-only: only an audited erasure deletes them');
END;
