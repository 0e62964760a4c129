//! Traits that a person moves by hand; the ranking follows at once.

use leptos::prelude::*;
use palate_shared::infer::Trait;
use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement};

use crate::live::{click, flag, maybe, on_event, words};
use crate::state::App;
use crate::strings;
use crate::trying::Trying;
use crate::trying::edits::Edits;
use crate::words::signed;

/// Traits that are shown at once.
const SHOWN: usize = 6;
/// Furthest that a trait can be moved, in hundredths of log-odds.
const FURTHEST: i32 = 300;

/// The sliders of these traits.
pub(crate) fn sliders(app: App, trying: Trying, traits: &[Trait]) -> AnyView {
    let mut rows: Vec<AnyView> = strongest_first(traits)
        .into_iter()
        .map(|of| slider(app, trying, of))
        .collect();
    let rest = rows.split_off(rows.len().min(SHOWN));
    let rest = (!rest.is_empty()).then(|| {
        view! {
            <details>
                <summary>{strings::try_more_traits(rest.len())}</summary>
                <ul class="sliders">{rest}</ul>
            </details>
        }
        .into_any()
    });
    let reset = move |_| {
        trying.keep_edits(app, |edits| *edits = Edits::default());
        app.say(strings::try_reset_done());
    };
    let none = move || trying.edits.with(Edits::is_empty);
    view! {
        <section class="card sliders-card" aria-labelledby="try-traits">
            <h2 id="try-traits">{strings::try_traits()}</h2>
            <p class="quiet">{strings::try_traits_note()}</p>
            <ul class="sliders">{rows}</ul>
            {rest}
            <button type="button" class="button" disabled=flag(none) on:click=click(reset)>{strings::try_reset()}</button>
        </section>
    }
    .into_any()
}

/// The strongest first; a sort of its own is not worth its code.
fn strongest_first(traits: &[Trait]) -> Vec<Trait> {
    let mut sorted: Vec<Trait> = Vec::new();
    for of in traits {
        let is_weaker = |held: &Trait| held.weight.abs() < of.weight.abs();
        let at = sorted.iter().position(is_weaker).unwrap_or(sorted.len());
        sorted.insert(at, of.clone());
    }
    sorted
}

/// What a slider stands at: hundredths of log-odds, within its ends.
fn place(weight: f64) -> i32 {
    ((weight * 100.0).round() as i32).clamp(-FURTHEST, FURTHEST)
}

fn slider(app: App, trying: Trying, of: Trait) -> AnyView {
    let of = StoredValue::new(of);
    let id = of.with_value(|of| {
        let plain: String = of
            .feature
            .chars()
            .map(|sign| {
                if sign.is_ascii_alphanumeric() {
                    sign
                } else {
                    '-'
                }
            })
            .collect();
        format!("trait-{plain}")
    });
    let name = of.with_value(|of| strings::arrived(&of.name));
    let lock_name = name.clone();
    let weight = move || {
        trying
            .edits
            .with(|edits| of.with_value(|of| edits.weight(of)))
    };
    let is_locked = move || {
        trying
            .edits
            .with(|edits| of.with_value(|of| edits.is_locked(of)))
    };
    let edited = move || {
        trying
            .edits
            .with(|edits| of.with_value(|of| edits.is_edited(of)))
            .then(|| view! { <span class="tag">{strings::try_edited()}</span> }.into_any())
    };
    let drag = move |event: Event| {
        let field = event
            .target()
            .and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
        if let Some(field) = field {
            let to = field.value_as_number() / 100.0;
            trying.keep_edits(app, |edits| of.with_value(|of| edits.put(of, to)));
        }
    };
    let lock = move |_| {
        trying.keep_edits(app, |edits| of.with_value(|of| edits.toggle_lock(of)));
    };
    view! {
        <li class="slider">
            <label for=id.clone()>{name}" "{maybe(edited)}</label>
            <input
                type="range"
                id=id
                min=(-FURTHEST).to_string()
                max=FURTHEST.to_string()
                step="5"
                prop:value=words(move || place(weight()).to_string())
                aria-valuetext=words(move || signed(weight()))
                on:input=on_event(drag)
            />
            <output class="slider__value">{words(move || signed(weight()))}</output>
            <label class="slider__lock">
                <input type="checkbox" prop:checked=flag(is_locked) on:change=on_event(lock) />
                <span>{strings::try_lock()}<span class="visually-hidden">" "{lock_name}</span></span>
            </label>
        </li>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slider_stays_within_its_ends() {
        assert_eq!(
            [place(0.126), place(9.0), place(-9.0), place(f64::NAN)],
            [13, 300, -300, 0]
        );
    }
}
