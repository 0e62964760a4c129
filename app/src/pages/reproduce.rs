//! `/reproduce`: trains a method in the page and shows what came of it.

use leptos::prelude::*;
use palate_shared::infer::{DevicePreference, Figure, Reproduced, Training};
use web_sys::Blob;

use crate::components::device;
use crate::components::select::{by_place, of_two};
use crate::components::table::{self, Cell};
use crate::lazy::Loaded;
use crate::live::{click, flag, live, maybe, on_event, on_submit, words};
use crate::reproducing::{Reproducing, Step, Wanted};
use crate::state::App;
use crate::{dom, strings};

/// Name of the saved report.
const REPORT: &str = "report.json";
/// Width and height of the loss curve, in its own units.
const CURVE: (f64, f64) = (640.0, 160.0);
/// Prototypes that can be asked for.
const MOST_PROTOTYPES: usize = 8;

#[derive(Clone, Copy)]
struct Form {
    from_files: RwSignal<bool>,
    recipe: RwSignal<usize>,
    files: StoredValue<Vec<Blob>, LocalStorage>,
    names: RwSignal<Vec<String>>,
    encode: RwSignal<bool>,
    prototypes: RwSignal<usize>,
    effort: RwSignal<usize>,
    on_gpu: RwSignal<bool>,
}

impl Form {
    fn new() -> Self {
        Self {
            from_files: RwSignal::new(false),
            recipe: RwSignal::new(0),
            files: StoredValue::new_local(Vec::new()),
            names: RwSignal::new(Vec::new()),
            encode: RwSignal::new(false),
            prototypes: RwSignal::new(0),
            effort: RwSignal::new(0),
            on_gpu: RwSignal::new(false),
        }
    }

    fn wanted(self) -> Wanted {
        let from_files = self.from_files.get_untracked();
        Wanted {
            recipe: (!from_files).then(|| self.recipe.get_untracked()),
            files: if from_files {
                self.files.get_value()
            } else {
                Vec::new()
            },
            encode: from_files && self.encode.get_untracked(),
            prototypes: Some(self.prototypes.get_untracked()).filter(|count| *count > 0),
            effort: self.effort.get_untracked(),
            device: if self.on_gpu.get_untracked() {
                DevicePreference::WebGpu
            } else {
                DevicePreference::Cpu
            },
        }
    }
}

/// The page.
#[leptos::wasm_split::wasm_split(reproduce, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    let app = App::get();
    let form = Form::new();
    let training = Reproducing::new();
    let is_running = move || training.step.get() == Step::Running;
    let source = move || {
        if form.from_files.get() {
            of_files(form)
        } else {
            let people = [
                strings::reproduce_partition(),
                strings::reproduce_mixture(),
                strings::reproduce_two(),
                strings::reproduce_continuous(),
            ];
            let people = people.map(str::to_owned).into();
            by_place(
                "recipe",
                strings::reproduce_recipe(),
                None,
                people,
                form.recipe,
            )
        }
    };
    let mut counts = vec![strings::reproduce_count_auto().to_owned()];
    counts.extend((1..=MOST_PROTOTYPES).map(|count| count.to_string()));
    let efforts = [strings::reproduce_quick(), strings::reproduce_whole()];
    let efforts = efforts.map(str::to_owned).into();
    let go = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        training.start(app, form.wanted());
    };
    let button = move || match training.step.get() {
        Step::Idle | Step::Running => strings::reproduce_go().to_owned(),
        Step::Done(_) | Step::Failed(_) => strings::reproduce_again().to_owned(),
    };
    view! {
        <div class="column column--wide">
            <h1 class="page-title">{strings::reproduce_heading()}</h1>
            <p class="lead">{strings::reproduce_lead()}</p>
            <form class="compare" on:submit=on_submit(go)>
                {of_two("from", strings::reproduce_source(), [strings::reproduce_simulated(), strings::reproduce_files()], form.from_files)}
                {live(source)}
                <div class="pair">
                    {by_place("prototypes", strings::reproduce_count(), None, counts, form.prototypes)}
                    {by_place("effort", strings::reproduce_effort(), None, efforts, form.effort)}
                </div>
                {of_two("where", strings::reproduce_device(), [strings::device_cpu(), strings::device_gpu()], form.on_gpu)}
                <button type="submit" class="button button--primary" disabled=flag(is_running)>{words(button)}</button>
            </form>
            <div class="compare__result">{live(move || result(app, training))}</div>
        </div>
    }
    .into_any()
}

fn of_files(form: Form) -> AnyView {
    let choose = move |event: web_sys::Event| {
        let (files, names) = dom::chosen_files(&event).into_iter().unzip();
        form.files.set_value(files);
        form.names.set(names);
    };
    let names = move || form.names.get().join(", ");
    view! {
        <div class="field">
            <label for="files">{strings::reproduce_choose()}</label>
            <input id="files" type="file" multiple accept=".jsonl,.json,.gz" aria-describedby="files-note" on:change=on_event(choose) />
            <p id="files-note" class="quiet">{strings::reproduce_choose_note()}</p>
            <p class="quiet wrap" role="status">{words(names)}</p>
            <label class="check">
                <input type="checkbox" prop:checked=flag(move || form.encode.get()) on:change=on_event(move |_| form.encode.update(|on| *on = !*on)) />
                <span>{strings::reproduce_encode()}</span>
            </label>
        </div>
    }
    .into_any()
}

fn result(app: App, training: Reproducing) -> AnyView {
    match training.step.get() {
        Step::Idle => ().into_any(),
        Step::Running => {
            view! {
                <div class="card">
                    {live(move || running(&app.gpu.training.get()))}
                    {maybe(move || curve(&app.gpu.training.get()))}
                    <button type="button" class="button" on:click=click(move |_| app.gpu.stop())>{strings::cancel()}</button>
                </div>
            }
            .into_any()
        }
        Step::Done(found) => done(app, training, &found),
        Step::Failed(why) => view! { <p class="notice wrap" role="alert">{why}</p> }.into_any(),
    }
}

fn running(steps: &[Training]) -> AnyView {
    let Some(last) = steps.last() else {
        return view! { <p>{strings::reproduce_starting()}</p> }.into_any();
    };
    let share = last.step as f64 / last.steps.max(1) as f64;
    let said = match last.loss {
        Some(_) => strings::reproduce_step(last.run, last.step, last.steps),
        None => strings::reproduce_reading().to_owned(),
    };
    view! {
        <label class="download">
            <span>{said}</span>
            <progress max="1" prop:value=share aria-label=strings::reproduce_go()></progress>
        </label>
    }
    .into_any()
}

/// Losses of the last training of the personal method, in the drawing's units, with both ends in words.
fn curve(steps: &[Training]) -> Option<AnyView> {
    let last = steps.iter().rev().find(|step| step.loss.is_some())?;
    let of_run = |step: &&Training| step.what == last.what && step.run == last.run;
    let losses: Vec<(f64, f64)> = steps
        .iter()
        .filter(of_run)
        .filter_map(|step| {
            let share = (step.step as f64 - 1.0) / (step.steps as f64 - 1.0).max(1.0);
            Some((share, step.loss?))
        })
        .collect();
    let (first, end) = (losses.first()?.1, losses.last()?.1);
    let (least, most) = losses
        .iter()
        .fold((first, first), |(least, most), (_, loss)| {
            (loss.min(least), loss.max(most))
        });
    let points: Vec<String> = losses
        .iter()
        .map(|(share, loss)| {
            let height = (loss - least) / (most - least).max(1e-9);
            format!(
                "{:.1},{:.1}",
                4.0 + (CURVE.0 - 8.0) * share,
                4.0 + (CURVE.1 - 8.0) * (1.0 - height)
            )
        })
        .collect();
    let ends = strings::reproduce_losses(format!("{first:.3}"), format!("{end:.3}"));
    Some(view! {
        <svg class="curves" viewBox=format!("0 0 {} {}", CURVE.0, CURVE.1) role="img" aria-label=strings::reproduce_loss()>
            <line class="curve__grid" x1="4" x2=(CURVE.0 - 4.0).to_string() y1=(CURVE.1 - 4.0).to_string() y2=(CURVE.1 - 4.0).to_string()></line>
            <polyline class="curve curve--4" points=points.join(" ")></polyline>
        </svg>
        <p class="quiet" data-testid="losses">{ends}</p>
    }
    .into_any())
}

fn done(app: App, training: Reproducing, found: &Reproduced) -> AnyView {
    let of = strings::reproduce_of(
        strings::arrived(&found.title),
        found.people,
        found.items,
        found.votes,
    );
    let sentences = [
        of,
        if found.simulated {
            strings::reproduce_is_simulated().to_owned()
        } else {
            String::new()
        },
        Some(&found.licence)
            .filter(|licence| !licence.is_empty())
            .map_or_else(String::new, strings::reproduce_licence),
        device::sentence(&found.device, ""),
        strings::reproduce_took(format!("{:.1}", found.seconds)),
    ];
    let left_out = (!found.left_out.is_empty()).then(|| {
        view! { <p class="quiet wrap">{strings::reproduce_left_out(&found.left_out)}</p> }
            .into_any()
    });
    let tables: Vec<AnyView> = [
        (true, strings::reproduce_known()),
        (false, strings::reproduce_new()),
    ]
    .into_iter()
    .filter_map(|(known, caption)| figures(&found.figures, known, caption))
    .collect();
    let report = found.report.clone();
    let save = move |_| {
        if let Err(error) = dom::download(REPORT, "application/json", &report) {
            app.say(dom::describe(&error));
        }
    };
    let command = training.command();
    view! {
        <section aria-labelledby="figures">
            <h2 id="figures" tabindex="-1">{strings::reproduce_figures()}</h2>
            <p class="wrap">{sentences.join(" ")}</p>
            {left_out}
            {curve(&app.gpu.training.get_untracked())}
            {tables}
            <p class="quiet">{strings::reproduce_note()}</p>
            <p>
                <button type="button" class="button" on:click=click(save)>{strings::reproduce_save()}</button>
            </p>
            <p class="quiet">{strings::reproduce_native()}</p>
            <pre tabindex="0" lang="en"><code>{command}</code></pre>
        </section>
    }
    .into_any()
}

/// Methods in columns, numbers of votes in rows; `None` where nobody was tested on such items.
fn figures(all: &[Figure], known: bool, caption: &'static str) -> Option<AnyView> {
    let of = |method: &str, votes: usize| {
        let found = all.iter().find(|figure| {
            figure.method == method && figure.known == known && figure.votes == votes
        });
        found.map_or_else(Cell::default, |figure| {
            let [mean, low, high] = figure
                .accuracy
                .map(|share| format!("{:.1} %", share * 100.0));
            Cell {
                value: mean,
                range: format!("{low} – {high}"),
                verdict: "",
            }
        })
    };
    let mut counts: Vec<usize> = all
        .iter()
        .filter(|figure| figure.known == known)
        .map(|figure| figure.votes)
        .collect();
    counts.sort_unstable();
    counts.dedup();
    let rows: Vec<AnyView> = counts
        .into_iter()
        .map(|votes| {
            let cells = ["population", "pal-a", "pal-a-shrunk"].map(|method| of(method, votes));
            table::line(votes.to_string().into_any(), cells.into())
        })
        .collect();
    let columns = [
        strings::reproduce_votes(),
        strings::reproduce_population(),
        strings::reproduce_raw(),
        strings::reproduce_mixed(),
    ];
    (!rows.is_empty()).then(|| table::captioned(caption.to_owned(), &columns, rows))
}
