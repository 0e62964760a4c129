//! What a leaderboard costs at ten thousand, a hundred thousand and a million votes, as ratios to the first.
//!
//! Votes of people who gave 20 each, on 20 candidates without and with three covariates of fixed answers, and on 100
//! candidates. `add` is the time for one vote; `table` reads all that is kept; `fit` and `resamples` read cells and groups
//! of raters.

use std::time::{Duration, Instant};

use palate_crowd::agreement::{Answers, Scale};
use palate_crowd::{
    BradleyTerry, Comparison, Covariates, Error, Influence, Outcome, Resampling, Statistics, View,
    standing,
};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

const SIZES: [usize; 3] = [10_000, 100_000, 1_000_000];
/// Answers of each candidate, whose covariates are fixed.
const ANSWERS: usize = 10;
const VOTES_EACH: usize = 20;
const RUNS: usize = 3;

fn main() -> Result<(), Error> {
    let style = ["length", "lists", "formatting"];
    for (candidates, covariates) in [(20, &[][..]), (20, &style), (100, &[])] {
        println!("\n{candidates} candidates, {} covariates", covariates.len());
        println!(
            "{:>9}  {:>9} {:>9} {:>9}  {:>10}  {:>16}  {:>16}  {:>16}",
            "votes", "kept", "cells", "groups'", "add", "table", "fit", "300 resamples"
        );
        let mut first = None;
        for votes in SIZES {
            let measured = measure(votes, candidates, covariates)?;
            let base = first.get_or_insert(measured.times);
            let column = |at: usize| {
                let (own, base) = (measured.times[at], base[at]);
                format!(
                    "{:.2} ms ×{:.1}",
                    own.as_secs_f64() * 1e3,
                    own.as_secs_f64() / base.as_secs_f64()
                )
            };
            println!(
                "{votes:>9}  {:>9} {:>9} {:>9}  {:>7} ns  {:>16}  {:>16}  {:>16}",
                measured.kept,
                measured.cells,
                measured.in_groups,
                measured.add.as_nanos(),
                column(0),
                column(1),
                column(2)
            );
        }
    }
    agreement()
}

/// Krippendorff's alpha with its interval where three people judge each unit.
fn agreement() -> Result<(), Error> {
    println!("\nagreement, three judgments a unit");
    println!(
        "{:>9}  {:>9}  {:>10}  {:>16}",
        "votes", "units", "add", "300 resamples"
    );
    let mut generator = ChaCha8Rng::seed_from_u64(1);
    let mut base = None;
    for votes in SIZES {
        let names: Vec<String> = (0..votes / 3).map(|at| format!("u{at}")).collect();
        let mut answers = Answers::new(4);
        let start = Instant::now();
        for name in names.iter().cycle().take(votes) {
            answers.add(name, generator.random_range(0..4))?;
        }
        let add = start.elapsed() / votes as u32;
        let (_, time) = best(|| Ok(answers.agreement(Scale::Nominal, Resampling::default())))?;
        let base = *base.get_or_insert(time);
        println!(
            "{votes:>9}  {:>9}  {:>7} ns  {:>10.1} ms ×{:.1}",
            names.len(),
            add.as_nanos(),
            time.as_secs_f64() * 1e3,
            time.as_secs_f64() / base.as_secs_f64()
        );
    }
    Ok(())
}

struct Measured {
    /// (Rater, cell) entries of the statistics.
    kept: usize,
    cells: usize,
    /// (Group, cell) entries of the table.
    in_groups: usize,
    /// For one vote.
    add: Duration,
    /// Table, fit, resamples.
    times: [Duration; 3],
}

fn measure(votes: usize, candidates: usize, covariates: &[&str]) -> Result<Measured, Error> {
    let mut generator = ChaCha8Rng::seed_from_u64(1);
    let names: Vec<String> = (0..candidates).map(|at| format!("m{at}")).collect();
    let raters: Vec<String> = (0..votes / VOTES_EACH).map(|at| format!("r{at}")).collect();
    let styles: Vec<Vec<f64>> = (0..candidates * ANSWERS)
        .map(|_| {
            covariates
                .iter()
                .map(|_| generator.random_range(0.0..3.0))
                .collect()
        })
        .collect();
    let drawn: Vec<Drawn> = (0..votes)
        .map(|_| draw(&mut generator, candidates))
        .collect();

    let mut statistics = Statistics::with_covariates(Covariates::of_features(covariates));
    let start = Instant::now();
    for (at, vote) in drawn.iter().enumerate() {
        let answer = at % ANSWERS;
        statistics.add(&Comparison {
            first_style: &styles[vote.first * ANSWERS + answer],
            second_style: &styles[vote.second * ANSWERS + answer],
            ..Comparison::plain(
                &raters[at % raters.len()],
                &names[vote.first],
                &names[vote.second],
                vote.outcome,
            )
        })?;
    }
    let add = start.elapsed() / votes as u32;

    let influence = |_: &str, votes: u64| Influence::by_votes(votes);
    let (table, table_time) = best(|| statistics.table(&View::default(), influence))?;
    let method = BradleyTerry::default();
    let (_, fit_time) = best(|| method.fit(&table.sample()))?;
    let (_, resample_time) = best(|| standing(&method, &table, Resampling::default()))?;
    let (cells, in_groups) = table.sizes();
    Ok(Measured {
        kept: statistics.entries(),
        cells,
        in_groups,
        add,
        times: [table_time, fit_time, resample_time],
    })
}

/// Shortest time of a few runs.
fn best<T>(run: impl Fn() -> Result<T, Error>) -> Result<(T, Duration), Error> {
    let timed = || {
        let start = Instant::now();
        run().map(|found| (found, start.elapsed()))
    };
    let mut shortest = timed()?;
    for _ in 1..RUNS {
        let (found, time) = timed()?;
        if time < shortest.1 {
            shortest = (found, time);
        }
    }
    Ok(shortest)
}

struct Drawn {
    first: usize,
    second: usize,
    outcome: Outcome,
}

/// A vote of someone who likes candidates less the later they come.
fn draw(generator: &mut ChaCha8Rng, candidates: usize) -> Drawn {
    let first = generator.random_range(0..candidates);
    let second = (first + generator.random_range(1..candidates)) % candidates;
    let margin = 3.0 * (second as f64 - first as f64) / candidates as f64;
    let odds = [(margin / 2.0).exp(), (-margin / 2.0).exp(), 0.5];
    let at = generator.random::<f64>() * odds.iter().sum::<f64>();
    let outcome = if at < odds[0] {
        Outcome::First
    } else if at < odds[0] + odds[1] {
        Outcome::Second
    } else {
        Outcome::Tie
    };
    Drawn {
        first,
        second,
        outcome,
    }
}
