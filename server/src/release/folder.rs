//! Releases as folders: what their files are called, and which ones there are.

use std::path::{Path, PathBuf};

use anyhow::Context;
use palate_shared::api::releases::Release;

use crate::packs::is_plain_name;

/// Before the name of every file of simulated votes.
pub(crate) const SIMULATED: &str = "simulated-";

/// Starts the names of a release's files.
pub(crate) fn prefix(simulated: bool) -> &'static str {
    if simulated { SIMULATED } else { "" }
}

/// Whether this can be the name of a file in a release, alone or with folders: it stays inside the release, whatever it is.
pub(crate) fn is_file_name(name: &str) -> bool {
    name.split('/').all(|piece| match piece.split_once('=') {
        Some((key, value)) => is_plain_name(key) && is_plain_name(value),
        None => is_plain_name(piece),
    })
}

/// Names of all files in a folder and the folders in it, with their paths.
///
/// # Errors
/// When a folder cannot be read.
pub(crate) fn files_under(dir: &Path) -> std::io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in std::fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if entry.file_type()?.is_dir() {
            let within = files_under(&entry.path())?;
            names.extend(within.iter().map(|inner| format!("{name}/{inner}")));
        } else {
            names.push(name);
        }
    }
    Ok(names)
}

/// A release and where it lies.
#[derive(Clone, Debug)]
pub(crate) struct Folder {
    /// Its list.
    pub release: Release,
    /// Where it lies.
    pub dir: PathBuf,
}

impl Folder {
    /// Reads the list of a release.
    ///
    /// # Errors
    /// When there is none or it cannot be read.
    pub(crate) fn read(dir: &Path) -> anyhow::Result<Self> {
        let name = |simulated| dir.join(format!("{}release.json", prefix(simulated)));
        let path = Some(name(true))
            .filter(|path| path.exists())
            .unwrap_or_else(|| name(false));
        let bytes =
            std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let release = serde_json::from_slice(&bytes)
            .with_context(|| format!("{} is not the list of a release", path.display()))?;
        Ok(Self {
            release,
            dir: dir.to_owned(),
        })
    }

    /// Starts the names of its files.
    pub(crate) fn prefix(&self) -> &'static str {
        prefix(self.release.simulated)
    }

    /// The path of a file by its name without prefix.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(format!("{}{name}", self.prefix()))
    }

    /// What releases are ordered by.
    pub(crate) fn order(&self) -> (&str, &str) {
        (&self.release.cut_day, self.release.id.as_str())
    }
}

/// Releases in `parent`, oldest first. Folders that cannot be read, or are not named by their release, are left out with a
/// warning. A missing folder has none.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn all(parent: &Path) -> std::io::Result<Vec<Folder>> {
    let entries = match std::fs::read_dir(parent) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(vec![]),
        Err(error) => return Err(error),
    };
    let mut folders = Vec::new();
    for entry in entries {
        let dir: PathBuf = entry?.path();
        let is_one = [false, true].iter().any(|simulated| {
            dir.join(format!("{}release.json", prefix(*simulated)))
                .is_file()
        });
        if !is_one {
            continue;
        }
        match Folder::read(&dir) {
            Ok(folder)
                if dir
                    .file_name()
                    .is_some_and(|name| name == folder.release.id.as_str()) =>
            {
                folders.push(folder);
            }
            Ok(folder) => tracing::warn!(
                id = %folder.release.id, "a release is not in the folder of its id: left out"
            ),
            Err(error) => tracing::warn!(error = format!("{error:#}"), "a release is left out"),
        }
    }
    folders.sort_by(|a, b| a.order().cmp(&b.order()));
    Ok(folders)
}

/// Releases of people's votes, newest first: what may be offered to anyone. Files in folders are named by the release's own
/// list only: there may be thousands.
///
/// # Errors
/// When the folder cannot be read.
pub fn offered(parent: &Path) -> std::io::Result<Vec<Release>> {
    let mut releases: Vec<Release> = all(parent)?
        .into_iter()
        .map(|folder| folder.release)
        .filter(|release| !release.simulated)
        .map(|mut release| {
            release.files.retain(|file| !file.name.contains('/'));
            release
        })
        .collect();
    releases.reverse();
    Ok(releases)
}

/// One line a release, newest first, for the operator.
///
/// # Errors
/// When the folder cannot be read.
pub fn list(parent: &Path) -> std::io::Result<Vec<String>> {
    let line = |Folder { release, .. }: Folder| {
        let mut line = format!(
            "{}  until {}  {} votes  {} raters  schema {}",
            release.id, release.cut_day, release.votes, release.raters, release.schema
        );
        if release.simulated {
            line.push_str("  simulated");
        }
        if let Some(withdrawal) = &release.withdrawn {
            line.push_str(&format!(
                "  withdrawn {}: {}",
                withdrawal.day, withdrawal.reason
            ));
        }
        line
    };
    Ok(all(parent)?.into_iter().rev().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_never_leaves_the_release() {
        for name in [
            "votes.jsonl",
            "votes/day=2026-11-23/pack=starter/part-0.parquet",
        ] {
            assert!(is_file_name(name), "{name}");
        }
        for name in [
            "", "/", "/etc", "a//b", "..", "a/../b", "a/.b", "day=../x", "=", "a=b=c", "a\\b",
        ] {
            assert!(!is_file_name(name), "{name}");
        }
    }
}
