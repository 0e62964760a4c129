//! `/rank/4`: four answers to one question, ranked with selects, buttons or keys.

use leptos::ev;
use leptos::prelude::*;
use palate_shared::event::VoteEvent;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};

use crate::components::{answer, board, pack, reveal};
use crate::four::FOUR;
use crate::lazy::Loaded;
use crate::live::{click, flag, live, maybe, on_event, words};
use crate::ranking_four::{RankingFour, Stage};
use crate::round::Asked;
use crate::state::App;
use crate::{dom, strings};

/// The page.
#[leptos::wasm_split::wasm_split(four, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    let app = App::get();
    let four = RankingFour::begin(app);
    listen(app, four);
    let shown = Memo::new(move |_| {
        four.asked.with(|asked| {
            asked
                .as_ref()
                .map(|asked| asked.question.comparison.clone())
        })
    });
    let question = move || {
        shown.get();
        four.asked
            .get_untracked()
            .map(|asked| question(app, four, &asked))
    };
    view! {
        <h1 class="page-title page-title--small">{strings::four_heading()}</h1>
        <p class="quiet four-lead">{strings::four_lead()}" "<a href="/rank">{strings::four_back()}</a></p>
        <div class="topics">{pack::choice()}{pack::note()}</div>
        <section class="board" aria-label=strings::board_label()>
            {maybe(question)}
            <div class="controls">{live(move || controls(app, four))}</div>
            <p class="quiet">{strings::four_keys()}</p>
        </section>
    }
    .into_any()
}

fn question(app: App, four: RankingFour, asked: &Asked) -> AnyView {
    let panes: Vec<AnyView> = (0..FOUR).map(|at| pane(app, four, asked, at)).collect();
    view! {
        {board::prompt(asked)}
        <div class="answers">{panes}</div>
    }
    .into_any()
}

fn pane(app: App, four: RankingFour, asked: &Asked, at: usize) -> AnyView {
    let Some(response) = asked.response(at).cloned() else {
        return ().into_any();
    };
    let name = strings::answer(at);
    let text = answer::body(&response.text, name, answer::ENGLISH);
    let asking = move || four.stage.get() == Stage::Asking;
    let made = (response.made_by, response.directives);
    let author = move || {
        matches!(four.stage.get(), Stage::Revealed(_))
            .then(|| reveal::author(&made.0, made.1.as_deref()))
    };
    let rank = move || four.ranks.get().ranks[at];
    let options: Vec<AnyView> = (1..=FOUR as u8)
        .map(|value| {
            view! { <option value=value.to_string() selected=flag(move || rank() == Some(value))>{value}</option> }
                .into_any()
        })
        .collect();
    let select = move |event| {
        let value = event_target_value(&event).parse().ok();
        four.ranks.update(|ranks| ranks.set(at, value));
        say(app, four);
    };
    let shift = move |better: bool| {
        four.ranks.update(|ranks| ranks.shift(at, better));
        say(app, four);
    };
    let tick = move |event| {
        let ticked = event_target_checked(&event);
        four.ranks.update(|ranks| ranks.unacceptable[at] = ticked);
    };
    view! {
        <article class="answer answer--ranked" tabindex="0" aria-label=name data-place=at.to_string()>
            <h3 class="answer__name">
                <span class="answer__letter" aria-hidden="true">{strings::letter(at)}</span>
                {name}
            </h3>
            {text}
            <div class="place">
                <label class="place__rank">
                    {strings::four_rank()}" "<span class="visually-hidden">{name}</span>
                    <select disabled=flag(move || !asking()) on:change=on_event(select)>
                        <option value="" selected=flag(move || rank().is_none())>{strings::FOUR_NO_RANK}</option>
                        {options}
                    </select>
                </label>
                <button type="button" class="button" disabled=flag(move || !asking()) on:click=click(move |_| shift(true))>
                    <span aria-hidden="true">"↑ "</span>{strings::four_better()}<span class="visually-hidden">" "{name}</span>
                </button>
                <button type="button" class="button" disabled=flag(move || !asking()) on:click=click(move |_| shift(false))>
                    <span aria-hidden="true">"↓ "</span>{strings::four_worse()}<span class="visually-hidden">" "{name}</span>
                </button>
                <label class="check">
                    <input
                        type="checkbox"
                        disabled=flag(move || !asking())
                        prop:checked=flag(move || four.ranks.get().unacceptable[at])
                        on:change=on_event(tick)
                    />
                    <span>{strings::four_unacceptable()}<span class="visually-hidden">" "{name}</span></span>
                </label>
            </div>
            {maybe(author)}
        </article>
    }
    .into_any()
}

/// Tells the status region how many ranks are missing.
fn say(app: App, four: RankingFour) {
    app.say(strings::four_missing(four.ranks.get_untracked().missing()));
}

fn controls(app: App, four: RankingFour) -> AnyView {
    match four.stage.get() {
        Stage::Loading => view! { <p class="quiet">{strings::four_waiting()}</p> }.into_any(),
        Stage::Failed(why) => view! {
            <div class="notice" role="alert">
                <p>{why}</p>
                <button type="button" class="button" on:click=click(move |_| { app.wake(); four.ask(app); })>{strings::try_again()}</button>
            </div>
        }
        .into_any(),
        Stage::Asking => asking(app, four),
        Stage::Grace(event) => grace(app, four, &event),
        Stage::NotSaved(_, why) => view! {
            <div class="notice" role="alert">
                <p><strong>{strings::not_saved()}</strong></p>
                <p>{why}</p>
                <button type="button" class="button button--primary" on:click=click(move |_| four.commit(app))>{strings::try_again()}</button>
            </div>
        }
        .into_any(),
        Stage::Revealed(lesson) => view! {
            <div class="reveal">
                <div class="reveal__head">
                    <p class="controls__title" tabindex="-1"><strong>{strings::four_done()}</strong></p>
                    <button type="button" class="button button--primary" aria-keyshortcuts="N" on:click=click(move |_| four.go_on(app))>
                        {strings::next()}" "<kbd aria-hidden="true">"N"</kbd>
                    </button>
                </div>
                <p class="lesson">{lesson.unwrap_or_else(|| strings::learning().to_owned())}</p>
            </div>
        }
        .into_any(),
    }
}

fn asking(app: App, four: RankingFour) -> AnyView {
    let missing = move || four.ranks.get().missing();
    view! {
        <div class="four-actions">
            <p class="quiet">{words(move || strings::four_missing(missing()))}</p>
            <div class="actions">
                <button
                    type="button"
                    class="button button--primary"
                    disabled=flag(move || missing() > 0)
                    on:click=click(move |_| four.confirm(app))
                >
                    {strings::four_confirm()}
                </button>
                <button type="button" class="button" aria-keyshortcuts="E" on:click=click(move |_| four.ranks.update(|ranks| ranks.equal()))>
                    {strings::four_equal()}" "<kbd aria-hidden="true">"E"</kbd>
                </button>
                <button type="button" class="button" aria-keyshortcuts="B" on:click=click(move |_| four.ranks.update(|ranks| ranks.all_bad()))>
                    {strings::four_all_bad()}" "<kbd aria-hidden="true">"B"</kbd>
                </button>
                <button type="button" class="button" on:click=click(move |_| four.skip(app))>{strings::four_skip()}</button>
            </div>
        </div>
    }
    .into_any()
}

fn grace(app: App, four: RankingFour, event: &VoteEvent) -> AnyView {
    let letter = |id: &_| {
        let at = event.shown.iter().position(|shown| shown == id);
        at.map_or("", strings::letter)
    };
    let groups: Vec<Vec<&str>> = event
        .judgment
        .groups
        .iter()
        .map(|group| group.iter().map(letter).collect())
        .collect();
    board::grace(
        board::Held {
            said: strings::four_held(strings::four_order(&groups)),
            ..board::Held::default()
        },
        move || four.undo(app),
        move || four.go_on(app),
    )
}

/// Single keys: digits rank the answer in focus. They rest in fields and when the visitor turned them off.
fn listen(app: App, four: RankingFour) {
    let listener = window_event_listener(ev::keydown, move |event: KeyboardEvent| {
        let resting = event.ctrl_key() || event.alt_key() || event.meta_key() || event.repeat();
        if resting || !app.shortcuts.get_untracked() {
            return;
        }
        let focused = dom::document().and_then(|document| document.active_element());
        let field = focused
            .as_ref()
            .is_some_and(|e| ["INPUT", "SELECT", "TEXTAREA"].contains(&e.tag_name().as_str()));
        if field {
            return;
        }
        let asking = four.stage.get_untracked() == Stage::Asking;
        match event.key().to_ascii_lowercase().as_str() {
            digit @ ("1" | "2" | "3" | "4") if asking => {
                let place = focused
                    .and_then(|element| element.closest("[data-place]").ok().flatten())
                    .and_then(|element| element.dyn_into::<HtmlElement>().ok())
                    .and_then(|element| element.get_attribute("data-place"))
                    .and_then(|place| place.parse::<usize>().ok());
                let Some(place) = place else { return };
                four.ranks
                    .update(|ranks| ranks.set(place, digit.parse().ok()));
                say(app, four);
            }
            "e" if asking => four.ranks.update(|ranks| ranks.equal()),
            "b" if asking => four.ranks.update(|ranks| ranks.all_bad()),
            "u" => four.undo(app),
            "n" => four.go_on(app),
            _ => return,
        }
        event.prevent_default();
    });
    on_cleanup(move || listener.remove());
}
