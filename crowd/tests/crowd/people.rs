//! Made-up crowds, and short ways to what is made of their votes.

use palate_crowd::{
    Aggregate, Borda, BradleyTerry, Comparison, Copeland, Influence, Leaderboard, Minimax, Outcome,
    Settings, Statistics, Table, View, leaderboard,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One vote that owns its names.
#[derive(Clone, Debug)]
pub(crate) struct Vote {
    pub(crate) rater: String,
    pub(crate) first: String,
    pub(crate) second: String,
    pub(crate) outcome: Outcome,
    pub(crate) lengths: [f64; 2],
}

/// A made-up crowd: candidates `m0`, `m1` … with these ratings, a share of ties, and a taste for longer answers.
pub(crate) struct Crowd {
    pub(crate) ratings: Vec<f64>,
    pub(crate) raters: u32,
    pub(crate) tie: f64,
    pub(crate) longer: f64,
}

impl Crowd {
    pub(crate) fn votes(&self, count: usize, seed: u64) -> Vec<Vote> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| self.vote(&mut generator)).collect()
    }

    pub(crate) fn vote(&self, generator: &mut ChaCha8Rng) -> Vote {
        let first = generator.random_range(0..self.ratings.len());
        let second = (first + generator.random_range(1..self.ratings.len())) % self.ratings.len();
        let lengths = [0, 1].map(|_| f64::from(generator.random_range(1..=64_u32)) / 32.0);
        let margin =
            self.ratings[first] - self.ratings[second] + self.longer * (lengths[0] - lengths[1]);
        let odds = [(margin / 2.0).exp(), (-margin / 2.0).exp(), self.tie];
        let mut at = generator.random::<f64>() * odds.iter().sum::<f64>();
        let mut outcome = Outcome::Tie;
        for (odds, candidate) in odds
            .iter()
            .zip([Outcome::First, Outcome::Second, Outcome::Tie])
        {
            if at < *odds {
                outcome = candidate;
                break;
            }
            at -= odds;
        }
        Vote {
            rater: format!("r{}", generator.random_range(0..self.raters)),
            first: format!("m{first}"),
            second: format!("m{second}"),
            outcome,
            lengths,
        }
    }
}

pub(crate) fn usual() -> Crowd {
    Crowd {
        ratings: vec![0.9, 0.4, 0.0, -0.3, -1.0],
        raters: 60,
        tie: 0.5,
        longer: 0.0,
    }
}

pub(crate) fn statistics(votes: &[Vote], weight: f64) -> Statistics {
    let mut statistics = Statistics::new();
    for vote in votes {
        let comparison = Comparison {
            weight,
            ..Comparison::plain(&vote.rater, &vote.first, &vote.second, vote.outcome)
        };
        statistics.add(&comparison).expect("sound");
    }
    statistics
}

pub(crate) fn table(statistics: &Statistics) -> Table {
    statistics
        .table(&View::default(), |_, _| Influence::FULL)
        .expect("votes")
}

pub(crate) fn board(statistics: &Statistics) -> Leaderboard {
    leaderboard(statistics, &Settings::default(), |_, _| Influence::FULL).expect("votes")
}

pub(crate) fn methods() -> Vec<Box<dyn Aggregate>> {
    vec![
        Box::new(BradleyTerry::default()),
        Box::new(Borda),
        Box::new(Copeland),
        Box::new(Minimax::default()),
    ]
}

pub(crate) fn outcome_of(name: &str) -> Outcome {
    match name {
        ">" => Outcome::First,
        "<" => Outcome::Second,
        "=" => Outcome::Tie,
        _ => Outcome::BothUnacceptable,
    }
}

/// The table of votes such as `a > b`, each by a rater of its own.
pub(crate) fn said(votes: &[&str]) -> Table {
    let mut statistics = Statistics::new();
    for (at, vote) in votes.iter().enumerate() {
        let words: Vec<&str> = vote.split(' ').collect();
        let rater = format!("r{at}");
        statistics
            .add(&Comparison::plain(
                &rater,
                words[0],
                words[2],
                outcome_of(words[1]),
            ))
            .expect("sound");
    }
    table(&statistics)
}
