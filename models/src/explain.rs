//! Words for a fitted person: what each readable feature does to the reward, over the answers of a pack.
//!
//! The reward is linear in the posterior's coordinates, so regressing it on the standardised features of the pack's
//! answers (lightly ridged, all features at once) gives each feature an effect that is linear in them too: a Gaussian
//! with mean and variance. Effects are changes of log-odds per standard deviation of the feature, other features equal.

use nalgebra::{Cholesky, DMatrix};
use palate_shared::features::{COUNT, FEATURES, Feature};
use palate_shared::infer::Trait;

use crate::laplace;
use crate::{Error, Result};

/// Ridge of the regression, as a share of the number of answers.
const RIDGE: f64 = 0.1;
/// Half-width of a 90 % interval in standard deviations.
const Z90: f64 = 1.645;

/// Regression of viewed items on features.
#[derive(Clone, Debug)]
pub struct Explainer {
    /// Per feature, its effect on `[offset, coordinates…]`; empty for a feature that the pack does not vary.
    effects: Vec<Vec<f64>>,
}

/// Mean and standard deviation of a feature's effect.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Effect {
    /// Index into [`FEATURES`].
    pub feature: usize,
    /// Posterior mean, log-odds per standard deviation of the feature.
    pub mean: f64,
    /// Posterior standard deviation.
    pub sd: f64,
    /// Standard deviation before any vote.
    pub prior_sd: f64,
}

impl Effect {
    fn feature(&self) -> Feature {
        FEATURES[self.feature]
    }

    /// In words, for example "longer answers".
    pub fn words(&self) -> &'static str {
        if self.mean >= 0.0 {
            self.feature().more
        } else {
            self.feature().less
        }
    }

    /// As shown to people.
    pub fn to_trait(self) -> Trait {
        Trait {
            feature: self.feature().id.to_owned(),
            name: self.feature().name.to_owned(),
            words: self.words().to_owned(),
            weight: self.mean,
            low: self.mean - Z90 * self.sd,
            high: self.mean + Z90 * self.sd,
        }
    }
}

impl Explainer {
    /// From represented items (features first) and the same items as the linear method views them.
    ///
    /// # Errors
    /// When the regression is not solvable.
    pub fn new(rows: &[Vec<f32>], views: &[Vec<f32>]) -> Result<Self> {
        let width = views.first().map_or(0, Vec::len);
        let varies: Vec<usize> = (0..COUNT)
            .filter(|feature| rows.iter().any(|row| row[*feature].abs() > 1e-6))
            .collect();
        let features = DMatrix::from_fn(rows.len(), varies.len(), |row, at| {
            f64::from(rows[row][varies[at]])
        });
        let viewed = DMatrix::from_fn(rows.len(), width, |row, at| f64::from(views[row][at]));
        let mut gram = features.tr_mul(&features);
        for at in 0..varies.len() {
            gram[(at, at)] += RIDGE * rows.len() as f64;
        }
        let solved = Cholesky::new(gram)
            .ok_or_else(|| Error::Input("the pack's features are not finite".into()))?
            .solve(&features.tr_mul(&viewed));
        let mut effects = vec![vec![]; COUNT];
        for (at, feature) in varies.into_iter().enumerate() {
            effects[feature] = solved.row(at).iter().copied().collect();
        }
        Ok(Self { effects })
    }

    /// The effect of every feature that the pack varies, in the order of [`FEATURES`]. `values`: packed posterior.
    pub fn effects(&self, values: &[f64]) -> Vec<Effect> {
        self.effects
            .iter()
            .enumerate()
            .filter(|(_, effect)| !effect.is_empty())
            .map(|(feature, effect)| {
                let (mean, variance) = laplace::project(values, &effect[1..]);
                Effect {
                    feature,
                    mean: effect[0] + mean,
                    sd: variance.sqrt(),
                    prior_sd: effect[1..].iter().map(|e| e * e).sum::<f64>().sqrt(),
                }
            })
            .collect()
    }

    /// 1 − posterior sd / prior sd, averaged over features in proportion to how much people differ in them.
    pub fn certainty(&self, values: &[f64]) -> f64 {
        let effects = self.effects(values);
        let prior: f64 = effects.iter().map(|effect| effect.prior_sd).sum();
        let now: f64 = effects.iter().map(|effect| effect.sd).sum();
        if prior > 0.0 {
            (1.0 - now / prior).clamp(0.0, 1.0)
        } else {
            0.0
        }
    }
}

/// Contributions of the features to a margin, strongest first: words that describe the first item against the second,
/// and log-odds. What features do not explain comes as its own reason.
pub fn reasons(
    effects: &[Effect],
    first: &[f32],
    second: &[f32],
    margin: f64,
) -> Vec<(String, f64)> {
    let mut reasons: Vec<(String, f64)> = Vec::new();
    for effect in effects {
        let difference = f64::from(first[effect.feature]) - f64::from(second[effect.feature]);
        let contribution = effect.mean * difference;
        let words = if difference >= 0.0 {
            effect.feature().more
        } else {
            effect.feature().less
        };
        reasons.push((words.to_owned(), contribution));
    }
    let explained: f64 = reasons.iter().map(|(_, value)| value).sum();
    reasons.push((
        "wording that no named trait covers".to_owned(),
        margin - explained,
    ));
    reasons.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    reasons.retain(|(_, value)| value.abs() >= 0.02);
    reasons.truncate(6);
    reasons
}

/// The features in which two items differ most where the person is least known: why the pair is worth asking.
pub fn open_questions(effects: &[Effect], first: &[f32], second: &[f32]) -> Vec<&'static str> {
    let mut open: Vec<(f64, &'static str)> = effects
        .iter()
        .map(|effect| {
            let difference = f64::from(first[effect.feature]) - f64::from(second[effect.feature]);
            (difference.abs() * effect.sd, effect.feature().name)
        })
        .collect();
    open.sort_by(|a, b| b.0.total_cmp(&a.0));
    open.into_iter().take(2).map(|(_, name)| name).collect()
}
