//! A PostgreSQL server for one run: on a temporary folder and a socket in it only, stopped and removed at the end.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::env;

/// The user that Debian makes for the server, which refuses to run as root.
const USER: &str = "postgres";

/// The folder of a cluster, with the number of the process that it is for.
const FOLDER: &str = "palate-postgres-";

/// Whether what is acknowledged survives a crash of the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Disk {
    /// As an operator runs it.
    Waits,
    /// Faster, for tests: a process that is killed loses nothing either way.
    IsNotWaitedFor,
}

/// A server that runs until this goes.
pub(crate) struct Cluster {
    programs: PathBuf,
    dir: PathBuf,
    as_user: bool,
}

impl Cluster {
    /// Installs PostgreSQL when it is missing and we are root, makes a cluster and starts it.
    pub(crate) fn start(disk: Disk) -> Result<Self> {
        let programs = programs()?;
        let as_user = env::is_root()?;
        stop_orphans(&programs, as_user);
        let dir = std::env::temp_dir().join(format!("{FOLDER}{}", std::process::id()));
        std::fs::create_dir(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        let cluster = Self {
            programs,
            dir,
            as_user,
        };
        if as_user {
            env::run(Command::new("chown").arg(USER).arg(&cluster.dir))?;
        }
        // Texts of the database sort by language, so that what must sort by bytes has to say so.
        env::output(
            cluster
                .command("initdb")
                .args(["--username", USER, "--auth", "trust", "--no-sync"])
                .args(["--encoding", "UTF8", "--locale", "C.UTF-8"])
                .args(["--locale-provider", "icu", "--icu-locale", "en-US"])
                .arg("--pgdata")
                .arg(cluster.data()),
        )?;
        let mut settings = format!(
            "-c listen_addresses= -c unix_socket_directories={} -c max_connections=1000",
            cluster.dir.display()
        );
        if disk == Disk::IsNotWaitedFor {
            settings.push_str(" -c fsync=off -c full_page_writes=off");
        }
        let started =
            env::output(
                cluster
                    .control("start")
                    .args(["--wait", "--options", &settings]),
            );
        started.with_context(|| {
            let log = std::fs::read_to_string(cluster.log()).unwrap_or_default();
            format!("PostgreSQL does not start; its log:\n{log}")
        })?;
        Ok(cluster)
    }

    /// How the tests find it.
    pub(crate) fn url(&self) -> String {
        format!(
            "postgres:///postgres?host={}&user={USER}",
            self.dir.display()
        )
    }

    fn data(&self) -> PathBuf {
        self.dir.join("data")
    }

    fn log(&self) -> PathBuf {
        self.dir.join("log")
    }

    fn control(&self, what: &str) -> Command {
        let mut command = self.command("pg_ctl");
        command
            .arg(what)
            .arg("--pgdata")
            .arg(self.data())
            .arg("--log")
            .arg(self.log());
        command
    }

    /// A program of the server, as the user that may run it.
    fn command(&self, program: &str) -> Command {
        let program = self.programs.join(program);
        let mut command = if self.as_user {
            let mut command = Command::new("runuser");
            command.args(["-u", USER, "--"]).arg(program);
            command
        } else {
            Command::new(program)
        };
        // Its user may not be allowed to look at ours.
        command.current_dir(&self.dir);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        if self.data().is_dir()
            && let Err(error) =
                env::output(self.control("stop").args(["--wait", "--mode", "immediate"]))
        {
            println!("cannot stop PostgreSQL: {error:#}");
        }
        if let Err(error) = std::fs::remove_dir_all(&self.dir) {
            println!("cannot remove {}: {error}", self.dir.display());
        }
    }
}

/// Stops and removes clusters whose process was stopped before it could do so.
fn stop_orphans(programs: &Path, as_user: bool) {
    let folders = std::fs::read_dir(std::env::temp_dir())
        .into_iter()
        .flatten()
        .filter_map(Result::ok);
    for folder in folders {
        let name = folder.file_name();
        let process = name.to_str().and_then(|name| name.strip_prefix(FOLDER));
        // Without /proc nothing is known to have ended.
        if process.is_some_and(|process| {
            Path::new("/proc/self").exists() && !Path::new("/proc").join(process).exists()
        }) {
            drop(Cluster {
                programs: programs.to_owned(),
                dir: folder.path(),
                as_user,
            });
        }
    }
}

/// Runs a command with `PALATE_TEST_DATABASE` set to a server of its own.
pub(crate) fn run(command: &[String]) -> Result<()> {
    let (program, arguments) = command
        .split_first()
        .context("name the command to run, such as cargo test --workspace --test api")?;
    let cluster = Cluster::start(Disk::IsNotWaitedFor)?;
    env::run(
        env::program(program)
            .args(arguments)
            .env("PALATE_TEST_DATABASE", cluster.url()),
    )
}

/// The folder of the server's programs; Debian keeps them off PATH, one folder a version.
fn programs() -> Result<PathBuf> {
    if let Some(found) = newest() {
        return Ok(found);
    }
    env::install("PostgreSQL", &["postgresql"])?;
    newest().context(
        "postgresql is installed, but initdb is neither on PATH nor in /usr/lib/postgresql/VERSION/bin",
    )
}

fn newest() -> Option<PathBuf> {
    if let Some(initdb) = env::find_program("initdb") {
        return initdb.parent().map(Path::to_owned);
    }
    std::fs::read_dir("/usr/lib/postgresql")
        .ok()?
        .filter_map(Result::ok)
        .filter_map(|entry| {
            let version: u32 = entry.file_name().to_str()?.parse().ok()?;
            let programs = entry.path().join("bin");
            programs
                .join("initdb")
                .is_file()
                .then_some((version, programs))
        })
        .max()
        .map(|(_, programs)| programs)
}
