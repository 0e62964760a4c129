//! Structured users: tastes are weights on a few nameable axes that are computed from text.
//!
//! Items are short template texts; their vectors are the standardised text features of `palate_shared::features`, and
//! people have weights on eight of them, [`AXES`]. A person's attributes, for methods that learn to describe people, are
//! these weights.

use palate_shared::features;
use rand::seq::{IndexedRandom, index};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::tastes::{Simulated, Voting, normals, simulate, unit, user};
use crate::data::{About, Item};

/// Ids of the text features that tastes are about, in the order of the features.
pub const AXES: [&str; 8] = [
    "length",
    "lists",
    "questions",
    "contractions",
    "exclamations",
    "numbers",
    "warmth",
    "formality",
];

/// Which tastes people have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tastes {
    /// One to three axes with weights N(0, 1), the whole scaled to length 1.
    Sparse,
    /// The first so many axes, each liked or disliked by chance, all equally.
    Signs(usize),
}

/// Sizes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Structured {
    /// Which tastes.
    pub tastes: Tastes,
    /// People who train.
    pub seen: usize,
    /// People who do not.
    pub unseen: usize,
    /// Items that are seen, and as many that are not.
    pub items: usize,
    /// How they vote.
    pub voting: Voting,
}

impl Default for Structured {
    fn default() -> Self {
        Self {
            tastes: Tastes::Sparse,
            seen: 600,
            unseen: 100,
            items: 400,
            voting: Voting {
                training: 60,
                shots: 64,
                tests: 50,
                least_margin: 0.2,
                flips: 0.05,
            },
        }
    }
}

/// Sentences by what they show: one or more of each kind make a text.
const KINDS: [&[&str]; 7] = [
    &[
        "The plan starts with the first room.",
        "Water runs under the old bridge.",
        "A map shows the way to the harbour.",
        "Paint dries before the evening.",
    ],
    &["- the first part", "- the last part", "- a spare part"],
    &[
        "Which part matters most?",
        "What comes after that?",
        "Where does the path end?",
    ],
    &["That works!", "Quite a result!", "Done at last!"],
    &[
        "It takes 20 steps and 3 tools.",
        "About 45 of 60 pieces remain.",
        "The bill was 12 coins.",
    ],
    &[
        "It's late and that's fine.",
        "They don't mind, and it won't break.",
        "There's a lamp that isn't lit.",
    ],
    &[
        "A kind and gentle start helps.",
        "Hope and patience bring comfort.",
        "A warm heart and a glad welcome.",
    ],
];
/// Sentences with formal words.
const FORMAL: [&str; 3] = [
    "Furthermore, the procedure shall therefore commence.",
    "Consequently, one must obtain approval hereafter.",
    "Moreover, the aforementioned matter requires consideration.",
];

fn text(rng: &mut ChaCha8Rng) -> String {
    let mut lines = Vec::new();
    let mut sentences = Vec::new();
    for kind in KINDS.iter().copied().chain([FORMAL.as_slice()]) {
        for _ in 0..rng.random_range(0..=3) {
            if let Some(sentence) = kind.choose(rng) {
                if sentence.starts_with('-') {
                    lines.push(*sentence);
                } else {
                    sentences.push(*sentence);
                }
            }
        }
    }
    rand::seq::SliceRandom::shuffle(sentences.as_mut_slice(), rng);
    // Length varies by itself as well.
    for _ in 0..rng.random_range(0..12) {
        sentences.extend(KINDS[0].choose(rng));
    }
    let prose = sentences.join(" ");
    if lines.is_empty() {
        return prose;
    }
    format!("{prose}\n\n{}", lines.join("\n"))
}

fn taste(tastes: Tastes, rng: &mut ChaCha8Rng) -> Vec<f32> {
    let mut weights = vec![0.0; AXES.len()];
    match tastes {
        Tastes::Sparse => {
            let count = rng.random_range(1..=3);
            let values = normals(count, rng);
            for (column, value) in index::sample(rng, AXES.len(), count).iter().zip(values) {
                weights[column] = value;
            }
        }
        Tastes::Signs(count) => {
            for weight in weights.iter_mut().take(count) {
                *weight = if rng.random_bool(0.5) { 1.0 } else { -1.0 };
            }
        }
    }
    unit(weights)
}

/// Draws a taste as training people have it, for ceilings by simulation.
pub fn draw_taste(tastes: Tastes, seed: u64) -> Vec<f32> {
    taste(tastes, &mut ChaCha8Rng::seed_from_u64(seed))
}

/// Draws people, items and votes.
pub fn structured(sizes: &Structured, seed: u64) -> Simulated {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let texts: Vec<String> = (0..2 * sizes.items).map(|_| text(&mut rng)).collect();
    let mut rows: Vec<Vec<f32>> = texts
        .iter()
        .map(|text| features::extract(text).to_vec())
        .collect();
    for column in 0..features::COUNT {
        standardise(&mut rows, column);
    }
    let columns: Vec<usize> = (0..features::COUNT)
        .filter(|at| AXES.contains(&features::FEATURES[*at].id))
        .collect();
    let axes = rows
        .iter()
        .map(|row| columns.iter().map(|at| row[*at]).collect())
        .collect();
    let items = texts
        .into_iter()
        .zip(rows)
        .enumerate()
        .map(|(at, (text, vector))| Item {
            id: format!("item-{at}"),
            prompt: None,
            text: Some(text),
            vector: Some(vector),
        })
        .collect();
    let people = [("seen", sizes.seen), ("unseen", sizes.unseen)]
        .into_iter()
        .flat_map(|(kind, count)| (0..count).map(move |at| (kind, at)))
        .map(|(kind, at)| {
            let taste = taste(sizes.tastes, &mut rng);
            (user(kind, at, taste.clone()), taste)
        })
        .collect();
    simulate(
        About::simulated("structured-users", "Structured users (simulated)", ""),
        items,
        axes,
        people,
        sizes.voting,
        sizes.items,
        &mut rng,
    )
}

/// Mean 0 and variance 1; a column that does not vary becomes 0.
fn standardise(rows: &mut [Vec<f32>], column: usize) {
    let count = rows.len() as f32;
    let mean = rows.iter().map(|row| row[column]).sum::<f32>() / count;
    let variance = rows
        .iter()
        .map(|row| (row[column] - mean).powi(2))
        .sum::<f32>()
        / count;
    let sd = if variance > 1e-9 {
        variance.sqrt()
    } else {
        1.0
    };
    for row in rows {
        row[column] = (row[column] - mean) / sd;
    }
}
