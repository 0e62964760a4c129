-- Typed prompts with their judged answers, of people who ticked that this conversation be published. Taken back, the row goes
-- at once; the judgment stays in the log, without text.
CREATE TABLE conversations (
    id           TEXT PRIMARY KEY NOT NULL REFERENCES comparisons (id) ON DELETE CASCADE,
    user_id      TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    -- A prompt with its answers, as packs hold them.
    prompt_json  TEXT NOT NULL,
    model        TEXT NOT NULL,
    -- Of the answers, in the words of the model's entry.
    licence      TEXT NOT NULL,
    -- Of the sentence that was ticked.
    text_version TEXT NOT NULL,
    at_ms        INTEGER NOT NULL
);
CREATE INDEX conversations_by_user ON conversations (user_id, at_ms);
