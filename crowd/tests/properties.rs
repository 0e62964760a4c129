//! What must hold of every figure, whatever the votes.

use palate_crowd::agreement::{Answers, Scale};
use palate_crowd::{
    Aggregate, Bias, Borda, BothUnacceptable, BradleyTerry, Caps, Caution, Comparison, Copeland,
    Covariates, Error, Influence, Leaderboard, Minimax, Outcome, Prior, Resampling, Settings,
    Statistics, Table, View, leaderboard, standing,
};
use rand::seq::SliceRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// One vote that owns its names.
#[derive(Clone, Debug)]
struct Vote {
    rater: String,
    first: String,
    second: String,
    outcome: Outcome,
    lengths: [f64; 2],
}

/// A made-up crowd: candidates `m0`, `m1` … with these ratings, a share of ties, and a taste for longer answers.
struct Crowd {
    ratings: Vec<f64>,
    raters: u32,
    tie: f64,
    longer: f64,
}

impl Crowd {
    fn votes(&self, count: usize, seed: u64) -> Vec<Vote> {
        let mut generator = ChaCha8Rng::seed_from_u64(seed);
        (0..count).map(|_| self.vote(&mut generator)).collect()
    }

    fn vote(&self, generator: &mut ChaCha8Rng) -> Vote {
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

fn usual() -> Crowd {
    Crowd {
        ratings: vec![0.9, 0.4, 0.0, -0.3, -1.0],
        raters: 60,
        tie: 0.5,
        longer: 0.0,
    }
}

fn statistics(votes: &[Vote], weight: f64) -> Statistics {
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

fn table(statistics: &Statistics) -> Table {
    statistics
        .table(&View::default(), |_, _| Influence::FULL)
        .expect("votes")
}

fn board(statistics: &Statistics) -> Leaderboard {
    leaderboard(statistics, &Settings::default(), |_, _| Influence::FULL).expect("votes")
}

fn methods() -> Vec<Box<dyn Aggregate>> {
    vec![
        Box::new(BradleyTerry::default()),
        Box::new(Borda),
        Box::new(Copeland),
        Box::new(Minimax::default()),
    ]
}

fn outcome_of(name: &str) -> Outcome {
    match name {
        ">" => Outcome::First,
        "<" => Outcome::Second,
        "=" => Outcome::Tie,
        _ => Outcome::BothUnacceptable,
    }
}

/// The table of votes such as `a > b`, each by a rater of its own.
fn said(votes: &[&str]) -> Table {
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
