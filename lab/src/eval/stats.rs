//! Figures with intervals over people.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

/// Resamples of the bootstrap.
const RESAMPLES: usize = 1000;
/// Equal-width bins of the calibration error.
pub const BINS: usize = 15;

/// A mean with its 95 % interval; in JSON `[mean, low, high]`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(from = "[f64; 3]", into = "[f64; 3]")]
pub struct Interval {
    /// Mean over people.
    pub mean: f64,
    /// Lower end.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

impl From<[f64; 3]> for Interval {
    fn from([mean, low, high]: [f64; 3]) -> Self {
        Self { mean, low, high }
    }
}

impl From<Interval> for [f64; 3] {
    fn from(value: Interval) -> Self {
        [value.mean, value.low, value.high]
    }
}

/// Four digits: what a table can use.
pub fn rounded(value: f64) -> f64 {
    (value * 1e4).round() / 1e4
}

/// A bootstrap over people. A person who is tested under several seeds is drawn with all of their values.
#[derive(Clone, Debug)]
pub struct Bootstrap {
    /// For each value, its person's place among the distinct people.
    place: Vec<usize>,
    people: usize,
    /// How often each person is drawn, by resample.
    draws: Vec<Vec<f32>>,
}

impl Bootstrap {
    /// For values of these people, in order.
    pub fn new(users: &[usize]) -> Self {
        let mut distinct = users.to_vec();
        distinct.sort_unstable();
        distinct.dedup();
        let place = users
            .iter()
            .filter_map(|user| distinct.binary_search(user).ok())
            .collect();
        let people = distinct.len();
        let mut rng = ChaCha8Rng::seed_from_u64(people as u64);
        let draws = (0..RESAMPLES)
            .map(|_| {
                let mut counts = vec![0.0; people];
                for _ in 0..people {
                    counts[rng.random_range(0..people)] += 1.0;
                }
                counts
            })
            .collect();
        Self {
            place,
            people,
            draws,
        }
    }

    /// Mean of values, one for each person and seed, without those that are missing; `None` if all are.
    pub fn mean(&self, values: impl Iterator<Item = Option<f64>>) -> Option<Interval> {
        let mut sums = vec![(0.0_f64, 0.0_f64); self.people];
        for (value, place) in values.zip(&self.place) {
            if let Some(value) = value {
                sums[*place].0 += value;
                sums[*place].1 += 1.0;
            }
        }
        let ratio = |sum: f64, count: f64| (count > 0.0).then(|| sum / count);
        let (sum, count) = sums
            .iter()
            .fold((0.0, 0.0), |total, one| (total.0 + one.0, total.1 + one.1));
        let mean = ratio(sum, count)?;
        let mut means: Vec<f64> = self
            .draws
            .iter()
            .filter_map(|draw| {
                let (mut sum, mut count) = (0.0, 0.0);
                for (one, times) in sums.iter().zip(draw) {
                    sum += one.0 * f64::from(*times);
                    count += one.1 * f64::from(*times);
                }
                ratio(sum, count)
            })
            .collect();
        means.sort_by(f64::total_cmp);
        let tail = means.len() / 40;
        Some(Interval {
            mean: rounded(mean),
            low: rounded(means[tail]),
            high: rounded(means[means.len() - 1 - tail]),
        })
    }
}

/// Mean of the worst tenth of values, at least one.
pub fn worst_tenth(values: impl Iterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.collect();
    values.sort_by(f64::total_cmp);
    values.truncate(values.len().div_ceil(10));
    rounded(values.iter().sum::<f64>() / values.len().max(1) as f64)
}

/// Forecasts by confidence `max(p, 1 - p)`: their number, their sum of confidence, how many came true.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Calibration(pub [[f64; 3]; BINS]);

impl Calibration {
    /// Adds a forecast; `right` is 1, 0 or, for a forecast of one half, 0.5.
    pub fn add(&mut self, probability: f64, right: f64) {
        let confidence = probability.max(1.0 - probability);
        let bin = ((confidence * BINS as f64) as usize).min(BINS - 1);
        for (sum, value) in self.0[bin].iter_mut().zip([1.0, confidence, right]) {
            *sum += value;
        }
    }

    /// Adds another's forecasts.
    pub fn merge(&mut self, other: &Self) {
        for (bin, more) in self.0.iter_mut().zip(&other.0) {
            for (sum, value) in bin.iter_mut().zip(more) {
                *sum += value;
            }
        }
    }

    /// Expected calibration error: mean over forecasts of |share that came true - mean confidence| of their bin.
    ///
    /// # Source
    /// Naeini, Cooper, Hauskrecht 2015, "Obtaining well calibrated probabilities using Bayesian binning".
    pub fn error(&self) -> f64 {
        let count: f64 = self.0.iter().map(|bin| bin[0]).sum();
        let gap: f64 = self.0.iter().map(|bin| (bin[2] - bin[1]).abs()).sum();
        rounded(gap / count.max(1.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_interval_is_that_of_the_normal_law() {
        let users: Vec<usize> = (0..400).collect();
        let interval = Bootstrap::new(&users)
            .mean(users.iter().map(|at| Some(f64::from(*at as u32 % 2))))
            .expect("there are values");
        // 1.96 * 0.5 / sqrt(400) = 0.049.
        assert!((interval.mean - 0.5).abs() < 1e-9);
        assert!(
            (interval.high - interval.low - 0.098).abs() < 0.015,
            "{interval:?}"
        );
    }

    #[test]
    fn a_person_under_three_seeds_counts_as_one_when_drawn() {
        let once: Vec<usize> = (0..100).collect();
        let thrice = [once.clone(), once.clone(), once.clone()].concat();
        let value = |at: &usize| Some(f64::from(*at as u32 % 2));
        let narrow = Bootstrap::new(&once)
            .mean(once.iter().map(value))
            .expect("there are values");
        let same = Bootstrap::new(&thrice)
            .mean(thrice.iter().map(value))
            .expect("there are values");
        assert_eq!(narrow, same);
    }

    #[test]
    fn missing_values_are_left_out() {
        let bootstrap = Bootstrap::new(&[0, 1]);
        assert_eq!(bootstrap.mean([None, None].into_iter()), None);
        let some = bootstrap
            .mean([Some(0.25), None].into_iter())
            .expect("there is one");
        assert_eq!((some.mean, some.low, some.high), (0.25, 0.25, 0.25));
    }

    #[test]
    fn calibration_error_by_hand() {
        let mut calibration = Calibration::default();
        // Bin of .9: three of four came true, gap .15. Bin of .6: all came true, gap .4.
        for right in [1.0, 1.0, 1.0, 0.0] {
            calibration.add(0.1, right);
        }
        calibration.add(0.6, 1.0);
        assert!((calibration.error() - (4.0 * 0.15 + 0.4) / 5.0).abs() < 1e-4);
    }

    #[test]
    fn the_worst_tenth_is_the_lowest() {
        assert_eq!(worst_tenth((0..20).map(f64::from)), 0.5);
        assert_eq!(worst_tenth([0.7].into_iter()), 0.7);
    }
}
