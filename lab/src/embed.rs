//! Embeddings of a data set's texts, kept beside it.

use std::path::Path;

use anyhow::Result;
use half::f16;
use palate_models::heads::decode_f16;
use palate_models::representation::EMBEDDING;
use sha2::{Digest, Sha256};

use crate::data::Dataset;
use crate::encode;

/// Vectors by index of item and prompt.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embeddings {
    /// One per item.
    pub items: Vec<Vec<f32>>,
    /// One per prompt; empty where no prompt has a text.
    pub prompts: Vec<Vec<f32>>,
}

/// Reads the embeddings of a data set's texts from its folder, or computes and keeps them if there is an encoder. `None`
/// where items have no texts, or there is neither file nor encoder.
///
/// # Errors
/// When the encoder fails or the file cannot be written.
pub fn vectors(
    folder: &Path,
    data: &Dataset,
    encoder: Option<&Path>,
) -> Result<Option<Embeddings>> {
    let texts: Option<Vec<&str>> = data.items.iter().map(|item| item.text.as_deref()).collect();
    let Some(mut texts) = texts else {
        return Ok(None);
    };
    let has_prompts = data.prompts.iter().any(|prompt| prompt.text.is_some());
    if has_prompts {
        texts.extend(
            data.prompts
                .iter()
                .map(|prompt| prompt.text.as_deref().unwrap_or_default()),
        );
    }
    let hash = hex::encode(Sha256::digest(texts.join("\0").as_bytes()));
    let path = folder.join(format!("vectors-{}.f16", &hash[..12]));
    let bytes = match (std::fs::read(&path), encoder) {
        (Ok(bytes), _) if bytes.len() == texts.len() * EMBEDDING * 2 => bytes,
        (_, None) => return Ok(None),
        (_, Some(encoder)) => {
            let vectors = pollster::block_on(encode::load(encoder)?.encode(&texts))?;
            let numbers = vectors.iter().flatten();
            let bytes: Vec<u8> = numbers
                .flat_map(|value| f16::from_f32(*value).to_le_bytes())
                .collect();
            std::fs::write(&path, &bytes)?;
            bytes
        }
    };
    let numbers = decode_f16(&bytes);
    let mut rows = numbers.chunks_exact(EMBEDDING).map(<[f32]>::to_vec);
    let items = rows.by_ref().take(data.items.len()).collect();
    Ok(Some(Embeddings {
        items,
        prompts: rows.collect(),
    }))
}
