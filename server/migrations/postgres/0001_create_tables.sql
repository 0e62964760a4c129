-- The tables of SQLite with 64-bit integers, texts that sort by their bytes, and triggers in this dialect. Times are
-- milliseconds since the Unix epoch, days are YYYY-MM-DD, booleans are 0 or 1.

CREATE TABLE users (
    id              TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    created_day     TEXT COLLATE "C" NOT NULL,
    public_id_epoch BIGINT NOT NULL DEFAULT 0
);

CREATE TABLE sessions (
    token_hash TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    user_id    TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);
CREATE INDEX sessions_by_user ON sessions (user_id);

CREATE TABLE consents (
    id           TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    purpose      TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('sync', 'publish_votes', 'publish_prompts')),
    granted      BIGINT NOT NULL CHECK (granted IN (0, 1)),
    text_version TEXT COLLATE "C" NOT NULL,
    locale       TEXT COLLATE "C" NOT NULL,
    at_ms        BIGINT NOT NULL
);
CREATE INDEX consents_by_user ON consents (user_id, purpose, id);

-- `items_sha256` names the exact prompts and answers that were shown; they are kept beside the database.
CREATE TABLE comparisons (
    id           TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    pack         TEXT COLLATE "C" NOT NULL,
    items_sha256 TEXT COLLATE "C" NOT NULL,
    prompt       TEXT COLLATE "C" NOT NULL,
    policy       TEXT COLLATE "C" NOT NULL,
    propensity   DOUBLE PRECISION NOT NULL CHECK (propensity > 0 AND propensity <= 1),
    blind        BIGINT NOT NULL CHECK (blind IN (0, 1)),
    simulated    BIGINT NOT NULL CHECK (simulated IN (0, 1)),
    request_hash TEXT COLLATE "C" NOT NULL,
    created_at   BIGINT NOT NULL
);
CREATE INDEX comparisons_by_user ON comparisons (user_id);

CREATE TABLE comparison_items (
    comparison_id TEXT COLLATE "C" NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    shown_order   BIGINT NOT NULL,
    response_id   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (comparison_id, shown_order),
    UNIQUE (comparison_id, response_id)
);

-- Append-only. `withdrawn` rows carry no answer. A revision names the one that it replaces, and each is replaced once.
CREATE TABLE judgments (
    id                TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    comparison_id     TEXT COLLATE "C" NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    user_id           TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    idempotency_key   TEXT COLLATE "C" NOT NULL,
    request_hash      TEXT COLLATE "C" NOT NULL,
    supersedes_id     TEXT COLLATE "C" UNIQUE REFERENCES judgments (id),
    withdrawn         BIGINT NOT NULL CHECK (withdrawn IN (0, 1)),
    outcome           TEXT COLLATE "C" CHECK (outcome IN ('ranked', 'equal', 'all_unacceptable', 'cant_tell', 'skip')),
    groups_json       TEXT COLLATE "C" NOT NULL,
    unacceptable_json TEXT COLLATE "C" NOT NULL,
    predictions_json  TEXT COLLATE "C" NOT NULL,
    context           TEXT COLLATE "C",
    dwell_ms          BIGINT NOT NULL,
    at_ms             BIGINT NOT NULL,
    UNIQUE (user_id, idempotency_key),
    CHECK ((withdrawn = 1) = (outcome IS NULL))
);
CREATE INDEX judgments_by_comparison ON judgments (comparison_id);

-- Exactly one current answer per person and comparison, by construction.
CREATE TABLE judgment_heads (
    comparison_id TEXT COLLATE "C" NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    user_id       TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    judgment_id   TEXT COLLATE "C" NOT NULL UNIQUE REFERENCES judgments (id),
    PRIMARY KEY (comparison_id, user_id)
);
CREATE INDEX judgment_heads_by_user ON judgment_heads (user_id, judgment_id);

-- Spent ballots. An unspent ballot is only its signature.
CREATE TABLE ballots (
    id          TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    user_id     TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    judgment_id TEXT COLLATE "C" NOT NULL REFERENCES judgments (id),
    spent_at    BIGINT NOT NULL,
    expires_at  BIGINT NOT NULL
);
CREATE INDEX ballots_by_user ON ballots (user_id);
CREATE INDEX ballots_by_judgment ON ballots (judgment_id);

CREATE TABLE profiles (
    user_id    TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    body       TEXT COLLATE "C" NOT NULL,
    etag       TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL
);

-- The audited erase path. While a row names a user, that user's judgments and consents may be deleted;
-- the same transaction ends by clearing the name, so that nothing points at the person afterwards.
CREATE TABLE erasures (
    receipt_id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    user_id    TEXT COLLATE "C",
    mode       TEXT COLLATE "C" NOT NULL CHECK (mode IN ('erase', 'unlink')),
    judgments  BIGINT NOT NULL,
    at_ms      BIGINT NOT NULL
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
END
$$;

CREATE FUNCTION refuse_deletion_without_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM erasures WHERE erasures.user_id = OLD.user_id AND erasures.mode = 'erase') THEN
        RAISE EXCEPTION USING MESSAGE = TG_ARGV[0], ERRCODE = 'restrict_violation';
    END IF;
    RETURN OLD;
END
$$;

CREATE TRIGGER judgments_are_never_updated BEFORE UPDATE ON judgments
FOR EACH ROW EXECUTE FUNCTION refuse_change('judgments are append-only: add a revision');

CREATE TRIGGER judgments_are_deleted_only_by_erasure BEFORE DELETE ON judgments
FOR EACH ROW EXECUTE FUNCTION refuse_deletion_without_erasure(
    'judgments are append-only: only an audited erasure deletes them');

CREATE TRIGGER judgments_are_never_emptied BEFORE TRUNCATE ON judgments
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('judgments are append-only: only an audited erasure deletes them');

CREATE TRIGGER consents_are_never_updated BEFORE UPDATE ON consents
FOR EACH ROW EXECUTE FUNCTION refuse_change('consents are append-only: add a row');

CREATE TRIGGER consents_are_deleted_only_by_erasure BEFORE DELETE ON consents
FOR EACH ROW EXECUTE FUNCTION refuse_deletion_without_erasure(
    'consents are append-only: only an audited erasure deletes them');

CREATE TRIGGER consents_are_never_emptied BEFORE TRUNCATE ON consents
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('consents are append-only: only an audited erasure deletes them');
