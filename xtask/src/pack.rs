//! All packs with source text under `packs`, built and checked by the laboratory.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use palate_shared::pack::PackManifest;

use crate::{env, wasm, weights};

/// Largest pack without heads, bytes after brotli.
const MOST_BYTES: usize = 600_000;

/// Builds `public/packs/NAME` from `packs/NAME/source.jsonl`, for every name.
pub(crate) fn rebuild() -> Result<()> {
    each("--out")
}

/// Builds every pack anew and compares it with the committed one.
pub(crate) fn check() -> Result<()> {
    each("--check")
}

/// Runs the laboratory on every pack, with `option` naming its built folder.
fn each(option: &str) -> Result<()> {
    let encoder = env::encoder_dir()?;
    weights::ensure_encoder(&encoder)?;
    env::build("palate-lab")?;
    for name in names()? {
        let built = format!("public/packs/{name}");
        env::run(
            Command::new(env::target_dir().join("release/palate-lab"))
                .args(["pack", "--source", &format!("packs/{name}/source.jsonl")])
                .args([option, &built])
                .arg("--encoder")
                .arg(&encoder)
                .current_dir(env::root()),
        )?;
        let bytes = without_heads(&env::root().join(&built))?;
        ensure!(
            bytes <= MOST_BYTES,
            "{built} without heads has {bytes} bytes after brotli, more than {MOST_BYTES}"
        );
        println!("{built}: {bytes} bytes after brotli without heads");
    }
    Ok(())
}

/// Folders of `packs` that hold source text.
fn names() -> Result<Vec<String>> {
    let folder = env::root().join("packs");
    let mut names = Vec::new();
    for entry in std::fs::read_dir(&folder).context("the folder packs is missing")? {
        let entry = entry?;
        if entry.path().join("source.jsonl").is_file() {
            names.push(entry.file_name().to_string_lossy().into_owned());
        }
    }
    names.sort_unstable();
    Ok(names)
}

fn without_heads(folder: &Path) -> Result<usize> {
    let text = std::fs::read(folder.join("manifest.json"))
        .with_context(|| format!("{} is not built", folder.display()))?;
    let manifest = PackManifest::read(&text).with_context(|| format!("{}", folder.display()))?;
    let mut bytes = wasm::brotli(&text, 11)?.len();
    for file in manifest.files.iter().filter(|file| file.role != "heads") {
        let text = std::fs::read(folder.join(&file.name))?;
        bytes += wasm::brotli(&text, 11)?.len();
    }
    Ok(bytes)
}
