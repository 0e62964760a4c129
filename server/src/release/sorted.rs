//! Lines written in any order and read back sorted, with 32 bytes of memory a line.

use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};

/// Lines on disk and their keys in memory.
pub(crate) struct SortedLines {
    path: PathBuf,
    file: BufWriter<File>,
    index: Vec<([u8; 16], u64, u32)>,
    offset: u64,
}

impl SortedLines {
    /// Starts with a scratch file at `path`, which [`SortedLines::finish`] removes.
    ///
    /// # Errors
    /// When the file cannot be made.
    pub(crate) fn create(path: &Path) -> std::io::Result<Self> {
        Ok(Self {
            path: path.to_owned(),
            file: BufWriter::new(File::create(path)?),
            index: Vec::new(),
            offset: 0,
        })
    }

    /// Adds a line without its end. Lines with equal keys keep their order.
    ///
    /// # Errors
    /// When the file cannot be written, or the line has 4 GiB.
    pub(crate) fn push(&mut self, key: [u8; 16], line: &[u8]) -> std::io::Result<()> {
        let length = u32::try_from(line.len()).map_err(std::io::Error::other)?;
        self.file.write_all(line)?;
        self.index.push((key, self.offset, length));
        self.offset += u64::from(length);
        Ok(())
    }

    /// Writes all lines to `out`, sorted by key, and removes the scratch file.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub(crate) fn finish(mut self, out: &Path) -> std::io::Result<()> {
        self.file.flush()?;
        self.index.sort_unstable();
        let mut source = BufReader::new(File::open(&self.path)?);
        let mut sink = BufWriter::new(File::create(out)?);
        let mut line = Vec::new();
        for (_, offset, length) in &self.index {
            source.seek(SeekFrom::Start(*offset))?;
            line.resize(*length as usize, 0);
            source.read_exact(&mut line)?;
            line.push(b'\n');
            sink.write_all(&line)?;
        }
        sink.flush()?;
        std::fs::remove_file(&self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_back_by_key_and_equal_keys_in_order() {
        let dir = tempfile::tempdir().expect("has a temporary folder");
        let mut lines = SortedLines::create(&dir.path().join("scratch")).expect("is made");
        for (key, line) in [(3, "c"), (1, "a1"), (2, ""), (1, "a2")] {
            lines.push([key; 16], line.as_bytes()).expect("is written");
        }
        let out = dir.path().join("out");
        lines.finish(&out).expect("is written");
        assert_eq!(
            std::fs::read_to_string(out).expect("is read"),
            "a1\na2\n\nc\n"
        );
        assert!(!dir.path().join("scratch").exists());
    }
}
