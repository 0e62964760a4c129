//! What must hold of every figure, whatever the votes.

use palate_crowd::{
    Aggregate, Borda, BradleyTerry, Caps, Comparison, Copeland, Covariates, Error, Influence,
    Leaderboard, Minimax, Outcome, Prior, Resampling, Settings, Statistics, Table, View,
    leaderboard, standing,
};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::people::{Vote, board, methods, statistics, table, usual};

#[test]
fn the_order_of_votes_and_sides_changes_no_bit() {
    let mut votes = usual().votes(800, 1);
    let before = board(&statistics(&votes, 1.0));
    let mut generator = ChaCha8Rng::seed_from_u64(2);
    votes.shuffle(&mut generator);
    let mut after = board(&statistics(&votes, 1.0));
    assert_eq!(before, after);
    for vote in &mut votes {
        std::mem::swap(&mut vote.first, &mut vote.second);
        vote.outcome = match vote.outcome {
            Outcome::First => Outcome::Second,
            Outcome::Second => Outcome::First,
            same => same,
        };
    }
    after = Leaderboard {
        first_shown: before.first_shown,
        ..board(&statistics(&votes, 1.0))
    };
    assert_eq!(before, after);
}

#[test]
fn statistics_in_parts_give_the_same_as_at_once() {
    let votes = usual().votes(500, 3);
    let mut parts = statistics(&votes[300..], 1.0);
    parts
        .add_all(&statistics(&votes[..300], 1.0))
        .expect("same covariates");
    assert_eq!(board(&parts), board(&statistics(&votes, 1.0)));
    for vote in &votes[300..] {
        parts
            .take_back(&Comparison::plain(
                &vote.rater,
                &vote.first,
                &vote.second,
                vote.outcome,
            ))
            .expect("given");
    }
    assert_eq!(board(&parts), board(&statistics(&votes[..300], 1.0)));
}

#[test]
fn names_do_not_matter_and_scores_move_with_them() {
    let votes = usual().votes(600, 4);
    let renamed: Vec<Vote> = votes
        .iter()
        .map(|vote| Vote {
            first: vote.first.replace("m0", "z"),
            second: vote.second.replace("m0", "z"),
            ..vote.clone()
        })
        .collect();
    let (before, after) = (
        table(&statistics(&votes, 1.0)),
        table(&statistics(&renamed, 1.0)),
    );
    for method in methods() {
        let score = |table: &Table, name: &str| {
            let at = table.candidates.iter().position(|own| own == name);
            let scores = method.aggregate(&table.sample()).expect("scores");
            scores.values[at.expect("a candidate")]
        };
        for (old, new) in [("m0", "z"), ("m1", "m1"), ("m4", "m4")] {
            let difference = score(&before, old) - score(&after, new);
            assert!(difference.abs() < 1e-9, "{}: {difference}", method.id());
        }
    }
}

#[test]
fn scaling_all_weights_leaves_the_likeliest_ratings_and_all_other_scores() {
    let votes = usual().votes(800, 5);
    let (one, three) = (
        table(&statistics(&votes, 1.0)),
        table(&statistics(&votes, 3.0)),
    );
    let likeliest = BradleyTerry { prior: Prior::None };
    for method in [
        &likeliest as &dyn Aggregate,
        &Borda,
        &Copeland,
        &Minimax::default(),
    ] {
        let scores = |table: &Table| method.aggregate(&table.sample()).expect("scores").values;
        for (a, b) in scores(&one).iter().zip(scores(&three)) {
            assert!((a - b).abs() < 1e-9, "{}", method.id());
        }
    }
    let errors = |table: &Table| likeliest.fit(&table.sample()).expect("fits");
    let (of_one, of_three) = (errors(&one), errors(&three));
    for (a, b) in of_one.fisher_errors().iter().zip(of_three.fisher_errors()) {
        assert!(
            (a / b - 3.0_f64.sqrt()).abs() < 1e-6,
            "Fisher takes weights as votes"
        );
    }
    let clustered = of_one.clustered_errors(&one);
    for (a, b) in clustered.iter().zip(of_three.clustered_errors(&three)) {
        assert!(
            (a - b).abs() < 1e-9,
            "the sandwich does not care for their unit"
        );
    }
}

#[test]
fn two_votes_of_half_a_weight_are_one_vote() {
    let votes = usual().votes(300, 6);
    let doubled: Vec<Vote> = votes.iter().chain(&votes).cloned().collect();
    let (once, twice) = (statistics(&votes, 1.0), statistics(&doubled, 0.5));
    let fit = |statistics: &Statistics| {
        BradleyTerry::default()
            .fit(&table(statistics).sample())
            .expect("fits")
            .ratings
    };
    assert_eq!(fit(&once), fit(&twice));
    assert_eq!(board(&twice).votes, 2 * board(&once).votes);
}

#[test]
fn a_cohort_is_the_board_of_its_own_raters() {
    let votes = usual().votes(1000, 11);
    let is_in = |rater: &str| rater.ends_with('3');
    let own: Vec<Vote> = votes
        .iter()
        .filter(|vote| is_in(&vote.rater))
        .cloned()
        .collect();
    let whole = statistics(&votes, 1.0);
    assert_eq!(board(&whole.cohort(is_in)), board(&statistics(&own, 1.0)));
    let caps = View {
        caps: Caps {
            share: 0.0,
            ..Caps::default()
        },
        ..View::default()
    };
    assert!(matches!(
        whole.table(&caps, |_, _| Influence::FULL),
        Err(Error::Setting(_))
    ));
    let nobody = Influence {
        weight: 0.0,
        ..Influence::FULL
    };
    assert_eq!(
        whole.table(&View::default(), |_, _| nobody).err(),
        Some(Error::Empty)
    );
}

// Round 1628 has walls so steep that plain Newton steps do not settle.
#[test]
fn whatever_small_thing_is_thrown_in_every_figure_is_finite_and_in_order() {
    let outcomes = [
        Outcome::First,
        Outcome::Second,
        Outcome::Tie,
        Outcome::BothUnacceptable,
    ];
    let mut generator = ChaCha8Rng::seed_from_u64(102);
    let mut refused = 0;
    for round in 0..1650 {
        let covariates = Covariates::of_features(&["length", "lists"]);
        let covariates = if round % 2 == 0 {
            covariates.with_position()
        } else {
            covariates
        };
        let mut statistics = Statistics::with_covariates(covariates);
        let candidates = generator.random_range(2..6);
        for _ in 0..generator.random_range(1..25) {
            let first = generator.random_range(0..candidates);
            let second = (first + generator.random_range(1..candidates)) % candidates;
            let scale = [0.0, 1.0, 90.0][generator.random_range(0..3)];
            let styles = [0, 1].map(|_| [0, 1].map(|_| scale * generator.random::<f64>()));
            let rater = format!("r{}", generator.random_range(0..4));
            let names = [first, second].map(|at| format!("m{at}"));
            let vote = Comparison {
                weight: [0.0, 0.01, 1.0, 1e6][generator.random_range(0..4)],
                first_style: &styles[0],
                second_style: &styles[1],
                ..Comparison::plain(
                    &rater,
                    &names[0],
                    &names[1],
                    outcomes[generator.random_range(0..4)],
                )
            };
            statistics.add(&vote).expect("sound");
        }
        let settings = Settings {
            resampling: Resampling { count: 20, seed: 1 },
            ..Settings::default()
        };
        let found = leaderboard(&statistics, &settings, |rater, _| Influence {
            weight: if rater == "r0" { 0.0 } else { 1.0 },
            is_settled: rater == "r1",
        });
        let board = match found {
            Ok(board) => board,
            Err(Error::Empty) => {
                refused += 1;
                continue;
            }
            Err(other) => panic!("round {round}: {other}"),
        };
        let mass: f64 = board.rows.iter().map(|row| row.lottery).sum();
        assert!((mass - 1.0).abs() < 1e-9, "round {round}: {mass}");
        for row in &board.rows {
            assert!(
                row.low <= row.rating && row.rating <= row.high && row.high.is_finite(),
                "round {round}: {row:?}"
            );
            let ranks = [1, row.rank_low, row.rank, row.rank_high, board.rows.len()];
            assert!(ranks.is_sorted(), "round {round}: {row:?}");
            assert!((0.0..=1.0).contains(&row.borda), "round {round}: {row:?}");
        }
    }
    assert!(refused < 400, "{refused} rounds tested nothing");
}

#[test]
fn every_method_gets_intervals_and_ranks() {
    let table = table(&statistics(&usual().votes(2000, 14), 1.0));
    for method in methods() {
        let found = standing(method.as_ref(), &table, Resampling::default()).expect("standing");
        assert_eq!(found.ranks[0].own, 1, "{}", method.id());
        for estimate in &found.estimates {
            assert!(estimate.low <= estimate.value && estimate.value <= estimate.high);
        }
    }
}
