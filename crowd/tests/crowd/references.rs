//! The same votes, put together by other programs: choix, krippendorff and scipy (`tests/reference/make_fixtures.py`).

use palate_crowd::agreement::{Answers, Scale};
use palate_crowd::{
    Aggregate, BradleyTerry, Caps, Comparison, Covariates, Influence, Minimax, Outcome, Prior,
    Resampling, Statistics, Table, View,
};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// Most that a figure may differ.
const CLOSE: f64 = 1e-6;

fn fixture<T: DeserializeOwned>(text: &str) -> Vec<T> {
    serde_json::from_str(text).expect("a fixture of make_fixtures.py")
}

/// Rater, first, second, outcome, weight, covariates of the first and of the second.
type Vote = (String, String, String, String, f64, Vec<f64>, Vec<f64>);

/// The table of these votes, nobody being capped.
fn table(votes: &[Vote], covariates: usize) -> Table {
    let names: Vec<String> = (0..covariates).map(|at| format!("c{at}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let mut statistics = Statistics::with_covariates(Covariates::of_features(&names));
    for (rater, first, second, outcome, weight, first_style, second_style) in votes {
        let outcome = match outcome.as_str() {
            "first" => Outcome::First,
            "second" => Outcome::Second,
            _ => Outcome::Tie,
        };
        let vote = Comparison {
            weight: *weight,
            first_style,
            second_style,
            ..Comparison::plain(rater, first, second, outcome)
        };
        statistics.add(&vote).expect("sound votes");
    }
    let view = View {
        caps: Caps::NONE,
        ..View::default()
    };
    statistics
        .table(&view, |_, _| Influence::FULL)
        .expect("votes")
}

#[track_caller]
fn assert_close(ours: &[f64], theirs: &[f64], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (our, their) in ours.iter().zip(theirs) {
        assert!((our - their).abs() < CLOSE, "{what}: {our} and {their}");
    }
}

#[derive(Deserialize)]
struct WithoutTies {
    votes: Vec<Vote>,
    likeliest: Vec<f64>,
    weak: Vec<f64>,
}

#[test]
fn ratings_without_ties_are_those_of_choix() {
    let cases: Vec<WithoutTies> = fixture(include_str!("../fixtures/without_ties.json"));
    assert!(cases.len() >= 4);
    for case in cases {
        let table = table(&case.votes, 0);
        for (prior, theirs) in [(Prior::None, &case.likeliest), (Prior::WEAK, &case.weak)] {
            let fit = BradleyTerry { prior }
                .fit(&table.sample())
                .expect("determined");
            assert_eq!(fit.ln_tie, None);
            assert_close(&fit.ratings, theirs, "ratings");
        }
    }
}

#[derive(Deserialize)]
struct WithTies {
    votes: Vec<Vote>,
    covariates: usize,
    likeliest: Parameters,
    weak: Parameters,
    clustered: Vec<f64>,
}

#[derive(Deserialize)]
struct Parameters {
    parameters: Vec<f64>,
    errors: Vec<f64>,
}

#[test]
fn ties_style_and_errors_are_those_of_davidsons_likelihood() {
    let cases: Vec<WithTies> = fixture(include_str!("../fixtures/with_ties.json"));
    assert!(cases.iter().any(|case| case.covariates > 0));
    for case in cases {
        let table = table(&case.votes, case.covariates);
        for (prior, theirs) in [(Prior::None, &case.likeliest), (Prior::WEAK, &case.weak)] {
            let fit = BradleyTerry { prior }
                .fit(&table.sample())
                .expect("determined");
            let ours: Vec<f64> = fit
                .ratings
                .iter()
                .chain(&fit.effects)
                .chain(&fit.ln_tie)
                .copied()
                .collect();
            assert_close(&ours, &theirs.parameters, "parameters");
            assert_close(&fit.fisher_errors(), &theirs.errors, "errors");
            if prior == Prior::None {
                assert_close(&fit.clustered_errors(&table), &case.clustered, "sandwich");
            }
        }
    }
}

#[derive(Deserialize)]
struct Agreed {
    values: usize,
    /// One row a person, one column a unit.
    table: Vec<Vec<Option<usize>>>,
    nominal: f64,
    ordinal: f64,
}

#[test]
fn alpha_is_that_of_krippendorff() {
    let cases: Vec<Agreed> = fixture(include_str!("../fixtures/agreement.json"));
    // Krippendorff prints 0.743 and 0.815 for his own example.
    assert!((cases[0].nominal - 0.743).abs() < 5e-4 && (cases[0].ordinal - 0.815).abs() < 5e-4);
    for case in &cases {
        let mut answers = Answers::new(case.values);
        for row in &case.table {
            for (unit, value) in row.iter().enumerate() {
                if let Some(value) = value {
                    answers
                        .add(&format!("u{unit:03}"), *value)
                        .expect("known value");
                }
            }
        }
        for (scale, theirs) in [
            (Scale::Nominal, case.nominal),
            (Scale::Ordinal, case.ordinal),
        ] {
            let found = answers.agreement(scale, Resampling::default());
            let alpha = found.alpha.expect("several values");
            assert_close(&[alpha.value], &[theirs], "alpha");
            assert!(alpha.low < alpha.value && alpha.value < alpha.high);
        }
    }
}

#[derive(Deserialize)]
struct Solved {
    margins: Vec<Vec<f64>>,
    mass: Vec<f64>,
}

#[test]
fn lotteries_are_those_of_linear_programming() {
    let cases: Vec<Solved> = fixture(include_str!("../fixtures/lotteries.json"));
    for case in &cases {
        let method = Minimax { gap: 1e-4 };
        assert_eq!(method.id(), "minimax");
        let found = method.lottery(&case.margins).expect("a game");
        assert!(found.gap <= 1e-4, "{}", found.gap);
        for (ours, theirs) in found.mass.iter().zip(&case.mass) {
            assert!((ours - theirs).abs() < 0.03, "{ours} and {theirs}");
        }
    }
}
