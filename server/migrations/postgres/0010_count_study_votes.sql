-- Votes that stand, counted for each comparison and each person of a study, so that nobody who asks for the next question
-- waits until all that was said is read. Of a comparison, `votes` are first ones that are no skip, which the overlap counts, and
-- `given` are all, which the quota counts. Triggers on the current revisions keep the counts: a current revision goes before its
-- judgment and its question.
CREATE TABLE study_units (
    study_id TEXT COLLATE "C" NOT NULL REFERENCES studies (id),
    unit     BIGINT NOT NULL,
    votes    BIGINT NOT NULL,
    given    BIGINT NOT NULL,
    PRIMARY KEY (study_id, unit)
);
CREATE TABLE study_people (
    study_id TEXT COLLATE "C" NOT NULL REFERENCES studies (id),
    user_id  TEXT COLLATE "C" NOT NULL REFERENCES users (id) ON DELETE CASCADE,
    given    BIGINT NOT NULL,
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

CREATE FUNCTION add_study_vote(of_comparison TEXT, by_judgment TEXT, sign BIGINT) RETURNS VOID LANGUAGE plpgsql AS $$
DECLARE
    vote study_votes%ROWTYPE;
BEGIN
    SELECT * INTO vote FROM study_votes WHERE comparison_id = of_comparison AND id = by_judgment;
    IF FOUND THEN
        INSERT INTO study_units (study_id, unit, votes, given)
        VALUES (vote.study_id, vote.unit, sign * vote.counts, sign)
        ON CONFLICT (study_id, unit) DO UPDATE
        SET votes = study_units.votes + excluded.votes, given = study_units.given + excluded.given;
        INSERT INTO study_people (study_id, user_id, given) VALUES (vote.study_id, vote.user_id, sign)
        ON CONFLICT (study_id, user_id) DO UPDATE SET given = study_people.given + excluded.given;
    END IF;
END
$$;

CREATE FUNCTION keep_study_counts() RETURNS TRIGGER LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' THEN
        PERFORM add_study_vote(OLD.comparison_id, OLD.judgment_id, -1);
    END IF;
    IF TG_OP <> 'DELETE' THEN
        PERFORM add_study_vote(NEW.comparison_id, NEW.judgment_id, 1);
    END IF;
    RETURN NULL;
END
$$;

CREATE TRIGGER study_counts_follow_votes AFTER INSERT OR DELETE OR UPDATE OF judgment_id ON judgment_heads
FOR EACH ROW EXECUTE FUNCTION keep_study_counts();
