//! Population heads: what people have in common, learned from votes, as the file that a pack ships.

pub mod published;
pub mod simulated;

use std::time::Instant;

use anyhow::{Context, Result};
use burn::tensor::Device;
use palate_models::explain::Explainer;
use palate_models::heads::{Heads, Tables};
use palate_models::map::{MOST_PEOPLE, PopulationMap};
use palate_models::methods::btl::Btl;
use palate_models::methods::empirical_bayes::EmpiricalBayesMethod;
use palate_models::methods::fspo::FspoMethod;
use palate_models::methods::lore::LoreMethod;
use palate_models::methods::meta_reward::MetaRewardMethod;
use palate_models::methods::neighbours::NeighboursMethod;
use palate_models::methods::pal_a::PalAMethod;
use palate_models::methods::ridge::RidgeMethod;
use palate_models::methods::shrunk::ShrunkMethod;
use palate_models::methods::vpl::VplMethod;
use palate_models::methods::{self, Method};
use palate_models::preference::{PreferenceModel, UserState};
use palate_models::training::{Episode, Run, TrainingSet, labelled};
use palate_shared::features::FEATURES;
use palate_shared::stats::correct;
use serde_json::{Value, json};

pub use simulated::{Split, pairs_of, split};

/// Votes after which accuracy is stated on the card.
const SHOTS: [usize; 6] = [0, 2, 4, 8, 16, MOST_SHOTS];
/// Most votes of a person that are fitted for the card and the map.
pub(crate) const MOST_SHOTS: usize = 32;
/// The method whose latent space is drawn as a map.
const MAPPED: &str = "vpl";
/// Least correlation of a readable feature with an axis of the map that is named after it.
const NAMED: f64 = 0.3;

/// Everything that is chosen by hand.
#[derive(Clone, Debug)]
pub struct TrainConfig {
    /// Seed of people, votes and initial weights.
    pub seed: u64,
    /// Simulated training people.
    pub people: usize,
    /// Votes of each.
    pub votes: usize,
    /// Numbers of the embedding in the representation.
    pub components: usize,
    /// Standard deviation of noise on items while methods are trained, for items are few.
    pub noise: f32,
    /// Multiplies the number of gradient steps.
    pub effort: f64,
}

impl Default for TrainConfig {
    fn default() -> Self {
        Self {
            seed: 1,
            people: 800,
            votes: 150,
            components: 44,
            noise: 0.15,
            effort: 1.0,
        }
    }
}

/// What heads are learned from.
#[derive(Debug)]
pub struct Material {
    /// Votes.
    pub set: TrainingSet,
    /// Constants of the representation.
    pub tables: Tables,
    /// People who train nothing.
    pub tests: Vec<Episode>,
    /// What the numbers of a training person's description mean, positive and negative; empty without descriptions.
    pub described: Vec<[String; 2]>,
    /// Where votes come from, for the card.
    pub about: Value,
    /// What the figures of the card were measured on.
    pub tested_on: String,
}

/// The methods whose heads a pack ships, in the order in which they play. Personal ones are shrunk towards the population,
/// but for empirical Bayes, which is that by itself.
pub fn shipped() -> Vec<Box<dyn Method>> {
    let mut all: Vec<Box<dyn Method>> = vec![Box::new(EmpiricalBayesMethod::default())];
    all.extend(ShrunkMethod::around(vec![
        Box::new(VplMethod::default()),
        Box::new(FspoMethod::default()),
        Box::new(PalAMethod {
            prototypes: vec![8, 12, 20],
            ..PalAMethod::default()
        }),
        Box::new(LoreMethod::default()),
        Box::new(MetaRewardMethod::default()),
        Box::new(NeighboursMethod),
        Box::new(RidgeMethod),
    ]));
    all.push(Box::new(Btl::default()));
    all
}

/// Trains `methods` and returns the heads file, its card included.
///
/// # Errors
/// When numbers do not fit.
pub fn train(
    material: Material,
    methods: &[Box<dyn Method>],
    config: &TrainConfig,
    say: &dyn Fn(&str),
) -> Result<Vec<u8>> {
    let Material {
        set,
        mut tables,
        tests,
        described,
        about,
        tested_on,
    } = material;
    let mut run = Run {
        seed: config.seed,
        device: Device::flex(),
        effort: config.effort,
        watch: &mut |_| true,
    };
    for method in methods {
        let start = Instant::now();
        let learned = method.train(&set, &mut run)?;
        let numbers: usize = learned.values().map(|table| table.data.len()).sum();
        let seconds = start.elapsed().as_secs_f64();
        say(&format!(
            "{}: {numbers} numbers in {seconds:.0} s",
            method.id()
        ));
        tables.extend(learned);
    }
    let ids: Vec<String> = methods.iter().map(|method| method.id()).collect();
    let mut card = json!({ "seed": config.seed, "methods": ids, "data": about });
    if !described.is_empty() {
        card["described"] = json!(described);
    }
    let heads = Heads::read(&Heads::write(&card, &tables)?)?;
    let models = methods::playing(&heads, set.dimension())?;
    if let Some(words) = map(&set, &models, &mut tables)? {
        card["map"] = json!({ "method": MAPPED, "words": words });
    }
    card["figures"] = json!({
        "accuracy_on": tested_on,
        "people": tests.len(),
        "after_votes": SHOTS,
        "mean_and_half_width_of_95_percent": figures(&set, &models, &tests)?,
    });
    Ok(Heads::write(&card, &tables)?)
}

/// Adds a map of the training people and returns what people at its right, left, top and bottom prefer: of all readable
/// features that which goes most with the place along the axis; empty words where none goes with it by [`NAMED`]. `None`
/// without the mapped method.
fn map(
    set: &TrainingSet,
    models: &[Box<dyn PreferenceModel>],
    tables: &mut Tables,
) -> Result<Option<Vec<&'static str>>> {
    let find = |id: &str| models.iter().find(|model| model.id().as_str() == id);
    let Some(model) = find(MAPPED) else {
        return Ok(None);
    };
    let states = |model: &dyn PreferenceModel| -> Result<Vec<UserState>> {
        let views = model.view(set.items())?;
        let own = |votes: &Vec<_>| {
            let votes = &votes[..votes.len().min(MOST_SHOTS)];
            Ok(model.fit(&labelled(votes, &views))?)
        };
        set.people.iter().take(2 * MOST_PEOPLE).map(own).collect()
    };
    let latents: Vec<Vec<f64>> = states(model.as_ref())?
        .iter()
        .map(|state| model.latent(state).iter().map(|unit| unit.mean).collect())
        .collect();
    tables.extend(PopulationMap::learn(&latents));
    let default = find(palate_models::session::DEFAULT_METHOD)
        .context("the default method is among those that ship")?;
    let explainer = Explainer::new(&set.rows, &default.view(set.items())?)?;
    let effects: Vec<Vec<f64>> = states(default.as_ref())?
        .iter()
        .map(|state| {
            explainer
                .effects(&state.values)
                .iter()
                .map(|e| e.mean)
                .collect()
        })
        .collect();
    let features: Vec<usize> = match effects.first() {
        Some(_) => explainer
            .effects(&default.fit(&[])?.values)
            .iter()
            .map(|effect| effect.feature)
            .collect(),
        None => vec![],
    };
    let people = tables["map.people"].data.clone();
    let mut named = Vec::new();
    let mut words = Vec::new();
    for axis in 0..2 {
        let along: Vec<f64> = people
            .chunks_exact(2)
            .map(|at| f64::from(at[axis]))
            .collect();
        let strength = |at: &usize| correlation(&along, effects.iter().map(|one| one[*at]));
        let strongest = (0..features.len())
            .filter(|at| !named.contains(at))
            .max_by(|a, b| strength(a).abs().total_cmp(&strength(b).abs()));
        let ends = match strongest.map(|at| (at, strength(&at))) {
            Some((at, strength)) if strength.abs() >= NAMED => {
                named.push(at);
                let feature = FEATURES[features[at]];
                if strength > 0.0 {
                    [feature.more, feature.less]
                } else {
                    [feature.less, feature.more]
                }
            }
            _ => [""; 2],
        };
        words.extend(ends);
    }
    Ok(Some(words))
}

/// Pearson's correlation of numbers with places; numbers beyond the places are left out.
fn correlation(places: &[f64], numbers: impl Iterator<Item = f64>) -> f64 {
    let numbers: Vec<f64> = numbers.take(places.len()).collect();
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len().max(1) as f64;
    let (of_places, of_numbers) = (mean(places), mean(&numbers));
    let (mut cross, mut square, mut other) = (0.0, 0.0, 0.0);
    for (place, number) in places.iter().zip(&numbers) {
        let (place, number) = (place - of_places, number - of_numbers);
        cross += place * number;
        square += place * place;
        other += number * number;
    }
    cross / f64::sqrt(square * other).max(1e-12)
}

/// Accuracy of every method after each of [`SHOTS`], mean over people and half width of its interval.
fn figures(
    set: &TrainingSet,
    models: &[Box<dyn PreferenceModel>],
    tests: &[Episode],
) -> Result<Value> {
    let mut figures = serde_json::Map::new();
    for model in models {
        let views = model.view(set.items())?;
        let mut after = Vec::new();
        for shots in SHOTS {
            let mut people = Vec::with_capacity(tests.len());
            for Episode { fit, test } in tests {
                let state = model.fit(&labelled(&fit[..fit.len().min(shots)], &views))?;
                let right = test.iter().map(|vote| {
                    let margin = model.margin(&state, &views[vote.first], &views[vote.second]);
                    correct(margin.probability(), vote.label > 0.5)
                });
                people.push(right.sum::<f64>() / test.len().max(1) as f64);
            }
            let count = people.len().max(1) as f64;
            let mean = people.iter().sum::<f64>() / count;
            let variance = people.iter().map(|one| (one - mean).powi(2)).sum::<f64>() / count;
            let rounded = |value: f64| (value * 1e4).round() / 1e4;
            after.push([rounded(mean), rounded(1.96 * (variance / count).sqrt())]);
        }
        figures.insert(model.id().0, json!(after));
    }
    Ok(figures.into())
}
