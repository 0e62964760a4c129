//! Vectors of a data set's texts, kept beside it.
//!
//! | file | what |
//! |---|---|
//! | `embedding.f16` | one vector of [`EMBEDDING`] little-endian f16 numbers after the other |
//! | `embedding.txt` | first line: the encoder and the SHA-256 of its weights; then one SHA-256 of a text a line, in the order of the vectors |
//!
//! Both only grow, and a text is found by its hash: a run that was cut off is taken up where it ended, and a text that
//! changed is simply not there. Vectors of another encoder's weights are thrown away.

use std::collections::{HashMap, HashSet};
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use half::f16;
use palate_models::encoder::Encoder;
use palate_models::representation::EMBEDDING;
use palate_shared::pack::WeightsManifest;
use sha2::{Digest, Sha256};

use crate::data::Dataset;
use crate::encode;

const VECTORS: &str = "embedding.f16";
const HASHES: &str = "embedding.txt";
/// Texts that are encoded between two writes.
const BATCH: usize = 32;
/// Bytes of a vector.
const BYTES: usize = 2 * EMBEDDING;

/// Vectors of a data set.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Embeddings {
    /// One vector of [`EMBEDDING`] numbers per item, L2 norm 1.
    pub items: Vec<Vec<f32>>,
    /// One vector per prompt; zeros for a prompt without text. Empty when no prompt has one.
    pub prompts: Vec<Vec<f32>>,
}

/// Vectors of all item and prompt texts of the data set in `folder`, from the cache; with an encoder's folder, those that
/// are missing are computed and kept. `None` when items come with vectors of their own, and when there is neither cache
/// nor encoder: then [`hint`] says what to run.
///
/// # Errors
/// When the cache lacks some texts and there is no encoder (the message says what to run), or a file cannot be read or
/// written.
pub fn vectors(
    folder: &Path,
    data: &Dataset,
    encoder: Option<&Path>,
) -> Result<Option<Embeddings>> {
    if data.items.iter().all(|item| item.vector.is_some()) {
        return Ok(None);
    }
    let texts = texts(data);
    if let Some(encoder) = encoder {
        fill(folder, &texts, encoder, &mut |_| {})?;
    } else if !folder.join(HASHES).exists() {
        return Ok(None);
    }
    let cache = Cache::read(folder, None)?;
    let different: HashSet<String> = texts.iter().map(|text| hash(text)).collect();
    let missing = different
        .iter()
        .filter(|hash| !cache.rows.contains_key(*hash))
        .count();
    ensure!(
        missing == 0,
        "{missing} of {} texts in {} have no vector: {}",
        different.len(),
        folder.display(),
        hint(folder)
    );
    Embeddings::of_texts(data, |text| cache.vector(&hash(text))).map(Some)
}

impl Embeddings {
    /// Of a data set whose texts have these vectors.
    ///
    /// # Errors
    /// When one has none.
    pub fn of_texts(data: &Dataset, vector: impl Fn(&str) -> Option<Vec<f32>>) -> Result<Self> {
        let of = |text: &Option<String>| match text {
            Some(text) => vector(text).context("a text has no vector"),
            None => Ok(vec![0.0; EMBEDDING]),
        };
        let items = data.items.iter().map(|item| of(&item.text));
        let items = items.collect::<Result<_>>()?;
        let prompts = if data.prompts.iter().all(|prompt| prompt.text.is_none()) {
            vec![]
        } else {
            let prompts = data.prompts.iter().map(|prompt| of(&prompt.text));
            prompts.collect::<Result<_>>()?
        };
        Ok(Self { items, prompts })
    }
}

/// What to run when there are no vectors.
pub fn hint(folder: &Path) -> String {
    format!(
        "run `palate-lab embed --data {} --encoder DIR` (`cargo xtask weights` obtains the encoder)",
        folder.display()
    )
}

/// How far [`fill`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Filled {
    /// Texts with a vector.
    pub done: usize,
    /// Different texts.
    pub texts: usize,
}

/// Computes and keeps the vectors of those texts that have none; `watch` is called after each batch.
///
/// # Errors
/// When the encoder or a file fails.
pub fn fill(
    folder: &Path,
    texts: &[&str],
    encoder: &Path,
    watch: &mut dyn FnMut(Filled),
) -> Result<Filled> {
    let header = header(encoder)?;
    let cache = Cache::read(folder, Some(&header))?;
    let mut new: Vec<(String, &str)> = Vec::new();
    let mut known: HashSet<String> = HashSet::new();
    for text in texts {
        let hash = hash(text);
        if known.insert(hash.clone()) && !cache.rows.contains_key(&hash) {
            new.push((hash, text));
        }
    }
    let mut filled = Filled {
        done: known.len() - new.len(),
        texts: known.len(),
    };
    watch(filled);
    if new.is_empty() {
        return Ok(filled);
    }
    // Texts of like length run together.
    new.sort_by_key(|(_, text)| text.len());
    let encoder: Encoder = encode::load(encoder)?;
    cache.rewrite(folder, &header)?;
    let append = |name: &str| {
        let path = folder.join(name);
        OpenOptions::new()
            .append(true)
            .open(&path)
            .with_context(|| format!("{} cannot be written", path.display()))
    };
    let (mut vectors, mut hashes) = (append(VECTORS)?, append(HASHES)?);
    for batch in new.chunks(BATCH) {
        let texts: Vec<&str> = batch.iter().map(|(_, text)| *text).collect();
        let encoded = pollster::block_on(encoder.encode(&texts))?;
        // Vectors first: a hash never stands without its vector.
        vectors.write_all(&halves(encoded.iter().flatten()))?;
        let lines: String = batch.iter().map(|(hash, _)| format!("{hash}\n")).collect();
        hashes.write_all(lines.as_bytes())?;
        filled.done += batch.len();
        watch(filled);
    }
    Ok(filled)
}

/// All texts of a data set, items first.
pub fn texts(data: &Dataset) -> Vec<&str> {
    let items = data.items.iter().filter_map(|item| item.text.as_deref());
    let prompts = data
        .prompts
        .iter()
        .filter_map(|prompt| prompt.text.as_deref());
    items.chain(prompts).collect()
}

fn hash(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}

fn halves<'a>(numbers: impl Iterator<Item = &'a f32>) -> Vec<u8> {
    numbers
        .flat_map(|value| f16::from_f32(*value).to_le_bytes())
        .collect()
}

fn header(encoder: &Path) -> Result<String> {
    let path = encoder.join("manifest.json");
    let bytes = std::fs::read(&path).with_context(|| {
        format!(
            "{} is missing; `cargo xtask weights` obtains the encoder",
            path.display()
        )
    })?;
    let manifest = WeightsManifest::read(&bytes)
        .map_err(|error| anyhow::anyhow!("{}: {error}", path.display()))?;
    Ok(format!("{} {}", manifest.encoder, manifest.source_sha256))
}

/// The two files in memory.
#[derive(Debug, Default)]
struct Cache {
    vectors: Vec<u8>,
    /// Place of each text's vector.
    rows: HashMap<String, usize>,
    /// Hashes in the order of vectors.
    order: Vec<String>,
}

impl Cache {
    /// Reads what is whole; nothing when there is no cache, or it is not of the encoder in `header`.
    fn read(folder: &Path, header: Option<&str>) -> Result<Self> {
        let (vectors, hashes) = (folder.join(VECTORS), folder.join(HASHES));
        if !vectors.exists() || !hashes.exists() {
            return Ok(Self::default());
        }
        let text = std::fs::read_to_string(&hashes)
            .with_context(|| format!("{} cannot be read", hashes.display()))?;
        let mut vectors = std::fs::read(&vectors)
            .with_context(|| format!("{} cannot be read", vectors.display()))?;
        // The last line may have been cut off.
        let whole = text.rfind('\n').map_or(0, |end| end + 1);
        let mut lines = text[..whole].lines();
        let found = lines.next();
        if header.is_some() && found != header {
            return Ok(Self::default());
        }
        let order: Vec<String> = lines
            .take(vectors.len() / BYTES)
            .map(str::to_owned)
            .collect();
        vectors.truncate(order.len() * BYTES);
        let rows = order.iter().cloned().zip(0..).collect();
        Ok(Self {
            vectors,
            rows,
            order,
        })
    }

    /// Writes what is whole, so that both files can be appended to.
    fn rewrite(&self, folder: &Path, header: &str) -> Result<()> {
        let mut lines = format!("{header}\n");
        for hash in &self.order {
            lines += hash;
            lines.push('\n');
        }
        for (name, bytes) in [
            (VECTORS, self.vectors.as_slice()),
            (HASHES, lines.as_bytes()),
        ] {
            let path = folder.join(name);
            std::fs::write(&path, bytes)
                .with_context(|| format!("{} cannot be written", path.display()))?;
        }
        Ok(())
    }

    fn vector(&self, hash: &str) -> Option<Vec<f32>> {
        let row = self.rows.get(hash)?;
        let halves = self.vectors[row * BYTES..(row + 1) * BYTES].chunks_exact(2);
        Some(
            halves
                .map(|two| f16::from_le_bytes([two[0], two[1]]).to_f32())
                .collect(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::About;
    use crate::import::Maker;

    fn data(texts: &[&str]) -> Dataset {
        let mut maker = Maker::new(About::default());
        let prompt = maker.prompt("p", Some("Which?"));
        let user = maker.user("u");
        for (at, text) in texts.iter().enumerate() {
            maker.item(&format!("i{at}"), Some(prompt), text);
        }
        maker.prefer(user, 0, 1);
        maker.data
    }

    /// A cache as an encoder would leave it: the vector of the text at `at` starts with `at`.
    fn keep(folder: &Path, texts: &[&str]) {
        let cache = Cache {
            vectors: (0..texts.len())
                .flat_map(|at| {
                    let mut vector = vec![0.0; EMBEDDING];
                    vector[0] = at as f32;
                    halves(vector.iter())
                })
                .collect(),
            rows: HashMap::new(),
            order: texts.iter().map(|text| hash(text)).collect(),
        };
        cache.rewrite(folder, "test 0").expect("a temporary folder");
    }

    #[test]
    fn vectors_are_found_by_text_and_a_changed_text_has_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let two = data(&["one", "two"]);
        let none = vectors(folder.path(), &two, None).expect("no cache is no error");
        assert_eq!(none, None);
        keep(folder.path(), &["Which?", "two", "one"]);
        let found = vectors(folder.path(), &two, None)
            .expect("all are kept")
            .expect("items have texts");
        assert_eq!(
            (found.items[0][0], found.items[1][0], found.prompts[0][0]),
            (2.0, 1.0, 0.0)
        );
        let changed = data(&["one", "two!"]);
        let error = vectors(folder.path(), &changed, None).expect_err("a text changed");
        let error = error.to_string();
        assert!(
            error.contains("1 of 3 texts") && error.contains("palate-lab embed --data"),
            "{error}"
        );
    }

    #[test]
    fn a_run_that_was_cut_off_leaves_what_is_whole() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        keep(folder.path(), &["one", "two", "Which?"]);
        for (name, cut) in [(VECTORS, 100), (HASHES, 1)] {
            let path = folder.path().join(name);
            let bytes = std::fs::read(&path).expect("was written");
            std::fs::write(&path, &bytes[..bytes.len() - cut]).expect("a temporary folder");
            let cache = Cache::read(folder.path(), None).expect("reads");
            assert_eq!(cache.order, [hash("one"), hash("two")], "{name}");
            assert_eq!(cache.vectors.len(), 2 * BYTES);
        }
        let other = Cache::read(folder.path(), Some("other 1")).expect("reads");
        assert!(other.order.is_empty(), "another encoder's vectors are kept");
    }

    #[test]
    fn items_with_vectors_of_their_own_need_none() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut data = data(&["one", "two"]);
        for item in &mut data.items {
            item.vector = Some(vec![1.0]);
        }
        assert_eq!(vectors(folder.path(), &data, None).expect("no need"), None);
    }
}
