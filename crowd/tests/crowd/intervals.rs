//! Whether intervals and rank ranges hold what they say, on crowds whose people differ from each other.

use palate_crowd::{BradleyTerry, Table, View, leaderboard, standing};
use palate_crowd::{Comparison, Influence, Leaderboard, Outcome, Resampling, Settings, Statistics};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const CANDIDATES: usize = 5;
/// Ratings of the mean person.
const MEAN: [f64; CANDIDATES] = [0.8, 0.5, 0.4, -0.5, -1.2];

/// People with tastes of their own around the mean, this far apart.
fn votes(people: usize, votes_each: usize, apart: f64, seed: u64) -> Statistics {
    let mut generator = ChaCha8Rng::seed_from_u64(seed);
    let mut statistics = Statistics::new();
    for person in 0..people {
        // A sum of uniform draws is near enough to a normal one.
        let own = MEAN.map(|mean| {
            let sum: f64 = (0..12).map(|_| generator.random::<f64>() - 0.5).sum();
            mean + apart * sum
        });
        for _ in 0..votes_each {
            let first = generator.random_range(0..CANDIDATES);
            let second = (first + generator.random_range(1..CANDIDATES)) % CANDIDATES;
            let margin = own[first] - own[second];
            let odds = [(margin / 2.0).exp(), (-margin / 2.0).exp(), 0.4];
            let at = generator.random::<f64>() * odds.iter().sum::<f64>();
            let outcome = if at < odds[0] {
                Outcome::First
            } else if at < odds[0] + odds[1] {
                Outcome::Second
            } else {
                Outcome::Tie
            };
            let names = [first, second].map(|at| format!("m{at}"));
            statistics
                .add(&Comparison::plain(
                    &format!("r{person}"),
                    &names[0],
                    &names[1],
                    outcome,
                ))
                .expect("sound");
        }
    }
    statistics
}

fn table(statistics: &Statistics) -> Table {
    statistics
        .table(&View::default(), |_, _| Influence::FULL)
        .expect("votes")
}

fn board(statistics: &Statistics) -> Leaderboard {
    let settings = Settings {
        resampling: Resampling {
            count: 200,
            seed: 1,
        },
        ..Settings::default()
    };
    leaderboard(statistics, &settings, |_, _| Influence::FULL).expect("votes")
}

#[test]
fn intervals_hold_95_of_100_where_people_differ_and_those_of_independent_votes_do_not() {
    let apart = 1.0;
    // What endless votes of such people come to.
    let truth = BradleyTerry::default()
        .fit(&table(&votes(40_000, 5, apart, 99)).sample())
        .expect("fits")
        .ratings;
    let (mut ours, mut independent, mut all) = (0, 0, 0);
    let rounds = 80;
    for round in 0..rounds {
        let table = table(&votes(40, 50, apart, round));
        let fit = BradleyTerry::default().fit(&table.sample()).expect("fits");
        let errors = fit.fisher_errors();
        let resampling = Resampling {
            count: 200,
            seed: round,
        };
        let found = standing(&BradleyTerry::default(), &table, resampling).expect("standing");
        for (at, truth) in truth.iter().enumerate() {
            let estimate = found.estimates[at];
            ours += usize::from(estimate.low <= *truth && *truth <= estimate.high);
            let half = 1.96 * errors[at];
            independent += usize::from((fit.ratings[at] - truth).abs() <= half);
            all += 1;
        }
    }
    let share = |held: usize| held as f64 / all as f64;
    println!(
        "held: ours {:.3}, independent votes {:.3}",
        share(ours),
        share(independent)
    );
    // Forty people, 400 intervals that depend on each other by fives.
    assert!(share(ours) >= 0.91, "{}", share(ours));
    assert!(share(independent) < 0.75, "{}", share(independent));
}

#[test]
fn the_sandwich_agrees_with_the_resamples() {
    let table = table(&votes(400, 20, 1.0, 7));
    let fit = BradleyTerry::default().fit(&table.sample()).expect("fits");
    let found = standing(
        &BradleyTerry::default(),
        &table,
        Resampling {
            count: 1000,
            seed: 3,
        },
    )
    .expect("standing");
    for (error, estimate) in fit.clustered_errors(&table).iter().zip(&found.estimates) {
        let ratio = (estimate.high - estimate.low) / (2.0 * 1.96 * error);
        assert!((0.9..1.1).contains(&ratio), "{ratio}");
    }
}

#[test]
fn rank_ranges_hold_the_true_ranks_and_close_with_votes() {
    let mut missed = 0;
    let mut widths = Vec::new();
    for people in [20, 100, 1000] {
        let mut width = 0;
        for round in 0..20 {
            let found = board(&votes(people, 20, 0.5, 1000 + round));
            for row in &found.rows {
                let truth = 1 + row.candidate[1..].parse::<usize>().expect("m and a digit");
                missed += usize::from(truth < row.rank_low || row.rank_high < truth);
                assert!(
                    (row.rank_low..=row.rank_high).contains(&row.rank),
                    "{row:?}"
                );
                width += row.rank_high - row.rank_low;
            }
        }
        widths.push(width);
    }
    println!("missed {missed} of 300, widths {widths:?}");
    assert!(missed <= 15, "{missed}");
    assert!(widths[0] > widths[1] && widths[1] > widths[2], "{widths:?}");
}

#[test]
fn one_person_decides_nothing() {
    let found = board(&votes(1, 30, 0.0, 5));
    for row in &found.rows {
        assert!(row.high - row.low > 1.0, "{row:?}");
    }
    let widest = found
        .rows
        .iter()
        .map(|row| row.rank_high - row.rank_low)
        .max();
    assert!(widest >= Some(2), "{found:?}");
}

#[test]
fn the_same_seed_gives_the_same_intervals_and_another_nearly_the_same() {
    let statistics = votes(200, 20, 0.5, 6);
    let with = |seed| {
        let settings = Settings {
            resampling: Resampling { count: 300, seed },
            ..Settings::default()
        };
        leaderboard(&statistics, &settings, |_, _| Influence::FULL).expect("votes")
    };
    let (one, again, other) = (with(1), with(1), with(2));
    assert_eq!(one, again);
    for (a, b) in one.rows.iter().zip(&other.rows) {
        assert_eq!(a.rating, b.rating);
        assert!(
            (a.low - b.low).abs() < 0.15 * (a.high - a.low),
            "{a:?} {b:?}"
        );
    }
}
