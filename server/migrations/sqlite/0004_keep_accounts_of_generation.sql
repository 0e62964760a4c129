-- What generation cost: one row for each call of a language model, without any text. A row that is still reserved after a
-- crash counts in full.
CREATE TABLE ledger (
    id             TEXT PRIMARY KEY NOT NULL,
    -- Nobody, for calls that the server makes by itself, and after the person has left.
    user_id        TEXT REFERENCES users (id) ON DELETE SET NULL,
    generation     TEXT,
    model          TEXT NOT NULL,
    purpose        TEXT NOT NULL CHECK (purpose IN ('answer', 'describe', 'probe')),
    state          TEXT NOT NULL CHECK (state IN ('reserved', 'settled', 'lost')),
    reserved_micro INTEGER NOT NULL CHECK (reserved_micro >= 0),
    settled_micro  INTEGER NOT NULL CHECK (settled_micro >= 0),
    input_tokens   INTEGER NOT NULL CHECK (input_tokens >= 0),
    output_tokens  INTEGER NOT NULL CHECK (output_tokens >= 0),
    -- 1 when the tokens are our own estimate.
    is_estimated   INTEGER NOT NULL CHECK (is_estimated IN (0, 1)),
    finish         TEXT,
    first_token_ms INTEGER,
    duration_ms    INTEGER,
    at_ms          INTEGER NOT NULL
);
CREATE INDEX ledger_by_user ON ledger (user_id);
CREATE INDEX ledger_by_time ON ledger (at_ms);

-- Outcomes of blind tests: a personal pick against a default answer. The method and how much it knew, never the texts.
CREATE TABLE blind_tests (
    user_id        TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    generation     TEXT NOT NULL,
    personal_first INTEGER NOT NULL CHECK (personal_first IN (0, 1)),
    outcome        TEXT NOT NULL CHECK (outcome IN ('personal', 'default', 'equal', 'all_unacceptable', 'cant_tell')),
    strategy       TEXT NOT NULL CHECK (strategy IN ('best_of_n', 'episode', 'described', 'steered')),
    method         TEXT NOT NULL,
    examples       INTEGER NOT NULL CHECK (examples >= 0),
    candidates     INTEGER NOT NULL CHECK (candidates >= 0),
    simulated      INTEGER NOT NULL CHECK (simulated IN (0, 1)),
    at_ms          INTEGER NOT NULL,
    PRIMARY KEY (user_id, generation)
);
