//! The heads file: population weights of every method, the representation's constants, and where they come from.
//!
//! One safetensors file. Its metadata has a single entry `card` (JSON: seed, training data, figures); its version is
//! the first 12 hex digits of its SHA-256. Large tables are f16, the rest f32.

use std::collections::{BTreeMap, HashMap};

use half::f16;
use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

/// A table of numbers with its shape, row-major.
#[derive(Clone, Debug, PartialEq)]
pub struct Table {
    /// Sizes of the axes.
    pub shape: Vec<usize>,
    /// Values, row-major.
    pub data: Vec<f32>,
    /// Whether it is stored as f16.
    pub is_half: bool,
}

impl Table {
    /// A table that is stored as f32.
    pub fn new(shape: &[usize], data: Vec<f32>) -> Self {
        Self {
            shape: shape.to_vec(),
            data,
            is_half: false,
        }
    }

    /// A table that is stored as f16; the values are rounded at once, so that what was trained is what ships.
    pub fn half(shape: &[usize], data: &[f32]) -> Self {
        Self {
            shape: shape.to_vec(),
            data: data
                .iter()
                .map(|value| f16::from_f32(*value).to_f32())
                .collect(),
            is_half: true,
        }
    }
}

/// Tables by name.
pub type Tables = BTreeMap<String, Table>;

/// A parsed heads file.
#[derive(Clone, Debug)]
pub struct Heads {
    version: String,
    card: serde_json::Value,
    tables: Tables,
}

impl Heads {
    /// Reads a heads file.
    ///
    /// # Errors
    /// When the bytes are no safetensors file, the card is missing, or a number is not finite.
    pub fn read(bytes: &[u8]) -> Result<Self> {
        let corrupt = |error: &dyn std::fmt::Display| {
            Error::Weights(format!(
                "the heads file is corrupt ({error}); fetch it again"
            ))
        };
        let file = SafeTensors::deserialize(bytes).map_err(|error| corrupt(&error))?;
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|error| corrupt(&error))?;
        let card = metadata
            .metadata()
            .as_ref()
            .and_then(|entries| entries.get("card"))
            .ok_or_else(|| corrupt(&"it has no card"))?;
        let card = serde_json::from_str(card).map_err(|error| corrupt(&error))?;
        let mut tables = BTreeMap::new();
        for (name, view) in file.tensors() {
            let data: Vec<f32> = match view.dtype() {
                Dtype::F32 => view
                    .data()
                    .chunks_exact(4)
                    .map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]))
                    .collect(),
                Dtype::F16 => decode_f16(view.data()),
                other => return Err(corrupt(&format!("table {name} has type {other:?}"))),
            };
            if data.iter().any(|value| !value.is_finite()) {
                return Err(corrupt(&format!(
                    "table {name} holds a number that is not finite"
                )));
            }
            let table = Table {
                shape: view.shape().to_vec(),
                data,
                is_half: view.dtype() == Dtype::F16,
            };
            tables.insert(name, table);
        }
        let version = hex::encode(Sha256::digest(bytes))[..12].to_owned();
        Ok(Self {
            version,
            card,
            tables,
        })
    }

    /// Writes a heads file; the same input gives the same bytes.
    ///
    /// # Errors
    /// When a table's shape and data disagree.
    pub fn write(card: &serde_json::Value, tables: &Tables) -> Result<Vec<u8>> {
        let encoded: Vec<(&String, &Table, Vec<u8>)> = tables
            .iter()
            .map(|(name, table)| {
                let bytes = if table.is_half {
                    table
                        .data
                        .iter()
                        .flat_map(|v| f16::from_f32(*v).to_le_bytes())
                        .collect()
                } else {
                    table.data.iter().flat_map(|v| v.to_le_bytes()).collect()
                };
                (name, table, bytes)
            })
            .collect();
        let mut views = Vec::new();
        for (name, table, bytes) in &encoded {
            let dtype = if table.is_half {
                Dtype::F16
            } else {
                Dtype::F32
            };
            let view = TensorView::new(dtype, table.shape.clone(), bytes)
                .map_err(|error| Error::Weights(format!("table {name}: {error}")))?;
            views.push((name.as_str(), view));
        }
        let metadata = HashMap::from([("card".to_owned(), card.to_string())]);
        safetensors::serialize(views, Some(metadata))
            .map_err(|error| Error::Weights(format!("the heads file cannot be written: {error}")))
    }

    /// First 12 hex digits of the file's SHA-256.
    pub fn version(&self) -> &str {
        &self.version
    }

    /// Seed, training data and figures.
    pub fn card(&self) -> &serde_json::Value {
        &self.card
    }

    /// Whether there is a table of this name.
    pub fn has(&self, name: &str) -> bool {
        self.tables.contains_key(name)
    }

    /// A table with any shape.
    ///
    /// # Errors
    /// When the file does not have it.
    pub fn table(&self, name: &str) -> Result<&Table> {
        self.tables.get(name).ok_or_else(|| {
            Error::Weights(format!(
                "the heads file has no table {name}; it was made by another version"
            ))
        })
    }

    /// The data of a table with exactly this shape.
    ///
    /// # Errors
    /// When the file does not have it, or it has another shape.
    pub fn data(&self, name: &str, shape: &[usize]) -> Result<&[f32]> {
        let table = self.table(name)?;
        if table.shape != shape {
            return Err(Error::Weights(format!(
                "table {name} has shape {:?} instead of {shape:?}",
                table.shape
            )));
        }
        Ok(&table.data)
    }
}

/// Little-endian f16 to f32.
pub fn decode_f16(bytes: &[u8]) -> Vec<f32> {
    bytes
        .chunks_exact(2)
        .map(|b| f16::from_le_bytes([b[0], b[1]]).to_f32())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_written_file_reads_back_and_is_deterministic() {
        let tables = BTreeMap::from([
            (
                "a".to_owned(),
                Table::new(&[2, 2], vec![1.0, 2.0, 3.0, 4.1]),
            ),
            ("b".to_owned(), Table::half(&[3], &[0.1, 0.2, 0.3])),
        ]);
        let card = serde_json::json!({ "seed": 1 });
        let bytes = Heads::write(&card, &tables).expect("shapes fit");
        assert_eq!(bytes, Heads::write(&card, &tables).expect("shapes fit"));
        let heads = Heads::read(&bytes).expect("it was just written");
        assert_eq!(heads.card(), &card);
        assert_eq!(heads.table("a").expect("was written"), &tables["a"]);
        assert_eq!(heads.table("b").expect("was written"), &tables["b"]);
        assert!(heads.data("a", &[4]).is_err());
        assert!(heads.table("c").is_err());
    }

    #[test]
    fn corrupt_bytes_are_an_error() {
        for bytes in [&b""[..], b"not a heads file at all", &[255; 64]] {
            assert!(matches!(Heads::read(bytes), Err(Error::Weights(_))));
        }
    }
}
