//! `SHA256SUMS`: one line a file, as `sha256sum` writes it.

use std::path::Path;

use anyhow::Context;
use palate_shared::api::releases::ReleaseFile;
use sha2::{Digest, Sha256};

use super::folder::is_file_name;

/// The sums of these files, in the order of their names.
pub(crate) fn text(files: &[ReleaseFile]) -> String {
    let mut lines: Vec<String> = files
        .iter()
        .map(|file| format!("{}  {}\n", file.sha256, file.name))
        .collect();
    lines.sort_by(|a, b| a[64..].cmp(&b[64..]));
    lines.concat()
}

/// Names and sums of a file of sums.
///
/// # Errors
/// When a line is not a sum, two spaces and a name.
pub(crate) fn read(text: &str) -> anyhow::Result<Vec<(String, String)>> {
    text.lines()
        .enumerate()
        .map(|(at, line)| {
            let (sum, name) = line
                .split_once("  ")
                .filter(|(sum, name)| sum.len() == 64 && is_file_name(name))
                .with_context(|| format!("line {} is not a sum, two spaces and a name", at + 1))?;
            Ok((name.to_owned(), sum.to_owned()))
        })
        .collect()
}

/// A file's size and sum.
///
/// # Errors
/// When it cannot be read.
pub(crate) fn describe(dir: &Path, name: &str) -> anyhow::Result<ReleaseFile> {
    let path = dir.join(name);
    let mut file =
        std::fs::File::open(&path).with_context(|| format!("cannot read {}", path.display()))?;
    let mut hash = Sha256::new();
    let bytes = std::io::copy(&mut file, &mut hash)?;
    Ok(ReleaseFile {
        name: name.to_owned(),
        bytes,
        sha256: hex::encode(hash.finalize()),
    })
}
