//! What the server holds: consents, recovery, public id.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::consents::{Consent, Purpose};
use palate_shared::api::session::Me;
use palate_shared::routes;

use crate::components::consent::{erase_button, mode_name};
use crate::error::Error;
use crate::live::{click, flag, live, maybe, message, on_event, on_submit, words};
use crate::state::{App, Mode};
use crate::{account, api, components, dom, strings};

/// What a part of the page asks the server, again whenever the mode changes; nothing while nothing is sent.
fn asked<T: Send + Sync + 'static, F: Future<Output = Result<T, Error>> + 'static>(
    app: App,
    ask: impl Fn() -> F + Copy + Send + Sync + 'static,
) -> RwSignal<Option<Result<T, Error>>> {
    let found = RwSignal::new(None);
    Effect::new(move |_| {
        if app.mode.get() == Mode::Local || !app.withdrawals.with(Vec::is_empty) {
            return found.set(None);
        }
        if app.lost.get() {
            return found.set(Some(Err(Error::Lost)));
        }
        // How many votes the server holds changes with what was sent.
        app.sent();
        spawn_local(async move {
            let answer = account::noticed(app, ask().await);
            drop(found.try_set(Some(answer)));
        });
    });
    found
}

/// Every consent with its date.
pub(crate) fn consents() -> AnyView {
    let app = App::get();
    let found = asked(app, api::consents);
    let content = move || {
        found.with(|found| match found {
            None if app.mode.get() == Mode::Local => {
                view! { <p class="quiet">{strings::consents_none()}</p> }.into_any()
            }
            None => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
            Some(Err(error)) => view! {
                <p class="notice">{strings::consents_failed()}" "{error.to_string()}</p>
            }
            .into_any(),
            Some(Ok(list)) => table(list),
        })
    };
    view! { <div>{live(content)}</div> }.into_any()
}

fn table(list: &[Consent]) -> AnyView {
    let rows: Vec<AnyView> = list
        .iter()
        .map(|consent| {
            let purpose = match consent.purpose {
                Purpose::Sync => strings::purpose_sync(),
                Purpose::PublishVotes => strings::purpose_votes(),
                Purpose::PublishPrompts => strings::purpose_prompts(),
            };
            let said = if consent.granted {
                strings::consent_given()
            } else {
                strings::consent_withdrawn()
            };
            view! {
                <tr>
                    <th scope="row">{purpose}</th>
                    <td>{said}</td>
                    <td><time datetime=consent.at.clone()>{dom::local_time(dom::parse_time(&consent.at))}</time></td>
                    <td>{consent.text_version.clone()}</td>
                </tr>
            }
            .into_any()
        })
        .collect();
    components::table::table(
        strings::consents_heading(),
        &[
            strings::consents_purpose(),
            strings::consents_state(),
            strings::consents_at(),
            strings::consents_text(),
        ],
        rows,
    )
}

/// Recovery code: making one while something is sent, using one while nothing is, or the account is lost.
pub(crate) fn devices() -> AnyView {
    let app = App::get();
    let said = RwSignal::new(String::new());
    let code = RwSignal::new(None::<String>);
    let part = move || match app.mode.get() {
        Mode::Local => enter(app, said),
        _ if app.lost.get() => enter(app, said),
        _ => make(app, code, said),
    };
    let shown = move || {
        let code = code.get().filter(|_| app.mode.get() != Mode::Local)?;
        let copied = code.clone();
        let copy = move |_| {
            let code = copied.clone();
            spawn_local(async move {
                drop(said.try_set(if dom::copy(&code).await {
                    strings::code_copied().to_owned()
                } else {
                    strings::code_not_copied().to_owned()
                }));
            });
        };
        Some(
            view! {
                <div class="notice">
                    <p>{strings::code_shown()}</p>
                    <p><code data-testid="recovery-code">{code}</code></p>
                    <button type="button" class="button" on:click=click(copy)>{strings::code_copy()}</button>
                </div>
            }
            .into_any(),
        )
    };
    view! {
        <div class="card">
            <p>{strings::devices_lead()}</p>
            {live(part)}
            <div role="status">{maybe(shown)}</div>
            <p class="form-message" role="status">{message(move || said.get())}</p>
        </div>
    }
    .into_any()
}

fn make(app: App, code: RwSignal<Option<String>>, said: RwSignal<String>) -> AnyView {
    let busy = RwSignal::new(false);
    let new_code = move |_| {
        busy.set(true);
        spawn_local(async move {
            match account::noticed(app, api::new_code().await) {
                Ok(made) => {
                    drop(said.try_set(String::new()));
                    drop(code.try_set(Some(made.code)));
                }
                Err(error) => drop(said.try_set(error.to_string())),
            }
            busy.try_set(false);
        });
    };
    let pull = move |_| {
        busy.set(true);
        spawn_local(async move {
            drop(said.try_set(pulled(account::pull(app).await)));
            busy.try_set(false);
        });
    };
    view! {
        <p class="quiet">{strings::code_make_note()}</p>
        <div class="actions">
            <button type="button" class="button" disabled=flag(move || busy.get()) on:click=click(new_code)>{strings::code_make()}</button>
            <button type="button" class="button" disabled=flag(move || busy.get()) on:click=click(pull)>{strings::pull()}</button>
        </div>
    }
    .into_any()
}

fn pulled(answer: Result<account::Pulled, Error>) -> String {
    match answer {
        Ok(found) => strings::pulled(found.new, mode_name(found.mode)),
        Err(error) => error.to_string(),
    }
}

fn enter(app: App, said: RwSignal<String>) -> AnyView {
    let typed = RwSignal::new(String::new());
    let busy = RwSignal::new(false);
    let open = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        let code = typed.get_untracked();
        if code.trim().is_empty() {
            return said.set(strings::code_empty().to_owned());
        }
        busy.set(true);
        spawn_local(async move {
            let answer = account::recover(app, code.trim()).await;
            drop(said.try_set(pulled(answer)));
            busy.try_set(false);
        });
    };
    // What was taken back is told first: a code would change who this browser is.
    let is_blocked = move || busy.get() || !app.withdrawals.with(Vec::is_empty);
    view! {
        <h3>{strings::code_have()}</h3>
        <p class="quiet">{strings::code_note()}</p>
        <form class="field" on:submit=on_submit(open)>
            <label for="recovery-code">{strings::code_field()}</label>
            <input
                id="recovery-code"
                class="input"
                autocomplete="off"
                autocapitalize="characters"
                spellcheck="false"
                maxlength="64"
                prop:value=words(move || typed.get())
                on:input=on_event(move |event| typed.set(event_target_value(&event)))
            />
            <button type="submit" class="button" disabled=flag(is_blocked)>{strings::code_open()}</button>
        </form>
    }
    .into_any()
}

/// What the server holds, the public id, and taking everything or deleting it.
pub(crate) fn holdings() -> AnyView {
    let app = App::get();
    let found = asked(app, api::me);
    let said = RwSignal::new(String::new());
    let rotate = move |_| {
        spawn_local(async move {
            let words = match api::rotate().await {
                Ok(me) => {
                    drop(found.try_set(Some(Ok(me))));
                    strings::server_rotated().to_owned()
                }
                Err(error) => error.to_string(),
            };
            drop(said.try_set(words));
        });
    };
    let content = move || {
        found.with(|found| match found {
            None if app.mode.get() == Mode::Local => {
                view! { <p class="quiet">{strings::server_nothing()}</p> }.into_any()
            }
            None => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
            Some(Err(error)) => view! { <p class="notice">{error.to_string()}</p> }.into_any(),
            Some(Ok(me)) => held(me, click(rotate)),
        })
    };
    view! {
        <div class="card">
            {live(content)}
            {erase_button(app)}
            <p class="form-message" role="status">{message(move || said.get())}</p>
            <p class="form-message">{message(move || app.parted.get())}</p>
        </div>
    }
    .into_any()
}

fn held(me: &Me, rotate: Box<dyn FnMut(web_sys::MouseEvent)>) -> AnyView {
    view! {
        <p>{strings::server_holds(me.judgments as usize, me.has_profile, &me.created_day)}</p>
        <p>{strings::server_id()}": "<code class="wrap" data-testid="public-id">{me.rater_id.clone()}</code></p>
        <p class="quiet">{strings::server_rotate_note()}</p>
        <div class="actions">
            <button type="button" class="button" on:click=rotate>{strings::server_rotate()}</button>
            <a class="button" href=routes::ME_EXPORT rel="external" download="palate-export.json">{strings::server_export()}</a>
        </div>
    }
    .into_any()
}
