//! Tables of single votes: each one file, or, in a large release, folders by day and pack that tools read in place. Votes come
//! in the order of their ids; for folders they are sorted once more, so that the files of one folder are open at a time.

use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use palate_shared::api::releases::ReleaseFile;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::entry::Entry;
use super::spill::{Key, Spill};
use super::tables;
use super::texts::{Library, Texts};
use super::writer::{ROW_GROUP, Summed, TableWriter, Written};
use crate::clock::{DAY_MS, end_of_day};
use crate::packs::is_plain_name;

/// Votes from which on the tables of single votes are folders.
pub(crate) const PARTITIONED_FROM: u64 = 10_000_000;
/// Ids of all votes in their order, beside folders: one file to know whether a vote is in the release.
pub(crate) const ROWS: &str = "rows.jsonl";
/// Votes of a file in a folder; more go into the next one.
const PART: usize = 16 * ROW_GROUP;

/// A line of [`ROWS`], and of what is left of a withdrawn release.
#[derive(Serialize, Deserialize)]
pub(crate) struct RowId {
    /// The vote.
    pub row_id: String,
}

/// The tables while votes go by.
pub(crate) enum VoteTables {
    /// One file each.
    Files(Vec<TableWriter>),
    /// Folders: the votes wait until all are known.
    Folders {
        /// [`ROWS`].
        ids: Box<BufWriter<Summed>>,
        /// By day, pack and id.
        votes: Spill,
        /// Folder and start of the names of the release.
        place: (PathBuf, &'static str),
    },
}

impl VoteTables {
    /// Starts one file a table.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub(crate) fn files(dir: &Path, prefix: &str) -> anyhow::Result<Self> {
        let tables = tables::of_votes();
        let writers = tables
            .iter()
            .map(|table| TableWriter::create(dir, prefix, table.spec()));
        Ok(Self::Files(writers.collect::<anyhow::Result<_>>()?))
    }

    /// Starts folders; votes wait in `scratch`.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub(crate) fn folders(
        dir: &Path,
        prefix: &'static str,
        scratch: &Path,
    ) -> anyhow::Result<Self> {
        let ids = Summed::create(dir, &format!("{prefix}{ROWS}"))?;
        Ok(Self::Folders {
            ids: Box::new(BufWriter::with_capacity(1 << 18, ids)),
            votes: Spill::new(&scratch.join("parts")),
            place: (dir.to_owned(), prefix),
        })
    }

    /// Adds a vote. They come in the order of their ids.
    ///
    /// # Errors
    /// When the kept pack lacks a text, or a file cannot be written.
    pub(crate) fn add(&mut self, entry: &Entry, texts: &Texts) -> anyhow::Result<()> {
        match self {
            Self::Files(writers) => write_all(entry, texts, writers),
            Self::Folders { ids, votes, .. } => {
                let row_id = entry.vote.row_id.clone();
                serde_json::to_writer(&mut **ids, &RowId { row_id })?;
                ids.write_all(b"\n")?;
                votes.push(by_folder(entry)?, &serde_json::to_vec(entry)?)
            }
        }
    }

    /// Ends all files; the tables, and what lies beside folders.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn finish(
        self,
        library: &mut Library,
    ) -> anyhow::Result<(Vec<Written>, Option<ReleaseFile>)> {
        match self {
            Self::Files(writers) => Ok((finish_all(writers)?, None)),
            Self::Folders { ids, votes, place } => {
                let ids = (*ids).into_inner().map_err(|error| error.into_error())?;
                Ok((write_folders(votes, library, &place)?, Some(ids.finish()?)))
            }
        }
    }
}

fn write_all(entry: &Entry, texts: &Texts, writers: &mut [TableWriter]) -> anyhow::Result<()> {
    for (table, writer) in tables::of_votes().iter().zip(writers) {
        table.write(entry, texts, writer)?;
    }
    Ok(())
}

fn finish_all(writers: Vec<TableWriter>) -> anyhow::Result<Vec<Written>> {
    writers.into_iter().map(TableWriter::finish).collect()
}

/// Day by day, within a day pack by pack, and within both by row.
fn by_folder(entry: &Entry) -> anyhow::Result<Key> {
    let vote = &entry.vote;
    let end = end_of_day(&vote.day).with_context(|| format!("{:?} is not a day", vote.day))?;
    let mut key = [0; 32];
    key[..4].copy_from_slice(&u32::try_from(end / DAY_MS)?.to_be_bytes());
    key[4..16].copy_from_slice(&Sha256::digest(vote.pack.as_str())[..12]);
    hex::decode_to_slice(&vote.row_id, &mut key[16..])?;
    Ok(key)
}

fn write_folders(
    votes: Spill,
    library: &mut Library,
    (dir, prefix): &(PathBuf, &'static str),
) -> anyhow::Result<Vec<Written>> {
    let mut all: Vec<Written> = tables::of_votes()
        .iter()
        .map(|table| Written {
            spec: table.spec(),
            rows: 0,
            files: vec![],
        })
        .collect();
    let mut end = |writers: Vec<TableWriter>| -> anyhow::Result<()> {
        for (table, part) in all.iter_mut().zip(finish_all(writers)?) {
            table.rows += part.rows;
            table.files.extend(part.files);
        }
        Ok(())
    };
    let mut writers = Vec::new();
    let mut folder = String::new();
    let mut held = 0;
    for record in votes.sorted()? {
        let entry: Entry = serde_json::from_slice(&record?.1)?;
        let vote = &entry.vote;
        let here = format!("day={}/pack={}", vote.day, vote.pack);
        let is_new = here != folder;
        if is_new || held % PART == 0 {
            ensure!(
                is_plain_name(vote.pack.as_str()),
                "the pack {:?} cannot be a folder",
                vote.pack
            );
            held = if is_new { 0 } else { held };
            folder = here;
            end(std::mem::take(&mut writers))?;
            writers = tables::of_votes()
                .iter()
                .map(|table| {
                    let spec = table.spec();
                    let within = format!("{prefix}{}/{folder}", spec.name);
                    std::fs::create_dir_all(dir.join(&within))
                        .with_context(|| format!("cannot make {within}"))?;
                    let name = format!("{within}/part-{}.parquet", held / PART);
                    TableWriter::part(dir, &name, spec)
                })
                .collect::<anyhow::Result<_>>()?;
        }
        held += 1;
        write_all(&entry, library.texts(&vote.items_sha256)?, &mut writers)?;
    }
    end(writers)?;
    Ok(all)
}
