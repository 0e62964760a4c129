//! The form that changes a vote.

use std::sync::Arc;

use leptos::prelude::*;
use palate_shared::judgment::Outcome;

use super::past::{Past, Row, element_id};
use crate::history::Draft;
use crate::live::{click, flag, on_event, on_submit};
use crate::round::Choice;
use crate::strings;

pub(super) fn form(past: Past, row: Arc<Row>) -> AnyView {
    let id = row.vote.comparison().clone();
    let group = element_id(&id);
    let is_pair = row.vote.now().shown.len() == 2;
    let fields = if is_pair {
        pair_fields(past, &group)
    } else {
        many_fields(past, &group, row.vote.now().shown.len())
    };
    let save = move |event: web_sys::SubmitEvent| {
        event.prevent_default();
        past.save(&row.vote);
    };
    view! {
        <form class="past__form" on:submit=on_submit(save)>
            {fields}
            <div class="actions">
                <button type="submit" class="button button--primary">{strings::history_save()}</button>
                <button type="button" class="button" on:click=click(move |_| past.close(&id))>{strings::cancel()}</button>
            </div>
        </form>
    }
    .into_any()
}

/// A radio button that follows the draft.
fn option(
    past: Past,
    group: &str,
    label: &'static str,
    is: impl Fn(&Draft) -> bool + Send + 'static,
    set: impl Fn(&mut Draft) + 'static,
) -> AnyView {
    let checked = move || {
        past.draft
            .with(|draft| draft.as_ref().is_some_and(|(_, draft)| is(draft)))
    };
    let choose = move |_| {
        past.draft.update(|draft| {
            if let Some((_, draft)) = draft {
                set(draft);
            }
        });
    };
    view! {
        <label class="segment">
            <input type="radio" name=group.to_owned() prop:checked=flag(checked) on:change=on_event(choose) />
            <span>{label}</span>
        </label>
    }
    .into_any()
}

fn pair_fields(past: Past, group: &str) -> AnyView {
    let options: Vec<AnyView> = Choice::ALL
        .into_iter()
        .map(|choice| {
            option(
                past,
                group,
                strings::choice(choice),
                move |draft| *draft == Draft::Pair(choice),
                move |draft| *draft = Draft::Pair(choice),
            )
        })
        .collect();
    view! {
        <fieldset>
            <legend>{strings::history_new_vote()}</legend>
            <div class="segments">{options}</div>
        </fieldset>
    }
    .into_any()
}

fn many_fields(past: Past, group: &str, count: usize) -> AnyView {
    let outcomes = [
        Outcome::Ranked,
        Outcome::Equal,
        Outcome::AllUnacceptable,
        Outcome::CantTell,
        Outcome::Skip,
    ];
    let options: Vec<AnyView> = outcomes
        .into_iter()
        .map(|outcome| {
            option(
                past,
                group,
                strings::history_outcome(outcome),
                move |draft| matches!(draft, Draft::Many(held, _) if *held == outcome),
                move |draft| {
                    if let Draft::Many(held, _) = draft {
                        *held = outcome;
                    }
                },
            )
        })
        .collect();
    let ranks: Vec<AnyView> = (0..count)
        .map(|at| rank_field(past, group, at, count))
        .collect();
    view! {
        <fieldset>
            <legend>{strings::history_new_vote()}</legend>
            <div class="segments">{options}</div>
            <div class="past__ranks">{ranks}</div>
        </fieldset>
    }
    .into_any()
}

fn rank_field(past: Past, group: &str, at: usize, count: usize) -> AnyView {
    let field = format!("{group}-rank-{at}");
    let held = move |rank: usize| {
        past.draft.with(|draft| {
            matches!(draft, Some((_, Draft::Many(_, ranks))) if ranks.get(at) == Some(&rank))
        })
    };
    let options: Vec<AnyView> = (1..=count)
        .map(|rank| {
            view! { <option value=rank.to_string() prop:selected=flag(move || held(rank))>{rank}</option> }.into_any()
        })
        .collect();
    let choose = move |event| {
        let rank = event_target_value(&event).parse().unwrap_or(1);
        past.draft.update(|draft| {
            if let Some((_, draft)) = draft {
                draft.rank(at, rank);
            }
        });
    };
    view! {
        <div class="field">
            <label for=field.clone()>{strings::history_rank(strings::letter(at))}</label>
            <select id=field on:change=on_event(choose)>{options}</select>
        </div>
    }
    .into_any()
}
