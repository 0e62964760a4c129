//! One part of an evaluation: a method, trained under one seed on one representation, and what it forecast. A part is a file
//! of its own, so that a stopped evaluation goes on where it was.

use std::collections::BTreeMap;
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result};
use palate_models::heads::Tables;
use palate_models::methods::{Both, Method};
use palate_models::training::{TrainingSet, Vote, labelled, load, nats};
use palate_shared::stats::correct;
use serde::{Deserialize, Serialize};

use super::bench::{Bench, shots};
use super::divergence::Kind;
use super::stats::Calibration;
use crate::protocol::Cell;

/// What rows hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Representation {
    /// What texts say (or vectors that came with the data).
    Text,
    /// The same and, for known items, where training people's votes put them ([`crate::factors`]).
    Hybrid,
}

impl Representation {
    /// Both, in the order of tables.
    pub const ALL: [Self; 2] = [Self::Text, Self::Hybrid];

    /// Word for tables and file names.
    pub fn word(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Hybrid => "hybrid",
        }
    }
}

/// What a method costs.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Wall time of training, seconds.
    pub train_seconds: f64,
    /// Mean wall time of fitting one person to [`super::bench::MOST_SHOTS`] votes, milliseconds.
    pub fit_milliseconds: f64,
    /// Numbers of the population's weights.
    pub population_numbers: usize,
    /// Numbers of a person's state.
    pub person_numbers: usize,
}

/// Forecasts of one cell after some votes: one entry per person of the cell, in its order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Scores {
    /// Forecasts that came true; one of one half counts one half.
    pub right: Vec<f64>,
    /// Sum of negative log-likelihoods, nats.
    pub nats: Vec<f64>,
    /// The same as `right`, on divergent pairs.
    pub divergent: Vec<f64>,
    /// The same, on shared pairs.
    pub shared: Vec<f64>,
    /// Forecasts on divergent pairs that reverse when all labels of the fit are swapped; empty where it was not asked
    /// ([`FLIPPED`]).
    pub flips: Vec<u32>,
    /// Forecasts by confidence.
    pub calibration: Calibration,
}

/// What one method did under one seed on one representation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Part {
    /// Hash of data and configuration.
    pub key: String,
    /// Seed.
    pub seed: u64,
    /// What rows held.
    pub representation: Representation,
    /// Method id.
    pub method: String,
    /// Name for people.
    pub name: String,
    /// Whether forecasts are meant to depend on the person.
    pub personal: bool,
    /// Whether they do: shrinkage may choose the population for everybody.
    pub moves: bool,
    /// Why there are no forecasts, if there are none.
    pub failure: Option<String>,
    /// What it costs.
    pub cost: Cost,
    /// Units of the latent vector that differ between people (variance of their mean above 0.01), and of how many.
    pub active_units: Option<[usize; 2]>,
    /// Scores by cell, one for each entry of [`shots`].
    pub cells: BTreeMap<Cell, Vec<Scores>>,
}

/// Numbers of votes after which labels are swapped: every swap costs another fit.
const FLIPPED: [usize; 2] = [8, super::bench::MOST_SHOTS];
/// Variance between people above which a latent unit is active.
const ACTIVE: f64 = 0.01;

impl Part {
    /// The part's place in a folder.
    pub fn file(seed: u64, representation: Representation, method: &str) -> String {
        format!("parts/{seed}-{}-{method}.json", representation.word())
    }

    /// Reads a finished part made from the same data and configuration.
    pub fn read(path: &Path, key: &str) -> Option<Self> {
        let part: Self = serde_json::from_slice(&std::fs::read(path).ok()?).ok()?;
        (part.key == key).then_some(part)
    }

    /// Writes the part: whole or not at all.
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        let folder = path.parent().context("a part has a folder")?;
        std::fs::create_dir_all(folder)?;
        let beside = path.with_extension("new");
        std::fs::write(&beside, serde_json::to_vec(self)?)?;
        std::fs::rename(&beside, path)
            .with_context(|| format!("{} cannot be written", path.display()))
    }

    /// Tests what a method learned. A method that fails gives a part that says why.
    pub fn make(
        key: &str,
        method: &dyn Method,
        representation: Representation,
        set: &TrainingSet,
        bench: &Bench,
        learned: &Learned,
    ) -> Self {
        let mut part = Self {
            key: key.to_owned(),
            seed: bench.seed,
            representation,
            method: method.id(),
            name: method.id(),
            personal: method.is_personal(),
            moves: method.is_personal(),
            failure: None,
            cost: Cost {
                train_seconds: learned.seconds,
                ..Cost::default()
            },
            active_units: None,
            cells: BTreeMap::new(),
        };
        let filled = match &learned.tables {
            Ok(both) => part
                .fill(method, &both.whole, set, bench)
                .map_err(|error| format!("{error:#}")),
            Err(failure) => Err(failure.clone()),
        };
        if let Err(failure) = filled {
            part.failure = Some(failure);
            part.cells.clear();
        }
        part
    }

    fn fill(
        &mut self,
        method: &dyn Method,
        tables: &Tables,
        set: &TrainingSet,
        bench: &Bench,
    ) -> Result<()> {
        self.cost.population_numbers = tables.values().map(|table| table.data.len()).sum();
        let model = load(method, tables, set.dimension())?;
        self.name = model.name().to_owned();
        self.moves = model.is_personal();
        let views = model.view(set.items())?;
        let mut latent = Latent::default();
        let mut fits = (0.0, 0.0);
        for (cell, people) in &bench.cells {
            let mut all = vec![Scores::default(); shots(*cell).len()];
            for person in people {
                for (n, scores) in shots(*cell).iter().zip(&mut all) {
                    let votes = &person.fit[..(*n).min(person.fit.len())];
                    let start = Instant::now();
                    let state = model.fit(&labelled(votes, &views))?;
                    if *n == super::bench::MOST_SHOTS {
                        fits.0 += start.elapsed().as_secs_f64() * 1e3;
                        fits.1 += 1.0;
                        latent.add(*cell, model.latent(&state).iter().map(|unit| unit.mean));
                        self.cost.person_numbers = state.values.len();
                    }
                    let swapped = match FLIPPED.contains(n) {
                        true if person.count(Kind::Divergent) > 0 => {
                            Some(model.fit(&labelled(&swap(votes), &views))?)
                        }
                        _ => None,
                    };
                    let forecast = |state, vote: &Vote| {
                        let margin = model.margin(state, &views[vote.first], &views[vote.second]);
                        margin.probability()
                    };
                    let (mut sums, mut flips) = ([0.0; 4], 0);
                    for (vote, kind) in &person.tests {
                        let p = forecast(&state, vote);
                        anyhow::ensure!(p.is_finite(), "a forecast is {p}");
                        let right = correct(p, vote.label > 0.5);
                        scores.calibration.add(p, right);
                        sums[0] += right;
                        sums[1] += nats(p, f64::from(vote.label));
                        match kind {
                            Kind::Divergent => {
                                sums[2] += right;
                                if let Some(swapped) = &swapped {
                                    let other = forecast(swapped, vote);
                                    flips += u32::from((p - 0.5) * (other - 0.5) < 0.0);
                                }
                            }
                            Kind::Shared => sums[3] += right,
                            Kind::Unknown => {}
                        }
                    }
                    scores.right.push(sums[0]);
                    scores.nats.push(super::stats::rounded(sums[1]));
                    scores.divergent.push(sums[2]);
                    scores.shared.push(sums[3]);
                    if FLIPPED.contains(n) {
                        scores.flips.push(flips);
                    }
                }
            }
            self.cells.insert(*cell, all);
        }
        self.cost.fit_milliseconds = fits.0 / f64::max(fits.1, 1.0);
        self.active_units = latent.active();
        Ok(())
    }
}

/// Weights that no further choice is made with.
pub fn alone(whole: Tables) -> Both {
    Both {
        whole,
        smaller: Tables::new(),
    }
}

/// What training gave.
#[derive(Clone, Debug)]
pub struct Learned {
    /// Weights, or why there are none.
    pub tables: std::result::Result<Both, String>,
    /// Wall time, seconds.
    pub seconds: f64,
}

impl Learned {
    /// Runs and times a training.
    pub fn from(train: impl FnOnce() -> palate_models::Result<Both>) -> Self {
        let start = Instant::now();
        let tables = train().map_err(|error| error.to_string());
        Self {
            tables,
            seconds: start.elapsed().as_secs_f64(),
        }
    }

    /// Runs and times a training that goes on from this one.
    pub fn then(&self, train: impl FnOnce(Both) -> palate_models::Result<Tables>) -> Self {
        match &self.tables {
            Ok(both) => {
                let more = Self::from(|| train(both.clone()).map(alone));
                Self {
                    seconds: self.seconds + more.seconds,
                    ..more
                }
            }
            Err(_) => self.clone(),
        }
    }
}

fn swap(votes: &[Vote]) -> Vec<Vote> {
    let swapped = |vote: &Vote| Vote {
        label: 1.0 - vote.label,
        ..*vote
    };
    votes.iter().map(swapped).collect()
}

/// Latent means of people: those of the unseen where there are any, else of all.
#[derive(Default)]
struct Latent {
    unseen: Vec<Vec<f64>>,
    all: Vec<Vec<f64>>,
}

impl Latent {
    fn add(&mut self, cell: Cell, means: impl Iterator<Item = f64>) {
        let means: Vec<f64> = means.collect();
        if cell == Cell::UnseenSeen {
            self.unseen.push(means.clone());
        }
        self.all.push(means);
    }

    fn active(&self) -> Option<[usize; 2]> {
        let people = if self.unseen.is_empty() {
            &self.all
        } else {
            &self.unseen
        };
        let width = people.first().map(Vec::len).filter(|width| *width > 0)?;
        let count = people.len() as f64;
        let active = (0..width).filter(|unit| {
            let mean = people.iter().map(|one| one[*unit]).sum::<f64>() / count;
            let variance = people
                .iter()
                .map(|one| (one[*unit] - mean).powi(2))
                .sum::<f64>()
                / count;
            variance > ACTIVE
        });
        Some([active.count(), width])
    }
}
