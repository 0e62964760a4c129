//! What is asked, and whom.

use leptos::prelude::*;
use palate_shared::api::generation::{LONGEST_PROMPT, MOST_CANDIDATES};
use palate_shared::api::models::{ModelInfo, ModelState, Provider};
use palate_shared::ids::PromptId;

use super::retry_models;
use crate::components::select::{by_place, of_two};
use crate::live::{click, live, maybe, on_event, words};
use crate::state::App;
use crate::strings;
use crate::trying::{FEWEST, Near, Trying};

/// Prompt, model and number of answers.
pub(super) fn prompt(app: App, trying: Trying) -> AnyView {
    let fields = move || {
        if trying.is_typed.get() {
            typed(app, trying)
        } else {
            from_pack(app, trying)
        }
    };
    let counts = (FEWEST..=usize::from(MOST_CANDIDATES)).map(|count| count.to_string());
    view! {
        <h2>{strings::try_prompt_heading()}</h2>
        {of_two("try-from", strings::compare_source(), [strings::try_prompt_pack(), strings::try_prompt_own()], trying.is_typed)}
        {live(fields)}
        {retry_models(trying)}
        <div class="pair">
            {live(move || models(trying))}
            {by_place("try-count", strings::try_count(), None, counts.collect(), trying.more)}
        </div>
        {maybe(move || library_note(trying))}
    }
    .into_any()
}

fn from_pack(app: App, trying: Trying) -> AnyView {
    let Some(items) = app.library.items.get() else {
        return view! { <p class="quiet">{strings::loading()}</p> }.into_any();
    };
    let prompts = items.prompts.iter().map(|prompt| prompt.text.clone());
    by_place(
        "try-prompt",
        strings::compare_pick_prompt(),
        Some("en"),
        prompts.collect(),
        trying.picked_prompt,
    )
}

fn typed(app: App, trying: Trying) -> AnyView {
    let write = move |event| trying.write(event_target_value(&event));
    let find = move |_| trying.find_near(app);
    let near = move || {
        let is_wanted = trying.is_library() && !trying.prompt.with(|text| text.trim().is_empty());
        is_wanted.then(|| {
            view! {
                <div class="notice">
                    <p>{strings::try_library_only()}</p>
                    <p class="quiet">{strings::try_connect()}</p>
                    {live(move || nearest(app, trying))}
                </div>
            }
            .into_any()
        })
    };
    if !untrack(move || trying.prompt.get()).is_empty() {
        trying.find_near(app);
    }
    view! {
        <div class="field">
            <label for="try-prompt">{strings::try_prompt_label()}</label>
            <textarea
                id="try-prompt"
                rows="4"
                maxlength=LONGEST_PROMPT.to_string()
                prop:value=words(move || trying.prompt.get())
                on:input=on_event(write)
                on:change=on_event(find)
            ></textarea>
        </div>
        {maybe(move || bring_back(trying))}
        {maybe(near)}
    }
    .into_any()
}

/// What was typed before another question took its place.
fn bring_back(trying: Trying) -> Option<AnyView> {
    let before = trying.typed_before.get()?;
    let back = move |_| {
        trying.write(before.clone());
        trying.typed_before.set(None);
    };
    Some(
        view! { <button type="button" class="button" on:click=click(back)>{strings::try_bring_back()}</button> }
            .into_any(),
    )
}

/// Prompts of the pack that are near to the typed one; a click takes one of them.
fn nearest(app: App, trying: Trying) -> AnyView {
    let Near {
        prompts,
        by_embedding,
    } = trying.near.get();
    let found: Vec<(usize, String)> = app.library.items.with(|items| {
        let all = items
            .iter()
            .flat_map(|items| items.prompts.iter().enumerate());
        let all: Vec<_> = all.collect();
        let find = |id: &PromptId| {
            let (at, prompt) = all.iter().find(|(_, prompt)| prompt.id == *id)?;
            Some((*at, prompt.text.clone()))
        };
        prompts.iter().filter_map(find).collect()
    });
    if found.is_empty() {
        let find = move |_| trying.find_near(app);
        return view! { <button type="button" class="button" on:click=click(find)>{strings::try_find_near()}</button> }
            .into_any();
    }
    let rows: Vec<AnyView> = found
        .into_iter()
        .map(|(at, text)| {
            let take = move |_| {
                trying.picked_prompt.set(at);
                trying.is_typed.set(false);
            };
            view! { <li><button type="button" class="link-button" lang="en" on:click=click(take)>{text}</button></li> }
                .into_any()
        })
        .collect();
    let how = if by_embedding {
        strings::try_near_by_meaning()
    } else {
        strings::try_near_by_words()
    };
    view! {
        <p><strong>{strings::try_near()}</strong>" "<span class="quiet">{how}</span></p>
        <ul>{rows}</ul>
    }
    .into_any()
}

fn models(trying: Trying) -> AnyView {
    let Some(Ok(all)) = trying.models.get() else {
        return view! { <p class="quiet">{strings::loading()}</p> }.into_any();
    };
    let names = all.iter().map(name).collect();
    by_place("try-model", strings::try_model(), None, names, trying.model)
}

fn name(model: &ModelInfo) -> String {
    let name = match model.provider {
        Provider::Library => strings::try_library().to_owned(),
        Provider::OpenAi => model.name.clone(),
    };
    match model.state {
        ModelState::Available => name,
        ModelState::Unreachable => strings::try_model_state(name, strings::try_unreachable()),
        ModelState::Off => strings::try_model_state(name, strings::try_off()),
        ModelState::BudgetSpent => strings::try_model_state(name, strings::try_spent()),
    }
}

/// What is special about the library.
fn library_note(trying: Trying) -> Option<AnyView> {
    let is_there = matches!(trying.models.get(), Some(Ok(_)));
    (is_there && trying.is_library())
        .then(|| view! { <p class="quiet">{strings::try_library_note()}</p> }.into_any())
}
