-- Votes that stand, counted for each comparison and each person of a study, so that nobody who asks for the next question
-- waits until all that was said is read. Of a comparison, `votes` are first ones that are no skip, which the overlap counts, and
-- `given` are all, which the quota counts. Triggers on the current revisions keep the counts: a current revision goes before its
-- judgment and its question.
CREATE TABLE study_units (
    study_id TEXT NOT NULL REFERENCES studies (id),
    unit     INTEGER NOT NULL,
    votes    INTEGER NOT NULL,
    given    INTEGER NOT NULL,
    PRIMARY KEY (study_id, unit)
);
CREATE TABLE study_people (
    study_id TEXT NOT NULL REFERENCES studies (id),
    user_id  TEXT NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    given    INTEGER NOT NULL,
    PRIMARY KEY (study_id, user_id)
);
CREATE INDEX study_people_by_user ON study_people (user_id);
CREATE INDEX study_questions_by_expiry ON study_questions (study_id, expires_at);

CREATE VIEW study_votes AS
SELECT judgments.id, judgments.comparison_id, study_questions.study_id, study_questions.unit, study_questions.user_id,
    CASE WHEN study_questions.is_repeat = 0 AND judgments.outcome <> 'skip' THEN 1 ELSE 0 END AS counts
FROM study_questions JOIN judgments ON judgments.comparison_id = study_questions.comparison_id
WHERE judgments.withdrawn = 0;

INSERT INTO study_units (study_id, unit, votes, given)
SELECT study_votes.study_id, study_votes.unit, SUM(study_votes.counts), COUNT(*)
FROM study_votes JOIN judgment_heads ON judgment_heads.judgment_id = study_votes.id
GROUP BY study_votes.study_id, study_votes.unit;
INSERT INTO study_people (study_id, user_id, given)
SELECT study_votes.study_id, study_votes.user_id, COUNT(*)
FROM study_votes JOIN judgment_heads ON judgment_heads.judgment_id = study_votes.id
GROUP BY study_votes.study_id, study_votes.user_id;

-- What is inserted here is added to the counts: once with 1 for a judgment that became current, once with -1 for one that was.
CREATE VIEW study_vote_changes AS SELECT comparison_id, id AS judgment_id, 0 AS sign FROM study_votes;

CREATE TRIGGER add_study_vote INSTEAD OF INSERT ON study_vote_changes
BEGIN
    INSERT INTO study_units (study_id, unit, votes, given)
    SELECT study_id, unit, NEW.sign * counts, NEW.sign FROM study_votes
    WHERE id = NEW.judgment_id AND comparison_id = NEW.comparison_id
    ON CONFLICT (study_id, unit) DO UPDATE SET votes = votes + excluded.votes, given = given + excluded.given;
    INSERT INTO study_people (study_id, user_id, given)
    SELECT study_id, user_id, NEW.sign FROM study_votes
    WHERE id = NEW.judgment_id AND comparison_id = NEW.comparison_id
    ON CONFLICT (study_id, user_id) DO UPDATE SET given = given + excluded.given;
END;

CREATE TRIGGER study_counts_take_votes_in AFTER INSERT ON judgment_heads
BEGIN
    INSERT INTO study_vote_changes VALUES (NEW.comparison_id, NEW.judgment_id, 1);
END;

CREATE TRIGGER study_counts_take_revisions_in AFTER UPDATE OF judgment_id ON judgment_heads
BEGIN
    INSERT INTO study_vote_changes VALUES (OLD.comparison_id, OLD.judgment_id, -1);
    INSERT INTO study_vote_changes VALUES (NEW.comparison_id, NEW.judgment_id, 1);
END;

CREATE TRIGGER study_counts_let_votes_go AFTER DELETE ON judgment_heads
BEGIN
    INSERT INTO study_vote_changes VALUES (OLD.comparison_id, OLD.judgment_id, -1);
END;
