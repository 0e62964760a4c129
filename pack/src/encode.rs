//! Texts to vectors with the site's own encoder, natively.

use std::path::Path;

use anyhow::{Context, Result};
use burn::tensor::Device;
use half::f16;
use palate_models::encoder::Encoder;
use palate_shared::pack::{PackItems, WeightsManifest};

/// Loads the encoder from a folder with `manifest.json`, shards and tokenizer.
///
/// # Errors
/// When a file is missing or does not parse.
pub fn load(folder: &Path) -> Result<Encoder> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).with_context(|| {
            format!(
                "{} is missing; `cargo xtask run` obtains the encoder",
                path.display()
            )
        })
    };
    let manifest: WeightsManifest = serde_json::from_slice(&read("manifest.json")?)?;
    let mut weights = Vec::new();
    for shard in &manifest.shards {
        weights.extend(read(&shard.name)?);
    }
    Ok(Encoder::from_safetensors(
        &weights,
        &read(&manifest.tokenizer.name)?,
        &Device::flex(),
    )?)
}

/// The vectors file of a pack: one little-endian f16 vector per answer, then one per prompt.
///
/// # Errors
/// When the encoder fails.
pub fn pack(encoder: &Encoder, items: &PackItems) -> Result<Vec<u8>> {
    let answers = items
        .prompts
        .iter()
        .flat_map(|prompt| &prompt.responses)
        .map(|response| response.text.as_str());
    let prompts = items.prompts.iter().map(|prompt| prompt.text.as_str());
    let texts: Vec<&str> = answers.chain(prompts).collect();
    let vectors = pollster::block_on(encoder.encode(&texts))?;
    Ok(vectors
        .iter()
        .flatten()
        .flat_map(|value| f16::from_f32(*value).to_le_bytes())
        .collect())
}
