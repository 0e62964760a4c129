//! `palate-lab bench`.

use std::path::PathBuf;

use anyhow::{Context, Result};
use palate_lab::folder;
use palate_models::session::Session;

use super::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Built pack with heads.
    #[arg(long)]
    pack: PathBuf,
    /// Votes in the history.
    #[arg(long, default_value_t = 200)]
    votes: usize,
    /// Candidate pairs.
    #[arg(long, default_value_t = 500)]
    candidates: usize,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let pack = folder::read(&arguments.pack)?;
    let heads = pack.heads.context("the pack has no heads")?;
    let session = Session::new(&pack.items, &pack.vectors, &heads, 1)?;
    let start = std::time::Instant::now();
    let times = session.bench_refit(arguments.votes, arguments.candidates, 50, &|| {
        start.elapsed().as_secs_f64() * 1e3
    })?;
    let line = |name: &str, mut ms: Vec<f64>| {
        ms.sort_by(f64::total_cmp);
        say(&format!(
            "{name}: median {:.2} ms, p95 {:.2} ms",
            ms[ms.len() / 2],
            ms[ms.len() * 95 / 100]
        ));
    };
    for (method, ms) in times.refit {
        line(method.as_str(), ms);
    }
    line("all methods", times.all);
    line("question choice", times.choose);
    Ok(())
}
