//! The binary `palate`: reads the command line and wires the parts.

use clap::Parser;
use palate_server::clock::{day, now_ms};
use palate_server::config::{Cli, Command, ReleaseCommand};
use palate_server::db::transfer::transfer;
use palate_server::{backup, demo, release, serve, study, telemetry, upkeep};

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
            Command::Release { command } => on_releases(command).await,
            Command::Study { command } => study::command::run(command).await,
            Command::DemoData(config) => demo::demo_data(&config).await,
            Command::Version => {
                telemetry::print_line(&format!("palate {}", env!("CARGO_PKG_VERSION")))
            }
            Command::MigrateDb(config) => {
                let done = transfer(&config.from, &config.to).await?;
                tracing::info!(
                    rows = done.rows,
                    mended = done.mended,
                    "the database is copied"
                );
                Ok(())
            }
            Command::Backup(config) => backup::backup(&config).await,
            Command::Restore(config) => backup::restore(&config).await,
        }
    })
}

async fn on_releases(command: ReleaseCommand) -> anyhow::Result<()> {
    match command {
        ReleaseCommand::Build(config) => {
            let release = release::build(&config).await?;
            tracing::info!(
                id = %release.id, votes = release.votes, pairs = release.pairs, raters = release.raters,
                "release written"
            );
            Ok(())
        }
        ReleaseCommand::Verify { dir } => {
            let problems = release::verify(&dir)?;
            for problem in &problems {
                telemetry::print_line(&problem.to_string())?;
            }
            anyhow::ensure!(
                problems.is_empty(),
                "{} is not whole: {} problems",
                dir.display(),
                problems.len()
            );
            telemetry::print_line(&format!("{} is whole", dir.display()))
        }
        ReleaseCommand::List { data_dir } => {
            for line in release::list(&data_dir.join("releases"))? {
                telemetry::print_line(&line)?;
            }
            Ok(())
        }
        ReleaseCommand::Withdraw {
            id,
            reason,
            data_dir,
        } => {
            let parent = data_dir.join("releases");
            release::withdraw(&parent, &id, &reason, &day(now_ms()))?;
            tracing::info!(id, reason, "release withdrawn");
            Ok(())
        }
    }
}
