//! The minimax winner: the lottery over candidates that no candidate beats on average (von Neumann winner, maximal
//! lottery). It exists also where tastes go in a circle and no ranking is right.
//!
//! With the margins M(i, j) = 2 · share(i over j) − 1, antisymmetric, in [−1, 1], and 0 where nobody compared the two, it is a
//! p on the simplex with max over i of (M p)ᵢ ≤ 0. It is found by self-play: both players of this symmetric game run optimistic
//! Hedge with step η = 1/2 (Syrgkanis, Agarwal, Luo and Schapire 2015) and so play alike; the average of what they played is
//! returned. That method's regret bound (their RVU property) gives
//!
//! gap = max (M p̄)ᵢ ≤ (2 ln n + 1/2) / rounds.
//!
//! The gap that was reached is computed and returned; play ends early once it is small. In words: no candidate is preferred to
//! the lottery in more than (1 + gap) / 2 of votes.
//!
//! **Clones.** Candidates with the same margins against all others and 0 between them are one player, and its mass is split
//! evenly among them. So a copy of a candidate changes neither the mass of the two together nor anyone else's.

use crate::aggregate::{Aggregate, Scores, Unit};
use crate::error::Error;
use crate::linear::dot;
use crate::math::{exp, ln};
use crate::table::Sample;

/// Step of the players.
const STEP: f64 = 0.5;
/// Rounds between looks at the gap.
const LOOK_EVERY: usize = 32;
/// Margins that differ by less are the same.
const SAME: f64 = 1e-9;

/// The method.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Minimax {
    /// Play ends at this gap.
    pub gap: f64,
}

impl Default for Minimax {
    fn default() -> Self {
        Self { gap: 0.001 }
    }
}

/// A lottery and how far it is from the best.
#[derive(Clone, Debug, PartialEq)]
pub struct Lottery {
    /// Probability of each candidate.
    pub mass: Vec<f64>,
    /// Largest margin of a candidate over the lottery, at least 0.
    pub gap: f64,
    /// Rounds played.
    pub rounds: usize,
}

impl Minimax {
    /// The lottery of an antisymmetric matrix of margins in [−1, 1], `margins[i][j]` of i over j.
    ///
    /// # Errors
    /// When the wanted gap is not above 0, or the matrix is not what it must be.
    pub fn lottery(&self, margins: &[Vec<f64>]) -> Result<Lottery, Error> {
        if !(self.gap > 0.0 && self.gap.is_finite()) {
            return Err(Error::Setting("the wanted gap is a finite number above 0"));
        }
        if !is_game(margins) {
            return Err(Error::Setting(
                "margins are a square, antisymmetric matrix of numbers in [-1, 1]",
            ));
        }
        let players = players(margins);
        let reduced: Vec<Vec<f64>> = players
            .iter()
            .map(|one| {
                players
                    .iter()
                    .map(|other| margins[one[0]][other[0]])
                    .collect()
            })
            .collect();
        let (reduced_mass, rounds) = self.play(&reduced);
        let mut mass = vec![0.0; margins.len()];
        for (clones, share) in players.iter().zip(&reduced_mass) {
            for clone in clones {
                mass[*clone] = share / clones.len() as f64;
            }
        }
        Ok(Lottery {
            gap: gap_of(margins, &mass),
            mass,
            rounds,
        })
    }

    /// Average of what is played until the gap is small.
    fn play(&self, margins: &[Vec<f64>]) -> (Vec<f64>, usize) {
        let size = margins.len();
        let bound = 2.0 * ln(size.max(1) as f64) + 0.5;
        let most_rounds = (bound / self.gap).ceil() as usize;
        let mut gains = vec![0.0; size];
        let mut last = vec![0.0; size];
        let mut sum = vec![0.0; size];
        for round in 1..=most_rounds {
            let played = softmax(
                gains
                    .iter()
                    .zip(&last)
                    .map(|(gain, last)| STEP * (gain + last)),
            );
            for (at, row) in margins.iter().enumerate() {
                last[at] = dot(row, &played);
                gains[at] += last[at];
                sum[at] += played[at];
            }
            // (M p̄) is the mean of what each candidate gained.
            let best = gains
                .iter()
                .fold(f64::NEG_INFINITY, |best, gain| best.max(*gain));
            if round % LOOK_EVERY == 0 && best <= self.gap * round as f64 {
                return (scaled(sum, round), round);
            }
        }
        (scaled(sum, most_rounds), most_rounds)
    }
}

impl Aggregate for Minimax {
    fn id(&self) -> &'static str {
        "minimax"
    }

    fn unit(&self) -> Unit {
        Unit::Probability
    }

    /// Further parameter: the gap.
    fn aggregate(&self, sample: &Sample<'_>) -> Result<Scores, Error> {
        let lottery = self.lottery(&margins(sample))?;
        Ok(Scores {
            further: vec![lottery.gap],
            ..Scores::plain(lottery.mass)
        })
    }
}

/// Margins of all pairs, 0 where nobody compared the two.
pub fn margins(sample: &Sample<'_>) -> Vec<Vec<f64>> {
    let pairs = sample.pairs();
    let margin = |one: usize, other: usize| {
        let total = pairs.wins(one, other) + pairs.wins(other, one);
        if total > 0.0 {
            (pairs.wins(one, other) - pairs.wins(other, one)) / total
        } else {
            0.0
        }
    };
    let size = sample.size();
    (0..size)
        .map(|one| (0..size).map(|other| margin(one, other)).collect())
        .collect()
}

fn is_game(margins: &[Vec<f64>]) -> bool {
    margins.iter().enumerate().all(|(one, row)| {
        row.len() == margins.len()
            && row.iter().enumerate().all(|(other, margin)| {
                margin.abs() <= 1.0
                    && (margin + margins[other].get(one).unwrap_or(&f64::NAN)).abs() <= SAME
            })
    })
}

/// Groups of clones, each by ascending place.
fn players(margins: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let mut players: Vec<Vec<usize>> = Vec::new();
    for one in 0..margins.len() {
        let is_clone = |other: usize| {
            let mut pairs = margins[one].iter().zip(&margins[other]);
            pairs.all(|(a, b)| (a - b).abs() <= SAME)
        };
        match players.iter_mut().find(|clones| is_clone(clones[0])) {
            Some(clones) => clones.push(one),
            None => players.push(vec![one]),
        }
    }
    players
}

fn gap_of(margins: &[Vec<f64>], mass: &[f64]) -> f64 {
    margins
        .iter()
        .fold(0.0, |gap: f64, row| gap.max(dot(row, mass)))
}

fn softmax(logits: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = logits.collect();
    let largest = values
        .iter()
        .fold(f64::NEG_INFINITY, |most, value| most.max(*value));
    values
        .iter_mut()
        .for_each(|value| *value = exp(*value - largest));
    let sum: f64 = values.iter().sum();
    values.iter_mut().for_each(|value| *value /= sum);
    values
}

fn scaled(mut sum: Vec<f64>, rounds: usize) -> Vec<f64> {
    let total: f64 = sum
        .iter()
        .sum::<f64>()
        .max(f64::from(u8::from(rounds == 0)));
    sum.iter_mut().for_each(|value| *value /= total);
    sum
}
