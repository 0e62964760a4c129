//! Votes as a language model is told them: question, preferred answer, the other.

use palate_shared::api::generation::{LONGEST_SHOT, MOST_SHOTS, Shot};
use palate_shared::event::{self, Policy, VoteEvent};
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

/// The shots of the latest votes that are wanted, as many as may be sent.
pub(crate) fn of_votes(
    known: &[Known],
    is_wanted: impl Fn(&ComparisonId) -> bool,
) -> Vec<(Option<ComparisonId>, Shot)> {
    let wanted = known.iter().filter(|known| is_wanted(&known.vote));
    let shot = |known: &Known| (Some(known.vote.clone()), short(known.shot.clone()));
    wanted.take(MOST_SHOTS).map(shot).collect()
}

/// Votes on this pack that are learned from, but for these; `None` where none of them is left out, as the worker then takes
/// all.
pub(crate) fn all_but(
    left_out: &[ComparisonId],
    events: &[VoteEvent],
    pack: &str,
) -> Option<Vec<ComparisonId>> {
    let is_learned = |event: &&VoteEvent| {
        event.pack.as_str() == pack
            && matches!(
                event.policy,
                Policy::ExpectedInformation | Policy::SelfChosen
            )
    };
    let learned = event::current(events).into_iter().filter(is_learned);
    let (out, rest): (Vec<_>, Vec<_>) = learned
        .map(|event| event.comparison.clone())
        .partition(|vote| left_out.contains(vote));
    (!out.is_empty()).then_some(rest)
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

/// What stands between two rows, and between the texts of a row, where they are kept: signs that nobody types.
const ENDS: [char; 2] = ['\u{1e}', '\u{1f}'];

/// Texts that a person brought, as they are kept; empty where there are none.
pub(crate) fn write_rows(rows: &[[String; 2]]) -> String {
    if rows.iter().flatten().all(String::is_empty) {
        return String::new();
    }
    let clean = |text: &String| text.replace(ENDS, "");
    let row =
        |[liked, disliked]: &[String; 2]| format!("{}{}{}", clean(liked), ENDS[1], clean(disliked));
    let rows: Vec<String> = rows.iter().map(row).collect();
    rows.join(&ENDS[0].to_string())
}

/// Texts that were kept; one empty row where there are none.
pub(crate) fn read_rows(text: &str) -> Vec<[String; 2]> {
    let row = |row: &str| {
        let (liked, disliked) = row.split_once(ENDS[1]).unwrap_or((row, ""));
        [liked, disliked].map(str::to_owned)
    };
    text.split(ENDS[0]).take(MOST_SHOTS).map(row).collect()
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
        assert_eq!(of_votes(&found, |_| true).len(), 2);
        let one = of_votes(&found, |vote| vote.as_str() == "c1");
        assert_eq!(one.len(), 1);
        assert_eq!(one[0].0, Some("c1".into()));
    }

    #[test]
    fn leaving_one_out_names_all_others_that_are_learned_from() {
        let mut log = log();
        log[0].policy = Policy::UniformRandom;
        let all_but = |left_out: &[&str]| {
            let left_out: Vec<ComparisonId> = left_out.iter().map(|id| (*id).into()).collect();
            super::all_but(&left_out, &log, "t")
        };
        assert_eq!(all_but(&[]), None);
        assert_eq!(all_but(&["c3", "c5"]), None, "elsewhere, or undone");
        assert_eq!(all_but(&["c1"]), None, "never learned from");
        assert_eq!(all_but(&["c7"]), Some(vec!["c2".into(), "c4".into()]));
    }

    #[test]
    fn texts_that_were_brought_are_read_as_they_were_kept() {
        let rows = |rows: &[[&str; 2]]| -> Vec<[String; 2]> {
            rows.iter().map(|row| row.map(str::to_owned)).collect()
        };
        for kept in [rows(&[["a\nb", ""], ["", "c"]]), rows(&[["ä", "\""]])] {
            assert_eq!(read_rows(&write_rows(&kept)), kept);
        }
        assert_eq!(write_rows(&rows(&[["", ""], ["", ""]])), "");
        assert_eq!(read_rows(""), rows(&[["", ""]]));
        let hostile = rows(&[["a\u{1e}b\u{1f}", "c"]]);
        assert_eq!(read_rows(&write_rows(&hostile)), rows(&[["ab", "c"]]));
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
        let shots = of_votes(&known, |_| true);
        assert_eq!(shots.len(), MOST_SHOTS);
        assert_eq!(shots[0].1.chosen.chars().count(), LONGEST_SHOT);
        let rows = [["", "x"], [" a ", ""], ["b", "c"]].map(|row| row.map(str::to_owned));
        let texts = of_texts(&rows);
        assert_eq!(texts.len(), 2);
        assert_eq!(
            (texts[0].chosen.as_str(), texts[1].rejected.as_str()),
            ("a", "c")
        );
    }
}
