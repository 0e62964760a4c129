//! Version 1 of the method gives these bits, on every machine and in wasm: a change of any figure needs a new version.

use palate_crowd::{Comparison, leaderboard};
use palate_crowd::{Covariates, Influence, METHOD_VERSION, Outcome, Settings, Statistics};

/// FNV-1a over the bits of all figures of the board below. Measured natively on x86-64 and in Node.js's wasm.
const PINNED: (u32, u64) = (1, 7_473_872_344_077_922_873);

/// A generator of its own, so that nothing else moves the votes.
struct Dice(u64);

impl Dice {
    fn throw(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn votes() -> Statistics {
    let mut dice = Dice(1);
    let covariates = Covariates::of_counts(&["length", "lists"]).with_position();
    let mut statistics = Statistics::with_covariates(covariates);
    for _ in 0..3000 {
        let first = dice.throw(12);
        let second = (first + 1 + dice.throw(11)) % 12;
        let outcome = match dice.throw(5 + first) {
            0 | 1 => Outcome::Second,
            2 => Outcome::Tie,
            3 => Outcome::BothUnacceptable,
            _ => Outcome::First,
        };
        let styles = [0, 1].map(|_| [dice.throw(900) as f64, dice.throw(9) as f64]);
        let rater = format!("r{}", dice.throw(90));
        let names = [first, second].map(|at| format!("m{at}"));
        let vote = Comparison {
            weight: 1.0 / (1 + dice.throw(3)) as f64,
            first_style: &styles[0],
            second_style: &styles[1],
            ..Comparison::plain(&rater, &names[0], &names[1], outcome)
        };
        statistics.add(&vote).expect("sound");
    }
    statistics
}

fn digest() -> u64 {
    let board = leaderboard(&votes(), &Settings::default(), |rater, votes| Influence {
        is_settled: !rater.ends_with('7'),
        ..Influence::by_votes(votes)
    })
    .expect("votes");
    let mut figures = vec![board.lottery_gap, board.new_share];
    for row in &board.rows {
        let ranks = [row.rank, row.rank_low, row.rank_high].map(|rank| rank as f64);
        figures.extend(ranks);
        figures.extend([row.rating, row.low, row.high, row.weight]);
        figures.extend([row.borda, row.copeland, row.lottery]);
    }
    let effects = board.effects.iter().map(|effect| effect.log_odds);
    for estimate in effects.chain(board.ties) {
        figures.extend([estimate.value, estimate.low, estimate.high]);
    }
    let mut digest = 0xcbf2_9ce4_8422_2325_u64;
    for byte in figures.iter().flat_map(|figure| figure.to_le_bytes()) {
        digest = (digest ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    digest
}

#[test]
fn figures_of_this_version_are_pinned_to_the_bit() {
    assert_eq!((METHOD_VERSION, digest()), PINNED);
}
