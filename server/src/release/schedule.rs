//! When the server writes a release by itself, and which ones are too old to be offered.

use std::path::Path;

use super::folder::{self, Folder};
use super::withdraw;
use crate::clock::{DAY_MS, day, end_of_day};

/// Releases that are offered; older ones are withdrawn.
const OFFERED: usize = 4;
/// What a withdrawn card says then.
const TOO_OLD: &str = "older than four releases";

/// The last day of the release that is due, if one is: yesterday, when the newest one in `parent` ends `every` days before it or
/// earlier, whoever wrote it. A withdrawn release counts.
///
/// # Errors
/// When the folder cannot be read.
pub fn due(parent: &Path, every: u32, now_ms: i64) -> std::io::Result<Option<String>> {
    let yesterday = day(now_ms - DAY_MS);
    let newest = of_people(parent)?
        .pop()
        .and_then(|folder| end_of_day(&folder.release.cut_day));
    let is_due = newest.is_none_or(|end| {
        end_of_day(&yesterday).is_some_and(|now| now - end >= i64::from(every) * DAY_MS)
    });
    Ok((every > 0 && is_due && !parent.join(&yesterday).exists()).then_some(yesterday))
}

/// Withdraws, on `day`, all releases in `parent` but the last four; their ids. One that is to stay has to be copied elsewhere
/// before.
///
/// # Errors
/// When the folder cannot be read or a release cannot be withdrawn.
pub fn withdraw_old(parent: &Path, day: &str) -> anyhow::Result<Vec<String>> {
    let mut offered = of_people(parent)?;
    offered.retain(|folder| folder.release.withdrawn.is_none());
    offered.truncate(offered.len().saturating_sub(OFFERED));
    let ids = offered.into_iter().map(|folder| folder.release.id.0);
    ids.map(|id| withdraw::withdraw(parent, &id, TOO_OLD, day).map(|_| id))
        .collect()
}

/// Releases of people's votes outside of studies, oldest first.
fn of_people(parent: &Path) -> std::io::Result<Vec<Folder>> {
    let mut folders = folder::all(parent)?;
    folders.retain(|folder| !folder.release.simulated && folder.release.study.is_none());
    Ok(folders)
}
