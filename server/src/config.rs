//! The command line. Every setting of `serve` also has an environment variable `PALATE_*`.

use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::db::place::{DatabaseUrl, Place};
use crate::limits::LimitSettings;
use crate::operator::OperatorToken;

/// Rank answers, learn a taste in the browser, publish what people chose to share.
#[derive(Clone, Debug, Parser)]
#[command(name = "palate", version)]
pub struct Cli {
    /// How the log on standard error is written.
    #[arg(long, env = "PALATE_LOG_FORMAT", default_value = "text", global = true)]
    pub log_format: LogFormat,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line, for programs.
    Json,
}

/// What the binary can do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Serve the site and the API.
    Serve(ServeConfig),
    /// Remove what was kept long enough. `serve` does so once a day; the server may be running.
    Purge(PurgeConfig),
    /// Weigh votes and people. `serve` does so once a day; the server may be running.
    Assess(AssessConfig),
    /// Work on data releases.
    Release {
        /// Which work.
        #[command(subcommand)]
        command: ReleaseCommand,
    },
    /// Ask people about your own prompts and answers. The server may be running.
    Study {
        /// Which work.
        #[command(subcommand)]
        command: StudyCommand,
    },
    /// Copy the database of a data folder to an empty PostgreSQL database. Stop the server before.
    MigrateDb(MigrateConfig),
    /// Write the database, the secret key and kept packs to one file; the server may be running.
    Backup(BackupConfig),
    /// Make a data folder of such a file.
    Restore(RestoreConfig),
    /// Add judgments of simulated people, marked so, to try things out and to measure.
    DemoData(DemoConfig),
    /// Print the version.
    Version,
}

/// Settings of `palate serve`.
#[derive(Clone, Debug, Args)]
pub struct ServeConfig {
    /// Address to listen on.
    #[arg(long, env = "PALATE_HOST", default_value = "127.0.0.1")]
    pub host: IpAddr,
    /// Port to listen on; 0 takes a free one. Where systemd hands a socket over, that one is used.
    #[arg(long, env = "PALATE_PORT", default_value_t = 3000)]
    pub port: u16,
    /// Folder of the database, the secret key, kept packs and releases. Made if missing.
    #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// PostgreSQL instead of SQLite in the data folder: `postgres://USER:PASSWORD@HOST/DATABASE`. The variable keeps the
    /// password out of lists of processes.
    #[arg(long, env = "PALATE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
    /// Private address that answers `GET /metrics` for Prometheus, like 127.0.0.1:9464; none when left out.
    #[arg(long, env = "PALATE_METRICS_ADDRESS")]
    pub metrics_address: Option<SocketAddr>,
    /// Folder of the built site.
    #[arg(long, env = "PALATE_SITE")]
    pub site: PathBuf,
    /// Folder of the encoder's weights, served at `/models/encoder/`.
    #[arg(long, env = "PALATE_ENCODER_DIR")]
    pub encoder_dir: Option<PathBuf>,
    /// Served behind https: the session cookie is `__Host-sid` with `Secure`.
    #[arg(long, env = "PALATE_SECURE_COOKIES")]
    pub secure_cookies: bool,
    /// JSON file that says how many days things are kept; see the README.
    #[arg(long, env = "PALATE_RETENTION")]
    pub retention: Option<PathBuf>,
    /// Days from one release of what people chose to publish to the next, which the server then writes by itself into
    /// DATA_DIR/releases, and withdraws all but the last four; 0 leaves it to the operator.
    #[arg(long, env = "PALATE_RELEASE_EVERY_DAYS", default_value_t = 0)]
    pub release_every_days: u32,
    /// TOML file of language models, their limits and budgets; see the README. Without it, the built-in library answers.
    #[arg(long, env = "PALATE_MODELS")]
    pub models: Option<PathBuf>,
    /// How old the public leaderboard may be, seconds: what is published or taken back shows after that.
    #[arg(long, env = "PALATE_LEADERBOARD_SECONDS", default_value_t = 10)]
    pub leaderboard_seconds: u64,
    /// File with the operator's token, 16 or more characters, which calls that make and steer studies carry.
    #[arg(long, env = "PALATE_OPERATOR_TOKEN_FILE")]
    pub operator_token_file: Option<PathBuf>,
    /// The token itself; by the variable, since lists of processes show arguments.
    #[arg(long, env = "PALATE_OPERATOR_TOKEN", hide_env_values = true)]
    pub operator_token: Option<OperatorToken>,
    /// Against abuse.
    #[command(flatten)]
    pub limits: LimitSettings,
}

/// Settings of `palate purge`.
#[derive(Clone, Debug, Args)]
pub struct PurgeConfig {
    /// Folder of the database.
    #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// PostgreSQL instead of SQLite in the data folder: `postgres://USER:PASSWORD@HOST/DATABASE`. The variable keeps the
    /// password out of lists of processes.
    #[arg(long, env = "PALATE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
    /// The file that the server is started with.
    #[arg(long, env = "PALATE_RETENTION")]
    pub retention: Option<PathBuf>,
}

/// Settings of `palate assess`.
#[derive(Clone, Debug, Args)]
pub struct AssessConfig {
    /// Folder of the database.
    #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// PostgreSQL instead of SQLite in the data folder: `postgres://USER:PASSWORD@HOST/DATABASE`. The variable keeps the
    /// password out of lists of processes.
    #[arg(long, env = "PALATE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
}

/// Settings of `palate migrate-db`.
#[derive(Clone, Debug, Args)]
pub struct MigrateConfig {
    /// Folder of the SQLite database. Its tables are brought up to date; no row is changed.
    #[arg(long)]
    pub from: PathBuf,
    /// The PostgreSQL database, which `serve` makes or which is new: `postgres://USER:PASSWORD@HOST/DATABASE`.
    #[arg(long, env = "PALATE_DATABASE_URL", hide_env_values = true)]
    pub to: DatabaseUrl,
}

/// Settings of `palate backup`.
#[derive(Clone, Debug, Args)]
pub struct BackupConfig {
    /// Folder of the database, the secret key and kept packs.
    #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// Refused: PostgreSQL is backed up by `pg_dump`.
    #[arg(long, env = "PALATE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
    /// File to write, which must not exist. Keep it as safe as the data folder: it holds the secret key.
    #[arg(long)]
    pub out: PathBuf,
}

/// Settings of `palate restore`.
#[derive(Clone, Debug, Args)]
pub struct RestoreConfig {
    /// A file that `palate backup` wrote.
    #[arg(long)]
    pub from: PathBuf,
    /// Folder to make, or one without a database.
    #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
}

/// Work on data releases.
#[derive(Clone, Debug, Subcommand)]
pub enum ReleaseCommand {
    /// Write a release from the database; the server may be running.
    Build(ReleaseConfig),
    /// Check a release: sums, schemas and counts. Fails when something is wrong.
    Verify {
        /// Folder of the release.
        dir: PathBuf,
    },
    /// List the releases of the data folder, newest first.
    List {
        /// Folder of the database.
        #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
        data_dir: PathBuf,
    },
    /// Take a release back: its data is removed, its card says why.
    Withdraw {
        /// The release.
        id: String,
        /// Why, in one line, for everyone to read.
        #[arg(long)]
        reason: String,
        /// Folder of the database.
        #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
        data_dir: PathBuf,
    },
}

/// Settings of `palate release build`.
#[derive(Clone, Debug, Args)]
pub struct ReleaseConfig {
    /// Folder of the database, the secret key and kept packs.
    #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// PostgreSQL instead of SQLite in the data folder: `postgres://USER:PASSWORD@HOST/DATABASE`. The variable keeps the
    /// password out of lists of processes.
    #[arg(long, env = "PALATE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
    /// Folder to write, which must not exist. `DATA_DIR/releases/ID` is served under `/data`.
    #[arg(long)]
    pub out: PathBuf,
    /// Id of the release; the name of the folder when left out.
    #[arg(long)]
    pub id: Option<String>,
    /// Last day whose votes enter, `YYYY-MM-DD` UTC; the id when it is a day, else today.
    #[arg(long)]
    pub cut_day: Option<String>,
    /// The release of this study: its votes by people who agree to take part in it. Without it, votes outside of studies.
    #[arg(long)]
    pub study: Option<String>,
    /// Publish votes of programs, and only those: every file name says so, and the server does not offer them.
    #[arg(long)]
    pub simulated_only: bool,
    /// Write tables of single votes as folders by day and pack, Parquet only. From ten million votes on this is so anyway.
    #[arg(long)]
    pub partitioned: bool,
    /// Withdraw the releases beside it that are older than the last four.
    #[arg(long)]
    pub withdraw_old: bool,
}

/// Work on studies.
#[derive(Clone, Debug, Subcommand)]
pub enum StudyCommand {
    /// Make a draft of a file; errors are listed by line. Prints the study's id.
    Create(StudyArguments),
    /// List all studies, newest first.
    List {
        /// Where.
        #[command(flatten)]
        place: StudyPlace,
    },
    /// Print progress and agreement as JSON.
    Show {
        /// The study.
        id: String,
        /// Where.
        #[command(flatten)]
        place: StudyPlace,
    },
    /// Let people take part.
    Open {
        /// The study.
        id: String,
        /// Where.
        #[command(flatten)]
        place: StudyPlace,
    },
    /// Ask no more questions.
    Close {
        /// The study.
        id: String,
        /// Where.
        #[command(flatten)]
        place: StudyPlace,
    },
    /// Make the vectors of a study that was made without.
    Embed {
        /// The study.
        id: String,
        /// Folder of the encoder's weights.
        #[arg(long, env = "PALATE_ENCODER_DIR")]
        encoder_dir: PathBuf,
        /// Where.
        #[command(flatten)]
        place: StudyPlace,
    },
}

/// Where studies are.
#[derive(Clone, Debug, Args)]
pub struct StudyPlace {
    /// Folder of the database and of kept packs.
    #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// PostgreSQL instead of SQLite in the data folder: `postgres://USER:PASSWORD@HOST/DATABASE`. The variable keeps the
    /// password out of lists of processes.
    #[arg(long, env = "PALATE_DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<DatabaseUrl>,
}

/// Settings of `palate study create`.
#[derive(Clone, Debug, Args)]
pub struct StudyArguments {
    /// Prompts and answers: .jsonl, .csv or .parquet; see the README for the columns.
    #[arg(long)]
    pub from: PathBuf,
    /// Name for people.
    #[arg(long)]
    pub title: String,
    /// How to judge, a markdown file.
    #[arg(long)]
    pub guidelines: PathBuf,
    /// What participants agree to, a text file.
    #[arg(long)]
    pub consent: PathBuf,
    /// SPDX id of the licence of prompts and answers.
    #[arg(long, default_value = "LicenseRef-unknown")]
    pub licence: String,
    /// Votes of different people that each comparison needs.
    #[arg(long, default_value_t = 3)]
    pub overlap: u32,
    /// Share of questions that ask again, with the sides swapped, 0 to 0.5.
    #[arg(long, default_value_t = 0.0)]
    pub repeats: f64,
    /// Probability that any comparison is asked instead of one with the fewest votes.
    #[arg(long, default_value_t = 0.1)]
    pub random_floor: f64,
    /// Always any comparison.
    #[arg(long)]
    pub uniform_random: bool,
    /// Most votes of one person.
    #[arg(long)]
    pub quota_per_person: Option<u32>,
    /// Most votes in all.
    #[arg(long)]
    pub quota: Option<u32>,
    /// Folder of the encoder's weights; without it the study has no vectors at first.
    #[arg(long, env = "PALATE_ENCODER_DIR")]
    pub encoder_dir: Option<PathBuf>,
    /// Where.
    #[command(flatten)]
    pub place: StudyPlace,
}

/// Settings of `palate demo-data`.
#[derive(Clone, Debug, Args)]
pub struct DemoConfig {
    /// Folder of a database, which is made if missing. The server must not be running.
    #[arg(long, env = "PALATE_DATA_DIR", default_value = "data")]
    pub data_dir: PathBuf,
    /// Folder of the built site, or one with `packs` in it, to vote on.
    #[arg(long, env = "PALATE_SITE")]
    pub site: PathBuf,
    /// How many judgments to add.
    #[arg(long)]
    pub judgments: u64,
    /// The same seed gives the same judgments.
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
}

impl ServeConfig {
    /// Where the database is.
    pub fn database(&self) -> Place {
        Place::of(&self.data_dir, self.database_url.as_ref())
    }
}

impl StudyPlace {
    /// Where the database is.
    pub fn database(&self) -> Place {
        Place::of(&self.data_dir, self.database_url.as_ref())
    }
}

impl PurgeConfig {
    /// Where the database is.
    pub fn database(&self) -> Place {
        Place::of(&self.data_dir, self.database_url.as_ref())
    }
}

impl AssessConfig {
    /// Where the database is.
    pub fn database(&self) -> Place {
        Place::of(&self.data_dir, self.database_url.as_ref())
    }
}

impl ReleaseConfig {
    /// Where the database is.
    pub fn database(&self) -> Place {
        Place::of(&self.data_dir, self.database_url.as_ref())
    }
}
