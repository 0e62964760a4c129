//! From what the person is known: all votes, some of them, four questions now, or texts of their own.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::generation::MOST_SHOTS;
use palate_shared::ids::ComparisonId;

use crate::components::board;
use crate::live::{click, flag, live, maybe, on_event, words};
use crate::state::App;
use crate::trying::{QUICK, Source, Trying};
use crate::words::opening;
use crate::{history, strings};

/// Votes that can be picked from.
const PICKABLE: usize = 24;

/// The choice, and what belongs to it.
pub(super) fn examples(app: App, trying: Trying) -> AnyView {
    let sources = [
        (Source::All, strings::try_from_all()),
        (Source::Some, strings::try_from_some()),
        (Source::Quick, strings::try_from_quick()),
        (Source::Texts, strings::try_from_texts()),
    ];
    let options: Vec<AnyView> = sources
        .into_iter()
        .map(|(source, name)| {
            view! {
                <label class="segment">
                    <input
                        type="radio"
                        name="try-source"
                        prop:checked=flag(move || trying.source.get() == source)
                        on:change=on_event(move |_| choose(app, trying, source))
                    />
                    <span>{name}</span>
                </label>
            }
            .into_any()
        })
        .collect();
    view! {
        <section class="card try__part" aria-labelledby="try-examples">
            <h2 id="try-examples">{strings::try_examples()}</h2>
            <fieldset>
                <legend class="visually-hidden">{strings::try_examples()}</legend>
                <div class="segments">{options}</div>
            </fieldset>
            {live(move || part(app, trying))}
        </section>
    }
    .into_any()
}

fn choose(app: App, trying: Trying, source: Source) {
    trying.source.set(source);
    if source == Source::Quick {
        begin_quick(app, trying);
    }
}

/// Counts votes from now on, once those before are known.
fn begin_quick(app: App, trying: Trying) {
    trying.quick_from.set(None);
    spawn_local(async move {
        app.opened().await;
        let votes = app.events.with_untracked(|events| history::count(events));
        trying.quick_from.set(Some(votes));
    });
}

fn part(app: App, trying: Trying) -> AnyView {
    match trying.source.get() {
        Source::All => {
            let said = move || match known_votes(app) {
                0 => strings::try_no_votes().to_owned(),
                votes => strings::try_all_votes(votes),
            };
            view! {
                <p class="quiet">{words(said)}</p>
                {maybe(move || left_out(app, trying))}
            }
            .into_any()
        }
        Source::Some => {
            view! { <div class="picks">{live(move || picks(app, trying))}</div> }.into_any()
        }
        Source::Quick => view! {
            {quick(app, trying)}
            {maybe(move || left_out(app, trying))}
        }
        .into_any(),
        Source::Texts => texts(trying),
    }
}

/// Votes that are no examples for now, each with a way back.
fn left_out(app: App, trying: Trying) -> Option<AnyView> {
    let out = trying.left_out.get();
    let known = trying.known(app);
    let rows: Vec<AnyView> = known
        .into_iter()
        .filter(|known| out.contains(&known.vote))
        .map(|known| {
            let vote = known.vote;
            let [prompt, chosen] = [&known.shot.prompt, &known.shot.chosen].map(|text| opening(text));
            view! {
                <li>
                    {strings::try_you_preferred()}" “"<span lang="en">{chosen}</span>"” "
                    <button type="button" class="link-button" on:click=click(move |_| trying.put_back(app, &vote))>
                        {strings::try_put_back()}<span class="visually-hidden" lang="en">" "{prompt}</span>
                    </button>
                </li>
            }
            .into_any()
        })
        .collect();
    (!rows.is_empty()).then(|| {
        view! {
            <p class="quiet">{strings::try_left_out()}</p>
            <ul class="receipts">{rows}</ul>
        }
        .into_any()
    })
}

/// Votes on the present pack. Tracks them.
fn known_votes(app: App) -> usize {
    let pack = app.library.pack.get();
    app.events.with(|events| {
        let here: Vec<_> = events
            .iter()
            .filter(|event| event.pack.as_str() == pack)
            .cloned()
            .collect();
        history::count(&here)
    })
}

fn picks(app: App, trying: Trying) -> AnyView {
    let known = trying.known(app);
    if known.is_empty() {
        return view! { <p class="quiet">{strings::try_no_votes()}</p> }.into_any();
    }
    let rows: Vec<AnyView> = known
        .into_iter()
        .take(PICKABLE)
        .map(|known| {
            let vote = known.vote;
            let is_on = {
                let vote = vote.clone();
                move || trying.picked.with(|picked| picked.contains(&vote))
            };
            // Those that are chosen can always be let go.
            let is_full = {
                let vote = vote.clone();
                move || trying.picked.with(|picked| picked.len() >= MOST_SHOTS && !picked.contains(&vote))
            };
            let turn = move |_| toggle(trying, &vote);
            view! {
                <li>
                    <label class="check">
                        <input type="checkbox" prop:checked=flag(is_on) disabled=flag(is_full) on:change=on_event(turn) />
                        <span>
                            <span lang="en">{opening(&known.shot.prompt)}</span>
                            <br />
                            <span class="quiet">{strings::try_you_preferred()}" “"<span lang="en">{opening(&known.shot.chosen)}</span>"”"</span>
                        </span>
                    </label>
                </li>
            }
            .into_any()
        })
        .collect();
    let count = move || strings::try_picked_count(trying.picked.with(Vec::len), MOST_SHOTS);
    view! {
        <p class="quiet" role="status">{words(count)}</p>
        <ul class="picks__list">{rows}</ul>
    }
    .into_any()
}

fn toggle(trying: Trying, vote: &ComparisonId) {
    trying
        .picked
        .update(|picked| match picked.iter().position(|held| held == vote) {
            Some(at) => drop(picked.remove(at)),
            None => picked.push(vote.clone()),
        });
}

/// The board of `/rank`, until four votes were given; they are votes like any other.
fn quick(app: App, trying: Trying) -> AnyView {
    if trying.quick_from.get_untracked().is_none() {
        begin_quick(app, trying);
    }
    let given = Memo::new(move |_| {
        let from = trying.quick_from.get().unwrap_or(usize::MAX);
        app.votes.get().saturating_sub(from)
    });
    let is_done = Memo::new(move |_| given.get() >= QUICK);
    let count = move || strings::try_quick_count(given.get().min(QUICK), QUICK);
    let content = move || {
        if is_done.get() {
            let more = move |_| begin_quick(app, trying);
            return view! {
                <p>{strings::try_quick_done()}</p>
                <button type="button" class="button" on:click=click(more)>{strings::try_quick_more()}</button>
            }
            .into_any();
        }
        view! { <div class="try__board">{board::board()}</div> }.into_any()
    };
    view! {
        <p class="quiet">{strings::try_quick_note()}</p>
        <p role="status">{words(count)}</p>
        {live(content)}
    }
    .into_any()
}

fn texts(trying: Trying) -> AnyView {
    let count = Memo::new(move |_| trying.texts.with(Vec::len));
    let rows = move || {
        let rows: Vec<AnyView> = (0..count.get()).map(|at| row(trying, at)).collect();
        rows.into_any()
    };
    let add = move || {
        (count.get() < MOST_SHOTS).then(|| {
            let add = move |_| trying.texts.update(|texts| texts.push(Default::default()));
            view! { <button type="button" class="button" on:click=click(add)>{strings::try_text_more()}</button> }
                .into_any()
        })
    };
    view! {
        <p class="quiet">{strings::try_texts_note()}</p>
        {live(rows)}
        {maybe(add)}
    }
    .into_any()
}

fn row(trying: Trying, at: usize) -> AnyView {
    let field = move |side: usize, label: String| {
        let id = format!("try-text-{at}-{side}");
        let held = move || {
            trying.texts.with(|texts| {
                texts
                    .get(at)
                    .map(|row| row[side].clone())
                    .unwrap_or_default()
            })
        };
        let write = move |event| {
            let text = event_target_value(&event);
            trying.texts.update(|texts| {
                if let Some(row) = texts.get_mut(at) {
                    row[side] = text;
                }
            });
        };
        view! {
            <div class="field">
                <label for=id.clone()>{label}</label>
                <textarea id=id rows="4" prop:value=words(held) on:input=on_event(write)></textarea>
            </div>
        }
        .into_any()
    };
    view! {
        <div class="pair">
            {field(0, strings::try_text_liked(at + 1))}
            {field(1, strings::try_text_disliked(at + 1))}
        </div>
    }
    .into_any()
}
