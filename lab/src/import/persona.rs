//! The persona proxy: groups of people whose taste is a topic (recipe 5.3 of the reference, PAL's sanity check).
//!
//! Source: Anthropic's model-written persona statements (Perez et al. 2022, arXiv:2212.09251), the six files
//! `interest-in-*`. A person of group `g` prefers a statement of `g` to one of another group, drawn at random. No human
//! voted: this is topic recognition, and easy.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::{Result, ensure};
use rand::seq::{IndexedRandom, SliceRandom};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde::Deserialize;

use super::{Imported, Maker, Options, Report, files};
use crate::data::About;
use crate::recipes::{Pool, ask};

/// The groups.
pub const GROUPS: [&str; 6] = ["art", "literature", "math", "music", "science", "sports"];
/// People of a group who train.
const SEEN: usize = 20;
/// People of a group who do not.
const UNSEEN: usize = 10;
/// Share of statements, by text, that training may see.
const TRAIN_SHARE: f64 = 0.7;
/// The labelling model's least confidence.
const CONFIDENCE: f64 = 0.9;

#[derive(Deserialize)]
struct Row {
    statement: String,
    answer_matching_behavior: String,
    label_confidence: f64,
}

/// Imports the folder of the set, or its folder `persona`.
///
/// # Errors
/// When a file is missing, a line is wrong, or a group has too few statements.
pub fn import(folder: &Path, options: &Options) -> Result<Imported> {
    ensure!(
        (2..=GROUPS.len()).contains(&options.groups),
        "there are 2 to {} groups, not {}",
        GROUPS.len(),
        options.groups
    );
    let inner = folder.join("persona");
    let folder = if inner.is_dir() { &inner } else { folder };
    let mut report = Report::default();
    // Text to (group, place): one text belongs to one group and to one part.
    let mut owner: BTreeMap<String, (usize, String)> = BTreeMap::new();
    for (group, name) in GROUPS.iter().enumerate().take(options.groups) {
        let file = format!("interest-in-{name}.jsonl");
        files::json_lines(folder, &file, |line, row: Row| {
            let place = format!("{file}, line {line}");
            match row.answer_matching_behavior.trim() {
                "Yes" => {}
                "No" => {
                    report.leave("statements that the persona would not say", place);
                    return Ok(());
                }
                other => {
                    anyhow::bail!("answer_matching_behavior is {other:?}, not \" Yes\" or \" No\"")
                }
            }
            if row.label_confidence < CONFIDENCE {
                report.leave(
                    &format!("statements labelled with confidence under {CONFIDENCE}"),
                    place,
                );
            } else if owner.contains_key(row.statement.trim()) {
                report.leave("statements whose text was there before", place);
            } else {
                owner.insert(
                    row.statement.trim().to_owned(),
                    (group, format!("{name}-{line}")),
                );
            }
            Ok(())
        })?;
    }
    let mut rng = ChaCha8Rng::seed_from_u64(options.seed);
    let mut maker = Maker::new(About {
        id: format!("persona-{}", options.groups),
        title: format!("Persona proxy, {} groups", options.groups),
        licence: "CC-BY-4.0".into(),
        attribution: "Anthropic model-written evaluations (Perez et al. 2022, arXiv:2212.09251), CC BY 4.0; people simulated by Palate".into(),
        simulated: true,
        note: format!(
            "A group is a topic. {SEEN} people of a group train, {UNSEEN} do not; statements are split by text, {} % may train; \
             attributes say the group; seed {}.",
            TRAIN_SHARE * 100.0,
            options.seed
        ),
    });
    // statements[part][group]
    let mut statements = [vec![vec![]; options.groups], vec![vec![]; options.groups]];
    for group in 0..options.groups {
        let mut texts: Vec<(&String, &String)> = owner
            .iter()
            .filter(|(_, (of, _))| *of == group)
            .map(|(text, (_, id))| (id, text))
            .collect();
        texts.shuffle(&mut rng);
        let train = (texts.len() as f64 * TRAIN_SHARE).round() as usize;
        ensure!(
            train > 0 && train < texts.len(),
            "interest-in-{} has {} statements to use: too few for training and test",
            GROUPS[group],
            texts.len()
        );
        for (at, (id, text)) in texts.into_iter().enumerate() {
            let item = maker.item(id, None, text);
            statements[usize::from(at >= train)][group].push(item);
        }
    }
    let [known, held_out] = &statements;
    for (group, name) in GROUPS.iter().enumerate().take(options.groups) {
        let mut attributes = vec![0.0; options.groups];
        attributes[group] = 1.0;
        for person in 0..SEEN + UNSEEN {
            let trains = person < SEEN;
            let kind = if trains { "seen" } else { "unseen" };
            let user = maker.user_with(&format!("{name}-{kind}-{person:02}"), &attributes);
            ask(&mut maker, user, trains, |pool| {
                let of = match pool {
                    Pool::Known => known,
                    Pool::HeldOut => held_out,
                };
                let other = (group + rng.random_range(1..options.groups)) % options.groups;
                Some((*of[group].choose(&mut rng)?, *of[other].choose(&mut rng)?))
            });
        }
    }
    Ok(Imported {
        data: maker.data,
        report,
    })
}
