//! Pack files. A pack is a folder: `manifest.json`, `first.json` (the first questions, so that a vote needs little),
//! `items.json` (all prompts and answers), `vectors.f16` (answer embeddings), `heads.json` and `heads-*.bin`
//! (population weights), `card.md`.

use serde::{Deserialize, Serialize};

use crate::ids::{PackId, PromptId, ResponseId};

/// Version of the pack format that this code reads and writes.
pub const PACK_SCHEMA: u32 = 1;

/// `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackManifest {
    /// [`PACK_SCHEMA`].
    pub schema: u32,
    /// The pack.
    pub id: PackId,
    /// Name for people.
    pub title: String,
    /// Content version, for example `1`.
    pub version: String,
    /// SPDX id.
    pub licence: String,
    /// Who to name.
    pub attribution: String,
    /// Number of prompts.
    pub prompts: u32,
    /// Number of answers.
    pub responses: u32,
    /// Encoder that made `vectors.f16`, for example `all-MiniLM-L6-v2`.
    pub encoder: String,
    /// Width of a vector.
    pub dimension: u32,
    /// Files of the pack.
    pub files: Vec<PackFile>,
}

/// One file of a pack. Its URL is `packs/{pack}/{name}`; the name carries a hash where content may change.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct PackFile {
    /// What it is: `first`, `items`, `vectors`, `heads`, `card`.
    pub role: String,
    /// File name within the pack folder.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, hex.
    pub sha256: String,
}

impl PackManifest {
    /// The file with this role.
    pub fn file(&self, role: &str) -> Option<&PackFile> {
        self.files.iter().find(|file| file.role == role)
    }
}

/// `items.json` and `first.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackItems {
    /// The pack.
    pub pack: PackId,
    /// Prompts with their answers. In `items.json`, answer vectors stand in this order in `vectors.f16`,
    /// after them one vector per prompt.
    pub prompts: Vec<PackPrompt>,
}

/// A prompt and its answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackPrompt {
    /// Id.
    pub id: PromptId,
    /// Topic for people, for example `cooking`.
    pub topic: String,
    /// The prompt.
    pub text: String,
    /// Two or more answers.
    pub responses: Vec<PackResponse>,
}

/// An answer and how it was made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PackResponse {
    /// Id.
    pub id: ResponseId,
    /// Markdown, untrusted.
    pub text: String,
    /// Who wrote it: the name shown at the reveal.
    pub made_by: String,
    /// How it was asked for, for example `length: short; tone: warm`. Shown only after a vote.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directives: Option<String>,
    /// The answer that it was derived from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<ResponseId>,
    /// Sampling seed, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
}

/// `models/encoder/manifest.json`: encoder weights in shards, in order; their concatenation is one safetensors file in f16.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightsManifest {
    /// Encoder id, for example `all-MiniLM-L6-v2`.
    pub encoder: String,
    /// SPDX id.
    pub licence: String,
    /// SHA-256 of the source weights, hex.
    pub source_sha256: String,
    /// Sum of all shard sizes, bytes.
    pub bytes: u64,
    /// Shards of at most 16 MiB, named by hash.
    pub shards: Vec<WeightsFile>,
    /// `tokenizer.json`.
    pub tokenizer: WeightsFile,
}

/// One file beside the weights manifest.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WeightsFile {
    /// File name, carries the hash.
    pub name: String,
    /// Size in bytes.
    pub bytes: u64,
    /// SHA-256, hex.
    pub sha256: String,
}
