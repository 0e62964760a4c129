//! Command line of the laboratory.

mod commands;

use anyhow::Result;
use clap::{Parser, Subcommand};

use commands::{bench, embed, eval, import, pack, pack_source, simulate, train, visitors};

#[derive(Parser)]
#[command(
    name = "palate-lab",
    about = "Data sets, simulated people, training, evaluation, packs"
)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Bring a published data set into the canonical format.
    Import(import::Arguments),
    /// Compute the vectors of a data set's texts and keep them beside it.
    Embed(embed::Arguments),
    /// Write a data set of simulated people in the canonical format.
    Simulate(simulate::Arguments),
    /// Build a pack from JSONL, or check a built one against its source.
    Pack(pack::Arguments),
    /// Write the source text of a pack from a published data set.
    PackSource(pack_source::Arguments),
    /// Train population heads on simulated people over a pack with axes.
    Train(train::Arguments),
    /// Accuracy of every method on unseen simulated people and prompts.
    Eval(eval::Arguments),
    /// Native time of refit and question choice, milliseconds.
    Bench(bench::Arguments),
    /// Simulated visitors through whole sessions, as the site runs them; prints accuracy on held-out votes.
    Visitors(visitors::Arguments),
}

fn main() -> Result<()> {
    match Cli::parse().command {
        Command::Import(arguments) => import::run(arguments),
        Command::Embed(arguments) => embed::run(arguments),
        Command::Simulate(arguments) => simulate::run(arguments),
        Command::Pack(arguments) => pack::run(arguments),
        Command::PackSource(arguments) => pack_source::run(arguments),
        Command::Train(arguments) => train::run(arguments),
        Command::Eval(arguments) => eval::run(arguments),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Visitors(arguments) => visitors::run(arguments),
    }
}
