//! `CHANGELOG.md`: what changed against the previous release in the same folder, above what that one said.

use std::fmt::Write;

use anyhow::Context;
use palate_shared::api::releases::Release;

use super::folder::Folder;

const TITLE: &str = "# Changelog\n";

/// The text.
///
/// # Errors
/// When the previous changelog is there and cannot be read.
pub(crate) fn changelog(release: &Release, previous: Option<&Folder>) -> anyhow::Result<String> {
    let mut text = format!("{TITLE}\n## {} (until {})\n\n", release.id, release.cut_day);
    let (Some(previous), Some(changes)) = (previous, &release.changes) else {
        text.push_str("The first release here.\n");
        return Ok(text);
    };
    let before = &previous.release;
    // Writing to a String cannot fail, here and below.
    let _ = writeln!(
        text,
        "Against {}: {} votes are new, {} are gone (see `tombstones`), {} stay as they were.\n",
        changes.since, changes.new, changes.gone, changes.kept
    );
    if before.schema != release.schema {
        let _ = writeln!(
            text,
            "Rows have schema {}; it was {}.\n",
            release.schema, before.schema
        );
    }
    if let Some(withdrawal) = &before.withdrawn {
        let _ = writeln!(
            text,
            "{} was withdrawn on {}: {}\n",
            before.id, withdrawal.day, withdrawal.reason
        );
    }
    text.push_str("| table | rows before | rows now |\n|---|---|---|\n");
    for table in &release.tables {
        let rows = before.tables.iter().find(|old| old.name == table.name);
        let rows = rows.map_or("–".to_owned(), |old| old.rows.to_string());
        let _ = writeln!(text, "| {} | {rows} | {} |", table.name, table.rows);
    }
    let path = previous.path("CHANGELOG.md");
    if path.exists() {
        let earlier = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        text.push_str(earlier.strip_prefix(TITLE).unwrap_or(&earlier));
    }
    Ok(text)
}
