//! `palate release withdraw`: data goes, what is left says why.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;

use anyhow::{Context, ensure};
use palate_shared::api::releases::{Release, ReleaseFile, Withdrawal};

use super::build::write_list;
use super::earlier::DROPPED;
use super::folder::Folder;
use super::vote_tables::{ROWS, RowId};
use super::writer::{Summed, write_file};
use super::{card, sums};
use crate::packs::is_plain_name;

/// Takes the release `id` in `parent` back, on `day`. What was interrupted is finished by another call.
///
/// # Errors
/// When there is no such release, no reason is given, or a file cannot be written or removed.
pub fn withdraw(parent: &Path, id: &str, reason: &str, day: &str) -> anyhow::Result<Release> {
    ensure!(is_plain_name(id), "{id:?} cannot be a release id");
    let reason = reason.trim();
    ensure!(
        !reason.is_empty() && !reason.contains(['\n', '\r']),
        "say why in one line: the card of the release repeats it"
    );
    let dir = parent.join(id);
    let mut folder = Folder::read(&dir)
        .with_context(|| format!("there is no release {id} in {}", parent.display()))?;
    let prefix = folder.prefix();
    let withdrawal = folder
        .release
        .withdrawn
        .get_or_insert_with(|| Withdrawal {
            day: day.to_owned(),
            reason: reason.to_owned(),
        })
        .clone();
    let rest = dir.join(".withdrawn");
    if rest.exists() {
        std::fs::remove_dir_all(&rest)
            .with_context(|| format!("cannot remove {}", rest.display()))?;
    }
    std::fs::create_dir(&rest).with_context(|| format!("cannot make {}", rest.display()))?;
    let mut files = vec![
        dropped_rows(&folder, &rest)?,
        write_file(
            &rest,
            &format!("{prefix}README.md"),
            card::withdrawn(&folder.release, &withdrawal).as_bytes(),
        )?,
    ];
    for name in ["CHANGELOG.md", "tombstones.jsonl"] {
        let name = format!("{prefix}{name}");
        if dir.join(&name).exists() {
            std::fs::copy(dir.join(&name), rest.join(&name))
                .with_context(|| format!("cannot copy {name}"))?;
            files.push(sums::describe(&rest, &name)?);
        }
    }
    files.sort_by(|a, b| a.name.cmp(&b.name));
    folder.release.files = files;
    write_list(&rest, prefix, &folder.release)?;
    put_in_place(&dir, &rest, prefix)?;
    Ok(folder.release)
}

/// The list goes first: from then on the data is not offered. Then everything else is replaced or removed.
fn put_in_place(dir: &Path, rest: &Path, prefix: &str) -> anyhow::Result<()> {
    let mut keep: BTreeSet<String> = std::fs::read_dir(rest)?
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<_>>()?;
    let list = format!("{prefix}release.json");
    for name in std::iter::once(&list).chain(keep.iter().filter(|name| **name != list)) {
        std::fs::rename(rest.join(name), dir.join(name))
            .with_context(|| format!("cannot replace {name}"))?;
    }
    std::fs::remove_dir(rest)?;
    keep.insert(list);
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        if !keep.contains(&*entry.file_name().to_string_lossy()) {
            let removed = if entry.file_type()?.is_dir() {
                std::fs::remove_dir_all(entry.path())
            } else {
                std::fs::remove_file(entry.path())
            };
            removed.with_context(|| format!("cannot remove {}", entry.path().display()))?;
        }
    }
    File::open(dir)?.sync_all()?;
    Ok(())
}

/// The ids of its votes, so that later releases can name those that are gone.
fn dropped_rows(folder: &Folder, rest: &Path) -> anyhow::Result<ReleaseFile> {
    let name = format!("{}{DROPPED}", folder.prefix());
    let source = ["votes.jsonl", ROWS, DROPPED]
        .map(|name| folder.path(name))
        .into_iter()
        .find(|path| path.exists())
        .context("neither its votes nor their ids are there")?;
    let lines = BufReader::new(
        File::open(&source).with_context(|| format!("cannot read {}", source.display()))?,
    );
    let mut out = std::io::BufWriter::new(Summed::create(rest, &name)?);
    for line in lines.lines() {
        let row: RowId = serde_json::from_str(&line?)
            .with_context(|| format!("{} has a line without row_id", source.display()))?;
        serde_json::to_writer(&mut out, &row)?;
        out.write_all(b"\n")?;
    }
    out.into_inner()
        .map_err(|error| error.into_error())?
        .finish()
}
