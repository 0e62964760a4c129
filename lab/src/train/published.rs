//! People of a published data set who voted on the answers of a pack.

use std::collections::HashMap;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use palate_models::heads::Table;
use palate_models::representation::Hybrid;

use super::{Material, TrainConfig};
use crate::data::Dataset;
use crate::folder::PackFolder;
use crate::protocol::{self, Cell, Shares};
use crate::{data, embed, factors, represent};

/// Votes of the data set in `folder`, which holds the answers of the pack word by word. One person in ten trains nothing
/// and tests; every item may be voted on in training, since the pack asks about those very items.
///
/// # Errors
/// When the data set is unsound, has no vectors, or lacks an answer of the pack.
pub fn material(pack: &PackFolder, folder: &Path, config: &TrainConfig) -> Result<Material> {
    let data = data::read(folder)?;
    let embeddings = embed::vectors(folder, &data, None)?.with_context(|| embed::hint(folder))?;
    let shares = Shares {
        unseen_people: 0.1,
        unseen_items: 0.0,
        ..Shares::default()
    };
    let split = protocol::split(&data, &shares, config.seed)?;
    let represented = represent::of_data(
        &data,
        Some(&embeddings),
        &split.seen_items,
        config.components,
    )?;
    let mut set = split.training;
    if let Some(smaller) = &mut set.choosing {
        smaller.rows.clone_from(&represented.rows);
        smaller.prompts.clone_from(&represented.prompts);
        smaller.item_noise = config.noise;
    }
    set.item_noise = config.noise;
    set.rows = represented.rows;
    set.prompts = represented.prompts;
    let people = set.people.len();
    let (set, factors) = factors::hybrid(&set, config.seed)?;
    let mut tables = represented.tables;
    let width = factors.text.first().map_or(0, Vec::len);
    let mut residuals = Vec::new();
    for item in items_of_pack(&data, pack)? {
        residuals.extend(
            factors.known[item]
                .iter()
                .zip(&factors.text[item])
                .map(|(k, t)| k - t),
        );
    }
    let answers = residuals.len() / width.max(1);
    tables.insert(
        "representation.residuals".into(),
        Table::half(&[answers, width], &residuals),
    );
    let input = factors.transform.len() / width.max(1);
    tables.insert(
        "representation.transform".into(),
        Table::new(&[input, width], factors.transform),
    );
    let tests = split
        .cells
        .into_iter()
        .filter(|(cell, _)| *cell == Cell::UnseenSeen);
    Ok(Material {
        tests: tests.flat_map(|(_, people)| people).map(|(_, episode)| episode).collect(),
        described: vec![],
        about: serde_json::json!({
            "pack": pack.manifest.id,
            "pack_version": pack.manifest.version,
            "representation": Hybrid::ID,
            "dimension": set.dimension(),
            "simulated": data.about.simulated,
            "data_set": data.about.id,
            "licence": data.about.licence,
            "attribution": data.about.attribution,
            "note": data.about.note,
            "people": people,
            "votes": set.people.iter().map(Vec::len).sum::<usize>(),
        }),
        tested_on: "people who trained nothing; votes that are fitted and votes that are foreseen share no answer".into(),
        set,
        tables,
    })
}

/// The item of the data set for every answer of the pack, found by its text.
fn items_of_pack(data: &Dataset, pack: &PackFolder) -> Result<Vec<usize>> {
    let by_text: HashMap<&str, usize> = data
        .items
        .iter()
        .enumerate()
        .filter_map(|(at, item)| Some((item.text.as_deref()?.trim(), at)))
        .collect();
    let responses = pack
        .items
        .prompts
        .iter()
        .flat_map(|prompt| &prompt.responses);
    let mut items = Vec::new();
    for response in responses {
        let item = by_text.get(response.text.trim());
        items.push(
            *item.with_context(|| format!("the data set has no text of answer {}", response.id))?,
        );
    }
    ensure!(!items.is_empty(), "the pack is empty");
    Ok(items)
}
