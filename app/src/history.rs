//! Past votes as a list to read, search and change: plain state without a page.

use std::collections::HashSet;

use palate_shared::event::VoteEvent;
use palate_shared::ids::{ComparisonId, JudgmentId, PackId};
use palate_shared::judgment::{Judgment, Outcome};

use crate::outbox::{Entry, Standing};
use crate::round::Choice;

/// Votes shown at a time.
pub(crate) const STEP: usize = 50;

/// Everything that was said about one showing.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Vote {
    /// The vote itself.
    first: VoteEvent,
    /// Changes, withdrawals and undos, oldest first; the last word is the last.
    later: Vec<VoteEvent>,
}

/// What became of a vote.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Use {
    /// The methods learn from it.
    Learned,
    /// It only tests the methods.
    HeldOut,
    /// It states no preference.
    Nothing,
    /// It was taken back.
    Withdrawn,
}

/// Where a vote stands on the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum OnServer {
    /// It was never contributed.
    Not,
    /// The server has the last word.
    Saved,
    /// The last word is to be sent.
    Waiting,
    /// The server refused the last word, for a reason.
    Failed(Option<String>),
    /// The server has an earlier word, and the last one is not for it.
    Earlier,
}

/// Number of votes: a change, a withdrawal and an undo are words on a vote, not votes.
pub(crate) fn count(events: &[VoteEvent]) -> usize {
    let votes: HashSet<&ComparisonId> = events.iter().map(|event| &event.comparison).collect();
    votes.len()
}

/// Packs that votes are on, the one voted on last first.
pub(crate) fn packs(events: &[VoteEvent]) -> Vec<PackId> {
    let mut found = Vec::new();
    for event in events.iter().rev() {
        if !found.contains(&event.pack) {
            found.push(event.pack.clone());
        }
    }
    found
}

/// Every vote, newest first.
pub(crate) fn votes(events: &[VoteEvent]) -> Vec<Vote> {
    let mut votes: Vec<Vote> = Vec::new();
    let mut places = std::collections::HashMap::<&ComparisonId, usize>::new();
    for event in events {
        match places.get(&event.comparison) {
            Some(at) => votes[*at].later.push(event.clone()),
            None => {
                places.insert(&event.comparison, votes.len());
                votes.push(Vote {
                    first: event.clone(),
                    later: Vec::new(),
                });
            }
        }
    }
    votes.reverse();
    votes.sort_by_key(|vote| std::cmp::Reverse(vote.first.at_ms));
    votes
}

impl Vote {
    /// The showing.
    pub(crate) fn comparison(&self) -> &ComparisonId {
        &self.first.comparison
    }

    /// The vote as it was first given.
    pub(crate) fn first(&self) -> &VoteEvent {
        &self.first
    }

    /// The last word.
    pub(crate) fn now(&self) -> &VoteEvent {
        self.later.last().unwrap_or(&self.first)
    }

    /// What the last word replaced; `None` for a vote that was never touched.
    pub(crate) fn before(&self) -> Option<&VoteEvent> {
        let replaced = self.now().supersedes.as_ref()?;
        std::iter::once(&self.first)
            .chain(&self.later)
            .find(|event| event.id == *replaced)
    }

    /// What became of it.
    pub(crate) fn used(&self) -> Use {
        let now = self.now();
        if now.withdrawn {
            Use::Withdrawn
        } else if now.judgment.pairs().is_empty() {
            Use::Nothing
        } else if now.policy.is_held_out() {
            Use::HeldOut
        } else {
            Use::Learned
        }
    }

    /// Where it stands on the server.
    pub(crate) fn on_server(&self, entries: &[Entry]) -> OnServer {
        let of = |event: &VoteEvent| entries.iter().find(|entry| entry.event == event.id);
        match of(self.now()) {
            Some(entry) => match entry.standing {
                Standing::Sent | Standing::Unlinked => OnServer::Saved,
                Standing::Waiting => OnServer::Waiting,
                Standing::Failed => OnServer::Failed(entry.said.clone()),
            },
            None if of(&self.first).is_some() || self.later.iter().any(|e| of(e).is_some()) => {
                OnServer::Earlier
            }
            None => OnServer::Not,
        }
    }

    /// The revision that says something else.
    pub(crate) fn change(&self, judgment: Judgment, id: JudgmentId, at_ms: u64) -> VoteEvent {
        self.now().revision(id, judgment, at_ms)
    }

    /// The revision that takes the vote back.
    pub(crate) fn withdraw(&self, id: JudgmentId, at_ms: u64) -> VoteEvent {
        self.now().withdrawal(id, at_ms)
    }

    /// The revision that says again what was said before the last one; `None` for a vote that was never touched.
    pub(crate) fn undo(&self, id: JudgmentId, at_ms: u64) -> Option<VoteEvent> {
        let before = self.before()?;
        let again = self.now().revision(id, before.judgment.clone(), at_ms);
        Some(VoteEvent {
            withdrawn: before.withdrawn,
            ..again
        })
    }
}

/// Which votes by what happened to them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Touched {
    /// All.
    #[default]
    Any,
    /// Those that were changed and stand.
    Changed,
    /// Those that are taken back.
    Withdrawn,
}

/// Which votes are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    /// Words that the prompt must have, in any order and case.
    pub(crate) words: String,
    /// What was said.
    pub(crate) outcome: Option<Outcome>,
    /// What happened to it.
    pub(crate) touched: Touched,
    /// Which pack it is on.
    pub(crate) pack: Option<PackId>,
}

impl Filter {
    /// Whether a vote on this prompt is shown.
    pub(crate) fn takes(&self, vote: &Vote, prompt: &str) -> bool {
        let prompt = prompt.to_lowercase();
        let words = self.words.to_lowercase();
        let now = vote.now();
        let touched = match self.touched {
            Touched::Any => true,
            Touched::Changed => !vote.later.is_empty() && !now.withdrawn,
            Touched::Withdrawn => now.withdrawn,
        };
        let on_pack = self.pack.as_ref().is_none_or(|pack| *pack == now.pack);
        touched
            && on_pack
            && self
                .outcome
                .is_none_or(|outcome| outcome == now.judgment.outcome)
            && words.split_whitespace().all(|word| prompt.contains(word))
    }
}

/// What was said about two answers.
pub(crate) fn choice_of(event: &VoteEvent) -> Option<Choice> {
    let [first, second] = event.shown.as_slice() else {
        return None;
    };
    Some(match event.judgment.outcome {
        Outcome::AllUnacceptable => Choice::BothBad,
        Outcome::CantTell => Choice::CantTell,
        Outcome::Skip => Choice::Skip,
        Outcome::Equal => Choice::Equal,
        Outcome::Ranked if event.judgment.label(first, second)? > 0.5 => Choice::First,
        Outcome::Ranked => Choice::Second,
    })
}

/// Places of the answers in a ranking, best group first, as positions on the page.
pub(crate) fn order_of(event: &VoteEvent) -> Vec<Vec<usize>> {
    event
        .judgment
        .groups
        .iter()
        .map(|group| {
            (0..event.shown.len())
                .filter(|at| group.contains(&event.shown[*at]))
                .collect()
        })
        .collect()
}

/// A vote while it is being changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Draft {
    /// On two answers.
    Pair(Choice),
    /// On more answers: what is said of them, and a rank from 1 (best) for each.
    Many(Outcome, Vec<usize>),
}

impl Draft {
    /// What was said last, to begin with.
    pub(crate) fn of(event: &VoteEvent) -> Self {
        if let Some(choice) = choice_of(event) {
            return Self::Pair(choice);
        }
        let order = order_of(event);
        let ranks = (0..event.shown.len())
            .map(|at| {
                order
                    .iter()
                    .position(|group| group.contains(&at))
                    .map_or(1, |place| place + 1)
            })
            .collect();
        Self::Many(event.judgment.outcome, ranks)
    }

    /// Gives an answer a rank; the answers are ranked then.
    pub(crate) fn rank(&mut self, at: usize, rank: usize) {
        if let Self::Many(outcome, ranks) = self {
            *outcome = Outcome::Ranked;
            if let Some(held) = ranks.get_mut(at) {
                *held = rank.max(1);
            }
        }
    }

    /// The judgment. Answers that were marked as unacceptable in `before` stay marked in a ranking of several.
    pub(crate) fn judgment(&self, before: &VoteEvent) -> Judgment {
        let shown = &before.shown;
        match self {
            Self::Pair(choice) => choice.judgment(shown),
            Self::Many(Outcome::Equal, _) => Judgment::equal(shown.clone()),
            Self::Many(Outcome::AllUnacceptable, _) => Judgment::all_unacceptable(shown.clone()),
            Self::Many(outcome @ (Outcome::CantTell | Outcome::Skip), _) => {
                Judgment::without_preference(*outcome)
            }
            Self::Many(Outcome::Ranked, ranks) => {
                let groups: Vec<_> = (1..=shown.len())
                    .map(|rank| {
                        let of_rank = shown.iter().zip(ranks).filter(|(_, held)| **held == rank);
                        of_rank.map(|(id, _)| id.clone()).collect::<Vec<_>>()
                    })
                    .filter(|group| !group.is_empty())
                    .collect();
                let unacceptable = match before.judgment.outcome {
                    Outcome::Ranked | Outcome::Equal => before.judgment.unacceptable.clone(),
                    _ => vec![],
                };
                let judgment = match groups.len() {
                    1 => Judgment::equal(shown.clone()),
                    _ => Judgment::ranked(groups),
                };
                Judgment {
                    unacceptable,
                    ..judgment
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use palate_shared::event::{Policy, current};
    use palate_shared::ids::ResponseId;

    use super::*;

    fn event(id: &str, shown: &[&str], judgment: Judgment) -> VoteEvent {
        VoteEvent {
            id: id.into(),
            comparison: format!("c{id}").into(),
            supersedes: None,
            withdrawn: false,
            pack: "t".into(),
            prompt: "p".into(),
            shown: shown.iter().map(|id| ResponseId::from(*id)).collect(),
            judgment,
            policy: Policy::ExpectedInformation,
            propensity: 0.1,
            topic: None,
            repeat_of: None,
            predictions: vec![],
            blind: true,
            simulated: false,
            context: None,
            at_ms: id.len() as u64,
            dwell_ms: 0,
        }
    }

    fn pair(id: &str, choice: Choice) -> VoteEvent {
        let shown = ["a".into(), "b".into()];
        event(id, &["a", "b"], choice.judgment(&shown))
    }

    fn only(log: &[VoteEvent]) -> Vote {
        let mut votes = votes(log);
        assert_eq!(votes.len(), 1);
        votes.remove(0)
    }

    #[test]
    fn changes_withdrawals_and_undos_are_appended_and_the_last_word_counts() {
        let mut log = vec![pair("1", Choice::First)];
        let equal = Choice::Equal.judgment(&log[0].shown);
        log.push(only(&log).change(equal, "2".into(), 20));
        assert_eq!(choice_of(only(&log).now()), Some(Choice::Equal));
        log.push(only(&log).undo("3".into(), 30).expect("was changed"));
        assert_eq!(choice_of(only(&log).now()), Some(Choice::First));
        log.push(only(&log).withdraw("4".into(), 40));
        assert_eq!(only(&log).used(), Use::Withdrawn);
        assert_eq!(current(&log), Vec::<&VoteEvent>::new());
        log.push(only(&log).undo("5".into(), 50).expect("was withdrawn"));
        let vote = only(&log);
        assert_eq!((vote.used(), vote.first().at_ms), (Use::Learned, 1));
        assert_eq!(current(&log), [vote.now()]);
        let undone = vote.undo("6".into(), 60).expect("can be undone again");
        assert!(undone.withdrawn);
        assert_eq!((log.len(), count(&log)), (5, 1));
        assert_eq!(choice_of(&log[0]), Some(Choice::First), "never rewritten");
        assert_eq!(only(&log[..1]).undo("7".into(), 70), None);
    }

    #[test]
    fn votes_come_newest_first_and_a_change_does_not_move_them() {
        let mut log = vec![pair("1", Choice::First), pair("22", Choice::Second)];
        log.push(log[0].withdrawal("333".into(), 99));
        let order: Vec<_> = votes(&log)
            .iter()
            .map(|vote| vote.first().id.as_str().to_owned())
            .collect();
        assert_eq!(order, ["22", "1"]);
    }

    #[test]
    fn the_filter_reads_words_outcome_and_what_happened() {
        let log = vec![pair("1", Choice::First)];
        let vote = only(&log);
        let with = |words: &str, outcome, touched| Filter {
            words: words.to_owned(),
            outcome,
            touched,
            pack: None,
        };
        let takes = |filter: Filter, vote: &Vote| filter.takes(vote, "How do I bake Bread?");
        assert!(takes(Filter::default(), &vote));
        assert!(takes(with("bread how", None, Touched::Any), &vote));
        assert!(!takes(with("bread soup", None, Touched::Any), &vote));
        let ranked = Some(Outcome::Ranked);
        assert!(takes(with("", ranked, Touched::Any), &vote));
        assert!(!takes(with("", Some(Outcome::Equal), Touched::Any), &vote));
        assert!(!takes(with("", None, Touched::Changed), &vote));
        let equal = Choice::Equal.judgment(&log[0].shown);
        let changed = only(&[log[0].clone(), vote.change(equal, "2".into(), 2)]);
        assert!(takes(with("", None, Touched::Changed), &changed));
        assert!(!takes(with("", ranked, Touched::Any), &changed));
        let gone = only(&[log[0].clone(), vote.withdraw("2".into(), 2)]);
        assert!(takes(with("", None, Touched::Withdrawn), &gone));
        assert!(!takes(with("", None, Touched::Changed), &gone));
    }

    #[test]
    fn votes_on_several_packs_can_be_told_apart() {
        let mut log = vec![pair("1", Choice::First), pair("22", Choice::First)];
        log[1].pack = "other".into();
        assert_eq!(packs(&log), ["other".into(), "t".into()]);
        let on = |pack: &str| Filter {
            pack: Some(pack.into()),
            ..Filter::default()
        };
        let takes = |pack| {
            votes(&log)
                .iter()
                .map(|vote| on(pack).takes(vote, ""))
                .collect::<Vec<_>>()
        };
        assert_eq!(takes("other"), [true, false]);
        assert_eq!(takes("t"), [false, true]);
    }

    #[test]
    fn every_choice_on_two_answers_can_be_read_back_and_drafted() {
        for choice in Choice::ALL {
            let vote = pair("1", choice);
            assert_eq!(choice_of(&vote), Some(choice));
            assert_eq!(Draft::of(&vote).judgment(&vote), vote.judgment);
        }
    }

    #[test]
    fn a_ranking_of_four_can_be_changed() {
        let judgment = Judgment {
            unacceptable: vec!["c".into()],
            ..Judgment::ranked(vec![
                vec!["b".into()],
                vec!["a".into(), "d".into()],
                vec!["c".into()],
            ])
        };
        let vote = event("1", &["a", "b", "c", "d"], judgment.clone());
        assert_eq!(order_of(&vote), [vec![1], vec![0, 3], vec![2]]);
        let mut draft = Draft::of(&vote);
        assert_eq!(draft.judgment(&vote), judgment);
        draft.rank(0, 4);
        let changed = draft.judgment(&vote);
        assert_eq!(changed.validate(&vote.shown), Ok(()));
        assert_eq!(changed.groups.last(), Some(&vec!["a".into()]));
        for at in 0..4 {
            draft.rank(at, 2);
        }
        assert_eq!(draft.judgment(&vote).outcome, Outcome::Equal);
        for outcome in [
            Outcome::Equal,
            Outcome::AllUnacceptable,
            Outcome::CantTell,
            Outcome::Skip,
        ] {
            let judgment = Draft::Many(outcome, vec![1; 4]).judgment(&vote);
            assert_eq!(judgment.validate(&vote.shown), Ok(()));
            assert_eq!(judgment.outcome, outcome);
        }
    }

    #[test]
    fn use_and_standing_are_told() {
        let mut random = pair("1", Choice::First);
        random.policy = Policy::UniformRandom;
        assert_eq!(only(&[random.clone()]).used(), Use::HeldOut);
        assert_eq!(only(&[pair("1", Choice::Skip)]).used(), Use::Nothing);
        let vote = only(&[random.clone()]);
        assert_eq!(vote.on_server(&[]), OnServer::Not);
        let mut entry = Entry::new("1".into());
        assert_eq!(vote.on_server(&[entry.clone()]), OnServer::Waiting);
        entry.acknowledge("s".into());
        assert_eq!(vote.on_server(&[entry.clone()]), OnServer::Saved);
        let gone = only(&[random.clone(), random.withdrawal("2".into(), 2)]);
        assert_eq!(gone.on_server(&[entry]), OnServer::Earlier);
    }
}
