//! What is opened after a vote is stored: who wrote what, who foresaw it, what it taught.

use leptos::prelude::*;
use palate_shared::event::{Prediction, VoteEvent};

use crate::components::chart::share_bar;
use crate::engine::Status;
use crate::keys::Command;
use crate::live::{click, live, words};
use crate::ranking;
use crate::round::Choice;
use crate::state::App;
use crate::words::percent;
use crate::{race, strings};

/// Who wrote an answer and how it was asked for.
pub(crate) fn author(made_by: &str, directives: Option<&str>) -> AnyView {
    let made_by = made_by.to_owned();
    let asked = directives.map(|directives| {
        let parts: Vec<AnyView> = directives
            .split(';')
            .map(|part| {
                let part = part.trim().to_owned();
                view! { <li>{part}</li> }.into_any()
            })
            .collect();
        view! {
            <dt>{strings::reveal_asked()}</dt>
            <dd lang="en"><ul class="tags">{parts}</ul></dd>
        }
        .into_any()
    });
    view! {
        <dl class="author">
            <dt>{strings::reveal_wrote()}</dt>
            <dd lang="en">{made_by}</dd>
            {asked}
        </dl>
    }
    .into_any()
}

/// The panel below the answers.
pub(crate) fn reveal(app: App, event: &VoteEvent, choice: Choice) -> AnyView {
    let won = race::first_won(event);
    let forecasts = if event.predictions.is_empty() {
        view! { <p class="quiet">{strings::reveal_no_forecast()}</p> }.into_any()
    } else {
        table(app, event.predictions.clone(), won)
    };
    let held_out = event.policy.is_held_out();
    let why = app.ranking.asked.with_untracked(|asked| {
        asked
            .as_ref()
            .map(|a| a.question.why.clone())
            .unwrap_or_default()
    });
    let why = (!why.is_empty()).then(|| {
        view! { <p class="quiet"><strong>{strings::why_label()}</strong>" "{strings::arrived(&why)}</p> }.into_any()
    });
    let taught = move || taught(app, held_out);
    let next_key = app.keymap.get_untracked().label(Command::Next);
    let next_hint = next_key.clone();
    view! {
        <div class="reveal">
            <div class="reveal__head">
                <p class="controls__title" tabindex="-1"><strong>{strings::said(choice)}</strong></p>
                <button type="button" class="button button--primary" aria-keyshortcuts=next_hint on:click=click(move |_| ranking::go_on(app))>
                    {strings::next()}" "<kbd aria-hidden="true">{next_key}</kbd>
                </button>
            </div>
            <div class="reveal__body">
                <div>{forecasts}</div>
                <div class="taught">{live(taught)}{why}</div>
            </div>
        </div>
    }
    .into_any()
}

fn taught(app: App, held_out: bool) -> AnyView {
    match (app.ranking.learned.get(), app.cpu.status.get()) {
        (Some(learned), _) => {
            let lesson = match learned.lesson.as_str() {
                "" if held_out => strings::held_out_lesson().to_owned(),
                _ => strings::arrived(&learned.lesson),
            };
            let certainty = learned.certainty.clamp(0.0, 1.0);
            view! {
                <p class="lesson">{lesson}</p>
                <div class="certainty">
                    <p>{certainty_change(learned.certainty_before, certainty)}</p>
                    {share_bar(certainty)}
                </div>
            }
            .into_any()
        }
        (None, Status::Ready) => view! { <p class="quiet">{strings::learning()}</p> }.into_any(),
        (None, _) => view! { <p class="quiet">{strings::learn_later()}</p> }.into_any(),
    }
}

/// What a vote did to the certainty, both in [0, 1].
fn certainty_change(before: f64, after: f64) -> String {
    let (from, to) = (percent(before), percent(after));
    if from == to {
        strings::certainty_stays(to)
    } else if after > before {
        strings::certainty_rose(from, to)
    } else {
        strings::certainty_fell(from, to)
    }
}

/// How well a taste is known, in [0, 1], in words and as a bar.
pub(crate) fn certainty_bar(certainty: f64) -> AnyView {
    view! {
        <div class="certainty">
            <p>{strings::certainty()}": "<strong>{percent(certainty)}</strong></p>
            {share_bar(certainty)}
        </div>
    }
    .into_any()
}

/// Name of a method for people.
pub(crate) fn method_name(app: App, id: &str) -> String {
    let named = app.cpu.methods.with(|methods| {
        methods
            .iter()
            .find(|method| method.id.as_str() == id)
            .map(|method| strings::arrived(&method.name))
    });
    named.unwrap_or_else(|| {
        if id == race::COIN {
            strings::coin().to_owned()
        } else {
            id.to_owned()
        }
    })
}

/// Every method's forecast, beside what was said when `won` is known.
fn table(app: App, predictions: Vec<Prediction>, won: Option<bool>) -> AnyView {
    let result = |p_first: f64| match won {
        None => strings::open(),
        Some(_) if p_first == 0.5 => strings::half(),
        Some(won) if (p_first > 0.5) == won => strings::right(),
        Some(_) => strings::wrong(),
    };
    let row = |prediction: Prediction| {
        let p_first = prediction.p_first;
        row(app, prediction, Some(result(p_first)))
    };
    folded(predictions, &row, &|rows| {
        let head = view! { <th scope="col">{strings::col_result()}</th> }.into_any();
        frame(strings::forecast_table(), Some(head), rows)
    })
}

/// Every method's forecast on a pair that nobody voted on.
pub(crate) fn forecasts(app: App, predictions: Vec<Prediction>) -> AnyView {
    folded(
        predictions,
        &|prediction| row(app, prediction, None),
        &|rows| frame(strings::compare_all(), None, rows),
    )
}

/// A table of the methods that are shown at once, and one of the others behind a fold.
fn folded(
    predictions: Vec<Prediction>,
    row: &dyn Fn(Prediction) -> AnyView,
    table: &dyn Fn(Vec<AnyView>) -> AnyView,
) -> AnyView {
    let of = predictions.len();
    let (mut shown, mut rest) = (Vec::new(), Vec::new());
    for prediction in predictions {
        let rows = if race::is_shown(prediction.method.as_str(), of) {
            &mut shown
        } else {
            &mut rest
        };
        rows.push(row(prediction));
    }
    let rest = (!rest.is_empty()).then(|| {
        view! { <details><summary>{strings::race_fold(rest.len())}</summary>{table(rest)}</details> }
            .into_any()
    });
    view! { {table(shown)}{rest} }.into_any()
}

fn row(app: App, prediction: Prediction, result: Option<&'static str>) -> AnyView {
    let id = prediction.method.0;
    view! {
        <tr>
            <th scope="row">{words(move || method_name(app, &id))}</th>
            <td>{strings::forecast(prediction.p_first)}</td>
            {result.map(|result| view! { <td>{result}</td> }.into_any())}
        </tr>
    }
    .into_any()
}

fn frame(caption: &'static str, last: Option<AnyView>, rows: Vec<AnyView>) -> AnyView {
    view! {
        <table class="table">
            <caption>{caption}</caption>
            <thead>
                <tr>
                    <th scope="col">{strings::col_method()}</th>
                    <th scope="col">{strings::col_forecast()}</th>
                    {last}
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
    }
    .into_any()
}
