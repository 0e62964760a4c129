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

mod model;

use crate::aggregate::{Aggregate, Caution, Scores, Unit};
use crate::error::Error;
use crate::identified::gaps;
use crate::linear::{Square, dot};
use crate::table::{Sample, Table};
use model::{Chances, Model, Settled, total};

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
        let found = model.top(vec![0.0; model.size()], Settled::FULLY)?;
        let (covariance, log_likelihood) = model.covariance(&found)?;
        Ok(Fit {
            ratings: found.at[..model.candidates].to_vec(),
            effects: found.at[model.candidates..][..model.covariates].to_vec(),
            ln_tie: model.has_ties.then(|| found.at[model.size() - 1]),
            log_likelihood,
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
                let influence = dot(self.covariance.row(row), &score);
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
        let mut at = model.top(start, Settled::ROUGHLY)?.at;
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
