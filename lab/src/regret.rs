//! What a personal pick costs: simulated people, whose taste is known, and the best of a prompt's answers for each.
//!
//! A person's true value of an answer is their noiseless taste over the axes. Every answer of a test prompt is a candidate; a
//! picker takes the one with the largest mean margin over the others. Regret is the value of the person's true best minus
//! that of the pick, in standard deviations of the person's true values over the answers of a prompt (root mean square over
//! test prompts). Examples are votes on random pairs of training prompts, noise included, as in [`crate::evaluate`]; the
//! people are the same unseen ones.

use anyhow::{Context, Result, ensure};
use palate_models::heads::Heads;
use palate_models::methods;
use palate_models::methods::baselines::{Coin, Longer};
use palate_models::methods::shrunk::SUFFIX;
use palate_models::pool::Pool;
use palate_models::preference::{PreferenceModel, UserState};
use palate_models::representation::{Hybrid, Representation};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use crate::axes::{self, COLUMNS};
use crate::eval::stats::{Bootstrap, Interval};
use crate::evaluate;
use crate::folder::PackFolder;
use crate::people::Person;
use crate::train::{pairs_of, split};

/// Numbers of examples after which is picked.
pub const EXAMPLES: [usize; 5] = [0, 2, 4, 8, 16];
/// Picks any answer.
pub const RANDOM: &str = "random";
/// Picks the first answer of each prompt, in the pack's order, for everybody.
pub const FIRST: &str = "first";
/// Values and scores that differ by less are equal.
const EQUAL: f64 = 1e-9;

/// Regret of every picker.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Regrets {
    /// What this is.
    pub format: String,
    /// Version of this layout.
    pub schema: u32,
    /// Always: no person's taste is known to this extent.
    pub simulated: bool,
    /// Id of the pack.
    pub pack: String,
    /// SHA-256 of its heads.
    pub heads: String,
    /// Seeds of people.
    pub seeds: Vec<u64>,
    /// People, all seeds together.
    pub people: usize,
    /// Test prompts, on which is picked.
    pub prompts: usize,
    /// Answers to pick from, mean over prompts.
    pub answers: f64,
    /// [`EXAMPLES`].
    pub examples: Vec<usize>,
    /// In the order of the pack's card, then baselines.
    pub pickers: Vec<Picker>,
}

/// One picker; an interval per number of examples, 95 % by bootstrap over people.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Picker {
    /// Method id, [`RANDOM`] or [`FIRST`].
    pub id: String,
    /// Whether it is mixed with the population, as the pack plays it.
    pub shrunk: bool,
    /// Mean regret, standard deviations.
    pub regret: Vec<Interval>,
    /// Share of prompts where the pick is the person's true best, or as good.
    pub best: Vec<Interval>,
}

impl Regrets {
    /// The picker with this id.
    pub fn picker(&self, id: &str) -> Option<&Picker> {
        self.pickers.iter().find(|picker| picker.id == id)
    }

    /// As it is published: one picker a line.
    ///
    /// # Errors
    /// None in practice; numbers are finite.
    pub fn to_json(&self) -> Result<String> {
        let lines = self.pickers.iter().map(serde_json::to_string);
        let lines = lines.collect::<Result<Vec<String>, _>>()?.join(",\n");
        let nobody = Self {
            pickers: vec![],
            ..self.clone()
        };
        let head = serde_json::to_string(&nobody)?;
        let head = head
            .strip_suffix("[]}")
            .context("the pickers stand at the end")?;
        Ok(format!("{head}[\n{lines}\n]}}\n"))
    }
}

/// What ranks answers.
enum Rule {
    /// A method with its views of the pool.
    Model(Box<dyn PreferenceModel>, Vec<Vec<f32>>),
    /// The first answer, whoever asks.
    First,
}

/// Lets the pack's own methods, as they play, and baselines pick for unseen people.
///
/// # Errors
/// When the pack has no axes or no heads, or nobody is asked for.
pub fn run(pack: &PackFolder, people: usize, seeds: &[u64]) -> Result<Regrets> {
    ensure!(
        people > 0 && !seeds.is_empty(),
        "somebody must pick: people and seeds are needed"
    );
    let bytes = pack.heads.as_deref().context("the pack has no heads")?;
    let file = pack
        .manifest
        .file("heads")
        .context("the pack has no heads")?;
    let heads = Heads::read(bytes)?;
    let hybrid = Hybrid::from_heads(&heads)?;
    let pool = Pool::new(&pack.items, &pack.vectors, &hybrid)?;
    let axes = axes::of_pack(&pack.items)?;
    let rules = rules(&heads, &pool, hybrid.dimension())?;
    let split = split(&pack.items);
    let ask = pairs_of(&pool, &split.train);
    let contests: Vec<Vec<usize>> = split
        .test
        .iter()
        .map(|prompt| {
            let items = pool.items.iter().enumerate();
            let of_prompt = items.filter(|(_, item)| item.prompt == *prompt);
            of_prompt.map(|(at, _)| at).collect()
        })
        .collect();
    // By rule, number of examples and person: regret, and whether it is the best.
    let mut found = vec![vec![Vec::new(); EXAMPLES.len()]; rules.len()];
    for seed in seeds {
        let mut rng = evaluate::unseen(*seed);
        for _ in 0..people {
            let person = Person::draw(&mut rng);
            let mut own = ChaCha8Rng::from_rng(&mut rng);
            let votes = person.votes(&axes, &ask, EXAMPLES[EXAMPLES.len() - 1], &mut own);
            let truth = Truth::new(&person, &axes, &contests)?;
            for ((_, rule), found) in rules.iter().zip(&mut found) {
                for (examples, found) in EXAMPLES.iter().zip(found) {
                    let votes = &votes[..(*examples).min(votes.len())];
                    found.push(match rule {
                        Rule::Model(model, views) => {
                            let state = evaluate::fit(model.as_ref(), views, votes)?;
                            truth.of(|items| scores(model.as_ref(), &state, views, items))
                        }
                        Rule::First => truth.of(|items| first(items.len())),
                    });
                }
            }
        }
    }
    let bootstrap = Bootstrap::new(&(0..people * seeds.len()).collect::<Vec<_>>());
    let intervals = |found: &[Vec<[f64; 2]>], which: usize| -> Result<Vec<Interval>> {
        let of = |people: &Vec<[f64; 2]>| bootstrap.mean(people.iter().map(|one| Some(one[which])));
        let all: Option<Vec<Interval>> = found.iter().map(of).collect();
        all.context("there are people")
    };
    let pickers = rules.into_iter().zip(&found).map(|((id, _), found)| {
        Ok(Picker {
            shrunk: id.ends_with(SUFFIX),
            id: id.trim_end_matches(SUFFIX).to_owned(),
            regret: intervals(found, 0)?,
            best: intervals(found, 1)?,
        })
    });
    Ok(Regrets {
        format: "palate-regret".into(),
        schema: 1,
        simulated: true,
        pack: pack.items.pack.0.clone(),
        heads: file.sha256.clone(),
        seeds: seeds.to_vec(),
        people: people * seeds.len(),
        prompts: contests.len(),
        answers: contests.iter().map(Vec::len).sum::<usize>() as f64 / contests.len() as f64,
        examples: EXAMPLES.to_vec(),
        pickers: pickers.collect::<Result<_>>()?,
    })
}

/// The methods by their names on the card, then baselines.
fn rules(heads: &Heads, pool: &Pool, dimension: usize) -> Result<Vec<(String, Rule)>> {
    let names = heads.card()["methods"].as_array().into_iter().flatten();
    let mut models: Vec<(String, Box<dyn PreferenceModel>)> = names
        .filter_map(|name| name.as_str().map(str::to_owned))
        .zip(methods::playing(heads, dimension)?)
        .collect();
    models.push((Longer.id().0, Box::new(Longer)));
    // All answers score alike under the coin, and of equals each is as likely.
    models.push((RANDOM.to_owned(), Box::new(Coin)));
    let mut rules = models
        .into_iter()
        .map(|(name, model)| {
            let views = pool.viewed_by(model.as_ref())?;
            Ok((name, Rule::Model(model, views)))
        })
        .collect::<Result<Vec<_>>>()?;
    rules.push((FIRST.to_owned(), Rule::First));
    Ok(rules)
}

/// Mean margin of each item over the others.
fn scores(
    model: &dyn PreferenceModel,
    state: &UserState,
    views: &[Vec<f32>],
    items: &[usize],
) -> Vec<f64> {
    let mut scores = vec![0.0; items.len()];
    for (one, first) in items.iter().enumerate() {
        for (other, second) in items.iter().enumerate().skip(one + 1) {
            let margin = model.margin(state, &views[*first], &views[*second]).mean;
            scores[one] += margin / items.len() as f64;
            scores[other] -= margin / items.len() as f64;
        }
    }
    scores
}

fn first(count: usize) -> Vec<f64> {
    (0..count).map(|at| f64::from(u8::from(at == 0))).collect()
}

/// What a person thinks of every candidate, without noise.
struct Truth<'a> {
    /// Items and their values, in standard deviations, by prompt.
    prompts: Vec<(&'a [usize], Vec<f64>)>,
}

impl<'a> Truth<'a> {
    fn new(person: &Person, axes: &[[f64; COLUMNS]], contests: &'a [Vec<usize>]) -> Result<Self> {
        let nothing = [0.0; COLUMNS];
        let mut prompts: Vec<(&[usize], Vec<f64>)> = contests
            .iter()
            .map(|items| {
                let values = items.iter().map(|at| person.margin(&axes[*at], &nothing));
                (items.as_slice(), values.collect())
            })
            .collect();
        let variances = prompts.iter().map(|(_, values)| variance(values));
        let sd = (variances.sum::<f64>() / prompts.len() as f64).sqrt();
        ensure!(sd > EQUAL, "a person likes all answers alike");
        for (_, values) in &mut prompts {
            values.iter_mut().for_each(|value| *value /= sd);
        }
        Ok(Self { prompts })
    }

    /// Mean over prompts of the regret of the item with the highest score, and of whether it is the best; of items with equal
    /// scores each is as likely to be picked.
    fn of(&self, scores: impl Fn(&[usize]) -> Vec<f64>) -> [f64; 2] {
        let mut sums = [0.0; 2];
        for (items, values) in &self.prompts {
            let scores = scores(items);
            let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let best = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let picked = scores.iter().zip(values);
            let picked: Vec<f64> = picked
                .filter(|(score, _)| highest - **score < EQUAL)
                .map(|(_, value)| best - value)
                .collect();
            let count = picked.len() as f64;
            sums[0] += picked.iter().sum::<f64>() / count;
            sums[1] += picked.iter().filter(|regret| **regret < EQUAL).count() as f64 / count;
        }
        sums.map(|sum| sum / self.prompts.len() as f64)
    }
}

/// Of values that are all there is.
fn variance(values: &[f64]) -> f64 {
    let count = values.len() as f64;
    let mean = values.iter().sum::<f64>() / count;
    values
        .iter()
        .map(|value| (value - mean).powi(2))
        .sum::<f64>()
        / count
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regret_is_the_best_value_minus_that_of_the_pick() {
        let items = [0, 1, 2, 3];
        let truth = Truth {
            prompts: vec![(&items, vec![2.0, 0.5, 2.0, -0.5])],
        };
        let of = |scores: [f64; 4]| truth.of(|_| scores.to_vec());
        assert_eq!(of([0.0, 0.0, 1.0, 0.0]), [0.0, 1.0]);
        assert_eq!(of([0.0, 1.0, 0.0, 0.0]), [1.5, 0.0]);
        assert_eq!(
            of([1.0, 1.0, 0.0, 0.0]),
            [0.75, 0.5],
            "each of equals is as likely"
        );
        assert_eq!(of([0.0; 4]), [1.0, 0.5], "a random pick in closed form");
    }

    #[test]
    fn values_are_counted_in_the_persons_own_standard_deviations() {
        let mut rng = ChaCha8Rng::seed_from_u64(2);
        let person = Person::draw(&mut rng);
        let axes: Vec<[f64; COLUMNS]> = (0..8)
            .map(|at| [(); COLUMNS].map(|()| f64::from(at % 4 * (at + 1))))
            .collect();
        let contests = [vec![0, 1, 2, 3], vec![4, 5, 6, 7]];
        let truth = Truth::new(&person, &axes, &contests).expect("answers differ");
        let variances = truth.prompts.iter().map(|(_, values)| variance(values));
        assert!((variances.sum::<f64>() - 2.0).abs() < 1e-9);
        let alike = vec![axes[0]; 8];
        assert!(Truth::new(&person, &alike, &contests).is_err());
    }
}
