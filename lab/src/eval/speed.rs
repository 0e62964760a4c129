//! Times of training and of fitting one person, ours beside those of a plain implementation in PyTorch: `speed.json`, written
//! by the example `train_speed`.

use std::path::Path;

use anyhow::{Context, Result};
use serde::{Deserialize, Serialize};

use super::markdown::number;

/// What was measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Speed {
    /// Where, in words.
    pub machine: String,
    /// Version of PyTorch.
    pub torch: String,
    /// Threads of each side.
    pub threads: usize,
    /// What was trained on, in words.
    pub data: String,
    /// One line for each method and seed.
    pub runs: Vec<Pair>,
}

/// One method under one seed on both sides: the same votes, steps and batches.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pair {
    /// Method id.
    pub method: String,
    /// Seed.
    pub seed: u64,
    /// Gradient steps.
    pub steps: usize,
    /// Ours.
    pub ours: Side,
    /// The other's.
    pub torch: Side,
}

/// One side's figures.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Side {
    /// Wall time of training, seconds.
    pub seconds: f64,
    /// Share of test votes right.
    pub accuracy: f64,
    /// Wall time of fitting a new person to their votes, microseconds, median over people; absent where nothing is
    /// fitted.
    pub fit_microseconds: Option<f64>,
}

/// Reads `speed.json` of a folder, where there is one.
///
/// # Errors
/// When it does not parse.
pub fn read(folder: &Path) -> Result<Option<Speed>> {
    let file = folder.join("speed.json");
    if !file.exists() {
        return Ok(None);
    }
    let speed = serde_json::from_slice(&std::fs::read(&file)?);
    Ok(Some(speed.with_context(|| file.display().to_string())?))
}

/// The section of the document.
pub fn section(speed: &Speed) -> String {
    let mut text = format!(
        "Measured by the example `train_speed` on {}, {} threads each, PyTorch {}; {}. The same votes, network, number of steps and size of batches on both \
sides, one after the other. Means over seeds; times on a shared machine vary, so each ratio stands with the least and the most of its seeds.\n\n\
| method | steps | seeds | ours, s | PyTorch, s | ours / PyTorch | accuracy, ours | PyTorch | fit of one person, ours, µs | PyTorch, µs |\n|---|---|---|---|---|---|---|---|---|---|\n",
        speed.machine, speed.threads, speed.torch, speed.data
    );
    let mut methods: Vec<&str> = Vec::new();
    for run in &speed.runs {
        if !methods.contains(&run.method.as_str()) {
            methods.push(&run.method);
        }
    }
    for method in methods {
        let runs: Vec<&Pair> = speed
            .runs
            .iter()
            .filter(|run| run.method == method)
            .collect();
        let mean = |of: &dyn Fn(&Pair) -> f64| {
            runs.iter().map(|run| of(run)).sum::<f64>() / runs.len() as f64
        };
        let ratios = || runs.iter().map(|run| run.ours.seconds / run.torch.seconds);
        let fit = |of: &dyn Fn(&Pair) -> Option<f64>| {
            let times: Option<Vec<f64>> = runs.iter().map(|run| of(run)).collect();
            times.map_or("–".into(), |times| {
                format!("{:.0}", times.iter().sum::<f64>() / times.len() as f64)
            })
        };
        text += &format!(
            "| {method} | {} | {} | {:.2} | {:.2} | {:.2} ({:.2}–{:.2}) | {} | {} | {} | {} |\n",
            runs[0].steps,
            runs.len(),
            mean(&|run| run.ours.seconds),
            mean(&|run| run.torch.seconds),
            ratios().sum::<f64>() / runs.len() as f64,
            ratios().fold(f64::INFINITY, f64::min),
            ratios().fold(0.0, f64::max),
            number(mean(&|run| run.ours.accuracy)),
            number(mean(&|run| run.torch.accuracy)),
            fit(&|run| run.ours.fit_microseconds),
            fit(&|run| run.torch.fit_microseconds),
        );
    }
    text
}
