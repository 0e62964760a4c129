-- What may be said beside the choice, the topic that was chosen, and questions asked again.
ALTER TABLE comparisons ADD COLUMN topic TEXT;
ALTER TABLE comparisons ADD COLUMN repeat_of TEXT;
ALTER TABLE judgments ADD COLUMN strength TEXT CHECK (strength IN ('slight', 'clear', 'much'));
ALTER TABLE judgments ADD COLUMN reasons_json TEXT NOT NULL DEFAULT '[]';

-- Work that was done for a session: a challenge is answered once.
CREATE TABLE done_work (
    challenge_id TEXT PRIMARY KEY NOT NULL,
    expires_at   INTEGER NOT NULL
);

-- What the server did by itself.
CREATE TABLE jobs (
    id          TEXT PRIMARY KEY NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('purge', 'assess')),
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    result_json TEXT NOT NULL
);
CREATE INDEX jobs_by_kind ON jobs (kind, ended_at);

-- Checks of single judgments; they weigh, they delete nothing.
CREATE TABLE quality (
    judgment_id  TEXT NOT NULL REFERENCES judgments (id) ON DELETE CASCADE,
    check_name   TEXT NOT NULL CHECK (check_name IN ('dwell', 'repeat')),
    passed       INTEGER NOT NULL CHECK (passed IN (0, 1)),
    weight       DOUBLE PRECISION NOT NULL CHECK (weight >= 0 AND weight <= 1),
    rule_version INTEGER NOT NULL,
    PRIMARY KEY (judgment_id, check_name)
);

-- How much each vote of a person counts where many people are averaged. Quarantine weighs nothing and deletes nothing.
CREATE TABLE influence (
    user_id      TEXT PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    votes        INTEGER NOT NULL,
    weight       DOUBLE PRECISION NOT NULL CHECK (weight >= 0 AND weight <= 1),
    is_settled   INTEGER NOT NULL CHECK (is_settled IN (0, 1)),
    quarantine   TEXT CHECK (quarantine IN ('one_side', 'too_fast')),
    rule_version INTEGER NOT NULL,
    at_ms        INTEGER NOT NULL
);
