//! One part of an evaluation: a method, trained under one seed on one representation, and what it forecast. A part is a file
//! of its own, so that a stopped evaluation goes on where it was.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Context, Result};
use palate_models::heads::{Heads, Tables};
use palate_models::methods::Method;
use palate_models::methods::shrunk::{Shrunk, ShrunkMethod};
use palate_models::preference::{Margin, PreferenceModel, UserState};
use palate_models::training::{Run, TrainingSet, Vote, labelled, load, nats};
use palate_shared::stats::correct;
use serde::{Deserialize, Serialize};
use web_time::Instant;

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

/// Finished parts, wherever they are kept.
pub trait Kept {
    /// A finished part with this key.
    fn part(
        &self,
        key: &str,
        seed: u64,
        representation: Representation,
        method: &str,
    ) -> Option<Part>;

    /// Keeps one.
    ///
    /// # Errors
    /// When that fails.
    fn keep(&self, part: &Part) -> Result<()>;
}

/// Parts in a folder, one file each.
#[derive(Clone, Copy, Debug)]
pub struct Folder<'a>(pub &'a Path);

impl Kept for Folder<'_> {
    fn part(
        &self,
        key: &str,
        seed: u64,
        representation: Representation,
        method: &str,
    ) -> Option<Part> {
        Part::read(&self.0.join(Part::file(seed, representation, method)), key)
    }

    fn keep(&self, part: &Part) -> Result<()> {
        let file = Part::file(part.seed, part.representation, &part.method);
        part.write(&self.0.join(file))
    }
}

/// No part is kept.
#[derive(Clone, Copy, Debug)]
pub struct Nowhere;

impl Kept for Nowhere {
    fn part(&self, _: &str, _: u64, _: Representation, _: &str) -> Option<Part> {
        None
    }

    fn keep(&self, _: &Part) -> Result<()> {
        Ok(())
    }
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

    /// Trains a method and tests it: as it is and, where it is personal, shrunk. One training and one fit of each person
    /// serve both. A method that fails gives parts that say why.
    pub async fn make(
        key: &str,
        method: &ShrunkMethod,
        representation: Representation,
        set: &TrainingSet,
        bench: &Bench,
        run: &mut Run<'_>,
    ) -> Vec<Self> {
        let part = |form: &dyn Method| Self {
            key: key.to_owned(),
            seed: bench.seed,
            representation,
            method: form.id(),
            name: form.id(),
            personal: form.is_personal(),
            moves: form.is_personal(),
            failure: None,
            cost: Cost::default(),
            active_units: None,
            cells: BTreeMap::new(),
        };
        let mut parts: Vec<Self> = forms(method).into_iter().map(part).collect();
        if let Err(error) = fill(&mut parts, method, set, bench, run).await {
            for part in &mut parts {
                part.failure = Some(format!("{error:#}"));
                part.cells.clear();
            }
        }
        parts
    }
}

/// A method as it is and, where it is personal, shrunk.
pub fn forms(method: &ShrunkMethod) -> Vec<&dyn Method> {
    let mut forms = vec![method.inner()];
    if method.is_personal() {
        forms.push(method);
    }
    forms
}

/// Fills in the parts of [`forms`], in their order.
async fn fill(
    parts: &mut [Part],
    method: &ShrunkMethod,
    set: &TrainingSet,
    bench: &Bench,
    run: &mut Run<'_>,
) -> Result<()> {
    let numbers = |tables: &Tables| tables.values().map(|table| table.data.len()).sum();
    let load = |tables: &Tables| load(method.inner(), tables, set.dimension());
    let start = Instant::now();
    type Mixed = (Shrunk, Vec<Vec<f32>>, Vec<bool>);
    let (model, shrunk): (_, Option<Mixed>) = if let [own, mixed] = parts {
        let both = method.inner().train_later(set, run).await?;
        own.cost.train_seconds = start.elapsed().as_secs_f64();
        own.cost.population_numbers = numbers(&both.whole);
        // What the method is mixed with is no training of its own.
        let run = &mut Run {
            seed: run.seed,
            device: run.device.clone(),
            effort: run.effort,
            watch: &mut |_| true,
        };
        let tables = method.shrink(both, set, run)?;
        mixed.cost.train_seconds = start.elapsed().as_secs_f64();
        mixed.cost.population_numbers = numbers(&tables);
        let heads = Heads::read(&Heads::write(&serde_json::Value::Null, &tables)?)?;
        let shrunk = Shrunk::from_heads(load(&tables)?, &heads, set.dimension())?;
        mixed.moves = shrunk.is_personal();
        let population = shrunk.population().view(set.items())?;
        let known = set.rows.iter().map(|row| shrunk.is_known(row)).collect();
        (load(&tables)?, Some((shrunk, population, known)))
    } else {
        let tables = method.train_inner(set, run)?;
        parts[0].cost.train_seconds = start.elapsed().as_secs_f64();
        parts[0].cost.population_numbers = numbers(&tables);
        (load(&tables)?, None)
    };
    let views = model.view(set.items())?;
    // The forecast of a form, 0 as it is, 1 shrunk.
    let forecast = |form: usize, state: &UserState, vote: &Vote, own: Margin| match &shrunk {
        Some((shrunk, population, known)) if form > 0 => {
            let gap = population[vote.first][0] - population[vote.second][0];
            let is_known = known[vote.first] && known[vote.second];
            let mixed = shrunk.mix(state.n, f64::from(gap), own, is_known);
            mixed.probability()
        }
        _ => own.probability(),
    };
    let margin = |state: &UserState, vote: &Vote| {
        model.margin(state, &views[vote.first], &views[vote.second])
    };
    let mut latent = Latent::default();
    let mut fits = (0.0, 0.0);
    let mut person_numbers = 0;
    for (cell, people) in &bench.cells {
        let mut all = vec![vec![Scores::default(); shots(*cell).len()]; parts.len()];
        for person in people {
            for (at, n) in shots(*cell).iter().enumerate() {
                let votes = &person.fit[..(*n).min(person.fit.len())];
                let start = Instant::now();
                let state = model.fit(&labelled(votes, &views))?;
                if *n == super::bench::MOST_SHOTS {
                    fits.0 += start.elapsed().as_secs_f64() * 1e3;
                    fits.1 += 1.0;
                    latent.add(*cell, model.latent(&state).iter().map(|unit| unit.mean));
                    person_numbers = state.values.len();
                }
                let swapped = match FLIPPED.contains(n) {
                    true if person.count(Kind::Divergent) > 0 => {
                        Some(model.fit(&labelled(&swap(votes), &views))?)
                    }
                    _ => None,
                };
                let mut tallies = vec![Tally::default(); parts.len()];
                for (vote, kind) in &person.tests {
                    let own = margin(&state, vote);
                    let other = match &swapped {
                        Some(swapped) if *kind == Kind::Divergent => {
                            Some((swapped, margin(swapped, vote)))
                        }
                        _ => None,
                    };
                    for (form, tally) in tallies.iter_mut().enumerate() {
                        let p = forecast(form, &state, vote, own);
                        anyhow::ensure!(p.is_finite(), "a forecast is {p}");
                        let flips = other.as_ref().is_some_and(|(state, own)| {
                            (p - 0.5) * (forecast(form, state, vote, *own) - 0.5) < 0.0
                        });
                        let scores = &mut all[form][at];
                        tally.add(&mut scores.calibration, p, vote, *kind, flips);
                    }
                }
                for (form, tally) in tallies.iter().enumerate() {
                    tally.close(&mut all[form][at], FLIPPED.contains(n));
                }
            }
        }
        for (part, scores) in parts.iter_mut().zip(all) {
            part.cells.insert(*cell, scores);
        }
    }
    for part in parts {
        model.name().clone_into(&mut part.name);
        part.cost.fit_milliseconds = fits.0 / f64::max(fits.1, 1.0);
        part.cost.person_numbers = person_numbers;
        part.active_units = latent.active();
    }
    Ok(())
}

/// Sums over the tests of one person.
#[derive(Clone, Default)]
struct Tally {
    right: f64,
    nats: f64,
    divergent: f64,
    shared: f64,
    flips: u32,
}

impl Tally {
    fn add(
        &mut self,
        calibration: &mut Calibration,
        probability: f64,
        vote: &Vote,
        kind: Kind,
        flips: bool,
    ) {
        let right = correct(probability, vote.label > 0.5);
        calibration.add(probability, right);
        self.right += right;
        self.nats += nats(probability, f64::from(vote.label));
        self.flips += u32::from(flips);
        match kind {
            Kind::Divergent => self.divergent += right,
            Kind::Shared => self.shared += right,
            Kind::Unknown => {}
        }
    }

    fn close(&self, scores: &mut Scores, flipped: bool) {
        scores.right.push(self.right);
        scores.nats.push(super::stats::rounded(self.nats));
        scores.divergent.push(self.divergent);
        scores.shared.push(self.shared);
        if flipped {
            scores.flips.push(self.flips);
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
