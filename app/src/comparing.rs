//! Drives a comparison of free texts: download asked for, device chosen, graphics processor given up when it fails.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::infer::{Compared, DevicePreference, Failure, FailureCode, Request};
use palate_shared::pack::WeightsManifest;
use serde::de::DeserializeOwned;

use crate::engine::{ENCODER_URL, Engine, Status};
use crate::error::Error;
use crate::state::App;
use crate::words::bytes;
use crate::{api, device, dom, settings, strings};

/// How long a worker may take to be ready, milliseconds.
const READY_TIMEOUT_MS: u64 = 60_000;

/// Where the comparison stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Nothing asked.
    Idle,
    /// The download must be agreed to; its size in words.
    Ask(String),
    /// Under way.
    Running,
    /// Done.
    Done(Box<Compared>),
    /// Not done, with the reason in words.
    Failed(String),
}

/// The state of the page.
#[derive(Clone, Copy)]
pub(crate) struct Comparing {
    /// Where it stands.
    pub(crate) step: RwSignal<Step>,
    /// Whether the worker with WebGPU is used.
    pub(crate) on_gpu: RwSignal<bool>,
    /// Why this device, when the page decided.
    pub(crate) reason: RwSignal<String>,
    weights: RwSignal<Option<WeightsManifest>>,
}

impl Comparing {
    /// Nothing asked.
    pub(crate) fn new() -> Self {
        Self {
            step: RwSignal::new(Step::Idle),
            on_gpu: RwSignal::new(false),
            reason: RwSignal::new(String::new()),
            weights: RwSignal::new(None),
        }
    }

    /// The worker in use.
    pub(crate) fn engine(self, app: App) -> Engine {
        if self.on_gpu.get() { app.gpu } else { app.cpu }
    }

    /// Compares, or asks before the first download.
    pub(crate) fn start(self, app: App, prompt: String, texts: [String; 2], agreed: bool) {
        let texts = texts.map(|text| text.trim().to_owned());
        if texts.iter().any(String::is_empty) {
            return self
                .step
                .set(Step::Failed(strings::compare_empty().to_owned()));
        }
        if texts[0] == texts[1] {
            return self
                .step
                .set(Step::Failed(strings::compare_same().to_owned()));
        }
        self.step.set(Step::Running);
        // The visitor may leave the page; signals are then gone, so every write is a try.
        spawn_local(async move {
            let step = self.run(app, prompt, texts, agreed).await;
            drop(self.step.try_set(step));
        });
    }

    async fn run(self, app: App, prompt: String, texts: [String; 2], agreed: bool) -> Step {
        let request = Request::Compare {
            prompt,
            texts: texts.into(),
        };
        match self.read(app, request, "compared", agreed).await {
            Ok(found) => Step::Done(Box::new(found)),
            Err(step) => step,
        }
    }

    /// Asks what needs the encoder; `tag` names the answer.
    ///
    /// # Errors
    /// [`Step::Ask`] before the first download, unless it was agreed to; [`Step::Failed`] when it did not work.
    pub(crate) async fn read<T: DeserializeOwned>(
        self,
        app: App,
        request: Request,
        tag: &'static str,
        agreed: bool,
    ) -> Result<T, Step> {
        let failed = |why: String| Err(Step::Failed(why));
        let manifest = match self.weights.try_get_untracked().flatten() {
            Some(manifest) => manifest,
            None => {
                match api::get::<WeightsManifest>(&format!("{ENCODER_URL}/manifest.json")).await {
                    Ok(manifest) => {
                        drop(self.weights.try_set(Some(manifest.clone())));
                        manifest
                    }
                    Err(Error::Api(problem)) if problem.status == 404 => {
                        return failed(strings::compare_missing().to_owned());
                    }
                    Err(error) => return failed(error.to_string()),
                }
            }
        };
        if !agreed && !settings::encoder_agreed(&manifest.source_sha256) {
            return Err(Step::Ask(bytes(manifest.bytes + manifest.tokenizer.bytes)));
        }
        app.opened().await;
        match self.choose_and_ask(app, request, tag).await {
            Ok(found) => {
                settings::agree_to_encoder(&manifest.source_sha256);
                Ok(found)
            }
            Err(failure) => failed(match failure.code {
                FailureCode::Cancelled => strings::compare_cancelled().to_owned(),
                FailureCode::WeightsMissing => strings::compare_missing().to_owned(),
                _ => failure.message,
            }),
        }
    }

    async fn choose_and_ask<T: DeserializeOwned>(
        self,
        app: App,
        request: Request,
        tag: &'static str,
    ) -> Result<T, Failure> {
        let choice = device::choose().await;
        drop(self.reason.try_set(choice.reason.to_owned()));
        self.on_gpu.try_set(choice.gpu);
        if choice.gpu {
            settings::set_gpu_canary();
            let answer = ask(app.gpu, settings::device(), request.clone(), tag).await;
            // Whatever came back came back: only a crash leaves the canary.
            settings::clear_gpu_canary();
            match answer {
                Err(failure) if failure.code == FailureCode::Device => {
                    drop(self.reason.try_set(strings::gpu_failed(&failure.message)));
                    self.on_gpu.try_set(false);
                }
                answer => return answer,
            }
        }
        ask(app.cpu, DevicePreference::Cpu, request, tag).await
    }

    /// Stops the download; the comparison then ends by itself.
    pub(crate) fn cancel(self, app: App) {
        let engine = if self.on_gpu.get_untracked() {
            app.gpu
        } else {
            app.cpu
        };
        spawn_local(async move { drop(engine.ask(Request::CancelDownload).await) });
    }

    /// Deletes the downloaded weights.
    pub(crate) fn delete_cache(self, app: App) {
        spawn_local(async move {
            delete_downloads(app).await;
            app.say(strings::cache_deleted());
            drop(self.step.try_set(Step::Idle));
        });
    }
}

/// Deletes the downloaded weights.
pub(crate) async fn delete_downloads(app: App) {
    app.cpu.ensure(DevicePreference::Cpu);
    if wait_ready(app.cpu).await.is_ok() {
        drop(app.cpu.ask(Request::DeleteCache).await);
    }
    settings::forget_encoder();
}

async fn ask<T: DeserializeOwned>(
    engine: Engine,
    preference: DevicePreference,
    request: Request,
    tag: &'static str,
) -> Result<T, Failure> {
    engine.ensure(preference);
    wait_ready(engine).await?;
    // A worker that was started earlier may not know the latest votes.
    drop(engine.learn_new().await);
    engine.ask_for(request, tag).await
}

/// Waits until a worker answers.
///
/// # Errors
/// When it failed, or does not answer in time.
pub(crate) async fn wait_ready(engine: Engine) -> Result<(), Failure> {
    for _ in 0..READY_TIMEOUT_MS / 50 {
        match engine.status.get_untracked() {
            Status::Ready => return Ok(()),
            Status::Failed(message) => {
                return Err(Failure {
                    code: FailureCode::Device,
                    message,
                });
            }
            _ => dom::sleep(50).await,
        }
    }
    Err(Failure {
        code: FailureCode::Device,
        message: strings::worker_slow().to_owned(),
    })
}
