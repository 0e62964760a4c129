-- What generation cost: one row for each call of a language model, without any text. A row that is still reserved after a
-- crash counts in full.
CREATE TABLE ledger (
    id             TEXT COLLATE "C" PRIMARY KEY NOT NULL,
    -- Nobody, for calls that the server makes by itself, and after the person has left.
    user_id        TEXT COLLATE "C" REFERENCES users (id) ON DELETE SET NULL,
    generation     TEXT COLLATE "C",
    model          TEXT COLLATE "C" NOT NULL,
    purpose        TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('answer', 'describe', 'probe')),
    state          TEXT COLLATE "C" NOT NULL CHECK (state IN ('reserved', 'settled', 'lost')),
    reserved_micro BIGINT NOT NULL CHECK (reserved_micro >= 0),
    settled_micro  BIGINT NOT NULL CHECK (settled_micro >= 0),
    input_tokens   BIGINT NOT NULL CHECK (input_tokens >= 0),
    output_tokens  BIGINT NOT NULL CHECK (output_tokens >= 0),
    -- 1 when the tokens are our own estimate.
    is_estimated   BIGINT NOT NULL CHECK (is_estimated IN (0, 1)),
    finish         TEXT COLLATE "C",
    first_token_ms BIGINT,
    duration_ms    BIGINT,
    at_ms          BIGINT NOT NULL
);
CREATE INDEX ledger_by_user ON ledger (user_id);
CREATE INDEX ledger_by_time ON ledger (at_ms);

-- Outcomes of blind tests: a personal pick against a default answer. The method and how much it knew, never the texts.
CREATE TABLE blind_tests (
    user_id        TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    generation     TEXT COLLATE "C" NOT NULL,
    personal_first BIGINT NOT NULL CHECK (personal_first IN (0, 1)),
    outcome        TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('personal', 'default', 'equal', 'all_unacceptable', 'cant_tell')),
    strategy       TEXT COLLATE "C" NOT NULL CHECK (strategy IN ('best_of_n', 'episode', 'described', 'steered')),
    method         TEXT COLLATE "C" NOT NULL,
    examples       BIGINT NOT NULL CHECK (examples >= 0),
    candidates     BIGINT NOT NULL CHECK (candidates >= 0),
    simulated      BIGINT NOT NULL CHECK (simulated IN (0, 1)),
    at_ms          BIGINT NOT NULL,
    PRIMARY KEY (user_id, generation)
);
