//! Rows of earlier releases in the same folder, merged in the order of their ids, with a line of each in memory.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines};
use std::path::Path;

use anyhow::{Context, bail};
use palate_shared::ids::StudyId;
use serde::Deserialize;

use super::folder::{self, Folder};
use super::vote_tables::ROWS;
use crate::config::ReleaseConfig;

/// Where the ids of a withdrawn release stay, so that they can still be told to be dropped.
pub(crate) const DROPPED: &str = "dropped_rows.jsonl";

/// Releases of the same kind and study in `parent` that come before `(cut_day, id)`, oldest first.
///
/// # Errors
/// When the folder cannot be read.
pub(crate) fn before(
    parent: &Path,
    cut_day: &str,
    id: &str,
    config: &ReleaseConfig,
) -> anyhow::Result<Vec<Folder>> {
    let all = folder::all(parent).with_context(|| format!("cannot read {}", parent.display()))?;
    Ok(all
        .into_iter()
        .filter(|folder| {
            let release = &folder.release;
            release.simulated == config.simulated_only
                && release.study.as_ref().map(StudyId::as_str) == config.study.as_deref()
                && folder.order() < (cut_day, id)
        })
        .collect())
}

/// A row that was in an earlier release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Known {
    pub row_id: String,
    /// The latest release that had it.
    pub last_release: String,
    /// Whether that is the newest of all.
    pub is_in_newest: bool,
}

/// Order of candidates: the row itself goes before a mention of it, a later release before an earlier one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Mention {
    is_row: bool,
    release: usize,
    last_release: String,
}

#[derive(Deserialize)]
struct Line {
    row_id: String,
    last_release: Option<String>,
}

struct Source {
    lines: Lines<BufReader<File>>,
    name: String,
    is_row: bool,
    release: usize,
    last: String,
}

/// All rows of earlier releases, each once, in the order of their ids.
pub(crate) struct Rows {
    ids: Vec<String>,
    sources: Vec<Source>,
    heap: BinaryHeap<Reverse<(String, usize, Mention)>>,
}

impl Rows {
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn of(earlier: &[Folder]) -> anyhow::Result<Self> {
        let mut rows = Self {
            ids: earlier
                .iter()
                .map(|folder| folder.release.id.0.clone())
                .collect(),
            sources: Vec::new(),
            heap: BinaryHeap::new(),
        };
        for (release, folder) in earlier.iter().enumerate() {
            for (name, is_row) in [
                ("votes.jsonl", true),
                (ROWS, true),
                (DROPPED, true),
                ("tombstones.jsonl", false),
            ] {
                let path = folder.path(name);
                if !path.exists() {
                    continue;
                }
                let file =
                    File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
                rows.sources.push(Source {
                    lines: BufReader::with_capacity(1 << 17, file).lines(),
                    name: path.display().to_string(),
                    is_row,
                    release,
                    last: String::new(),
                });
                rows.advance(rows.sources.len() - 1)?;
            }
        }
        Ok(rows)
    }

    fn advance(&mut self, at: usize) -> anyhow::Result<()> {
        let source = &mut self.sources[at];
        let Some(line) = source.lines.next() else {
            return Ok(());
        };
        let line = line.with_context(|| format!("cannot read {}", source.name))?;
        let line: Line = serde_json::from_str(&line)
            .with_context(|| format!("{} has a line without row_id", source.name))?;
        if line.row_id <= source.last {
            bail!(
                "{} is not in the order of row_id: verify that release",
                source.name
            );
        }
        source.last.clone_from(&line.row_id);
        let mention = Mention {
            is_row: source.is_row,
            release: source.release,
            last_release: match line.last_release {
                Some(id) if !source.is_row => id,
                _ => self.ids[source.release].clone(),
            },
        };
        self.heap.push(Reverse((line.row_id, at, mention)));
        Ok(())
    }

    fn pop(&mut self) -> anyhow::Result<Option<(String, Mention)>> {
        let Some(Reverse((row_id, at, mention))) = self.heap.pop() else {
            return Ok(None);
        };
        self.advance(at)?;
        Ok(Some((row_id, mention)))
    }

    /// The next row, if it comes before `limit` or is it; without a limit, any.
    ///
    /// # Errors
    /// When a file cannot be read.
    pub(crate) fn next_until(&mut self, limit: Option<&str>) -> anyhow::Result<Option<Known>> {
        let comes = self.heap.peek().is_some_and(|Reverse((row_id, ..))| {
            limit.is_none_or(|limit| row_id.as_str() <= limit)
        });
        if !comes {
            return Ok(None);
        }
        let Some((row_id, mut best)) = self.pop()? else {
            return Ok(None);
        };
        while self
            .heap
            .peek()
            .is_some_and(|Reverse((next, ..))| *next == row_id)
        {
            if let Some((_, mention)) = self.pop()? {
                best = best.max(mention);
            }
        }
        Ok(Some(Known {
            is_in_newest: best.is_row && best.release + 1 == self.ids.len(),
            row_id,
            last_release: best.last_release,
        }))
    }
}
