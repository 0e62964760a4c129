//! `palate release build`: what people chose to publish, as files that researchers can load and check.
//!
//! Only current, human judgments of people whose consent `publish_votes` is in force enter. The same database, id and
//! cut day give the same bytes.

mod card;
mod read;
mod rows;
mod sorted;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::Path;

use anyhow::{Context, ensure};
use palate_shared::api::releases::{Release, ReleaseFile};
use palate_shared::ids::{PackId, PromptId, ReleaseId, ResponseId};
use sha2::{Digest, Sha256};

use crate::clock::{day, end_of_day, now_ms};
use crate::config::ReleaseConfig;
use crate::db::wire_name;
use crate::packs::{is_plain_name, read_kept_items, read_kept_manifest};
use crate::secret::Secret;

/// Version of the row schema.
pub const SCHEMA: u32 = 2;

/// Licence of votes.
pub const LICENCE: &str = "CC-BY-4.0";

/// Counts for the card, from the rows that were written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Counts {
    /// Rows in `votes.jsonl`.
    pub votes: u64,
    /// Rows in `pairs_trl.jsonl`.
    pub pairs: u64,
    /// Distinct raters.
    pub raters: u64,
    /// Votes by outcome.
    pub outcomes: BTreeMap<String, u64>,
    /// Votes by the policy that chose the question.
    pub policies: BTreeMap<String, u64>,
    /// Votes by pack, with the licence of its texts.
    pub packs: BTreeMap<(PackId, String), u64>,
}

/// Texts of a kept pack.
pub(crate) struct Texts {
    /// SPDX id of the texts.
    pub licence: String,
    /// Prompt and answers by id.
    pub prompts: HashMap<PromptId, (String, HashMap<ResponseId, String>)>,
}

/// Writes a release. It appears at `config.out` only when it is complete.
///
/// # Errors
/// When the folder exists, an id or day is malformed, or database, key or a kept pack cannot be read.
pub async fn build(config: &ReleaseConfig) -> anyhow::Result<Release> {
    let (id, cut_day) = id_and_day(config)?;
    let cut_ms = end_of_day(&cut_day)
        .with_context(|| format!("{cut_day:?} is not a day like 2026-11-23"))?;
    ensure!(
        !config.out.exists(),
        "{} exists: releases are never rewritten, choose another folder",
        config.out.display()
    );
    let parent = config
        .out
        .parent()
        .filter(|parent| !parent.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    std::fs::create_dir_all(parent).with_context(|| format!("cannot make {}", parent.display()))?;
    let partial = parent.join(format!(".{id}.partial"));
    if partial.exists() {
        std::fs::remove_dir_all(&partial)
            .with_context(|| format!("cannot remove {}", partial.display()))?;
    }
    std::fs::create_dir(&partial).with_context(|| format!("cannot make {}", partial.display()))?;
    let release = write(config, &partial, id, cut_day, cut_ms).await;
    if release.is_err() {
        std::fs::remove_dir_all(&partial).ok();
    }
    let release = release?;
    std::fs::rename(&partial, &config.out)
        .with_context(|| format!("cannot make {}", config.out.display()))?;
    std::fs::File::open(parent)?.sync_all()?;
    Ok(release)
}

fn id_and_day(config: &ReleaseConfig) -> anyhow::Result<(String, String)> {
    let id = match &config.id {
        Some(id) => id.clone(),
        None => config
            .out
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned(),
    };
    ensure!(
        is_plain_name(&id),
        "{id:?} cannot be a release id: use letters, digits, '-', '_' and '.'"
    );
    let cut_day = match &config.cut_day {
        Some(day) => day.clone(),
        None if end_of_day(&id).is_some() => id.clone(),
        None => day(now_ms()),
    };
    Ok((id, cut_day))
}

async fn write(
    config: &ReleaseConfig,
    dir: &Path,
    id: String,
    cut_day: String,
    cut_ms: i64,
) -> anyhow::Result<Release> {
    let secret = Secret::load(&config.data_dir)?;
    let mut snapshot = read::Snapshot::open(config).await?;
    let mut votes = sorted::SortedLines::create(&dir.join("votes.unsorted"))?;
    let mut pairs = sorted::SortedLines::create(&dir.join("pairs.unsorted"))?;
    let mut packs: HashMap<String, Texts> = HashMap::new();
    let mut counts = Counts::default();
    let mut raters = HashSet::new();
    let mut after = String::new();
    loop {
        let page = snapshot.page(&after, cut_ms).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.comparison_id);
        for source in &page {
            if !packs.contains_key(&source.items_sha256) {
                packs.insert(
                    source.items_sha256.clone(),
                    texts(&config.data_dir, &source.items_sha256)?,
                );
            }
            let texts = &packs[&source.items_sha256];
            let vote = rows::vote(&secret, source)?;
            let key = rows::sort_key(&vote)?;
            for pair in rows::pairs(&vote, texts)? {
                pairs.push(key, &serde_json::to_vec(&pair)?)?;
                counts.pairs += 1;
            }
            votes.push(key, &serde_json::to_vec(&vote)?)?;
            counts.votes += 1;
            *counts
                .outcomes
                .entry(wire_name(&vote.outcome)?)
                .or_default() += 1;
            *counts.policies.entry(wire_name(&vote.policy)?).or_default() += 1;
            *counts
                .packs
                .entry((vote.pack.clone(), texts.licence.clone()))
                .or_default() += 1;
            raters.insert(vote.rater_id);
        }
    }
    snapshot.close().await?;
    counts.raters = raters.len() as u64;
    votes.finish(&dir.join("votes.jsonl"))?;
    pairs.finish(&dir.join("pairs_trl.jsonl"))?;
    std::fs::write(dir.join("README.md"), card::card(&id, &cut_day, &counts))?;
    let files = ["README.md", "pairs_trl.jsonl", "votes.jsonl"]
        .into_iter()
        .map(|name| describe(dir, name))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let release = Release {
        id: ReleaseId(id),
        cut_day,
        schema: SCHEMA,
        votes: counts.votes,
        pairs: counts.pairs,
        raters: counts.raters,
        licence: LICENCE.to_owned(),
        files,
    };
    let mut json = serde_json::to_vec_pretty(&release)?;
    json.push(b'\n');
    std::fs::write(dir.join("release.json"), json)?;
    let mut sums = String::new();
    for file in release
        .files
        .iter()
        .chain(std::iter::once(&describe(dir, "release.json")?))
    {
        sums.push_str(&format!("{}  {}\n", file.sha256, file.name));
    }
    std::fs::write(dir.join("SHA256SUMS"), sums)?;
    for entry in std::fs::read_dir(dir)? {
        std::fs::File::open(entry?.path())?.sync_all()?;
    }
    Ok(release)
}

fn texts(data_dir: &Path, items_sha256: &str) -> anyhow::Result<Texts> {
    let manifest = read_kept_manifest(data_dir, items_sha256)?;
    let items = read_kept_items(data_dir, items_sha256)?;
    let prompts = items
        .prompts
        .into_iter()
        .map(|prompt| {
            let answers = prompt
                .responses
                .into_iter()
                .map(|response| (response.id, response.text))
                .collect();
            (prompt.id, (prompt.text, answers))
        })
        .collect();
    Ok(Texts {
        licence: manifest.licence,
        prompts,
    })
}

fn describe(dir: &Path, name: &str) -> anyhow::Result<ReleaseFile> {
    let mut file = std::fs::File::open(dir.join(name))?;
    let mut hash = Sha256::new();
    let bytes = std::io::copy(&mut file, &mut hash)?;
    Ok(ReleaseFile {
        name: name.to_owned(),
        bytes,
        sha256: hex::encode(hash.finalize()),
    })
}
