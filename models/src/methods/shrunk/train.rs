//! What shrinkage learns: the population beside each personal method, and the constants of the mixture, chosen on
//! validation people.

use std::collections::{BTreeMap, BTreeSet};

use super::{ByKind, Constants, ShrunkMethod, hash, stretch};
use crate::heads::{Table, Tables};
use crate::methods::btl::Btl;
use crate::methods::{Both, Method};
use crate::preference::{PreferenceModel, logistic};
use crate::training::{
    Episode, Run, TrainingSet, VALIDATION_SHOTS, Vote, choose, labelled, load, nats,
};
use crate::{Error, Result};

impl ShrunkMethod {
    /// What the method inside learns by itself. The population is trained once for itself and for all that are mixed
    /// with it.
    ///
    /// # Errors
    /// As [`Method::train`].
    pub fn train_inner(&self, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        if self.inner.id() == self.population.id() {
            return Ok(self.trained.population(self.population, set, run)?.whole);
        }
        self.inner.train(set, run)
    }

    /// Adds the population and the constants to what the personal method learned on the set ([`Method::train_both`]);
    /// [`Method::train`] is the personal method's training and this.
    ///
    /// # Errors
    /// As [`Method::train`].
    pub fn shrink(&self, personal: Both, set: &TrainingSet, run: &mut Run<'_>) -> Result<Tables> {
        let inner = set.for_choices();
        let model = load(self.inner.as_ref(), &personal.smaller, inner.dimension())?;
        let average = self.trained.population(self.population, set, run)?;
        let population = load(&self.population, &average.smaller, inner.dimension())?;
        let chosen = choose_constants(model.as_ref(), population.as_ref(), inner)?;
        let numbers = |of: Constants| [of.rate, of.temperature, of.population];
        let mut constants = numbers(chosen.known).to_vec();
        let mut tables = personal.whole;
        tables.extend(average.whole);
        if chosen.known != chosen.new {
            constants.extend(numbers(chosen.new));
            let known = (0..set.rows.len()).zip(voted(set));
            let known = known.filter(|(_, voted)| *voted);
            let hashes: BTreeSet<u32> = known.map(|(at, _)| hash(&set.rows[at])).collect();
            let hashes: Vec<f32> = hashes.into_iter().map(|hash| hash as f32).collect();
            let table = Table::new(&[hashes.len()], hashes);
            tables.insert("shrunk.known".into(), table);
        }
        let constants: Vec<f32> = constants.into_iter().map(|one| one as f32).collect();
        tables.insert(
            format!("shrunk.{}", model.id()),
            Table::new(&[constants.len()], constants),
        );
        Ok(tables)
    }
}

/// Population weights that were trained already, by fingerprint of set and run.
#[derive(Clone, Default)]
pub(super) struct Trained(std::sync::Arc<std::sync::Mutex<std::collections::BTreeMap<u64, Both>>>);

impl Trained {
    fn population(&self, method: Btl, set: &TrainingSet, run: &mut Run<'_>) -> Result<Both> {
        let poisoned = |_| Error::Input("another training stopped half-way".into());
        let key = fingerprint(set, run);
        if let Some(both) = self.0.lock().map_err(poisoned)?.get(&key) {
            return Ok(both.clone());
        }
        let both = method.train_both(set, run)?;
        self.0.lock().map_err(poisoned)?.insert(key, both.clone());
        Ok(both)
    }
}

/// Equal for runs that train the same population.
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
const HALF_WEIGHTS: [f64; 8] = [128.0, 64.0, 32.0, 16.0, 8.0, 4.0, 1.0, 0.01];
/// Candidates for the temperature of the personal method, the mildest first.
const TEMPERATURES: [f64; 4] = [0.5, 1.0, 1.5, 2.0];
/// Candidates for the temperature of the population; the first is taken where nothing tells them apart.
const POPULATION_TEMPERATURES: [f64; 6] = [1.0, 0.8, 0.6, 0.4, 0.2, 1.25];

/// Standard errors by which a candidate must beat the population on known items, and on others: these are few, thirty
/// candidates are tried on them, and what suits them by chance suits nothing later.
const SURE: [f64; 2] = [2.0, 3.0];

/// Losses of one person by number of votes, nats.
type Losses = [f64; VALIDATION_SHOTS.len()];

/// Items that training people voted on.
fn voted(set: &TrainingSet) -> Vec<bool> {
    let mut voted = vec![false; set.rows.len()];
    for vote in set.people.iter().flatten() {
        voted[vote.first] = true;
        voted[vote.second] = true;
    }
    voted
}

/// Chooses the constants on validation people, by kind of the items that they are tested on. A kind that is not tested
/// gets those of the other; without validation people it is the population.
///
/// # Errors
/// When a fit fails.
pub fn choose_constants(
    personal: &dyn PreferenceModel,
    population: &dyn PreferenceModel,
    set: &TrainingSet,
) -> Result<ByKind> {
    let voted = voted(set);
    let of_kind = |kind: bool| {
        let is_known = |vote: &Vote| voted[vote.first] && voted[vote.second];
        let tested = |one: &&Episode| !one.test.is_empty() && one.test.iter().all(is_known) == kind;
        set.validation.iter().filter(tested).collect::<Vec<_>>()
    };
    let of = |is_known: bool| {
        let episodes = of_kind(is_known);
        let sure = SURE[usize::from(!is_known)];
        let some = !episodes.is_empty();
        some.then(|| choose_of(personal, population, set, &episodes, sure))
            .transpose()
    };
    Ok(match (of(true)?, of(false)?) {
        (Some(known), Some(new)) => ByKind { known, new },
        (one, other) => {
            let constants = one.or(other).unwrap_or(Constants::NEVER);
            ByKind {
                known: constants,
                new: constants,
            }
        }
    })
}

/// Chooses the constants on some validation people.
///
/// First the population's temperature, so that a personal method gains nothing by being less sure. Then the population
/// is hard to beat: another candidate must not lose to it at any of [`VALIDATION_SHOTS`], gain more over all of them
/// than `sure` standard errors of the gain, over people and over items (few new items that happen to suit a method
/// suit it for everybody), and forecast no fewer votes right. Of those that do, the one with the most shrinkage is taken
/// among those within one standard error over people of the best.
fn choose_of(
    personal: &dyn PreferenceModel,
    population: &dyn PreferenceModel,
    set: &TrainingSet,
    episodes: &[&Episode],
    sure: f64,
) -> Result<Constants> {
    let own = personal.view(set.items())?;
    let shared = population.view(set.items())?;
    // Log-odds of (population, person) with the label, by person, number of shots and vote.
    let mut forecasts: Vec<Vec<(u32, Vec<[f64; 3]>)>> = Vec::new();
    let nobody = population.fit(&[])?;
    for episode in episodes {
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
                    nats(logistic(odds), *label)
                };
                *loss = votes.iter().map(of_vote).sum::<f64>() / votes.len() as f64;
            }
            losses
        };
        forecasts.iter().map(of_person).collect()
    };
    // Standard error over items of what a candidate saves; half of a vote's gain counts for each of its items.
    let item_error = |constants: Constants, against: Constants| {
        let mut of_item: BTreeMap<usize, f64> = BTreeMap::new();
        for (episode, person) in episodes.iter().zip(&forecasts) {
            let share = (episode.test.len() * VALIDATION_SHOTS.len() * episodes.len()) as f64;
            for (shots, votes) in person {
                for (vote, [population, personal, label]) in episode.test.iter().zip(votes) {
                    let loss = |constants: Constants| {
                        let odds = constants.mix(*shots, *population, *personal);
                        nats(logistic(odds), *label)
                    };
                    let gain = (loss(against) - loss(constants)) / share;
                    for item in [vote.first, vote.second] {
                        *of_item.entry(item).or_default() += gain / 2.0;
                    }
                }
            }
        }
        let count = of_item.len() as f64;
        let mean = of_item.values().sum::<f64>() / count.max(1.0);
        let square: f64 = of_item.values().map(|gain| (gain - mean).powi(2)).sum();
        (square * count / (count - 1.0).max(1.0)).sqrt()
    };
    // Share of votes right minus share wrong, summed over people and numbers of shots.
    let right = |constants: Constants| -> f64 {
        let share = |(shots, votes): &(u32, Vec<[f64; 3]>)| {
            let of_vote = |[population, personal, label]: &[f64; 3]| {
                let side = constants.mix(*shots, *population, *personal) * (label - 0.5);
                f64::from(i8::from(side > 0.0) - i8::from(side < 0.0))
            };
            votes.iter().map(of_vote).sum::<f64>() / votes.len() as f64
        };
        forecasts.iter().flatten().map(share).sum()
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
    let least_right = right(never);
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
            let is_sure = || gain > sure * error.hypot(item_error(candidate, never));
            if never_worse && gain > error && is_sure() && right(candidate) >= least_right {
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

/// Mean over people of what the second saves against the first, nats, and its standard error; of one person there is none.
fn gain<const N: usize>(first: &[[f64; N]], second: &[[f64; N]]) -> (f64, f64) {
    let gains: Vec<f64> = first
        .iter()
        .zip(second)
        .map(|(a, b)| (a.iter().sum::<f64>() - b.iter().sum::<f64>()) / N as f64)
        .collect();
    let count = gains.len() as f64;
    let mean = gains.iter().sum::<f64>() / count.max(1.0);
    let square: f64 = gains.iter().map(|gain| (gain - mean).powi(2)).sum();
    let error = if gains.len() > 1 {
        (square / (count - 1.0) / count).sqrt()
    } else {
        f64::INFINITY
    };
    (mean, error)
}
