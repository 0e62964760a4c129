//! What a folder holds.

use std::path::Path;

/// The bytes of all files under `dir`, one after another.
pub fn bytes_under(dir: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    for entry in std::fs::read_dir(dir).expect("is read") {
        let path = entry.expect("is read").path();
        if path.is_dir() {
            bytes.extend(bytes_under(&path));
        } else {
            bytes.extend(std::fs::read(path).expect("is read"));
        }
    }
    bytes
}
