//! Releases of simulated votes, loaded and measured with the libraries that researchers use.

use std::process::Command;

use anyhow::Result;

use crate::{env, python};

/// Loads every table of a release in `datasets`, pandas, DuckDB and mlcroissant.
pub(crate) fn check() -> Result<()> {
    run("check.py")
}

/// Time and memory of releases of 10,000, 100,000 and 1,000,000 judgments beside DuckDB's.
pub(crate) fn bench() -> Result<()> {
    run("bench.py")
}

fn run(script: &str) -> Result<()> {
    env::build("palate")?;
    let folder = env::root().join("server/tests/exports");
    let python = python::interpreter(&folder.join("requirements.txt"))?;
    env::run(
        Command::new(python)
            .arg(folder.join(script))
            .arg(env::target_dir().join("release/palate"))
            .arg(env::root().join("public")),
    )
}
