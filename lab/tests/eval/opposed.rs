//! A small simulated data set.

use palate_lab::data::{About, Comparison, Dataset, Item, User};
use palate_models::preference::logistic;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::StandardNormal;

/// Width of a vector.
pub const WIDTH: usize = 4;

/// Half of the people like what the other half dislikes, along the first number of an item; all like the second. `told` is
/// how much of that an item's vector says, the rest of it is noise.
pub fn opposed(people: usize, items: usize, votes: usize, told: f32) -> Dataset {
    let mut rng = ChaCha8Rng::seed_from_u64(5);
    let mut normal = move || rng.sample::<f32, _>(StandardNormal);
    let truth: Vec<[f32; 2]> = (0..items).map(|_| [normal(), normal()]).collect();
    let vector = |at: usize, normal: &mut dyn FnMut() -> f32| -> Vec<f32> {
        (0..WIDTH)
            .map(|k| match truth[at].get(k) {
                Some(value) => told * value + (1.0 - told) * normal(),
                None => normal(),
            })
            .collect()
    };
    let mut rng = ChaCha8Rng::seed_from_u64(6);
    let pairs = (0..people)
        .flat_map(|user| (0..votes).map(move |_| user))
        .map(|user| {
            let a = rng.random_range(0..items);
            let b = (a + rng.random_range(1..items)) % items;
            let side = if user % 2 == 0 { 2.5 } else { -2.5 };
            let gap = |k: usize| truth[a][k] - truth[b][k];
            let chosen_first = rng.random_bool(logistic(f64::from(side * gap(0) + 1.5 * gap(1))));
            let (chosen, rejected) = if chosen_first { (a, b) } else { (b, a) };
            comparison(user, chosen, rejected)
        })
        .collect();
    Dataset {
        about: About {
            id: "opposed".into(),
            title: "Opposed halves".into(),
            simulated: true,
            ..About::default()
        },
        prompts: vec![],
        items: (0..items)
            .map(|at| Item {
                id: format!("i{at}"),
                prompt: None,
                text: None,
                vector: Some(vector(at, &mut normal)),
            })
            .collect(),
        users: (0..people)
            .map(|at| User {
                id: format!("u{at}"),
                attributes: vec![],
            })
            .collect(),
        pairs,
    }
}

/// A vote without more.
pub fn comparison(user: usize, chosen: usize, rejected: usize) -> Comparison {
    Comparison {
        user,
        chosen,
        rejected,
        tie: false,
        context: None,
        split: None,
    }
}
