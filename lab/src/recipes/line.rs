//! Items on the line from 0 to 1, people of a few kinds: what the recipes [`super::didactic`] and [`super::two_users`] share.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::data::{About, Comparison, Dataset, Item, Part, User};

/// How many of everything.
#[derive(Clone, Copy, Debug)]
pub struct Sizes {
    /// People who train.
    pub train_people: usize,
    /// Votes of each.
    pub train_votes: usize,
    /// People whom training never sees.
    pub test_people: usize,
    /// Votes of each on seen items (half of them may be fitted), and as many on unseen ones.
    pub test_votes: usize,
    /// Items on which people train; half as many are unseen.
    pub items: usize,
}

impl Default for Sizes {
    fn default() -> Self {
        Self {
            train_people: 400,
            train_votes: 50,
            test_people: 200,
            test_votes: 40,
            items: 1000,
        }
    }
}

/// A data set and the kind of each of its people.
#[derive(Clone, Debug)]
pub struct Recipe {
    /// Items have one number; every pair says whether it trains or tests; people have no attributes.
    pub data: Dataset,
    /// Kind of each person, by index.
    pub kinds: Vec<usize>,
}

/// Draws people, kinds in turn, who compare items uniform on [0, 1]. `prefers(kind, first, second, rng)` says whether the
/// first is preferred.
pub(super) fn draw(
    about: About,
    sizes: &Sizes,
    kinds: usize,
    seed: u64,
    mut prefers: impl FnMut(usize, f32, f32, &mut ChaCha8Rng) -> bool,
) -> Recipe {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let unseen = sizes.items / 2;
    let items: Vec<Item> = (0..sizes.items + unseen)
        .map(|at| Item::of_vector(format!("x{at}"), vec![rng.random::<f32>()]))
        .collect();
    let place = |at: usize| items[at].vector.as_ref().map_or(0.0, |vector| vector[0]);
    let mut data = Dataset {
        about,
        ..Dataset::default()
    };
    let mut of_people = Vec::new();
    for user in 0..sizes.train_people + sizes.test_people {
        let kind = user % kinds;
        of_people.push(kind);
        data.users.push(User {
            id: format!("u{user}"),
            attributes: vec![],
        });
        let trains = user < sizes.train_people;
        let mut vote = |from: std::ops::Range<usize>, part: Part, rng: &mut ChaCha8Rng| {
            let first = rng.random_range(from.clone());
            let second = loop {
                let other = rng.random_range(from.clone());
                if other != first {
                    break other;
                }
            };
            let order = if prefers(kind, place(first), place(second), rng) {
                [first, second]
            } else {
                [second, first]
            };
            data.pairs.push(Comparison::of(user, order, part));
        };
        if trains {
            for _ in 0..sizes.train_votes {
                vote(0..sizes.items, Part::Train, &mut rng);
            }
        } else {
            for _ in 0..sizes.test_votes {
                vote(0..sizes.items, Part::Test, &mut rng);
                vote(sizes.items..sizes.items + unseen, Part::Test, &mut rng);
            }
        }
    }
    data.items = items;
    Recipe {
        data,
        kinds: of_people,
    }
}
