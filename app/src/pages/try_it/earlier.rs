//! Earlier tries of this browser.

use leptos::prelude::*;
use leptos::task::spawn_local;

use crate::components::answer;
use crate::error::Error;
use crate::live::{click, live, maybe, on_event};
use crate::state::App;
use crate::trying::Trying;
use crate::trying::earlier::{self, Answer, Try};
use crate::words::opening;
use crate::{dom, strings};

/// The list; nothing while there is none.
pub(super) fn earlier(app: App, trying: Trying) -> AnyView {
    let has_any = Memo::new(move |_| trying.earlier.with(|all| !all.is_empty()));
    let content = move || {
        has_any.get().then(|| {
            let rows = move || {
                let rows: Vec<AnyView> = trying
                    .earlier
                    .get()
                    .into_iter()
                    .map(|held| row(app, trying, held))
                    .collect();
                view! { <ol class="tries">{rows}</ol> }.into_any()
            };
            view! {
                <section aria-labelledby="try-earlier">
                    <h2 id="try-earlier" tabindex="-1">{strings::try_earlier()}</h2>
                    <p class="quiet">{strings::try_earlier_note()}</p>
                    {live(rows)}
                    <button type="button" class="button" on:click=click(move |_| delete(app, trying, None))>{strings::try_delete_all()}</button>
                </section>
            }
            .into_any()
        })
    };
    view! { <div class="try__earlier">{maybe(content)}</div> }.into_any()
}

fn row(app: App, trying: Trying, held: Try) -> AnyView {
    let Try {
        id,
        at_ms,
        prompt,
        model,
        answers,
    } = held;
    let is_open = RwSignal::new(false);
    let answers = StoredValue::new(answers);
    let content = move || {
        is_open.get().then(|| {
            let answers: Vec<AnyView> =
                answers.with_value(|answers| answers.iter().enumerate().map(answer_view).collect());
            view! { <div class="tries__answers">{answers}</div> }.into_any()
        })
    };
    let turn = move |event: web_sys::Event| {
        is_open.set(event_target::<web_sys::Element>(&event).has_attribute("open"))
    };
    let again = prompt.clone();
    let short = opening(&prompt);
    let [for_again, for_delete] = [short.clone(), short.clone()];
    view! {
        <li class="card">
            <p class="quiet"><time datetime=dom::iso_time(at_ms)>{dom::local_time(at_ms)}</time>" · "{model}</p>
            <details on:toggle=on_event(turn)>
                <summary lang="en">{short}</summary>
                <p class="tries__prompt" lang="en">{prompt}</p>
                {maybe(content)}
            </details>
            <div class="actions">
                <button type="button" class="button" on:click=click(move |_| trying.ask_again(app, &again))>
                    {strings::try_use_prompt()}<span class="visually-hidden" lang="en">" "{for_again}</span>
                </button>
                <button type="button" class="button" on:click=click(move |_| delete(app, trying, Some(id.clone())))>
                    {strings::try_delete()}<span class="visually-hidden" lang="en">" "{for_delete}</span>
                </button>
            </div>
        </li>
    }
    .into_any()
}

fn answer_view((at, held): (usize, &Answer)) -> AnyView {
    let default = held
        .is_default
        .then(|| view! { <p><span class="tag">{strings::try_default()}</span></p> }.into_any());
    let asked = held.directive.clone().map(|asked| {
        view! { <p class="quiet">{strings::reveal_asked()}": "<span lang="en">{asked}</span></p> }.into_any()
    });
    view! {
        <article class="answer" aria-label=strings::try_place(at + 1)>
            <h3 class="answer__name">{strings::try_place(at + 1)}</h3>
            {answer::body(&held.text, "", answer::ENGLISH)}
            {default}
            {asked}
        </article>
    }
    .into_any()
}

/// Deletes one try, or all; the focus goes on to the list, or to the prompt where there is none any more.
fn delete(app: App, trying: Trying, id: Option<String>) {
    spawn_local(async move {
        let deleted: Result<(), Error> = earlier::delete(app, id.as_deref()).await;
        if let Err(error) = deleted {
            return trying.said.set(error.to_string());
        }
        trying.earlier.update(|all| match &id {
            Some(id) => all.retain(|held| held.id != *id),
            None => all.clear(),
        });
        app.say(strings::try_deleted());
        let is_empty = trying.earlier.with_untracked(Vec::is_empty);
        dom::after(0, move || {
            dom::focus(if is_empty { "h1" } else { "#try-earlier" })
        });
    });
}
