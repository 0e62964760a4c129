//! The encoder in use: loaded once, on first use, by whoever needs it first.

use std::rc::Rc;

use js_sys::{Function, Promise};
use palate_models::device;
use palate_models::encoder::Encoder;
use palate_shared::infer::{DeviceKind, DeviceReport, FailureCode, Response};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;

use crate::download::{self, EncoderFiles};
use crate::failure::{Result, failure, of_encoder};
use crate::state::{Loading, State};
use crate::{js, messages};

/// The encoder and where it runs.
pub(crate) struct Loaded {
    /// The encoder.
    pub(crate) encoder: Encoder,
    /// Where, and why there.
    pub(crate) report: DeviceReport,
}

/// The encoder, downloaded and loaded if need be. Those who ask meanwhile wait for the same load.
pub(crate) async fn get(state: &State) -> Result<Rc<Loaded>> {
    if let Some(loaded) = state.encoder.borrow().clone() {
        return Ok(loaded);
    }
    let under_way = state.loading.borrow().clone();
    if let Some(loading) = under_way {
        let _ = JsFuture::from(loading.ended).await;
        return match (
            state.encoder.borrow().clone(),
            state.load_failure.borrow().clone(),
        ) {
            (Some(loaded), _) => Ok(loaded),
            (None, Some(failure)) => Err(failure),
            (None, None) => Err(failure(
                FailureCode::Cancelled,
                "The text encoder was not loaded. Try again.",
            )),
        };
    }
    let abort = download::new_abort()?;
    let mut end: Option<Function> = None;
    let ended = Promise::new(&mut |resolve, _| end = Some(resolve));
    *state.loading.borrow_mut() = Some(Loading {
        abort: abort.clone(),
        ended,
    });
    let result = load(state, &abort).await;
    *state.loading.borrow_mut() = None;
    *state.load_failure.borrow_mut() = result.as_ref().err().cloned();
    *state.encoder.borrow_mut() = result.as_ref().ok().cloned();
    if let Some(end) = end {
        let _ = end.call0(&JsValue::UNDEFINED);
    }
    result
}

async fn load(state: &State, abort: &web_sys::AbortController) -> Result<Rc<Loaded>> {
    let url = state.encoder_url()?;
    let files = download::fetch_encoder(&url, abort, &state.memory).await?;
    let loaded = Rc::new(place(state, &files).await?);
    // The shards that found no place in the cache are in the encoder now.
    state.memory.borrow_mut().whole.clear();
    let before = state
        .choice
        .borrow()
        .as_ref()
        .map(|choice| choice.report.clone());
    if before.as_ref() != Some(&loaded.report) {
        if let Some(choice) = state.choice.borrow_mut().as_mut() {
            choice.report = loaded.report.clone();
        }
        messages::tell(Response::Device(loaded.report.clone()));
    }
    Ok(loaded)
}

/// Builds the encoder on the device that was chosen.
#[cfg(not(feature = "webgpu"))]
async fn place(state: &State, files: &EncoderFiles) -> Result<Loaded> {
    on_cpu(state, files)
}

/// Builds the encoder on the device that was chosen; times both when the person left the choice to us.
#[cfg(feature = "webgpu")]
async fn place(state: &State, files: &EncoderFiles) -> Result<Loaded> {
    use palate_shared::infer::DevicePreference;

    let Some(choice) = state.choice.borrow().clone() else {
        return on_cpu(state, files);
    };
    let Some(gpu) = &choice.gpu else {
        return on_cpu(state, files);
    };
    let encoder = Encoder::from_safetensors(&files.weights, &files.tokenizer, &gpu.device)
        .map_err(of_encoder)?;
    if choice.preference == DevicePreference::WebGpu {
        return Ok(Loaded {
            encoder,
            report: choice.report,
        });
    }
    let cpu = Encoder::from_safetensors(&files.weights, &files.tokenizer, &device::cpu())
        .map_err(of_encoder)?;
    let (encoder, report) = crate::device::faster(encoder, cpu, choice.report.adapter)
        .await
        .map_err(of_encoder)?;
    Ok(Loaded { encoder, report })
}

fn on_cpu(state: &State, files: &EncoderFiles) -> Result<Loaded> {
    let encoder = Encoder::from_safetensors(&files.weights, &files.tokenizer, &device::cpu())
        .map_err(of_encoder)?;
    let report = state
        .choice
        .borrow()
        .as_ref()
        .map(|choice| choice.report.clone());
    let unknown = || DeviceReport {
        device: DeviceKind::Cpu,
        reason: "The CPU is used.".into(),
        adapter: None,
    };
    Ok(Loaded {
        encoder,
        report: report.unwrap_or_else(unknown),
    })
}

/// Vectors of texts. On the CPU one text at a time, so that other messages are answered in between.
pub(crate) async fn encode(loaded: &Loaded, texts: &[String]) -> Result<Vec<Vec<f32>>> {
    if loaded.report.device == DeviceKind::WebGpu {
        return loaded.encoder.encode(texts).await.map_err(of_encoder);
    }
    let mut vectors = Vec::with_capacity(texts.len());
    for text in texts {
        vectors.extend(loaded.encoder.encode(&[text]).await.map_err(of_encoder)?);
        js::yield_to_messages().await;
    }
    Ok(vectors)
}

/// Times the encoder on fixed ids: token `t` of text `b` is `1000 + (7 b + t) mod 20000`. One run before does not count.
pub(crate) async fn bench(
    loaded: &Loaded,
    batch: usize,
    tokens: usize,
    repeats: usize,
) -> Result<Vec<f64>> {
    let text = |b: usize| {
        (0..tokens)
            .map(|t| 1000 + ((7 * b + t) % 20_000) as u32)
            .collect::<Vec<u32>>()
    };
    let ids: Vec<Vec<u32>> = (0..batch).map(text).collect();
    loaded.encoder.encode_ids(&ids).await.map_err(of_encoder)?;
    let mut ms = Vec::with_capacity(repeats);
    for _ in 0..repeats {
        let start = js::now();
        loaded.encoder.encode_ids(&ids).await.map_err(of_encoder)?;
        ms.push(js::now() - start);
    }
    Ok(ms)
}
