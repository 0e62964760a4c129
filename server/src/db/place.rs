//! Where the database is: a file in the data folder, or a PostgreSQL server.

use std::convert::Infallible;
use std::fmt;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use anyhow::ensure;
use sqlx::postgres::PgConnectOptions;

/// Where the database is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// SQLite in this file.
    File(PathBuf),
    /// A database of a PostgreSQL server.
    Server(DatabaseUrl),
}

impl Place {
    /// What the settings say: the server, if one is named, else the file of the data folder.
    pub fn of(data_dir: &Path, database_url: Option<&DatabaseUrl>) -> Self {
        match database_url {
            Some(url) => Self::Server(url.clone()),
            None => Self::File(data_dir.join("palate.db")),
        }
    }
}

/// A URL like `postgres://palate@db.example/palate`. It may hold a password, so it is never printed.
///
/// Any text is taken, so that the command line has no reason to repeat it in an error; it is read by
/// [`DatabaseUrl::options`].
#[derive(Clone, PartialEq, Eq)]
pub struct DatabaseUrl(String);

impl DatabaseUrl {
    /// What it says.
    ///
    /// # Errors
    /// When it is no such URL. The error repeats nothing of it.
    pub fn options(&self) -> anyhow::Result<PgConnectOptions> {
        let is_known = ["postgres://", "postgresql://"]
            .iter()
            .any(|scheme| self.0.starts_with(scheme));
        ensure!(
            is_known,
            "the database URL does not begin with postgres://; without a URL, SQLite in the data folder is used"
        );
        // What the parser says may quote a part.
        let Ok(options) = PgConnectOptions::from_str(&self.0) else {
            anyhow::bail!(
                "the database URL cannot be read; it looks like postgres://USER:PASSWORD@HOST:5432/DATABASE, with \
                 special signs of the password written as %XX"
            );
        };
        ensure!(
            options.get_database().is_some_and(|name| !name.is_empty()),
            "the database URL names no database: it ends like …@HOST/DATABASE"
        );
        Ok(options)
    }
}

impl FromStr for DatabaseUrl {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DatabaseUrl(..)")
    }
}
