//! Drives a training in the page: a worker of its own, started anew for each, so that it can be ended at any time.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::infer::{
    DevicePreference, Failure, FailureCode, Reproduce, Reproduced, Request,
};
use web_sys::Blob;

use crate::comparing::wait_ready;
use crate::state::App;
use crate::{dom, settings, strings};

/// Simulated people that can be trained on, by the name of their recipe.
pub(crate) const RECIPES: [&str; 4] = ["pal-partition", "pal-mixture", "two-users", "continuous"];
/// Factors on the number of steps that can be asked for, with how a command line writes them.
pub(crate) const EFFORTS: [(f64, &str); 2] = [(0.2, "0.2"), (1.0, "1")];

/// Where the training stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Nothing asked.
    Idle,
    /// Under way.
    Running,
    /// Done.
    Done(Box<Reproduced>),
    /// Not done, with the reason in words.
    Failed(String),
}

/// What the visitor chose.
pub(crate) struct Wanted {
    /// Place in [`RECIPES`]; `None` for files.
    pub(crate) recipe: Option<usize>,
    /// Files of a data set.
    pub(crate) files: Vec<Blob>,
    /// Whether texts are read by the encoder.
    pub(crate) encode: bool,
    /// Prototypes, where they are given.
    pub(crate) prototypes: Option<usize>,
    /// Place in [`EFFORTS`].
    pub(crate) effort: usize,
    /// Where it shall run.
    pub(crate) device: DevicePreference,
}

/// The state of the page.
#[derive(Clone, Copy)]
pub(crate) struct Reproducing {
    /// Where it stands.
    pub(crate) step: RwSignal<Step>,
    command: StoredValue<String>,
}

impl Reproducing {
    /// Nothing asked.
    pub(crate) fn new() -> Self {
        Self {
            step: RwSignal::new(Step::Idle),
            command: StoredValue::new(String::new()),
        }
    }

    /// The command that gives the figures of the last training outside the browser.
    pub(crate) fn command(self) -> String {
        self.command.get_value()
    }

    /// Trains.
    pub(crate) fn start(self, app: App, wanted: Wanted) {
        if wanted.recipe.is_none() && wanted.files.is_empty() {
            let why = strings::reproduce_none().to_owned();
            return self.step.set(Step::Failed(why));
        }
        self.step.set(Step::Running);
        self.command.set_value(command(&wanted));
        // The visitor may leave the page; signals are then gone, so every write is a try.
        spawn_local(async move {
            let step = match run(app, wanted).await {
                Ok(found) => Step::Done(Box::new(found)),
                Err(failure) if failure.code == FailureCode::Cancelled => {
                    Step::Failed(strings::reproduce_stopped().to_owned())
                }
                Err(failure) => Step::Failed(failure.message),
            };
            let is_done = matches!(step, Step::Done(_));
            drop(self.step.try_set(step));
            if is_done {
                dom::after(0, || dom::focus("#figures"));
            }
        });
    }
}

async fn run(app: App, wanted: Wanted) -> Result<Reproduced, Failure> {
    app.opened().await;
    let engine = app.gpu;
    engine.training.set(Vec::new());
    let on_gpu = wanted.device == DevicePreference::WebGpu;
    if on_gpu {
        settings::set_gpu_canary();
    }
    let answer = async {
        engine.restart(wanted.device);
        wait_ready(engine).await?;
        for file in &wanted.files {
            engine.hand(file)?;
        }
        let request = Request::Reproduce(Reproduce {
            recipe: wanted.recipe.map(|at| RECIPES[at].to_owned()),
            prototypes: wanted.prototypes,
            effort: EFFORTS[wanted.effort].0,
            encode: wanted.encode,
        });
        engine.ask_for(request, "reproduced").await
    };
    let answer = answer.await;
    if on_gpu {
        // Whatever came back came back: only a crash leaves the canary.
        settings::clear_gpu_canary();
    }
    answer
}

/// What to type where the laboratory is installed.
fn command(wanted: &Wanted) -> String {
    let mut lines = Vec::new();
    let data = match wanted.recipe {
        Some(at) => {
            let recipe = RECIPES[at];
            lines.push(format!(
                "palate-lab simulate --recipe {recipe} --out {recipe}"
            ));
            recipe
        }
        None => "DIR",
    };
    let mut line = format!(
        "palate-lab eval --data {data} --seeds 1 --methods population,pal-a --rows text --effort {} --most-votes 100 --most-validation 40 --most-people 100 --most-tests 30",
        EFFORTS[wanted.effort].1
    );
    if let Some(count) = wanted.prototypes {
        line += &format!(" --prototypes {count}");
    }
    lines.push(line + " --out OUT");
    lines.join("\n")
}
