//! `/compare`: which of any two texts would you prefer? This is where the encoder is loaded.

use leptos::prelude::*;

use crate::comparing::{Comparing, Step};
use crate::components::download::download;
use crate::components::select::{by_place, of_two};
use crate::components::{device, pack, verdict};
use crate::engine::Status;
use crate::lazy::Loaded;
use crate::live::{click, flag, live, on_event, on_submit, words};
use crate::state::App;
use crate::strings;
use crate::words::opening;

#[derive(Clone, Copy)]
struct Form {
    from_pack: RwSignal<bool>,
    prompt: RwSignal<String>,
    texts: [RwSignal<String>; 2],
    picked_prompt: RwSignal<usize>,
    picked: [RwSignal<usize>; 2],
}

impl Form {
    fn new() -> Self {
        Self {
            from_pack: RwSignal::new(false),
            prompt: RwSignal::new(String::new()),
            texts: [RwSignal::new(String::new()), RwSignal::new(String::new())],
            picked_prompt: RwSignal::new(0),
            picked: [RwSignal::new(0), RwSignal::new(1)],
        }
    }

    /// Prompt and texts as they stand.
    fn read(self, app: App) -> (String, [String; 2]) {
        if !self.from_pack.get_untracked() {
            return (
                self.prompt.get_untracked(),
                self.texts.map(|text| text.get_untracked()),
            );
        }
        app.library.items.with_untracked(|items| {
            let Some(prompt) = items
                .as_ref()
                .and_then(|items| items.prompts.get(self.picked_prompt.get_untracked()))
            else {
                return Default::default();
            };
            let text = |at: RwSignal<usize>| {
                prompt
                    .responses
                    .get(at.get_untracked())
                    .map(|r| r.text.clone())
                    .unwrap_or_default()
            };
            (prompt.text.clone(), self.picked.map(text))
        })
    }
}

/// The page.
#[leptos::wasm_split::wasm_split(compare, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    let app = App::get();
    let form = Form::new();
    let comparing = Comparing::new();
    app.library.load_first();
    Effect::new(move |_| {
        if app.library.manifest.with(Option::is_some) {
            app.library.load_items();
        }
    });
    let go = move |agreed: bool| {
        let (prompt, texts) = form.read(app);
        comparing.start(app, prompt, texts, agreed);
    };
    let fields = move || {
        if form.from_pack.get() {
            pack_fields(app, form)
        } else {
            own_fields(form)
        }
    };
    let report = Signal::derive(move || match comparing.engine(app).device.get() {
        Some(report) => device::sentence(&report, &comparing.reason.get()),
        None => strings::device_not_yet().to_owned(),
    });
    let changed = Callback::new(move |preference| {
        if app.gpu.status.get_untracked() != Status::Idle {
            app.gpu.restart(preference);
        }
    });
    view! {
        <div class="column column--wide">
            <h1 class="page-title">{strings::compare_heading()}</h1>
            <p class="lead">{strings::compare_lead()}</p>
            {pack::choice_with(strings::pack_compare_note())}
            <form class="compare" on:submit=on_submit(move |event| { event.prevent_default(); go(false); })>
                {of_two("source", strings::compare_source(), [strings::compare_paste(), strings::compare_pack()], form.from_pack)}
                {live(fields)}
                <button type="submit" class="button button--primary" disabled=flag(move || comparing.step.get() == Step::Running)>
                    {strings::compare_go()}
                </button>
            </form>
            <div class="compare__result">{live(move || result(app, comparing, go))}</div>
            {device::control(report, changed)}
            <p>
                <button type="button" class="link-button" on:click=click(move |_| comparing.delete_cache(app))>{strings::cache_delete()}</button>
            </p>
        </div>
    }
    .into_any()
}

fn text_field(
    id: &'static str,
    label: &'static str,
    rows: &'static str,
    held: RwSignal<String>,
) -> AnyView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <textarea id=id rows=rows prop:value=words(move || held.get()) on:input=on_event(move |event| held.set(event_target_value(&event)))></textarea>
        </div>
    }
    .into_any()
}

fn own_fields(form: Form) -> AnyView {
    view! {
        {text_field("compare-prompt", strings::compare_prompt(), "2", form.prompt)}
        <div class="pair">
            {text_field("compare-a", strings::compare_first(), "9", form.texts[0])}
            {text_field("compare-b", strings::compare_second(), "9", form.texts[1])}
        </div>
    }
    .into_any()
}

fn pack_fields(app: App, form: Form) -> AnyView {
    let Some(items) = app.library.items.get() else {
        return view! { <p class="quiet">{strings::loading()}</p> }.into_any();
    };
    // These may be other texts than those that were picked from before.
    form.picked_prompt.set(0);
    form.picked[0].set(0);
    form.picked[1].set(1);
    let texts = items.prompts.iter().map(|prompt| prompt.text.clone());
    let prompts = numbered(texts.collect());
    let answers = move || {
        let at = form.picked_prompt.get();
        let texts: Vec<String> = items
            .prompts
            .get(at)
            .map(|prompt| prompt.responses.iter().map(|r| opening(&r.text)).collect())
            .unwrap_or_default();
        view! {
            <div class="pair">
                {by_place("pick-a", strings::answer(0), Some("en"), texts.clone(), form.picked[0])}
                {by_place("pick-b", strings::answer(1), Some("en"), texts, form.picked[1])}
            </div>
        }
        .into_any()
    };
    view! {
        {by_place("pick-prompt", strings::compare_pick_prompt(), Some("en"), prompts, form.picked_prompt)}
        {live(answers)}
    }
    .into_any()
}

/// Questions to choose from; numbered where the same one follows itself.
fn numbered(mut texts: Vec<String>) -> Vec<String> {
    if texts.windows(2).any(|pair| pair[0] == pair[1]) {
        for (at, text) in texts.iter_mut().enumerate() {
            *text = format!("{}. {text}", at + 1);
        }
    }
    texts
}

fn result(app: App, comparing: Comparing, go: impl Fn(bool) + Copy + 'static) -> AnyView {
    match comparing.step.get() {
        Step::Idle => ().into_any(),
        Step::Ask(size) => view! {
            <div class="notice" role="alert">
                <p>{strings::compare_ask(&size)}</p>
                <div class="actions">
                    <button type="button" class="button button--primary" on:click=click(move |_| go(true))>{strings::compare_download()}</button>
                    <button type="button" class="button" on:click=click(move |_| comparing.step.set(Step::Idle))>{strings::compare_not_now()}</button>
                </div>
            </div>
        }
        .into_any(),
        Step::Running => view! { <div class="card" role="status">{live(move || running(app, comparing))}</div> }.into_any(),
        Step::Done(found) => verdict::verdict(app, &found),
        Step::Failed(why) => view! { <p class="notice" role="alert">{why}</p> }.into_any(),
    }
}

fn running(app: App, comparing: Comparing) -> AnyView {
    download(app, comparing).unwrap_or_else(|| {
        let words = match comparing.engine(app).status.get() {
            Status::Ready => strings::compare_running(),
            _ => strings::compare_starting(),
        };
        view! { <p>{words}</p> }.into_any()
    })
}
