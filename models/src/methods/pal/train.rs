//! What the trainings of both forms share: batches, restarts, and the choices made on validation people.

use burn::tensor::{Device, Int, Tensor};
use rand_chacha::ChaCha8Rng;

use crate::heads::Tables;
use crate::methods::{Both, Method};
use crate::training::{TrainingSet, Vote, choose, column, load, places, sample, validation_loss};
use crate::{Error, Result};

/// Prototypes are stored divided by this, which multiplies their learning rate.
pub(crate) const BRISK: f32 = 3.0;
/// People's logits and the log of the scale are stored divided by this, which multiplies their learning rate.
pub(crate) const FAST: f32 = 10.0;
/// First standard deviation of a training person's logits.
pub(crate) const FIRST_LOGITS: f32 = 0.1;
/// Times [`TrainingSet::item_noise`]: a projector bends around single items more easily than a line does.
pub(crate) const NOISE_FACTOR: f32 = 3.0;
/// Largest factor on a cosine.
pub(crate) const MOST_SCALE: f32 = 100.0;
/// First factor on a cosine, that of the paper's code.
pub(crate) const FIRST_SCALE: f32 = 1.0 / 0.07;
/// Candidates for the prior standard deviation of a person's logits.
pub(crate) const PRIORS: &[f32] = &[1e-3, 0.3, 0.7, 1.5, 3.0, 6.0];
/// Where there are no validation people.
pub(crate) const USUAL_PRIOR: f32 = 1.5;

/// The table of constants that validation people choose.
pub(crate) struct Constants {
    /// Its name.
    pub(crate) name: String,
    /// Places in it and their candidates, in the order of choosing.
    pub(crate) candidates: Vec<(usize, &'static [f32])>,
}

impl Constants {
    fn with(&self, tables: &Tables, at: usize, value: f32) -> Tables {
        let mut tables = tables.clone();
        if let Some(constants) = tables.get_mut(&self.name) {
            constants.data[at] = value;
        }
        tables
    }

    /// The tables with the constants that validation people like best, and what these then lose.
    fn choose(
        &self,
        method: &dyn Method,
        mut tables: Tables,
        set: &TrainingSet,
    ) -> Result<(Tables, f64)> {
        if set.validation.iter().all(|one| one.test.is_empty()) {
            return Ok((tables, 0.0));
        }
        let judge =
            |tables: &Tables| validation_loss(load(method, tables, set.dimension())?.as_ref(), set);
        for (at, candidates) in &self.candidates {
            let value = choose(candidates.iter().copied(), |value| {
                judge(&self.with(&tables, *at, value))
            })?;
            tables = self.with(&tables, *at, value);
        }
        let judged = judge(&tables)?;
        Ok((tables, judged))
    }
}

/// Trains every number of prototypes from every start and keeps what validation people like best, then trains that on
/// everything. `shared(set, prototypes, restart)` gives tables and the loss at the end of training, which decides
/// where validation does not.
pub(crate) async fn search(
    method: &dyn Method,
    set: &TrainingSet,
    (counts, restarts): (&[usize], usize),
    constants: &Constants,
    mut shared: impl AsyncFnMut(&TrainingSet, usize, usize) -> Result<(Tables, f64)>,
) -> Result<Both> {
    let inner = set.for_choices();
    let restarts = restarts.max(1);
    let mut best: Option<((f64, f64), usize, Tables)> = None;
    for count in counts {
        for restart in 0..restarts {
            let (tables, loss) = shared(inner, *count, restart).await?;
            let (tables, judged) = constants.choose(method, tables, inner)?;
            if best.as_ref().is_none_or(|best| (judged, loss) < best.0) {
                best = Some(((judged, loss), *count, tables));
            }
        }
    }
    let (_, count, smaller) =
        best.ok_or_else(|| Error::Input("PAL needs a number of prototypes to try".into()))?;
    if set.choosing.is_none() {
        return Ok(Both {
            whole: smaller.clone(),
            smaller,
        });
    }
    let mut best: Option<(f64, Tables)> = None;
    for restart in 0..restarts {
        let (tables, loss) = shared(set, count, restart).await?;
        if best.as_ref().is_none_or(|best| loss < best.0) {
            best = Some((loss, tables));
        }
    }
    let (_, mut whole) = best.ok_or_else(|| Error::Input("PAL was not trained".into()))?;
    for (at, _) in &constants.candidates {
        whole = constants.with(&whole, *at, smaller[&constants.name].data[*at]);
    }
    Ok(Both { whole, smaller })
}

/// Root mean square of the numbers of rows, never 0.
pub(crate) fn unit(rows: &[Vec<f32>]) -> f32 {
    let (mut square, mut count) = (0.0, 0.0);
    for value in rows.iter().flatten() {
        square += f64::from(*value).powi(2);
        count += 1.0;
    }
    let unit = (square / f64::max(count, 1.0)).sqrt() as f32;
    if unit > 0.0 { unit } else { 1.0 }
}

/// Votes as tensors, `[votes]` each.
pub(crate) struct Batch {
    pub(crate) people: Tensor<1, Int>,
    pub(crate) first: Tensor<1, Int>,
    pub(crate) second: Tensor<1, Int>,
    pub(crate) labels: Tensor<1>,
    /// Weights, mean 1 over all votes.
    pub(crate) weights: Tensor<1>,
}

impl Batch {
    /// From votes with their person and one weight a person.
    pub(crate) fn new(votes: &[(usize, Vote)], weights: &[f32], device: &Device) -> Self {
        let of = |part: fn(&(usize, Vote)) -> usize| places(votes.iter().map(part), device);
        Self {
            people: of(|(person, _)| *person),
            first: of(|(_, vote)| vote.first),
            second: of(|(_, vote)| vote.second),
            labels: column(votes.iter().map(|(_, vote)| vote.label), device),
            weights: column(votes.iter().map(|(person, _)| weights[*person]), device),
        }
    }
}

/// Batches of a training.
pub(crate) struct Batches<'a> {
    votes: &'a [(usize, Vote)],
    weights: Vec<f32>,
    size: usize,
    device: Device,
    /// All votes, where one batch holds them: the same tensors for every step.
    everything: Option<Batch>,
}

impl<'a> Batches<'a> {
    /// Batches of at most `size` votes; with `weigh_people` a vote weighs one over the number of its person's votes.
    pub(crate) fn new(
        votes: &'a [(usize, Vote)],
        people: usize,
        size: usize,
        weigh_people: bool,
        device: &Device,
    ) -> Self {
        let mut given = vec![0.0_f32; people];
        votes.iter().for_each(|(person, _)| given[*person] += 1.0);
        let active = given.iter().filter(|given| **given > 0.0).count();
        let mean = votes.len() as f32 / active.max(1) as f32;
        let weigh = |given: f32| {
            if weigh_people {
                mean / given.max(1.0)
            } else {
                1.0
            }
        };
        let weights: Vec<f32> = given.into_iter().map(weigh).collect();
        Self {
            votes,
            size: size.min(votes.len()),
            device: device.clone(),
            everything: (votes.len() <= size).then(|| Batch::new(votes, &weights, device)),
            weights,
        }
    }

    /// Votes of a batch.
    pub(crate) fn size(&self) -> usize {
        self.size
    }

    /// Calls `use_batch` with all votes or with a random sample.
    pub(crate) fn with<T>(&self, rng: &mut ChaCha8Rng, use_batch: impl FnOnce(&Batch) -> T) -> T {
        if let Some(everything) = &self.everything {
            return use_batch(everything);
        }
        let drawn = sample(self.votes, self.size, rng);
        use_batch(&Batch::new(&drawn, &self.weights, &self.device))
    }
}
