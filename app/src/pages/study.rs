//! `/study/{id}`: taking part in a study.

use std::rc::Rc;

use leptos::prelude::*;
use leptos_router::hooks::use_location;
use palate_shared::api::studies::{StudyPage, StudyQuestion};
use palate_shared::ids::StudyId;
use palate_shared::routes;

use crate::components::dialog::modal;
use crate::components::{answer, board, shortcuts};
use crate::keys::Command;
use crate::lazy::Loaded;
use crate::live::{click, flag, live, maybe, message, on_event, words};
use crate::state::App;
use crate::studying::{Stage, Studying};
use crate::{dom, markdown, strings};

/// The page.
#[leptos::wasm_split::wasm_split(study, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

/// The dialogs that are open.
#[derive(Clone, Copy)]
struct Open {
    guidelines: RwSignal<bool>,
    withdraw: RwSignal<bool>,
}

fn view() -> AnyView {
    let app = App::get();
    let path = use_location().pathname.get_untracked();
    let id = path.strip_prefix(routes::STUDY_PAGES).unwrap_or_default();
    let studying = Studying::begin(app, StudyId::from(id));
    let open = Open {
        guidelines: RwSignal::new(false),
        withdraw: RwSignal::new(false),
    };
    let title = move || {
        studying.study.with(|study| match study {
            Some(study) => study.title.clone(),
            None => strings::study_title().to_owned(),
        })
    };
    // The controls change with the stage; focus follows them, because the button that had it is gone.
    Effect::new(move |before: Option<Stage>| {
        let now = studying.stage.get();
        if before.is_some_and(|before| before != now && before != Stage::Loading || is_new(&now)) {
            let place = match now {
                Stage::Asking => ".prompt__topic",
                Stage::Loading => return now,
                _ => ".controls__title",
            };
            dom::after(0, move || dom::focus(place));
        }
        now
    });
    view! {
        <h1 class="page-title page-title--small">{words(title)}</h1>
        {content(app, studying, open)}
        <p class="form-message" role="alert">{message(move || studying.said.get())}</p>
        {maybe(move || studying.study.get().map(|study| dialogs(app, studying, open, &study)))}
    }
    .into_any()
}

/// Whether focus goes there also from what was loading.
fn is_new(stage: &Stage) -> bool {
    !matches!(stage, Stage::Loading | Stage::Invited)
}

fn content(app: App, studying: Studying, open: Open) -> AnyView {
    let part = Memo::new(move |_| {
        studying.stage.with(|stage| match stage {
            Stage::Missing => Part::Missing,
            Stage::Invited => Part::Invited,
            Stage::Done => Part::Done,
            Stage::Closed => Part::Closed,
            _ => Part::Board,
        })
    });
    let shown = move || match part.get() {
        Part::Missing => missing(),
        Part::Invited => match studying.study.get_untracked() {
            Some(study) => invitation(app, studying, &study),
            None => ().into_any(),
        },
        Part::Board => questions(app, studying, open),
        Part::Done => end(studying, open, false),
        Part::Closed => end(studying, open, true),
    };
    live(shown).into_any()
}

/// What the page shows; each is built once.
#[derive(Clone, Copy, PartialEq)]
enum Part {
    Missing,
    Invited,
    Board,
    Done,
    Closed,
}

fn missing() -> AnyView {
    view! {
        <p class="controls__title lead" tabindex="-1">{strings::study_missing()}</p>
        <p class="study__after"><a class="button" href="/rank">{strings::not_found_rank()}</a></p>
    }
    .into_any()
}

/// What is asked, how to judge, and the consent.
fn invitation(app: App, studying: Studying, study: &StudyPage) -> AnyView {
    if !study.is_open {
        return end_of(studying, study, true);
    }
    let ticked = RwSignal::new(false);
    let busy = move || studying.stage.get() == Stage::Loading;
    let left = study.own_left as usize;
    view! {
        <div class="column study">
            <p class="lead">{strings::study_lead()}</p>
            <p>{strings::study_long(left)}" "{strings::study_pause()}</p>
            <section aria-labelledby="guidelines">
                <h2 id="guidelines">{strings::guidelines_heading()}</h2>
                <div class="card">
                    <h3 class="visually-hidden">{strings::study_guidelines()}</h3>
                    {text(&study.guidelines)}
                </div>
            </section>
            <section aria-labelledby="consent">
                <h2 id="consent">{strings::study_consent()}</h2>
                <div class="card">
                    <h3 class="visually-hidden">{strings::study_consent_text()}</h3>
                    {text(&study.consent_text)}
                    <ul class="study__facts">
                        <li>{strings::study_only()}</li>
                        <li>{strings::study_stop()}</li>
                    </ul>
                    <label class="check">
                        <input type="checkbox" prop:checked=flag(move || ticked.get()) on:change=on_event(move |event| ticked.set(event_target_checked(&event))) />
                        <span>{strings::study_tick()}</span>
                    </label>
                    <p class="quiet">{strings::consent_age()}</p>
                    <button
                        type="button"
                        class="button button--primary"
                        disabled=flag(move || busy() || !ticked.get())
                        on:click=click(move |_| studying.agree(app))
                    >
                        {strings::study_start()}
                    </button>
                </div>
            </section>
        </div>
    }
    .into_any()
}

/// Untrusted markdown as view nodes.
fn text(markdown: &str) -> AnyView {
    view! { <div class="answer__text">{markdown::render(markdown)}</div> }.into_any()
}

fn questions(app: App, studying: Studying, open: Open) -> AnyView {
    let shown = Memo::new(move |_| {
        let of = |question: &StudyQuestion| question.id.clone();
        studying.question.with(|question| question.as_ref().map(of))
    });
    let question = move || {
        shown.get();
        let question = studying.question.get_untracked();
        question.map(|question| asked(studying, &question))
    };
    let act = move |command| match command {
        Command::Vote(choice) => studying.vote(app, choice),
        Command::Undo => studying.undo(app),
        Command::Next => studying.go_on(app),
        Command::Help => {}
    };
    view! {
        <div class="study__bar">
            {maybe(move || shown.with(Option::is_some).then(|| progress(studying)))}
            {links(open)}
        </div>
        <section class="board" aria-label=strings::board_label()>
            {maybe(question)}
            <div class="controls">{live(move || controls(app, studying))}</div>
            <div class="board__foot">
                <p class="progress">{strings::study_only()}</p>
                {shortcuts::shortcuts(Box::new(act))}
            </div>
        </section>
    }
    .into_any()
}

/// Number of the question that is open, and how many there are.
fn place(studying: Studying) -> (u64, u64) {
    let counted = matches!(
        studying.stage.get(),
        Stage::Asking | Stage::Grace(_) | Stage::Waiting(_) | Stage::Loading
    );
    studying.study.with(|study| {
        let (own, left) = study
            .as_ref()
            .map_or((0, 0), |study| (study.own_votes, study.own_left));
        let at = if counted { own + 1 } else { own };
        (at.max(1), (own + left).max(at).max(1))
    })
}

fn progress(studying: Studying) -> AnyView {
    // The count stands still from one question to the next.
    let (at, all) = untrack(|| place(studying));
    let share = at as f64 / all as f64;
    view! {
        <label class="study__progress">
            <span>{strings::study_place(at, all)}</span>
            <progress max="1" prop:value=share></progress>
        </label>
    }
    .into_any()
}

/// What can be read or done at any time.
fn links(open: Open) -> AnyView {
    view! {
        <button type="button" class="link-button" on:click=click(move |_| open.guidelines.set(true))>{strings::guidelines_heading()}</button>
        <button type="button" class="link-button" on:click=click(move |_| open.withdraw.set(true))>{strings::study_withdraw()}</button>
    }
    .into_any()
}

fn asked(studying: Studying, question: &StudyQuestion) -> AnyView {
    let (at, all) = untrack(|| place(studying));
    let panes: Vec<AnyView> = question
        .responses
        .iter()
        .enumerate()
        .map(|(pane, response)| {
            let chosen = move || match studying.stage.get() {
                Stage::Grace(choice) | Stage::Sent(choice) => Some(choice),
                _ => None,
            };
            let body = answer::body(&response.text, strings::answer(pane), None);
            board::framed(pane, Box::new(chosen), body)
        })
        .collect();
    view! {
        <div class="prompt study__prompt">
            <h2 class="prompt__topic" tabindex="-1">{strings::study_question(at, all)}</h2>
            <h3 class="visually-hidden">{strings::study_asked()}</h3>
            {text(&question.prompt)}
        </div>
        <div class="answers">{panes}</div>
    }
    .into_any()
}

fn controls(app: App, studying: Studying) -> AnyView {
    let title = |text: &'static str| {
        view! { <p class="controls__title quiet" tabindex="-1">{text}</p> }.into_any()
    };
    match studying.stage.get() {
        Stage::Loading => title(strings::loading()),
        Stage::Asking => board::votes(
            app.keymap.get(),
            Rc::new(move |choice| studying.vote(app, choice)),
        ),
        Stage::Grace(choice) => board::grace(
            board::Held {
                said: strings::said(choice).to_owned(),
                note: strings::study_grace(),
                go_on: strings::study_send_next(),
                more: None,
            },
            move || studying.undo(app),
            move || studying.go_on(app),
        ),
        Stage::Sent(choice) => view! {
            <div class="grace">
                <p class="controls__title" tabindex="-1"><strong>{strings::said(choice)}</strong>" "{strings::study_sent()}</p>
                {next(app, studying)}
            </div>
        }
        .into_any(),
        Stage::Waiting(why) => view! {
            <div class="notice">
                <p class="controls__title" tabindex="-1"><strong>{strings::study_waiting()}</strong></p>
                <p>{why}</p>
                <p>{strings::study_waiting_help()}</p>
                <button type="button" class="button button--primary" on:click=click(move |_| studying.send_now(app))>{strings::try_again()}</button>
            </div>
        }
        .into_any(),
        Stage::Refused(why) => view! {
            <div class="notice">
                <p class="controls__title" tabindex="-1"><strong>{strings::study_refused()}</strong></p>
                <p>{why}</p>
                {next(app, studying)}
            </div>
        }
        .into_any(),
        Stage::Failed(why) => view! {
            <div class="notice">
                <p class="controls__title" tabindex="-1"><strong>{strings::study_failed()}</strong></p>
                <p>{why}</p>
                <button type="button" class="button button--primary" on:click=click(move |_| studying.load(app))>{strings::try_again()}</button>
            </div>
        }
        .into_any(),
        Stage::Missing | Stage::Invited | Stage::Done | Stage::Closed => ().into_any(),
    }
}

fn next(app: App, studying: Studying) -> AnyView {
    let key = app.keymap.get().label(Command::Next);
    let hint = key.clone();
    view! {
        <div class="actions">
            <button type="button" class="button button--primary" aria-keyshortcuts=hint on:click=click(move |_| studying.go_on(app))>
                {strings::next()}" "<kbd aria-hidden="true">{key}</kbd>
            </button>
        </div>
    }
    .into_any()
}

/// Thanks.
fn end(studying: Studying, open: Open, closed: bool) -> AnyView {
    let Some(study) = studying.study.get_untracked() else {
        return ().into_any();
    };
    view! { {end_of(studying, &study, closed)}<p class="study__after actions">{links(open)}</p> }
        .into_any()
}

fn end_of(studying: Studying, study: &StudyPage, closed: bool) -> AnyView {
    let own = study.own_votes as usize;
    let heading = match (closed, own) {
        (true, _) => strings::study_closed(),
        (false, 0) => strings::study_full(),
        (false, _) => strings::study_done(),
    };
    let thanks = if own > 0 {
        strings::study_thanks(own)
    } else {
        strings::study_thanks_anyway().to_owned()
    };
    // An answer that was given before the study closed still counts as sent.
    let refused = move || match studying.stage.get() {
        Stage::Refused(why) => why,
        _ => String::new(),
    };
    view! {
        <div class="column">
            <h2 class="controls__title lead" tabindex="-1">{heading}</h2>
            <p>{thanks}</p>
            <p class="form-message">{message(refused)}</p>
            <p><a class="button" href="/rank">{strings::not_found_rank()}</a></p>
        </div>
    }
    .into_any()
}

fn dialogs(app: App, studying: Studying, open: Open, study: &StudyPage) -> AnyView {
    let guidelines = view! {
        <h3 class="visually-hidden">{strings::study_guidelines()}</h3>
        {text(&study.guidelines)}
        <div class="dialog__actions">
            <button type="button" class="button" autofocus on:click=click(move |_| open.guidelines.set(false))>{strings::close()}</button>
        </div>
    }
    .into_any();
    let withdraw = move |_| {
        open.withdraw.set(false);
        studying.withdraw(app);
    };
    let leave = view! {
        <p>{strings::study_withdraw_text(study.own_votes as usize)}</p>
        <p>{strings::study_withdraw_delete()}" "<a href="/me/data">{strings::own_heading()}</a></p>
        <div class="dialog__actions">
            <button type="button" class="button" on:click=click(move |_| open.withdraw.set(false))>{strings::study_stay()}</button>
            <button type="button" class="button button--primary" on:click=click(withdraw)>{strings::study_withdraw_yes()}</button>
        </div>
    }
    .into_any();
    view! {
        {modal(open.guidelines, strings::guidelines_heading(), "guidelines-heading", guidelines)}
        {modal(open.withdraw, strings::study_withdraw_heading(), "withdraw-heading", leave)}
    }
    .into_any()
}
