-- Releases are a job too. A constraint is changed by a new table.
CREATE TABLE jobs_of_all_kinds (
    id          TEXT PRIMARY KEY NOT NULL,
    kind        TEXT NOT NULL CHECK (kind IN ('purge', 'assess', 'release')),
    started_at  INTEGER NOT NULL,
    ended_at    INTEGER NOT NULL,
    result_json TEXT NOT NULL
);
INSERT INTO jobs_of_all_kinds SELECT id, kind, started_at, ended_at, result_json FROM jobs;
DROP TABLE jobs;
ALTER TABLE jobs_of_all_kinds RENAME TO jobs;
CREATE INDEX jobs_by_kind ON jobs (kind, ended_at);
