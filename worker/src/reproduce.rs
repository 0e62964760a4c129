//! Trains and tests PAL-A on a data set, with the laboratory's own protocol: what `palate-lab eval` does under one seed.

use std::collections::BTreeMap;

use js_sys::Uint8Array;
use palate_lab::data::{self, Dataset};
use palate_lab::embed::{self, Embeddings};
use palate_lab::eval::bench;
use palate_lab::eval::part::{Nowhere, Representation};
use palate_lab::eval::report::Report;
use palate_lab::eval::{Config, Told, evaluate};
use palate_lab::import::release;
use palate_lab::protocol::Cell;
use palate_lab::recipes::{self, Inputs};
use palate_shared::infer::{
    DeviceKind, FailureCode, Figure, Reproduce, Reproduced, Response, Training,
};
use wasm_bindgen::JsCast;
use web_sys::{Blob, File};

use crate::failure::{Result, failure};
use crate::messages::tell;
use crate::state::State;
use crate::{device, encoder, js};

/// Most bytes of files together; what they become in memory is several times as much.
const MOST_BYTES: f64 = 256.0 * 1024.0 * 1024.0;
/// Texts that are read between two messages.
const BATCH: usize = 16;
/// The methods that are compared.
const METHODS: [&str; 2] = ["population", "pal-a"];

/// Answers [`palate_shared::infer::Request::Reproduce`].
pub(crate) async fn reproduce(state: &State, wanted: &Reproduce) -> Result<Response> {
    let start = js::now();
    if !(wanted.effort > 0.0 && wanted.effort <= 10.0) {
        return Err(input(
            "The effort must lie above 0, and be 10 at most.".into(),
        ));
    }
    if wanted
        .prototypes
        .is_some_and(|count| !(1..=64).contains(&count))
    {
        return Err(input("From 1 to 64 prototypes can be trained.".into()));
    }
    let files = state.files.take();
    let (data, left_out) = match &wanted.recipe {
        Some(name) => (simulated(name)?, String::new()),
        None => read(files).await?,
    };
    let has_texts = data.items.iter().any(|item| item.vector.is_none());
    let embeddings = match has_texts && wanted.encode {
        true => Some(encoded(state, &data).await?),
        false => None,
    };
    let (device, report) = device::place(state);
    let config = Config {
        seeds: 1,
        methods: METHODS.map(str::to_owned).to_vec(),
        prototypes: wanted.prototypes,
        representations: vec![Representation::Text],
        effort: wanted.effort,
        device: match report.device {
            DeviceKind::Cpu => "browser-cpu".into(),
            DeviceKind::WebGpu => "browser-webgpu".into(),
        },
        shares: bench::quick(),
        ..Config::default()
    };
    let (mut run, mut failed) = (0, None);
    let mut told = |told: Told<'_>| {
        match told {
            Told::Said(text) if text.contains(": failed: ") => failed = Some(text.to_owned()),
            Told::Said(_) => {}
            Told::Trains { method, progress } => {
                run += usize::from(progress.step == 0);
                tell(Response::Training(Training {
                    what: method.to_owned(),
                    run,
                    step: progress.step + 1,
                    steps: progress.steps,
                    loss: Some(progress.loss),
                }));
            }
        }
        true
    };
    let found = evaluate(
        &data,
        embeddings.as_ref(),
        &config,
        &device,
        &Nowhere,
        &mut told,
    );
    let found = found.await.map_err(of_data)?;
    if let Some(failed) = failed {
        return Err(crate::failure::device(&failed));
    }
    let reproduced = Reproduced {
        title: named(&data),
        licence: data.about.licence.clone(),
        simulated: data.about.simulated,
        people: data.users.len(),
        items: data.items.len(),
        votes: data.pairs.len(),
        left_out,
        device: report,
        seconds: (js::now() - start) / 1e3,
        figures: figures(&found),
        report: found.to_json().map_err(of_data)?,
    };
    Ok(Response::Reproduced(Box::new(reproduced)))
}

fn input(message: String) -> palate_shared::infer::Failure {
    failure(FailureCode::Input, message)
}

/// What the laboratory says of data: it names file, line and what is wrong.
fn of_data(error: anyhow::Error) -> palate_shared::infer::Failure {
    failure(FailureCode::File, format!("{error:#}"))
}

fn named(data: &Dataset) -> String {
    let title = Some(&data.about.title).filter(|title| !title.is_empty());
    title.unwrap_or(&data.about.id).clone()
}

/// Accuracy on people who trained nothing.
fn figures(report: &Report) -> Vec<Figure> {
    let rows = report.rows.iter();
    rows.filter_map(|row| {
        let known = match row.cell {
            Cell::UnseenSeen => true,
            Cell::UnseenUnseen => false,
            Cell::SeenSeen | Cell::SeenUnseen => return None,
        };
        Some(Figure {
            method: row.method.clone(),
            known,
            votes: row.n,
            accuracy: row.accuracy.into(),
        })
    })
    .collect()
}

fn simulated(name: &str) -> Result<Dataset> {
    let recipe = recipes::find(name).map_err(of_data)?;
    let inputs = Inputs {
        seed: 1,
        source: None,
    };
    (recipe.make)(&inputs).map_err(of_data)
}

/// A data set in the canonical format, or a release: the one has `pairs.jsonl`, the other `votes.jsonl`.
async fn read(files: Vec<Blob>) -> Result<(Dataset, String)> {
    if files.iter().map(Blob::size).sum::<f64>() > MOST_BYTES {
        return Err(failure(
            FailureCode::File,
            "These files are larger than 256 megabytes together; train on them with palate-lab.",
        ));
    }
    let mut texts = BTreeMap::new();
    for file in files {
        let name = file.dyn_ref::<File>().map(File::name).unwrap_or_default();
        let bytes: js_sys::ArrayBuffer = js::wait(file.array_buffer())
            .await
            .map_err(|error| failure(FailureCode::File, js::describe(&error)))?;
        texts.insert(name, Uint8Array::new(&bytes).to_vec());
    }
    let has = |name: &str| texts.contains_key(name) || texts.contains_key(&format!("{name}.gz"));
    if has("pairs.jsonl") {
        let data = data::of_files(&texts).map_err(of_data)?;
        return Ok((data, String::new()));
    }
    if has("votes.jsonl") {
        let imported = release::import(&texts).map_err(of_data)?;
        return Ok((imported.data, imported.report.to_string()));
    }
    Err(failure(
        FailureCode::File,
        "Neither pairs.jsonl nor votes.jsonl is among these files. A data set needs pairs.jsonl and items.jsonl; a release votes.jsonl and pairs_trl.jsonl.",
    ))
}

/// Vectors of all texts.
async fn encoded(state: &State, data: &Dataset) -> Result<Embeddings> {
    let loaded = encoder::get(state).await?;
    let texts = embed::texts(data);
    let mut vectors = std::collections::HashMap::new();
    for (at, batch) in texts.chunks(BATCH).enumerate() {
        let batch: Vec<String> = batch.iter().map(|text| (*text).to_owned()).collect();
        let found = encoder::encode(&loaded, &batch).await?;
        vectors.extend(batch.into_iter().zip(found));
        tell(Response::Training(Training {
            what: "encoder".into(),
            run: 1,
            step: (at * BATCH + BATCH).min(texts.len()),
            steps: texts.len(),
            loss: None,
        }));
    }
    Embeddings::of_texts(data, |text| vectors.get(text).cloned()).map_err(of_data)
}
