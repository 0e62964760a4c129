//! Releases of simulated votes, loaded and measured with the libraries that researchers use.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use palate_shared::snippets::{Format, SNIPPETS};

use crate::{env, python};

/// Loads every table of a release in `datasets`, pandas, DuckDB and mlcroissant, and runs every snippet of its page.
pub(crate) fn check() -> Result<()> {
    run("check.py", &[])?;
    let list = env::target_dir().join("snippets.json");
    write_snippets(&list)?;
    run("snippets.py", &[list.as_os_str()])
}

/// Time and memory of releases of 10,000, 100,000 and 1,000,000 judgments beside DuckDB's.
pub(crate) fn bench() -> Result<()> {
    run("bench.py", &[])
}

/// Every snippet as the page of a release `r2` shows it, for its own table or one called `TABLE`.
fn write_snippets(path: &Path) -> Result<()> {
    let mut list = Vec::new();
    for snippet in SNIPPETS {
        for format in Format::ALL {
            let table = snippet.table.unwrap_or("TABLE");
            list.push(serde_json::json!({
                "id": snippet.id,
                "table": snippet.table,
                "format": format.extension(),
                "text": snippet.fill("https://palate.example", "r2", table, format),
            }));
        }
    }
    std::fs::write(path, serde_json::to_vec(&list)?)
        .with_context(|| format!("cannot write {}", path.display()))
}

fn run(script: &str, more: &[&OsStr]) -> Result<()> {
    env::build("palate")?;
    let folder = env::root().join("server/tests/exports");
    let python = python::interpreter(&folder.join("requirements.txt"))?;
    env::run(
        Command::new(python)
            .arg(folder.join(script))
            .arg(env::target_dir().join("release/palate"))
            .arg(env::root().join("public"))
            .args(more),
    )
}
