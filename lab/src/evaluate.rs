//! Accuracy of every method on people and prompts that training never saw.

use anyhow::{Context, Result};
use palate_models::heads::Heads;
use palate_models::methods::baselines::{Coin, Longer};
use palate_models::methods::ridge::Ridge;
use palate_models::pool::Pool;
use palate_models::preference::{LabelledPair, PreferenceModel, UserState};
use palate_models::query;
use palate_models::representation::{Hybrid, Representation};
use palate_shared::event::Policy;
use palate_shared::stats;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::axes::{self, COLUMNS};
use crate::folder::PackFolder;
use crate::people::{Person, Vote};
use crate::train::{pairs_of, split};

/// Numbers of votes at which accuracy is measured.
pub const SHOTS: [usize; 7] = [0, 1, 2, 5, 10, 20, 40];
/// Most test votes per person.
const TEST_VOTES: usize = 330;

/// Where questions come from and where accuracy is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// Random questions on the training prompts (whose answers trained the heads, with other people).
    Random,
    /// Questions chosen for the default method, on the training prompts.
    Chosen,
    /// Random questions on one half of the test prompts, accuracy on the other: nothing is known beforehand.
    NewPrompts,
}

/// Per-person accuracies of one method under one protocol: `[shots][person]`.
#[derive(Clone, Debug, Serialize)]
pub struct Curve {
    /// Method id.
    pub method: String,
    /// Protocol.
    pub protocol: Protocol,
    /// One list per entry of [`SHOTS`].
    pub accuracy: Vec<Vec<f64>>,
}

/// The methods of a heads file, in the order of the table.
///
/// # Errors
/// When a table is missing.
pub fn methods(heads: &Heads, dimension: usize) -> Result<Vec<Box<dyn PreferenceModel>>> {
    let mut models: Vec<Box<dyn PreferenceModel>> = vec![Box::new(Coin), Box::new(Longer)];
    models.extend(palate_models::methods::playing(heads, dimension)?);
    Ok(models)
}

/// Share of test votes that a method forecasts after some votes; a forecast of one half counts one half.
///
/// # Errors
/// When the fit fails.
pub fn accuracy(
    model: &dyn PreferenceModel,
    views: &[Vec<f32>],
    votes: &[Vote],
    test: &[Vote],
) -> Result<f64> {
    let state = fit(model, views, votes)?;
    let right: f64 = test
        .iter()
        .map(|vote| {
            let margin = model.margin(&state, &views[vote.first], &views[vote.second]);
            stats::correct(margin.probability(), vote.first_wins)
        })
        .sum();
    Ok(right / test.len().max(1) as f64)
}

/// Fits a person to their votes.
///
/// # Errors
/// When the fit fails.
pub(crate) fn fit(
    model: &dyn PreferenceModel,
    views: &[Vec<f32>],
    votes: &[Vote],
) -> Result<UserState> {
    let pairs: Vec<LabelledPair<'_>> = votes
        .iter()
        .map(|vote| LabelledPair {
            first: &views[vote.first],
            second: &views[vote.second],
            label: f64::from(u8::from(vote.first_wins)),
        })
        .collect();
    Ok(model.fit(&pairs)?)
}

/// Name of the row that knows what no method can: the axes themselves.
pub const KNOWN_AXES: &str = "known axes";
/// Its prior standard deviation: with one vote the scale is without effect, with more this one did best of 0.5 to 4.
const KNOWN_AXES_SCALE: f32 = 1.5;

/// Everything that one evaluation needs.
struct Bench {
    axes: Vec<[f64; COLUMNS]>,
    names: Vec<String>,
    methods: Vec<Box<dyn PreferenceModel>>,
    views: Vec<Vec<Vec<f32>>>,
    default: usize,
}

/// Draws people who are not those of training, whose seed is used as it is.
pub(crate) fn unseen(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed.wrapping_add(0x7e57_0000))
}

/// Evaluates heads with new people.
///
/// # Errors
/// When the pack has no axes or the heads do not fit.
pub fn run(pack: &PackFolder, heads: &[u8], people: usize, seed: u64) -> Result<Vec<Curve>> {
    let heads = Heads::read(heads)?;
    let hybrid = Hybrid::from_heads(&heads)?;
    let pool = Pool::new(&pack.items, &pack.vectors, &hybrid)?;
    let axes = axes::of_pack(&pack.items)?;
    let mut methods = methods(&heads, hybrid.dimension())?;
    let mut names: Vec<String> = methods.iter().map(|model| model.id().0).collect();
    let mut views = methods
        .iter()
        .map(|model| Ok(pool.viewed_by(model.as_ref())?))
        .collect::<Result<Vec<_>>>()?;
    // What a Gaussian prior could reach if answers were described perfectly: the same ridge on the axes that people judge by.
    let known = Ridge::new("known axes", KNOWN_AXES_SCALE, vec![0.0; COLUMNS]);
    views.push(
        known.view(
            (&axes
                .iter()
                .map(|row| row.map(|v| v as f32).to_vec())
                .collect::<Vec<_>>())
                .into(),
        )?,
    );
    names.push(KNOWN_AXES.to_owned());
    methods.push(Box::new(known));
    let default = methods
        .iter()
        .position(|model| model.id().as_str() == "eb")
        .context("no default method")?;
    let bench = Bench {
        axes,
        names,
        methods,
        views,
        default,
    };
    let split = split(&pack.items);
    let (ask, test) = (pairs_of(&pool, &split.train), pairs_of(&pool, &split.test));
    let (new_half, other_half) = split.test.split_at(split.test.len() / 2);
    let (new_ask, new_test) = (pairs_of(&pool, new_half), pairs_of(&pool, other_half));
    let mut curves = Vec::new();
    for protocol in [Protocol::Random, Protocol::Chosen, Protocol::NewPrompts] {
        // The same people under every protocol.
        let mut rng = unseen(seed);
        let mut accuracies = vec![vec![Vec::new(); SHOTS.len()]; bench.methods.len()];
        for _ in 0..people {
            let person = Person::draw(&mut rng);
            let mut own = ChaCha8Rng::from_rng(&mut rng);
            let most = SHOTS[SHOTS.len() - 1];
            let (votes, test) = match protocol {
                Protocol::Random => {
                    let test = person.votes(&bench.axes, &test, TEST_VOTES, &mut own);
                    (person.votes(&bench.axes, &ask, most, &mut own), test)
                }
                Protocol::Chosen => {
                    let test = person.votes(&bench.axes, &test, TEST_VOTES, &mut own);
                    (bench.chosen(&person, &ask, most, &mut own)?, test)
                }
                Protocol::NewPrompts => {
                    let test = person.votes(&bench.axes, &new_test, TEST_VOTES, &mut own);
                    (person.votes(&bench.axes, &new_ask, most, &mut own), test)
                }
            };
            for (method, (model, views)) in bench.methods.iter().zip(&bench.views).enumerate() {
                for (at, shots) in SHOTS.iter().enumerate() {
                    let votes = &votes[..(*shots).min(votes.len())];
                    accuracies[method][at].push(accuracy(model.as_ref(), views, votes, &test)?);
                }
            }
        }
        curves.extend(
            bench
                .names
                .iter()
                .zip(accuracies)
                .map(|(name, accuracy)| Curve {
                    method: name.clone(),
                    protocol,
                    accuracy,
                }),
        );
    }
    Ok(curves)
}

impl Bench {
    /// Votes on questions chosen by expected information under the default method. A pair that the person likes
    /// equally is passed over, as in the other protocols.
    fn chosen(
        &self,
        person: &Person,
        ask: &[(usize, usize)],
        count: usize,
        rng: &mut ChaCha8Rng,
    ) -> Result<Vec<Vote>> {
        let (model, views) = (
            self.methods[self.default].as_ref(),
            &self.views[self.default],
        );
        let mut open = ask.to_vec();
        let mut votes = Vec::with_capacity(count);
        let mut state = fit(model, views, &votes)?;
        while votes.len() < count && !open.is_empty() {
            let information: Vec<f64> = open
                .iter()
                .map(|(first, second)| {
                    query::expected_information(model.margin(
                        &state,
                        &views[*first],
                        &views[*second],
                    ))
                })
                .collect();
            let index = loop {
                let choice = query::choose(&information, query::RANDOM_SHARE, rng)
                    .context("pairs are left")?;
                if choice.policy == Policy::ExpectedInformation {
                    break choice.index;
                }
            };
            if let Some(vote) = person.vote(&self.axes, open.swap_remove(index), rng) {
                votes.push(vote);
                state = fit(model, views, &votes)?;
            }
        }
        Ok(votes)
    }
}
