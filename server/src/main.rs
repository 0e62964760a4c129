//! The binary `palate`: reads the command line and wires the parts.

use clap::Parser;
use palate_server::config::{Cli, Command, ReleaseCommand};
use palate_server::db::transfer::transfer;
use palate_server::{backup, release, serve, telemetry, upkeep};

fn main() -> anyhow::Result<()> {
    let cli = Cli::parse();
    telemetry::start(cli.log_format);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        match cli.command {
            Command::Serve(config) => serve::serve(config).await,
            Command::Purge(config) => upkeep::purge_once(&config).await,
            Command::Assess(config) => upkeep::assess_once(&config).await,
            Command::Release { command: ReleaseCommand::Build(config) } => {
                let release = release::build(&config).await?;
                tracing::info!(
                    id = %release.id, votes = release.votes, pairs = release.pairs, raters = release.raters,
                    "release written"
                );
                Ok(())
            }
            Command::MigrateDb(config) => {
                let done = transfer(&config.from, &config.to).await?;
                tracing::info!(rows = done.rows, mended = done.mended, "the database is copied");
                Ok(())
            }
            Command::Backup(config) => backup::backup(&config).await,
            Command::Restore(config) => backup::restore(&config).await,
            Command::Version => telemetry::print_line(&format!("palate {}", env!("CARGO_PKG_VERSION"))),
        }
    })
}
