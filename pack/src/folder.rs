//! A built pack on disk.

use std::path::Path;

use anyhow::{Context, Result, bail};
use palate_shared::pack::{PackItems, PackManifest};
use sha2::{Digest, Sha256};

/// What the laboratory reads of a pack.
#[derive(Clone, Debug)]
pub struct PackFolder {
    /// The manifest.
    pub manifest: PackManifest,
    /// Prompts and answers.
    pub items: PackItems,
    /// Answer vectors, then prompt vectors, little-endian f16.
    pub vectors: Vec<u8>,
    /// Population heads, if the pack has any.
    pub heads: Option<Vec<u8>>,
}

/// Reads a built pack and checks every hash.
///
/// # Errors
/// When a file is missing, does not parse or has another hash than the manifest says.
pub fn read(folder: &Path) -> Result<PackFolder> {
    let path = folder.join("manifest.json");
    let text =
        std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
    let manifest: PackManifest =
        serde_json::from_slice(&text).with_context(|| format!("{}", path.display()))?;
    let file = |role: &str| -> Result<Option<Vec<u8>>> {
        let Some(entry) = manifest.file(role) else {
            return Ok(None);
        };
        let path = folder.join(&entry.name);
        let bytes =
            std::fs::read(&path).with_context(|| format!("{} cannot be read", path.display()))?;
        if hex::encode(Sha256::digest(&bytes)) != entry.sha256 {
            bail!(
                "{} is not the file that the manifest names; build the pack again",
                path.display()
            );
        }
        Ok(Some(bytes))
    };
    Ok(PackFolder {
        items: serde_json::from_slice(&file("items")?.context("the pack has no items")?)?,
        vectors: file("vectors")?.context("the pack has no vectors")?,
        heads: file("heads")?,
        manifest,
    })
}
