//! Reviews by sentiment and length, after FSPO's Reviews (Singh et al. 2025, arXiv:2502.19312), from templates.
//!
//! A review has a place in [-1, 1]²: its sentiment and its length. A person has a place there too and prefers the review
//! that is nearer (squared distance, so a mixture of two people's rewards is the reward of a person between them). The
//! people who train stand in the four corners; of those who do not, some do too and some stand between.

use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use super::{Pool, ask};
use crate::data::{About, Dataset};
use crate::import::Maker;

/// People who train, in each corner.
const SEEN: usize = 16;
/// People in each corner who do not train.
const UNSEEN: usize = 4;
/// People between the corners; none trains.
const BETWEEN: usize = 40;
/// Subjects whose reviews training may see.
const KNOWN_SUBJECTS: usize = 11;
/// Pairs that a person likes about equally are not asked.
const LEAST_MARGIN: f64 = 0.2;

/// A subject and what can be said of.
const SUBJECTS: [(&str, [&str; 6]); 16] = [
    (
        "a new crime film",
        [
            "plot",
            "lead actor",
            "camera work",
            "soundtrack",
            "ending",
            "dialogue",
        ],
    ),
    (
        "a family restaurant",
        ["soup", "service", "menu", "dessert", "seating", "bill"],
    ),
    (
        "a budget hotel",
        ["bed", "breakfast", "reception", "bathroom", "view", "lift"],
    ),
    (
        "a pair of running shoes",
        ["sole", "fit", "lacing", "colour", "grip", "box"],
    ),
    (
        "a historical novel",
        [
            "opening",
            "heroine",
            "research",
            "pace",
            "prose",
            "last chapter",
        ],
    ),
    (
        "a noise-cancelling headset",
        ["sound", "battery", "headband", "microphone", "app", "case"],
    ),
    (
        "a city museum",
        [
            "main hall",
            "audio guide",
            "café",
            "ticket desk",
            "lighting",
            "shop",
        ],
    ),
    (
        "a board game",
        ["rule book", "pieces", "pace", "board", "scoring", "artwork"],
    ),
    (
        "a language course",
        [
            "teacher",
            "workbook",
            "homework",
            "classroom",
            "timetable",
            "exam",
        ],
    ),
    (
        "a coffee machine",
        [
            "grinder",
            "milk frother",
            "display",
            "water tank",
            "taste",
            "noise level",
        ],
    ),
    (
        "a jazz concert",
        [
            "opening act",
            "trumpet",
            "hall",
            "setlist",
            "sound mix",
            "encore",
        ],
    ),
    (
        "an electric bicycle",
        ["motor", "saddle", "brakes", "range", "frame", "charger"],
    ),
    (
        "a cooking show",
        [
            "host",
            "recipes",
            "kitchen",
            "guests",
            "editing",
            "theme tune",
        ],
    ),
    (
        "a hiking jacket",
        ["zip", "hood", "pockets", "fabric", "cut", "weight"],
    ),
    (
        "a puzzle app",
        [
            "levels",
            "hints",
            "design",
            "music",
            "loading time",
            "subscription",
        ],
    ),
    (
        "a local bakery",
        [
            "rye bread",
            "croissants",
            "queue",
            "counter staff",
            "prices",
            "window seats",
        ],
    ),
];

/// Verdicts from very bad to very good; `{}` is the subject.
const VERDICTS: [&str; 5] = [
    "I regret every minute with {}, a complete disappointment.",
    "I was let down by {} and would not choose it again.",
    "There is not much to say against {} and not much for it.",
    "I enjoyed {} and would gladly come back to it.",
    "I adore {}, an absolute delight from start to finish.",
];

/// Remarks by sentiment; `{}` is what is remarked on.
const REMARKS: [[&str; 6]; 5] = [
    [
        "The {} was dreadful.",
        "I have never met a worse {}, and I have met many.",
        "As for the {}, it was a shameful failure.",
        "Even the {} managed to ruin my mood.",
        "The {} was broken, ugly and insulting.",
        "Nothing could excuse the horrible {}.",
    ],
    [
        "The {} was rather weak.",
        "I had hoped for a better {}.",
        "As for the {}, it left me cold.",
        "Even the {} had its annoying moments.",
        "The {} could have used more care.",
        "Little was done to improve the dull {}.",
    ],
    [
        "The {} was what one expects.",
        "I have no strong view of the {}.",
        "As for the {}, it did its duty.",
        "Even the {} was neither better nor worse than usual.",
        "The {} was of the ordinary sort.",
        "Nothing in particular stood out about the {}.",
    ],
    [
        "The {} was pleasant.",
        "I found the {} better than I had hoped.",
        "As for the {}, it worked nicely.",
        "Even the {} had its charm.",
        "The {} showed some real care.",
        "Much was done well with the likeable {}.",
    ],
    [
        "The {} was magnificent.",
        "I have never met a finer {}, and I have met many.",
        "As for the {}, it was pure joy.",
        "Even the {} made me smile all day.",
        "The {} was brilliant, beautiful and generous.",
        "Nothing could surpass the wonderful {}.",
    ],
];

/// Remarks after the verdict, by length.
const LENGTHS: [usize; 4] = [0, 1, 3, 6];

/// Makes the data set.
pub fn dataset(seed: u64) -> Dataset {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let mut maker = Maker::new(About {
        id: "reviews".into(),
        title: "Reviews, simulated".into(),
        licence: "CC0-1.0".into(),
        attribution: String::new(),
        simulated: true,
        note: format!(
            "Template reviews by sentiment and length. A person prefers the review nearer to their place in [-1, 1]², which is \
             their attributes; people who train stand in the corners; seed {seed}."
        ),
    });
    let mut subjects = SUBJECTS;
    subjects.shuffle(&mut rng);
    // Reviews of each subject with their places.
    let mut reviews: Vec<Vec<(usize, [f64; 2])>> = Vec::new();
    for (at, (subject, parts)) in subjects.iter().enumerate() {
        let prompt = maker.prompt(
            &format!("r{at:02}"),
            Some(&format!("Write a review of {subject}.")),
        );
        let mut of = Vec::new();
        for (sentiment, verdict) in VERDICTS.iter().enumerate() {
            for (length, remarks) in LENGTHS.iter().enumerate() {
                let mut order: Vec<usize> = (0..parts.len()).collect();
                order.shuffle(&mut rng);
                let mut text = verdict.replace("{}", subject);
                for remark in &order[..*remarks] {
                    text.push(' ');
                    text += &REMARKS[sentiment][*remark].replace("{}", parts[*remark]);
                }
                let id = format!("r{at:02}-{sentiment}{length}");
                of.push((
                    maker.item(&id, Some(prompt), &text),
                    [
                        place(sentiment, VERDICTS.len()),
                        place(length, LENGTHS.len()),
                    ],
                ));
            }
        }
        reviews.push(of);
    }
    let corners = [[-1.0, -1.0], [-1.0, 1.0], [1.0, -1.0], [1.0, 1.0]];
    let mut people: Vec<(String, [f64; 2], bool)> = Vec::new();
    for (at, corner) in corners.into_iter().enumerate() {
        for person in 0..SEEN + UNSEEN {
            people.push((format!("corner-{at}-{person:02}"), corner, person < SEEN));
        }
    }
    for person in 0..BETWEEN {
        let mut coordinate = || rng.random_range(-0.8..0.8);
        people.push((
            format!("between-{person:02}"),
            [coordinate(), coordinate()],
            false,
        ));
    }
    let (known, held_out) = reviews.split_at(KNOWN_SUBJECTS);
    for (id, own, trains) in people {
        let user = maker.user_with(&id, &own.map(|coordinate| coordinate as f32));
        ask(&mut maker, user, trains, |pool| {
            let of = match pool {
                Pool::Known => known,
                Pool::HeldOut => held_out,
            };
            loop {
                let mut two = of.choose(&mut rng)?.choose_multiple(&mut rng, 2);
                let (a, b) = (two.next()?, two.next()?);
                let margin = distance(own, b.1) - distance(own, a.1);
                if margin.abs() >= LEAST_MARGIN {
                    return Some(if margin > 0.0 { (a.0, b.0) } else { (b.0, a.0) });
                }
            }
        });
    }
    maker.data
}

/// A level's place in [-1, 1].
fn place(level: usize, levels: usize) -> f64 {
    2.0 * level as f64 / (levels - 1) as f64 - 1.0
}

/// Squared distance.
fn distance(a: [f64; 2], b: [f64; 2]) -> f64 {
    (a[0] - b[0]).powi(2) + (a[1] - b[1]).powi(2)
}
