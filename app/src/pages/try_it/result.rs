//! What came: answers side by side, the blind test, the pick with its reasons, and the ranking that sliders move.

use leptos::prelude::*;
use palate_shared::infer::Scored;

use crate::components::download::download;
use crate::components::receipts::{Span, receipts, score_bar, score_words};
use crate::components::sliders::sliders;
use crate::components::stream::{copy_button, lane_text, panes};
use crate::components::{blind, device};
use crate::engine::Status;
use crate::live::{click, live, maybe, on_event};
use crate::state::App;
use crate::trying::{Found, Round, Step, Trying, asking, picking};
use crate::words::opening;
use crate::{lazy, publishing, strings};

/// The result of the present generation, as far as it is.
pub(super) fn result(app: App, trying: Trying) -> AnyView {
    // What stands is drawn anew only when there is another generation.
    let id = Memo::new(move |_| {
        trying
            .round
            .with(|round| round.as_ref().map(|round| round.id.clone()))
    });
    let answers = move || {
        id.get().map(|_| {
            view! {
                <details class="try__answers" prop:open=crate::live::flag(move || is_reading(trying))>
                    <summary>{strings::try_all_answers()}</summary>
                    {panes(app, trying)}
                </details>
            }
            .into_any()
        })
    };
    let offer = move || {
        trying.judged.get()?;
        Some(lazy::part(app, publishing::offer()))
    };
    view! {
        <div class="try__result">
            {live(move || state(app, trying))}
            <div>{maybe(offer)}</div>
            {maybe(answers)}
            <div>{maybe(move || again(app, trying))}</div>
        </div>
    }
    .into_any()
}

/// Whether the answers themselves are what is looked at now.
fn is_reading(trying: Trying) -> bool {
    matches!(
        trying.step.get(),
        Step::Streaming | Step::Ranking | Step::Download(_) | Step::Unranked(_)
    )
}

fn state(app: App, trying: Trying) -> AnyView {
    match trying.step.get() {
        Step::Idle | Step::Streaming => ().into_any(),
        Step::Asking => view! { <p role="status">{strings::try_asking()}</p> }.into_any(),
        Step::Ranking => view! { <div class="card" role="status">{live(move || ranking(app, trying))}</div> }.into_any(),
        Step::Download(size) => view! {
            <div class="notice" role="alert">
                <p>{strings::try_download(size)}</p>
                <div class="actions">
                    <button type="button" class="button button--primary" on:click=click(move |_| picking::rank(trying, app, true))>{strings::try_download_yes()}</button>
                    <button type="button" class="button" on:click=click(move |_| picking::leave(trying, app))>{strings::compare_not_now()}</button>
                </div>
            </div>
        }
        .into_any(),
        Step::Blind(pair) => blind::board(app, trying, pair),
        Step::Picked => live(move || picked(app, trying)).into_any(),
        Step::Unranked(why) => view! { <p class="notice" role="alert">{why}</p> }.into_any(),
        Step::Failed(why) => view! { <p class="notice" role="alert">{why}</p> }.into_any(),
    }
}

fn ranking(app: App, trying: Trying) -> AnyView {
    download(app, trying.comparing).unwrap_or_else(|| {
        let engine = trying.comparing.engine(app);
        let words = match engine.status.get() {
            Status::Failed(why) => why,
            _ => strings::try_ranking().to_owned(),
        };
        view! { <p>{words}</p> }.into_any()
    })
}

fn again(app: App, trying: Trying) -> Option<AnyView> {
    let is_over = matches!(
        trying.step.get(),
        Step::Picked | Step::Unranked(_) | Step::Failed(_)
    );
    if !is_over {
        return None;
    }
    let is_unranked = matches!(trying.step.get(), Step::Unranked(_))
        && trying.round.with(|round| {
            let can_be = |round| picking::rankable(trying, round).len() > 1;
            round.as_ref().is_some_and(can_be)
        });
    let rank = is_unranked.then(|| {
        view! { <button type="button" class="button button--primary" on:click=click(move |_| picking::rank(trying, app, false))>{strings::try_rank_them()}</button> }
            .into_any()
    });
    Some(
        view! {
            <div class="actions">
                {rank}
                <button type="button" class="button" on:click=click(move |_| trying.start(app))>{strings::try_once_more()}</button>
                <button type="button" class="button" on:click=click(|_| asking::focus_prompt())>{strings::try_edit_prompt()}</button>
            </div>
        }
        .into_any(),
    )
}

fn picked(app: App, trying: Trying) -> AnyView {
    let (Some(found), Some(round)) = (trying.found.get(), trying.round.get_untracked()) else {
        return ().into_any();
    };
    let open = StoredValue::new(vec![false; found.panes.len()]);
    let found = StoredValue::new(found);
    let round = StoredValue::new(round);
    let best = Memo::new(move |_| {
        trying
            .edits
            .with(|edits| found.with_value(|found| found.best(edits)))
    });
    let lead =
        move || {
            let best = best.get()?;
            Some(found.with_value(|found| {
                round.with_value(|round| pick(app, trying, found, round, best))
            }))
        };
    let list = move || {
        found.with_value(|found| round.with_value(|round| list(app, trying, found, round, open)))
    };
    let known = found.with_value(|found| match found.reranked.examples {
        0 => strings::try_knows_nothing().to_owned(),
        examples => strings::try_knows(examples as usize),
    });
    let traits = found.with_value(|found| found.reranked.traits.clone());
    let traits = (!traits.is_empty()).then(|| sliders(app, trying, &traits));
    let ran = move || {
        let reason = trying.comparing.reason.get();
        let report = trying.comparing.engine(app).device.get()?;
        (!reason.is_empty())
            .then(|| view! { <p class="quiet">{device::sentence(&report, &reason)}</p> }.into_any())
    };
    view! {
        {maybe(lead)}
        <div class="try__columns">
            <section class="card" aria-labelledby="try-ranking">
                <h2 id="try-ranking">{strings::try_ranked()}</h2>
                <p class="quiet">{known}" "{strings::try_score_note()}</p>
                {live(list)}
                {maybe(ran)}
            </section>
            {traits}
        </div>
    }
    .into_any()
}

/// Place of an answer as it was shown, from 1.
fn shown_place(round: &Round, at: usize) -> usize {
    round
        .order
        .iter()
        .position(|held| *held == at)
        .unwrap_or_default()
        + 1
}

fn scored(found: &Found, at: usize) -> Option<&Scored> {
    let candidate = found.panes.iter().position(|held| *held == at)?;
    found.reranked.scores.get(candidate)
}

fn pick(app: App, trying: Trying, found: &Found, round: &Round, best: usize) -> AnyView {
    let place = shown_place(round, best);
    let is_default = round.default_pane() == Some(best);
    let note = if is_default {
        strings::try_pick_is_default().to_owned()
    } else if is_close(trying, found) {
        strings::try_pick_close().to_owned()
    } else {
        String::new()
    };
    let why = scored(found, best).map(|scored| receipts(app, trying, scored));
    view! {
        <section class="card card--lead try__pick" aria-labelledby="try-result">
            <h2 id="try-result" tabindex="-1">{strings::try_pick(place)}</h2>
            <p class="quiet">{note}</p>
            <h3 class="visually-hidden">{strings::try_answer(place)}</h3>
            {lane_text(trying, best)}
            {made(trying, round, best)}
            {copy_button(app, trying, place, best)}
            <details class="why" open>
                <summary>{strings::try_why()}</summary>
                <div class="why__content">{why}</div>
            </details>
        </section>
    }
    .into_any()
}

/// Whether the first two are too near to each other to tell.
fn is_close(trying: Trying, found: &Found) -> bool {
    let (ranking, scores) = trying.edits.with_untracked(|edits| found.ranking(edits));
    let [first, second, ..] = ranking.as_slice() else {
        return false;
    };
    let sd = |at: &usize| {
        found
            .reranked
            .scores
            .get(*at)
            .map_or(0.0, |scored| scored.sd)
    };
    scores[*first] - scores[*second] < sd(first).max(sd(second))
}

/// How an answer came about: what it was asked for, and who wrote it.
fn made(trying: Trying, round: &Round, at: usize) -> AnyView {
    let asked = round.panes[at].directive.clone();
    let is_default = round.default_pane() == Some(at);
    let author = move || {
        let author = trying.authors.with(|authors| authors.get(at).cloned())?;
        (!author.is_empty()).then(|| {
            view! { <div><dt>{strings::reveal_wrote()}</dt><dd>{author}</dd></div> }.into_any()
        })
    };
    let asked = asked.map(|asked| {
        view! { <div><dt>{strings::reveal_asked()}</dt><dd lang="en">{asked}</dd></div> }.into_any()
    });
    let default = is_default
        .then(|| view! { <p><span class="tag">{strings::try_default()}</span></p> }.into_any());
    view! { {default}<dl class="made">{maybe(author)}{asked}</dl> }.into_any()
}

fn list(
    app: App,
    trying: Trying,
    found: &Found,
    round: &Round,
    open: StoredValue<Vec<bool>>,
) -> AnyView {
    let (ranking, scores) = trying.edits.with(|edits| found.ranking(edits));
    let sds = || found.reranked.scores.iter().map(|scored| scored.sd);
    let span = Span::of(scores.iter().copied().zip(sds()));
    let rows: Vec<AnyView> = ranking
        .iter()
        .map(|candidate| {
            let at = found.panes[*candidate];
            let place = shown_place(round, at);
            let (score, sd) = (scores[*candidate], found.reranked.scores[*candidate].sd);
            let begins = trying.lanes.with_value(|lanes| opening(&lanes.0[at].text));
            let default = (round.default_pane() == Some(at))
                .then(|| view! { " "<span class="tag">{strings::try_default()}</span> }.into_any());
            let candidate = *candidate;
            let is_open = RwSignal::new(open.with_value(|open| open[candidate]));
            let turn = move |event: web_sys::Event| {
                let now = event_target::<web_sys::Element>(&event).has_attribute("open");
                open.update_value(|open| open[candidate] = now);
                is_open.set(now);
            };
            let scored = found.reranked.scores[candidate].clone();
            let made = StoredValue::new((scored, round.clone()));
            let more = move || {
                is_open.get().then(|| {
                    made.with_value(|(scored, round)| {
                        view! {
                            <div class="why__content">
                                {lane_text(trying, at)}
                                {self::made(trying, round, at)}
                                {receipts(app, trying, scored)}
                            </div>
                        }
                        .into_any()
                    })
                })
            };
            view! {
                <li data-answer=place.to_string()>
                    <h3 class="ranked__head">{strings::try_answer(place)}{default}</h3>
                    <p class="ranked__score">{score_words(score, sd)}</p>
                    {score_bar(score, sd, span)}
                    <details class="why" open=is_open.get_untracked() on:toggle=on_event(turn)>
                        <summary lang="en">{begins}</summary>
                        {maybe(more)}
                    </details>
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ol class="ranked">{rows}</ol> }.into_any()
}
