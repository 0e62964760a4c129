//! Tables that are folders: each file says what its folders say, and all of them hold the votes that the list of ids names.

use std::fs::File;
use std::io::{BufRead, BufReader};

use anyhow::{Context, ensure};
use arrow_array::{Array, Date32Array, RecordBatch, StringArray};
use palate_shared::api::releases::ReleaseFile;

use super::{columns_fit, keys_ascend, parquet, rows_are};
use crate::clock::{DAY_MS, end_of_day};
use crate::release::folder::Folder;
use crate::release::schema::Spec;
use crate::release::tables;
use crate::release::vote_tables::{ROWS, RowId};
use crate::release::writer::BATCH;

/// Whether a table is a folder in a release that has such.
pub(super) fn is_in_folders(spec: &Spec) -> bool {
    tables::of_votes()
        .iter()
        .any(|table| table.spec().name == spec.name)
}

/// Columns, order, days and packs of all files of a table, and how many rows they have together.
pub(super) fn fit(folder: &Folder, spec: &Spec, rows: u64) -> anyhow::Result<()> {
    let mut found = 0;
    for file in files_of(folder, spec.name) {
        found += part_fits(folder, spec, &file.name).context(file.name.clone())?;
    }
    rows_are(found, rows)
}

fn files_of<'a>(
    folder: &'a Folder,
    table: &str,
) -> impl Iterator<Item = &'a ReleaseFile> + use<'a> {
    let start = format!("{}{table}/", folder.prefix());
    let files = folder.release.files.iter();
    files.filter(move |file| file.name.starts_with(&start))
}

fn part_fits(folder: &Folder, spec: &Spec, name: &str) -> anyhow::Result<u64> {
    let (day, pack) = place(name).context("it is not in day=DAY/pack=PACK")?;
    let days = end_of_day(day).with_context(|| format!("{day:?} is not a day"))? / DAY_MS - 1;
    let path = folder.dir.join(name);
    let rows = columns_fit(&path, spec)?;
    let mut last = String::new();
    for batch in parquet(&path)?.with_batch_size(BATCH).build()? {
        let batch = batch?;
        if let Some(key) = spec.key {
            last = keys_ascend(&batch, key, last)?;
        }
        if let Some(found) = column::<StringArray>(&batch, "pack") {
            ensure!(
                found.iter().all(|found| found == Some(pack)),
                "it has rows of another pack"
            );
        }
        if let Some(found) = column::<Date32Array>(&batch, "day") {
            ensure!(
                found.iter().all(|found| found.map(i64::from) == Some(days)),
                "it has rows of another day"
            );
        }
    }
    Ok(rows)
}

/// Day and pack of a file.
fn place(name: &str) -> Option<(&str, &str)> {
    let mut pieces = name.split('/').skip(1);
    let day = pieces.next()?.strip_prefix("day=")?;
    let pack = pieces.next()?.strip_prefix("pack=")?;
    Some((day, pack))
}

fn column<'a, A: Array + 'static>(batch: &'a RecordBatch, name: &str) -> Option<&'a A> {
    batch.column_by_name(name)?.as_any().downcast_ref()
}

/// The list of ids ascends and names the rows of `votes`. Their order differs, so that counts and sums of the ids are compared.
pub(super) fn ids_are_those_of_votes(folder: &Folder) -> anyhow::Result<()> {
    let path = folder.path(ROWS);
    let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut listed = Ids::default();
    let mut last = String::new();
    for line in BufReader::with_capacity(1 << 18, file).lines() {
        let RowId { row_id } = serde_json::from_str(&line?)
            .with_context(|| format!("line {} has no row_id", listed.count + 1))?;
        ensure!(row_id > last, "{row_id} stands twice or out of order");
        listed.add(&row_id)?;
        last = row_id;
    }
    let mut held = Ids::default();
    for file in files_of(folder, "votes") {
        for batch in parquet(&folder.dir.join(&file.name))?.build()? {
            let batch = batch?;
            let ids = column::<StringArray>(&batch, "row_id").context("votes have no row_id")?;
            for id in ids.iter().flatten() {
                held.add(id)?;
            }
        }
    }
    ensure!(
        listed == held,
        "it names {} rows, which are not the {} of votes",
        listed.count,
        held.count
    );
    Ok(())
}

#[derive(Default, PartialEq, Eq)]
struct Ids {
    count: u64,
    sum: u128,
}

impl Ids {
    fn add(&mut self, id: &str) -> anyhow::Result<()> {
        let number = u128::from_str_radix(id, 16).context("a row_id is not hex")?;
        self.count += 1;
        self.sum = self.sum.wrapping_add(number);
        Ok(())
    }
}
