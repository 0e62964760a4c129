//! `palate-lab embed`.

use std::path::PathBuf;
use std::time::Instant;

use anyhow::Result;
use palate_lab::data;
use palate_lab::embed::{self, Filled};

use super::say;

#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folder of the data set.
    #[arg(long)]
    data: PathBuf,
    /// Folder of the encoder.
    #[arg(long, env = "PALATE_ENCODER_DIR")]
    encoder: PathBuf,
}

pub(crate) fn run(arguments: Arguments) -> Result<()> {
    let data = data::read(&arguments.data)?;
    let start = Instant::now();
    let mut before = None;
    let filled = embed::fill(
        &arguments.data,
        &embed::texts(&data),
        &arguments.encoder,
        &mut |filled| {
            let before = *before.get_or_insert(filled.done);
            progress(filled, before, start.elapsed().as_secs_f64());
        },
    )?;
    say(&format!(
        "{} texts have a vector in {}",
        filled.done,
        arguments.data.display()
    ));
    Ok(())
}

/// Rewrites one line: a bar, and how long the rest will take.
#[expect(
    clippy::print_stderr,
    reason = "a command line shows its progress on standard error"
)]
fn progress(filled: Filled, before: usize, seconds: f64) {
    let share = filled.done as f64 / filled.texts.max(1) as f64;
    let bar = "#".repeat((share * 40.0) as usize);
    let new = filled.done - before;
    let left = if new == 0 {
        String::new()
    } else {
        let each = seconds / new as f64;
        format!(", {:.0} s left", each * (filled.texts - filled.done) as f64)
    };
    eprint!(
        "\r[{bar:40}] {} of {} texts{left}   ",
        filled.done, filled.texts
    );
    if filled.done == filled.texts {
        eprintln!();
    }
}
