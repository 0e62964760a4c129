//! The lottery that nobody beats.

use palate_crowd::{Aggregate, Minimax};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::people::{board, said, statistics, usual};

#[test]
fn a_circle_of_tastes_is_shared_by_thirds_and_copies_change_nothing() {
    let circle: Vec<&str> = [
        ["rock > scissors"; 7].as_slice(),
        &["scissors > rock"; 3],
        &["scissors > paper"; 9],
        &["paper > scissors"; 1],
        &["paper > rock"; 8],
        &["rock > paper"; 2],
    ]
    .concat();
    let lottery = |votes: &[&str]| {
        let table = said(votes);
        let scores = Minimax { gap: 1e-4 }
            .aggregate(&table.sample())
            .expect("scores");
        assert!(scores.further[0] <= 1e-4);
        table
            .candidates
            .into_iter()
            .zip(scores.values)
            .collect::<Vec<_>>()
    };
    // Margins 0.4, 0.8, 0.6: the mass of each is the margin between the other two, over their sum.
    for (name, wanted) in [
        ("paper", 0.4 / 1.8),
        ("rock", 0.8 / 1.8),
        ("scissors", 0.6 / 1.8),
    ] {
        let found = lottery(&circle);
        let (_, mass) = found.iter().find(|(own, _)| own == name).expect("there");
        assert!((mass - wanted).abs() < 0.01, "{name} {mass}");
    }
    let even: Vec<&str> = vec!["r > s", "s > p", "p > r"];
    for (_, mass) in lottery(&even) {
        assert!((mass - 1.0 / 3.0).abs() < 0.03);
    }
    // Two copies of rock, with its votes, and even between each other.
    let copies: Vec<String> = circle
        .iter()
        .flat_map(|vote| ["rock1", "rock2"].map(|copy| vote.replace("rock", copy)))
        .chain(["rock1 = rock2".to_owned()])
        .collect();
    let copies: Vec<&str> = copies.iter().map(String::as_str).collect();
    let (before, after) = (lottery(&circle), lottery(&copies));
    let mass = |found: &[(String, f64)], start: &str| -> f64 {
        let own = found.iter().filter(|(name, _)| name.starts_with(start));
        own.map(|(_, mass)| mass).sum()
    };
    for name in ["rock", "paper", "scissors"] {
        assert!(
            (mass(&before, name) - mass(&after, name)).abs() < 1e-9,
            "{name}"
        );
    }
}

#[test]
fn the_stated_bound_holds_for_random_games_of_any_size() {
    let mut generator = ChaCha8Rng::seed_from_u64(7);
    for size in [1_usize, 2, 3, 8, 20, 60] {
        let mut margins = vec![vec![0.0; size]; size];
        for (one, other) in (0..size).flat_map(|one| (0..one).map(move |other| (one, other))) {
            let margin = generator.random_range(-1.0..=1.0);
            margins[one][other] = margin;
            margins[other][one] = -margin;
        }
        let found = Minimax { gap: 0.005 }.lottery(&margins).expect("a game");
        assert!(found.gap <= 0.005, "{size}: {}", found.gap);
        let bound = ((2.0 * (size as f64).ln() + 0.5) / 0.005).ceil();
        assert!(found.rounds as f64 <= bound, "{size}: {}", found.rounds);
        assert!((found.mass.iter().sum::<f64>() - 1.0).abs() < 1e-12);
    }
    let lopsided = vec![vec![0.0, 0.5], vec![0.5, 0.0]];
    assert!(Minimax::default().lottery(&lopsided).is_err());
}

#[test]
fn a_majority_winner_takes_the_whole_lottery_and_beats_everyone() {
    let found = board(&statistics(&usual().votes(6000, 8), 1.0));
    assert_eq!(found.rows[0].candidate, "m0");
    assert_eq!(found.rows[0].copeland, 4.0);
    assert!(found.rows[0].lottery > 0.99 && found.lottery_gap <= 0.001);
    assert!(
        found
            .rows
            .windows(2)
            .all(|two| two[0].rating >= two[1].rating)
    );
}
