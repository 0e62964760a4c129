//! Shrinkage towards the population: a wrapper that makes it part of any personal method.
//!
//! With few votes, or among people who hardly differ, a personal fit is mostly noise, and the average person is the
//! better forecast. After `n` votes the wrapper forecasts `logit p = (1 - w) s m_population + w t logit p_personal`,
//! `w = n / (n + κ)`: the margin of the population (the reward head of [`crate::methods::btl`]) and the log-odds of
//! the personal method's own forecast. `κ` (votes at which both count alike) and the temperatures `s` and `t` are
//! chosen on validation people by [`choose_constants`]; one candidate for `κ` is *never*, so that a method that does
//! not help is the population. Without votes every wrapped method is the population: in its order, at temperature `s`.
//!
//! The margin keeps the personal method's variance, which question choice needs: its mean is the mixed log-odds times
//! `sqrt(1 + π variance / 8)`, so that [`Margin::probability`] is the mixed forecast. Under *never* nothing that a
//! person could answer changes the forecast, and the variance is 0. What [`PreferenceModel::latent`] says is the
//! personal method's.
//!
//! A viewed item is `[population reward | the personal method's view]`. State: the personal method's, under its id,
//! because shrinkage belongs to the method that ships; only the row of a table says `-shrunk`. Tables: the personal
//! method's, `btl.*`, and `shrunk.{id}`: `[1 / κ, t, s]`, 1 / κ = 0 for *never*.
//!
//! # Source
//! The weight is that of Bühlmann credibility (Bühlmann 1967, "Experience rating and credibility", ASTIN Bulletin 4);
//! log-odds are averaged as in a logarithmic opinion pool (Genest and Zidek 1986, "Combining probability
//! distributions", Statistical Science 1). The choice of κ is the one-standard-error rule (Breiman, Friedman, Olshen,
//! Stone 1984, *Classification and Regression Trees*, §3.4.3).

use palate_shared::ids::MethodId;

use crate::heads::Heads;
use crate::methods::Method;
use crate::methods::btl::Population;
#[cfg(feature = "training")]
use crate::methods::{Both, btl::Btl};
use crate::preference::{
    ItemVector, Items, LabelledPair, Margin, PreferenceModel, UserState, check_pairs,
};
use crate::{Error, Result};
#[cfg(feature = "training")]
use crate::{
    heads::{Table, Tables},
    training::{Run, TrainingSet, VALIDATION_SHOTS, Vote, choose, labelled, load, nats},
};

/// How a forecast is mixed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Constants {
    /// `1 / κ`, per vote; 0 for *never*.
    pub rate: f64,
    /// Factor on the personal method's log-odds, `t`.
    pub temperature: f64,
    /// Factor on the population's margin, `s`.
    pub population: f64,
}

impl Constants {
    /// The population as it is, whatever a person votes.
    pub const NEVER: Self = Self {
        rate: 0.0,
        temperature: 1.0,
        population: 1.0,
    };

    /// Weight of the personal method after `votes`, in [0, 1).
    pub fn weight(self, votes: u32) -> f64 {
        let votes = f64::from(votes) * self.rate;
        votes / (1.0 + votes)
    }

    /// Log-odds of the forecast.
    fn mix(self, votes: u32, population: f64, personal: f64) -> f64 {
        let weight = self.weight(votes);
        (1.0 - weight) * self.population * population + weight * self.temperature * personal
    }
}

/// Factor between a margin's mean and the log-odds of its forecast.
fn stretch(margin: Margin) -> f64 {
    (1.0 + std::f64::consts::PI * margin.variance / 8.0).sqrt()
}

/// A personal method, shrunk towards the population.
pub struct Shrunk {
    inner: Box<dyn PreferenceModel>,
    population: Population,
    constants: Constants,
}

impl Shrunk {
    /// Wraps a loaded model with tables `btl.*` and `shrunk.{id}`.
    ///
    /// # Errors
    /// When they are missing or do not fit.
    pub fn from_heads(
        inner: Box<dyn PreferenceModel>,
        heads: &Heads,
        dimension: usize,
    ) -> Result<Self> {
        let constants = heads.data(&format!("shrunk.{}", inner.id()), &[3])?;
        Ok(Self {
            constants: Constants {
                rate: f64::from(constants[0]).max(0.0),
                temperature: f64::from(constants[1]),
                population: f64::from(constants[2]),
            },
            population: Population::from_heads(heads, dimension)?,
            inner,
        })
    }

    /// The personal method alone; it views and fits without the first number of a viewed item.
    pub fn inner(&self) -> &dyn PreferenceModel {
        self.inner.as_ref()
    }

    /// The population, for its margins.
    pub fn population(&self) -> &Population {
        &self.population
    }

    /// The forecast after so many votes, from the population's margin and the personal method's own.
    pub fn mix(&self, votes: u32, population: f64, own: Margin) -> Margin {
        if self.constants.rate <= 0.0 {
            return Margin {
                mean: self.constants.mix(0, population, 0.0),
                variance: 0.0,
            };
        }
        let stretch = stretch(own);
        let odds = self.constants.mix(votes, population, own.mean / stretch);
        Margin {
            mean: odds * stretch,
            variance: own.variance,
        }
    }

    /// What was chosen.
    pub fn constants(&self) -> Constants {
        self.constants
    }
}

/// Trains and loads [`Shrunk`] around a method.
pub struct ShrunkMethod {
    inner: Box<dyn Method>,
    #[cfg(feature = "training")]
    population: Btl,
    #[cfg(feature = "training")]
    trained: Trained,
}

impl ShrunkMethod {
    /// Around one method.
    pub fn new(inner: Box<dyn Method>) -> Self {
        Self {
            inner,
            #[cfg(feature = "training")]
            population: Btl::default(),
            #[cfg(feature = "training")]
            trained: Trained::default(),
        }
    }

    /// Around each of several methods. They train the population once for each training set and run, not once each.
    pub fn around(methods: Vec<Box<dyn Method>>) -> Vec<Self> {
        #[cfg(feature = "training")]
        let trained = Trained::default();
        methods
            .into_iter()
            .map(|inner| Self {
                inner,
                #[cfg(feature = "training")]
                population: Btl::default(),
                #[cfg(feature = "training")]
                trained: trained.clone(),
            })
            .collect()
    }

    /// The method itself.
    pub fn inner(&self) -> &dyn Method {
        self.inner.as_ref()
    }
}

impl Method for ShrunkMethod {
    fn id(&self) -> String {
        format!("{}-shrunk", self.inner.id())
    }

    fn is_personal(&self) -> bool {
        self.inner.is_personal()
    }

    #[cfg(feature = "training")]
    fn train(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        let personal = self.inner.train_both(set, run)?;
        self.shrink(personal, set, run)
    }

    fn load(&self, heads: &Heads, dimension: usize) -> Result<Box<dyn PreferenceModel>> {
        let inner = self.inner.load(heads, dimension)?;
        Ok(Box::new(Shrunk::from_heads(inner, heads, dimension)?))
    }
}

#[cfg(feature = "training")]
impl ShrunkMethod {
    /// Adds the population and the constants to what the personal method learned on the set ([`Method::train_both`]);
    /// [`Method::train`] is the personal method's training and this.
    ///
    /// # Errors
    /// As [`Method::train`].
    pub fn shrink(&self, personal: Both, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        let inner = set.for_choices();
        let model = load(self.inner.as_ref(), &personal.smaller, inner.dimension())?;
        let population = self.trained.population(self.population, inner, run)?;
        let population = load(&self.population, &population, inner.dimension())?;
        let chosen = choose_constants(model.as_ref(), population.as_ref(), inner)?;
        let constants = [chosen.rate, chosen.temperature, chosen.population];
        let constants = constants.map(|constant| constant as f32).to_vec();
        let mut tables = personal.whole;
        tables.extend(self.trained.population(self.population, set, run)?);
        tables.insert(
            format!("shrunk.{}", model.id()),
            Table::new(&[3], constants),
        );
        Ok(tables)
    }
}

/// Population weights that were trained already, by fingerprint of set and run.
#[cfg(feature = "training")]
#[derive(Clone, Default)]
struct Trained(std::sync::Arc<std::sync::Mutex<std::collections::BTreeMap<u64, Tables>>>);

#[cfg(feature = "training")]
impl Trained {
    fn population(&self, method: Btl, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        let poisoned = |_| Error::Input("another training stopped half-way".into());
        let key = fingerprint(set, run);
        if let Some(tables) = self.0.lock().map_err(poisoned)?.get(&key) {
            return Ok(tables.clone());
        }
        let tables = method.train(set, run)?;
        self.0.lock().map_err(poisoned)?.insert(key, tables.clone());
        Ok(tables)
    }
}

/// Equal for runs that train the same population.
#[cfg(feature = "training")]
fn fingerprint(set: &TrainingSet, run: &Run<'_>) -> u64 {
    use std::hash::{DefaultHasher, Hash, Hasher};
    let mut hasher = DefaultHasher::new();
    (run.seed, run.effort.to_bits()).hash(&mut hasher);
    let mut next = Some(set);
    while let Some(set) = next {
        set.item_noise.to_bits().hash(&mut hasher);
        for row in &set.rows {
            row.iter()
                .for_each(|value| value.to_bits().hash(&mut hasher));
        }
        let validation = set.validation.iter();
        let validation = validation.flat_map(|episode| [&episode.fit, &episode.test]);
        for votes in set.people.iter().chain(validation) {
            votes.len().hash(&mut hasher);
            for vote in votes {
                (vote.first, vote.second, vote.label.to_bits()).hash(&mut hasher);
            }
        }
        next = set.choosing.as_deref();
    }
    hasher.finish()
}

/// Candidates for κ in votes, most shrinkage first; *never* comes before all of them.
#[cfg(feature = "training")]
const HALF_WEIGHTS: [f64; 8] = [128.0, 64.0, 32.0, 16.0, 8.0, 4.0, 1.0, 0.01];
/// Candidates for the temperature of the personal method, the mildest first.
#[cfg(feature = "training")]
const TEMPERATURES: [f64; 4] = [0.5, 1.0, 1.5, 2.0];
/// Candidates for the temperature of the population; the first is taken where nothing tells them apart.
#[cfg(feature = "training")]
const POPULATION_TEMPERATURES: [f64; 6] = [1.0, 0.8, 0.6, 0.4, 0.2, 1.25];

/// Losses of one person by number of votes, nats.
#[cfg(feature = "training")]
type Losses = [f64; VALIDATION_SHOTS.len()];

/// Chooses the constants on validation people.
///
/// First the population's temperature, so that a personal method gains nothing by being less sure. Then the population
/// is hard to beat: another candidate must not lose to it at any of [`VALIDATION_SHOTS`], gain more over all of them
/// than one standard error of the gain over people, and forecast no fewer votes right, neither on items that training
/// people voted on nor on others: a method may know the first by heart and be lost on the second. Of those that do, the one with the most shrinkage is taken
/// among those within one standard error of the best. Without validation people it is the population.
///
/// # Errors
/// When a fit fails.
#[cfg(feature = "training")]
pub fn choose_constants(
    personal: &dyn PreferenceModel,
    population: &dyn PreferenceModel,
    set: &TrainingSet,
) -> Result<Constants> {
    let own = personal.view(set.items())?;
    let shared = population.view(set.items())?;
    // Log-odds of (population, person) with the label, by person, number of shots and vote.
    let mut forecasts: Vec<Vec<(u32, Vec<[f64; 3]>)>> = Vec::new();
    let nobody = population.fit(&[])?;
    let mut known = vec![false; set.rows.len()];
    for vote in set.people.iter().flatten() {
        known[vote.first] = true;
        known[vote.second] = true;
    }
    // Whether a person is tested on known items only.
    let mut on_known = Vec::new();
    for episode in set.validation.iter().filter(|one| !one.test.is_empty()) {
        let is_known = |vote: &Vote| known[vote.first] && known[vote.second];
        on_known.push(episode.test.iter().all(is_known));
        let mut of_person = Vec::new();
        for shots in VALIDATION_SHOTS {
            let fit = &episode.fit[..shots.min(episode.fit.len())];
            let state = personal.fit(&labelled(fit, &own))?;
            let votes = episode.test.iter().map(|vote| {
                let margin = personal.margin(&state, &own[vote.first], &own[vote.second]);
                let average = population.margin(&nobody, &shared[vote.first], &shared[vote.second]);
                [
                    average.mean,
                    margin.mean / stretch(margin),
                    f64::from(vote.label),
                ]
            });
            of_person.push((fit.len() as u32, votes.collect()));
        }
        forecasts.push(of_person);
    }
    // Loss by person and number of shots.
    let losses = |constants: Constants| -> Vec<Losses> {
        let of_person = |person: &Vec<(u32, Vec<[f64; 3]>)>| {
            let mut losses = [0.0; VALIDATION_SHOTS.len()];
            for (loss, (shots, votes)) in losses.iter_mut().zip(person) {
                let of_vote = |[population, personal, label]: &[f64; 3]| {
                    let odds = constants.mix(*shots, *population, *personal);
                    nats(crate::preference::logistic(odds), *label)
                };
                *loss = votes.iter().map(of_vote).sum::<f64>() / votes.len() as f64;
            }
            losses
        };
        forecasts.iter().map(of_person).collect()
    };
    // Share of votes right minus share wrong, summed over numbers of shots and those people who are tested on one kind of items.
    let right = |constants: Constants, kind: bool| -> f64 {
        let of_person = |person: &Vec<(u32, Vec<[f64; 3]>)>| -> f64 {
            let share = |(shots, votes): &(u32, Vec<[f64; 3]>)| {
                let of_vote = |[population, personal, label]: &[f64; 3]| {
                    let odds = constants.mix(*shots, *population, *personal);
                    let side = odds * (label - 0.5);
                    f64::from(i8::from(side > 0.0) - i8::from(side < 0.0))
                };
                votes.iter().map(of_vote).sum::<f64>() / votes.len() as f64
            };
            person.iter().map(share).sum()
        };
        let people = forecasts.iter().zip(&on_known);
        let people = people.filter(|(_, known)| **known == kind);
        people.map(|(person, _)| of_person(person)).sum()
    };
    let total = |losses: &[Losses]| losses.iter().flatten().sum::<f64>();
    let population = choose(POPULATION_TEMPERATURES, |population| {
        let never = Constants {
            population,
            ..Constants::NEVER
        };
        Ok(total(&losses(never)))
    })?;
    let never = Constants {
        population,
        ..Constants::NEVER
    };
    let baseline = losses(never);
    let least_right = [true, false].map(|kind| (kind, right(never, kind)));
    let mut passed = Vec::new();
    for half in HALF_WEIGHTS {
        for temperature in TEMPERATURES {
            let candidate = Constants {
                rate: 1.0 / half,
                temperature,
                population,
            };
            let losses = losses(candidate);
            let at = |losses: &[Losses], shots: usize| {
                losses.iter().map(|person| person[shots]).sum::<f64>()
            };
            let never_worse =
                (0..VALIDATION_SHOTS.len()).all(|shots| at(&losses, shots) <= at(&baseline, shots));
            let (gain, error) = gain(&baseline, &losses);
            let as_right = least_right
                .iter()
                .all(|(kind, least)| right(candidate, *kind) >= *least);
            if never_worse && gain > error && as_right {
                passed.push((candidate, losses));
            }
        }
    }
    let Some((_, best)) = passed
        .iter()
        .min_by(|a, b| total(&a.1).total_cmp(&total(&b.1)))
    else {
        return Ok(never);
    };
    let is_as_good = |losses: &[Losses]| {
        let (behind, error) = gain(losses, best);
        behind <= error
    };
    let chosen = passed.iter().find(|(_, losses)| is_as_good(losses));
    Ok(chosen.map_or(never, |(constants, _)| *constants))
}

/// Mean over people of what the second saves against the first, nats, and its standard error.
#[cfg(feature = "training")]
fn gain<const N: usize>(first: &[[f64; N]], second: &[[f64; N]]) -> (f64, f64) {
    let gains: Vec<f64> = first
        .iter()
        .zip(second)
        .map(|(a, b)| (a.iter().sum::<f64>() - b.iter().sum::<f64>()) / N as f64)
        .collect();
    let count = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / count.max(1.0);
    let square: f64 = gains.iter().map(|gain| (gain - mean).powi(2)).sum();
    (
        mean,
        (square / (count - 1.0).max(1.0) / count.max(1.0)).sqrt(),
    )
}

/// Splits viewed items and pairs into the population's part and the personal method's.
fn own<'a>(pairs: &[LabelledPair<'a>]) -> Option<Vec<LabelledPair<'a>>> {
    pairs
        .iter()
        .map(|pair| {
            Some(LabelledPair {
                first: pair.first.get(1..)?,
                second: pair.second.get(1..)?,
                label: pair.label,
            })
        })
        .collect()
}

impl PreferenceModel for Shrunk {
    fn id(&self) -> MethodId {
        self.inner.id()
    }

    fn name(&self) -> &'static str {
        self.inner.name()
    }

    fn weights(&self) -> &str {
        self.inner.weights()
    }

    fn is_personal(&self) -> bool {
        self.inner.is_personal() && self.constants.rate > 0.0
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        let mut views = self.population.view(items)?;
        for (view, own) in views.iter_mut().zip(self.inner.view(items)?) {
            view.extend(own);
        }
        Ok(views)
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        let Some(own) = own(pairs) else {
            check_pairs(self.name(), pairs, 1)?; // An empty vector: this names it.
            return self.inner.fit(&[]);
        };
        let sides = pairs.iter().flat_map(|pair| [pair.first, pair.second]);
        if sides.into_iter().any(|view| !view[0].is_finite()) {
            return Err(Error::Input(format!(
                "{}: a population reward is not finite",
                self.name()
            )));
        }
        let mut state = self.inner.fit(&own)?;
        state.n = pairs.len() as u32;
        Ok(state)
    }

    fn margin(&self, state: &UserState, first: &ItemVector, second: &ItemVector) -> Margin {
        let (Some((one, first)), Some((other, second))) =
            (first.split_first(), second.split_first())
        else {
            return Margin {
                mean: 0.0,
                variance: 0.0,
            };
        };
        let population = f64::from(*one) - f64::from(*other);
        if self.constants.rate <= 0.0 {
            let none = Margin {
                mean: 0.0,
                variance: 0.0,
            };
            return self.mix(state.n, population, none);
        }
        let own = self.inner.margin(state, first, second);
        self.mix(state.n, population, own)
    }

    fn latent(&self, state: &UserState) -> Vec<Margin> {
        self.inner.latent(state)
    }
}
