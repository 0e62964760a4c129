//! What to ask next, and with which probability.
//!
//! The policy is a mixture: with a given probability, [`RANDOM_SHARE`] of all questions, a pair uniformly at random (held
//! out, never fitted), else one of the [`TOP`] pairs with the most expected information. The propensity of a pair is its probability under the
//! whole mixture, so that logged votes can be reweighted whatever arm chose them.

use palate_shared::event::Policy;
use rand::Rng;

use crate::preference::Margin;

/// Share of uniformly random questions.
pub const RANDOM_SHARE: f64 = 0.25;

/// The informative arm picks uniformly among this many best pairs, so that not everybody gets the same question.
pub const TOP: usize = 3;

/// Expected information of a comparison about the person, nats: the mutual information between the answer and the
/// weights under a Gaussian margin.
///
/// # Source
/// Houlsby, Huszár, Ghahramani, Lengyel 2011, "Bayesian active learning for classification and preference learning",
/// eq. 3 (probit); a logistic margin is turned into a probit one by the factor sqrt(pi / 8).
pub fn expected_information(margin: Margin) -> f64 {
    use std::f64::consts::{LN_2, PI};
    let mean = margin.mean * (PI / 8.0).sqrt();
    let variance = margin.variance * PI / 8.0;
    let p = normal_cdf(mean / (variance + 1.0).sqrt());
    let entropy = if p <= 0.0 || p >= 1.0 {
        0.0
    } else {
        -p * p.ln() - (1.0 - p) * (1.0 - p).ln()
    };
    let c2 = PI * LN_2 / 2.0;
    let expected =
        LN_2 * (c2 / (variance + c2)).sqrt() * (-mean * mean / (2.0 * (variance + c2))).exp();
    (entropy - expected).max(0.0)
}

/// Standard normal distribution function, absolute error below 1e-7 (Abramowitz and Stegun 1964, 26.2.17).
fn normal_cdf(x: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * x.abs());
    let poly = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let tail = (-0.5 * x * x).exp() / (2.0 * std::f64::consts::PI).sqrt() * poly;
    if x >= 0.0 { 1.0 - tail } else { tail }
}

/// A chosen pair.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Index into the candidates.
    pub index: usize,
    /// Which arm chose.
    pub policy: Policy,
    /// Probability of this pair under the whole mixture.
    pub propensity: f64,
}

/// The probability of every candidate under the mixture with `random_share` of random draws. `information` is the expected information of each; sums to 1.
pub fn propensities(information: &[f64], random_share: f64) -> Vec<f64> {
    let best = best(information);
    let mut shares = vec![random_share / information.len().max(1) as f64; information.len()];
    for index in &best {
        shares[*index] += (1.0 - random_share) / best.len() as f64;
    }
    shares
}

/// Draws a pair, uniformly at random with probability `random_share`. `None` without candidates.
pub fn choose(information: &[f64], random_share: f64, rng: &mut impl Rng) -> Option<Choice> {
    if information.is_empty() {
        return None;
    }
    let (index, policy) = if rng.random_bool(random_share) {
        (
            rng.random_range(0..information.len()),
            Policy::UniformRandom,
        )
    } else {
        let best = best(information);
        (
            best[rng.random_range(0..best.len())],
            Policy::ExpectedInformation,
        )
    };
    Some(Choice {
        index,
        policy,
        propensity: propensities(information, random_share)[index],
    })
}

/// Indices of the most informative candidates, at most [`TOP`]; ties go to the earlier.
fn best(information: &[f64]) -> Vec<usize> {
    let mut best: Vec<usize> = Vec::with_capacity(TOP + 1);
    for (index, value) in information.iter().enumerate() {
        let place = best
            .iter()
            .position(|other| *value > information[*other])
            .unwrap_or(best.len());
        if place < TOP {
            best.insert(place, index);
            best.truncate(TOP);
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    use super::*;

    #[test]
    fn certain_margins_teach_nothing_and_uncertain_ones_most() {
        let at = |mean, variance| expected_information(Margin { mean, variance });
        assert!(at(0.0, 0.0).abs() < 1e-6);
        assert!(at(0.0, 1.0) > at(0.0, 0.1));
        assert!(at(0.0, 1.0) > at(3.0, 1.0));
        assert!(at(0.0, 1e6) <= std::f64::consts::LN_2);
    }

    #[test]
    fn information_matches_numeric_integration() {
        for (mean, variance) in [(0.0, 1.0), (1.0, 2.0), (-2.0, 4.0)] {
            let entropy = |p: f64| -p * p.ln() - (1.0 - p) * (1.0 - p).ln();
            let (mut p_sum, mut h_sum, mut weight) = (0.0, 0.0, 0.0);
            for step in -4000..=4000 {
                let z = f64::from(step) / 500.0;
                let density = (-0.5 * z * z).exp();
                let p = crate::preference::logistic(mean + f64::sqrt(variance) * z);
                p_sum += density * p;
                h_sum += density * entropy(p);
                weight += density;
            }
            let exact = entropy(p_sum / weight) - h_sum / weight;
            let closed = expected_information(Margin { mean, variance });
            assert!(
                (closed - exact).abs() < 0.02,
                "{mean} {variance}: {closed} is not {exact}"
            );
        }
    }

    #[test]
    fn propensities_sum_to_one_and_match_draws() {
        let information = [0.1, 0.5, 0.2, 0.4, 0.05];
        let shares = propensities(&information, RANDOM_SHARE);
        assert!((shares.iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut counts = [0.0; 5];
        let (mut random, draws) = (0.0, 40_000);
        for _ in 0..draws {
            let choice =
                choose(&information, RANDOM_SHARE, &mut rng).expect("there are candidates");
            assert_eq!(choice.propensity, shares[choice.index]);
            counts[choice.index] += 1.0 / f64::from(draws);
            random += f64::from(u8::from(choice.policy.is_held_out())) / f64::from(draws);
        }
        assert!(
            counts
                .iter()
                .zip(&shares)
                .all(|(count, share)| (count - share).abs() < 0.01),
            "{counts:?}"
        );
        assert!((random - RANDOM_SHARE).abs() < 0.01);
        assert!(choose(&[], RANDOM_SHARE, &mut rng).is_none());
    }

    #[test]
    fn fewer_candidates_than_the_top_are_fine() {
        assert_eq!(best(&[0.3]), [0]);
        assert_eq!(best(&[0.3, 0.3, 0.9, 0.3]), [2, 0, 1]);
        assert!((propensities(&[0.3, 0.1], RANDOM_SHARE).iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
}
