//! `palate backup` and `palate restore`: one file that holds the database as it was at one moment, the secret key and the
//! kept packs. The server may be running.
//!
//! The file is itself an SQLite database: a copy of ours with one more table, [`FILES`], of what lies beside it.

use std::path::{Component, Path, PathBuf};

use anyhow::{Context, bail, ensure};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{Connection, SqliteConnection};

use crate::config::{BackupConfig, RestoreConfig};
use crate::packs::is_plain_name;
use crate::secret::private_file;

/// The table of files beside the database.
const FILES: &str =
    "CREATE TABLE backup_files (path TEXT PRIMARY KEY NOT NULL, bytes BLOB NOT NULL)";

/// Writes a backup; it appears at `config.out` only when it is complete and was read again.
///
/// # Errors
/// When the file exists, there is no database, or reading or writing fails.
pub async fn backup(config: &BackupConfig) -> anyhow::Result<()> {
    if config.database_url.is_some() {
        bail!(
            "the database is PostgreSQL: back it up with pg_dump, and copy secret.key and packs of the data folder"
        );
    }
    let database = config.data_dir.join("palate.db");
    ensure!(
        database.is_file(),
        "there is no database {}",
        database.display()
    );
    ensure!(
        !config.out.exists(),
        "{} exists: a backup replaces no file",
        config.out.display()
    );
    let partial = beside(&config.out)?;
    remove_if_there(&partial)?;
    // It holds the secret key.
    private_file(&partial).with_context(|| format!("cannot make {}", partial.display()))?;
    let written = write(config, &database, &partial).await;
    if written.is_err() {
        std::fs::remove_file(&partial).ok();
    }
    written?;
    publish(&partial, &config.out)
}

async fn write(config: &BackupConfig, database: &Path, partial: &Path) -> anyhow::Result<()> {
    let mut source =
        SqliteConnection::connect_with(&SqliteConnectOptions::new().filename(database))
            .await
            .with_context(|| format!("cannot open {}", database.display()))?;
    let text = partial
        .to_str()
        .context("the path of the backup is not UTF-8")?;
    sqlx::query("VACUUM INTO $1")
        .bind(text)
        .execute(&mut source)
        .await
        .context("cannot copy the database")?;
    source.close().await?;
    // Packs are only ever added, so all that the copied rows name are there.
    let mut copy = open(partial).await?;
    sqlx::raw_sql(FILES).execute(&mut copy).await?;
    for path in beside_the_database(&config.data_dir)? {
        let bytes = std::fs::read(config.data_dir.join(&path))
            .with_context(|| format!("cannot read {path} of the data folder"))?;
        sqlx::query("INSERT INTO backup_files (path, bytes) VALUES ($1, $2)")
            .bind(path)
            .bind(bytes)
            .execute(&mut copy)
            .await?;
    }
    check(&mut copy).await?;
    copy.close().await?;
    Ok(())
}

/// Makes a data folder of a backup.
///
/// # Errors
/// When the folder is in use, the file is no whole backup, or reading or writing fails.
pub async fn restore(config: &RestoreConfig) -> anyhow::Result<()> {
    let dir = &config.data_dir;
    for name in ["palate.db", "palate.db-wal", "secret.key"] {
        ensure!(
            !dir.join(name).exists(),
            "{} holds {name}: restore into a new folder",
            dir.display()
        );
    }
    std::fs::create_dir_all(dir.join("packs"))
        .with_context(|| format!("cannot make {}", dir.display()))?;
    let database = dir.join("palate.db");
    let partial = beside(&database)?;
    remove_if_there(&partial)?;
    let mut into = private_file(&partial)?;
    let mut from = std::fs::File::open(&config.from)
        .with_context(|| format!("cannot read {}", config.from.display()))?;
    std::io::copy(&mut from, &mut into)?;
    drop(into);
    let restored = unpack(&partial, dir).await;
    if restored.is_err() {
        std::fs::remove_file(&partial).ok();
    }
    restored.with_context(|| format!("{} is no backup of palate", config.from.display()))?;
    publish(&partial, &database)
}

/// Checks the copied backup, writes the files that it holds to `dir` and takes them out of it.
async fn unpack(partial: &Path, dir: &Path) -> anyhow::Result<()> {
    let mut copy = open(partial).await?;
    check(&mut copy).await?;
    let files: Vec<(String, Vec<u8>)> = sqlx::query_as("SELECT path, bytes FROM backup_files")
        .fetch_all(&mut copy)
        .await?;
    ensure!(
        files.iter().any(|(path, _)| path == "secret.key"),
        "it holds no secret key"
    );
    for (path, bytes) in files {
        ensure!(
            is_ours(Path::new(&path)),
            "it holds a file {path:?} that does not belong there"
        );
        let mut file = private_file(&dir.join(&path))
            .with_context(|| format!("cannot make {path} of the data folder"))?;
        std::io::Write::write_all(&mut file, &bytes)?;
        file.sync_all()?;
    }
    std::fs::File::open(dir.join("packs"))?.sync_all()?;
    sqlx::raw_sql("DROP TABLE backup_files; VACUUM")
        .execute(&mut copy)
        .await?;
    copy.close().await?;
    Ok(())
}

/// Whether a path may lie beside the database: the key, or a file of the folder of packs.
fn is_ours(path: &Path) -> bool {
    let plain = |part: Component<'_>| part.as_os_str().to_str().is_some_and(is_plain_name);
    let parts: Vec<_> = path.components().collect();
    match parts.as_slice() {
        [key] => key.as_os_str() == "secret.key",
        [packs, name] => packs.as_os_str() == "packs" && plain(*name),
        _ => false,
    }
}

fn beside_the_database(data_dir: &Path) -> anyhow::Result<Vec<String>> {
    let mut paths = vec!["secret.key".to_owned()];
    for entry in std::fs::read_dir(data_dir.join("packs"))? {
        let name = entry?.file_name();
        let path = format!("packs/{}", name.to_string_lossy());
        if is_ours(Path::new(&path)) {
            paths.push(path);
        }
    }
    paths.sort();
    Ok(paths)
}

async fn open(path: &Path) -> anyhow::Result<SqliteConnection> {
    let options = SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Delete)
        .synchronous(SqliteSynchronous::Full);
    SqliteConnection::connect_with(&options)
        .await
        .with_context(|| format!("cannot open {}", path.display()))
}

/// Reads all of it.
async fn check(copy: &mut SqliteConnection) -> anyhow::Result<()> {
    let found: Vec<String> = sqlx::query_scalar("PRAGMA integrity_check")
        .fetch_all(&mut *copy)
        .await?;
    ensure!(found == ["ok"], "it is damaged: {}", found.join("; "));
    let broken = sqlx::query("PRAGMA foreign_key_check")
        .fetch_optional(copy)
        .await?;
    ensure!(broken.is_none(), "a row refers to one that is not there");
    Ok(())
}

/// The name under which a file is written before it is complete.
fn beside(path: &Path) -> anyhow::Result<PathBuf> {
    let name = path
        .file_name()
        .and_then(|name| name.to_str())
        .with_context(|| format!("{} is no name of a file", path.display()))?;
    Ok(path.with_file_name(format!(".{name}.partial")))
}

fn remove_if_there(path: &Path) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

/// Gives a complete file its name; both are on disk when this returns.
fn publish(partial: &Path, path: &Path) -> anyhow::Result<()> {
    std::fs::File::open(partial)?.sync_all()?;
    std::fs::rename(partial, path).with_context(|| format!("cannot make {}", path.display()))?;
    let dir = path
        .parent()
        .filter(|dir| !dir.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::File::open(dir)?.sync_all()?;
    Ok(())
}
