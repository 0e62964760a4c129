//! Votes as a language model is told them: question, preferred answer, the other.

use std::collections::HashSet;

use palate_shared::api::generation::{LONGEST_SHOT, MOST_SHOTS, Shot};
use palate_shared::event::{self, VoteEvent};
use palate_shared::ids::{ComparisonId, ResponseId};
use palate_shared::pack::PackItems;

/// One example with its texts.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Known {
    /// The vote.
    pub(crate) vote: ComparisonId,
    /// What it says.
    pub(crate) shot: Shot,
}

/// Votes on this pack that prefer one answer to another, the latest first.
pub(crate) fn known(events: &[VoteEvent], items: &PackItems) -> Vec<Known> {
    let current = event::current(events);
    let here = current
        .into_iter()
        .rev()
        .filter(|event| event.pack == items.pack);
    here.filter_map(|event| known_by(event, items)).collect()
}

/// What one vote says; `None` where it prefers nothing, or the pack has not its texts.
fn known_by(event: &VoteEvent, items: &PackItems) -> Option<Known> {
    let pairs = event.judgment.pairs();
    let pair = pairs.iter().find(|pair| !pair.tie)?;
    let prompt = items
        .prompts
        .iter()
        .find(|prompt| prompt.id == event.prompt)?;
    let text = |id: &ResponseId| {
        let found = prompt
            .responses
            .iter()
            .find(|response| response.id == *id)?;
        Some(found.text.clone())
    };
    Some(Known {
        vote: event.comparison.clone(),
        shot: Shot {
            prompt: prompt.text.clone(),
            chosen: text(pair.chosen)?,
            rejected: text(pair.rejected)?,
        },
    })
}

/// The shots of these votes, or of the latest ones, as many as may be sent.
pub(crate) fn of_votes(known: &[Known], only: Option<&[ComparisonId]>) -> Vec<Shot> {
    let only: Option<HashSet<&ComparisonId>> = only.map(|ids| ids.iter().collect());
    let is_wanted = |known: &&Known| only.as_ref().is_none_or(|ids| ids.contains(&known.vote));
    let wanted = known.iter().filter(is_wanted).take(MOST_SHOTS);
    wanted.map(|known| short(known.shot.clone())).collect()
}

/// The shots of texts that a person brought: liked and, beside it, liked less.
pub(crate) fn of_texts(rows: &[[String; 2]]) -> Vec<Shot> {
    let rows = rows.iter().filter(|[liked, _]| !liked.trim().is_empty());
    rows.take(MOST_SHOTS)
        .map(|[liked, disliked]| {
            short(Shot {
                prompt: String::new(),
                chosen: liked.trim().to_owned(),
                rejected: disliked.trim().to_owned(),
            })
        })
        .collect()
}

/// With texts as long as may be sent.
fn short(shot: Shot) -> Shot {
    let cut = |text: String| text.chars().take(LONGEST_SHOT).collect();
    Shot {
        prompt: cut(shot.prompt),
        chosen: cut(shot.chosen),
        rejected: cut(shot.rejected),
    }
}

#[cfg(test)]
mod tests {
    use palate_shared::judgment::Judgment;
    use palate_shared::pack::{PackPrompt, PackResponse};

    use super::*;
    use crate::outbox::tests::vote;

    fn items() -> PackItems {
        let response = |id: &str| PackResponse {
            id: id.into(),
            text: format!("text of {id}"),
            made_by: String::new(),
            directives: None,
            parent: None,
            seed: None,
        };
        PackItems {
            pack: "t".into(),
            prompts: vec![PackPrompt {
                id: "p".into(),
                topic: String::new(),
                text: "why?".to_owned(),
                responses: vec![response("a"), response("b")],
            }],
        }
    }

    fn log() -> Vec<VoteEvent> {
        let on = |id: &str| VoteEvent {
            pack: "t".into(),
            prompt: "p".into(),
            shown: vec!["a".into(), "b".into()],
            judgment: Judgment::prefer("b".into(), "a".into()),
            ..vote(id, &format!("c{id}"))
        };
        let equal = VoteEvent {
            judgment: Judgment::equal(vec!["a".into(), "b".into()]),
            ..on("2")
        };
        let elsewhere = VoteEvent {
            pack: "other".into(),
            ..on("3")
        };
        let unknown = VoteEvent {
            prompt: "gone".into(),
            ..on("4")
        };
        let undone = on("5");
        let undo = undone.withdrawal("6".into(), 9);
        vec![on("1"), equal, elsewhere, unknown, undone, undo, on("7")]
    }

    #[test]
    fn only_votes_that_prefer_an_answer_of_this_pack_are_told() {
        let found = known(&log(), &items());
        let votes: Vec<&str> = found.iter().map(|known| known.vote.as_str()).collect();
        assert_eq!(votes, ["c7", "c1"], "the latest first");
        assert_eq!(found[0].shot.chosen, "text of b");
        assert_eq!(found[0].shot.rejected, "text of a");
        assert_eq!(of_votes(&found, None).len(), 2);
        assert_eq!(of_votes(&found, Some(&["c1".into(), "x".into()])).len(), 1);
    }

    #[test]
    fn no_more_and_no_longer_shots_than_may_be_sent() {
        let known: Vec<Known> = (0..20)
            .map(|n| Known {
                vote: n.to_string().into(),
                shot: Shot {
                    prompt: "p".to_owned(),
                    chosen: "ä".repeat(LONGEST_SHOT + 5),
                    rejected: String::new(),
                },
            })
            .collect();
        let shots = of_votes(&known, None);
        assert_eq!(shots.len(), MOST_SHOTS);
        assert_eq!(shots[0].chosen.chars().count(), LONGEST_SHOT);
        let rows = [["", "x"], [" a ", ""], ["b", "c"]].map(|row| row.map(str::to_owned));
        let texts = of_texts(&rows);
        assert_eq!(texts.len(), 2);
        assert_eq!(
            (texts[0].chosen.as_str(), texts[1].rejected.as_str()),
            ("a", "c")
        );
    }
}
