//! Agreement, and the pull of side and length.

use palate_crowd::agreement::{Answers, Scale};
use palate_crowd::{Bias, Comparison, Covariates, Outcome, Resampling, Statistics};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::people::{Crowd, board, usual};

#[test]
fn biases_of_side_and_length_are_found_with_their_intervals() {
    let crowd = |longer: f64| Crowd {
        ratings: vec![0.0; 4],
        longer,
        ..usual()
    };
    let found = |longer: f64, always_first: bool| {
        let mut statistics = Statistics::with_covariates(Covariates::of_features(&["length"]));
        for vote in crowd(longer).votes(3000, 12) {
            let said = vote.outcome;
            let outcome = if always_first && said != Outcome::Tie {
                Outcome::First
            } else {
                said
            };
            let comparison = Comparison {
                first_style: &vote.lengths[..1],
                second_style: &vote.lengths[1..],
                ..Comparison::plain(&vote.rater, &vote.first, &vote.second, outcome)
            };
            statistics.add(&comparison).expect("sound");
        }
        board(&statistics)
    };
    let contains = |bias: Option<Bias>| bias.is_some_and(|bias| bias.low < 0.5 && 0.5 < bias.high);
    let fair = found(0.0, false);
    assert!(
        contains(fair.first_shown) && contains(fair.longer),
        "{fair:?}"
    );
    let biased = found(1.0, false);
    assert!(contains(biased.first_shown));
    assert!(
        biased.longer.is_some_and(|bias| bias.low > 0.55),
        "{biased:?}"
    );
    let first = found(0.0, true).first_shown.expect("decided votes");
    assert!(
        first.share == 1.0 && first.low < 1.0 && first.votes < 3000,
        "{first:?}"
    );
}

#[test]
fn agreement_on_coin_flips_is_near_zero_and_its_interval_says_so() {
    let mut generator = ChaCha8Rng::seed_from_u64(10);
    let mut answers = Answers::new(3);
    for unit in 0..200 {
        for _ in 0..5 {
            answers
                .add(&format!("u{unit}"), generator.random_range(0..3))
                .expect("known value");
        }
    }
    for scale in [Scale::Nominal, Scale::Ordinal] {
        let alpha = answers
            .agreement(scale, Resampling::default())
            .alpha
            .expect("several values");
        assert!(
            alpha.low < 0.0 && 0.0 < alpha.high && alpha.high < 0.1,
            "{alpha:?}"
        );
    }
}
