//! What was asked and said, as far as the models need it.

use std::collections::{HashSet, VecDeque};

use palate_shared::event::{self, VoteEvent};

use crate::pool::{Pair, Pool};

/// A prompt comes back after this many others at the earliest (fewer in a small pack).
const PROMPT_REST: usize = 10;

/// Votes of one person.
#[derive(Clone, Debug, Default)]
pub(super) struct History {
    events: Vec<VoteEvent>,
    /// `(first, second, label)` of the pairs to fit.
    pairs: Vec<(usize, usize, f64)>,
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
        self.events.push(event.clone());
        self.recount(pool);
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
    pub fn pairs(&self) -> Vec<(usize, usize, f64)> {
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

    /// Pairs that may be asked: never shown, and of a prompt that has rested; if none has, all that were never shown.
    pub fn eligible(&self, pool: &Pool) -> Vec<Pair> {
        let rest = PROMPT_REST.min(pool.prompts.len() / 2);
        let resting: HashSet<usize> = self.recent.iter().rev().take(rest).copied().collect();
        let open = |pair: &&Pair| !self.shown.contains(pair);
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

    fn recount(&mut self, pool: &Pool) {
        self.pairs.clear();
        (self.fitted, self.held_out) = (0, 0);
        for event in event::current(&self.events) {
            let pairs: Vec<(usize, usize, f64)> = event
                .judgment
                .pairs()
                .iter()
                .filter_map(|pair| {
                    let label = if pair.tie { 0.5 } else { 1.0 };
                    Some((pool.find(pair.chosen)?, pool.find(pair.rejected)?, label))
                })
                .collect();
            if pairs.is_empty() {
                continue;
            }
            if event.policy.is_held_out() {
                self.held_out += 1;
            } else {
                self.fitted += 1;
                self.pairs.extend(pairs);
            }
        }
    }
}
