//! Pack files. A pack is a folder: `manifest.json`, `first.json` (the first questions, so that a vote needs little),
//! `items.json` (all prompts and answers), `vectors.f16` (answer embeddings), `heads.json` and `heads-*.bin`
//! (population weights), `card.md`.

use serde::{Deserialize, Serialize};

use crate::ids::{PackId, PromptId, ResponseId};

/// Version of the pack format that this code reads and writes.
pub const PACK_SCHEMA: u32 = 1;
/// Most bytes of one shard of encoder weights, and of the tokenizer.
const MAX_SHARD: u64 = 16 << 20;
/// Most bytes of encoder weights.
const MAX_WEIGHTS: u64 = 1 << 30;

/// Why a manifest is refused, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ManifestError {
    /// It is not JSON, or a part has another shape.
    #[error("it cannot be read ({0})")]
    Shape(String),
    /// From another version.
    #[error("it has format {0}, where {PACK_SCHEMA} is read")]
    Schema(u32),
    /// A file outside its folder.
    #[error("{0:?} is not a file name")]
    Name(String),
    /// Sizes that cannot be, or are too much to load.
    #[error("the sizes in it cannot be right")]
    Sizes,
}

/// A name without folders that does not start with a dot.
pub fn is_plain_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= 128
        && !name.starts_with('.')
        && name
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || b"._-".contains(&byte))
}

fn check_name(name: &str) -> Result<(), ManifestError> {
    if is_plain_name(name) {
        Ok(())
    } else {
        Err(ManifestError::Name(name.to_owned()))
    }
}

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
    /// Reads `manifest.json`, which may come from anywhere.
    ///
    /// # Errors
    /// When it has another shape or schema, or names a file outside its folder.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| ManifestError::Shape(error.to_string()))?;
        if manifest.schema != PACK_SCHEMA {
            return Err(ManifestError::Schema(manifest.schema));
        }
        manifest
            .files
            .iter()
            .try_for_each(|file| check_name(&file.name))?;
        Ok(manifest)
    }

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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
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

impl WeightsManifest {
    /// Reads `manifest.json`, which may come from anywhere: what it asks to load is bounded.
    ///
    /// # Errors
    /// When it has another shape, names a file outside its folder, or its sizes disagree or are too large.
    pub fn read(bytes: &[u8]) -> Result<Self, ManifestError> {
        let manifest: Self = serde_json::from_slice(bytes)
            .map_err(|error| ManifestError::Shape(error.to_string()))?;
        let mut sum = 0;
        for file in &manifest.shards {
            check_name(&file.name)?;
            if file.bytes > MAX_SHARD || sum > MAX_WEIGHTS {
                return Err(ManifestError::Sizes);
            }
            sum += file.bytes;
        }
        check_name(&manifest.tokenizer.name)?;
        if sum != manifest.bytes || sum > MAX_WEIGHTS || manifest.tokenizer.bytes > MAX_SHARD {
            return Err(ManifestError::Sizes);
        }
        Ok(manifest)
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_that_disagree_or_are_too_large_are_refused() {
        let file = |bytes| WeightsFile {
            name: "shard.bin".to_owned(),
            bytes,
            sha256: String::new(),
        };
        let read = |bytes, shards: &[u64], tokenizer| {
            let manifest = WeightsManifest {
                encoder: String::new(),
                licence: String::new(),
                source_sha256: String::new(),
                bytes,
                shards: shards.iter().copied().map(file).collect(),
                tokenizer: file(tokenizer),
            };
            WeightsManifest::read(&serde_json::to_vec(&manifest).expect("is JSON"))
                .map(|manifest| manifest.bytes)
        };
        assert_eq!(read(5, &[2, 3], 1), Ok(5));
        assert_eq!(read(MAX_SHARD * 64, &[MAX_SHARD; 64], 1), Ok(MAX_WEIGHTS));
        for (bytes, shards, tokenizer) in [
            (6, &[2, 3][..], 1),
            (5, &[2, 3], u64::MAX),
            (u64::MAX, &[u64::MAX], 1),
            (1, &[u64::MAX, 2], 1),
            (MAX_SHARD * 65, &[MAX_SHARD; 65], 1),
        ] {
            assert_eq!(read(bytes, shards, tokenizer), Err(ManifestError::Sizes));
        }
    }

    #[test]
    fn files_outside_the_folder_are_refused() {
        for name in ["", ".", "../a", "a/b", ".a", "a\\b", "a?b", "http://a"] {
            let text = format!(
                r#"{{"encoder":"","licence":"","source_sha256":"","bytes":0,"shards":[],
                "tokenizer":{{"name":{name:?},"bytes":1,"sha256":""}}}}"#
            );
            let refused = WeightsManifest::read(text.as_bytes());
            assert_eq!(refused, Err(ManifestError::Name(name.to_owned())));
        }
    }
}
