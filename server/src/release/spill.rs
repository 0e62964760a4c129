//! Sorts more records than fit into memory: sorted runs on disk, merged when read.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::Context;

/// What records are sorted by.
pub(crate) type Key = [u8; 32];

/// Bytes of records in memory before a run is written.
const RUN: usize = 24 << 20;
/// Most runs that are read at once: each is an open file.
const MOST_RUNS: usize = 256;
/// Bytes read ahead of each run.
const READ_AHEAD: usize = 1 << 17;

/// Records that are being collected.
pub(crate) struct Spill {
    path: PathBuf,
    limit: usize,
    most_runs: usize,
    /// Runs written so far, for their names.
    written: usize,
    bytes: Vec<u8>,
    index: Vec<(Key, usize, usize)>,
    runs: Vec<PathBuf>,
}

impl Spill {
    /// Runs are written beside `path`, and removed once they have been read or given up.
    pub(crate) fn new(path: &Path) -> Self {
        Self::with_limits(path, RUN, MOST_RUNS)
    }

    fn with_limits(path: &Path, limit: usize, most_runs: usize) -> Self {
        Self {
            path: path.to_owned(),
            limit,
            most_runs,
            written: 0,
            bytes: Vec::new(),
            index: Vec::new(),
            runs: Vec::new(),
        }
    }

    /// Adds a record. Records with equal keys keep their order.
    ///
    /// # Errors
    /// When a run cannot be written.
    pub(crate) fn push(&mut self, key: Key, record: &[u8]) -> anyhow::Result<()> {
        self.index.push((key, self.bytes.len(), record.len()));
        self.bytes.extend_from_slice(record);
        if self.bytes.len() + self.index.len() * size_of::<(Key, usize, usize)>() > self.limit {
            self.write_run()?;
        }
        Ok(())
    }

    fn write_run(&mut self) -> anyhow::Result<()> {
        let path = self.next_run();
        self.index.sort_unstable();
        let write = || {
            let mut file = BufWriter::with_capacity(READ_AHEAD, File::create(&path)?);
            for (key, start, length) in &self.index {
                write_record(&mut file, key, &self.bytes[*start..start + length])?;
            }
            file.flush()
        };
        write().with_context(|| format!("cannot write {}", path.display()))?;
        self.index.clear();
        self.bytes.clear();
        Ok(())
    }

    fn next_run(&mut self) -> PathBuf {
        let path = self.path.with_extension(format!("run{}", self.written));
        self.written += 1;
        self.runs.push(path.clone());
        path
    }

    /// Merges runs that stand beside each other until few enough are left to be read at once.
    fn merge(&mut self) -> anyhow::Result<()> {
        while self.runs.len() > self.most_runs {
            let runs = std::mem::take(&mut self.runs);
            for (at, together) in runs.chunks(self.most_runs).enumerate() {
                let mut group = Self::with_limits(&self.path, self.limit, self.most_runs);
                group.runs = together.to_vec();
                // Those that are not merged yet are removed all the same when this one fails.
                let rest = &runs[at * self.most_runs + together.len()..];
                let path = self.next_run();
                let merged = group.sorted().and_then(|records| {
                    let mut file = BufWriter::with_capacity(READ_AHEAD, File::create(&path)?);
                    for record in records {
                        let (key, record) = record?;
                        write_record(&mut file, &key, &record)?;
                    }
                    Ok(file.flush()?)
                });
                if let Err(error) = merged {
                    self.runs.extend_from_slice(rest);
                    return Err(error.context(format!("cannot write {}", path.display())));
                }
            }
        }
        Ok(())
    }

    /// All records by key.
    ///
    /// # Errors
    /// When a run cannot be written or read.
    pub(crate) fn sorted(mut self) -> anyhow::Result<Sorted> {
        if !self.index.is_empty() {
            self.write_run()?;
        }
        self.bytes = Vec::new();
        self.index = Vec::new();
        self.merge()?;
        let mut readers = Vec::new();
        let mut heap = BinaryHeap::new();
        for (at, path) in self.runs.iter().enumerate() {
            let file =
                File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
            let mut reader = BufReader::with_capacity(READ_AHEAD, file);
            if let Some((key, record)) = next(&mut reader)? {
                heap.push(Reverse((key, at, record)));
            }
            readers.push(reader);
        }
        Ok(Sorted {
            readers,
            heap,
            _runs: self,
        })
    }
}

impl Drop for Spill {
    fn drop(&mut self) {
        for run in &self.runs {
            // A folder with runs is given up as a whole.
            let _ = std::fs::remove_file(run);
        }
    }
}

/// Records by key.
pub(crate) struct Sorted {
    readers: Vec<BufReader<File>>,
    heap: BinaryHeap<Reverse<(Key, usize, Vec<u8>)>>,
    _runs: Spill,
}

impl Iterator for Sorted {
    type Item = anyhow::Result<(Key, Vec<u8>)>;

    fn next(&mut self) -> Option<Self::Item> {
        let Reverse((key, at, record)) = self.heap.pop()?;
        match next(&mut self.readers[at]) {
            Ok(Some((key, record))) => self.heap.push(Reverse((key, at, record))),
            Ok(None) => {}
            Err(error) => return Some(Err(error)),
        }
        Some(Ok((key, record)))
    }
}

fn write_record(file: &mut impl Write, key: &Key, record: &[u8]) -> std::io::Result<()> {
    let length = u32::try_from(record.len()).map_err(std::io::Error::other)?;
    file.write_all(key)?;
    file.write_all(&length.to_le_bytes())?;
    file.write_all(record)
}

fn next(reader: &mut BufReader<File>) -> anyhow::Result<Option<(Key, Vec<u8>)>> {
    let mut key = [0; 32];
    if reader.read(&mut key[..1])? == 0 {
        return Ok(None);
    }
    reader.read_exact(&mut key[1..])?;
    let mut length = [0; 4];
    reader.read_exact(&mut length)?;
    let mut record = vec![0; u32::from_le_bytes(length) as usize];
    reader.read_exact(&mut record)?;
    Ok(Some((key, record)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sorted(limit: usize, most_runs: usize) -> (Vec<(u8, String)>, usize) {
        let dir = tempfile::tempdir().expect("has a temporary folder");
        let mut spill = Spill::with_limits(&dir.path().join("scratch"), limit, most_runs);
        for (at, key) in [3u8, 1, 2, 1, 9, 1, 0, 3].into_iter().enumerate() {
            let record = if key == 2 {
                String::new()
            } else {
                format!("{key}-{at}")
            };
            spill
                .push([key; 32], record.as_bytes())
                .expect("is written");
        }
        let sorted = spill.sorted().expect("is read");
        let runs = std::fs::read_dir(dir.path()).expect("is read").count();
        let records = sorted
            .map(|record| record.expect("is read"))
            .map(|(key, record)| (key[0], String::from_utf8(record).expect("is text")))
            .collect();
        let left = std::fs::read_dir(dir.path()).expect("is read").count();
        assert_eq!(left, 0, "runs are removed");
        (records, runs)
    }

    #[test]
    fn records_come_back_by_key_and_equal_keys_in_order_whatever_fits_into_memory() {
        let (whole, one) = sorted(RUN, MOST_RUNS);
        let (merged, many) = sorted(100, MOST_RUNS);
        let (again, two) = sorted(100, 2);
        assert_eq!((one, many, two), (1, 4, 2));
        assert_eq!(whole, merged);
        assert_eq!(whole, again);
        let texts: Vec<&str> = whole.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["0-6", "1-1", "1-3", "1-5", "", "3-0", "3-7", "9-4"]);
    }
}
