//! What may be said beside the choice while a vote is held: how much better, and what decided it.

use leptos::prelude::*;
use palate_shared::judgment::{Reason, Strength};

use crate::live::{click, flag, on_event};
use crate::ranking;
use crate::round::Choice;
use crate::state::App;
use crate::strings;

/// The panel; opening it stops the clock.
pub(crate) fn say_more(app: App, choice: Choice) -> AnyView {
    let strength = matches!(choice, Choice::First | Choice::Second).then(|| strengths(app));
    let reasons: Vec<AnyView> = Reason::ALL
        .map(|reason| {
            let is_on = move || app.ranking.more.with(|more| more.reasons.contains(&reason));
            let toggle = move |_| app.ranking.more.update(|more| more.toggle(reason));
            view! {
                <label class="segment">
                    <input type="checkbox" prop:checked=flag(is_on) on:change=on_event(toggle) />
                    <span>{strings::reason(reason)}</span>
                </label>
            }
            .into_any()
        })
        .into();
    view! {
        <details class="more">
            <summary on:click=click(move |_| ranking::hold(app))>{strings::more_open()}</summary>
            <div class="more__body">
                {strength}
                <fieldset>
                    <legend>{strings::more_reasons()}</legend>
                    <div class="segments">{reasons}</div>
                </fieldset>
            </div>
        </details>
    }
    .into_any()
}

fn strengths(app: App) -> AnyView {
    let options: Vec<AnyView> = [Strength::Slight, Strength::Clear, Strength::Much]
        .map(|strength| {
            let is_on = move || app.ranking.more.with(|more| more.strength == Some(strength));
            let choose = move |_| app.ranking.more.update(|more| more.strength = Some(strength));
            view! {
                <label class="segment">
                    <input type="radio" name="strength" prop:checked=flag(is_on) on:change=on_event(choose) />
                    <span>{strings::strength_name(strength)}</span>
                </label>
            }
            .into_any()
        })
        .into();
    view! {
        <fieldset>
            <legend>{strings::more_strength()}</legend>
            <div class="segments">{options}</div>
        </fieldset>
    }
    .into_any()
}
