//! Shrinkage towards the population: a wrapper that makes it part of any personal method.
//!
//! With few votes, or among people who hardly differ, a personal fit is mostly noise, and the average person is the
//! better forecast. After `n` votes the wrapper forecasts `logit p = (1 - w) s m_population + w t logit p_personal`,
//! `w = n / (n + κ)`: the margin of the population (the reward head of [`crate::methods::btl`]) and the log-odds of
//! the personal method's own forecast. `κ` (votes at which both count alike) and the temperatures `s` and `t` are
//! chosen on validation people by [`choose_constants`]; one candidate for `κ` is *never*, so that a method that does
//! not help is the population. Without votes every wrapped method is the population: in its order, at temperature `s`.
//! They are chosen twice, for pairs of items that training people voted on and for others: a method may know the first
//! by heart and be lost on the second. Beyond [`VALIDATED`] votes, where nothing was checked, the weight stays.
//!
//! The margin keeps the personal method's variance, which question choice needs: its mean is the mixed log-odds times
//! `sqrt(1 + π variance / 8)`, so that [`Margin::probability`] is the mixed forecast. Under *never* nothing that a
//! person could answer changes the forecast, and the variance is 0. What [`PreferenceModel::latent`] says is the
//! personal method's.
//!
//! A viewed item is `[population reward | is known | the personal method's view]`, the second only where constants
//! differ. State: the personal method's, under its id, because shrinkage belongs to the method that ships; only the row
//! of a table says `-shrunk`. Tables: the personal method's, `btl.*`, and `shrunk.{id}`: `[1 / κ, t, s]`, 1 / κ = 0 for
//! *never*; where they differ, first those for known items, then those for others, and `shrunk.known`: a hash of the row
//! of each known item.
//!
//! # Source
//! The weight is that of Bühlmann credibility (Bühlmann 1967, "Experience rating and credibility", ASTIN Bulletin 4);
//! log-odds are averaged as in a logarithmic opinion pool (Genest and Zidek 1986, "Combining probability
//! distributions", Statistical Science 1). The choice of κ is the one-standard-error rule (Breiman, Friedman, Olshen,
//! Stone 1984, *Classification and Regression Trees*, §3.4.3).

#[cfg(feature = "training")]
mod train;

use burn::tensor::Device;
use palate_shared::ids::MethodId;

use crate::heads::Heads;
use crate::methods::Method;
#[cfg(feature = "training")]
use crate::methods::btl::Btl;
use crate::methods::btl::Population;
use crate::preference::{
    ItemVector, Items, LabelledPair, Later, Margin, PreferenceModel, UserState, check_pairs,
};
use crate::{Error, Result};
#[cfg(feature = "training")]
use crate::{
    heads::Tables,
    training::{Run, TrainingSet},
};
#[cfg(feature = "training")]
use train::Trained;
#[cfg(feature = "training")]
pub use train::choose_constants;

/// What the id of a shrunk method ends in.
pub const SUFFIX: &str = "-shrunk";

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

/// Votes beyond which a person's weight does not grow: the largest number at which choices are judged.
pub const VALIDATED: u32 = 20;

/// Constants for pairs of items that training people voted on, and for all others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ByKind {
    /// Both items are known.
    pub known: Constants,
    /// At least one is not.
    pub new: Constants,
}

impl ByKind {
    fn of(self, is_known: bool) -> Constants {
        if is_known { self.known } else { self.new }
    }
}

/// A number of a row is the same up to this: rounding differs between devices.
const GRAIN: f32 = 1.0 / 64.0;

/// 24 bits that tell rows apart; a number with so few is exact in a table.
fn hash(row: &[f32]) -> u32 {
    // FNV-1a (Fowler, Noll, Vo), folded.
    let mut hash: u64 = 0xcbf2_9ce4_8422_2325;
    for value in row {
        for byte in ((value / GRAIN).round() as i32).to_le_bytes() {
            hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
    ((hash ^ (hash >> 24) ^ (hash >> 48)) & 0x00ff_ffff) as u32
}

impl Constants {
    fn read(numbers: &[f32]) -> Self {
        Self {
            rate: f64::from(numbers[0]).max(0.0),
            temperature: f64::from(numbers[1]),
            population: f64::from(numbers[2]),
        }
    }

    /// The population as it is, whatever a person votes.
    pub const NEVER: Self = Self {
        rate: 0.0,
        temperature: 1.0,
        population: 1.0,
    };

    /// Weight of the personal method after `votes`, in [0, 1).
    pub fn weight(self, votes: u32) -> f64 {
        let votes = f64::from(votes.min(VALIDATED)) * self.rate;
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
    constants: ByKind,
    /// Hashes of known rows, ascending; absent where kinds do not matter.
    known: Option<Vec<u32>>,
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
        let name = format!("shrunk.{}", inner.id());
        let is_one = heads.table(&name)?.data.len() == 3;
        let numbers = heads.data(&name, &[if is_one { 3 } else { 6 }])?;
        let constants = ByKind {
            known: Constants::read(&numbers[..3]),
            new: Constants::read(&numbers[numbers.len() - 3..]),
        };
        let known = if is_one {
            None
        } else {
            let hashes = &heads.table("shrunk.known")?.data;
            let mut known: Vec<u32> = hashes.iter().map(|hash| *hash as u32).collect();
            known.sort_unstable();
            Some(known)
        };
        Ok(Self {
            constants,
            known,
            population: Population::from_heads(heads, dimension)?,
            inner,
        })
    }

    /// Whether a row is that of an item which training people voted on; true where it does not matter.
    pub fn is_known(&self, row: &[f32]) -> bool {
        let found = |known: &Vec<u32>| known.binary_search(&hash(row)).is_ok();
        self.known.as_ref().is_none_or(found)
    }

    /// Numbers of a viewed item before the personal method's.
    fn before(&self) -> usize {
        1 + usize::from(self.known.is_some())
    }

    /// Splits a viewed item: the population's reward, whether it is known, the personal method's view.
    fn parts<'a>(&self, view: &'a [f32]) -> Option<(f64, bool, &'a [f32])> {
        let own = view.get(self.before()..)?;
        let is_known = self.known.is_none() || view[1] > 0.5;
        Some((f64::from(view[0]), is_known, own))
    }

    /// Viewed items from the population's views and the personal method's.
    fn join(
        &self,
        items: Items<'_>,
        mut views: Vec<Vec<f32>>,
        own: Vec<Vec<f32>>,
    ) -> Vec<Vec<f32>> {
        for ((view, row), own) in views.iter_mut().zip(items.rows).zip(own) {
            if self.known.is_some() {
                view.push(f32::from(u8::from(self.is_known(row))));
            }
            view.extend(own);
        }
        views
    }

    /// The personal method alone; it views and fits without the first numbers of a viewed item.
    pub fn inner(&self) -> &dyn PreferenceModel {
        self.inner.as_ref()
    }

    /// The population, for its margins.
    pub fn population(&self) -> &Population {
        &self.population
    }

    /// The forecast after so many votes, from the population's margin and the personal method's own, for a pair of known
    /// items or another.
    pub fn mix(&self, votes: u32, population: f64, own: Margin, is_known: bool) -> Margin {
        let constants = self.constants.of(is_known);
        if constants.rate <= 0.0 {
            return Margin {
                mean: constants.mix(0, population, 0.0),
                variance: 0.0,
            };
        }
        let stretch = stretch(own);
        let odds = constants.mix(votes, population, own.mean / stretch);
        Margin {
            mean: odds * stretch,
            variance: own.variance,
        }
    }

    /// What was chosen.
    pub fn constants(&self) -> ByKind {
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
    pub fn around(methods: Vec<Box<dyn Method>>) -> Vec<Box<dyn Method>> {
        let all = Self::each(methods).into_iter();
        all.map(|one| Box::new(one) as Box<dyn Method>).collect()
    }

    /// [`Self::around`], with their own type.
    pub fn each(methods: Vec<Box<dyn Method>>) -> Vec<Self> {
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
        format!("{}{SUFFIX}", self.inner.id())
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

/// Pairs as the personal method views them: without the first numbers. `None` where a vector has fewer.
fn own<'a>(pairs: &[LabelledPair<'a>], before: usize) -> Option<Vec<LabelledPair<'a>>> {
    pairs
        .iter()
        .map(|pair| {
            Some(LabelledPair {
                first: pair.first.get(before..)?,
                second: pair.second.get(before..)?,
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
        self.inner.is_personal()
            && (self.constants.known.rate > 0.0 || self.constants.new.rate > 0.0)
    }

    fn view(&self, items: Items<'_>) -> Result<Vec<Vec<f32>>> {
        let population = self.population.view(items)?;
        Ok(self.join(items, population, self.inner.view(items)?))
    }

    fn view_later<'a>(&'a self, items: Items<'a>, device: &'a Device) -> Later<'a, Vec<Vec<f32>>> {
        Box::pin(async move {
            let population = self.population.view_later(items, device).await?;
            let own = self.inner.view_later(items, device).await?;
            Ok(self.join(items, population, own))
        })
    }

    fn fit(&self, pairs: &[LabelledPair<'_>]) -> Result<UserState> {
        let Some(own) = own(pairs, self.before()) else {
            check_pairs(self.name(), pairs, self.before())?; // A short vector: this names it.
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
        let none = Margin {
            mean: 0.0,
            variance: 0.0,
        };
        let (Some(first), Some(second)) = (self.parts(first), self.parts(second)) else {
            return none;
        };
        let is_known = first.1 && second.1;
        let own = if self.constants.of(is_known).rate > 0.0 {
            self.inner.margin(state, first.2, second.2)
        } else {
            none
        };
        self.mix(state.n, first.0 - second.0, own, is_known)
    }

    fn latent(&self, state: &UserState) -> Vec<Margin> {
        self.inner.latent(state)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::heads::{Table, Tables};
    use crate::methods::ridge::Ridge;

    const KNOWN: [f32; 2] = [0.7, -1.3];

    fn shrunk() -> Shrunk {
        let table = |shape: &[usize], data: Vec<f32>| Table::new(shape, data);
        let tables = Tables::from([
            ("ridge.scale".to_owned(), table(&[1], vec![1.0])),
            ("ridge.mean".to_owned(), table(&[2], vec![1.0, 0.0])),
            ("btl.hidden.weight".to_owned(), table(&[2, 1], vec![0.0; 2])),
            ("btl.hidden.bias".to_owned(), table(&[1], vec![0.0])),
            ("btl.output.weight".to_owned(), table(&[1, 1], vec![0.0])),
            ("btl.output.bias".to_owned(), table(&[1], vec![0.0])),
            // Known items: half weight after 4 votes; others: never.
            (
                "shrunk.ridge".to_owned(),
                table(&[6], vec![0.25, 1.0, 1.0, 0.0, 1.0, 1.0]),
            ),
            (
                "shrunk.known".to_owned(),
                table(&[2], vec![hash(&KNOWN) as f32, hash(&[0.0, 0.0]) as f32]),
            ),
        ]);
        let bytes = Heads::write(&serde_json::Value::Null, &tables).expect("shapes fit");
        let heads = Heads::read(&bytes).expect("it was just written");
        let ridge = Ridge::from_heads(&heads, 2).expect("tables are there");
        Shrunk::from_heads(Box::new(ridge), &heads, 2).expect("tables are there")
    }

    #[test]
    fn known_and_other_items_are_shrunk_apart() {
        let model = shrunk();
        let rows = [KNOWN.to_vec(), vec![0.0, 0.0], vec![5.0, 5.0]];
        let views = model
            .view(Items {
                rows: &rows,
                prompts: &[],
            })
            .expect("rows fit");
        assert_eq!([views[0][1], views[1][1], views[2][1]], [1.0, 1.0, 0.0]);
        let pair = LabelledPair {
            first: &views[0],
            second: &views[2],
            label: 1.0,
        };
        let state = model.fit(&[pair; 4]).expect("views fit");
        assert!(model.margin(&state, &views[0], &views[1]).mean.abs() > 0.1);
        assert_eq!(model.margin(&state, &views[0], &views[2]).mean, 0.0);
        // What was not checked changes nothing.
        let most = |n: u32| model.constants().known.weight(n);
        assert_eq!(most(VALIDATED), most(VALIDATED + 100));
        for wrong in [&views[0][..1], &[]] {
            let margin = model.margin(&state, wrong, &views[1]);
            assert_eq!(margin.mean, 0.0);
            let pair = LabelledPair {
                first: wrong,
                second: &views[1],
                label: 1.0,
            };
            assert!(model.fit(&[pair]).is_err());
        }
    }

    #[test]
    fn a_row_is_found_again_up_to_rounding() {
        let rows: Vec<Vec<f32>> = (0..1000)
            .map(|row| {
                let number = |at: u32| ((row * 64 + at) as f32 * 0.618_034).sin() * 2.0;
                (0..64).map(number).collect()
            })
            .collect();
        let mut hashes: Vec<u32> = rows.iter().map(|row| hash(row)).collect();
        let again = rows.iter().zip(&hashes).filter(|(row, known)| {
            let off: Vec<f32> = row.iter().map(|value| value * (1.0 + 3e-7)).collect();
            hash(&off) == **known
        });
        let again = again.count();
        assert!(again > 980, "{again}");
        hashes.sort_unstable();
        hashes.dedup();
        assert!(hashes.len() > 998, "{}", hashes.len());
    }
}
