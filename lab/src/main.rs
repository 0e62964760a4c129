//! Command line of the laboratory.

mod commands;

use anyhow::Result;
use clap::{Parser, Subcommand};

use commands::{
    bench, embed, eval, import, pack, pack_source, regret, results, simulate, train, visitors,
    visitors_eval,
};

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
    /// Train the population heads of a pack: on a data set's people, or on simulated ones over the pack's axes.
    Train(train::Arguments),
    /// Train and test every method on a data set: figures, tables, plots.
    Eval(eval::Arguments),
    /// Put several reports of `eval` into one document.
    Results(results::Arguments),
    /// Accuracy of a pack's methods on unseen simulated people and prompts.
    VisitorsEval(visitors_eval::Arguments),
    /// How far a pack's methods pick from a simulated person's true best answer.
    Regret(regret::Arguments),
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
        Command::Results(arguments) => results::run(arguments),
        Command::VisitorsEval(arguments) => visitors_eval::run(arguments),
        Command::Regret(arguments) => regret::run(arguments),
        Command::Bench(arguments) => bench::run(arguments),
        Command::Visitors(arguments) => visitors::run(arguments),
    }
}
