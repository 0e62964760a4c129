//! The pack as the pages need it: manifest and first questions at once, all texts after the first paint.

use std::collections::BTreeSet;

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::ids::{PackId, PromptId, ResponseId};
use palate_shared::pack::{PACK_SCHEMA, PackItems, PackManifest, PackPrompt, PackResponse};

use crate::error::{Error, Result};
use crate::{api, dom, packs};

/// The longest topic that a vote may name, bytes: the server and files of votes take no longer one.
const LONGEST_TOPIC: usize = 64;

/// Prompts that are read between two frames.
const PIECE: usize = 12;

/// What is loaded of the pack.
#[derive(Clone, Copy)]
pub(crate) struct Library {
    /// The pack that questions are taken from.
    pub(crate) pack: RwSignal<&'static str>,
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
    /// Nothing loaded of this pack.
    pub(crate) fn new(pack: &'static str) -> Self {
        Self {
            pack: RwSignal::new(pack),
            manifest: RwSignal::new(None),
            first: RwSignal::new(None),
            items: RwSignal::new(None),
            failure: RwSignal::new(None),
            asked_first: RwSignal::new(false),
            asked_items: RwSignal::new(false),
        }
    }

    /// Lets go of what is loaded and begins with another pack.
    pub(crate) fn open(self, pack: &'static str) {
        self.manifest.set(None);
        self.first.set(None);
        self.items.set(None);
        self.asked_first.set(false);
        self.asked_items.set(false);
        self.pack.set(pack);
        self.load_first();
    }

    /// The id of the pack, as votes name it.
    pub(crate) fn id(self) -> PackId {
        self.pack.get_untracked().into()
    }

    /// Whether this is still the pack: another may be opened while its files are on the way.
    pub(crate) fn is_on(self, pack: &str) -> bool {
        self.pack.get_untracked() == pack
    }

    /// Loads manifest and first questions, once; a failure can be tried again.
    pub(crate) fn load_first(self) {
        if self.asked_first.get_untracked() {
            return;
        }
        self.asked_first.set(true);
        self.failure.set(None);
        let pack = self.pack.get_untracked();
        spawn_local(async move {
            let found = fetch_first(pack).await;
            if !self.is_on(pack) {
                return;
            }
            match found {
                Ok((manifest, first)) => {
                    self.manifest.set(Some(manifest));
                    self.first.set(Some(first));
                }
                Err(error) => {
                    self.failure.set(Some(error.to_string()));
                    self.asked_first.set(false);
                }
            }
        });
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
        let pack = self.pack.get_untracked();
        spawn_local(async move {
            let found = fetch(pack, &manifest, "items").await;
            if !self.is_on(pack) {
                return;
            }
            match found {
                Ok(items) => {
                    self.items.set(Some(items));
                    packs::keep(pack, manifest).await;
                }
                Err(_) => self.asked_items.set(false),
            }
        });
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

    /// Topics of the pack that can be chosen, sorted. Tracks what is loaded; empty before all texts are.
    pub(crate) fn topics(self) -> Vec<String> {
        self.items.with(|items| {
            let prompts = items.iter().flat_map(|items| &items.prompts);
            let topics: BTreeSet<&String> = prompts.map(|prompt| &prompt.topic).collect();
            topics
                .into_iter()
                .filter(|topic| topic.len() <= LONGEST_TOPIC)
                .cloned()
                .collect()
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

/// Manifest and first questions of a pack.
async fn fetch_first(pack: &str) -> Result<(PackManifest, PackItems)> {
    let manifest = fetch_manifest(pack).await?;
    let first = fetch(pack, &manifest, "first").await?;
    Ok((manifest, first))
}

async fn fetch_manifest(pack: &str) -> Result<PackManifest> {
    let manifest: PackManifest = api::get(&format!("{}/manifest.json", packs::url(pack))).await?;
    if manifest.schema != PACK_SCHEMA {
        return Err(Error::Decode(format!("pack format {}", manifest.schema)));
    }
    Ok(manifest)
}

/// All texts of a pack, whichever is the present one.
///
/// # Errors
/// When the network, the server or the decoding fails.
pub(crate) async fn texts(pack: &str) -> Result<PackItems> {
    fetch(pack, &fetch_manifest(pack).await?, "items").await
}

async fn fetch(pack: &str, manifest: &PackManifest, role: &str) -> Result<PackItems> {
    let file = manifest
        .file(role)
        .ok_or_else(|| Error::Decode(format!("the pack has no {role} file")))?;
    let read = api::get_value(&format!("{}/{}", packs::url(pack), file.name)).await?;
    let mut items = PackItems {
        pack: api::typed(read.field("pack"))?,
        prompts: Vec::new(),
    };
    for piece in read.field("prompts").elements().chunks(PIECE) {
        // What the last task began is drawn first.
        dom::sleep(0).await;
        for prompt in piece {
            items.prompts.push(api::typed(prompt.clone())?);
        }
    }
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
