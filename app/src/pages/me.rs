//! `/me`: a taste in words and a picture, with its doubts.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;
use palate_shared::infer::{PrototypeShare, Request, TasteProfile, Trait};
use palate_shared::stats::TOO_EARLY;
use palate_shared::steadiness;

use crate::components::chart::{Scale, interval_bar, share_bar};
use crate::components::description::description;
use crate::components::reveal::certainty_bar;
use crate::components::table::{Cell, captioned, line};
use crate::components::taste_map::taste_map;
use crate::components::{blind, own_data, pack, race as racing};
use crate::engine::Status;
use crate::lazy::Loaded;
use crate::live::{live, maybe};
use crate::state::App;
use crate::words::{opening, percent, signed};
use crate::{packs, race, strings};

/// Traits that are drawn.
const DRAWN: usize = 8;
/// Prototypes that are shown at once.
const MAIN_PROTOTYPES: usize = 5;

/// The page.
#[leptos::wasm_split::wasm_split(me, wasm_split_path = ::leptos::wasm_split, fallible)]
pub(crate) fn page() -> Loaded {
    Ok(view())
}

fn view() -> AnyView {
    let app = App::get();
    app.library.load_first();
    let profile = RwSignal::new(None::<TasteProfile>);
    Effect::new(move |_| {
        if app.library.manifest.with(Option::is_some) {
            app.library.load_items();
        }
    });
    Effect::new(move |_| {
        let votes = votes_here(app);
        if votes > 0 {
            app.wake();
        }
        if votes == 0 {
            profile.set(None);
        }
        if votes > 0 && app.cpu.status.get() == Status::Ready {
            spawn_local(async move {
                drop(app.cpu.learn_new().await);
                if let Ok(found) = app.cpu.ask_for(Request::Profile, "profile").await {
                    drop(profile.try_set(Some(found)));
                }
            });
        }
    });
    Effect::new(move |_| {
        app.library.pack.track();
        profile.set(None);
    });
    let has_votes = Memo::new(move |_| votes_here(app) > 0);
    let has_any = Memo::new(move |_| app.events.with(|events| !events.is_empty()));
    let content = move || {
        if has_votes.get() {
            content(app, profile)
        } else {
            empty(has_any.get())
        }
    };
    let history = move || {
        has_any.get().then(|| {
            view! { <p><a class="button" href="/me/history">{strings::history_link()}</a></p> }
                .into_any()
        })
    };
    view! {
        <div class="column">
            <h1 class="page-title">{strings::me_heading()}</h1>
            {pack::choice_with(strings::pack_switch_note())}
            {live(content)}
            {maybe(history)}
            <section>
                <h2>{strings::me_keep()}</h2>
                {own_data::own_data()}
                <p><a class="button" href="/me/data">{strings::own_link()}</a></p>
            </section>
        </div>
    }
    .into_any()
}

/// Events on the present pack.
fn votes_here(app: App) -> usize {
    let pack = app.library.pack.get();
    app.events.with(|events| {
        events
            .iter()
            .filter(|event| event.pack.as_str() == pack)
            .count()
    })
}

fn empty(votes_elsewhere: bool) -> AnyView {
    let words = if votes_elsewhere {
        strings::me_empty_here()
    } else {
        strings::me_empty()
    };
    view! {
        <p class="lead">{words}</p>
        <p><a class="button button--primary" href="/rank">{strings::me_empty_link()}</a></p>
    }
    .into_any()
}

fn content(app: App, profile: RwSignal<Option<TasteProfile>>) -> AnyView {
    let lead = move || match profile.get() {
        Some(found) => lead(app, &found),
        None => view! { <p class="quiet">{strings::me_waiting()}</p> }.into_any(),
    };
    let rest = move || {
        let found = profile.get()?;
        let rest = view! {
            {traits(&found.traits)}
            {found.map.as_ref().map(taste_map)}
            {prototypes(app, &found)}
        };
        Some(rest.into_any())
    };
    let steady = move || {
        let pack = app.library.pack.get();
        // Forecasts are the bulk of a log, and say nothing of how steady a person is.
        let here: Vec<VoteEvent> = app.events.with(|events| {
            let here = events.iter().filter(|event| event.pack.as_str() == pack);
            here.map(without_forecasts).collect()
        });
        steady(&steadiness::repeats(&here))
    };
    view! {
        {live(lead)}
        {description(app, profile)}
        {maybe(rest)}
        <section>
            <h2>{strings::me_race()}</h2>
            <p>{strings::me_race_note()}</p>
            {racing::in_words(app)}
            <p><a href="/method#race">{strings::me_race_more()}</a></p>
        </section>
        <section>
            <h2>{strings::steady_heading()}</h2>
            <p>{strings::steady_note()}</p>
            {live(steady)}
        </section>
        <section>
            <h2>{strings::me_curve()}</h2>
            <p>{strings::me_curve_note()}</p>
            {racing::curve(app)}
        </section>
        {blind::summary(app)}
    }
    .into_any()
}

fn without_forecasts(event: &VoteEvent) -> VoteEvent {
    VoteEvent {
        id: event.id.clone(),
        comparison: event.comparison.clone(),
        supersedes: event.supersedes.clone(),
        pack: event.pack.clone(),
        prompt: event.prompt.clone(),
        shown: event.shown.clone(),
        judgment: event.judgment.clone(),
        topic: None,
        repeat_of: event.repeat_of.clone(),
        predictions: Vec::new(),
        context: None,
        ..*event
    }
}

/// How often repeated questions were answered the same, and what that leaves to foresee.
fn steady(repeats: &[bool]) -> AnyView {
    let Some(agreement) = steadiness::agreement(repeats) else {
        return view! { <p class="quiet">{strings::steady_none()}</p> }.into_any();
    };
    let same = repeats.iter().filter(|same| **same).count();
    let said = strings::steady_same(repeats.len(), same);
    let most = if agreement.n < TOO_EARLY {
        strings::steady_too_early(TOO_EARLY)
    } else {
        let ceiling = steadiness::ceiling(agreement);
        let [most, low, high] = [ceiling.value, ceiling.low, ceiling.high].map(percent);
        strings::steady_ceiling(most, low, high)
    };
    view! { <p data-testid="steady">{said}" "{most}</p> }.into_any()
}

/// Whether the interval says on which side of nothing a trait lies.
fn is_sure(found: &Trait) -> bool {
    found.low > 0.0 || found.high < 0.0
}

/// In short: how many votes, what is sure, how much is known.
fn lead(app: App, profile: &TasteProfile) -> AnyView {
    let sure: Vec<String> = profile
        .traits
        .iter()
        .filter(|t| is_sure(t))
        .take(4)
        .map(|t| strings::arrived(&t.words))
        .collect();
    let (votes, held_out) = app
        .events
        .with_untracked(|events| race::counts(events, app.library.pack.get_untracked()));
    let certainty = profile.certainty.clamp(0.0, 1.0);
    view! {
        <p class="quiet">{strings::me_lead(votes, profile.n_fit, held_out)}</p>
        <section class="card card--lead">
            <h2>{strings::me_words()}</h2>
            <p class="sentence">{strings::me_sentence(&sure)}</p>
            {certainty_bar(certainty)}
        </section>
    }
    .into_any()
}

fn traits(found: &[Trait]) -> AnyView {
    let scale = Scale::of(&found[..found.len().min(DRAWN)]);
    let bars: Vec<AnyView> = found
        .iter()
        .take(DRAWN)
        .map(|found| {
            view! {
                <li class:trait--open=!is_sure(found)>
                    <span class="trait__words">{strings::arrived(&found.words)}</span>
                    {interval_bar(found, scale)}
                </li>
            }
            .into_any()
        })
        .collect();
    let rows: Vec<AnyView> = found
        .iter()
        .map(|found| {
            let range = strings::range(signed(found.low), signed(found.high));
            let cells = [strings::arrived(&found.words), signed(found.weight), range];
            line(
                strings::arrived(&found.name).into_any(),
                cells.map(Cell::plain).into(),
            )
        })
        .collect();
    let columns = [
        strings::me_col_trait(),
        strings::me_col_lean(),
        strings::me_col_pull(),
        strings::me_col_range(),
    ];
    view! {
        <section>
            <h2>{strings::me_traits()}</h2>
            <p>{strings::me_traits_note()}</p>
            <ul class="traits">{bars}</ul>
            <details>
                <summary>{strings::me_traits_table()}</summary>
                {captioned(strings::me_unit().to_owned(), &columns, rows)}
            </details>
        </section>
    }
    .into_any()
}

/// A few prototypes, so that a sort of its own is not worth its code.
fn largest_first(prototypes: &[PrototypeShare]) -> Vec<PrototypeShare> {
    let mut sorted: Vec<PrototypeShare> = Vec::new();
    for prototype in prototypes {
        let smaller = |held: &PrototypeShare| held.share < prototype.share;
        let at = sorted.iter().position(smaller).unwrap_or(sorted.len());
        sorted.insert(at, prototype.clone());
    }
    sorted
}

fn prototypes(app: App, profile: &TasteProfile) -> AnyView {
    let shares = largest_first(&profile.prototypes);
    let mut rows: Vec<AnyView> = shares
        .iter()
        .map(|found| {
            let example = found.examples.first().cloned();
            let example = move || {
                let (prompt, response) = app.library.response(example.as_ref()?)?;
                let prompt = if packs::is_told_by_answers(app.library.pack.get_untracked()) {
                    opening(&response.text)
                } else {
                    prompt
                };
                Some(view! { <p class="quiet">{strings::prototype_example()}" “"<span lang="en">{prompt}</span>"”"</p> }.into_any())
            };
            view! {
                <li>
                    <p class="prototype__head"><span>{strings::arrived(&found.words)}</span><strong>{percent(found.share)}</strong></p>
                    {share_bar(found.share)}
                    {maybe(example)}
                </li>
            }
            .into_any()
        })
        .collect();
    if rows.is_empty() {
        return ().into_any();
    }
    let small = rows.split_off(rows.len().min(MAIN_PROTOTYPES));
    let rest = shares
        .iter()
        .skip(MAIN_PROTOTYPES)
        .map(|found| found.share)
        .sum::<f64>();
    let small = (!small.is_empty()).then(|| {
        view! {
            <details>
                <summary>{strings::small_prototypes(small.len(), percent(rest))}</summary>
                <ul class="prototypes">{small}</ul>
            </details>
        }
        .into_any()
    });
    view! {
        <section>
            <h2>{strings::me_prototypes()}</h2>
            <p>{strings::me_prototypes_note()}</p>
            <ul class="prototypes">{rows}</ul>
            {small}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prototypes_come_largest_first_and_equal_ones_as_they_were() {
        let of = |index, share| PrototypeShare {
            index,
            words: String::new(),
            share,
            examples: Vec::new(),
        };
        let sorted = largest_first(&[of(0, 0.1), of(1, 0.5), of(2, 0.3), of(3, 0.1)]);
        let order: Vec<u32> = sorted.iter().map(|prototype| prototype.index).collect();
        assert_eq!(order, [1, 2, 0, 3]);
    }
}
