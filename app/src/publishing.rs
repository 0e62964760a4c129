//! Publishing own prompts, one conversation at a time: the offer after a blind test on `/try`, and the list on `/me/data`.
//! Code of its own, fetched when one of them is needed.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::consents::Purpose;
use palate_shared::api::models::ModelInfo;
use palate_shared::api::publications::{Publication, PublicationRequest, WAIT_DAYS};
use palate_shared::ids::{ComparisonId, ResponseId};

use crate::components::dialog::modal;
use crate::components::table::table;
use crate::error::Result;
use crate::lazy::Part;
use crate::live::{click, flag, live, maybe, message, on_event};
use crate::state::{App, Mode};
use crate::trying::private::Private;
use crate::trying::{Judged, Round, Trying};
use crate::{account, api, dom, strings};

/// The offer to publish the conversation that was just judged.
#[leptos::wasm_split::wasm_split(publish, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn offer() -> Part {
    Ok(offered)
}

/// What was published, and the way to take it back.
#[leptos::wasm_split::wasm_split(publish, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn list() -> Part {
    Ok(listed)
}

/// A conversation that could be published.
#[derive(Clone)]
struct Conversation {
    generation: ComparisonId,
    body: PublicationRequest,
    licence: String,
    private: Private,
}

fn offered(app: App) -> AnyView {
    let trying = Trying::get(app);
    let (Some(judged), Some(round)) = (trying.judged.get_untracked(), trying.round.get_untracked())
    else {
        return ().into_any();
    };
    let model = trying.models.with_untracked(|models| {
        let models = models.as_ref()?.as_ref().ok()?;
        models
            .iter()
            .find(|model| model.name == round.model)
            .cloned()
    });
    let Some(model) = model.filter(|model| model.publishable) else {
        return view! { <p class="quiet">{strings::publish_not_model()}</p> }.into_any();
    };
    let conversation = StoredValue::new(conversation(trying, judged, &round, model));
    let done = RwSignal::new(None::<String>);
    let part = move || match (done.get(), app.mode.get()) {
        (Some(day), _) => thanks(&day),
        (None, Mode::Contribute) => form(app, conversation, done),
        _ => view! { <p class="quiet">{strings::publish_not_here()}</p> }.into_any(),
    };
    live(part).into_any()
}

fn conversation(trying: Trying, judged: Judged, round: &Round, model: ModelInfo) -> Conversation {
    let places = judged.pair.shown();
    let shown: Vec<ResponseId> = places
        .iter()
        .map(|at| round.panes[*at].response.clone())
        .collect();
    let mut text = round.prompt.clone();
    trying.lanes.with_value(|lanes| {
        for at in places {
            text.push('\n');
            text.push_str(&lanes.0[at].text);
        }
    });
    Conversation {
        generation: round.id.clone(),
        body: PublicationRequest {
            judgment: judged.choice.judgment(&shown),
            shown,
            blind: true,
            dwell_ms: judged.dwell_ms,
            text_version: api::CONSENT_TEXT_VERSION.to_owned(),
            simulated: false,
        },
        licence: model.licence,
        private: Private::of(&text),
    }
}

fn form(
    app: App,
    conversation: StoredValue<Conversation>,
    done: RwSignal<Option<String>>,
) -> AnyView {
    let (licence, private) = conversation.with_value(|held| (held.licence.clone(), held.private));
    let ticked = RwSignal::new(false);
    let busy = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let publish = move |_| {
        busy.set(true);
        spawn_local(async move {
            let held = conversation.get_value();
            match account::noticed(app, publish(&held).await) {
                Ok(published) => {
                    app.say(strings::publish_done(dom::local_day(&published.from_day)));
                    drop(done.try_set(Some(published.from_day)));
                    // It is drawn with the next task.
                    dom::after(0, || dom::focus("#publish-done"));
                }
                Err(error) => drop(said.try_set(error.to_string())),
            }
            busy.try_set(false);
        });
    };
    let look_again = private.is_any().then(|| {
        let what = strings::try_private(private.mail, private.phone, private.number);
        view! {
            <div class="notice">
                <p><strong>{strings::publish_look_again(what)}</strong>" "{strings::publish_cannot_edit()}</p>
            </div>
        }
        .into_any()
    });
    view! {
        <section class="card" aria-labelledby="publish-heading" data-testid="publish">
            <h2 id="publish-heading">{strings::publish_heading()}</h2>
            <p>{strings::publish_lead()}</p>
            {look_again}
            <label class="check">
                <input type="checkbox" prop:checked=flag(move || ticked.get()) on:change=on_event(move |_| ticked.update(|ticked| *ticked = !*ticked)) />
                <span>{strings::publish_tick()}</span>
            </label>
            <p class="quiet">{strings::publish_what(WAIT_DAYS, licence)}" "{strings::publish_later()}</p>
            <p class="quiet">{strings::publish_sensitive()}</p>
            <button type="button" class="button button--primary" disabled=flag(move || busy.get() || !ticked.get()) on:click=click(publish)>
                {strings::publish_yes()}
            </button>
            <p class="form-message" role="alert">{message(move || said.get())}</p>
        </section>
    }
    .into_any()
}

/// The tick is the consent; it is given before the text goes anywhere.
async fn publish(held: &Conversation) -> Result<Publication> {
    api::put_consent(Purpose::PublishPrompts, true).await?;
    api::publish(&held.generation, &held.body).await
}

fn thanks(from_day: &str) -> AnyView {
    view! {
        <p id="publish-done" tabindex="-1">
            {strings::publish_done(dom::local_day(from_day))}" "<a href="/me/data">{strings::publish_link()}</a>
        </p>
    }
    .into_any()
}

fn listed(app: App) -> AnyView {
    let found = RwSignal::new(None::<Result<Vec<Publication>>>);
    let asked = RwSignal::new(None::<Publication>);
    let open = RwSignal::new(false);
    let said = RwSignal::new(String::new());
    let load = move || async move {
        let answer = account::noticed(app, api::publications().await);
        drop(found.try_set(Some(answer.map(|list| list.publications))));
    };
    Effect::new(move |_| {
        if app.mode.get() == Mode::Contribute && !app.lost.get() {
            spawn_local(load());
        } else {
            found.set(None);
        }
    });
    let content = move || {
        found.with(|found| match found {
            Some(Err(error)) => view! { <p class="notice">{error.to_string()}</p> }.into_any(),
            Some(Ok(list)) if !list.is_empty() => rows(list, asked, open),
            None if app.mode.get() == Mode::Contribute && !app.lost.get() => {
                view! { <p class="quiet">{strings::loading()}</p> }.into_any()
            }
            _ => view! { <p class="quiet">{strings::publish_none()}</p> }.into_any(),
        })
    };
    let note = move || {
        let is_any = found.with(|found| matches!(found, Some(Ok(list)) if !list.is_empty()));
        is_any.then(|| view! { <p class="quiet">{strings::publish_list_note()}</p> }.into_any())
    };
    let take_back = move |_| {
        open.set(false);
        let Some(publication) = asked.get_untracked() else {
            return;
        };
        spawn_local(async move {
            let words = match account::noticed(app, api::take_back(&publication.id).await) {
                Ok(()) => strings::publish_taken_back().to_owned(),
                Err(error) => error.to_string(),
            };
            drop(said.try_set(words));
            load().await;
        });
    };
    let dialog = view! {
        <p>{strings::publish_back_text()}</p>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.set(false))>{strings::cancel()}</button>
            <button type="button" class="button button--primary" on:click=click(take_back)>{strings::publish_back_yes()}</button>
        </div>
    }
    .into_any();
    view! {
        <div class="card" data-testid="published">
            {live(content)}
            {maybe(note)}
            <p class="form-message" role="status">{message(move || said.get())}</p>
        </div>
        {modal(open, strings::publish_back_heading(), "publish-back", dialog)}
    }
    .into_any()
}

fn rows(
    list: &[Publication],
    asked: RwSignal<Option<Publication>>,
    open: RwSignal<bool>,
) -> AnyView {
    let rows: Vec<AnyView> = list
        .iter()
        .map(|publication| {
            let state = if publication.may_be_released {
                strings::publish_released().to_owned()
            } else {
                strings::publish_waits(dom::local_day(&publication.from_day))
            };
            let label = strings::publish_take_back_of(&publication.begins);
            let held = publication.clone();
            let ask = move |_| {
                asked.set(Some(held.clone()));
                open.set(true);
            };
            view! {
                <tr>
                    <th scope="row">{publication.begins.clone()}</th>
                    <td><time datetime=publication.day.clone()>{dom::local_day(&publication.day)}</time></td>
                    <td>{state}</td>
                    <td><button type="button" class="button" aria-label=label on:click=click(ask)>{strings::publish_take_back()}</button></td>
                </tr>
            }
            .into_any()
        })
        .collect();
    let columns = [
        strings::publish_begins(),
        strings::publish_given(),
        strings::publish_state(),
        strings::publish_act(),
    ];
    table(strings::publish_list_heading(), &columns, rows)
}
