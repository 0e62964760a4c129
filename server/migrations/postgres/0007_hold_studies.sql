-- A study: its own prompts and answers (kept by hash beside the database, as packs are), guidelines, consent and assignment.
CREATE TABLE studies (
    id               TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    title            TEXT COLLATE "C" NOT NULL,
    guidelines       TEXT COLLATE "C" NOT NULL,
    consent_text     TEXT COLLATE "C" NOT NULL,
    licence          TEXT COLLATE "C" NOT NULL,
    overlap          BIGINT NOT NULL CHECK (overlap > 0),
    repeats          DOUBLE PRECISION NOT NULL CHECK (repeats >= 0 AND repeats <= 0.5),
    random_floor     DOUBLE PRECISION NOT NULL CHECK (random_floor >= 0 AND random_floor <= 1),
    policy           TEXT COLLATE "C" NOT NULL CHECK (policy IN ('least_annotated', 'uniform_random')),
    quota_per_person BIGINT CHECK (quota_per_person > 0),
    quota            BIGINT CHECK (quota > 0),
    state            TEXT COLLATE "C" NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
    items_sha256     TEXT COLLATE "C" NOT NULL,
    prompts          BIGINT NOT NULL,
    answers          BIGINT NOT NULL,
    comparisons      BIGINT NOT NULL,
    created_at       BIGINT NOT NULL
);

-- Append-only; the last row of a person and study is in force.
CREATE TABLE study_consents (
    id           TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    study_id     TEXT COLLATE "C" NOT NULL REFERENCES studies (id),
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    granted      BIGINT NOT NULL CHECK (granted IN (0, 1)),
    text_version TEXT COLLATE "C" NOT NULL,
    at_ms        BIGINT NOT NULL
);
CREATE INDEX study_consents_by_user ON study_consents (user_id, study_id, id);

-- What was asked of whom: `unit` is the place of the pair among those of the study. A question that is not judged until
-- `expires_at` no longer takes a place of the overlap.
CREATE TABLE study_questions (
    comparison_id TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    study_id      TEXT COLLATE "C" NOT NULL REFERENCES studies (id),
    user_id       TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    unit          BIGINT NOT NULL,
    is_repeat     BIGINT NOT NULL CHECK (is_repeat IN (0, 1)),
    expires_at    BIGINT NOT NULL,
    UNIQUE (study_id, user_id, unit, is_repeat)
);
CREATE INDEX study_questions_by_user ON study_questions (user_id);

CREATE TRIGGER study_consents_are_never_updated BEFORE UPDATE ON study_consents
FOR EACH ROW EXECUTE FUNCTION refuse_change('consents are append-only: add a row');

CREATE TRIGGER study_consents_are_deleted_only_by_erasure BEFORE DELETE ON study_consents
FOR EACH ROW EXECUTE FUNCTION refuse_deletion_without_erasure(
    'consents are append-only: only an audited erasure deletes them');

CREATE TRIGGER study_consents_are_never_emptied BEFORE TRUNCATE ON study_consents
FOR EACH STATEMENT EXECUTE FUNCTION refuse_change('consents are append-only: only an audited erasure deletes them');
