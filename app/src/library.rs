//! The pack as the pages need it: manifest and first questions at once, all texts after the first paint.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::ids::{PromptId, ResponseId};
use palate_shared::pack::{PACK_SCHEMA, PackItems, PackManifest, PackPrompt, PackResponse};

use crate::api;
use crate::error::{Error, Result};

/// Where the starter pack lives.
pub(crate) const PACK_URL: &str = "/packs/starter";

/// What is loaded of the pack.
#[derive(Clone, Copy)]
pub(crate) struct Library {
    /// The manifest.
    pub(crate) manifest: RwSignal<Option<PackManifest>>,
    /// The first questions.
    pub(crate) first: RwSignal<Option<PackItems>>,
    /// All texts.
    pub(crate) items: RwSignal<Option<PackItems>>,
    /// Why the first questions are missing, in words.
    pub(crate) failure: RwSignal<Option<String>>,
    asked_first: RwSignal<bool>,
    asked_items: RwSignal<bool>,
}

impl Library {
    /// Nothing loaded.
    pub(crate) fn new() -> Self {
        Self {
            manifest: RwSignal::new(None),
            first: RwSignal::new(None),
            items: RwSignal::new(None),
            failure: RwSignal::new(None),
            asked_first: RwSignal::new(false),
            asked_items: RwSignal::new(false),
        }
    }

    /// Loads manifest and first questions, once; a failure can be tried again.
    pub(crate) fn load_first(self) {
        if self.asked_first.get_untracked() {
            return;
        }
        self.asked_first.set(true);
        self.failure.set(None);
        spawn_local(async move {
            if let Err(error) = self.fetch_first().await {
                self.failure.set(Some(error.to_string()));
                self.asked_first.set(false);
            }
        });
    }

    async fn fetch_first(self) -> Result<()> {
        let manifest: PackManifest = api::get(&format!("{PACK_URL}/manifest.json")).await?;
        if manifest.schema != PACK_SCHEMA {
            return Err(Error::Decode(format!("pack format {}", manifest.schema)));
        }
        let first = fetch(&manifest, "first").await?;
        self.manifest.set(Some(manifest));
        self.first.set(Some(first));
        Ok(())
    }

    /// Loads all texts, once, after the manifest.
    pub(crate) fn load_items(self) {
        let Some(manifest) = self.manifest.get_untracked() else {
            return;
        };
        if self.asked_items.get_untracked() {
            return;
        }
        self.asked_items.set(true);
        spawn_local(async move {
            match fetch(&manifest, "items").await {
                Ok(items) => self.items.set(Some(items)),
                Err(_) => self.asked_items.set(false),
            }
        });
    }

    /// The id of the pack; empty before its manifest is there.
    pub(crate) fn pack(self) -> palate_shared::ids::PackId {
        self.manifest.with_untracked(|manifest| {
            manifest
                .as_ref()
                .map_or_else(|| "".into(), |manifest| manifest.id.clone())
        })
    }

    /// A prompt with its answers, from what is loaded.
    pub(crate) fn prompt(self, id: &PromptId, shown: &[ResponseId]) -> Option<PackPrompt> {
        let holds = |prompt: &&PackPrompt| {
            prompt.id == *id
                && shown
                    .iter()
                    .all(|id| prompt.responses.iter().any(|response| response.id == *id))
        };
        let find = |items: &Option<PackItems>| items.as_ref()?.prompts.iter().find(holds).cloned();
        self.items
            .with_untracked(find)
            .or_else(|| self.first.with_untracked(find))
    }

    /// Topics of the pack, sorted. Tracks what is loaded; empty before all texts are.
    pub(crate) fn topics(self) -> Vec<String> {
        self.items.with(|items| {
            let prompts = items.iter().flat_map(|items| &items.prompts);
            let topics: BTreeSet<&String> = prompts.map(|prompt| &prompt.topic).collect();
            topics.into_iter().cloned().collect()
        })
    }

    /// An answer with the text of its prompt. Tracks what is loaded.
    pub(crate) fn response(self, id: &ResponseId) -> Option<(String, PackResponse)> {
        self.items.with(|items| {
            items.as_ref()?.prompts.iter().find_map(|prompt| {
                let response = prompt
                    .responses
                    .iter()
                    .find(|response| response.id == *id)?;
                Some((prompt.text.clone(), response.clone()))
            })
        })
    }
}

async fn fetch(manifest: &PackManifest, role: &str) -> Result<PackItems> {
    let file = manifest
        .file(role)
        .ok_or_else(|| Error::Decode(format!("the pack has no {role} file")))?;
    let items: PackItems = api::get(&format!("{PACK_URL}/{}", file.name)).await?;
    if items
        .prompts
        .iter()
        .any(|prompt| prompt.responses.len() < 2)
        || items.prompts.is_empty()
    {
        return Err(Error::Decode(format!(
            "the {role} file of the pack is incomplete"
        )));
    }
    Ok(items)
}
