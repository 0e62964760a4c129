//! Bradley and Terry's model with ties as an outcome of their own, after Davidson (1970, "On extending the Bradley–Terry
//! model to accommodate ties in paired comparison experiments", JASA 65), and with style control.
//!
//! With d = rᵢ − rⱼ + β·x, where r are ratings and x is the difference of covariates,
//!
//! P(i wins) = e^(d/2) / s,  P(j wins) = e^(−d/2) / s,  P(tie) = ν / s,  s = e^(d/2) + e^(−d/2) + ν.
//!
//! This is Davidson's π(i) / (π(i) + π(j) + ν √(π(i) π(j))) with π = e^r. Without ties ν is 0 and the model is Bradley and
//! Terry's. Odds of a win against a loss are e^d whatever ν is. The log-likelihood is concave in (r, β, ln ν), so Newton's
//! method with halved steps finds the one largest point.
//!
//! The weak prior is N(0, 3²) on each rating, effect and ln ν: a rating learns less from it than from half a vote.

use crate::aggregate::{Aggregate, Caution, Scores, Unit};
use crate::error::Error;
use crate::identified::gaps;
use crate::linear::{Cholesky, Square};
use crate::math::{exp, ln};
use crate::statistics::Counts;
use crate::table::{Cell, Sample, Table};

/// Most steps until the fit must have settled.
const MOST_STEPS: usize = 100;
/// A step that moves nothing further than this ends the fit.
const SETTLED: f64 = 1e-9;
/// The same for a resample, whose noise is far larger.
const SETTLED_ROUGHLY: f64 = 1e-6;
/// Halvings of one step before it is taken as it is: what is left is rounding.
const MOST_HALVINGS: usize = 40;
/// Ratings beyond this are on their way to infinity.
const FAR: f64 = 60.0;

/// What is known of ratings before any vote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Prior {
    /// Nothing: the largest likelihood. Refuses votes that do not determine it.
    None,
    /// N(0, sd²) on every rating, effect and ln ν.
    Normal {
        /// Its standard deviation, log-odds.
        sd: f64,
    },
}

impl Prior {
    /// N(0, 3²).
    pub const WEAK: Self = Self::Normal { sd: 3.0 };

    fn precision(self) -> Result<f64, Error> {
        match self {
            Prior::None => Ok(0.0),
            Prior::Normal { sd } if sd > 0.0 && sd.is_finite() => Ok(1.0 / (sd * sd)),
            Prior::Normal { .. } => Err(Error::Setting(
                "the prior's standard deviation is a finite number above 0",
            )),
        }
    }
}

/// The method and its one setting.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BradleyTerry {
    /// What is known before any vote.
    pub prior: Prior,
}

impl Default for BradleyTerry {
    fn default() -> Self {
        Self { prior: Prior::WEAK }
    }
}

/// A fitted model.
#[derive(Clone, Debug)]
pub struct Fit {
    /// Log-odds, mean 0, in the order of the table.
    pub ratings: Vec<f64>,
    /// Log-odds for one unit of each covariate's difference.
    pub effects: Vec<f64>,
    /// ln ν; `None` without ties.
    pub ln_tie: Option<f64>,
    /// Log-likelihood at these parameters, without the prior.
    pub log_likelihood: f64,
    /// Newton steps taken.
    pub steps: usize,
    /// What must be said beside them.
    pub cautions: Vec<Caution>,
    /// Inverse of the information, prior included, at mean 0: the covariance if every vote were independent.
    covariance: Square,
}

impl BradleyTerry {
    /// Fits the model.
    ///
    /// # Errors
    /// Without a prior, when votes do not determine the ratings; with one, when the prior is out of range.
    pub fn fit(&self, sample: &Sample<'_>) -> Result<Fit, Error> {
        let cautions = gaps(sample);
        if self.prior == Prior::None
            && let Some(gap) = cautions.first()
        {
            return Err(refusal(gap, sample.table));
        }
        let model = Model::of(sample, self.prior)?;
        let found = model.climb(vec![0.0; model.size()], SETTLED)?;
        let covariance = model.covariance(&found)?;
        Ok(Fit {
            ratings: found.at[..model.candidates].to_vec(),
            effects: found.at[model.candidates..][..model.covariates].to_vec(),
            ln_tie: model.has_ties.then(|| found.at[model.size() - 1]),
            log_likelihood: found.log_likelihood,
            steps: found.steps,
            cautions,
            covariance,
        })
    }
}

impl Fit {
    /// Ratings, effects and ln ν in one row, as [`Scores::further`] has them after the ratings.
    fn parameters(&self) -> Vec<f64> {
        let own = self.ratings.iter().chain(&self.effects).chain(&self.ln_tie);
        own.copied().collect()
    }

    /// Standard errors of ratings, effects and ln ν as if every vote were independent (inverse of the Fisher information).
    pub fn fisher_errors(&self) -> Vec<f64> {
        errors(&self.covariance)
    }

    /// Standard errors that allow votes of one rater to depend on each other: the sandwich H⁻¹ (Σ sᵦ sᵦᵀ) H⁻¹ over groups of
    /// raters, times B / (B − 1) (Liang and Zeger 1986).
    ///
    /// `table` is the one that was fitted. All 0 with one group of raters.
    pub fn clustered_errors(&self, table: &Table) -> Vec<f64> {
        let model = Model {
            sample: table.sample(),
            candidates: self.ratings.len(),
            covariates: self.effects.len(),
            has_ties: self.ln_tie.is_some(),
            precision: 0.0,
            gauge: 0.0,
        };
        let at = self.parameters();
        let size = model.size();
        let groups = table.blocks.len() as f64;
        let mut variances = vec![0.0; size];
        for block in &table.blocks {
            let mut score = vec![0.0; size];
            for (cell, counts) in &block.entries {
                let cell = &table.cells[*cell as usize];
                let chances = Chances::of(model.margin(&at, cell), at[size - 1], model.has_ties);
                model.each_part(cell, |place, part| {
                    score[place] += part * chances.slope(counts);
                });
                if model.has_ties {
                    score[size - 1] += counts.tie - chances.tie * total(counts);
                }
            }
            for (row, variance) in variances.iter_mut().enumerate() {
                let influence = crate::linear::dot(self.covariance.row(row), &score);
                *variance += influence * influence;
            }
        }
        let correction = if groups > 1.0 {
            groups / (groups - 1.0)
        } else {
            0.0
        };
        variances
            .into_iter()
            .map(|variance| (correction * variance).sqrt())
            .collect()
    }

    /// Probabilities that the candidate at `one` wins, loses and ties against `other`, covariates being equal.
    pub fn probabilities(&self, one: usize, other: usize) -> [f64; 3] {
        let chances = Chances::of(
            self.ratings[one] - self.ratings[other],
            self.ln_tie.unwrap_or(0.0),
            self.ln_tie.is_some(),
        );
        [chances.first, chances.second, chances.tie]
    }
}

impl Aggregate for BradleyTerry {
    fn id(&self) -> &'static str {
        "bradley-terry"
    }

    fn unit(&self) -> Unit {
        Unit::LogOdds
    }

    /// Further parameters: the effect of each covariate, then ln ν if there are ties.
    fn aggregate(&self, sample: &Sample<'_>) -> Result<Scores, Error> {
        let fit = self.fit(sample)?;
        let further = fit.parameters().split_off(fit.ratings.len());
        Ok(Scores {
            values: fit.ratings,
            further,
            cautions: fit.cautions,
            covariance: Some(fit.covariance),
        })
    }

    fn again(&self, sample: &Sample<'_>, everyone: &Scores) -> Result<Scores, Error> {
        let mut model = Model::of(sample, self.prior)?;
        let mut start = everyone.values.clone();
        start.extend(&everyone.further);
        // A resample without ties keeps the parameter of ties; the prior holds it.
        model.has_ties = start.len() > model.candidates + model.covariates;
        let mut at = model.climb(start, SETTLED_ROUGHLY)?.at;
        let further = at.split_off(model.candidates);
        Ok(Scores {
            further,
            ..Scores::plain(at)
        })
    }

    fn can_resample(&self) -> Result<(), Error> {
        match self.prior {
            Prior::None => Err(Error::NoPrior),
            Prior::Normal { .. } => Ok(()),
        }
    }
}

fn errors(covariance: &Square) -> Vec<f64> {
    (0..covariance.size)
        .map(|at| covariance.at(at, at).max(0.0).sqrt())
        .collect()
}

fn refusal(gap: &Caution, table: &Table) -> Error {
    let others = |group: &[String]| {
        let rest = table.candidates.iter().filter(|name| !group.contains(name));
        rest.cloned().collect()
    };
    match gap {
        Caution::Disconnected(group) => Error::Disconnected(group.clone(), others(group)),
        Caution::NeverLoses(group) => Error::NeverLoses(group.clone(), others(group)),
        Caution::TiesApart => Error::TiesApart,
    }
}

fn total(counts: &Counts) -> f64 {
    counts.first + counts.second + counts.tie
}

/// Probabilities of one cell.
struct Chances {
    first: f64,
    second: f64,
    tie: f64,
    /// ln s.
    ln_sum: f64,
}

impl Chances {
    fn of(margin: f64, ln_tie: f64, has_ties: bool) -> Self {
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
    fn slope(&self, counts: &Counts) -> f64 {
        0.5 * (counts.first - counts.second - total(counts) * (self.first - self.second))
    }
}

/// The penalised log-likelihood of a sample. Parameters: ratings, effects, ln ν if there are ties.
struct Model<'a> {
    sample: Sample<'a>,
    candidates: usize,
    covariates: usize,
    has_ties: bool,
    precision: f64,
    /// Curvature put along "all ratings alike" where no prior is, which holds their mean at 0 and changes nothing else.
    gauge: f64,
}

/// Where the climb ended.
struct Found {
    at: Vec<f64>,
    log_likelihood: f64,
    steps: usize,
}

/// Value, slope and curvature at one point.
struct Surface {
    value: f64,
    log_likelihood: f64,
    slope: Vec<f64>,
    curvature: Square,
}

impl<'a> Model<'a> {
    fn of(sample: &Sample<'a>, prior: Prior) -> Result<Self, Error> {
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

    fn size(&self) -> usize {
        self.candidates + self.covariates + usize::from(self.has_ties)
    }

    fn margin(&self, at: &[f64], cell: &Cell) -> f64 {
        let effects = &at[self.candidates..][..self.covariates];
        let style: f64 = effects
            .iter()
            .zip(&cell.difference)
            .map(|(effect, difference)| effect * difference)
            .sum();
        at[cell.first] - at[cell.second] + style
    }

    /// Each parameter that the margin of a cell depends on, with its factor.
    fn each_part(&self, cell: &Cell, mut with: impl FnMut(usize, f64)) {
        with(cell.first, 1.0);
        with(cell.second, -1.0);
        for (covariate, difference) in cell.difference.iter().enumerate() {
            with(self.candidates + covariate, *difference);
        }
    }

    /// Only the lower half of the curvature is filled.
    fn surface(&self, at: &[f64]) -> Surface {
        let size = self.size();
        let mut log_likelihood = 0.0;
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
            log_likelihood,
            slope,
            curvature,
        }
    }

    fn climb(&self, mut at: Vec<f64>, settled: f64) -> Result<Found, Error> {
        let mut here = self.surface(&at);
        for steps in 1..=MOST_STEPS {
            let factor = Cholesky::of(here.curvature).ok_or(Error::NotSettled(steps))?;
            let step = factor.solve(&here.slope);
            let gain = crate::linear::dot(&step, &here.slope);
            let mut length = 1.0;
            let mut halvings = 0;
            loop {
                let next: Vec<f64> = at
                    .iter()
                    .zip(&step)
                    .map(|(x, by)| x + length * by)
                    .collect();
                let there = self.surface(&next);
                let rounding = 1e-12 * (1.0 + here.value.abs());
                let is_higher = there.value >= here.value + 1e-4 * length * gain - rounding;
                if is_higher || halvings == MOST_HALVINGS {
                    at = next;
                    here = there;
                    break;
                }
                length *= 0.5;
                halvings += 1;
            }
            let moved = step.iter().fold(0.0, |most: f64, by| most.max(by.abs())) * length;
            if self.precision == 0.0 && at.iter().any(|parameter| parameter.abs() > FAR) {
                return Err(Error::NotSettled(steps));
            }
            if moved <= settled {
                self.centre(&mut at);
                return Ok(Found {
                    at,
                    log_likelihood: here.log_likelihood,
                    steps,
                });
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

    /// Inverse of the curvature, without the direction in which all ratings move alike.
    fn covariance(&self, found: &Found) -> Result<Square, Error> {
        let curvature = self.surface(&found.at).curvature;
        let factor = Cholesky::of(curvature).ok_or(Error::NotSettled(found.steps))?;
        let mut covariance = factor.inverse();
        let along = self.precision + self.gauge * self.candidates as f64;
        let common = 1.0 / (along * self.candidates as f64);
        for row in 0..self.candidates {
            for column in 0..self.candidates {
                covariance.add(row, column, -common);
            }
        }
        Ok(covariance)
    }
}
