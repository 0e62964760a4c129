//! Questions with four answers at once: one ranking orders up to six pairs.

use std::collections::HashMap;

use palate_shared::event::Policy;
use palate_shared::infer::Question;
use rand::seq::SliceRandom;

use super::{AT_RANDOM, MOST_CANDIDATES, Session};
use crate::pool::Pair;
use crate::{Error, Result, query};

/// Answers of one such question.
pub const FOUR: usize = 4;

/// Four answers to one prompt, by index.
type Set = [usize; FOUR];

impl Session {
    /// Chooses four answers to one prompt. Same policy as for pairs: with the random share uniform over all sets, else
    /// one of the sets whose pairs that were never shown tell most. No forecasts are made: they are about pairs.
    ///
    /// # Errors
    /// When no prompt has four answers with a pair that is left to ask.
    pub fn next_four(&mut self) -> Result<Question> {
        let eligible = self.history.eligible(&self.pool, None);
        // A pair stands in several sets: its information is computed once.
        let open: HashMap<Pair, f64> = eligible
            .iter()
            .copied()
            .zip(self.information(&eligible, 1))
            .collect();
        let mut sets = self.sets(&open);
        let stride = sets.len().div_ceil(MOST_CANDIDATES).max(1);
        sets = sets.into_iter().step_by(stride).collect();
        let information: Vec<f64> = sets
            .iter()
            .map(|set| pairs(set).filter_map(|pair| open.get(&pair)).sum())
            .collect();
        let choice =
            query::choose(&information, query::RANDOM_SHARE, &mut self.rng).ok_or_else(|| {
                Error::Input("no question of this pack has four answers left to rank".into())
            })?;
        let mut shown = sets[choice.index];
        let prompt = self.pool.items[shown[0]].prompt;
        self.history.asked(prompt);
        shown.shuffle(&mut self.rng);
        let why = match choice.policy {
            Policy::UniformRandom => AT_RANDOM,
            _ => "Together, these four tell most about your taste.",
        };
        Ok(Question {
            comparison: self.new_comparison(),
            prompt: self.pool.prompts[prompt].clone(),
            shown: shown
                .iter()
                .map(|item| self.pool.items[*item].id.clone())
                .collect(),
            policy: choice.policy,
            propensity: choice.propensity,
            topic: None,
            repeat_of: None,
            predictions: Vec::new(),
            information: information[choice.index],
            why: why.to_owned(),
        })
    }

    /// Every set of four answers to one prompt that holds an open pair.
    fn sets(&self, open: &HashMap<Pair, f64>) -> Vec<Set> {
        let mut sets = Vec::new();
        let mut start = 0;
        while let Some(first) = self.pool.items.get(start) {
            let end = start
                + self.pool.items[start..]
                    .iter()
                    .take_while(|item| item.prompt == first.prompt)
                    .count();
            for a in start..end {
                for b in a + 1..end {
                    for c in b + 1..end {
                        sets.extend((c + 1..end).map(|d| [a, b, c, d]));
                    }
                }
            }
            start = end;
        }
        sets.retain(|set| pairs(set).any(|pair| open.contains_key(&pair)));
        sets
    }
}

/// The six pairs of a set.
fn pairs(set: &Set) -> impl Iterator<Item = Pair> {
    (0..FOUR).flat_map(move |a| (a + 1..FOUR).map(move |b| Pair::of(set[a], set[b])))
}
