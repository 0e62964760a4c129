//! The penalised log-likelihood of Davidson's model, its slope and curvature, and the climb to its top.

use super::Prior;
use crate::counts::Counts;
use crate::error::Error;
use crate::linear::{Cholesky, Square, dot};
use crate::math::{exp, ln};
use crate::table::{Cell, Sample};

/// Most steps until the fit must have settled.
const MOST_STEPS: usize = 100;
/// Part of the promised gain that a step must bring.
const ENOUGH: f64 = 1e-4;
/// Shortest part of a step that is tried.
const SHORTEST: f64 = 1e-12;
/// Rounding of the value, as a part of the sum of its terms' sizes.
const ROUNDING: f64 = 1e-14;
/// Weights of votes on the slow way to the top.
const LIGHT: [f64; 8] = [1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1];
/// Ratings beyond this are on their way to infinity.
const FAR: f64 = 60.0;

pub(super) fn total(counts: &Counts) -> f64 {
    counts.first + counts.second + counts.tie
}

/// Probabilities of one cell.
pub(super) struct Chances {
    pub(super) first: f64,
    pub(super) second: f64,
    pub(super) tie: f64,
    /// ln s.
    ln_sum: f64,
}

impl Chances {
    pub(super) fn of(margin: f64, ln_tie: f64, has_ties: bool) -> Self {
        let half = 0.5 * margin;
        let largest = if has_ties {
            half.abs().max(ln_tie)
        } else {
            half.abs()
        };
        let (first, second) = (exp(half - largest), exp(-half - largest));
        let tie = if has_ties { exp(ln_tie - largest) } else { 0.0 };
        let sum = first + second + tie;
        Self {
            first: first / sum,
            second: second / sum,
            tie: tie / sum,
            ln_sum: largest + ln(sum),
        }
    }

    /// Slope of the log-likelihood along the margin.
    pub(super) fn slope(&self, counts: &Counts) -> f64 {
        0.5 * (counts.first - counts.second - total(counts) * (self.first - self.second))
    }
}

/// The penalised log-likelihood of a sample. Parameters: ratings, effects, ln ν if there are ties.
pub(super) struct Model<'a> {
    pub(super) sample: Sample<'a>,
    pub(super) candidates: usize,
    pub(super) covariates: usize,
    pub(super) has_ties: bool,
    pub(super) precision: f64,
    /// Curvature put along "all ratings alike" where no prior is, which holds their mean at 0 and changes nothing else.
    pub(super) gauge: f64,
}

/// When a climb ends: with the first step that moves no parameter further, or promises no more gain, than this. The step is
/// still taken, and steps this near the top square what is left.
#[derive(Clone, Copy, Debug)]
pub(super) struct Settled {
    moves: f64,
    /// Squared distance from the top in standard errors.
    gain: f64,
}

impl Settled {
    /// To rounding.
    pub(super) const FULLY: Self = Self {
        moves: 1e-9,
        gain: 0.0,
    };
    /// For a resample, whose own noise is one standard error.
    pub(super) const ROUGHLY: Self = Self {
        moves: 1e-9,
        gain: 1e-4,
    };
}

/// Where the climb ended.
pub(super) struct Found {
    pub(super) at: Vec<f64>,
    pub(super) steps: usize,
}

/// Value, slope and curvature at one point.
struct Surface {
    value: f64,
    /// Sum of the sizes of the terms of the value.
    magnitude: f64,
    log_likelihood: f64,
    slope: Vec<f64>,
    curvature: Square,
}

impl<'a> Model<'a> {
    pub(super) fn of(sample: &Sample<'a>, prior: Prior) -> Result<Self, Error> {
        let precision = prior.precision()?;
        Ok(Self {
            sample: *sample,
            candidates: sample.size(),
            covariates: sample.table.covariates.len(),
            has_ties: sample.counts.iter().any(|counts| counts.tie > 0.0),
            precision,
            gauge: if precision == 0.0 { 1.0 } else { 0.0 },
        })
    }

    pub(super) fn size(&self) -> usize {
        self.candidates + self.covariates + usize::from(self.has_ties)
    }

    pub(super) fn margin(&self, at: &[f64], cell: &Cell) -> f64 {
        let effects = &at[self.candidates..][..self.covariates];
        let style: f64 = effects
            .iter()
            .zip(&cell.difference)
            .map(|(effect, difference)| effect * difference)
            .sum();
        at[cell.first] - at[cell.second] + style
    }

    /// Each parameter that the margin of a cell depends on, with its factor.
    pub(super) fn each_part(&self, cell: &Cell, mut with: impl FnMut(usize, f64)) {
        with(cell.first, 1.0);
        with(cell.second, -1.0);
        for (covariate, difference) in cell.difference.iter().enumerate() {
            with(self.candidates + covariate, *difference);
        }
    }

    /// Only the lower half of the curvature is filled.
    fn surface(&self, at: &[f64]) -> Surface {
        let size = self.size();
        let (mut log_likelihood, mut magnitude) = (0.0, 0.0);
        let mut slope = vec![0.0; size];
        let mut curvature = Square::zeros(size);
        let ln_tie = if self.has_ties { at[size - 1] } else { 0.0 };
        let mut parts = Vec::with_capacity(2 + self.covariates);
        for (cell, counts) in self.sample.table.cells.iter().zip(self.sample.counts) {
            let total = total(counts);
            if total == 0.0 {
                continue;
            }
            let margin = self.margin(at, cell);
            let chances = Chances::of(margin, ln_tie, self.has_ties);
            log_likelihood += 0.5 * margin * (counts.first - counts.second) + ln_tie * counts.tie
                - total * chances.ln_sum;
            magnitude += total * (0.5 * margin.abs() + ln_tie.abs() + chances.ln_sum.abs());
            let along = chances.slope(counts);
            let lean = chances.first - chances.second;
            let bend = 0.25 * total * (chances.first + chances.second - lean * lean);
            parts.clear();
            self.each_part(cell, |place, part| parts.push((place, part)));
            for (nth, (row, part)) in parts.iter().enumerate() {
                slope[*row] += part * along;
                for (column, other) in &parts[..=nth] {
                    curvature.add(
                        (*row).max(*column),
                        (*row).min(*column),
                        part * other * bend,
                    );
                }
            }
            if self.has_ties {
                let last = size - 1;
                slope[last] += counts.tie - total * chances.tie;
                curvature.add(last, last, total * chances.tie * (1.0 - chances.tie));
                for (column, part) in &parts {
                    curvature.add(last, *column, -0.5 * part * total * lean * chances.tie);
                }
            }
        }
        let mut value = log_likelihood;
        for (place, parameter) in at.iter().enumerate() {
            value -= 0.5 * self.precision * parameter * parameter;
            slope[place] -= self.precision * parameter;
            curvature.add(place, place, self.precision);
        }
        if self.gauge > 0.0 {
            for row in 0..self.candidates {
                for column in 0..=row {
                    curvature.add(row, column, self.gauge);
                }
            }
        }
        Surface {
            value,
            magnitude,
            log_likelihood,
            slope,
            curvature,
        }
    }

    /// The top, from `start`.
    ///
    /// Where a prior holds the ratings there is always one, but votes of enormous weight on far differences make walls so
    /// steep that Newton's steps stay short; then all weights grow tenfold at a time from next to nothing, and each top
    /// is the start to the next.
    pub(super) fn top(&self, start: Vec<f64>, settled: Settled) -> Result<Found, Error> {
        let found = self.climb(start, settled);
        if self.precision == 0.0 || !matches!(found, Err(Error::NotSettled(_))) {
            return found;
        }
        let mut at = vec![0.0; self.size()];
        for weight in LIGHT {
            let mut counts = vec![Counts::default(); self.sample.counts.len()];
            for (light, own) in counts.iter_mut().zip(self.sample.counts) {
                light.add_scaled(own, weight);
            }
            let sample = Sample {
                table: self.sample.table,
                counts: &counts,
            };
            at = Model { sample, ..*self }.climb(at, Settled::ROUGHLY)?.at;
        }
        self.climb(at, settled)
    }

    /// Newton's method from `at`, steps being halved until they gain.
    fn climb(&self, mut at: Vec<f64>, settled: Settled) -> Result<Found, Error> {
        let mut here = self.surface(&at);
        for steps in 1..=MOST_STEPS {
            let factor = Cholesky::of(here.curvature).ok_or(Error::NotSettled(steps))?;
            let step = factor.solve(&here.slope);
            let gain = dot(&step, &here.slope);
            let moves = step.iter().fold(0.0, |most: f64, by| most.max(by.abs()));
            // What cannot be measured any more cannot be asked for; this near the top a whole step is right.
            let rounding = ROUNDING * (1.0 + here.magnitude);
            if moves <= settled.moves || gain <= settled.gain.max(rounding) {
                at.iter_mut().zip(&step).for_each(|(x, by)| *x += by);
                self.centre(&mut at);
                return Ok(Found { at, steps });
            }
            let mut length = 1.0;
            loop {
                let next: Vec<f64> = at
                    .iter()
                    .zip(&step)
                    .map(|(x, by)| x + length * by)
                    .collect();
                let there = self.surface(&next);
                if there.value >= here.value + ENOUGH * length * gain - rounding {
                    at = next;
                    here = there;
                    break;
                }
                length *= 0.5;
                if length < SHORTEST {
                    return Err(Error::NotSettled(steps));
                }
            }
            if self.precision == 0.0 && at.iter().any(|parameter| parameter.abs() > FAR) {
                return Err(Error::NotSettled(steps));
            }
        }
        Err(Error::NotSettled(MOST_STEPS))
    }

    /// Makes the mean of ratings exactly 0, where it is but for rounding.
    fn centre(&self, at: &mut [f64]) {
        let ratings = &mut at[..self.candidates];
        let mean = ratings.iter().sum::<f64>() / ratings.len() as f64;
        ratings.iter_mut().for_each(|rating| *rating -= mean);
    }

    /// Inverse of the curvature, without the direction in which all ratings move alike, and the log-likelihood.
    pub(super) fn covariance(&self, found: &Found) -> Result<(Square, f64), Error> {
        let surface = self.surface(&found.at);
        let factor = Cholesky::of(surface.curvature).ok_or(Error::NotSettled(found.steps))?;
        let mut covariance = factor.inverse();
        let along = self.precision + self.gauge * self.candidates as f64;
        let common = 1.0 / (along * self.candidates as f64);
        for row in 0..self.candidates {
            for column in 0..self.candidates {
                covariance.add(row, column, -common);
            }
        }
        Ok((covariance, surface.log_likelihood))
    }
}
