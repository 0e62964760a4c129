//! The two commands of the project, `cargo xtask run` and `cargo xtask test`, and their parts.

mod bench;
mod budget;
mod deploy;
mod env;
mod exports;
mod fuzz;
mod npm;
mod pack;
mod postgres;
mod python;
mod rules;
mod run;
mod schema;
mod site;
mod soak;
mod test;
mod wasm;
mod weights;

use std::path::PathBuf;

use clap::{Parser, Subcommand, ValueEnum};

#[derive(Parser)]
#[command(about = "Build, run, test and measure Palate")]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build what is missing and serve the site on 127.0.0.1.
    Run {
        /// TCP port.
        #[arg(long, default_value_t = 3000)]
        port: u16,
        /// Folder of the database and releases.
        #[arg(long, default_value = "data")]
        data_dir: PathBuf,
    },
    /// Build the server and the site.
    Build {
        /// Build only this part of the site.
        #[arg(long)]
        only: Option<Part>,
    },
    /// Prove the project: every check, in order, with a table of step times.
    Test {
        /// Run only these steps, separated by commas.
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
    },
    /// Measure: `crowd`, `encoder`, `lighthouse`, `long`, `page`, `proxy`, `refit`, `release`, `session`, `visitors` or `votes`.
    Bench {
        /// Which bench.
        name: String,
    },
    /// Long checks: `kill`, `generation`, `independent`, `api` or `fuzz`.
    Soak {
        /// Which soak.
        name: String,
    },
    /// Run a command, such as `cargo test -p palate-server`, with `PALATE_TEST_DATABASE` set to a PostgreSQL server of its
    /// own.
    Postgres {
        /// The command and its arguments.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true)]
        command: Vec<String>,
    },
    /// Obtain the encoder's weights and cut them into shards.
    Weights,
    /// Rebuild every pack under `packs` from its source text (needs the weights).
    Pack,
}

/// A part of the site.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    /// The pages.
    Ui,
    /// The worker without WebGPU.
    WorkerCpu,
    /// The worker with WebGPU.
    WorkerGpu,
}

fn main() -> anyhow::Result<()> {
    match Cli::parse().command {
        Command::Run { port, data_dir } => run::run(port, &data_dir),
        Command::Build { only: Some(part) } => {
            env::ensure_wasm_target()?;
            site::build(&[part]).map(drop)
        }
        Command::Build { only: None } => {
            env::ensure_wasm_target()?;
            env::build("palate")?;
            site::build(&[Part::Ui, Part::WorkerCpu, Part::WorkerGpu]).map(drop)
        }
        Command::Test { only } => test::test(&only),
        Command::Bench { name } => bench::bench(&name),
        Command::Soak { name } => soak::soak(&name),
        Command::Postgres { command } => postgres::run(&command),
        Command::Weights => weights::ensure_encoder(&env::encoder_dir()?),
        Command::Pack => pack::rebuild(),
    }
}
