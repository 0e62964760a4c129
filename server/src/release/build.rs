//! `palate release build`: one pass over the database, one over the votes by id, one over them by person.

use std::path::{Path, PathBuf};

use anyhow::{Context, ensure};
use palate_shared::api::figures::{Figures, TableSchema};
use palate_shared::api::releases::{Changes, Release, ReleaseFile, ReleaseTable};
use palate_shared::ids::{ReleaseId, StudyId};
use serde::Serialize;

use super::counts::Counts;
use super::crowd::Crowd;
use super::earlier::{self, Rows};
use super::entry::Entry;
use super::figures::{self, PromptRaters};
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
use super::texts::{Library, Texts};
use super::vote_tables::{PARTITIONED_FROM, VoteTables};
use super::writer::{TableWriter, Written, write_file};
use super::{
    DESCRIBED, FIGURES, LICENCE, SCHEMA, card, changelog, croissant, read, schedule, splits, sums,
};
use crate::clock::{day, end_of_day, now_ms};
use crate::config::ReleaseConfig;
use crate::db::studies::StudyRow;
use crate::packs::is_plain_name;
use crate::secret::Secret;

/// Writes a release. It appears at `config.out` only when it is complete; old ones beside it go after that.
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
    if config.withdraw_old {
        for id in schedule::withdraw_old(parent, &day(now_ms()))? {
            tracing::info!(id, "release withdrawn: it is older than the last four");
        }
    }
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

/// What may enter.
struct Collected {
    /// Votes, in no order.
    entries: Spill,
    votes: u64,
    /// The study that they are of.
    study: Option<StudyRow>,
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
        let Collected {
            entries,
            votes,
            study,
        } = self.collect(config, &scratch).await?;
        let partitioned = config.partitioned || votes >= PARTITIONED_FROM;
        let tables = if partitioned {
            VoteTables::folders(&self.dir, self.prefix, &scratch)?
        } else {
            VoteTables::files(&self.dir, self.prefix)?
        };
        let mut library = Library::new(&config.data_dir);
        let mut counts = Counts::default();
        let mut sample = Sample::new();
        let mut crowd = Crowd::default();
        let by_rater = Spill::new(&scratch.join("raters"));
        let mut prompts_table = self.table(&prompts::SPEC)?;
        let mut responses_table = self.table(&responses::SPEC)?;
        let (mut written, ids, by_rater) = self.by_vote(
            entries,
            tables,
            by_rater,
            &mut library,
            [&mut prompts_table, &mut responses_table],
            &mut Seen {
                counts: &mut counts,
                sample: &mut sample,
                crowd: &mut crowd,
            },
        )?;
        let mut prompts = PromptRaters::default();
        let of_people = self.by_rater(by_rater, &scratch, &mut counts, &mut prompts)?;
        let tombstones = written.pop();
        written.extend(of_people);
        for (items_sha256, texts) in library.all() {
            prompts::write(items_sha256, texts, &mut prompts_table)?;
            responses::write(items_sha256, texts, &mut responses_table)?;
        }
        written.push(prompts_table.finish()?);
        written.push(responses_table.finish()?);
        let mut board = self.table(&leaderboard::SPEC)?;
        crowd.write_leaderboard(&mut board)?;
        written.push(board.finish()?);
        let mut agreed = self.table(&agreement::SPEC)?;
        let packs = crowd.write_agreement(&mut agreed)?;
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
        let release = Release {
            partitioned,
            study: study.as_ref().map(|study| StudyId(study.id.clone())),
            files: ids.into_iter().collect(),
            ..self.release(&written, &counts)
        };
        let figures = figures::figures(&counts, &prompts, packs);
        self.describe(
            release,
            study.as_ref(),
            &written,
            &counts,
            &figures,
            &sample,
        )
    }

    fn table(&self, spec: &'static Spec) -> anyhow::Result<TableWriter> {
        TableWriter::create(&self.dir, self.prefix, spec)
    }

    /// What may enter, in one snapshot of the database.
    async fn collect(&self, config: &ReleaseConfig, scratch: &Path) -> anyhow::Result<Collected> {
        let secret = Secret::load(&config.data_dir)?;
        let mut snapshot = read::Snapshot::open(config).await?;
        let mut entries = Spill::new(&scratch.join("votes"));
        let mut votes = 0;
        let mut after = String::new();
        let own_until = read::own_until(&self.cut_day, now_ms()).context("the cut day is none")?;
        loop {
            let until = read::Until {
                cut_ms: self.cut_ms,
                own_ms: own_until,
            };
            let mut page = snapshot.page(&after, until, config.simulated_only).await?;
            let Some(last) = page.last() else { break };
            after.clone_from(&last.comparison_id);
            for source in &mut page {
                snapshot.read_own(source).await?;
                let entry = Entry::new(&secret, source)?;
                source.own = None;
                entries.push(entry.by_row()?, &serde_json::to_vec(&entry)?)?;
                votes += 1;
            }
        }
        let study = snapshot.study.take();
        snapshot.close().await?;
        Ok(Collected {
            entries,
            votes,
            study,
        })
    }

    /// Tables of single votes, and what is gone since.
    fn by_vote(
        &self,
        entries: Spill,
        mut tables: VoteTables,
        mut by_rater: Spill,
        library: &mut Library,
        [own_prompts, own_responses]: [&mut TableWriter; 2],
        seen: &mut Seen<'_>,
    ) -> anyhow::Result<(Vec<Written>, Option<ReleaseFile>, Spill)> {
        let mut gone = self.table(&tombstones::SPEC)?;
        let mut earlier = Rows::of(&self.earlier)?;
        for record in entries.sorted()? {
            let mut entry: Entry = serde_json::from_slice(&record?.1)?;
            let own = entry.own.take().map(Texts::own);
            let texts = match &own {
                Some(texts) => {
                    prompts::write(&entry.vote.items_sha256, texts, own_prompts)?;
                    responses::write(&entry.vote.items_sha256, texts, own_responses)?;
                    texts
                }
                None => library.texts(&entry.vote.items_sha256)?,
            };
            let entry = entry.without_free_text(texts);
            tables.add(&entry, texts)?;
            seen.counts.add(&entry, texts)?;
            seen.sample.add(&entry, texts)?;
            if own.is_none() {
                // Nobody else was asked an own prompt: there is nothing to average.
                seen.crowd.add(&entry, texts)?;
            }
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
        let (mut written, ids) = tables.finish(library)?;
        written.push(gone.finish()?);
        Ok((written, ids, by_rater))
    }

    /// Tables of people: everything of one person comes together.
    fn by_rater(
        &self,
        votes: Spill,
        scratch: &Path,
        counts: &mut Counts,
        prompts: &mut PromptRaters,
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
                prompts.next_person();
            }
            prompts.add(&vote.prompt());
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

    /// What was written, without its files.
    fn release(&self, written: &[Written], counts: &Counts) -> Release {
        let rows = |name: &str| {
            let table = written.iter().find(|table| table.spec.name == name);
            table.map_or(0, |table| table.rows)
        };
        let votes = rows("votes");
        let previous = self.earlier.last();
        Release {
            id: ReleaseId(self.id.clone()),
            cut_day: self.cut_day.clone(),
            schema: SCHEMA,
            votes,
            pairs: rows("pairs_trl"),
            raters: counts.raters,
            licence: LICENCE.to_owned(),
            simulated: !self.prefix.is_empty(),
            partitioned: false,
            study: None,
            tables: written
                .iter()
                .map(|table| ReleaseTable {
                    name: table.spec.name.to_owned(),
                    rows: table.rows,
                })
                .collect(),
            changes: previous.map(|previous| Changes {
                since: previous.release.id.clone(),
                new: counts.new_rows,
                gone: counts.gone_rows,
                kept: votes - counts.new_rows,
            }),
            withdrawn: None,
            files: vec![],
        }
    }

    /// Everything beside the tables.
    fn describe(
        &self,
        mut release: Release,
        study: Option<&StudyRow>,
        written: &[Written],
        counts: &Counts,
        figures: &Figures,
        sample: &Sample,
    ) -> anyhow::Result<Release> {
        let Self { dir, prefix, .. } = self;
        let mut files = std::mem::take(&mut release.files);
        files.extend(written.iter().flat_map(|table| table.files.clone()));
        let [sample_csv, sample_json] = sample.finish(dir, prefix)?;
        files.push(sample_csv);
        let previous = self.earlier.last();
        let schema: Vec<TableSchema> = tables::all().iter().map(|spec| spec.described()).collect();
        let texts = [
            (
                "README.md",
                card::card(&release, study, counts, figures, sample.rows()),
            ),
            ("CHANGELOG.md", changelog::changelog(&release, previous)?),
            ("croissant.json", croissant::croissant(&release, &files)?),
            (FIGURES, pretty(figures)?),
            (DESCRIBED, pretty(&schema)?),
        ];
        files.push(sample_json);
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
    let json = pretty(release)?;
    let list = write_file(dir, &format!("{prefix}release.json"), json.as_bytes())?;
    let all: Vec<_> = release.files.iter().cloned().chain([list]).collect();
    let name = format!("{prefix}SHA256SUMS");
    write_file(dir, &name, sums::text(&all).as_bytes())?;
    std::fs::File::open(dir)?.sync_all()?;
    Ok(())
}

fn pretty<T: Serialize>(value: &T) -> serde_json::Result<String> {
    Ok(format!("{}\n", serde_json::to_string_pretty(value)?))
}

fn bury(known: earlier::Known, counts: &mut Counts, gone: &mut TableWriter) -> anyhow::Result<()> {
    counts.gone_rows += u64::from(known.is_in_newest);
    gone.write(&Tombstone {
        row_id: known.row_id,
        last_release: known.last_release,
        reason: WITHDRAWN.to_owned(),
    })
}
