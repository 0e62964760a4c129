//! Data sets of simulated people, by name: the synthetic recipes of the reference. One file each, one line in [`ALL`].

pub mod continuous;
pub mod didactic;
pub mod line;
pub mod pal;
pub mod pets;
pub mod reviews;
pub mod structured;
pub mod tastes;
pub mod two_users;

use std::path::PathBuf;

use anyhow::{Context, Result};

use crate::data::{Dataset, Part};
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
        name: "pal-partition",
        about: "5.1: ideal points, every person at one of three prototypes",
        make: |inputs| Ok(pal::Recipe::new(pal::People::Partition, inputs.seed).dataset()),
    },
    Recipe {
        name: "pal-mixture",
        about: "5.1: ideal points, every person between three prototypes",
        make: |inputs| Ok(pal::Recipe::new(pal::People::Mixture, inputs.seed).dataset()),
    },
    Recipe {
        name: "didactic",
        about: "5.2: four kinds of people on a line, noisy labels",
        make: |inputs| Ok(didactic::draw(&line::Sizes::default(), inputs.seed).data),
    },
    Recipe {
        name: "two-users",
        about: "5.4: two kinds of people on a line who disagree on half of the pairs",
        make: |inputs| Ok(two_users::draw(&line::Sizes::default(), inputs.seed).data),
    },
    Recipe {
        name: "continuous",
        about: "5.5: everybody differs, linear tastes in eight dimensions",
        make: |inputs| Ok(continuous::continuous(&Default::default(), inputs.seed).data),
    },
    Recipe {
        name: "structured",
        about: "5.7: sparse tastes over what can be read off texts",
        make: |inputs| Ok(structured::structured(&Default::default(), inputs.seed).data),
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
        name: "pets",
        about: "5.6: sentences about four animals; everybody likes birds best and rabbits least, dog or cat is personal",
        make: |inputs| Ok(pets::dataset(inputs.seed)),
    },
    Recipe {
        name: "reviews",
        about: "5.6: reviews by sentiment and length; trained on four corners, tested also between them",
        make: |inputs| Ok(reviews::dataset(inputs.seed)),
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
