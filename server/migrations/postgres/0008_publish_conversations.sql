-- Typed prompts with their judged answers, of people who ticked that this conversation be published. Taken back, the row goes
-- at once; the judgment stays in the log, without text.
CREATE TABLE conversations (
    id           TEXT COLLATE "C" PRIMARY KEY NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    user_id      TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A prompt with its answers, as packs hold them.
    prompt_json  TEXT COLLATE "C" NOT NULL,
    model        TEXT COLLATE "C" NOT NULL,
    -- Of the answers, in the words of the model's entry.
    licence      TEXT COLLATE "C" NOT NULL,
    -- Of the sentence that was ticked.
    text_version TEXT COLLATE "C" NOT NULL,
    at_ms        BIGINT NOT NULL
);
CREATE INDEX conversations_by_user ON conversations (user_id, at_ms);
