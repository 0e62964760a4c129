//! Data sets of simulated people, by name: the synthetic recipes of the reference. One file each, one line in [`ALL`].

pub mod continuous;
pub mod didactic;
pub mod line;
pub mod pal;
pub mod pets;
pub mod reviews;
pub mod structured;
pub mod two_users;

use std::ops::Range;
use std::path::PathBuf;

use anyhow::{Context, Result};
use rand::Rng;
use rand_chacha::ChaCha8Rng;

use crate::data::{About, Comparison, Dataset, Item, Part, User};
use crate::import::{Maker, Options, persona};

/// What a recipe is given.
#[derive(Clone, Debug, Default)]
pub struct Inputs {
    /// Seed of all that is drawn.
    pub seed: u64,
    /// Folder of published texts, for a recipe that needs them.
    pub source: Option<PathBuf>,
}

/// A recipe.
pub struct Recipe {
    /// Its name on the command line.
    pub name: &'static str,
    /// What it is, in a few words.
    pub about: &'static str,
    /// Makes the data set; the same inputs give the same data set.
    pub make: fn(&Inputs) -> Result<Dataset>,
}

/// All recipes, in the order of the reference.
pub const ALL: &[Recipe] = &[
    Recipe {
        name: "pal",
        about: "5.1: ideal points, three prototypes, a person at one of them",
        make: |inputs| Ok(pal::Recipe::new(pal::People::Partition, inputs.seed).dataset()),
    },
    Recipe {
        name: "pal-mixture",
        about: "5.1: ideal points, three prototypes, a person a mixture of them",
        make: |inputs| Ok(pal::Recipe::new(pal::People::Mixture, inputs.seed).dataset()),
    },
    Recipe {
        name: "didactic",
        about: "5.2: four kinds of people on a line, noisy votes",
        make: |inputs| Ok(didactic::draw(&line::Sizes::default(), inputs.seed).data),
    },
    Recipe {
        name: "persona",
        about: "5.3: groups whose taste is a topic, over published statements (--source)",
        make: |inputs| {
            let source = inputs.source.as_deref().context(
                "the recipe `persona` needs --source: the folder of Anthropic's persona statements",
            )?;
            let options = Options {
                seed: inputs.seed,
                ..Options::default()
            };
            Ok(persona::import(source, &options)?.data)
        },
    },
    Recipe {
        name: "two-users",
        about: "5.4: two kinds of people on a line who disagree on half of the pairs",
        make: |inputs| Ok(two_users::draw(&line::Sizes::default(), inputs.seed).data),
    },
    Recipe {
        name: "continuous",
        about: "5.5: every taste is a direction",
        make: |inputs| {
            let sizes = continuous::Continuous::default();
            Ok(continuous::continuous(&sizes, inputs.seed).data)
        },
    },
    Recipe {
        name: "pets",
        about: "5.6: sentences about four animals; everybody likes birds best and rabbits least, dog or cat is personal",
        make: |inputs| Ok(pets::dataset(inputs.seed)),
    },
    Recipe {
        name: "reviews",
        about: "5.6: reviews by sentiment and length; trained on four corners, tested also between them",
        make: |inputs| Ok(reviews::dataset(inputs.seed)),
    },
    Recipe {
        name: "structured",
        about: "5.7: people who weigh a few readable features of texts",
        make: |inputs| {
            let sizes = structured::Structured::default();
            Ok(structured::structured(&sizes, inputs.seed).data)
        },
    },
];

/// The recipe with this name.
///
/// # Errors
/// When there is none; the message lists them.
pub fn find(name: &str) -> Result<&'static Recipe> {
    ALL.iter()
        .find(|recipe| recipe.name == name)
        .with_context(|| {
            let names: Vec<&str> = ALL.iter().map(|recipe| recipe.name).collect();
            format!("no recipe {name}; there are: {}", names.join(", "))
        })
}

/// Items that a question is drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Pool {
    /// Those that training may see.
    Known,
    /// The others.
    HeldOut,
}

/// Training pairs of a person who trains.
const TRAIN: usize = 40;
/// Pairs of known items that only test a person who trains.
const TEST: usize = 20;
/// Pairs of known items of a person who does not train: a part of them may be fitted.
const NEW: usize = 64;
/// Pairs of held-out items of a person.
const HELD_OUT: usize = 40;

/// Asks one person the questions of the four cells; `draw` gives a chosen and a rejected item of a pool.
pub(crate) fn ask(
    maker: &mut Maker,
    user: usize,
    trains: bool,
    mut draw: impl FnMut(Pool) -> Option<(usize, usize)>,
) {
    let plan: &[(Pool, usize, Part)] = if trains {
        &[
            (Pool::Known, TRAIN, Part::Train),
            (Pool::Known, TEST, Part::Test),
            (Pool::HeldOut, HELD_OUT, Part::Test),
        ]
    } else {
        &[
            (Pool::Known, NEW, Part::Test),
            (Pool::HeldOut, HELD_OUT, Part::Test),
        ]
    };
    for (pool, count, part) in plan {
        for _ in 0..*count {
            if let Some((chosen, rejected)) = draw(*pool) {
                maker.vote(user, chosen, rejected, false, Some(*part));
            }
        }
    }
}

/// A data set and the truth behind it.
#[derive(Clone, Debug)]
pub struct Simulated {
    /// What methods see.
    pub data: Dataset,
    /// The numbers of each item that tastes are about.
    pub axes: Vec<Vec<f32>>,
    /// Each person's weights on them; a vote prefers the larger weighted sum.
    pub weights: Vec<Vec<f32>>,
}

/// How people vote.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Voting {
    /// Votes of a person who trains.
    pub training: usize,
    /// Votes of a person who does not, to be fitted.
    pub shots: usize,
    /// Votes that test, of everybody.
    pub tests: usize,
    /// Pairs whose weighted sums differ less are not asked.
    pub least_margin: f32,
    /// Share of votes that are turned around.
    pub flips: f64,
}

/// Lets people vote. `seen_items` of the items, from the first, are seen.
fn simulate(
    about: About,
    items: Vec<Item>,
    axes: Vec<Vec<f32>>,
    people: Vec<(User, Vec<f32>)>,
    voting: Voting,
    seen_items: usize,
    rng: &mut ChaCha8Rng,
) -> Simulated {
    let mut data = Dataset {
        about,
        items,
        ..Dataset::default()
    };
    let mut weights = Vec::new();
    for (at, (user, taste)) in people.into_iter().enumerate() {
        let rewards: Vec<f32> = axes.iter().map(|item| dot(item, &taste)).collect();
        let trains = user.id.starts_with("seen");
        let (part, count) = if trains {
            (Part::Train, voting.training)
        } else {
            (Part::Test, voting.shots)
        };
        let mut ask = |pool: Range<usize>, count: usize, part: Part| {
            for _ in 0..count {
                let (chosen, rejected) = vote(&rewards, pool.clone(), voting, rng);
                data.pairs.push(Comparison {
                    user: at,
                    chosen,
                    rejected,
                    tie: false,
                    context: None,
                    split: Some(part),
                });
            }
        };
        ask(0..seen_items, count, part);
        ask(seen_items..axes.len(), voting.tests, Part::Test);
        data.users.push(user);
        weights.push(taste);
    }
    Simulated {
        data,
        axes,
        weights,
    }
}

/// Preferred item and other, of a pair drawn from a pool.
fn vote(
    rewards: &[f32],
    pool: Range<usize>,
    voting: Voting,
    rng: &mut ChaCha8Rng,
) -> (usize, usize) {
    loop {
        let (a, b) = (
            rng.random_range(pool.clone()),
            rng.random_range(pool.clone()),
        );
        let margin = rewards[a] - rewards[b];
        if a == b || margin.abs() < voting.least_margin {
            continue;
        }
        return if (margin > 0.0) != rng.random_bool(voting.flips) {
            (a, b)
        } else {
            (b, a)
        };
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// The vector over its length; a vector without one stays.
fn unit(mut vector: Vec<f32>) -> Vec<f32> {
    let norm = dot(&vector, &vector).sqrt().max(1e-9);
    for value in &mut vector {
        *value /= norm;
    }
    vector
}

/// Independent N(0, 1).
fn normals(count: usize, rng: &mut ChaCha8Rng) -> Vec<f32> {
    (0..count)
        .map(|_| rng.sample(rand_distr::StandardNormal))
        .collect()
}

fn about(id: &str, title: &str) -> About {
    About {
        id: id.into(),
        title: title.into(),
        licence: "CC0-1.0".into(),
        simulated: true,
        ..About::default()
    }
}

fn user(kind: &str, number: usize, attributes: Vec<f32>) -> User {
    User {
        id: format!("{kind}-{number}"),
        attributes,
    }
}
