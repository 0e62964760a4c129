//! Sentences about pets, after VPL's Pets set (Poddar et al. 2024, arXiv:2408.10075), from templates.
//!
//! Everybody likes birds best and rabbits least; half the people put dogs before cats, half cats before dogs. Half of the
//! questions are dog against cat, so a model that knows no person is right in 75 % at most.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Pool, ask};
use crate::data::{About, Dataset};
use crate::import::Maker;

/// People who train.
const SEEN: usize = 60;
/// People who do not.
const UNSEEN: usize = 40;
/// Share of questions that set dog against cat.
const DIVERGENT: f64 = 0.5;
/// Share of sentences that training may see.
const KNOWN: f64 = 0.8;

const PROMPT: &str = "Please talk about one kind of pet.";

/// An animal and ten things to say of it.
struct Animal {
    name: &'static str,
    facts: [&'static str; 10],
}

const BIRD: usize = 0;
const DOG: usize = 1;
const CAT: usize = 2;
const RABBIT: usize = 3;

const ANIMALS: [Animal; 4] = [
    Animal {
        name: "bird",
        facts: [
            "sings from the first light until somebody answers",
            "learns to whistle a tune after hearing it a few times",
            "needs a wide cage and an hour of free flight each day",
            "preens its feathers with great care after a bath",
            "cracks seeds with its beak and drops the shells everywhere",
            "perches on a finger once it trusts the hand",
            "sleeps on one leg with its head under a wing",
            "greets every visitor with a loud chirp",
            "loses a few feathers in autumn and grows new ones",
            "prefers company and does badly when kept alone",
        ],
    },
    Animal {
        name: "dog",
        facts: [
            "waits at the door with a wagging tail",
            "wants a long walk in every weather",
            "fetches a stick as often as it is thrown",
            "learns to sit, stay and come when called",
            "barks at the postman and then licks his hand",
            "guards the garden and sleeps at the foot of the bed",
            "digs holes and hides bones in them",
            "needs training from its first weeks in the house",
            "follows its owner from room to room",
            "shakes itself dry in the middle of the hall",
        ],
    },
    Animal {
        name: "cat",
        facts: [
            "purrs on a lap when it chooses to",
            "sharpens its claws on the arm of the sofa",
            "keeps itself clean and uses a litter tray",
            "stalks a toy mouse across the carpet",
            "sleeps most of the day on a warm windowsill",
            "comes and goes through a flap in the door",
            "squeezes into every empty box it finds",
            "meows for breakfast before the alarm rings",
            "watches from the top of a wardrobe for hours",
            "lands on its feet after a leap from the shelf",
        ],
    },
    Animal {
        name: "rabbit",
        facts: [
            "nibbles hay all day to keep its teeth short",
            "hops around the lawn inside a small run",
            "thumps with its hind feet when it is startled",
            "lives in a hutch that must be cleaned twice a week",
            "gnaws on cables if nobody watches",
            "has long ears and a nose that never rests",
            "dislikes being lifted and kicks when it is",
            "eats dandelions, carrot tops and a little parsley",
            "needs a second one of its kind for company",
            "twists in the air when it is happy",
        ],
    },
];

/// Frames for a fact; `{}` is the animal, `{f}` the fact.
const FRAMES: [&str; 9] = [
    "A {} {f}.",
    "My {} {f}.",
    "As a pet, a {} {f}.",
    "Our neighbours keep a {} that {f}.",
    "One thing to know: a {} {f}.",
    "When I was a child we had a {}; it {f}.",
    "People who live with a {} will tell you that it {f}.",
    "It is true that a {} {f}.",
    "Ask anyone why they chose a {}: it {f}.",
];

/// Makes the data set.
pub fn dataset(seed: u64) -> Dataset {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut maker = Maker::new(About {
        id: "pets".into(),
        title: "Pets, simulated".into(),
        licence: "CC0-1.0".into(),
        attribution: String::new(),
        simulated: true,
        note: format!(
            "Template sentences. Bird over dog and cat over rabbit for all; dog or cat first is the person's, and is their attribute; seed {seed}."
        ),
    });
    let prompt = maker.prompt("pet", Some(PROMPT));
    // sentences[pool][animal]
    let mut sentences: [[Vec<usize>; 4]; 2] = Default::default();
    for (animal, Animal { name, facts }) in ANIMALS.iter().enumerate() {
        let mut texts: Vec<String> = FRAMES
            .iter()
            .flat_map(|frame| facts.map(|fact| frame.replace("{}", name).replace("{f}", fact)))
            .collect();
        texts.shuffle(&mut rng);
        let known = (texts.len() as f64 * KNOWN).round() as usize;
        for (at, text) in texts.iter().enumerate() {
            let item = maker.item(&format!("{name}-{at:02}"), Some(prompt), text);
            sentences[usize::from(at >= known)][animal].push(item);
        }
    }
    for person in 0..SEEN + UNSEEN {
        let trains = person < SEEN;
        let likes_dogs = person % 2 == 0;
        let kind = if likes_dogs { "dog" } else { "cat" };
        let order = if likes_dogs {
            [BIRD, DOG, CAT, RABBIT]
        } else {
            [BIRD, CAT, DOG, RABBIT]
        };
        let attribute = if likes_dogs { 1.0 } else { -1.0 };
        let user = maker.user_with(&format!("{kind}-{person:03}"), &[attribute]);
        ask(&mut maker, user, trains, |pool| {
            let of = &sentences[usize::from(pool == Pool::HeldOut)];
            let (better, worse) = if rng.random_bool(DIVERGENT) {
                (1, 2)
            } else {
                // Any pair of places but the middle two.
                *[(0, 1), (0, 2), (0, 3), (1, 3), (2, 3)].choose(&mut rng)?
            };
            Some((
                *of[order[better]].choose(&mut rng)?,
                *of[order[worse]].choose(&mut rng)?,
            ))
        });
    }
    maker.data
}
