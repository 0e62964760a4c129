//! Rows of a Parquet file, through JSON.

use ::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use arrow_json::LineDelimitedWriter;
use bytes::Bytes;

use super::record::{Problems, Record};

/// Most bytes of a file when it is unpacked, and most bytes of its rows as JSON.
const MOST_UNPACKED: usize = 64 << 20;

/// All rows.
pub(super) fn records(bytes: &[u8], problems: &mut Problems) -> Vec<Record> {
    match unpack(bytes) {
        Ok(lines) => super::jsonl::records(&lines, problems),
        Err(error) => {
            problems.add(
                None,
                None,
                format!("the file cannot be read as Parquet: {error:#}"),
                "Write it again, without compression or with Snappy or Zstandard.",
            );
            vec![]
        }
    }
}

/// The rows as lines of JSON.
fn unpack(bytes: &[u8]) -> anyhow::Result<String> {
    let file = ParquetRecordBatchReaderBuilder::try_new(Bytes::copy_from_slice(bytes))?;
    let unpacked: i64 = file
        .metadata()
        .row_groups()
        .iter()
        .map(|group| group.total_byte_size())
        .fold(0, i64::saturating_add);
    anyhow::ensure!(
        usize::try_from(unpacked).is_ok_and(|unpacked| unpacked <= MOST_UNPACKED),
        "it is more than {MOST_UNPACKED} bytes when unpacked"
    );
    let mut lines = LineDelimitedWriter::new(Vec::new());
    for batch in file.with_batch_size(256).build()? {
        lines.write(&batch?)?;
        anyhow::ensure!(
            lines.get_ref().len() <= MOST_UNPACKED,
            "its rows are more than {MOST_UNPACKED} bytes"
        );
    }
    lines.finish()?;
    Ok(String::from_utf8(lines.into_inner())?)
}
