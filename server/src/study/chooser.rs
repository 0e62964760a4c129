//! Which comparison is asked next, and with what probability it is this one.
//!
//! With the probability `repeats` something is asked again that the person judged, each as likely, if there is something to
//! ask again. Else, of N comparisons that are left for this person, one is asked: with the probability `random_floor` any of
//! them, else any of those with the fewest votes. So a comparison with the fewest votes, among T such, has the probability
//! (1 − repeats) · (floor/N + (1 − floor)/T), and all probabilities together are 1.

use palate_shared::api::studies::StudyPolicy;
use rand::Rng;

/// How it is chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// The policy.
    pub policy: StudyPolicy,
    /// Share of random questions under [`StudyPolicy::LeastAnnotated`].
    pub random_floor: f64,
    /// Share of repeats.
    pub repeats: f64,
}

/// What was chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// Place among what is left, or among what can be asked again.
    pub index: usize,
    /// Whether it is asked again.
    pub is_repeat: bool,
    /// Its exact probability.
    pub propensity: f64,
}

/// Probabilities of what is left, by its numbers of votes, and of what can be asked again. All are 0 when nothing is left:
/// repeats alone are not asked.
pub fn probabilities(rule: Rule, left: &[u64], again: usize) -> (Vec<f64>, Vec<f64>) {
    let Some(fewest) = left.iter().min() else {
        return (vec![], vec![0.0; again]);
    };
    let repeats = if again == 0 { 0.0 } else { rule.repeats };
    let floor = match rule.policy {
        StudyPolicy::LeastAnnotated => rule.random_floor,
        StudyPolicy::UniformRandom => 1.0,
    };
    let ties = left.iter().filter(|votes| *votes == fewest).count();
    let (any, least) = (floor / left.len() as f64, (1.0 - floor) / ties as f64);
    let first = left
        .iter()
        .map(|votes| (1.0 - repeats) * if votes == fewest { any + least } else { any })
        .collect();
    (first, vec![repeats / again.max(1) as f64; again])
}

/// Draws one; `None` when nothing is left.
pub fn choose(rule: Rule, left: &[u64], again: usize, rng: &mut impl Rng) -> Option<Choice> {
    let (first, second) = probabilities(rule, left, again);
    let all = || {
        let choice = |is_repeat| {
            move |(index, propensity): (usize, &f64)| Choice {
                index,
                is_repeat,
                propensity: *propensity,
            }
        };
        let first = first.iter().enumerate().map(choice(false));
        first.chain(second.iter().enumerate().map(choice(true)))
    };
    let mut drawn: f64 = rng.random();
    let mut possible = all().filter(|choice| choice.propensity > 0.0);
    possible
        .find(|choice| {
            drawn -= choice.propensity;
            drawn < 0.0
        })
        // Rounding left a little over.
        .or_else(|| all().rfind(|choice| choice.propensity > 0.0))
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;
    use rand::rngs::StdRng;

    use super::*;

    const RULE: Rule = Rule {
        policy: StudyPolicy::LeastAnnotated,
        random_floor: 0.2,
        repeats: 0.1,
    };

    #[test]
    fn probabilities_are_those_of_the_rule_and_sum_to_one() {
        let (first, second) = probabilities(RULE, &[0, 0, 1, 2], 5);
        let least = 0.9 * (0.2 / 4.0 + 0.8 / 2.0);
        let other = 0.9 * 0.2 / 4.0;
        assert_eq!(first, [least, least, other, other]);
        assert_eq!(second, [0.02; 5]);
        for (policy, floor) in [
            (StudyPolicy::LeastAnnotated, 0.0),
            (StudyPolicy::LeastAnnotated, 1.0),
            (StudyPolicy::UniformRandom, 0.3),
        ] {
            for again in [0, 3] {
                let rule = Rule {
                    policy,
                    random_floor: floor,
                    ..RULE
                };
                let (first, second) = probabilities(rule, &[3, 1, 4, 1, 5], again);
                let sum: f64 = first.iter().chain(&second).sum();
                assert!((sum - 1.0).abs() < 1e-12, "{rule:?} {again}: {sum}");
            }
        }
    }

    #[test]
    fn what_is_drawn_is_drawn_as_often_as_its_propensity_says() {
        let mut rng = StdRng::seed_from_u64(7);
        let left = [0, 2, 0, 1];
        let (first, second) = probabilities(RULE, &left, 2);
        let mut seen = [[0u32; 4]; 2];
        for _ in 0..20_000 {
            let choice = choose(RULE, &left, 2, &mut rng).expect("something is left");
            let said = if choice.is_repeat { &second } else { &first };
            assert_eq!(choice.propensity, said[choice.index]);
            seen[usize::from(choice.is_repeat)][choice.index] += 1;
        }
        for (seen, said) in seen.iter().zip([&first, &second]) {
            for (count, p) in seen.iter().zip(said) {
                let sd = (p * (1.0 - p) / 20_000.0).sqrt();
                assert!((f64::from(*count) / 20_000.0 - p).abs() < 5.0 * sd);
            }
        }
    }

    #[test]
    fn nothing_left_is_nothing_asked() {
        let mut rng = StdRng::seed_from_u64(7);
        assert_eq!(choose(RULE, &[], 3, &mut rng), None);
    }
}
