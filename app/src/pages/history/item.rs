//! One vote of the list: what was asked, said and done with it.

use std::sync::Arc;

use leptos::prelude::*;
use palate_shared::event::VoteEvent;
use palate_shared::ids::ComparisonId;

use super::form::form;
use super::past::{Past, Row, element_id};
use crate::components::answer;
use crate::history::Vote;
use crate::live::{attribute, click, live, maybe, words};
use crate::words::opening;
use crate::{dom, packs, strings};

/// One vote. Its parts follow their own signals, so that a change elsewhere leaves it alone.
pub(super) fn item(past: Past, id: ComparisonId) -> AnyView {
    let element = element_id(&id);
    let heading = format!("{element}-prompt");
    let with_answers = RwSignal::new(false);
    let row = {
        let id = id.clone();
        Memo::new(move |_| past.row(&id))
    };
    let prompt = move || {
        let text = row.with(|row| row.as_ref().and_then(|row| row.prompt.clone()));
        text.unwrap_or_else(|| strings::history_no_prompt().to_owned())
    };
    let is_known = move || row.with(|row| row.as_ref().is_some_and(|row| row.prompt.is_some()));
    let english = attribute(move || is_known().then_some("en"));
    let facts = move || match row.get() {
        Some(row) => facts(past, &row.vote),
        None => ().into_any(),
    };
    let open = {
        let id = id.clone();
        Memo::new(move |_| past.is_open(&id))
    };
    let answers = move || {
        let row = row.get().filter(|_| with_answers.get() || open.get())?;
        Some(answers(past, &row.vote))
    };
    let controls = {
        let heading = heading.clone();
        move || match row.get() {
            Some(row) if open.get() => form(past, row),
            Some(row) => actions(past, row, with_answers, &heading),
            None => ().into_any(),
        }
    };
    let failure = move || {
        let (failed, why) = past.failed.get()?;
        (failed == id).then(|| {
            view! { <p class="notice" role="alert">{strings::history_not_saved()}" "{why}</p> }
                .into_any()
        })
    };
    view! {
        <li class="past card" id=element>
            <h2 class="past__prompt" id=heading tabindex="-1" lang=english>{words(prompt)}</h2>
            {live(facts)}
            {maybe(answers)}
            {live(controls)}
            {maybe(failure)}
        </li>
    }
    .into_any()
}

fn fact(name: &'static str, value: AnyView) -> AnyView {
    view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any()
}

fn time(at_ms: u64) -> AnyView {
    view! { <time datetime=dom::iso_time(at_ms)>{dom::local_time(at_ms)}</time> }.into_any()
}

fn facts(past: Past, vote: &Vote) -> AnyView {
    let now = vote.now();
    let touched = vote.before().map(|before| {
        let said = strings::history_said(before);
        view! {
            {fact(strings::history_changed_at(), time(now.at_ms))}
            {fact(strings::history_before(), said.into_any())}
        }
        .into_any()
    });
    let server = {
        let vote = vote.clone();
        move || {
            let standing = past.app.outbox.with(|entries| vote.on_server(entries));
            let said = strings::history_server(&standing)?;
            Some(fact(strings::history_server_label(), said.into_any()))
        }
    };
    let quote = packs::is_told_by_answers(now.pack.as_str()).then(|| {
        quote(
            past,
            now,
            &format!("{}-quote", element_id(vote.comparison())),
        )
    });
    view! {
        {quote}
        <p class="past__said" class:past__said--gone=now.withdrawn>{strings::history_said(now)}</p>
        <dl class="past__facts">
            {fact(strings::history_when(), time(vote.first().at_ms))}
            {fact(strings::pack_label(), strings::pack_title(now.pack.as_str()).into_any())}
            {touched}
            {fact(strings::history_chosen_label(), strings::history_chosen(now.policy).into_any())}
            {fact(strings::history_used_label(), strings::history_used(vote.used()).into_any())}
            {maybe(server)}
        </dl>
    }
    .into_any()
}

/// What was chosen, or else what was shown, where the question is the same for many votes.
fn quote(past: Past, event: &VoteEvent, id: &str) -> AnyView {
    let best = event.judgment.groups.first();
    let chosen = best.filter(|best| best.len() < event.shown.len());
    let quotes: Vec<AnyView> = chosen
        .unwrap_or(&event.shown)
        .iter()
        .filter_map(|id| past.response(&event.pack, id))
        .map(|response| {
            view! { <span class="past__quote" lang="en">"“"{opening(&response.text)}"”"</span> }
                .into_any()
        })
        .collect();
    view! { <p id=id.to_owned()>{quotes}</p> }.into_any()
}

/// The answers in the order in which they were shown.
fn answers(past: Past, vote: &Vote) -> AnyView {
    let panes: Vec<AnyView> = vote
        .now()
        .shown
        .iter()
        .enumerate()
        .filter_map(|(at, id)| {
            let response = past.response(&vote.now().pack, id)?;
            let name = strings::answer(at);
            Some(
                view! {
                    <article class="answer">
                        <h3 class="answer__name">
                            <span class="answer__letter" aria-hidden="true">{strings::letter(at)}</span>
                            {name}
                        </h3>
                        {answer::body(&response.text, name, answer::ENGLISH)}
                    </article>
                }
                .into_any(),
            )
        })
        .collect();
    if panes.is_empty() {
        return view! { <p class="quiet">{strings::history_no_prompt()}</p> }.into_any();
    }
    view! { <div class="past__answers">{panes}</div> }.into_any()
}

fn actions(past: Past, row: Arc<Row>, with_answers: RwSignal<bool>, heading: &str) -> AnyView {
    let about = || format!("{heading} {}-quote", element_id(row.vote.comparison()));
    let withdrawn = row.vote.now().withdrawn;
    let change = (!withdrawn).then(|| {
        let (one, two) = (row.clone(), row.clone());
        view! {
            <button type="button" class="button past__change" aria-describedby=about() on:click=click(move |_| past.open(&one.vote))>
                {strings::history_change()}
            </button>
            <button type="button" class="button" aria-describedby=about() on:click=click(move |_| past.withdraw(&two.vote))>
                {strings::history_withdraw()}
            </button>
        }
        .into_any()
    });
    let undo = row.vote.before().is_some().then(|| {
        let row = row.clone();
        let name = if withdrawn {
            strings::history_undo_withdrawal()
        } else {
            strings::history_undo_change()
        };
        view! {
            <button type="button" class="button past__undo" aria-describedby=about() on:click=click(move |_| past.undo(&row.vote))>
                {name}
            </button>
        }
        .into_any()
    });
    let label = move || {
        if with_answers.get() {
            strings::history_hide().to_owned()
        } else {
            strings::history_answers().to_owned()
        }
    };
    let expanded = words(move || with_answers.get().to_string());
    view! {
        <div class="actions">
            {change}
            {undo}
            <button
                type="button"
                class="link-button"
                aria-expanded=expanded
                aria-describedby=about()
                on:click=click(move |_| with_answers.update(|shown| *shown = !*shown))
            >
                {words(label)}
            </button>
        </div>
    }
    .into_any()
}
