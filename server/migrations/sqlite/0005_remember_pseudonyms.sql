-- From when on a person had a pseudonym: what was shown before keeps the earlier one, so that no row is published under two.
CREATE TABLE public_id_epochs (
    user_id TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    epoch   INTEGER NOT NULL,
    from_ms INTEGER NOT NULL,
    PRIMARY KEY (user_id, epoch)
);
