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
/// Bytes read ahead of each run.
const READ_AHEAD: usize = 1 << 17;

/// Records that are being collected.
pub(crate) struct Spill {
    path: PathBuf,
    limit: usize,
    bytes: Vec<u8>,
    index: Vec<(Key, usize, usize)>,
    runs: Vec<PathBuf>,
}

impl Spill {
    /// Runs are written beside `path`, and removed once they have been read or given up.
    pub(crate) fn new(path: &Path) -> Self {
        Self::with_limit(path, RUN)
    }

    fn with_limit(path: &Path, limit: usize) -> Self {
        Self {
            path: path.to_owned(),
            limit,
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
        let path = self.path.with_extension(format!("run{}", self.runs.len()));
        self.runs.push(path.clone());
        self.index.sort_unstable();
        let write = || {
            let mut file = BufWriter::with_capacity(READ_AHEAD, File::create(&path)?);
            for (key, start, length) in &self.index {
                let short = u32::try_from(*length).map_err(std::io::Error::other)?;
                file.write_all(key)?;
                file.write_all(&short.to_le_bytes())?;
                file.write_all(&self.bytes[*start..start + length])?;
            }
            file.flush()
        };
        write().with_context(|| format!("cannot write {}", path.display()))?;
        self.index.clear();
        self.bytes.clear();
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

    fn sorted(limit: usize) -> (Vec<(u8, String)>, usize) {
        let dir = tempfile::tempdir().expect("has a temporary folder");
        let mut spill = Spill::with_limit(&dir.path().join("scratch"), limit);
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
        let (whole, one) = sorted(RUN);
        let (merged, many) = sorted(100);
        assert_eq!((one, many), (1, 4));
        assert_eq!(whole, merged);
        let texts: Vec<&str> = whole.iter().map(|(_, text)| text.as_str()).collect();
        assert_eq!(texts, ["0-6", "1-1", "1-3", "1-5", "", "3-0", "3-7", "9-4"]);
    }
}
