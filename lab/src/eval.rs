//! Evaluation of methods on a data set: trains each under every seed and representation, tests it in four cells and writes
//! figures, tables and plots.
//!
//! Must not know how a method works, or what a data set is about.

pub mod bench;
pub mod divergence;
pub mod markdown;
pub mod part;
pub mod plot;
pub mod references;
pub mod report;
pub mod results;
pub mod speed;
pub mod stats;

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use burn::tensor::Device;
use palate_models::methods::pal_a::PalAMethod;
use palate_models::methods::pal_b::PalBMethod;
use palate_models::methods::shrunk::ShrunkMethod;
use palate_models::methods::{self, Method};
use palate_models::training::{Progress, Run, TrainingSet};
use serde::Serialize;
use sha2::{Digest, Sha256};

use crate::data::{self, Dataset};
use crate::embed::{self, Embeddings};
use crate::protocol::{self, Shares, Split};
use crate::{factors, represent};
use bench::Bench;
use divergence::Orders;
use part::{Folder, Kept, Part, Representation};
use report::{About, Report, SeedParts};

/// Version of parts and reports; a change makes old parts unusable.
pub const SCHEMA: u32 = 2;

/// Numbers of the embedding in a row.
const COMPONENTS: usize = 44;
/// Noise on rows where items are few ([`TrainingSet::item_noise`]), as for packs.
const NOISE: f32 = 0.15;
/// From so many training items on there is none.
const MANY_ITEMS: usize = 2000;

/// What to evaluate and how.
#[derive(Clone, Debug)]
pub struct Config {
    /// Seeds of split, votes and weights: 1 to this number.
    pub seeds: u64,
    /// Ids of methods; all where it is empty. A personal one is tested as it is and shrunk towards the population.
    pub methods: Vec<String>,
    /// Prototypes of PAL, where that is known; else each form chooses among its own candidates.
    pub prototypes: Option<usize>,
    /// Representations.
    pub representations: Vec<Representation>,
    /// Train nothing: report on what an earlier run finished under every seed.
    pub finished: bool,
    /// Multiplies gradient steps.
    pub effort: f64,
    /// Where training runs, for the report.
    pub device: String,
    /// Folder of the encoder, for texts that have no vectors yet.
    pub encoder: Option<PathBuf>,
    /// Limits of the split.
    pub shares: Shares,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            seeds: 3,
            methods: vec![],
            prototypes: None,
            representations: Representation::ALL.to_vec(),
            finished: false,
            effort: 1.0,
            device: "cpu".into(),
            encoder: None,
            shares: bench::shares(),
        }
    }
}

/// What finished parts must have been made from.
#[derive(Serialize)]
struct Key<'a> {
    schema: u32,
    data: &'a str,
    shares: &'a Shares,
    effort: f64,
    device: &'a str,
    prototypes: Option<usize>,
    components: usize,
}

/// Evaluates the data set in a folder and writes everything to another. Finished parts found there are used again.
///
/// # Errors
/// When the data set is unsound (bad lines are named), nobody is left to train or test, or a file cannot be written.
pub fn run(
    folder: &Path,
    out: &Path,
    config: &Config,
    device: &Device,
    say: &dyn Fn(&str),
) -> Result<Report> {
    let data = data::read(folder)?;
    let embeddings = embed::vectors(folder, &data, config.encoder.as_deref())?;
    let mut told = |told: Told<'_>| {
        if let Told::Said(text) = told {
            say(text);
        }
        true
    };
    let kept = Folder(out);
    let report = evaluate(&data, embeddings.as_ref(), config, device, &kept, &mut told);
    let report = pollster::block_on(report)?;
    write(&report, out)?;
    Ok(report)
}

/// What an evaluation tells while it runs.
#[derive(Clone, Copy, Debug)]
pub enum Told<'a> {
    /// Something happened, in words.
    Said(&'a str),
    /// A method is being trained.
    Trains {
        /// Its id.
        method: &'a str,
        /// How far it is in this one of its trainings.
        progress: Progress,
    },
}

/// Evaluates a data set wherever it and its parts are; `told` may stop the training of a method.
///
/// # Errors
/// When nobody is left to train or test, or a part cannot be kept.
pub async fn evaluate(
    data: &Dataset,
    embeddings: Option<&Embeddings>,
    config: &Config,
    device: &Device,
    kept: &dyn Kept,
    told: &mut dyn FnMut(Told<'_>) -> bool,
) -> Result<Report> {
    if embeddings.is_none() && data.items.iter().any(|item| item.vector.is_none()) {
        told(Told::Said(
            "no embeddings and no encoder: rows are made of readable features alone",
        ));
    }
    let methods = chosen(config)?;
    ensure!(config.seeds > 0, "an evaluation needs a seed");
    let hash = hash(data, embeddings)?;
    let key = serde_json::to_vec(&Key {
        schema: SCHEMA,
        data: &hash,
        shares: &config.shares,
        effort: config.effort,
        device: &config.device,
        prototypes: config.prototypes,
        components: COMPONENTS,
    })?;
    let key = hex::encode(Sha256::digest(key))[..16].to_owned();
    let part_of = |seed: u64, representation: Representation, form: &dyn Method| {
        kept.part(&key, seed, representation, &form.id())
    };
    let is_finished = |representation: Representation, method: &ShrunkMethod| {
        let forms = part::forms(method);
        (1..=config.seeds).all(|seed| {
            let mut forms = forms.iter();
            forms.all(|form| part_of(seed, representation, *form).is_some())
        })
    };
    let orders = Orders::new(data);
    let (mut seeds, mut made_of) = (Vec::new(), String::new());
    for seed in 1..=config.seeds {
        let split = protocol::split(data, &config.shares, seed)?;
        let bench = Bench::new(seed, &split, &orders);
        let mut sets = Sets::new(data, embeddings, &split, seed)?;
        made_of.clone_from(&sets.made_of);
        let mut parts = Vec::new();
        for representation in &config.representations {
            for method in &methods {
                if config.finished && !is_finished(*representation, method) {
                    continue;
                }
                let name = format!(
                    "seed {seed}, {}, {}",
                    representation.word(),
                    method.inner().id()
                );
                let forms = part::forms(method);
                let before: Vec<Part> = forms
                    .iter()
                    .filter_map(|form| part_of(seed, *representation, *form))
                    .collect();
                if before.len() == forms.len() {
                    told(Told::Said(&format!("{name}: done before")));
                    parts.extend(before);
                    continue;
                }
                let set = sets.get(*representation)?;
                let id = method.inner().id();
                let mut run = Run {
                    seed,
                    device: device.clone(),
                    effort: config.effort,
                    watch: &mut |progress| {
                        told(Told::Trains {
                            method: &id,
                            progress,
                        })
                    },
                };
                let made = Part::make(&key, method, *representation, set, &bench, &mut run).await;
                for part in made.iter().filter(|part| part.failure.is_none()) {
                    kept.keep(part)?;
                }
                let ended = made.last().map(|part| match &part.failure {
                    Some(failure) => format!("{name}: failed: {failure}"),
                    None => format!("{name}: trained in {:.1} s", part.cost.train_seconds),
                });
                if let Some(ended) = ended {
                    told(Told::Said(&ended));
                }
                parts.extend(made);
            }
        }
        seeds.push(SeedParts { bench, parts });
    }
    let about = About::new(data, hash, made_of, config, orders.rule());
    Ok(Report::new(about, &seeds))
}

/// Writes `report.json`, `report.md` and the plots.
fn write(report: &Report, out: &Path) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| format!("{} cannot be made", out.display()))?;
    std::fs::write(out.join("report.json"), report.to_json()?)?;
    let plots = plot::all(report);
    let names: Vec<&str> = plots.iter().map(|(name, _)| name.as_str()).collect();
    std::fs::write(out.join("report.md"), markdown::document(report, &names))?;
    for (name, svg) in &plots {
        std::fs::write(out.join(name), svg)?;
    }
    Ok(())
}

fn chosen(config: &Config) -> Result<Vec<ShrunkMethod>> {
    let mut all = methods::all();
    if let Some(count) = config.prototypes {
        for method in &mut all {
            if let Some(other) = with_prototypes(&method.id(), count) {
                *method = other;
            }
        }
    }
    let known: Vec<String> = all.iter().map(|method| method.id()).collect();
    for id in &config.methods {
        ensure!(
            known.contains(id),
            "there is no method {id}; there are: {}",
            known.join(", ")
        );
    }
    all.retain(|method| config.methods.is_empty() || config.methods.contains(&method.id()));
    Ok(ShrunkMethod::each(all))
}

/// Starts of a training with one number of prototypes: some end where a prototype has nobody.
const RESTARTS: usize = 3;

/// The form of PAL with this id, with one number of prototypes.
fn with_prototypes(id: &str, count: usize) -> Option<Box<dyn Method>> {
    let pal_a = |method: PalAMethod| -> Box<dyn Method> {
        Box::new(PalAMethod {
            prototypes: vec![count],
            restarts: RESTARTS,
            ..method
        })
    };
    match id {
        "pal-a" => Some(pal_a(PalAMethod::default())),
        "pal-a-hinge" => Some(pal_a(PalAMethod::hinge())),
        "pal-b" => Some(Box::new(PalBMethod {
            prototypes: vec![count],
            restarts: RESTARTS,
            ..PalBMethod::default()
        })),
        _ => None,
    }
}

/// SHA-256 of what is evaluated, first 16 hex digits.
fn hash(data: &Dataset, embeddings: Option<&Embeddings>) -> Result<String> {
    let mut hash = Sha256::new();
    hash.update(serde_json::to_vec(&data.about)?);
    hash.update(format!(
        "{:?}{:?}{:?}{:?}",
        data.prompts, data.items, data.users, data.pairs
    ));
    for value in embeddings
        .iter()
        .flat_map(|all| all.items.iter().chain(&all.prompts))
        .flatten()
    {
        hash.update(value.to_le_bytes());
    }
    Ok(hex::encode(hash.finalize())[..16].to_owned())
}

/// The training sets of one seed; the hybrid one is learned when it is first asked for.
struct Sets {
    made_of: String,
    seed: u64,
    text: TrainingSet,
    hybrid: Option<TrainingSet>,
}

impl Sets {
    fn new(
        data: &Dataset,
        embeddings: Option<&Embeddings>,
        split: &Split,
        seed: u64,
    ) -> Result<Self> {
        let mut text = split.training.clone();
        let items = represent::of_data(data, embeddings, &split.seen_items, COMPONENTS)?;
        fill(&mut text, &items, &split.seen_items);
        if let Some(smaller) = &mut text.choosing {
            let items = represent::of_data(data, embeddings, &split.choosing_items, COMPONENTS)?;
            fill(smaller, &items, &split.choosing_items);
        }
        Ok(Self {
            made_of: items.made_of,
            seed,
            text,
            hybrid: None,
        })
    }

    fn get(&mut self, representation: Representation) -> Result<&TrainingSet> {
        if representation == Representation::Text {
            return Ok(&self.text);
        }
        if self.hybrid.is_none() {
            self.hybrid = Some(factors::hybrid(&self.text, self.seed)?.0);
        }
        self.hybrid.as_ref().context("it was just made")
    }
}

fn fill(set: &mut TrainingSet, items: &represent::Represented, seen: &[bool]) {
    set.rows.clone_from(&items.rows);
    set.prompts.clone_from(&items.prompts);
    let few = seen.iter().filter(|seen| **seen).count() < MANY_ITEMS;
    set.item_noise = if few { NOISE } else { 0.0 };
}
