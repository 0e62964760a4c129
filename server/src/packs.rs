//! Packs: read once from the site, checked by hash, and kept by hash beside the database so that a release can quote
//! exactly what was shown even after the site has moved on.

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use anyhow::{Context, bail, ensure};
use palate_shared::api::publications::OWN_PACK;
use palate_shared::ids::{PackId, PromptId, ResponseId};
pub(crate) use palate_shared::pack::is_plain_name;
use palate_shared::pack::{PACK_SCHEMA, PackItems, PackManifest, PackPrompt};

use crate::secret::sha256_hex;

/// A pack as the API needs it.
#[derive(Clone, Debug)]
pub struct Pack {
    /// As published.
    pub manifest: PackManifest,
    /// SHA-256 of the items file, hex.
    pub items_sha256: String,
    /// Bytes of the items file.
    items_bytes: Vec<u8>,
    /// Answers of each prompt.
    responses: HashMap<PromptId, Vec<ResponseId>>,
    /// Prompts with the text of their answers.
    prompts: HashMap<PromptId, PackPrompt>,
}

impl Pack {
    /// The answers of a prompt; `None` when the pack has no such prompt.
    pub fn responses(&self, prompt: &PromptId) -> Option<&[ResponseId]> {
        self.responses.get(prompt).map(Vec::as_slice)
    }

    /// A prompt with its answers; `None` when the pack has no such prompt.
    pub fn prompt(&self, prompt: &PromptId) -> Option<&PackPrompt> {
        self.prompts.get(prompt)
    }

    /// All prompts, in the order of their ids.
    pub fn prompts(&self) -> impl Iterator<Item = &PackPrompt> {
        let mut prompts: Vec<&PackPrompt> = self.prompts.values().collect();
        prompts.sort_by(|a, b| a.id.cmp(&b.id));
        prompts.into_iter()
    }
}

/// All packs of the site.
#[derive(Clone, Debug, Default)]
pub struct PackCatalogue {
    packs: BTreeMap<PackId, Pack>,
}

impl PackCatalogue {
    /// Reads every `DIR/*/manifest.json` and checks each file that it names. A missing folder is an empty catalogue.
    ///
    /// # Errors
    /// When a manifest cannot be read, or a file is missing, altered or inconsistent: the message names it.
    pub fn load(dir: &Path) -> anyhow::Result<Self> {
        let mut packs = BTreeMap::new();
        if !dir.is_dir() {
            tracing::warn!("the site has no packs: build them, or comparisons will be refused");
            return Ok(Self { packs });
        }
        for entry in
            std::fs::read_dir(dir).with_context(|| format!("cannot read {}", dir.display()))?
        {
            let folder = entry?.path();
            if folder.join("manifest.json").is_file() {
                let pack = load_pack(&folder)
                    .with_context(|| format!("pack {} is corrupt", folder.display()))?;
                packs.insert(pack.manifest.id.clone(), pack);
            }
        }
        Ok(Self { packs })
    }

    /// One pack.
    pub fn get(&self, id: &PackId) -> Option<&Pack> {
        self.packs.get(id)
    }

    /// All packs, in the order of their ids.
    pub fn all(&self) -> impl Iterator<Item = &Pack> {
        self.packs.values()
    }

    /// Manifests in the order of their ids.
    pub fn manifests(&self) -> Vec<PackManifest> {
        self.packs
            .values()
            .map(|pack| pack.manifest.clone())
            .collect()
    }

    /// Writes each items file to `DATA_DIR/packs/SHA256.json` unless it is there, and its manifest beside it.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn keep_items(&self, data_dir: &Path) -> anyhow::Result<()> {
        let dir = data_dir.join("packs");
        std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
        for pack in self.packs.values() {
            keep_pack(
                data_dir,
                &pack.items_sha256,
                &pack.items_bytes,
                &pack.manifest,
            )?;
        }
        Ok(())
    }
}

/// Writes an items file and its manifest to `DATA_DIR/packs`, which is made if missing.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn keep_pack(
    data_dir: &Path,
    items_sha256: &str,
    items: &[u8],
    manifest: &PackManifest,
) -> anyhow::Result<()> {
    let dir = data_dir.join("packs");
    std::fs::create_dir_all(&dir).with_context(|| format!("cannot make {}", dir.display()))?;
    keep(&kept_path(data_dir, items_sha256, "json"), items)?;
    let manifest = serde_json::to_vec(manifest)?;
    keep(
        &kept_path(data_dir, items_sha256, "manifest.json"),
        &manifest,
    )?;
    std::fs::File::open(&dir)?.sync_all()?;
    Ok(())
}

/// Reads a kept items file and checks its hash.
///
/// # Errors
/// When the file is missing, altered or not an items file.
pub fn read_kept_items(data_dir: &Path, sha256: &str) -> anyhow::Result<PackItems> {
    let path = kept_path(data_dir, sha256, "json");
    let bytes = std::fs::read(&path).with_context(|| {
        format!(
            "cannot read {}: restore it from a backup of the data folder",
            path.display()
        )
    })?;
    ensure!(
        sha256_hex(&bytes) == sha256,
        "{} is corrupt: restore it from a backup",
        path.display()
    );
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not an items file", path.display()))
}

/// Reads the manifest kept beside an items file.
///
/// # Errors
/// When the file is missing or not a manifest.
pub fn read_kept_manifest(data_dir: &Path, items_sha256: &str) -> anyhow::Result<PackManifest> {
    let path = kept_path(data_dir, items_sha256, "manifest.json");
    let bytes = std::fs::read(&path).with_context(|| {
        format!(
            "cannot read {}: restore it from a backup of the data folder",
            path.display()
        )
    })?;
    serde_json::from_slice(&bytes)
        .with_context(|| format!("{} is not a pack manifest", path.display()))
}

/// Where something about the pack with these items is kept.
pub(crate) fn kept_path(data_dir: &Path, items_sha256: &str, extension: &str) -> PathBuf {
    data_dir
        .join("packs")
        .join(format!("{items_sha256}.{extension}"))
}

/// Writes a file of the folder of packs, whole or not at all, unless it is there.
///
/// # Errors
/// When it cannot be written.
pub(crate) fn keep(path: &Path, bytes: &[u8]) -> anyhow::Result<()> {
    if std::fs::read(path).is_ok_and(|kept| kept == bytes) {
        return Ok(());
    }
    // A name of its own: servers that share the folder may start at once.
    let partial = path.with_extension(format!("{}.partial", uuid::Uuid::now_v7()));
    std::fs::write(&partial, bytes)
        .with_context(|| format!("cannot write {}", partial.display()))?;
    std::fs::File::open(&partial)?.sync_all()?;
    std::fs::rename(&partial, path)?;
    Ok(())
}

fn load_pack(folder: &Path) -> anyhow::Result<Pack> {
    let manifest: PackManifest =
        serde_json::from_slice(&std::fs::read(folder.join("manifest.json"))?)
            .context("manifest.json is not a pack manifest")?;
    ensure!(
        manifest.schema == PACK_SCHEMA,
        "manifest.json has schema {}, this server reads {PACK_SCHEMA}: rebuild the pack",
        manifest.schema
    );
    ensure!(
        folder
            .file_name()
            .is_some_and(|name| name == manifest.id.as_str()),
        "the folder must be named {}",
        manifest.id
    );
    ensure!(
        manifest.id.as_str() != OWN_PACK,
        "{OWN_PACK:?} is the name for prompts that people type: give the pack another"
    );
    let mut items_bytes = None;
    for file in &manifest.files {
        ensure!(
            is_plain_name(&file.name),
            "{:?} is not a file name",
            file.name
        );
        let bytes = std::fs::read(folder.join(&file.name))
            .with_context(|| format!("cannot read {}", file.name))?;
        if bytes.len() as u64 != file.bytes || sha256_hex(&bytes) != file.sha256 {
            bail!(
                "{} differs from its hash in the manifest: build the pack again",
                file.name
            );
        }
        if file.role == "items" {
            items_bytes = Some((bytes, file.sha256.clone()));
        }
    }
    let (items_bytes, items_sha256) = items_bytes.context("the manifest names no items file")?;
    let items: PackItems =
        serde_json::from_slice(&items_bytes).context("the items file cannot be read")?;
    ensure!(
        items.pack == manifest.id,
        "the items file belongs to pack {}",
        items.pack
    );
    let responses = items
        .prompts
        .iter()
        .map(|prompt| {
            let ids = prompt.responses.iter();
            (
                prompt.id.clone(),
                ids.map(|response| response.id.clone()).collect(),
            )
        })
        .collect();
    let prompts = items
        .prompts
        .into_iter()
        .map(|prompt| (prompt.id.clone(), prompt))
        .collect();
    Ok(Pack {
        manifest,
        items_sha256,
        items_bytes,
        responses,
        prompts,
    })
}
