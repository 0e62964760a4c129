//! `/try`: answers written for this person, picked from several, and why.

mod earlier;
mod examples;
mod prompt;
mod result;
mod steering;

use leptos::prelude::*;

use palate_shared::api::models::ModelState;

use crate::components::pack;
use crate::lazy::Loaded;
use crate::live::{click, flag, live, maybe, message, on_event, on_submit};
use crate::state::{App, Mode};
use crate::trying::edits::Edits;
use crate::trying::private::Private;
use crate::trying::{Trying, asking};
use crate::{dom, settings, strings};

/// The page.
#[leptos::wasm_split::wasm_split(try_it, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    let app = App::get();
    let trying = Trying::get(app);
    app.library.load_first();
    trying.load_models();
    trying.keep_typed();
    Effect::new(move |_| {
        if app.library.manifest.with(Option::is_some) {
            app.library.load_items();
        }
    });
    Effect::new(move |before: Option<&'static str>| {
        let pack = app.library.pack.get();
        if before.is_some_and(|before| before != pack) {
            trying.picked.set(Vec::new());
            trying.left_out.set(Vec::new());
            trying.picked_prompt.set(0);
            trying.edits.set(Edits::parse(&settings::edits(pack)));
        }
        pack
    });
    let go = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        // In a task of its own: what the browser does for a press takes its time too.
        dom::after(0, move || trying.start_with_care(app));
    };
    let off = move || obstacle(app, trying);
    let why_off =
        move || off().map(|why| view! { <p id="try-why" class="quiet">{why}</p> }.into_any());
    let is_off = move || trying.is_busy() || off().is_some();
    view! {
        <div class="column column--wide try">
            <h1 class="page-title">{strings::try_heading()}</h1>
            <p class="lead">{strings::try_lead()}</p>
            {pack::choice_with(strings::try_pack_note())}
            {examples::examples(app, trying)}
            <form class="compare" on:submit=on_submit(go)>
                {prompt::prompt(app, trying)}
                {steering::steering(app, trying)}
                <label class="check">
                    <input
                        type="checkbox"
                        prop:checked=flag(move || trying.allows_blind.get())
                        on:change=on_event(move |_| asking::allow_blind(trying, !trying.allows_blind.get_untracked()))
                    />
                    <span>{strings::try_allow_blind()}</span>
                </label>
                <p class="quiet">{live(move || leaves(app, trying))}</p>
                {maybe(move || private(app, trying))}
                <div class="actions">
                    <button type="submit" class="button button--primary" aria-describedby="try-why" disabled=flag(is_off)>{strings::try_go()}</button>
                </div>
                {maybe(why_off)}
            </form>
            <p class="form-message" role="alert">{message(move || trying.said.get())}</p>
            {live(move || result::result(app, trying))}
            {earlier::earlier(app, trying)}
        </div>
    }
    .into_any()
}

/// Asks before something private goes to a model's operator. Gone once it is taken out of the question.
fn private(app: App, trying: Trying) -> Option<AnyView> {
    let found = trying.prompt.with(|text| Private::of(text));
    if !trying.is_private.get() || !found.is_any() {
        return None;
    }
    let what = strings::try_private(found.mail, found.phone, found.number);
    let model = trying.chosen().map(|model| model.name).unwrap_or_default();
    Some(
        view! {
            <div class="notice" role="alert">
                <p>{strings::try_looks_private(what, model)}</p>
                <div class="actions">
                    <button type="button" class="button button--primary" on:click=click(move |_| trying.start(app))>{strings::try_send_anyway()}</button>
                    <button type="button" class="button" on:click=click(|_| asking::focus_prompt())>{strings::try_edit_prompt()}</button>
                </div>
            </div>
        }
        .into_any(),
    )
}

/// What leaves the device, and to whom.
fn leaves(app: App, trying: Trying) -> AnyView {
    let votes = match app.mode.get() {
        Mode::Local => strings::try_votes_stay(),
        Mode::Sync | Mode::Contribute => strings::try_votes_apart(),
    };
    match trying.chosen() {
        Some(model) if !trying.is_library() => {
            let retention = model.retention.trim_end_matches('.').to_owned();
            view! {
                {strings::try_prompt_goes(&model.name)}
                " "
                {strings::try_operator_says()}
                " “"<span lang="en">{retention}</span>"”. "
                {votes}
            }
            .into_any()
        }
        _ => view! { {strings::try_prompt_stays()}" "{votes} }.into_any(),
    }
}

/// Why nothing can be asked now, in words. Tracks what it follows.
fn obstacle(app: App, trying: Trying) -> Option<String> {
    let models = trying.models.get();
    match models {
        None => return Some(strings::loading().to_owned()),
        Some(Err(_)) => return Some(strings::try_no_model().to_owned()),
        Some(Ok(_)) => {}
    }
    match trying.chosen().map(|model| model.state) {
        Some(ModelState::Off) => return Some(strings::try_model_off().to_owned()),
        Some(ModelState::BudgetSpent) => return Some(strings::finish_budget().to_owned()),
        _ => {}
    }
    trying.source.track();
    trying.picked.track();
    trying.left_out.track();
    trying.texts.track();
    if trying.is_typed.get() {
        if trying.prompt.with(|text| text.trim().is_empty()) {
            return Some(strings::try_no_prompt().to_owned());
        }
        if trying.is_library() {
            return Some(strings::try_library_only().to_owned());
        }
    } else if app.library.items.with(Option::is_none) {
        return Some(strings::loading().to_owned());
    }
    let examples = trying.examples(app);
    let votes = app.votes.get();
    let is_enough = examples.votes.is_none() || asking::is_enough(&examples, votes);
    (!is_enough).then(|| strings::try_few_examples().to_owned())
}

/// Tries to fetch the catalogue again.
fn retry_models(trying: Trying) -> AnyView {
    let failed = move || {
        let Some(Err(why)) = trying.models.get() else {
            return None;
        };
        Some(
            view! {
                <div class="notice" role="alert">
                    <p>{why}</p>
                    <button type="button" class="button" on:click=click(move |_| trying.load_models())>{strings::try_again()}</button>
                </div>
            }
            .into_any(),
        )
    };
    view! { <div>{maybe(failed)}</div> }.into_any()
}
