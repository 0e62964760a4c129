//! "We think you like …": what is guessed from votes, and the person's own word on it.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::infer::{Described, Request, TasteProfile};

use crate::components::select::select;
use crate::live::{live, maybe, words};
use crate::state::App;
use crate::{settings, strings};

/// From this weight on, a guess is worth a word.
const WORTH_A_WORD: f64 = 0.25;
/// Things in the sentence at the most.
const MOST: usize = 4;

/// The sentence and, folded, a choice for each of its things; nothing where nothing was learned. It follows the profile
/// without being built anew, so that what is unfolded stays so.
pub(crate) fn description(app: App, profile: RwSignal<Option<TasteProfile>>) -> AnyView {
    let found = Memo::new(move |_| {
        profile.with(|profile| {
            let described = profile.as_ref().map(|profile| profile.description.clone());
            described.unwrap_or_default()
        })
    });
    let sides = Memo::new(move |_| {
        let sides = |one: &Described| [one.more.clone(), one.less.clone()];
        found.with(|found| found.iter().map(sides).collect::<Vec<_>>())
    });
    live(move || section(app, profile, found, &sides.get())).into_any()
}

fn section(
    app: App,
    profile: RwSignal<Option<TasteProfile>>,
    found: Memo<Vec<Described>>,
    sides: &[[String; 2]],
) -> AnyView {
    if sides.is_empty() {
        return ().into_any();
    }
    let sentence = move || {
        let liked = found.with(|found| {
            liked(found)
                .into_iter()
                .map(strings::arrived)
                .collect::<Vec<_>>()
        });
        strings::described_sentence(&liked)
    };
    let note = move || {
        let is_corrected = found.with(|found| found.iter().any(|one| one.corrected));
        is_corrected
            .then(|| view! { <p class="quiet">{strings::described_corrected()}</p> }.into_any())
    };
    let choices: Vec<AnyView> = sides
        .iter()
        .enumerate()
        .map(|(at, sides)| choice(app, profile, found, at, sides))
        .collect();
    view! {
        <section data-testid="description">
            <h2>{strings::described_heading()}</h2>
            <p class="sentence">{words(sentence)}</p>
            {maybe(note)}
            <details>
                <summary>{strings::described_change()}</summary>
                <p>{strings::described_note()}</p>
                <div class="described">{choices}</div>
            </details>
        </section>
    }
    .into_any()
}

/// What the sentence names, strongest first.
fn liked(found: &[Described]) -> Vec<&str> {
    let mut strong: Vec<&Described> = found
        .iter()
        .filter(|one| one.weight.abs() >= WORTH_A_WORD)
        .collect();
    strong.sort_by(|a, b| b.weight.abs().total_cmp(&a.weight.abs()));
    let words = strong.into_iter().take(MOST);
    words
        .map(|one| {
            if one.weight > 0.0 {
                one.more.as_str()
            } else {
                one.less.as_str()
            }
        })
        .collect()
}

/// What the person says, thing by thing.
fn said(found: &[Described]) -> Vec<Option<f64>> {
    found
        .iter()
        .map(|one| one.corrected.then_some(one.weight))
        .collect()
}

fn choice(
    app: App,
    profile: RwSignal<Option<TasteProfile>>,
    found: Memo<Vec<Described>>,
    at: usize,
    sides: &[String; 2],
) -> AnyView {
    let [more, less] = sides.each_ref().map(|side| strings::arrived(side));
    let label = strings::described_between(&more, &less);
    let options = vec![
        ("guess".to_owned(), strings::described_guess().to_owned()),
        ("more".to_owned(), more),
        ("less".to_owned(), less),
        ("no".to_owned(), strings::described_no().to_owned()),
    ];
    let choose = Box::new(move |value: String| {
        let mut said = found.with_untracked(|found| said(found));
        if let Some(said) = said.get_mut(at) {
            *said = settings::said_named(&value);
        }
        settings::keep_said_of_self(app.library.pack.get_untracked(), &said);
        spawn_local(async move {
            let request = Request::Correct { description: said };
            if let Ok(found) = app.cpu.ask_for(request, "profile").await {
                drop(profile.try_set(Some(found)));
                app.say(strings::described_kept());
            }
        });
    });
    let is_chosen = Arc::new(move |value: &str| {
        found.with(|found| value == settings::said_name(said(found).get(at).copied().flatten()))
    });
    select("field", &label, None, options, is_chosen, choose)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sentence_names_the_strongest_sides() {
        let one = |more: &str, less: &str, weight| Described {
            more: more.to_owned(),
            less: less.to_owned(),
            weight,
            corrected: false,
        };
        let found = [
            one("long", "short", -0.5),
            one("warm", "cool", 0.1),
            one("lists", "text", 0.9),
        ];
        assert_eq!(liked(&found), ["lists", "short"]);
    }
}
