//! What ratings and effects are, and what votes do not determine.

use palate_crowd::{
    BothUnacceptable, BradleyTerry, Caution, Comparison, Covariates, Error, Influence, Leaderboard,
    Prior, Resampling, Settings, Statistics, View, leaderboard, standing,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::people::{Crowd, board, outcome_of, said, usual};

#[test]
fn a_chain_of_wins_has_the_rating_of_its_odds() {
    // Two candidates, 30 wins to 10: log-odds ln 3, half to each side of 0.
    let votes: Vec<&str> = [["a > b"; 30].as_slice(), &["b > a"; 10]].concat();
    let fit = BradleyTerry { prior: Prior::None }
        .fit(&said(&votes).sample())
        .expect("fits");
    assert!((fit.ratings[0] - fit.ratings[1] - 3.0_f64.ln()).abs() < 1e-9);
    // Ties change the odds of a win against a loss in nothing, and the share of ties is met.
    let votes: Vec<&str> = [votes.as_slice(), &["a = b"; 20]].concat();
    let fit = BradleyTerry { prior: Prior::None }
        .fit(&said(&votes).sample())
        .expect("fits");
    let [win, loss, tie] = fit.probabilities(0, 1);
    for (found, wanted) in [(win, 0.5), (loss, 1.0 / 6.0), (tie, 1.0 / 3.0)] {
        assert!((found - wanted).abs() < 1e-9, "{found} {wanted}");
    }
}

#[test]
fn what_votes_do_not_determine_is_refused_without_a_prior_and_told_with_one() {
    let none = BradleyTerry { prior: Prior::None };
    let strings =
        |names: &[&str]| -> Vec<String> { names.iter().map(|n| (*n).to_owned()).collect() };
    let cases = [
        (
            vec!["a > b", "b > a", "c > d", "d > c", "a > e", "e > a"],
            Error::Disconnected(strings(&["c", "d"]), strings(&["a", "b", "e"])),
            Caution::Disconnected(strings(&["c", "d"])),
        ),
        (
            vec!["a > b", "b > c", "c > b"],
            Error::NeverLoses(strings(&["a"]), strings(&["b", "c"])),
            Caution::NeverLoses(strings(&["a"])),
        ),
        (
            // d never wins; all others stand above it.
            vec!["a > b", "b > c", "c > a", "c > d"],
            Error::NeverLoses(strings(&["a", "b", "c"]), strings(&["d"])),
            Caution::NeverLoses(strings(&["a", "b", "c"])),
        ),
        (vec!["a > b", "a = b"], Error::TiesApart, Caution::TiesApart),
        (vec!["a = b"], Error::TiesApart, Caution::TiesApart),
    ];
    for (votes, error, caution) in cases {
        let table = said(&votes);
        assert_eq!(none.fit(&table.sample()).err(), Some(error), "{votes:?}");
        let fit = BradleyTerry::default()
            .fit(&table.sample())
            .expect("the prior holds them");
        assert_eq!(fit.cautions, [caution], "{votes:?}");
        assert!(fit.ratings.iter().all(|rating| rating.is_finite()));
    }
    // A tie alone connects c where wins and losses of others tell how likely ties are.
    let fit = none
        .fit(&said(&["a > b", "b > a", "a = b", "c = a"]).sample())
        .expect("determined");
    assert!(fit.cautions.is_empty() && fit.ratings.iter().all(|rating| rating.abs() < 1e-9));
    assert_eq!(
        standing(&none, &said(&["a > b", "b > a"]), Resampling::default()).err(),
        Some(Error::NoPrior)
    );
}

#[test]
fn neither_acceptable_is_a_tie_or_nothing() {
    let mut statistics = Statistics::new();
    for (at, outcome) in [">", ">", "<", "0", "0", "0"].into_iter().enumerate() {
        statistics
            .add(&Comparison::plain(
                &format!("r{at}"),
                "a",
                "b",
                outcome_of(outcome),
            ))
            .expect("sound");
    }
    let board = |both_unacceptable| {
        let settings = Settings {
            view: View {
                both_unacceptable,
                ..View::default()
            },
            ..Settings::default()
        };
        leaderboard(&statistics, &settings, |_, _| Influence::FULL).expect("votes")
    };
    let (tied, apart) = (
        board(BothUnacceptable::AsTie),
        board(BothUnacceptable::Apart),
    );
    assert!(tied.ties.is_some() && apart.ties.is_none());
    for found in [&tied, &apart] {
        assert_eq!(found.rows[0].both_unacceptable, 3.0);
        assert_eq!((found.rows[0].ties, found.rows[0].votes), (0.0, 6));
    }
    assert!((apart.rows[0].borda - 2.0 / 3.0).abs() < 1e-12);
    assert!((tied.rows[0].borda - 3.5 / 6.0).abs() < 1e-12);
}

#[test]
fn style_control_finds_the_effect_and_frees_the_ratings_of_it() {
    // The better candidate writes short answers, the worse long ones.
    let crowd = Crowd {
        ratings: vec![0.5, -0.5],
        longer: 1.0,
        raters: 100,
        ..usual()
    };
    let mut generator = ChaCha8Rng::seed_from_u64(9);
    let mut controlled =
        Statistics::with_covariates(Covariates::of_features(&["length"]).with_position());
    let mut plain = Statistics::new();
    for _ in 0..8000 {
        let vote = loop {
            let vote = crowd.vote(&mut generator);
            let long = usize::from(vote.first != "m1");
            if vote.lengths[long] >= vote.lengths[1 - long] {
                break vote;
            }
        };
        let comparison = Comparison::plain(&vote.rater, &vote.first, &vote.second, vote.outcome);
        plain.add(&comparison).expect("sound");
        let styled = Comparison {
            first_style: &vote.lengths[..1],
            second_style: &vote.lengths[1..],
            ..comparison
        };
        controlled.add(&styled).expect("sound");
    }
    let (plain, controlled) = (board(&plain), board(&controlled));
    let row = |board: &Leaderboard| board.rows.iter().find(|row| row.candidate == "m0").cloned();
    let own = row(&controlled).expect("there");
    assert!(own.low < 0.5 && 0.5 < own.high, "{own:?}");
    assert!(
        row(&plain).expect("there").high < 0.4,
        "length hides the difference"
    );
    let [length, position] = &controlled.effects[..] else {
        panic!("two effects");
    };
    assert!(
        length.log_odds.low < 1.0 && 1.0 < length.log_odds.high,
        "{length:?}"
    );
    assert!(
        position.log_odds.low < 0.0 && 0.0 < position.log_odds.high,
        "{position:?}"
    );
}
