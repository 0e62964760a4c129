//! What reads cost that grow with votes, at ten thousand, a hundred thousand and a million votes, in files of SQLite: the public
//! leaderboard, and a study's progress and next question. Each also as a ratio to the first size. Other sizes may be given as
//! arguments.

#[path = "reads/board.rs"]
mod board;
#[path = "reads/study.rs"]
mod study;

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Parser;
use palate_server::config::{Cli, Command};
use palate_server::state::AppState;
use sqlx::{Connection, SqliteConnection};

/// A folder with packs to vote on.
const SITE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../public");
/// Votes.
const SIZES: [u64; 3] = [10_000, 100_000, 1_000_000];
/// Times that each thing is done; the median counts.
const RUNS: usize = 5;

fn main() -> Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        print(&board::COLUMNS, |votes, dir| {
            Box::pin(board::measure(votes, dir))
        })
        .await?;
        print(&study::COLUMNS, |votes, dir| {
            Box::pin(study::measure(votes, dir))
        })
        .await
    })
}

/// What is measured at one size.
type Measuring<'a> = std::pin::Pin<Box<dyn Future<Output = Result<Vec<Duration>>> + 'a>>;

async fn print(
    columns: &[&str],
    measure: impl for<'a> Fn(u64, &'a Path) -> Measuring<'a>,
) -> Result<()> {
    print!("\n{:>9}", "votes");
    for column in columns {
        print!("  {column:>20}");
    }
    println!();
    let mut first: Option<Vec<Duration>> = None;
    let given: Vec<u64> = std::env::args()
        .filter_map(|text| text.parse().ok())
        .collect();
    let sizes = if given.is_empty() {
        SIZES.to_vec()
    } else {
        given
    };
    for votes in sizes {
        let dir = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR"))?;
        let times = measure(votes, dir.path()).await?;
        print!("{votes:>9}");
        for (time, base) in times.iter().zip(first.as_ref().unwrap_or(&times)) {
            let ratio = time.as_secs_f64() / base.as_secs_f64();
            print!(
                "  {:>20}",
                format!("{:.2} ms ×{ratio:.1}", time.as_secs_f64() * 1e3)
            );
        }
        println!();
        first.get_or_insert(times);
    }
    Ok(())
}

/// A server's state over `dir/data` and the site's packs, whose leaderboard looks whenever it is asked.
async fn open(dir: &Path) -> Result<AppState> {
    let data = dir.join("data");
    let cli = Cli::try_parse_from([
        "palate".as_ref(),
        "serve".as_ref(),
        "--leaderboard-seconds=0".as_ref(),
        "--site".as_ref(),
        SITE.as_ref(),
        "--data-dir".as_ref(),
        data.as_os_str(),
    ])?;
    let Command::Serve(config) = cli.command else {
        anyhow::bail!("serve serves");
    };
    AppState::open(config).await
}

/// The database in `dir/data`, past the server.
async fn connect(dir: &Path) -> Result<SqliteConnection> {
    let file = dir.join("data/palate.db");
    Ok(SqliteConnection::connect(&format!("sqlite:{}", file.display())).await?)
}

async fn timed<T>(work: impl Future<Output = Result<T>>) -> Result<(Duration, T)> {
    let start = Instant::now();
    let done = work.await?;
    Ok((start.elapsed(), done))
}

/// The median time of a few runs.
async fn median(mut work: impl AsyncFnMut() -> Result<()>) -> Result<Duration> {
    let mut times = Vec::with_capacity(RUNS);
    for _ in 0..RUNS {
        times.push(timed(work()).await?.0);
    }
    times.sort_unstable();
    Ok(times[RUNS / 2])
}
