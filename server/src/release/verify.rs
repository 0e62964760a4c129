//! `palate release verify`: sums, names, schemas, counts, and that JSONL and Parquet say the same.

mod parts;

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;

use anyhow::{Context, bail, ensure};
use arrow_array::{Array, RecordBatch, StringArray};
use palate_shared::api::figures::{Figures, TableSchema};
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;

use super::folder::{Folder, files_under};
use super::schema::Spec;
use super::vote_tables::ROWS;
use super::writer::{BATCH, ROW_GROUP, decoder};
use super::{DESCRIBED, FIGURES, SCHEMA, sums, tables};

/// What is wrong with a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Its name in the release.
    pub file: String,
    /// In words.
    pub what: String,
}

impl std::fmt::Display for Problem {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.file, self.what)
    }
}

/// Checks a release; no problems when it is whole.
///
/// # Errors
/// When the folder is no release, or cannot be read.
pub fn verify(dir: &Path) -> anyhow::Result<Vec<Problem>> {
    let folder = Folder::read(dir)?;
    let mut problems = Vec::new();
    let mut check = |file: String, result: anyhow::Result<()>| {
        if let Err(error) = result {
            problems.push(Problem {
                file,
                what: format!("{error:#}"),
            });
        }
    };
    let name = |name: &str| format!("{}{name}", folder.prefix());
    for (file, result) in sums_hold(&folder)? {
        check(file, result);
    }
    if folder.release.withdrawn.is_none() {
        check(name("release.json"), tables_are_named(&folder));
        // Releases of earlier programs have neither.
        let is_listed = |file: &String| folder.release.files.iter().any(|one| one.name == *file);
        for (file, fits) in [
            (FIGURES, figures_fit as fn(&Folder) -> anyhow::Result<()>),
            (DESCRIBED, columns_are_described),
        ] {
            let file = name(file);
            if is_listed(&file) {
                check(file, fits(&folder));
            }
        }
        for spec in tables::all() {
            let Some(table) = folder
                .release
                .tables
                .iter()
                .find(|table| table.name == spec.name)
            else {
                continue;
            };
            if folder.release.partitioned && parts::is_in_folders(spec) {
                check(name(spec.name), parts::fit(&folder, spec, table.rows));
                continue;
            }
            let (jsonl, parquet) = (
                name(&format!("{}.jsonl", spec.name)),
                name(&format!("{}.parquet", spec.name)),
            );
            check(jsonl, lines_fit(&folder, spec, table.rows));
            let columns = folder.path(&format!("{}.parquet", spec.name));
            check(
                parquet.clone(),
                columns_fit(&columns, spec).and_then(|rows| rows_are(rows, table.rows)),
            );
            check(parquet, both_say_the_same(&folder, spec));
        }
        if folder.release.partitioned {
            check(name(ROWS), parts::ids_are_those_of_votes(&folder));
        }
    }
    Ok(problems)
}

fn sums_hold(folder: &Folder) -> anyhow::Result<Vec<(String, anyhow::Result<()>)>> {
    let sums_name = format!("{}SHA256SUMS", folder.prefix());
    let text = std::fs::read_to_string(folder.dir.join(&sums_name))
        .with_context(|| format!("cannot read {sums_name}"))?;
    let sums: BTreeMap<String, String> = sums::read(&text)
        .with_context(|| format!("{sums_name} cannot be read"))?
        .into_iter()
        .collect();
    let mut results = Vec::new();
    for (name, sum) in &sums {
        let holds = sums::describe(&folder.dir, name).and_then(|file| {
            ensure!(
                file.sha256 == *sum,
                "its sum is {}, {sums_name} says {sum}",
                file.sha256
            );
            let listed = folder
                .release
                .files
                .iter()
                .find(|listed| listed.name == *name);
            match listed {
                Some(listed) => ensure!(
                    *listed == file,
                    "size or sum differ from what the list of the release says"
                ),
                None => ensure!(
                    *name == format!("{}release.json", folder.prefix()),
                    "the list of the release does not name it"
                ),
            }
            Ok(())
        });
        results.push((name.clone(), holds));
    }
    let listed = folder.release.files.iter().map(|file| file.name.clone());
    for name in listed.filter(|name| !sums.contains_key(name)) {
        results.push((name, Err(anyhow::anyhow!("{sums_name} does not name it"))));
    }
    for name in files_under(&folder.dir)? {
        if name != sums_name && !sums.contains_key(&name) {
            results.push((
                name,
                Err(anyhow::anyhow!("it does not belong to the release")),
            ));
        }
    }
    Ok(results)
}

fn tables_are_named(folder: &Folder) -> anyhow::Result<()> {
    let release = &folder.release;
    ensure!(
        release.schema == SCHEMA,
        "it has schema {}, this program checks {SCHEMA}",
        release.schema
    );
    let expected: BTreeSet<&str> = tables::all().iter().map(|spec| spec.name).collect();
    let named: BTreeSet<&str> = release
        .tables
        .iter()
        .map(|table| table.name.as_str())
        .collect();
    ensure!(
        expected == named,
        "it should name the tables {expected:?}, it names {named:?}"
    );
    let rows = |name: &str| {
        let table = release.tables.iter().find(|table| table.name == name);
        table.map(|table| table.rows)
    };
    for (what, stated, counted) in [
        ("votes", release.votes, rows("votes")),
        ("pairs", release.pairs, rows("pairs_trl")),
        ("raters", release.raters, rows("raters")),
    ] {
        ensure!(
            counted == Some(stated),
            "it says {stated} {what}, the table has {counted:?}"
        );
    }
    Ok(())
}

fn figures_fit(folder: &Folder) -> anyhow::Result<()> {
    let figures: Figures = serde_json::from_slice(&std::fs::read(folder.path(FIGURES))?)?;
    for (what, counted) in [
        ("days", &figures.days),
        ("outcomes", &figures.outcomes),
        ("policies", &figures.policies),
    ] {
        let votes: u64 = counted.iter().map(|one| one.votes).sum();
        ensure!(
            votes == folder.release.votes,
            "its {what} have {votes} votes, the list says {}",
            folder.release.votes
        );
    }
    Ok(())
}

fn columns_are_described(folder: &Folder) -> anyhow::Result<()> {
    let found: Vec<TableSchema> = serde_json::from_slice(&std::fs::read(folder.path(DESCRIBED))?)?;
    let expected: Vec<TableSchema> = tables::all().iter().map(|spec| spec.described()).collect();
    ensure!(found == expected, "it describes other tables");
    Ok(())
}

fn lines_fit(folder: &Folder, spec: &Spec, rows: u64) -> anyhow::Result<()> {
    let mut lines = 0;
    let mut last = String::new();
    for batch in JsonBatches::open(folder, spec)? {
        let batch = batch?;
        if let Some(key) = spec.key {
            last = keys_ascend(&batch, key, last).with_context(|| format!("after row {lines}"))?;
        }
        lines += batch.num_rows() as u64;
    }
    rows_are(lines, rows)
}

fn rows_are(found: u64, stated: u64) -> anyhow::Result<()> {
    ensure!(
        found == stated,
        "it has {found} rows, the list says {stated}"
    );
    Ok(())
}

/// Each row is there once, and in an order that says nothing about time or person. Returns the last key.
fn keys_ascend(batch: &RecordBatch, key: &str, mut last: String) -> anyhow::Result<String> {
    let column = batch
        .column_by_name(key)
        .and_then(|column| column.as_any().downcast_ref::<StringArray>())
        .with_context(|| format!("{key} is not a column of texts"))?;
    for value in column.iter().flatten() {
        ensure!(*value > *last, "{key} {value} stands twice or out of order");
        value.clone_into(&mut last);
    }
    Ok(last)
}

/// How many rows a Parquet file has, whose columns are those of its table.
fn columns_fit(path: &Path, spec: &Spec) -> anyhow::Result<u64> {
    let reader = parquet(path)?;
    let found = reader.schema();
    let expected = spec.arrow();
    for column in spec.columns {
        let field = found
            .field_with_name(column.name)
            .with_context(|| format!("it has no column {}", column.name))?;
        let wanted = expected.field_with_name(column.name)?;
        ensure!(
            field.data_type() == wanted.data_type() && field.is_nullable() == wanted.is_nullable(),
            "column {} should be {}, it is {}",
            column.name,
            column.kind.name(),
            field.data_type()
        );
    }
    if let Some(extra) = found
        .fields()
        .iter()
        .find(|field| expected.field_with_name(field.name()).is_err())
    {
        bail!("it has a column {} that the table has not", extra.name());
    }
    let metadata = reader.metadata();
    let found = u64::try_from(metadata.file_metadata().num_rows())?;
    for group in metadata.row_groups() {
        ensure!(
            usize::try_from(group.num_rows())? <= ROW_GROUP,
            "a row group has {} rows, at most {ROW_GROUP} are allowed",
            group.num_rows()
        );
    }
    Ok(found)
}

fn both_say_the_same(folder: &Folder, spec: &Spec) -> anyhow::Result<()> {
    let path = folder.path(&format!("{}.parquet", spec.name));
    let mut columns = parquet(&path)?.with_batch_size(BATCH).build()?;
    let mut lines = JsonBatches::open(folder, spec)?;
    let mut rows = 0;
    loop {
        match (lines.next().transpose()?, columns.next().transpose()?) {
            (None, None) => return Ok(()),
            (Some(lines), Some(columns)) if lines.columns() == columns.columns() => {
                rows += lines.num_rows();
            }
            _ => bail!("it differs from the JSONL after row {rows}"),
        }
    }
}

fn parquet(path: &Path) -> anyhow::Result<ParquetRecordBatchReaderBuilder<File>> {
    let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
    ParquetRecordBatchReaderBuilder::try_new(file).context("it is not a Parquet file")
}

/// Batches of a JSONL file, as its table's columns.
struct JsonBatches {
    lines: BufReader<File>,
    decoder: arrow_json::reader::Decoder,
    line: Vec<u8>,
    read: u64,
}

impl JsonBatches {
    fn open(folder: &Folder, spec: &Spec) -> anyhow::Result<Self> {
        let path = folder.path(&format!("{}.jsonl", spec.name));
        let file = File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
        Ok(Self {
            lines: BufReader::with_capacity(1 << 18, file),
            decoder: decoder(spec)?,
            line: Vec::new(),
            read: 0,
        })
    }

    fn batch(&mut self) -> anyhow::Result<Option<RecordBatch>> {
        for _ in 0..BATCH {
            self.line.clear();
            if self.lines.read_until(b'\n', &mut self.line)? == 0 {
                break;
            }
            self.read += 1;
            let wrong = || format!("line {} does not fit the columns", self.read);
            ensure!(self.line.ends_with(b"\n"), "line {} is cut off", self.read);
            let read = self.decoder.decode(&self.line).with_context(wrong)?;
            ensure!(read == self.line.len(), "line {} is not one row", self.read);
        }
        let upto = self.read;
        self.decoder
            .flush()
            .with_context(|| format!("a line before line {} does not fit the columns", upto + 1))
    }
}

impl Iterator for JsonBatches {
    type Item = anyhow::Result<RecordBatch>;

    fn next(&mut self) -> Option<Self::Item> {
        self.batch().transpose()
    }
}
