//! What a model is told of the person. All of it can be read, and most of it changed, before it is sent.

use leptos::prelude::*;
use palate_shared::api::generation::{LONGEST_STYLE, Shot};
use palate_shared::ids::ComparisonId;

use crate::components::receipts::leave_out;
use crate::live::{click, flag, live, maybe, on_event, words};
use crate::state::App;
use crate::strings;
use crate::trying::Trying;

/// The three ways to make answers, of which picking always takes place.
pub(super) fn steering(app: App, trying: Trying) -> AnyView {
    let is_off = move || trying.is_library();
    let why = move || {
        is_off().then(|| {
            view! { <p class="quiet" id="try-steering-why">{strings::try_steering_off()}</p> }
                .into_any()
        })
    };
    let style = move || (!is_off() && trying.with_style.get()).then(|| style(app, trying));
    let shots = move || (!is_off() && trying.with_shots.get()).then(|| shots(app, trying));
    view! {
        <fieldset class="try__ways">
            <legend>{strings::try_ways()}</legend>
            <p>{strings::try_way_pick()}</p>
            {maybe(why)}
            {tick(strings::try_way_style(), trying.with_style, is_off)}
            {maybe(style)}
            {tick(strings::try_way_shots(), trying.with_shots, is_off)}
            {maybe(shots)}
        </fieldset>
    }
    .into_any()
}

fn tick(
    label: &'static str,
    held: RwSignal<bool>,
    is_off: impl Fn() -> bool + Copy + Send + Sync + 'static,
) -> AnyView {
    view! {
        <label class="check">
            <input
                type="checkbox"
                aria-describedby="try-steering-why"
                prop:checked=flag(move || held.get() && !is_off())
                disabled=flag(is_off)
                on:change=on_event(move |_| held.update(|on| *on = !*on))
            />
            <span>{label}</span>
        </label>
    }
    .into_any()
}

fn text(id: &'static str, label: &'static str, held: RwSignal<String>) -> AnyView {
    view! {
        <div class="field">
            <label for=id>{label}</label>
            <textarea
                id=id
                rows="4"
                lang="en"
                maxlength=LONGEST_STYLE.to_string()
                prop:value=words(move || held.get())
                on:input=on_event(move |event| held.set(event_target_value(&event)))
            ></textarea>
        </div>
    }
    .into_any()
}

fn style(app: App, trying: Trying) -> AnyView {
    view! {
        <div class="try__sent">
            <button type="button" class="button" disabled=flag(move || trying.is_writing.get()) on:click=click(move |_| trying.suggest_style(app))>
                {strings::try_style_suggest()}
            </button>
            {text("try-style", strings::try_style_label(), trying.style)}
            <p class="quiet">{strings::try_sent_as_is()}</p>
        </div>
    }
    .into_any()
}

fn shots(app: App, trying: Trying) -> AnyView {
    let told = Memo::new(move |_| trying.shots(app));
    let has_any = Memo::new(move |_| told.with(|told| !told.is_empty()));
    // What is open stays open when one is left out.
    let list = move || {
        if !has_any.get() {
            return view! { <p class="quiet">{strings::try_no_shots()}</p> }.into_any();
        }
        let rows = move || {
            let rows: Vec<AnyView> = told
                .get()
                .into_iter()
                .map(|(vote, told)| shot(app, trying, vote, &told))
                .collect();
            rows.into_any()
        };
        view! {
            <details>
                <summary>{words(move || strings::try_shots_sent(told.with(Vec::len)))}</summary>
                <ol class="shots">{live(rows)}</ol>
            </details>
        }
        .into_any()
    };
    let describe = move || {
        trying.with_description.get().then(|| {
            view! {
                <button type="button" class="button" disabled=flag(move || trying.is_writing.get()) on:click=click(move |_| trying.describe(app))>
                    {strings::try_describe()}
                </button>
                {text("try-description", strings::try_description_label(), trying.description)}
                <p class="quiet">{strings::try_sent_as_is()}</p>
            }
            .into_any()
        })
    };
    view! {
        <div class="try__sent">
            <p class="quiet">{strings::try_prompt_only()}</p>
            {live(list)}
            {tick(strings::try_way_description(), trying.with_description, || false)}
            {maybe(describe)}
        </div>
    }
    .into_any()
}

/// One preference, whole, as it is sent; a vote can be left out.
fn shot(app: App, trying: Trying, vote: Option<ComparisonId>, shot: &Shot) -> AnyView {
    let leave = vote.map(|vote| leave_out(app, trying, vote));
    let part = |name: &'static str, text: &str| {
        (!text.is_empty()).then(|| {
            view! { <dt>{name}</dt><dd class="shots__text" lang="en" tabindex="0">{text.to_owned()}</dd> }.into_any()
        })
    };
    view! {
        <li>
            <dl>
                {part(strings::compare_pick_prompt(), &shot.prompt)}
                {part(strings::try_shot_chosen(), &shot.chosen)}
                {part(strings::try_shot_rejected(), &shot.rejected)}
            </dl>
            {leave}
        </li>
    }
    .into_any()
}
