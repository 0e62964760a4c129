//! The hybrid representation: beside what its text says, a known item is where the training people's votes put it.
//!
//! A low-rank logistic factor model: `margin = (1, u) · (z_first - z_second)`, `z_i = T x_i + ρ_i`, with a person's `u` under
//! N(0, I), a row `x_i` of the representation, and a residual `ρ_i` that is free, under a penalty, for items that training
//! people voted on and zero for all others. The first number of `z` is what everybody likes. `z` is appended to the row.
//!
//! Two things keep unseen items from suffering. A residual and `T x` are, before any vote, expected to say equally much, so
//! `T` is not idle where residuals could do its work. And methods learn from both kinds of items: for a share of training
//! votes, residuals of both items are dropped, as they will be for unseen ones ([`DROPPED`]).
//!
//! # Source
//! Agarwal, Chen 2009, "Regression-based latent factor models" (items with a regression on their features as prior mean);
//! Volkovs, Yu, Poutanen 2017, "DropoutNet" (dropout of what a new item cannot have).

use anyhow::{Context, Result};
use palate_models::methods::empirical_bayes::EmpiricalBayes;
use palate_models::training::{TrainingSet, Vote, validation_loss};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;
use serde::{Deserialize, Serialize};

/// Share of training votes whose items stand without their residuals.
const DROPPED: f64 = 0.3;
/// Candidates for the number of directions in which people differ.
const RANKS: [usize; 3] = [2, 4, 8];
/// Candidates for the penalty on residuals: 1 / variance of a number of `z`.
const PENALTIES: [f64; 4] = [1.0, 3.0, 10.0, 30.0];
/// Steps of gradient descent (Adam, all votes each).
const STEPS: usize = 250;
/// First learning rate; falls to zero along half a cosine.
const RATE: f64 = 0.08;

/// What is chosen on validation people.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Choice {
    /// Directions in which people differ.
    pub rank: usize,
    /// 1 / variance of a residual's number before votes.
    pub penalty: f64,
}

/// Places of items in the space of tastes: `rank + 1` numbers each.
#[derive(Clone, Debug, PartialEq)]
pub struct Factors {
    /// With residuals, where an item has one.
    pub known: Vec<Vec<f32>>,
    /// By the text alone.
    pub text: Vec<Vec<f32>>,
    /// `T`, `[dimension, rank + 1]`, row-major.
    pub transform: Vec<f32>,
}

/// Appends `z` to the rows of a training set and of its smaller set for choices, each learned on its own votes. The set
/// returned has every item twice: at its index with its residual, and `items` places later without. Votes of validation
/// and tests point to the first. With it come the places that were learned on the whole set.
///
/// # Errors
/// When numbers stop being finite.
pub fn hybrid(set: &TrainingSet, seed: u64) -> Result<(TrainingSet, Factors)> {
    let choice = choose(set.for_choices(), seed)?;
    let append = |set: &TrainingSet| -> Result<(TrainingSet, Factors)> {
        let factors = fit(set, choice, seed)?;
        let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xd209);
        let items = set.rows.len();
        let mut drop = |vote: &Vote| {
            let away = if rng.random_bool(DROPPED) { items } else { 0 };
            Vote {
                first: vote.first + away,
                second: vote.second + away,
                ..*vote
            }
        };
        let people = set.people.iter();
        let people = people
            .map(|votes| votes.iter().map(&mut drop).collect())
            .collect();
        let set = TrainingSet {
            rows: joined(&set.rows, &factors.known)
                .chain(joined(&set.rows, &factors.text))
                .collect(),
            prompts: [set.prompts.clone(), set.prompts.clone()].concat(),
            people,
            descriptions: set.descriptions.clone(),
            validation: set.validation.clone(),
            item_noise: set.item_noise,
            choosing: None,
        };
        Ok((set, factors))
    };
    let (mut whole, factors) = append(set)?;
    whole.choosing = match &set.choosing {
        Some(smaller) => Some(Box::new(append(smaller)?.0)),
        None => None,
    };
    Ok((whole, factors))
}

fn joined<'a>(rows: &'a [Vec<f32>], more: &'a [Vec<f32>]) -> impl Iterator<Item = Vec<f32>> + 'a {
    rows.iter()
        .zip(more)
        .map(|(row, more)| [row.as_slice(), more].concat())
}

/// The candidate that forecasts validation people best, known and new items alike.
fn choose(set: &TrainingSet, seed: u64) -> Result<Choice> {
    let mut best: Option<(f64, Choice)> = None;
    for rank in RANKS {
        for penalty in PENALTIES {
            let choice = Choice { rank, penalty };
            let loss = validation_loss(
                &model(rank)?,
                &TrainingSet {
                    rows: fit(set, choice, seed)?.known,
                    validation: set.validation.clone(),
                    ..TrainingSet::default()
                },
            )?;
            if best.is_none_or(|(least, _)| loss < least) {
                best = Some((loss, choice));
            }
        }
    }
    Ok(best.context("there are candidates")?.1)
}

/// The factor model as a method on rows `z`: `u` under N(0, I), the first number for everybody.
fn model(rank: usize) -> Result<EmpiricalBayes> {
    let mut mean = vec![0.0; rank + 1];
    mean[0] = 1.0;
    let mut factor = vec![0.0; (rank + 1) * rank];
    for at in 0..rank {
        factor[(at + 1) * rank + at] = 1.0;
    }
    Ok(EmpiricalBayes::new("factors", mean, factor)?)
}

/// Learns places by gradient descent on the penalised likelihood.
///
/// # Errors
/// When numbers stop being finite.
pub fn fit(set: &TrainingSet, choice: Choice, seed: u64) -> Result<Factors> {
    let (items, dimension, rank) = (set.rows.len(), set.dimension(), choice.rank);
    let width = rank + 1;
    let votes = set.flat();
    let mut voted = vec![false; items];
    for (_, vote) in &votes {
        voted[vote.first] = true;
        voted[vote.second] = true;
    }
    let known: Vec<usize> = (0..items).filter(|at| voted[*at]).collect();
    let norm = |at: &usize| {
        set.rows[*at]
            .iter()
            .map(|v| f64::from(*v).powi(2))
            .sum::<f64>()
    };
    let mean_norm = known.iter().map(norm).sum::<f64>() / known.len().max(1) as f64;
    let mut rng = ChaCha8Rng::seed_from_u64(seed ^ 0xfac7);
    let mut people = Block::new(set.people.len() * rank, 1.0);
    for value in &mut people.values {
        *value = 0.3 * rng.sample::<f64, _>(StandardNormal);
    }
    let mut transform = Block::new(dimension * width, choice.penalty * mean_norm);
    let mut residuals = Block::new(items * width, choice.penalty);
    let mut places = vec![0.0; items * width];
    for step in 0..STEPS {
        place(&set.rows, &known, &transform.values, width, &mut places);
        for (place, residual) in places.iter_mut().zip(&residuals.values) {
            *place += residual;
        }
        let mut slopes = vec![0.0; items * width];
        for (person, vote) in &votes {
            let u = person * rank..(person + 1) * rank;
            let (a, b) = (vote.first * width, vote.second * width);
            let own = &people.values[u.clone()];
            let gap = |k: usize| places[a + k] - places[b + k];
            let margin = gap(0) + (0..rank).map(|k| own[k] * gap(k + 1)).sum::<f64>();
            let error = palate_models::preference::logistic(margin) - f64::from(vote.label);
            slopes[a] += error;
            slopes[b] -= error;
            for k in 0..rank {
                slopes[a + k + 1] += error * own[k];
                slopes[b + k + 1] -= error * own[k];
            }
            for (k, at) in u.enumerate() {
                people.slopes[at] += error * gap(k + 1);
            }
        }
        for at in &known {
            let own = &slopes[at * width..(at + 1) * width];
            residuals.slopes[at * width..(at + 1) * width].copy_from_slice(own);
            for (value, line) in set.rows[*at]
                .iter()
                .zip(transform.slopes.chunks_exact_mut(width))
            {
                for (sum, slope) in line.iter_mut().zip(own) {
                    *sum += f64::from(*value) * slope;
                }
            }
        }
        let rate = RATE * 0.5 * (1.0 + (std::f64::consts::PI * step as f64 / STEPS as f64).cos());
        for block in [&mut people, &mut transform, &mut residuals] {
            block.step(step, rate);
        }
    }
    let all: Vec<usize> = (0..items).collect();
    place(&set.rows, &all, &transform.values, width, &mut places);
    let text: Vec<Vec<f32>> = places.chunks_exact(width).map(narrow).collect();
    for (place, residual) in places.iter_mut().zip(&residuals.values) {
        *place += residual;
    }
    anyhow::ensure!(
        places.iter().all(|value| value.is_finite()),
        "places of items are not finite; look for extreme numbers among the items"
    );
    Ok(Factors {
        known: places.chunks_exact(width).map(narrow).collect(),
        text,
        transform: narrow(&transform.values),
    })
}

fn narrow(row: &[f64]) -> Vec<f32> {
    row.iter().map(|value| *value as f32).collect()
}

/// `T x` of some items.
fn place(rows: &[Vec<f32>], items: &[usize], transform: &[f64], width: usize, places: &mut [f64]) {
    for at in items {
        let place = &mut places[at * width..(at + 1) * width];
        place.fill(0.0);
        for (value, line) in rows[*at].iter().zip(transform.chunks_exact(width)) {
            for (sum, weight) in place.iter_mut().zip(line) {
                *sum += f64::from(*value) * weight;
            }
        }
    }
}

/// Numbers under one penalty, with the moments of Adam (Kingma, Ba 2015).
struct Block {
    values: Vec<f64>,
    slopes: Vec<f64>,
    penalty: f64,
    first: Vec<f64>,
    second: Vec<f64>,
}

impl Block {
    fn new(size: usize, penalty: f64) -> Self {
        let zeros = vec![0.0; size];
        Self {
            values: zeros.clone(),
            slopes: zeros.clone(),
            penalty,
            first: zeros.clone(),
            second: zeros,
        }
    }

    fn step(&mut self, step: usize, rate: f64) {
        let (fade_first, fade_second) = (0.9_f64, 0.99_f64);
        let n = step as i32 + 1;
        let (scale_first, scale_second) = (1.0 - fade_first.powi(n), 1.0 - fade_second.powi(n));
        for at in 0..self.values.len() {
            let slope = self.slopes[at] + self.penalty * self.values[at];
            self.first[at] = fade_first * self.first[at] + (1.0 - fade_first) * slope;
            self.second[at] = fade_second * self.second[at] + (1.0 - fade_second) * slope * slope;
            let size = (self.second[at] / scale_second).sqrt() + 1e-9;
            self.values[at] -= rate * self.first[at] / scale_first / size;
            self.slopes[at] = 0.0;
        }
    }
}
