//! Vectors of a study's answers and prompts, made by the site's own encoder on a thread of its own: neither requests nor the
//! end of the server wait for it.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;
use palate_pack::encode;

use crate::packs::{keep, kept_path, read_kept_items};

/// One encoder at a time: it takes memory and a core.
static AT_WORK: Mutex<()> = Mutex::new(());

fn path(data_dir: &Path, items_sha256: &str) -> PathBuf {
    kept_path(data_dir, items_sha256, "vectors.f16")
}

/// Whether the vectors are there.
pub fn has_vectors(data_dir: &Path, items_sha256: &str) -> bool {
    path(data_dir, items_sha256).is_file()
}

/// Makes the vectors beside the items file, unless they are there: of all answers, then of all prompts.
///
/// # Errors
/// When the weights or the items cannot be read, or the encoder fails.
pub fn embed(data_dir: &Path, encoder_dir: &Path, items_sha256: &str) -> anyhow::Result<()> {
    let _alone = AT_WORK.lock().unwrap_or_else(PoisonError::into_inner);
    if has_vectors(data_dir, items_sha256) {
        return Ok(());
    }
    let items = read_kept_items(data_dir, items_sha256)?;
    let encoder = encode::load(encoder_dir)?;
    let vectors = encode::pack(&encoder, &items)?;
    keep(&path(data_dir, items_sha256), &vectors)
}

/// [`embed`] in the background; what goes wrong is logged. The process may end before it is done: then nothing was written.
///
/// # Errors
/// When no thread can be had.
pub fn embed_later(data_dir: &Path, encoder_dir: &Path, items_sha256: &str) -> anyhow::Result<()> {
    let (data_dir, encoder_dir) = (data_dir.to_owned(), encoder_dir.to_owned());
    let items_sha256 = items_sha256.to_owned();
    let work = move || match embed(&data_dir, &encoder_dir, &items_sha256) {
        Ok(()) => tracing::info!(items_sha256, "a study is embedded"),
        Err(error) => tracing::error!(
            error = format!("{error:#}"),
            "a study has no vectors; `palate study embed` makes them"
        ),
    };
    std::thread::Builder::new()
        .name("embed".to_owned())
        .spawn(work)
        .context("no thread to embed a study")?;
    Ok(())
}

/// Whether a folder has an encoder in it.
pub fn is_encoder(dir: &Path) -> bool {
    dir.join("manifest.json").is_file()
}
