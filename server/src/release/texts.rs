//! Texts of the packs that votes are about, as they were kept when they were shown.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use anyhow::Context;
use palate_shared::api::publications::OWN_PACK;
use palate_shared::ids::{PromptId, ResponseId};
use palate_shared::pack::{PackPrompt, PackResponse};
use serde::{Deserialize, Serialize};

use super::LICENCE;
use crate::packs::{read_kept_items, read_kept_manifest};

/// Texts of one kept pack.
#[derive(Debug)]
pub(crate) struct Texts {
    /// The pack's id.
    pub pack: String,
    /// SPDX id of the texts; the model's terms, in words, for answers to an own prompt.
    pub licence: String,
    /// SPDX id of the prompts.
    pub prompt_licence: String,
    /// Who to name.
    pub attribution: String,
    /// Prompts by id.
    pub prompts: BTreeMap<PromptId, PackPrompt>,
}

impl Texts {
    fn read(data_dir: &Path, items_sha256: &str) -> anyhow::Result<Self> {
        let manifest = read_kept_manifest(data_dir, items_sha256)?;
        let items = read_kept_items(data_dir, items_sha256)?;
        Ok(Self {
            pack: manifest.id.0,
            prompt_licence: manifest.licence.clone(),
            licence: manifest.licence,
            attribution: manifest.attribution,
            prompts: items
                .prompts
                .into_iter()
                .map(|prompt| (prompt.id.clone(), prompt))
                .collect(),
        })
    }

    /// The texts of an own prompt.
    pub(crate) fn own(own: Own) -> Self {
        Self {
            pack: OWN_PACK.to_owned(),
            licence: own.licence,
            prompt_licence: LICENCE.to_owned(),
            attribution: String::new(),
            prompts: BTreeMap::from([(own.prompt.id.clone(), own.prompt)]),
        }
    }

    /// # Errors
    /// When the kept pack lacks it.
    pub(crate) fn prompt(&self, id: &PromptId) -> anyhow::Result<&PackPrompt> {
        self.prompts
            .get(id)
            .with_context(|| format!("the kept pack has no prompt {id}"))
    }
}

/// A prompt that a person typed, with the answers that were shown, on its way to the tables.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Own {
    pub prompt: PackPrompt,
    /// Of the answers, in words.
    pub licence: String,
}

/// One answer of a prompt.
///
/// # Errors
/// When the kept pack lacks it.
pub(crate) fn answer<'a>(
    prompt: &'a PackPrompt,
    id: &ResponseId,
) -> anyhow::Result<&'a PackResponse> {
    prompt
        .responses
        .iter()
        .find(|response| response.id == *id)
        .with_context(|| format!("the kept pack has no answer {id}"))
}

/// Kept packs by the hash of their items, read when they are first asked for.
#[derive(Debug)]
pub(crate) struct Library {
    data_dir: PathBuf,
    packs: BTreeMap<String, Texts>,
}

impl Library {
    pub(crate) fn new(data_dir: &Path) -> Self {
        Self {
            data_dir: data_dir.to_owned(),
            packs: BTreeMap::new(),
        }
    }

    /// # Errors
    /// When the pack is missing or corrupt.
    pub(crate) fn texts(&mut self, items_sha256: &str) -> anyhow::Result<&Texts> {
        if !self.packs.contains_key(items_sha256) {
            let texts = Texts::read(&self.data_dir, items_sha256)?;
            self.packs.insert(items_sha256.to_owned(), texts);
        }
        Ok(&self.packs[items_sha256])
    }

    /// All packs that were asked for, in the order of pack and hash.
    pub(crate) fn all(&self) -> Vec<(&str, &Texts)> {
        let mut all: Vec<_> = self
            .packs
            .iter()
            .map(|(sha256, texts)| (sha256.as_str(), texts))
            .collect();
        all.sort_by_key(|(sha256, texts)| (texts.pack.as_str(), *sha256));
        all
    }
}
