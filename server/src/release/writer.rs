//! Writes a table as JSONL and as Parquet from the same bytes, with sums on the way and a bounded part of it in memory.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{SyncSender, sync_channel};
use std::thread::JoinHandle;

use anyhow::{Context, bail, ensure};
use arrow_json::ReaderBuilder;
use arrow_json::reader::Decoder;
use palate_shared::api::releases::ReleaseFile;
use parquet::arrow::ArrowWriter;
use parquet::basic::{Compression, ZstdLevel};
use parquet::file::properties::WriterProperties;
use serde::Serialize;
use sha2::{Digest, Sha256};

use super::schema::Spec;

/// Rows of a Parquet row group; the last one of a file may have fewer.
pub(crate) const ROW_GROUP: usize = 65_536;
/// Rows that are turned into columns at once.
pub(crate) const BATCH: usize = 1_024;
/// Bytes up to which a column chunk keeps a dictionary: the answers of a large pack.
const DICTIONARY: usize = 4 << 20;
/// Bytes of a row group that are held before it is closed early. Fixed, so that the cut depends on rows only.
const HELD: usize = 32 << 20;

/// A file that is summed while it is written.
#[derive(Debug)]
pub(crate) struct Summed {
    name: String,
    path: PathBuf,
    file: File,
    hash: Sha256,
    bytes: u64,
}

impl Summed {
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn create(dir: &Path, name: &str) -> anyhow::Result<Self> {
        let path = dir.join(name);
        Ok(Self {
            name: name.to_owned(),
            file: File::create_new(&path)
                .with_context(|| format!("cannot make {}", path.display()))?,
            path,
            hash: Sha256::new(),
            bytes: 0,
        })
    }

    /// # Errors
    /// When the file cannot be made durable.
    pub(crate) fn finish(self) -> anyhow::Result<ReleaseFile> {
        self.file
            .sync_all()
            .with_context(|| format!("cannot write {}", self.path.display()))?;
        Ok(ReleaseFile {
            name: self.name,
            bytes: self.bytes,
            sha256: hex::encode(self.hash.finalize()),
        })
    }
}

impl Write for Summed {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let written = self.file.write(bytes)?;
        self.hash.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        self.file.flush()
    }
}

/// Writes a whole small file.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn write_file(dir: &Path, name: &str, bytes: &[u8]) -> anyhow::Result<ReleaseFile> {
    let mut file = Summed::create(dir, name)?;
    file.write_all(bytes)?;
    file.finish()
}

/// A table that was written.
#[derive(Clone, Debug)]
pub(crate) struct Written {
    /// What it is.
    pub spec: &'static Spec,
    /// How many rows it has.
    pub rows: u64,
    /// Its files.
    pub files: Vec<ReleaseFile>,
}

/// A table that is being written: rows become lines here, and lines become files on a thread of the table's own.
pub(crate) struct TableWriter {
    spec: &'static Spec,
    rows: u64,
    /// Lines of the rows that were not handed over yet, at most [`BATCH`].
    lines: Vec<u8>,
    pending: usize,
    /// None once the files are ended.
    files: Option<Handed>,
}

/// Where lines go: one batch waits while the one before is written.
struct Handed {
    lines: SyncSender<Vec<u8>>,
    ended: JoinHandle<anyhow::Result<Vec<ReleaseFile>>>,
}

impl TableWriter {
    /// Starts `PREFIXname.jsonl` and `PREFIXname.parquet`.
    ///
    /// # Errors
    /// When a file cannot be made.
    pub(crate) fn create(dir: &Path, prefix: &str, spec: &'static Spec) -> anyhow::Result<Self> {
        let name = |extension: &str| format!("{prefix}{}.{extension}", spec.name);
        let jsonl = Summed::create(dir, &name("jsonl"))?;
        Self::start(
            spec,
            Files::create(Some(jsonl), dir, &name("parquet"), spec)?,
        )
    }

    /// Starts a Parquet file of this name, with its folders, alone.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn part(dir: &Path, name: &str, spec: &'static Spec) -> anyhow::Result<Self> {
        Self::start(spec, Files::create(None, dir, name, spec)?)
    }

    fn start(spec: &'static Spec, mut files: Files) -> anyhow::Result<Self> {
        let (lines, batches) = sync_channel::<Vec<u8>>(1);
        let write = move || {
            for batch in batches {
                files
                    .write(&batch)
                    .with_context(|| format!("rows of {} cannot be written", spec.name))?;
            }
            files.finish()
        };
        Ok(Self {
            spec,
            rows: 0,
            lines: Vec::new(),
            pending: 0,
            files: Some(Handed {
                lines,
                ended: std::thread::Builder::new()
                    .name(spec.name.to_owned())
                    .spawn(write)?,
            }),
        })
    }

    /// Adds a row.
    ///
    /// # Errors
    /// When rows do not fit the schema, or a file cannot be written.
    pub(crate) fn write<R: Serialize>(&mut self, row: &R) -> anyhow::Result<()> {
        serde_json::to_writer(&mut self.lines, row)?;
        self.lines.push(b'\n');
        self.rows += 1;
        self.pending += 1;
        if self.pending == BATCH {
            self.hand_over()?;
        }
        Ok(())
    }

    fn hand_over(&mut self) -> anyhow::Result<()> {
        self.pending = 0;
        let room = Vec::with_capacity(self.lines.len());
        let lines = std::mem::replace(&mut self.lines, room);
        let files = self.files.as_ref().context("the files are ended")?;
        if files.lines.send(lines).is_err() {
            // Nobody takes lines any more: say why.
            self.end()?;
        }
        Ok(())
    }

    fn end(&mut self) -> anyhow::Result<Vec<ReleaseFile>> {
        let Handed { lines, ended } = self.files.take().context("the files are ended")?;
        drop(lines);
        let files = ended.join();
        files.unwrap_or_else(|_| bail!("writing {} stopped", self.spec.name))
    }

    /// Ends its files.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub(crate) fn finish(mut self) -> anyhow::Result<Written> {
        if self.pending > 0 {
            self.hand_over()?;
        }
        Ok(Written {
            files: self.end()?,
            spec: self.spec,
            rows: self.rows,
        })
    }
}

/// The files of a table.
struct Files {
    /// None for a part of a table, which is Parquet only.
    jsonl: Option<Summed>,
    parquet: ArrowWriter<Summed>,
    decoder: Decoder,
}

impl Files {
    fn create(
        jsonl: Option<Summed>,
        dir: &Path,
        parquet: &str,
        spec: &'static Spec,
    ) -> anyhow::Result<Self> {
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(ZstdLevel::try_new(3)?))
            .set_max_row_group_row_count(Some(ROW_GROUP))
            .set_dictionary_page_size_limit(DICTIONARY)
            .set_created_by("palate".to_owned())
            .build();
        let parquet = Summed::create(dir, parquet)?;
        Ok(Self {
            jsonl,
            parquet: ArrowWriter::try_new(parquet, spec.arrow(), Some(properties))?,
            decoder: decoder(spec)?,
        })
    }

    /// Adds at most [`BATCH`] lines.
    fn write(&mut self, lines: &[u8]) -> anyhow::Result<()> {
        let read = self
            .decoder
            .decode(lines)
            .context("they do not fit the columns")?;
        ensure!(read == lines.len(), "one was not read to its end");
        let batch = self
            .decoder
            .flush()
            .context("they do not fit the columns")?;
        if let Some(jsonl) = &mut self.jsonl {
            jsonl.write_all(lines)?;
        }
        if let Some(batch) = batch {
            self.parquet.write(&batch)?;
            if self.parquet.in_progress_size() > HELD {
                self.parquet.flush()?;
            }
        }
        Ok(())
    }

    fn finish(self) -> anyhow::Result<Vec<ReleaseFile>> {
        let mut files = Vec::new();
        if let Some(jsonl) = self.jsonl {
            files.push(jsonl.finish()?);
        }
        files.push(self.parquet.into_inner()?.finish()?);
        Ok(files)
    }
}

/// Turns lines of JSON into columns; refuses columns that the schema does not have.
///
/// # Errors
/// When the schema cannot be read from JSON.
pub(crate) fn decoder(spec: &Spec) -> anyhow::Result<Decoder> {
    Ok(ReaderBuilder::new(spec.arrow())
        .with_batch_size(BATCH)
        .with_strict_mode(true)
        .build_decoder()?)
}
