//! What was asked and said, as far as the models need it.

use std::collections::{HashSet, VecDeque};

use palate_shared::event::{self, Policy, VoteEvent};
use palate_shared::ids::ComparisonId;

use crate::pool::{Pair, Pool};

/// A prompt comes back after this many others at the earliest (fewer in a small pack).
const PROMPT_REST: usize = 10;
/// A question is repeated after this many other votes at the earliest, when it is no longer in mind.
const REPEAT_REST: usize = 10;

/// First and second answer by place in the pool, and the label: 1 where the first is preferred, 0.5 for a tie.
pub(super) type LabelledItems = (usize, usize, f64);

/// Votes of one person.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    events: Vec<VoteEvent>,
    /// The pairs to fit.
    pairs: Vec<LabelledItems>,
    fitted: u32,
    held_out: u32,
    /// Pairs that were shown, whatever was said.
    shown: HashSet<Pair>,
    /// Prompts asked last, newest at the back.
    recent: VecDeque<usize>,
}

impl History {
    /// Adds an event and recomputes what the models see: a revision may replace an earlier event.
    pub fn push(&mut self, event: &VoteEvent, pool: &Pool) {
        self.extend(std::slice::from_ref(event), pool);
    }

    /// Adds events and recomputes once.
    pub fn extend(&mut self, events: &[VoteEvent], pool: &Pool) {
        for event in events {
            self.note(event, pool);
        }
        self.events.extend_from_slice(events);
        self.recount(pool);
    }

    /// Every event, as it came.
    pub fn events(&self) -> &[VoteEvent] {
        &self.events
    }

    fn note(&mut self, event: &VoteEvent, pool: &Pool) {
        let items: Vec<usize> = event.shown.iter().filter_map(|id| pool.find(id)).collect();
        for (at, first) in items.iter().enumerate() {
            self.shown.extend(
                items[at + 1..]
                    .iter()
                    .map(|second| Pair::of(*first, *second)),
            );
        }
        if let Some(item) = items.first() {
            self.asked(pool.items[*item].prompt);
        }
    }

    /// Notes that a prompt was just asked.
    pub fn asked(&mut self, prompt: usize) {
        self.recent.retain(|other| *other != prompt);
        self.recent.push_back(prompt);
        if self.recent.len() > PROMPT_REST {
            self.recent.pop_front();
        }
    }

    /// Pairs to fit: current revisions, held-out votes left out.
    pub fn pairs(&self) -> Vec<LabelledItems> {
        self.pairs.clone()
    }

    /// Votes with a preference that were fitted.
    pub fn fitted(&self) -> u32 {
        self.fitted
    }

    /// Votes with a preference that are held out.
    pub fn held_out(&self) -> u32 {
        self.held_out
    }

    /// Pairs that may be asked, of one topic if there is one: never shown, and of a prompt that has rested; if none has, all that were never shown.
    pub fn eligible(&self, pool: &Pool, topic: Option<&str>) -> Vec<Pair> {
        let resting = self.resting(pool);
        let open = |pair: &&Pair| {
            let prompt = pool.items[pair.first].prompt;
            !self.shown.contains(pair) && topic.is_none_or(|topic| pool.topics[prompt] == topic)
        };
        let rested = |pair: &&Pair| !resting.contains(&pool.items[pair.first].prompt);
        let eligible: Vec<Pair> = pool
            .pairs
            .iter()
            .filter(open)
            .filter(rested)
            .copied()
            .collect();
        if eligible.is_empty() {
            return pool.pairs.iter().filter(open).copied().collect();
        }
        eligible
    }

    /// Prompts that were asked too recently to come back.
    fn resting(&self, pool: &Pool) -> HashSet<usize> {
        let rest = PROMPT_REST.min(pool.prompts.len() / 2);
        self.recent.iter().rev().take(rest).copied().collect()
    }

    /// Showings that may be asked again, with their answers in the order shown then: two answers with a preference, some
    /// votes ago, of a prompt that has rested, of the topic if there is one, and not asked again before.
    pub fn repeatable(&self, pool: &Pool, topic: Option<&str>) -> Vec<(ComparisonId, [usize; 2])> {
        let current = event::current(&self.events);
        let repeated: HashSet<&ComparisonId> = current
            .iter()
            .filter_map(|event| event.repeat_of.as_ref())
            .collect();
        let resting = self.resting(pool);
        let rested = current.len().saturating_sub(REPEAT_REST);
        current[..rested]
            .iter()
            .filter(|event| event.policy != Policy::Repeat && !repeated.contains(&event.comparison))
            .filter(|event| !event.judgment.pairs().is_empty())
            .filter_map(|event| {
                let [first, second] = event.shown.as_slice() else {
                    return None;
                };
                let shown = [pool.find(first)?, pool.find(second)?];
                let prompt = pool.items[shown[0]].prompt;
                (!resting.contains(&prompt)
                    && topic.is_none_or(|topic| pool.topics[prompt] == topic))
                .then(|| (event.comparison.clone(), shown))
            })
            .collect()
    }

    /// Whether a vote says of its two answers what an earlier showing's vote says of them now; `None` when one of them
    /// says nothing.
    pub fn agrees(&self, vote: &VoteEvent, earlier: &ComparisonId) -> Option<bool> {
        let [first, second] = vote.shown.as_slice() else {
            return None;
        };
        let earlier = event::current(&self.events)
            .into_iter()
            .find(|event| event.comparison == *earlier)?;
        let before = earlier.judgment.label(first, second)?;
        Some(before == vote.judgment.label(first, second)?)
    }

    fn recount(&mut self, pool: &Pool) {
        self.pairs.clear();
        (self.fitted, self.held_out) = (0, 0);
        for event in event::current(&self.events) {
            let pairs = pairs_of(event, pool);
            if pairs.is_empty() {
                continue;
            }
            if is_fitted(event) {
                self.fitted += 1;
                self.pairs.extend(pairs);
            } else if event.policy.is_held_out() {
                self.held_out += 1;
            }
        }
    }

    /// Votes that say something of answers of the pool, each with its pairs: those on the showings that are named, else all
    /// that are fitted.
    pub fn examples(
        &self,
        pool: &Pool,
        named: Option<&[ComparisonId]>,
    ) -> Vec<(ComparisonId, Vec<LabelledItems>)> {
        event::current(&self.events)
            .into_iter()
            .filter(|event| match named {
                Some(named) => named.contains(&event.comparison),
                None => is_fitted(event),
            })
            .map(|event| (event.comparison.clone(), pairs_of(event, pool)))
            .filter(|(_, pairs)| !pairs.is_empty())
            .collect()
    }
}

/// Whether a vote is learned from: one on a random question never is, and the answer to a repeated one is already, once.
fn is_fitted(event: &VoteEvent) -> bool {
    matches!(
        event.policy,
        Policy::ExpectedInformation | Policy::SelfChosen
    )
}

/// The pairs of a vote, by place in the pool.
fn pairs_of(event: &VoteEvent, pool: &Pool) -> Vec<LabelledItems> {
    let labelled = |pair: &palate_shared::judgment::PairView<'_>| {
        let label = if pair.tie { 0.5 } else { 1.0 };
        Some((pool.find(pair.chosen)?, pool.find(pair.rejected)?, label))
    };
    event.judgment.pairs().iter().filter_map(labelled).collect()
}
