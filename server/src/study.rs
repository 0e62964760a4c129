//! Studies: a researcher's own prompts and answers, given to people so that each comparison is judged often enough.

pub mod assignment;
pub mod chooser;
pub mod command;
pub mod create;
pub mod embed;
pub mod pool;
pub mod progress;

use std::path::Path;

use palate_shared::api::studies::Study;
use palate_shared::ids::StudyId;

use crate::clock::rfc3339;
use crate::db::studies::{StudyRow, StudyTotals};
use crate::db::{Db, from_wire_name};
use crate::secret::sha256_hex;

/// What ids of studies begin with; no other pack is named so.
pub const PREFIX: &str = "study-";

/// Version of a consent text: what participants agree to cannot change under them.
pub fn consent_version(text: &str) -> String {
    sha256_hex(text.as_bytes())[..16].to_owned()
}

/// A study as its operator sees it.
///
/// # Errors
/// When the database fails.
pub async fn describe(db: &Db, data_dir: &Path, row: &StudyRow) -> anyhow::Result<Study> {
    let totals = db.study_totals(&row.id, None).await?;
    described(row, totals, embed::has_vectors(data_dir, &row.items_sha256))
}

fn described(row: &StudyRow, totals: StudyTotals, has_vectors: bool) -> anyhow::Result<Study> {
    Ok(Study {
        id: StudyId(row.id.clone()),
        settings: row.settings()?,
        state: from_wire_name(&row.state)?,
        created_at: rfc3339(row.created_at),
        prompts: row.prompts.unsigned_abs(),
        answers: row.answers.unsigned_abs(),
        comparisons: row.comparisons.unsigned_abs(),
        has_vectors,
        votes: totals.votes.unsigned_abs(),
        people: totals.people.unsigned_abs(),
    })
}
