//! `palate study`: what operators do with studies at the command line. The server may be running.

use std::path::Path;

use anyhow::{Context, bail, ensure};
use palate_pack::inputs;
use palate_shared::api::studies::{
    SourceFormat, StudyChange, StudyPolicy, StudySettings, StudyState,
};

use super::pool::Pools;
use super::{create, embed, progress};
use crate::config::{StudyArguments, StudyCommand, StudyPlace};
use crate::db::Db;
use crate::db::studies::StudyRow;
use crate::telemetry::print_line;

/// Does one command.
///
/// # Errors
/// When it cannot be done: says why.
pub async fn run(command: StudyCommand) -> anyhow::Result<()> {
    match command {
        StudyCommand::Create(arguments) => make(&arguments).await,
        StudyCommand::List { place } => list(&place).await,
        StudyCommand::Show { id, place } => show(&id, &place).await,
        StudyCommand::Open { id, place } => set(&id, &place, StudyState::Open).await,
        StudyCommand::Close { id, place } => set(&id, &place, StudyState::Closed).await,
        StudyCommand::Embed {
            id,
            encoder_dir,
            place,
        } => {
            let db = Db::open(&place.database()).await?;
            let row = find(&db, &id).await?;
            db.close().await;
            make_vectors(&place.data_dir, &encoder_dir, &row).await
        }
    }
}

async fn make(arguments: &StudyArguments) -> anyhow::Result<()> {
    let read = |path: &Path| {
        std::fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
    };
    let settings = StudySettings {
        title: arguments.title.clone(),
        guidelines: read(&arguments.guidelines)?,
        consent_text: read(&arguments.consent)?,
        licence: arguments.licence.clone(),
        overlap: arguments.overlap,
        repeats: arguments.repeats,
        random_floor: arguments.random_floor,
        policy: if arguments.uniform_random {
            StudyPolicy::UniformRandom
        } else {
            StudyPolicy::LeastAnnotated
        },
        quota_per_person: arguments.quota_per_person,
        quota: arguments.quota,
    };
    create::check(&settings).map_err(anyhow::Error::msg)?;
    let from = &arguments.from;
    let format = match from.extension().and_then(|name| name.to_str()) {
        Some("jsonl") => SourceFormat::Jsonl,
        Some("csv") => SourceFormat::Csv,
        Some("parquet") => SourceFormat::Parquet,
        _ => bail!("{} is none of .jsonl, .csv and .parquet", from.display()),
    };
    let size = std::fs::metadata(from)
        .with_context(|| format!("cannot read {}", from.display()))?
        .len();
    ensure!(
        size <= inputs::MOST_BYTES as u64,
        "{} has {size} bytes, and at most {} are taken: make several studies of it",
        from.display(),
        inputs::MOST_BYTES
    );
    let bytes = std::fs::read(from)?;
    let input = tokio::task::spawn_blocking(move || inputs::read_bytes(format, &bytes))
        .await
        .context("the file cannot be read")?;
    for error in &input.report.errors {
        let line = error
            .line
            .map_or("file".to_owned(), |line| format!("line {line}"));
        print_line(&format!("{line}: {}. {}", error.problem, error.advice))?;
    }
    let errors = input.report.errors_in_all;
    ensure!(errors == 0, "{errors} errors; nothing was stored");
    let place = &arguments.place;
    std::fs::create_dir_all(&place.data_dir)
        .with_context(|| format!("cannot make {}", place.data_dir.display()))?;
    let db = Db::open(&place.database()).await?;
    let row = create::create(&db, &place.data_dir, &settings, input).await?;
    db.close().await;
    print_line(&row.id)?;
    match &arguments.encoder_dir {
        Some(encoder) if embed::is_encoder(encoder) => {
            make_vectors(&place.data_dir, encoder, &row).await
        }
        _ => {
            tracing::warn!(
                "vectors are missing, which assignment does not need; `palate study embed` adds them"
            );
            Ok(())
        }
    }
}

async fn make_vectors(data_dir: &Path, encoder_dir: &Path, row: &StudyRow) -> anyhow::Result<()> {
    let (data_dir, encoder_dir) = (data_dir.to_owned(), encoder_dir.to_owned());
    let items = row.items_sha256.clone();
    tokio::task::spawn_blocking(move || embed::embed(&data_dir, &encoder_dir, &items)).await??;
    tracing::info!(study = row.id, "the study is embedded");
    Ok(())
}

async fn list(place: &StudyPlace) -> anyhow::Result<()> {
    let db = Db::open(&place.database()).await?;
    for row in db.studies().await? {
        let totals = db.study_totals(&row.id, None).await?;
        print_line(&format!(
            "{}  {}  {} comparisons  {} votes of {} people  {}",
            row.id, row.state, row.comparisons, totals.votes, totals.people, row.title
        ))?;
    }
    db.close().await;
    Ok(())
}

async fn show(id: &str, place: &StudyPlace) -> anyhow::Result<()> {
    let db = Db::open(&place.database()).await?;
    let row = find(&db, id).await?;
    let pool = Pools::default()
        .get(&place.data_dir, &row.items_sha256)
        .await?;
    let progress = progress::progress(&db, &place.data_dir, &row, pool).await?;
    db.close().await;
    print_line(&serde_json::to_string_pretty(&progress)?)
}

async fn set(id: &str, place: &StudyPlace, state: StudyState) -> anyhow::Result<()> {
    let db = Db::open(&place.database()).await?;
    let mut row = find(&db, id).await?;
    let change = StudyChange {
        state: Some(state),
        ..StudyChange::default()
    };
    create::change(&mut row, &change).map_err(anyhow::Error::msg)?;
    db.change_study(&row).await?;
    db.close().await;
    tracing::info!(study = row.id, state = row.state, "the study is changed");
    Ok(())
}

async fn find(db: &Db, id: &str) -> anyhow::Result<StudyRow> {
    let found = db.study(id).await?;
    found.with_context(|| format!("there is no study {id}: see `palate study list`"))
}
