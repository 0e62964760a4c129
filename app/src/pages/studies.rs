//! `/studies`: an operator's studies, behind a token that only this tab knows.

mod detail;
mod fields;
mod new;

use leptos::prelude::*;
use palate_shared::api::studies::{Study, StudyState};

use crate::components::table::table;
use crate::lazy::Loaded;
use crate::live::{click, flag, live, maybe, message, on_event, on_submit};
use crate::operating::{Operating, Place};
use crate::{dom, strings};

/// The page.
#[leptos::wasm_split::wasm_split(studies, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    let operating = Operating::begin();
    let content = move || match operating.place.get() {
        Place::Door => door(operating),
        Place::List => list(operating),
        Place::New => new::form(operating),
        Place::One(id) => detail::detail(operating, id),
    };
    // What had the focus is gone with its part of the page.
    Effect::new(move |before: Option<Place>| {
        let now = operating.place.get();
        if before.is_some_and(|before| before != now) {
            dom::after(0, || dom::focus("h2"));
        }
        now
    });
    let back = move || {
        (!matches!(operating.place.get(), Place::Door | Place::List)).then(|| {
            view! {
                <button type="button" class="link-button" on:click=click(move |_| operating.list())>
                    <span aria-hidden="true">"← "</span>{strings::studies_all()}
                </button>
            }
            .into_any()
        })
    };
    view! {
        <div class="column column--wide studies">
            <h1 class="page-title">{strings::studies_heading()}</h1>
            {maybe(back)}
            <p class="form-message" role="alert">{message(move || operating.failed.get())}</p>
            {live(content)}
        </div>
    }
    .into_any()
}

fn door(operating: Operating) -> AnyView {
    let typed = RwSignal::new(String::new());
    let enter = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        operating.enter(typed.get_untracked().trim().to_owned());
    };
    let is_empty = move || operating.busy.get() || typed.with(|typed| typed.trim().is_empty());
    view! {
        <p class="lead">{strings::studies_lead()}</p>
        <div class="card">
            <h2>{strings::studies_door()}</h2>
            <p id="token-note">{strings::studies_token_note()}</p>
            <form class="field" on:submit=on_submit(enter)>
                <label for="token">{strings::studies_token()}</label>
                <input
                    id="token"
                    class="input"
                    type="password"
                    autocomplete="off"
                    aria-describedby="token-note"
                    prop:value=move || typed.get()
                    on:input=on_event(move |event| typed.set(event_target_value(&event)))
                />
                <button type="submit" class="button button--primary" disabled=flag(is_empty)>{strings::studies_enter()}</button>
            </form>
        </div>
    }
    .into_any()
}

/// Name of a state.
fn state_name(state: StudyState) -> &'static str {
    match state {
        StudyState::Draft => strings::studies_draft(),
        StudyState::Open => strings::studies_open(),
        StudyState::Closed => strings::studies_closed(),
    }
}

fn list(operating: Operating) -> AnyView {
    let rows = move || {
        operating.studies.with(|studies| {
            if studies.is_empty() {
                return view! { <p>{strings::studies_none()}</p> }.into_any();
            }
            let rows = studies.iter().map(|study| row(operating, study)).collect();
            let columns = [
                strings::studies_name(),
                strings::studies_state(),
                strings::studies_votes(),
                strings::studies_people(),
                strings::studies_comparisons(),
                strings::studies_made(),
            ];
            table(strings::studies_all(), &columns, rows)
        })
    };
    view! {
        <section aria-labelledby="all">
            <h2 id="all" tabindex="-1">{strings::studies_all()}</h2>
            <div class="card">
                {live(rows)}
                <div class="actions">
                    <button type="button" class="button button--primary" on:click=click(move |_| operating.show(Place::New))>{strings::studies_new()}</button>
                    <button type="button" class="button" on:click=click(move |_| operating.leave())>{strings::studies_leave()}</button>
                </div>
            </div>
        </section>
    }
    .into_any()
}

fn row(operating: Operating, study: &Study) -> AnyView {
    let id = study.id.clone();
    let made = dom::local_time(dom::parse_time(&study.created_at));
    view! {
        <tr>
            <th scope="row">
                <button type="button" class="link-button" on:click=click(move |_| operating.show(Place::One(id.clone())))>{study.settings.title.clone()}</button>
            </th>
            <td>{state_name(study.state)}</td>
            <td>{study.votes}</td>
            <td>{study.people}</td>
            <td>{study.comparisons}</td>
            <td>{made}</td>
        </tr>
    }
    .into_any()
}
