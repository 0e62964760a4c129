//! The comparison: prompt, two answers, vote, grace, reveal. The same on the start page and on `/rank`.

use std::rc::Rc;

use leptos::prelude::*;

use crate::components::{answer, reveal, say_more, shortcuts};
use crate::keys::{Command, Keymap};
use crate::live::{click, live, mark, maybe, words};
use crate::ranking::{self, Phase};
use crate::round::{Asked, Choice};
use crate::state::App;
use crate::{dom, race, strings};

/// The board.
pub(crate) fn board() -> AnyView {
    let app = App::get();
    ranking::begin(app);
    let shown = Memo::new(move |_| {
        app.ranking.asked.with(|asked| {
            asked
                .as_ref()
                .map(|asked| asked.question.comparison.clone())
        })
    });
    let question = move || {
        shown.get();
        match app.ranking.asked.get_untracked() {
            Some(asked) => question(app, &asked),
            None => loading(app),
        }
    };
    // The controls change with the phase; focus follows them, because the button that had it is gone.
    Effect::new(move |before: Option<bool>| {
        let voted = app.ranking.phase.with(|phase| *phase != Phase::Asking);
        let now = voted && app.ranking.asked.with_untracked(Option::is_some);
        if before.is_some_and(|before| before != now) {
            dom::after(0, move || {
                dom::focus(if now {
                    ".controls__title"
                } else {
                    ".prompt__text"
                })
            });
        }
        now
    });
    let progress = move || {
        let (votes, held_out) = app
            .events
            .with(|events| race::counts(events, app.library.pack.get()));
        strings::progress(votes, held_out)
    };
    let is_there = Memo::new(move |_| shown.with(Option::is_some));
    let foot = move || {
        is_there.get().then(|| {
            view! {
                <div class="board__foot">
                    <p class="progress" title=strings::held_out_hint()>{words(progress)}</p>
                    {shortcuts::shortcuts(Box::new(move |command| act(app, command)))}
                </div>
            }
            .into_any()
        })
    };
    view! {
        <section class="board" aria-label=strings::board_label()>
            {live(question)}
            <div class="controls">{live(move || controls(app))}</div>
            {maybe(foot)}
        </section>
    }
    .into_any()
}

fn loading(app: App) -> AnyView {
    let content = move || {
        match app.library.failure.get() {
        Some(why) => view! {
            <p>{strings::first_failed()}" "{why}</p>
            <button type="button" class="button" on:click=click(move |_| app.library.load_first())>{strings::try_again()}</button>
        }
        .into_any(),
        None => view! { <p class="quiet">{strings::loading()}</p> }.into_any(),
    }
    };
    view! { <div class="board__loading">{live(content)}</div> }.into_any()
}

/// Topic and text of what was asked.
pub(crate) fn prompt(asked: &Asked) -> AnyView {
    let prompt = &asked.prompt;
    // Some prompts begin with their topic.
    let topic = (!prompt.text.starts_with(&prompt.topic)).then(|| {
        view! { <p class="prompt__topic" lang="en">{prompt.topic.clone()}</p> }.into_any()
    });
    view! {
        <div class="prompt">
            {topic}
            <h2 class="prompt__text" tabindex="-1" lang="en">{asked.prompt.text.clone()}</h2>
        </div>
    }
    .into_any()
}

fn question(app: App, asked: &Asked) -> AnyView {
    let panes = (0..2)
        .map(|pane| pane_view(app, asked, pane))
        .collect::<Vec<_>>();
    view! {
        {prompt(asked)}
        <div class="answers">{panes}</div>
    }
    .into_any()
}

/// What a key asks for.
fn act(app: App, command: Command) {
    match command {
        Command::Vote(choice) => ranking::vote(app, choice),
        Command::Undo => ranking::undo(app),
        Command::Next => ranking::go_on(app),
        Command::Help => {}
    }
}

fn pane_view(app: App, asked: &Asked, pane: usize) -> AnyView {
    let Some(response) = asked.response(pane).cloned() else {
        return ().into_any();
    };
    let text = answer::body(&response.text, strings::answer(pane), answer::ENGLISH);
    let chosen = move || match app.ranking.phase.get() {
        Phase::Grace(choice) | Phase::Revealed(_, choice) | Phase::NotSaved(_, choice, _) => {
            Some(choice)
        }
        _ => None,
    };
    let open = move || matches!(app.ranking.phase.get(), Phase::Revealed(..));
    let made = (response.made_by, response.directives);
    let author = move || open().then(|| reveal::author(&made.0, made.1.as_deref()));
    let content = view! { {text}{maybe(author)} }.into_any();
    framed(pane, Box::new(chosen), content)
}

/// An answer under its letter, marked when it was chosen.
pub(crate) fn framed(
    pane: usize,
    choice: Box<dyn Fn() -> Option<Choice> + Send>,
    content: AnyView,
) -> AnyView {
    let is_chosen = move || match choice() {
        Some(Choice::First) => pane == 0,
        Some(Choice::Second) => pane == 1,
        _ => false,
    };
    view! {
        <article class="answer" data-chosen=mark(is_chosen)>
            <h3 class="answer__name">
                <span class="answer__letter" aria-hidden="true">{strings::letter(pane)}</span>
                {strings::answer(pane)}
            </h3>
            {content}
        </article>
    }
    .into_any()
}

fn controls(app: App) -> AnyView {
    match app.ranking.phase.get() {
        Phase::Loading if app.ranking.asked.with_untracked(Option::is_some) => {
            view! { <p class="controls__title quiet" tabindex="-1">{strings::loading()}</p> }
                .into_any()
        }
        Phase::Loading => ().into_any(),
        Phase::Asking => votes(
            app.keymap.get(),
            Rc::new(move |choice| ranking::vote(app, choice)),
        ),
        Phase::Grace(choice) => grace(
            Held {
                said: strings::said(choice).to_owned(),
                more: Some((app.ranking.held, say_more::say_more(app, choice))),
                ..Held::default()
            },
            move || ranking::undo(app),
            move || ranking::go_on(app),
        ),
        Phase::Saving => {
            view! { <p class="controls__title quiet" tabindex="-1">{strings::saving()}</p> }
                .into_any()
        }
        Phase::NotSaved(event, _, why) => not_saved(
            app,
            serde_json::to_string_pretty(&event).unwrap_or_default(),
            why,
        ),
        Phase::Revealed(event, choice) => reveal::reveal(app, &event, choice),
    }
}

/// A button for each thing that can be said.
pub(crate) fn votes(keymap: Keymap, vote: Rc<dyn Fn(Choice)>) -> AnyView {
    let buttons = Choice::ALL
        .map(|choice| {
            let label = strings::choice(choice);
            let key = keymap.label(Command::Vote(choice));
            let hint = key.clone();
            let vote = vote.clone();
            let main = matches!(choice, Choice::First | Choice::Second);
            view! {
                <button type="button" class="vote" class:vote--main=main aria-keyshortcuts=hint on:click=click(move |_| vote(choice))>
                    <span class="vote__label">{label}</span>
                    " "
                    <kbd aria-hidden="true">{key}</kbd>
                </button>
            }
            .into_any()
        })
        .into_iter().collect::<Vec<AnyView>>();
    view! { <div class="votes" role="group" aria-label=strings::votes_label()>{buttons}</div> }
        .into_any()
}

/// A vote that can still be taken back, in words.
pub(crate) struct Held {
    /// What was said.
    pub(crate) said: String,
    /// What becomes of it.
    pub(crate) note: &'static str,
    /// The way on.
    pub(crate) go_on: &'static str,
    /// What may be said beside it, with the signal that the clock stands still meanwhile.
    pub(crate) more: Option<(RwSignal<bool>, AnyView)>,
}

impl Default for Held {
    fn default() -> Self {
        Self {
            said: String::new(),
            note: strings::grace_note(),
            go_on: strings::reveal_now(),
            more: None,
        }
    }
}

/// A vote that can still be taken back: what was said, the time that runs, undo and the way on.
pub(crate) fn grace(
    vote: Held,
    undo: impl FnMut() + 'static,
    go_on: impl FnMut() + 'static,
) -> AnyView {
    let (mut undo, mut go_on) = (undo, go_on);
    let keymap = App::get().keymap.get_untracked();
    let [undo_key, next_key] = [Command::Undo, Command::Next].map(|command| keymap.label(command));
    let (held, more) = vote.more.unzip();
    let is_held = move || held.is_some_and(|held| held.get());
    let note = move || {
        let note = if is_held() {
            strings::more_held()
        } else {
            vote.note
        };
        note.to_owned()
    };
    let clock = move || {
        (!is_held()).then(|| {
            view! { <div class="grace__bar" aria-hidden="true"><span></span></div> }.into_any()
        })
    };
    let (undo_hint, next_hint) = (undo_key.clone(), next_key.clone());
    view! {
        <div class="grace">
            <p class="controls__title" tabindex="-1"><strong>{vote.said}</strong>" "{words(note)}</p>
            {maybe(clock)}
            {more}
            <div class="actions">
                <button type="button" class="button" aria-keyshortcuts=undo_hint on:click=click(move |_| undo())>
                    {strings::undo()}" "<kbd aria-hidden="true">{undo_key}</kbd>
                </button>
                <button type="button" class="button button--primary" aria-keyshortcuts=next_hint on:click=click(move |_| go_on())>
                    {vote.go_on}" "<kbd aria-hidden="true">{next_key}</kbd>
                </button>
            </div>
        </div>
    }
    .into_any()
}

fn not_saved(app: App, text: String, why: String) -> AnyView {
    let save = move |_| drop(dom::download("palate-vote.json", "application/json", &text));
    view! {
        <div class="notice" role="alert">
            <p class="controls__title" tabindex="-1"><strong>{strings::not_saved()}</strong></p>
            <p>{why}</p>
            <p>{strings::not_saved_help()}</p>
            <div class="actions">
                <button type="button" class="button button--primary" on:click=click(move |_| ranking::retry_save(app))>{strings::try_again()}</button>
                <button type="button" class="button" on:click=click(save)>{strings::save_file()}</button>
                <button type="button" class="button" on:click=click(move |_| ranking::go_on_unsaved(app))>{strings::go_on()}</button>
            </div>
        </div>
    }
    .into_any()
}
