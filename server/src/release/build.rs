//! `palate release build`: one pass over the database, one over the votes by id, one over them by person.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use palate_shared::api::releases::{Release, ReleaseTable};
use palate_shared::ids::{ReleaseId, StudyId};

use super::counts::Counts;
use super::crowd::Crowd;
use super::earlier::{self, Rows};
use super::entry::Entry;
use super::folder::{Folder, prefix};
use super::people::{OfRater, Person};
use super::sample::Sample;
use super::schema::Spec;
use super::spill::Spill;
use super::tables::raters::{Cell, Cells, Draft};
use super::tables::tombstones::{Tombstone, WITHDRAWN};
use super::tables::{
    self, agreement, leaderboard, per_user_episodes, prompts, raters, responses, tombstones,
};
use super::texts::Library;
use super::writer::{TableWriter, Written, write_file};
use super::{LICENCE, SCHEMA, card, changelog, croissant, read, splits, sums};
use crate::clock::{day, end_of_day, now_ms};
use crate::config::ReleaseConfig;
use crate::packs::is_plain_name;
use crate::secret::Secret;

/// Writes a release. It appears at `config.out` only when it is complete.
///
/// # Errors
/// When the folder exists, an id or day is malformed, or database, key, a kept pack or an earlier release cannot be read.
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
    let plan = Plan {
        earlier: earlier::before(parent, &cut_day, &id, config)?,
        prefix: prefix(config.simulated_only),
        dir: partial.clone(),
        id,
        cut_day,
        cut_ms,
    };
    let release = plan.write(config).await;
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

/// What is counted while votes go by.
struct Seen<'a> {
    counts: &'a mut Counts,
    sample: &'a mut Sample,
    crowd: &'a mut Crowd,
}

/// What is to be written, and where.
struct Plan {
    id: String,
    cut_day: String,
    cut_ms: i64,
    dir: PathBuf,
    prefix: &'static str,
    /// Oldest first.
    earlier: Vec<Folder>,
}

impl Plan {
    async fn write(&self, config: &ReleaseConfig) -> anyhow::Result<Release> {
        let scratch = self.dir.join("scratch");
        std::fs::create_dir(&scratch)
            .with_context(|| format!("cannot make {}", scratch.display()))?;
        let entries = self.collect(config, &scratch).await?;
        let mut library = Library::new(&config.data_dir);
        let mut counts = Counts::default();
        let mut sample = Sample::new();
        let mut crowd = Crowd::default();
        let by_rater = Spill::new(&scratch.join("raters"));
        let (mut written, by_rater) = self.by_vote(
            entries,
            by_rater,
            &mut library,
            &mut Seen {
                counts: &mut counts,
                sample: &mut sample,
                crowd: &mut crowd,
            },
        )?;
        let of_people = self.by_rater(by_rater, &scratch, &mut counts)?;
        let tombstones = written.pop();
        written.extend(of_people);
        let mut texts = self.table(&prompts::SPEC)?;
        prompts::write(&library, &mut texts)?;
        written.push(texts.finish()?);
        let mut texts = self.table(&responses::SPEC)?;
        responses::write(&library, &mut texts)?;
        written.push(texts.finish()?);
        let mut board = self.table(&leaderboard::SPEC)?;
        crowd.write_leaderboard(&mut board)?;
        written.push(board.finish()?);
        let mut agreed = self.table(&agreement::SPEC)?;
        crowd.write_agreement(&mut agreed)?;
        written.push(agreed.finish()?);
        written.extend(tombstones);
        let expected: Vec<&str> = tables::all().iter().map(|spec| spec.name).collect();
        let names: Vec<&str> = written.iter().map(|table| table.spec.name).collect();
        ensure!(
            names == expected,
            "tables are written in another order: {names:?}"
        );
        std::fs::remove_dir(&scratch)
            .with_context(|| format!("cannot remove {}", scratch.display()))?;
        self.describe(config, &written, &counts, &sample)
    }

    fn table(&self, spec: &'static Spec) -> anyhow::Result<TableWriter> {
        TableWriter::create(&self.dir, self.prefix, spec)
    }

    /// What may enter, in one snapshot of the database.
    async fn collect(&self, config: &ReleaseConfig, scratch: &Path) -> anyhow::Result<Spill> {
        let secret = Secret::load(&config.data_dir)?;
        let mut snapshot = read::Snapshot::open(config).await?;
        let mut entries = Spill::new(&scratch.join("votes"));
        let mut after = String::new();
        loop {
            let page = snapshot
                .page(
                    &after,
                    self.cut_ms,
                    config.simulated_only,
                    config.study.as_deref().unwrap_or_default(),
                )
                .await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.comparison_id);
            for source in &page {
                let entry = Entry::new(&secret, source)?;
                entries.push(entry.by_row()?, &serde_json::to_vec(&entry)?)?;
            }
        }
        snapshot.close().await?;
        Ok(entries)
    }

    /// Tables of single votes, and what is gone since.
    fn by_vote(
        &self,
        entries: Spill,
        mut by_rater: Spill,
        library: &mut Library,
        seen: &mut Seen<'_>,
    ) -> anyhow::Result<(Vec<Written>, Spill)> {
        let tables = tables::of_votes();
        let mut writers = tables
            .iter()
            .map(|table| self.table(table.spec()))
            .collect::<anyhow::Result<Vec<_>>>()?;
        let mut gone = self.table(&tombstones::SPEC)?;
        let mut earlier = Rows::of(&self.earlier)?;
        for record in entries.sorted()? {
            let entry: Entry = serde_json::from_slice(&record?.1)?;
            let texts = library.texts(&entry.vote.items_sha256)?;
            let entry = entry.without_free_text(texts);
            for (table, writer) in tables.iter().zip(&mut writers) {
                table.write(&entry, texts, writer)?;
            }
            seen.counts.add(&entry, texts)?;
            seen.sample.add(&entry, texts)?;
            seen.crowd.add(&entry, texts)?;
            let row_id = &entry.vote.row_id;
            let mut is_new = true;
            while let Some(known) = earlier.next_until(Some(row_id))? {
                if known.row_id == *row_id {
                    is_new = !known.is_in_newest;
                } else {
                    bury(known, seen.counts, &mut gone)?;
                }
            }
            seen.counts.new_rows += u64::from(is_new);
            by_rater.push(
                entry.by_rater()?,
                &serde_json::to_vec(&OfRater::new(&entry))?,
            )?;
        }
        while let Some(known) = earlier.next_until(None)? {
            bury(known, seen.counts, &mut gone)?;
        }
        writers.push(gone);
        let written = writers
            .into_iter()
            .map(TableWriter::finish)
            .collect::<anyhow::Result<_>>()?;
        Ok((written, by_rater))
    }

    /// Tables of people: everything of one person comes together.
    fn by_rater(
        &self,
        votes: Spill,
        scratch: &Path,
        counts: &mut Counts,
    ) -> anyhow::Result<Vec<Written>> {
        let mut episodes = self.table(&per_user_episodes::SPEC)?;
        let mut drafts = Spill::new(&scratch.join("drafts"));
        let mut cells = Cells::default();
        let mut person = Person::default();
        let mut end = |person: Person| -> anyhow::Result<()> {
            counts.raters += 1;
            let split = splits::of_rater(&person.rater_id);
            per_user_episodes::write(&person.rater_id, split, &person.stated, &mut episodes)?;
            let draft = Draft {
                cell: Cell::new(person.votes, person.days.len() as u64),
                rater_split: split.name().to_owned(),
                rater_id: person.rater_id,
            };
            cells.add(&draft.cell);
            let mut key = [0; 32];
            hex::decode_to_slice(&draft.rater_id, &mut key[..16])?;
            drafts.push(key, &serde_json::to_vec(&draft)?)
        };
        for record in votes.sorted()? {
            let vote: OfRater = serde_json::from_slice(&record?.1)?;
            if let Some(done) = person.next(&vote) {
                end(done)?;
            }
            person.add(vote);
        }
        if person.votes > 0 {
            end(person)?;
        }
        let suppressed = cells.suppressed();
        let mut people = self.table(&raters::SPEC)?;
        for record in drafts.sorted()? {
            let draft: Draft = serde_json::from_slice(&record?.1)?;
            counts.suppressed_raters += u64::from(suppressed.contains(&draft.cell));
            raters::write(&draft, &suppressed, &mut people)?;
        }
        Ok(vec![episodes.finish()?, people.finish()?])
    }

    /// Everything beside the tables.
    fn describe(
        &self,
        config: &ReleaseConfig,
        written: &[Written],
        counts: &Counts,
        sample: &Sample,
    ) -> anyhow::Result<Release> {
        let Self { dir, prefix, .. } = self;
        let rows = |name: &str| {
            let table = written.iter().find(|table| table.spec.name == name);
            table.map_or(0, |table| table.rows)
        };
        let mut files = Vec::new();
        for table in written {
            files.extend([table.jsonl.clone(), table.parquet.clone()]);
        }
        files.push(sample.finish(dir, prefix)?);
        let mut release = Release {
            id: ReleaseId(self.id.clone()),
            cut_day: self.cut_day.clone(),
            schema: SCHEMA,
            votes: rows("votes"),
            pairs: rows("pairs_trl"),
            raters: counts.raters,
            licence: LICENCE.to_owned(),
            simulated: !prefix.is_empty(),
            study: config.study.clone().map(StudyId),
            tables: written
                .iter()
                .map(|table| ReleaseTable {
                    name: table.spec.name.to_owned(),
                    rows: table.rows,
                })
                .collect(),
            withdrawn: None,
            files: vec![],
        };
        let previous = self.earlier.last();
        let texts = [
            ("README.md", card::card(&release, counts, sample.rows())),
            (
                "CHANGELOG.md",
                changelog::changelog(&release, counts, previous)?,
            ),
            ("croissant.json", croissant::croissant(&release, &files)?),
        ];
        for (name, text) in texts {
            files.push(write_file(
                dir,
                &format!("{prefix}{name}"),
                text.as_bytes(),
            )?);
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        release.files = files;
        write_list(dir, prefix, &release)?;
        Ok(release)
    }
}

/// Writes `release.json` and `SHA256SUMS`.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write_list(dir: &Path, prefix: &str, release: &Release) -> anyhow::Result<()> {
    let mut json = serde_json::to_vec_pretty(release)?;
    json.push(b'\n');
    let list = write_file(dir, &format!("{prefix}release.json"), &json)?;
    let all: Vec<_> = release.files.iter().cloned().chain([list]).collect();
    let name = format!("{prefix}SHA256SUMS");
    write_file(dir, &name, sums::text(&all).as_bytes())?;
    std::fs::File::open(dir)?.sync_all()?;
    Ok(())
}

fn bury(known: earlier::Known, counts: &mut Counts, gone: &mut TableWriter) -> anyhow::Result<()> {
    counts.gone_rows += u64::from(known.is_in_newest);
    gone.write(&Tombstone {
        row_id: known.row_id,
        last_release: known.last_release,
        reason: WITHDRAWN.to_owned(),
    })
}
