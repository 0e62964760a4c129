//! Releases of simulated votes, loaded and measured with the libraries that researchers use.

use std::ffi::OsStr;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};
use palate_shared::snippets::Format;

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

/// Every snippet as the page of a release shows it: of `r2`, whose tables are files, and of `r3`, where those of votes are
/// folders; for its own table or one called `TABLE`.
fn write_snippets(path: &Path) -> Result<()> {
    let mut list = Vec::new();
    for (release, formats) in [("r2", &Format::FILES[..]), ("r3", &Format::IN_FOLDERS)] {
        for format in formats {
            for snippet in format.snippets() {
                let table = snippet.table.unwrap_or("TABLE");
                list.push(serde_json::json!({
                    "id": snippet.id,
                    "release": release,
                    "table": snippet.table,
                    "format": format.id(),
                    "text": snippet.fill("https://palate.example", release, table, *format),
                }));
            }
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
