//! Votes by day and by outcome, and prompts by how many people judged them: each as bars and as a table.

use leptos::prelude::*;
use palate_shared::api::figures::{Counted, Figures, PromptCell};

use crate::components::chart::share_bar;
use crate::components::columns::columns;
use crate::components::table::{Cell, captioned, line};
use crate::strings;
use crate::words::percent;

/// A bar with its name.
struct Bar {
    name: String,
    count: Option<u64>,
}

pub(super) fn section(figures: &Figures) -> AnyView {
    let outcomes: Vec<Bar> = figures.outcomes.iter().map(outcome).collect();
    let prompts: Vec<Bar> = figures.raters_per_prompt.iter().map(cell).collect();
    view! {
        <section class="release-part" id="counts">
            <h2>{strings::figures_counts()}</h2>
            <p>{strings::figures_counts_lead()}</p>
            <div class="described described--wide">
                {days(&figures.days)}
                {bars(strings::figures_outcomes(), strings::sample_outcome(), strings::figures_votes(), None, &outcomes)}
                {bars(strings::figures_raters(), strings::figures_people(), strings::figures_prompts(), Some(strings::figures_raters_note()), &prompts)}
            </div>
        </section>
    }
    .into_any()
}

fn outcome(counted: &Counted) -> Bar {
    Bar {
        name: strings::outcome_said(&counted.name).to_owned(),
        count: Some(counted.votes),
    }
}

fn cell(cell: &PromptCell) -> Bar {
    Bar {
        name: match cell.to {
            Some(to) if to == cell.from => strings::figure_people(to as usize),
            Some(to) => strings::figure_from_to(cell.from, to),
            None => strings::figure_from(cell.from),
        },
        count: cell.prompts,
    }
}

fn said(count: Option<u64>) -> String {
    count.map_or_else(
        || strings::figures_left_out().to_owned(),
        |count| count.to_string(),
    )
}

fn bars(
    heading: &'static str,
    what: &'static str,
    unit: &'static str,
    note: Option<&'static str>,
    bars: &[Bar],
) -> AnyView {
    let sum: u64 = bars.iter().filter_map(|bar| bar.count).sum();
    let share = |bar: &Bar| bar.count.unwrap_or(0) as f64 / sum.max(1) as f64;
    let drawn: Vec<AnyView> = bars
        .iter()
        .map(|bar| {
            view! {
                <li>
                    <span class="race__name">{bar.name.clone()}</span>
                    <span class="race__said">{said(bar.count)}</span>
                    {share_bar(share(bar))}
                </li>
            }
            .into_any()
        })
        .collect();
    let rows = bars
        .iter()
        .map(|bar| {
            let of_all = bar.count.map(|_| percent(share(bar))).unwrap_or_default();
            line(
                bar.name.clone().into_any(),
                vec![Cell::plain(said(bar.count)), Cell::plain(of_all)],
            )
        })
        .collect();
    let heads = [what, unit, strings::figures_share()];
    let note = note.map(|note| view! { <p class="quiet">{note}</p> });
    figure(
        heading,
        view! { <ul class="race">{drawn}</ul>{note} }.into_any(),
        captioned(heading.to_owned(), &heads, rows),
    )
}

fn days(days: &[Counted]) -> AnyView {
    let bars: Vec<(&str, u64)> = days
        .iter()
        .map(|day| (day.name.as_str(), day.votes))
        .collect();
    let rows = days
        .iter()
        .map(|day| {
            let name = view! { <time>{day.name.clone()}</time> };
            line(name.into_any(), vec![Cell::plain(day.votes.to_string())])
        })
        .collect();
    let heading = strings::figures_days();
    let heads = [strings::sample_day(), strings::figures_votes()];
    figure(
        heading,
        columns(heading, &bars),
        captioned(heading.to_owned(), &heads, rows),
    )
}

fn figure(heading: &'static str, drawn: AnyView, table: AnyView) -> AnyView {
    view! {
        <figure class="figure">
            <figcaption><strong>{heading}</strong></figcaption>
            {drawn}
            <details>
                <summary>{strings::figures_table()}</summary>
                {table}
            </details>
        </figure>
    }
    .into_any()
}
