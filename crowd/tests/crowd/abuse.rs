//! Scripted votes of new sessions: 10,000 of them move no rating by more than one interval, whatever they aim at.

use std::collections::BTreeMap;

use palate_crowd::{
    Caps, Comparison, Influence, Leaderboard, Outcome, Settings, Statistics, View, leaderboard,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const CANDIDATES: usize = 10;
/// Scripted votes, ten of each new session.
const SCRIPTED: usize = 10_000;
const SCRIPTED_EACH: usize = 10;

fn name(at: usize) -> String {
    format!("m{at}")
}

/// Votes of settled people, 25 each.
fn honest(votes: usize) -> Statistics {
    let mut generator = ChaCha8Rng::seed_from_u64(1);
    let mut statistics = Statistics::new();
    for at in 0..votes {
        let first = generator.random_range(0..CANDIDATES);
        let second = (first + generator.random_range(1..CANDIDATES)) % CANDIDATES;
        let margin = (second as f64 - first as f64) / 5.0;
        let odds = [(margin / 2.0).exp(), (-margin / 2.0).exp(), 0.4];
        let drawn = generator.random::<f64>() * odds.iter().sum::<f64>();
        let outcome = if drawn < odds[0] {
            Outcome::First
        } else if drawn < odds[0] + odds[1] {
            Outcome::Second
        } else {
            Outcome::Tie
        };
        let rater = format!("settled-{}", at / 25);
        statistics
            .add(&Comparison::plain(
                &rater,
                &name(first),
                &name(second),
                outcome,
            ))
            .expect("sound");
    }
    statistics
}

fn board(statistics: &Statistics, caps: Caps) -> Leaderboard {
    let settings = Settings {
        view: View {
            caps,
            ..View::default()
        },
        ..Settings::default()
    };
    leaderboard(statistics, &settings, |rater, votes| Influence {
        is_settled: rater.starts_with("settled"),
        ..Influence::by_votes(votes)
    })
    .expect("votes")
}

/// A script: winner and loser of its n-th vote.
type Script = fn(usize) -> (usize, usize);

/// What an attacker may aim at.
const SCRIPTS: [(&str, Script); 4] = [
    ("the last over everyone", |at| (9, at % 9)),
    ("everyone over the first", |at| (1 + at % 9, 0)),
    ("the second over the first", |_| (1, 0)),
    ("the last over the first", |_| (9, 0)),
];

/// Largest move of a rating, in widths of its interval before.
fn largest_move(before: &Leaderboard, after: &Leaderboard) -> f64 {
    let rows: BTreeMap<&str, f64> = after
        .rows
        .iter()
        .map(|row| (row.candidate.as_str(), row.rating))
        .collect();
    before.rows.iter().fold(0.0, |most: f64, row| {
        let moved = (rows[row.candidate.as_str()] - row.rating).abs();
        most.max(moved / (row.high - row.low))
    })
}

#[test]
fn ten_thousand_scripted_votes_move_no_rating_by_more_than_one_interval() {
    for votes in [500, 5_000, 50_000] {
        let honest = honest(votes);
        let before = board(&honest, Caps::default());
        for (aim, script) in SCRIPTS {
            let mut attacked = honest.clone();
            for at in 0..SCRIPTED {
                let (winner, loser) = script(at);
                let rater = format!("new-{}", at / SCRIPTED_EACH);
                attacked
                    .add(&Comparison::plain(
                        &rater,
                        &name(winner),
                        &name(loser),
                        Outcome::First,
                    ))
                    .expect("sound");
            }
            let after = board(&attacked, Caps::default());
            assert!(after.new_share <= 0.1 + 1e-12);
            let moved = largest_move(&before, &after);
            println!(
                "{votes:>6} {aim}: {moved:.2} intervals, new share {:.4}",
                after.new_share
            );
            assert!(moved < 1.0, "{votes} honest votes, {aim}: {moved}");
            if votes == 50_000 {
                let share_only = Caps {
                    square_root: false,
                    ..Caps::default()
                };
                let uncapped = largest_move(&before, &board(&attacked, Caps::NONE));
                let by_share = largest_move(&before, &board(&attacked, share_only));
                println!("       uncapped {uncapped:.2}, a share of a tenth alone {by_share:.2}");
                assert!(uncapped > 1.0, "the attack is worth stopping");
            }
        }
    }
}

#[test]
fn a_candidate_that_only_new_people_know_waits_and_moves_nobody() {
    let honest = honest(5_000);
    let mut attacked = honest.clone();
    for at in 0..SCRIPTED {
        let rater = format!("new-{}", at / SCRIPTED_EACH);
        attacked
            .add(&Comparison::plain(
                &rater,
                "invented",
                &name(at % CANDIDATES),
                Outcome::First,
            ))
            .expect("sound");
    }
    let after = board(&attacked, Caps::default());
    assert_eq!(after.waiting, ["invented"]);
    assert_eq!(after.rows, board(&honest, Caps::default()).rows);
    attacked
        .add(&Comparison::plain(
            "settled-1",
            "invented",
            "m3",
            Outcome::Second,
        ))
        .expect("sound");
    let known = board(&attacked, Caps::default());
    assert!(known.waiting.is_empty());
    let row = known.rows.iter().find(|row| row.candidate == "invented");
    assert!(row.is_some_and(|row| row.weight < 1.2), "{row:?}");
}

#[test]
fn one_settled_person_who_never_stops_counts_as_the_root_of_their_votes() {
    let honest = honest(5_000);
    let before = board(&honest, Caps::default());
    let mut attacked = honest;
    for _ in 0..SCRIPTED {
        attacked
            .add(&Comparison::plain(
                "settled-zealot",
                "m9",
                "m0",
                Outcome::First,
            ))
            .expect("sound");
    }
    let after = board(&attacked, Caps::default());
    let ratings = |board: &Leaderboard, name: &str| {
        let row = board.rows.iter().find(|row| row.candidate == name);
        row.map(|row| (row.rating, row.without_heaviest))
            .expect("there")
    };
    let (clean, (moved, without)) = (ratings(&before, "m9").0, ratings(&after, "m9"));
    let without = without.expect("others voted on it");
    assert!(
        (moved - clean).abs() > 5.0 * (without - clean).abs(),
        "{clean} {moved} {without}"
    );
    let added = after.rows.iter().map(|row| row.weight).sum::<f64>()
        - before.rows.iter().map(|row| row.weight).sum::<f64>();
    assert!(
        (added / 2.0 - (50.0 * SCRIPTED as f64).sqrt()).abs() < 1e-6,
        "{added}"
    );
}
