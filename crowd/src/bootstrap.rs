//! Intervals by resampling raters: all votes of a rater come or go together, since they depend on each other.
//!
//! Each resample draws as many groups of raters as there are, with replacement, from a seeded generator; groups are single
//! raters up to [`crate::MOST_BLOCKS`] of them. A resample costs by (group, cell) entries and by cells, not by votes.

use palate_shared::stats::Estimate;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::aggregate::{Aggregate, Scores};
use crate::counts::Counts;
use crate::error::Error;
use crate::math::{Z, middle_95};
use crate::table::{Sample, Table};

/// Share of resamples in which one candidate must stand above another to be called above: two-sided 95 %.
const ABOVE: f64 = 0.975;

/// How to resample.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Resampling {
    /// How many resamples; the project asks for 200 or more.
    pub count: usize,
    /// Of the generator. The same seed, votes and settings give the same intervals, natively and in a browser.
    pub seed: u64,
}

impl Default for Resampling {
    fn default() -> Self {
        Self {
            count: 300,
            seed: 1,
        }
    }
}

/// Ranks that a candidate may hold, 1 is best.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ranks {
    /// By its score. Equal scores share the better rank.
    pub own: usize,
    /// One more than the candidates that stand above it with 95 % confidence.
    pub best: usize,
    /// As many less than all as stand below it with 95 % confidence.
    pub worst: usize,
}

/// Scores of everyone with intervals and ranks.
#[derive(Clone, Debug)]
pub struct Standing {
    /// From all votes.
    pub scores: Scores,
    /// Of each candidate.
    pub estimates: Vec<Estimate>,
    /// Of each further parameter.
    pub further: Vec<Estimate>,
    /// Of each candidate.
    pub ranks: Vec<Ranks>,
}

/// Scores by `method` with 95 % intervals and the ranks that each candidate may hold.
///
/// An interval is that of the resamples (percentiles), and where the method knows the error of independent votes, never
/// narrower than that: with few raters resampling alone would claim too much. For the same reason one candidate is called
/// above another only if both say so. Ranks are pairwise statements, each at 95 %; they are not corrected for how many there are.
///
/// # Errors
/// When the method refuses the votes, or cannot be resampled as it is set.
pub fn standing(
    method: &dyn Aggregate,
    table: &Table,
    resampling: Resampling,
) -> Result<Standing, Error> {
    let scores = method.aggregate(&table.sample())?;
    let drawn = draws(method, table, &scores, resampling)?;
    let size = table.candidates.len();
    let values: Vec<f64> = scores
        .values
        .iter()
        .chain(&scores.further)
        .copied()
        .collect();
    let mut column = Vec::with_capacity(drawn.len());
    let mut estimates: Vec<Estimate> = values
        .iter()
        .enumerate()
        .map(|(at, value)| {
            column.clear();
            column.extend(drawn.iter().map(|draw| draw[at]));
            let (low, high) = middle_95(&mut column).unwrap_or((*value, *value));
            let half = Z * scores.standard_error(at).unwrap_or(0.0);
            Estimate {
                value: *value,
                low: low.min(value - half),
                high: high.max(value + half),
            }
        })
        .collect();
    let further = estimates.split_off(size);
    Ok(Standing {
        ranks: ranks(&scores, &drawn, size),
        estimates,
        further,
        scores,
    })
}

/// Values and further parameters of each resample.
fn draws(
    method: &dyn Aggregate,
    table: &Table,
    everyone: &Scores,
    resampling: Resampling,
) -> Result<Vec<Vec<f64>>, Error> {
    if resampling.count > 0 {
        method.can_resample()?;
    }
    let mut generator = ChaCha8Rng::seed_from_u64(resampling.seed);
    let groups = table.blocks.len() as u32;
    let mut drawn = Vec::with_capacity(resampling.count);
    for _ in 0..resampling.count {
        let mut times = vec![0_u32; table.blocks.len()];
        for _ in 0..groups {
            times[generator.random_range(0..groups) as usize] += 1;
        }
        let counts = table.resampled(&times);
        let sample = Sample {
            table,
            counts: &counts,
        };
        let scores = method.again(&sample, everyone)?;
        let mut row = scores.values;
        row.extend(scores.further);
        drawn.push(row);
    }
    Ok(drawn)
}

impl Table {
    /// Counts with each group of raters taken so many times.
    fn resampled(&self, times: &[u32]) -> Vec<Counts> {
        let mut counts = vec![Counts::default(); self.cells.len()];
        for (block, times) in self.blocks.iter().zip(times) {
            if *times > 0 {
                for (cell, own) in &block.entries {
                    counts[*cell as usize].add_scaled(own, f64::from(*times));
                }
            }
        }
        counts
    }
}

fn ranks(scores: &Scores, drawn: &[Vec<f64>], size: usize) -> Vec<Ranks> {
    let needed = ABOVE * drawn.len() as f64;
    let is_above = |one: usize, other: usize| {
        let difference = scores.values[one] - scores.values[other];
        let error = scores.difference_error(one, other);
        if difference <= Z * error.unwrap_or(0.0) {
            return false;
        }
        let times = drawn.iter().filter(|draw| draw[one] > draw[other]).count();
        times as f64 >= needed && (error.is_some() || !drawn.is_empty())
    };
    let mut ranks: Vec<Ranks> = scores
        .values
        .iter()
        .map(|value| Ranks {
            own: 1 + scores.values.iter().filter(|other| *other > value).count(),
            best: 1,
            worst: size,
        })
        .collect();
    for one in 0..size {
        for other in 0..size {
            if is_above(one, other) {
                ranks[other].best += 1;
                ranks[one].worst -= 1;
            }
        }
    }
    ranks
}
