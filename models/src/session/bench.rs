//! Timing of refit and question choice.

use palate_shared::ids::MethodId;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Session, fit};
use crate::Result;
use crate::pool::Pair;

/// Timings of refit and question choice, in the unit of the clock that was given.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RefitBench {
    /// Refit per method, one list each.
    pub refit: Vec<(MethodId, Vec<f64>)>,
    /// Refit of all methods together.
    pub all: Vec<f64>,
    /// Question choice.
    pub choose: Vec<f64>,
}

impl Session {
    /// Times refit and question choice on a synthetic history of `votes` votes over this pack: labels follow a hidden
    /// random taste with 5 % flips, every repetition another one. `now` is any monotonic clock, for example
    /// `performance.now`; the session's own state does not change.
    ///
    /// # Errors
    /// When a fit fails.
    pub fn bench_refit(
        &self,
        votes: usize,
        candidates: usize,
        repeats: usize,
        now: &dyn Fn() -> f64,
    ) -> Result<RefitBench> {
        let mut bench = RefitBench {
            refit: self
                .players
                .iter()
                .map(|player| (player.model.id(), vec![]))
                .collect(),
            ..RefitBench::default()
        };
        let mut rng = ChaCha8Rng::seed_from_u64(self.seed);
        for _ in 0..repeats {
            let pairs = self.synthetic_votes(&self.pool.pairs, votes, &mut rng);
            let mut all = 0.0;
            for (player, (_, times)) in self.players.iter().zip(&mut bench.refit) {
                let start = now();
                let state = fit(player.model.as_ref(), &player.views, &pairs)?;
                let time = now() - start;
                std::hint::black_box(&state);
                times.push(time);
                all += time;
            }
            bench.all.push(all);
            let asked: Vec<Pair> = self
                .pool
                .pairs
                .iter()
                .cycle()
                .take(candidates)
                .copied()
                .collect();
            let start = now();
            std::hint::black_box(crate::query::choose(
                &self.information(&asked, 1),
                crate::query::RANDOM_SHARE,
                &mut rng,
            ));
            bench.choose.push(now() - start);
        }
        Ok(bench)
    }

    /// Votes on some pairs of a person whose taste is drawn.
    pub(super) fn synthetic_votes(
        &self,
        pairs: &[Pair],
        votes: usize,
        rng: &mut ChaCha8Rng,
    ) -> Vec<(usize, usize, f64)> {
        if pairs.is_empty() {
            return vec![];
        }
        let width = self.pool.rows.first().map_or(0, Vec::len);
        let taste: Vec<f32> = (0..width).map(|_| rng.random_range(-1.0..1.0)).collect();
        let reward = |item: usize| -> f32 {
            self.pool.rows[item]
                .iter()
                .zip(&taste)
                .map(|(x, w)| x * w)
                .sum()
        };
        (0..votes)
            .map(|_| {
                let pair = pairs[rng.random_range(0..pairs.len())];
                let wins = (reward(pair.first) > reward(pair.second)) != rng.random_bool(0.05);
                (pair.first, pair.second, f64::from(u8::from(wins)))
            })
            .collect()
    }
}
