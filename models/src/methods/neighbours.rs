//! Nearest people: a new person is a weighted average of the training people who would have voted alike.
//!
//! Every training person `k` has weights `u_k` in the coordinates of a learned Gaussian prior
//! ([`crate::methods::empirical_bayes`]). Votes weigh them by likelihood, `p_k ∝ Π_i σ(± m_k(i))^β`: a soft
//! nearest-neighbour rule, or Bayes' rule with the training people as the prior in place of a Gaussian. The margin has
//! the mean and the variance of the mixture. Without votes all count alike: that is the average person. The sharpness
//! `β` is chosen on validation people, with 0 (nobody is nearer than others) among the candidates. An average of
//! training people never leaves their midst, so between them a method that interpolates should win: this one is the
//! baseline for that.
//!
//! A viewed item is `[offset, coordinates…]` and the state values are mean and covariance of the mixture, both as in
//! [`crate::linear`]; of the people nothing but their coordinates ships, [`MOST_PEOPLE`] at most, none with a name.
//!
//! # Source
//! Bishop 2006, *Pattern Recognition and Machine Learning*, §2.5.2 (nearest neighbours) and §14.1 (averaging over
//! models); few-shot nearest neighbour as baseline: Singh, Hsu et al. 2025 (arXiv 2502.19312). Likelihood in place of
//! a distance is ours: votes of two people are about other pairs.

use nalgebra::{DMatrix, DVector};
use palate_shared::ids::MethodId;

use crate::heads::Heads;
use crate::laplace::Posterior;
#[cfg(feature = "training")]
use crate::methods::Both;
use crate::methods::Method;
use crate::methods::empirical_bayes::EmpiricalBayes;
#[cfg(feature = "training")]
use crate::methods::empirical_bayes::EmpiricalBayesMethod;
use crate::preference::{
    ItemVector, Items, LabelledPair, Margin, PreferenceModel, UserState, check_pairs, check_rows,
};
use crate::{Error, Result, linear};
#[cfg(feature = "training")]
use crate::{
    heads::{Table, Tables},
    training::{Run, TrainingSet, choose, labelled, load, validation_loss},
};

/// Most training people that ship; of more, evenly spread ones are taken.
pub const MOST_PEOPLE: usize = 1000;

/// Factors of at most 2 that are multiplied before a logarithm is taken: their product is finite.
const MOST_FACTORS: usize = 512;

/// Soft nearest neighbours among the training people.
#[derive(Clone, Debug)]
pub struct Neighbours {
    weights: String,
    dimension: usize,
    /// Mean and coordinates.
    space: EmpiricalBayes,
    /// `[people, rank]`, row-major.
    people: Vec<f64>,
    /// Exponent of a vote's likelihood, `β`.
    sharpness: f64,
}

impl Neighbours {
    /// Reads tables `neighbours.*`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(heads: &Heads, dimension: usize) -> Result<Self> {
        let space = EmpiricalBayes::new(
            heads.version(),
            heads.data("neighbours.mean", &[dimension])?.to_vec(),
            heads.table("neighbours.factor")?.data.clone(),
        )?;
        let people = &heads.table("neighbours.people")?.data;
        if people.is_empty() || !people.len().is_multiple_of(space.rank()) {
            return Err(Error::Weights(
                "the neighbours have another width than the prior's factor".into(),
            ));
        }
        Ok(Self {
            weights: heads.version().to_owned(),
            dimension,
            people: people.iter().map(|value| f64::from(*value)).collect(),
            sharpness: f64::from(heads.data("neighbours.sharpness", &[1])?[0]),
            space,
        })
    }

    /// How much each training person counts; on the simplex.
    ///
    /// # Errors
    /// When a vector has the wrong width or is not finite.
    pub fn nearness(&self, pairs: &[LabelledPair<'_>]) -> Result<Vec<f64>> {
        check_pairs("neighbours", pairs, self.space.rank() + 1)?;
        let rank = self.space.rank();
        let mut differences = vec![0.0; pairs.len() * (rank + 1)];
        for (of_pair, pair) in differences.chunks_exact_mut(rank + 1).zip(pairs) {
            for (difference, (a, b)) in of_pair.iter_mut().zip(pair.first.iter().zip(pair.second)) {
                *difference = f64::from(*a) - f64::from(*b);
            }
        }
        let votes = || differences.chunks_exact(rank + 1).zip(pairs);
        let log = |person: &[f64]| {
            // softplus(m) = max(m, 0) + ln(1 + e^-|m|). The second part is at most ln 2, so that many of its factors are
            // multiplied before one logarithm is taken.
            let (mut lines, mut bends) = (0.0, 1.0);
            for (at, (of_pair, pair)) in votes().enumerate() {
                let own: f64 = person.iter().zip(&of_pair[1..]).map(|(u, d)| u * d).sum();
                let margin = of_pair[0] + own;
                lines += margin.max(0.0) - pair.label * margin;
                bends *= 1.0 + (-margin.abs()).exp();
                if at % MOST_FACTORS == MOST_FACTORS - 1 {
                    lines += f64::ln(bends);
                    bends = 1.0;
                }
            }
            -self.sharpness * (lines + bends.ln())
        };
        let mut logs: Vec<f64> = self.people.chunks_exact(rank).map(log).collect();
        let largest = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let mut sum = 0.0;
        for log in &mut logs {
            *log = (*log - largest).exp();
            sum += *log;
        }
        logs.iter_mut().for_each(|weight| *weight /= sum);
        Ok(logs)
    }
}

/// Trains and loads [`Neighbours`].
#[derive(Clone, Copy, Debug, Default)]
pub struct NeighboursMethod;

/// Candidates for the sharpness.
#[cfg(feature = "training")]
const SHARPNESSES: [f32; 6] = [0.0, 0.1, 0.25, 0.5, 1.0, 2.0];

impl Method for NeighboursMethod {
    fn id(&self) -> String {
        "neighbours".into()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        Ok(self.train_both(set, run)?.whole)
    }

    #[cfg(feature = "training")]
    fn train_both(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        let inner = set.for_choices();
        let tables = place(inner, run)?;
        let with = |tables: &Tables, sharpness: f32| {
            let mut tables = tables.clone();
            let table = Table::new(&[1], vec![sharpness]);
            tables.insert("neighbours.sharpness".into(), table);
            tables
        };
        let sharpness = choose(SHARPNESSES, |sharpness| {
            let model = load(self, &with(&tables, sharpness), inner.dimension())?;
            validation_loss(model.as_ref(), inner)
        })?;
        let smaller = with(&tables, sharpness);
        let whole = match set.choosing {
            Some(_) => with(&place(set, run)?, sharpness),
            None => smaller.clone(),
        };
        Ok(Both { whole, smaller })
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        Ok(Box::new(Neighbours::from_heads(heads, dimension)?))
    }
}

/// Learns the prior and where the training people stand in its coordinates.
#[cfg(feature = "training")]
fn place(set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
    let mut prior = EmpiricalBayesMethod::default().prior_tables(set, run)?;
    let mut take = |name: &str| {
        prior
            .remove(name)
            .ok_or_else(|| Error::Weights(format!("the prior has no table {name}")))
    };
    let (mean, factor) = (take("eb.mean")?, take("eb.factor")?);
    let space = EmpiricalBayes::new("training", mean.data.clone(), factor.data.clone())?;
    let views = space.view(set.items())?;
    let taken = set.people.len().min(MOST_PEOPLE);
    let mut people = Vec::with_capacity(taken * space.rank());
    for at in 0..taken {
        let votes = &set.people[at * set.people.len() / taken];
        let mode = linear::mode(&labelled(votes, &views), space.rank())?;
        people.extend(mode.iter().map(|value| *value as f32));
    }
    let shape = [taken, space.rank()];
    Ok(Tables::from([
        ("neighbours.mean".to_owned(), mean),
        ("neighbours.factor".to_owned(), factor),
        ("neighbours.people".to_owned(), Table::new(&shape, people)),
    ]))
}

impl PreferenceModel for Neighbours {
    fn id(&self) -> MethodId {
        "neighbours".into()
    }

    fn name(&self) -> &'static str {
        "Nearest people"
    }

    fn weights(&self) -> &str {
        &self.weights
    }

    fn is_personal(&self) -> bool {
        true
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        check_rows("neighbours", items.rows, self.dimension)?;
        self.space.view(items)
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        let nearness = self.nearness(pairs)?;
        let rank = self.space.rank();
        let people = || self.people.chunks_exact(rank).zip(&nearness);
        let mut mean = DVector::zeros(rank);
        for (person, weight) in people() {
            for (sum, value) in mean.iter_mut().zip(person) {
                *sum += weight * value;
            }
        }
        let mut covariance = DMatrix::zeros(rank, rank);
        for (person, weight) in people() {
            for row in 0..rank {
                for column in 0..=row {
                    covariance[(row, column)] +=
                        weight * (person[row] - mean[row]) * (person[column] - mean[column]);
                }
            }
        }
        Ok(UserState {
            method: self.id(),
            weights: self.weights.clone(),
            n: pairs.len() as u32,
            values: Posterior { mean, covariance }.pack(),
        })
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        linear::margin(&state.values, first, second)
    }

    fn latent(&self, state: &UserState) -> Vec<Margin> {
        linear::latent(&state.values, self.space.rank())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heads::{Table, Tables};
    use crate::preference::softplus;

    #[test]
    fn nearness_is_the_product_of_likelihoods_however_many_votes() {
        let (people, rank) = (5, 2);
        let number = |at: usize| ((at * 37 + 11) as f32 * 0.618_034).sin();
        let tables = Tables::from([
            (
                "neighbours.mean".to_owned(),
                Table::new(&[2], vec![0.5, -0.25]),
            ),
            (
                "neighbours.factor".to_owned(),
                Table::new(&[2, 2], vec![1.0, 0.0, 0.0, 1.0]),
            ),
            (
                "neighbours.people".to_owned(),
                Table::new(&[people, rank], (0..people * rank).map(number).collect()),
            ),
            (
                "neighbours.sharpness".to_owned(),
                Table::new(&[1], vec![0.02]),
            ),
        ]);
        let bytes = Heads::write(&serde_json::Value::Null, &tables).expect("shapes fit");
        let heads = Heads::read(&bytes).expect("it was just written");
        let model = Neighbours::from_heads(&heads, 2).expect("tables are there");
        let rows: Vec<Vec<f32>> = (0..60)
            .map(|at| vec![4.0 * number(at), 4.0 * number(at + 100)])
            .collect();
        let views = model
            .view(Items {
                rows: &rows,
                prompts: &[],
            })
            .expect("rows fit");
        let pairs: Vec<LabelledPair<'_>> = (0..2 * MOST_FACTORS + 3)
            .map(|at| LabelledPair {
                first: &views[at % 60],
                second: &views[(at * 7 + 1) % 60],
                label: [1.0, 0.0, 0.5][at % 3],
            })
            .collect();
        let expected: Vec<f64> = (0..people)
            .map(|person| {
                let log: f64 = pairs
                    .iter()
                    .map(|pair| {
                        let gap =
                            |at: usize| f64::from(pair.first[at]) - f64::from(pair.second[at]);
                        let own: f64 = (0..rank)
                            .map(|at| f64::from(number(person * rank + at)) * gap(at + 1))
                            .sum();
                        let margin = gap(0) + own;
                        softplus(margin) - pair.label * margin
                    })
                    .sum();
                -f64::from(0.02_f32) * log
            })
            .collect();
        let largest = expected.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let powers: Vec<f64> = expected.iter().map(|log| (log - largest).exp()).collect();
        let sum: f64 = powers.iter().sum();
        let found = model.nearness(&pairs).expect("views fit");
        for (found, power) in found.iter().zip(powers) {
            assert!((found - power / sum).abs() < 1e-9, "{found} {power}");
        }
    }
}
