//! Source text to pack folder. The same input gives the same bytes on one machine.

use std::collections::BTreeSet;
use std::path::Path;

use anyhow::{Context, Result, bail};
use half::f16;
use palate_models::heads::Heads;
use palate_models::representation::EMBEDDING;
use palate_models::session::Session;
use palate_shared::pack::{PACK_SCHEMA, PackFile, PackItems, PackManifest};
use sha2::{Digest, Sha256};

use crate::source::PackMeta;

/// Prompts in `first.json`, one per topic as far as there are topics.
const FIRST_PROMPTS: usize = 8;

/// Largest difference of a vector's number between machines: one or two steps of f16 near 0.2.
const VECTOR_TOLERANCE: f32 = 1e-3;

/// A pack in memory.
#[derive(Clone, Debug)]
pub struct BuiltPack {
    /// Files with their bytes, as the manifest lists them.
    pub files: Vec<(PackFile, Vec<u8>)>,
    /// The manifest.
    pub manifest: PackManifest,
}

/// Puts a pack together.
///
/// # Errors
/// When heads and items do not fit together.
pub fn build(
    meta: &PackMeta,
    items: &PackItems,
    vectors: Vec<u8>,
    heads: Option<Vec<u8>>,
) -> Result<BuiltPack> {
    if let Some(heads) = &heads {
        Session::new(items, &vectors, heads, 0).context("the heads do not fit this pack")?;
    }
    let card = card(meta, items, heads.as_deref())?;
    let mut files = vec![
        named("first", "first", "json", to_json(&first(items))?),
        named("items", "items", "json", to_json(items)?),
        named("vectors", "vectors", "f16", vectors),
    ];
    if let Some(heads) = heads {
        files.push(named("heads", "heads", "bin", heads));
    }
    files.push(fixed("card", "card.md", card.into_bytes()));
    let licence = format!("{}\n\n{}\n", meta.licence, meta.attribution);
    files.push(fixed("licence", "LICENSE", licence.into_bytes()));
    let manifest = PackManifest {
        schema: PACK_SCHEMA,
        id: meta.id.as_str().into(),
        title: meta.title.clone(),
        version: meta.version.clone(),
        licence: meta.licence.clone(),
        attribution: meta.attribution.clone(),
        prompts: items.prompts.len() as u32,
        responses: items
            .prompts
            .iter()
            .map(|prompt| prompt.responses.len() as u32)
            .sum(),
        encoder: "all-MiniLM-L6-v2".into(),
        dimension: EMBEDDING as u32,
        files: files.iter().map(|(file, _)| file.clone()).collect(),
    };
    Ok(BuiltPack { files, manifest })
}

impl BuiltPack {
    /// Writes the pack and removes files of an older build (those with our names only).
    ///
    /// # Errors
    /// When the folder cannot be written.
    pub fn write(&self, folder: &Path) -> Result<()> {
        std::fs::create_dir_all(folder)?;
        let keep: BTreeSet<&str> = self
            .files
            .iter()
            .map(|(file, _)| file.name.as_str())
            .collect();
        for entry in std::fs::read_dir(folder)? {
            let name = entry?.file_name().to_string_lossy().into_owned();
            let ours = ["first-", "items-", "vectors-", "heads-"]
                .iter()
                .any(|stem| name.starts_with(stem));
            if ours && !keep.contains(name.as_str()) {
                std::fs::remove_file(folder.join(&name))?;
            }
        }
        for (file, bytes) in &self.files {
            std::fs::write(folder.join(&file.name), bytes)?;
        }
        std::fs::write(folder.join("manifest.json"), self.manifest_json()?)?;
        Ok(())
    }

    fn manifest_json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(&self.manifest)? + "\n")
    }

    /// Compares with a folder: every file byte for byte, vectors also within a tolerance, since processors differ in
    /// how they add.
    ///
    /// # Errors
    /// Names the first file that differs.
    pub fn check(&self, folder: &Path) -> Result<String> {
        let committed = crate::folder::read(folder)?;
        if committed.manifest == self.manifest {
            return Ok("identical to the byte".into());
        }
        for (file, bytes) in &self.files {
            let other = committed
                .manifest
                .file(&file.role)
                .with_context(|| format!("{} has no {}", folder.display(), file.role))?;
            if file.role == "vectors" {
                let difference = largest_difference(bytes, &committed.vectors)?;
                if difference > VECTOR_TOLERANCE {
                    bail!("vectors differ by {difference}; rebuild the pack");
                }
            } else if other.sha256 != file.sha256 {
                bail!(
                    "{} is not what the source gives; rebuild the pack",
                    other.name
                );
            }
        }
        Ok(format!("equal, vectors within {VECTOR_TOLERANCE}"))
    }
}

fn largest_difference(a: &[u8], b: &[u8]) -> Result<f32> {
    if a.len() != b.len() {
        bail!("vectors differ in number; rebuild the pack");
    }
    let number = |bytes: &[u8]| f16::from_le_bytes([bytes[0], bytes[1]]).to_f32();
    Ok(a.chunks_exact(2)
        .zip(b.chunks_exact(2))
        .map(|(x, y)| (number(x) - number(y)).abs())
        .fold(0.0, f32::max))
}

/// The first questions: prompts of different topics, with all their answers.
fn first(items: &PackItems) -> PackItems {
    let mut topics = BTreeSet::new();
    let (mut chosen, mut rest) = (Vec::new(), Vec::new());
    for prompt in &items.prompts {
        if topics.insert(prompt.topic.as_str()) {
            chosen.push(prompt)
        } else {
            rest.push(prompt)
        }
    }
    PackItems {
        pack: items.pack.clone(),
        prompts: chosen
            .into_iter()
            .chain(rest)
            .take(FIRST_PROMPTS)
            .cloned()
            .collect(),
    }
}

fn to_json(items: &PackItems) -> Result<Vec<u8>> {
    Ok(serde_json::to_vec(items)?)
}

fn named(role: &str, stem: &str, extension: &str, bytes: Vec<u8>) -> (PackFile, Vec<u8>) {
    let sha256 = hex::encode(Sha256::digest(&bytes));
    let name = format!("{stem}-{}.{extension}", &sha256[..8]);
    file(role, name, sha256, bytes)
}

fn fixed(role: &str, name: &str, bytes: Vec<u8>) -> (PackFile, Vec<u8>) {
    let sha256 = hex::encode(Sha256::digest(&bytes));
    file(role, name.to_owned(), sha256, bytes)
}

fn file(role: &str, name: String, sha256: String, bytes: Vec<u8>) -> (PackFile, Vec<u8>) {
    let entry = PackFile {
        role: role.to_owned(),
        name,
        bytes: bytes.len() as u64,
        sha256,
    };
    (entry, bytes)
}

fn card(meta: &PackMeta, items: &PackItems, heads: Option<&[u8]>) -> Result<String> {
    let answers: usize = items
        .prompts
        .iter()
        .map(|prompt| prompt.responses.len())
        .sum();
    let mut card = format!(
        "# {}\n\n{}\n\n| | |\n|---|---|\n| prompts | {} |\n| answers | {answers} |\n| licence | {} |\n| attribution | {} |\n| encoder | all-MiniLM-L6-v2, windows of 254 word pieces, f16 |\n",
        meta.title,
        meta.description,
        items.prompts.len(),
        meta.licence,
        meta.attribution
    );
    if let Some(heads) = heads {
        card += &card_of_heads(&Heads::read(heads)?)?;
    }
    Ok(card)
}

/// Who the heads were learned from, how well they foresee others, and the card as it stands in the file.
fn card_of_heads(heads: &Heads) -> Result<String> {
    let card = heads.card();
    let data = &card["data"];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let origin = if data["simulated"] == true {
        "Learned from simulated people; no human votes are in them.".to_owned()
    } else {
        format!(
            "Learned from the votes of {} people of {} ({}; {}).",
            data["people"],
            text(&data["data_set"]),
            text(&data["licence"]),
            text(&data["attribution"])
        )
    };
    let figures = &card["figures"];
    let mut table = String::new();
    if let (Some(shots), Some(methods)) = (
        figures["after_votes"].as_array(),
        figures["mean_and_half_width_of_95_percent"].as_object(),
    ) {
        let heading: Vec<String> = shots.iter().map(|n| format!("{n} votes")).collect();
        table += &format!(
            "\nShare of votes foreseen, mean over {} {}, with half the width of its 95 % interval:\n\n| method | {} |\n|---{}|\n",
            figures["people"],
            text(&figures["accuracy_on"]),
            heading.join(" | "),
            "|---".repeat(shots.len())
        );
        for (method, after) in methods {
            let cell = |pair: &serde_json::Value| {
                let number = |at: usize| pair[at].as_f64().unwrap_or_default();
                format!("{:.3} ± {:.3}", number(0), number(1))
            };
            let cells: Vec<String> = after.as_array().into_iter().flatten().map(cell).collect();
            table += &format!("| {method} | {} |\n", cells.join(" | "));
        }
    }
    Ok(format!(
        "\n## Population heads\n\nVersion {}. {origin}\n{table}\n```json\n{}\n```\n",
        heads.version(),
        serde_json::to_string_pretty(card)?
    ))
}
