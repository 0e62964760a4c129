-- A study: its own prompts and answers (kept by hash beside the database, as packs are), guidelines, consent and assignment.
CREATE TABLE studies (
    id               TEXT PRIMARY KEY NOT NULL,
    title            TEXT NOT NULL,
    guidelines       TEXT NOT NULL,
    consent_text     TEXT NOT NULL,
    licence          TEXT NOT NULL,
    overlap          INTEGER NOT NULL CHECK (overlap > 0),
    repeats          DOUBLE PRECISION NOT NULL CHECK (repeats >= 0 AND repeats <= 0.5),
    random_floor     DOUBLE PRECISION NOT NULL CHECK (random_floor >= 0 AND random_floor <= 1),
    policy           TEXT NOT NULL CHECK (policy IN ('least_annotated', 'uniform_random')),
    quota_per_person INTEGER CHECK (quota_per_person > 0),
    quota            INTEGER CHECK (quota > 0),
    state            TEXT NOT NULL CHECK (state IN ('draft', 'open', 'closed')),
    items_sha256     TEXT NOT NULL,
    prompts          INTEGER NOT NULL,
    answers          INTEGER NOT NULL,
    comparisons      INTEGER NOT NULL,
    created_at       INTEGER NOT NULL
);

-- Append-only; the last row of a person and study is in force.
CREATE TABLE study_consents (
    id           TEXT PRIMARY KEY NOT NULL,
    study_id     TEXT NOT NULL REFERENCES studies (id),
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    granted      INTEGER NOT NULL CHECK (granted IN (0, 1)),
    text_version TEXT NOT NULL,
    at_ms        INTEGER NOT NULL
);
CREATE INDEX study_consents_by_user ON study_consents (user_id, study_id, id);

-- What was asked of whom: `unit` is the place of the pair among those of the study. A question that is not judged until
-- `expires_at` no longer takes a place of the overlap.
CREATE TABLE study_questions (
    comparison_id TEXT PRIMARY KEY NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    study_id      TEXT NOT NULL REFERENCES studies (id),
    user_id       TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    unit          INTEGER NOT NULL,
    is_repeat     INTEGER NOT NULL CHECK (is_repeat IN (0, 1)),
    expires_at    INTEGER NOT NULL,
    UNIQUE (study_id, user_id, unit, is_repeat)
);
CREATE INDEX study_questions_by_user ON study_questions (user_id);

CREATE TRIGGER study_consents_are_never_updated BEFORE UPDATE ON study_consents
BEGIN
    SELECT RAISE(ABORT, 'consents are append-only: add a row');
END;

CREATE TRIGGER study_consents_are_deleted_only_by_erasure BEFORE DELETE ON study_consents
WHEN NOT EXISTS (SELECT 1 FROM erasures WHERE erasures.user_id = OLD.user_id AND erasures.mode = 'erase')
BEGIN
    SELECT RAISE(ABORT, 'consents are append-only: only an audited erasure deletes them');
END;
