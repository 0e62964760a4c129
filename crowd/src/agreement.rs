//! How far people agree where several answered the same question: Krippendorff's alpha and raw percent agreement.
//!
//! A *unit* is what several people judged, such as one pair of answers; a *value* is one of a few answers, numbered from 0.
//! People who did not judge a unit are simply missing there. Alpha is 1 for perfect agreement, 0 for what chance would give
//! with the same values, and below 0 for less than that: α = 1 − Dₒ / Dₑ (Krippendorff 2011, "Computing Krippendorff's
//! alpha-reliability"). Raw agreement is the chance that two people who judged the same unit said the same; it is high by
//! itself where nearly everyone always says the same thing, so read it beside alpha only.

use std::collections::BTreeMap;

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::{Deserialize, Serialize};

use palate_shared::stats::Estimate;

use crate::bootstrap::Resampling;
use crate::comparison::Outcome;
use crate::error::Error;
use crate::math::middle_95;

/// How far apart two values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Different is different.
    Nominal,
    /// Values are ranks: the distance counts what lies between them (Krippendorff's ordinal metric).
    Ordinal,
}

/// Values of a comparison for this purpose, first by name first: 0 first, 1 tie, 2 second, 3 neither acceptable. The first
/// three are ordinal.
pub fn value_of(first: &str, second: &str, outcome: Outcome) -> usize {
    match (outcome, first <= second) {
        (Outcome::First, true) | (Outcome::Second, false) => 0,
        (Outcome::Tie, _) => 1,
        (Outcome::First, false) | (Outcome::Second, true) => 2,
        (Outcome::BothUnacceptable, _) => 3,
    }
}

/// Who said what on which unit, as counts.
#[derive(Clone, Debug)]
pub struct Answers {
    values: usize,
    units: BTreeMap<String, Vec<u32>>,
}

/// Agreement over all units.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Agreement {
    /// Krippendorff's alpha with its 95 % interval, units being resampled. `None` where all values are alike or fewer than
    /// two units were judged by several people.
    pub alpha: Option<Estimate>,
    /// Raw agreement in [0, 1], mean over units, with its 95 % interval. `None` without units judged by several people.
    pub percent: Option<Estimate>,
    /// Units judged by two people or more.
    pub units: usize,
    /// Judgments of them.
    pub judgments: u64,
    /// Of each such unit, by name.
    pub by_unit: Vec<UnitAgreement>,
}

/// Agreement on one unit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct UnitAgreement {
    /// Its name.
    pub unit: String,
    /// Judgments of it.
    pub judgments: u32,
    /// Share of pairs of people who said the same.
    pub percent: f64,
    /// 1 − its own disagreement / what chance would give over all units. Weighted by judgments, the mean is alpha.
    pub alpha: Option<f64>,
}

impl Answers {
    /// Nothing yet; values are 0 to `values` − 1.
    pub fn new(values: usize) -> Self {
        Self {
            values,
            units: BTreeMap::new(),
        }
    }

    /// One person said `value` of `unit`. Each person is to be added once a unit.
    ///
    /// # Errors
    /// When there is no such value.
    pub fn add(&mut self, unit: &str, value: usize) -> Result<(), Error> {
        if value >= self.values {
            return Err(Error::Setting("the value is beyond those declared"));
        }
        match self.units.get_mut(unit) {
            Some(counts) => counts[value] += 1,
            None => {
                let mut counts = vec![0; self.values];
                counts[value] = 1;
                self.units.insert(unit.to_owned(), counts);
            }
        }
        Ok(())
    }

    /// Agreement on `scale`.
    pub fn agreement(&self, scale: Scale, resampling: Resampling) -> Agreement {
        let held: Vec<(&String, &Vec<u32>)> = self
            .units
            .iter()
            .filter(|(_, counts)| counts.iter().sum::<u32>() >= 2)
            .collect();
        // Units with the same counts are alike, and of these there are few however many units there are.
        let mut kinds: BTreeMap<&[u32], u32> = BTreeMap::new();
        for (_, counts) in &held {
            *kinds.entry(counts).or_default() += 1;
        }
        let (rows, once): (Vec<&[u32]>, Vec<u32>) = kinds.into_iter().unzip();
        let kind_of: Vec<u32> = held
            .iter()
            .map(|(_, counts)| rows.partition_point(|row| *row < counts.as_slice()) as u32)
            .collect();
        let everyone = Figures::of(&rows, &once, self.values, scale);
        let mut alphas = Vec::with_capacity(resampling.count);
        let mut percents = Vec::with_capacity(resampling.count);
        let mut generator = ChaCha8Rng::seed_from_u64(resampling.seed);
        for _ in 0..resampling.count {
            let mut times = vec![0; rows.len()];
            for _ in 0..held.len() {
                let drawn = generator.random_range(0..held.len() as u32) as usize;
                times[kind_of[drawn] as usize] += 1;
            }
            let figures = Figures::of(&rows, &times, self.values, scale);
            alphas.extend(figures.alpha());
            percents.extend(figures.percent());
        }
        let estimate = |value: f64, drawn: &mut [f64]| {
            let (low, high) = middle_95(drawn).unwrap_or((value, value));
            Estimate {
                value,
                low: low.min(value),
                high: high.max(value),
            }
        };
        let alpha = everyone.alpha().filter(|_| held.len() >= 2);
        Agreement {
            alpha: alpha.map(|value| estimate(value, &mut alphas)),
            percent: everyone
                .percent()
                .map(|value| estimate(value, &mut percents)),
            units: held.len(),
            judgments: held
                .iter()
                .flat_map(|(_, counts)| counts.iter())
                .map(|n| u64::from(*n))
                .sum(),
            by_unit: held
                .iter()
                .map(|(unit, counts)| UnitAgreement {
                    unit: (*unit).clone(),
                    judgments: counts.iter().sum(),
                    percent: percent(counts),
                    alpha: everyone.alpha_of(counts),
                })
                .collect(),
        }
    }
}

/// Sums over units, each taken so many times.
struct Figures {
    distances: Vec<f64>,
    judgments: f64,
    /// Sum over units of judgments times disagreement.
    observed: f64,
    expected: f64,
    units: f64,
    percent: f64,
}

impl Figures {
    fn of(rows: &[&[u32]], times: &[u32], values: usize, scale: Scale) -> Self {
        let mut totals = vec![0.0; values];
        let (mut units, mut percents) = (0.0, 0.0);
        for (row, times) in rows.iter().zip(times).filter(|(_, times)| **times > 0) {
            let times = f64::from(*times);
            for (total, count) in totals.iter_mut().zip(*row) {
                *total += times * f64::from(*count);
            }
            units += times;
            percents += times * percent(row);
        }
        let judgments: f64 = totals.iter().sum();
        let distances = distances(&totals, scale);
        let mut figures = Self {
            expected: apart(&totals, &distances) / (judgments * (judgments - 1.0)),
            distances,
            judgments,
            observed: 0.0,
            units,
            percent: percents,
        };
        for (row, times) in rows.iter().zip(times).filter(|(_, times)| **times > 0) {
            let of_row = f64::from(row.iter().sum::<u32>());
            figures.observed += f64::from(*times) * of_row * figures.disagreement(row);
        }
        figures
    }

    /// Mean distance of two different people's values on one unit.
    fn disagreement(&self, row: &[u32]) -> f64 {
        let counts: Vec<f64> = row.iter().map(|count| f64::from(*count)).collect();
        let judgments: f64 = counts.iter().sum();
        apart(&counts, &self.distances) / (judgments * (judgments - 1.0))
    }

    fn alpha(&self) -> Option<f64> {
        (self.expected > 0.0).then(|| 1.0 - self.observed / self.judgments / self.expected)
    }

    fn alpha_of(&self, row: &[u32]) -> Option<f64> {
        (self.expected > 0.0).then(|| 1.0 - self.disagreement(row) / self.expected)
    }

    fn percent(&self) -> Option<f64> {
        (self.units > 0.0).then(|| self.percent / self.units)
    }
}

/// Sum over ordered pairs of values of count · count · distance.
fn apart(counts: &[f64], distances: &[f64]) -> f64 {
    let mut sum = 0.0;
    for (one, a) in counts.iter().enumerate() {
        for (other, b) in counts.iter().enumerate() {
            sum += a * b * distances[one * counts.len() + other];
        }
    }
    sum
}

/// Squared distances of values; ordinal ones depend on how often each value was given.
fn distances(totals: &[f64], scale: Scale) -> Vec<f64> {
    let size = totals.len();
    let mut distances = vec![0.0; size * size];
    for one in 0..size {
        for other in one + 1..size {
            let distance = match scale {
                Scale::Nominal => 1.0,
                Scale::Ordinal => {
                    let between: f64 = totals[one..=other].iter().sum();
                    let difference = between - (totals[one] + totals[other]) / 2.0;
                    difference * difference
                }
            };
            distances[one * size + other] = distance;
            distances[other * size + one] = distance;
        }
    }
    distances
}

fn percent(row: &[u32]) -> f64 {
    let judgments = f64::from(row.iter().sum::<u32>());
    let same: f64 = row
        .iter()
        .map(|n| f64::from(*n) * (f64::from(*n) - 1.0))
        .sum();
    same / (judgments * (judgments - 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn perfect_agreement_is_one_and_one_value_is_no_agreement() {
        let mut answers = Answers::new(3);
        for unit in 0..10 {
            for _ in 0..3 {
                answers
                    .add(&format!("u{unit}"), unit % 3)
                    .expect("known value");
            }
        }
        let found = answers.agreement(Scale::Nominal, Resampling::default());
        let alpha = found.alpha.expect("several units and values");
        assert_eq!((alpha.value, alpha.low, alpha.high), (1.0, 1.0, 1.0));
        assert_eq!((found.units, found.judgments), (10, 30));

        let mut alike = Answers::new(3);
        for unit in ["a", "b"] {
            alike.add(unit, 1).expect("known value");
            alike.add(unit, 1).expect("known value");
        }
        let found = alike.agreement(Scale::Nominal, Resampling::default());
        assert_eq!(found.alpha, None, "chance would agree as well");
        assert_eq!(found.percent.map(|percent| percent.value), Some(1.0));
    }

    #[test]
    fn units_judged_once_are_left_out() {
        let mut answers = Answers::new(2);
        answers.add("alone", 0).expect("known value");
        let found = answers.agreement(Scale::Ordinal, Resampling::default());
        assert_eq!((found.alpha, found.percent, found.units), (None, None, 0));
        assert!(answers.add("alone", 2).is_err());
    }

    #[test]
    fn the_mean_over_units_is_alpha() {
        let mut answers = Answers::new(3);
        for (unit, values) in [
            ("a", vec![0, 0, 1]),
            ("b", vec![2, 2]),
            ("c", vec![0, 2, 1, 1]),
        ] {
            for value in values {
                answers.add(unit, value).expect("known value");
            }
        }
        for scale in [Scale::Nominal, Scale::Ordinal] {
            let found = answers.agreement(scale, Resampling::default());
            let weighted: f64 = found
                .by_unit
                .iter()
                .map(|unit| f64::from(unit.judgments) * unit.alpha.expect("several values"))
                .sum();
            let alpha = found.alpha.expect("several units").value;
            assert!((weighted / found.judgments as f64 - alpha).abs() < 1e-12);
        }
    }

    #[test]
    fn sides_do_not_change_the_value() {
        assert_eq!(
            value_of("a", "b", Outcome::First),
            value_of("b", "a", Outcome::Second)
        );
        assert_eq!(value_of("b", "a", Outcome::First), 2);
    }
}
