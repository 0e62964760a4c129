//! A checked file and settings to a stored study.

use std::path::Path;

use anyhow::{Context, bail};
use palate_pack::inputs::Input;
use palate_shared::api::studies::{StudyChange, StudySettings, StudyState};
use palate_shared::pack::{PACK_SCHEMA, PackItems, PackManifest};

use super::PREFIX;
use crate::clock::now_ms;
use crate::db::studies::StudyRow;
use crate::db::{Db, from_wire_name, wire_name};
use crate::packs::keep_pack;
use crate::secret::{random_bytes, sha256_hex};

/// Most characters of a title.
const MOST_TITLE: usize = 200;
/// Most characters of guidelines and of the consent text.
const MOST_TEXT: usize = 20_000;
/// Most votes that a comparison may need.
const MOST_OVERLAP: u32 = 1_000;

/// What settings must be; the reason when they are not.
///
/// # Errors
/// Says what is wrong.
pub fn check(settings: &StudySettings) -> Result<(), String> {
    for (name, text, most) in [
        ("title", &settings.title, MOST_TITLE),
        ("guidelines", &settings.guidelines, MOST_TEXT),
        ("consent_text", &settings.consent_text, MOST_TEXT),
        ("licence", &settings.licence, MOST_TITLE),
    ] {
        if text.trim().is_empty() || text.chars().count() > most || text.contains('\0') {
            return Err(format!("{name} must have 1 to {most} characters"));
        }
    }
    if !(1..=MOST_OVERLAP).contains(&settings.overlap) {
        return Err(format!("overlap must be 1 to {MOST_OVERLAP}"));
    }
    if !(0.0..=0.5).contains(&settings.repeats) {
        return Err("repeats must be 0 to 0.5".to_owned());
    }
    if !(0.0..=1.0).contains(&settings.random_floor) {
        return Err("random_floor must be 0 to 1".to_owned());
    }
    if settings.quota == Some(0) || settings.quota_per_person == Some(0) {
        return Err("a quota must be above 0; leave it out for none".to_owned());
    }
    Ok(())
}

/// Stores a study as a draft. Its texts are on disk before its row is.
///
/// # Errors
/// When the file has errors, or something cannot be written.
pub async fn create(
    db: &Db,
    data_dir: &Path,
    settings: &StudySettings,
    input: Input,
) -> anyhow::Result<StudyRow> {
    if !input.report.errors.is_empty() {
        bail!("the file has errors");
    }
    let id = format!("{PREFIX}{}", hex::encode(&random_bytes::<32>()?[..8]));
    let items = PackItems {
        pack: id.as_str().into(),
        prompts: input.prompts,
    };
    let bytes = serde_json::to_vec(&items)?;
    let items_sha256 = sha256_hex(&bytes);
    let count = |count: u64| i64::try_from(count).context("too many");
    let row = StudyRow {
        id: id.clone(),
        items_sha256: items_sha256.clone(),
        prompts: count(input.report.prompts)?,
        answers: count(input.report.answers)?,
        comparisons: count(input.report.comparisons)?,
        created_at: now_ms(),
        ..StudyRow::of(settings)?
    };
    let manifest = PackManifest {
        schema: PACK_SCHEMA,
        id: id.into(),
        title: settings.title.clone(),
        version: "1".to_owned(),
        licence: settings.licence.clone(),
        attribution: settings.title.clone(),
        prompts: u32::try_from(input.report.prompts)?,
        responses: u32::try_from(input.report.answers)?,
        encoder: "all-MiniLM-L6-v2".to_owned(),
        dimension: 384,
        files: vec![],
    };
    let dir = data_dir.to_owned();
    tokio::task::spawn_blocking(move || keep_pack(&dir, &items_sha256, &bytes, &manifest))
        .await??;
    db.insert_study(&row).await?;
    Ok(row)
}

/// Applies a change.
///
/// # Errors
/// Says what cannot be, without changing anything.
pub fn change(row: &mut StudyRow, change: &StudyChange) -> Result<(), String> {
    let now: StudyState = from_wire_name(&row.state).map_err(|error| error.to_string())?;
    if let Some(state) = change.state {
        if state == StudyState::Draft && now != StudyState::Draft {
            return Err("a study that was opened does not become a draft again".to_owned());
        }
        row.state = wire_name(&state).map_err(|error| error.to_string())?;
    }
    let limit = |quota: u32| (quota > 0).then_some(i64::from(quota));
    if let Some(quota) = change.quota_per_person {
        row.quota_per_person = limit(quota);
    }
    if let Some(quota) = change.quota {
        row.quota = limit(quota);
    }
    Ok(())
}
