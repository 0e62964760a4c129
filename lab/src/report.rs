//! Tables of an evaluation: markdown for people, JSON for programs.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Serialize;

use crate::evaluate::{Curve, Protocol, SHOTS};

/// Resamples of the bootstrap over people.
const RESAMPLES: usize = 1000;

/// One cell of a table.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Cell {
    /// Votes.
    pub votes: usize,
    /// Mean accuracy.
    pub accuracy: f64,
    /// Lower end of the 95 % interval, bootstrap over people.
    pub low: f64,
    /// Upper end.
    pub high: f64,
}

/// One row: a method under a protocol.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Method id.
    pub method: String,
    /// Protocol.
    pub protocol: Protocol,
    /// People, all seeds together.
    pub people: usize,
    /// One per number of votes.
    pub cells: Vec<Cell>,
}

/// Pools the curves of several seeds.
pub fn rows(seeds: &[Vec<Curve>]) -> Vec<Row> {
    let Some(first) = seeds.first() else {
        return vec![];
    };
    first
        .iter()
        .enumerate()
        .map(|(at, curve)| {
            let pooled: Vec<Vec<f64>> = (0..SHOTS.len())
                .map(|shot| {
                    seeds
                        .iter()
                        .flat_map(|curves| curves[at].accuracy[shot].iter().copied())
                        .collect()
                })
                .collect();
            Row {
                method: curve.method.clone(),
                protocol: curve.protocol,
                people: pooled[0].len(),
                cells: SHOTS
                    .iter()
                    .zip(&pooled)
                    .map(|(votes, values)| cell(*votes, values))
                    .collect(),
            }
        })
        .collect()
}

fn cell(votes: usize, values: &[f64]) -> Cell {
    let count = values.len().max(1);
    let mut rng = ChaCha8Rng::seed_from_u64(votes as u64);
    let mut means: Vec<f64> = (0..RESAMPLES)
        .map(|_| {
            (0..count)
                .map(|_| values[rng.random_range(0..count)])
                .sum::<f64>()
                / count as f64
        })
        .collect();
    means.sort_by(f64::total_cmp);
    Cell {
        votes,
        accuracy: values.iter().sum::<f64>() / count as f64,
        low: means[RESAMPLES / 40],
        high: means[RESAMPLES - 1 - RESAMPLES / 40],
    }
}

/// How many random votes give what `votes` chosen ones give, by linear interpolation in the logarithm; `None` beyond
/// the table.
pub fn equivalent(random: &Row, accuracy: f64) -> Option<f64> {
    random.cells.windows(2).find_map(|pair| {
        let [low, high] = pair else {
            return None;
        };
        if low.accuracy <= accuracy && accuracy <= high.accuracy && high.accuracy > low.accuracy {
            let share = (accuracy - low.accuracy) / (high.accuracy - low.accuracy);
            let (a, b) = (
                (low.votes as f64 + 1.0).ln(),
                (high.votes as f64 + 1.0).ln(),
            );
            return Some((a + share * (b - a)).exp() - 1.0);
        }
        None
    })
}

/// The report in markdown.
pub fn markdown(rows: &[Row], preamble: &str) -> String {
    let mut text = preamble.to_owned();
    for (protocol, title) in [
        (Protocol::Random, "Random questions"),
        (
            Protocol::Chosen,
            "Chosen questions (expected information under empirical Bayes)",
        ),
        (
            Protocol::NewPrompts,
            "Random questions, all on prompts that nothing was trained on",
        ),
    ] {
        text += &format!("\n## {title}\n\n| method |");
        for votes in SHOTS {
            text += &format!(" {votes} |");
        }
        text += &format!("\n|---|{}\n", "---|".repeat(SHOTS.len()));
        for row in rows.iter().filter(|row| row.protocol == protocol) {
            text += &format!("| {} |", row.method);
            for cell in &row.cells {
                text += &format!(" {:.3} ({:.3}–{:.3}) |", cell.accuracy, cell.low, cell.high);
            }
            text += "\n";
        }
    }
    let find = |protocol| {
        rows.iter()
            .find(|row| row.protocol == protocol && row.method == "eb")
    };
    if let (Some(random), Some(chosen)) = (find(Protocol::Random), find(Protocol::Chosen)) {
        text += "\n## What choosing adds\n\n| chosen votes | accuracy | random votes for the same |\n|---|---|---|\n";
        for cell in chosen.cells.iter().skip(1) {
            let needed = equivalent(random, cell.accuracy)
                .map_or("more than 40".to_owned(), |votes| format!("{votes:.1}"));
            text += &format!("| {} | {:.3} | {needed} |\n", cell.votes, cell.accuracy);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(accuracies: [f64; 7]) -> Row {
        Row {
            method: "eb".into(),
            protocol: Protocol::Random,
            people: 1,
            cells: SHOTS
                .iter()
                .zip(accuracies)
                .map(|(votes, accuracy)| Cell {
                    votes: *votes,
                    accuracy,
                    low: accuracy,
                    high: accuracy,
                })
                .collect(),
        }
    }

    #[test]
    fn equivalent_votes_interpolate() {
        let random = row([0.5, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85]);
        let votes = equivalent(&random, 0.75).expect("within the table");
        assert!((votes - 10.0).abs() < 1e-9);
        assert_eq!(equivalent(&random, 0.9), None);
    }

    #[test]
    fn an_interval_holds_its_mean() {
        let values: Vec<f64> = (0..100).map(|at| f64::from(at) / 100.0).collect();
        let cell = cell(1, &values);
        assert!(cell.low < cell.accuracy && cell.accuracy < cell.high);
        assert!((cell.high - cell.low - 0.113).abs() < 0.02, "{cell:?}");
    }
}
