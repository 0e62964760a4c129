-- What may be said beside the choice, the topic that was chosen, and questions asked again.
ALTER TABLE comparisons ADD COLUMN topic TEXT COLLATE "C";
ALTER TABLE comparisons ADD COLUMN repeat_of TEXT COLLATE "C";
ALTER TABLE judgments ADD COLUMN strength TEXT COLLATE "C" CHECK (strength IN ('slight', 'clear', 'much'));
ALTER TABLE judgments ADD COLUMN reasons_json TEXT COLLATE "C" NOT NULL DEFAULT '[]';

-- Work that was done for a session: a challenge is answered once.
CREATE TABLE done_work (
    challenge_id TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    expires_at   BIGINT NOT NULL
);

-- What the server did by itself.
CREATE TABLE jobs (
    id          TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    kind        TEXT COLLATE "C" NOT NULL CHECK (kind IN ('purge', 'assess')),
    started_at  BIGINT NOT NULL,
    ended_at    BIGINT NOT NULL,
    result_json TEXT COLLATE "C" NOT NULL
);
CREATE INDEX jobs_by_kind ON jobs (kind, ended_at);

-- Checks of single judgments; they weigh, they delete nothing.
CREATE TABLE quality (
    judgment_id  TEXT COLLATE "C" NOT NULL REFERENCES judgments (id) ON DELETE CASCADE,
    check_name   TEXT COLLATE "C" NOT NULL CHECK (check_name IN ('dwell', 'repeat')),
    passed       BIGINT NOT NULL CHECK (passed IN (0, 1)),
    weight       DOUBLE PRECISION NOT NULL CHECK (weight >= 0 AND weight <= 1),
    rule_version BIGINT NOT NULL,
    PRIMARY KEY (judgment_id, check_name)
);

-- How much each vote of a person counts where many people are averaged. Quarantine weighs nothing and deletes nothing.
CREATE TABLE influence (
    user_id      TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    votes        BIGINT NOT NULL,
    weight       DOUBLE PRECISION NOT NULL CHECK (weight >= 0 AND weight <= 1),
    is_settled   BIGINT NOT NULL CHECK (is_settled IN (0, 1)),
    quarantine   TEXT COLLATE "C" CHECK (quarantine IN ('one_side', 'too_fast')),
    rule_version BIGINT NOT NULL,
    at_ms        BIGINT NOT NULL
);
