//! The race: in plain words, in figures, and as curves. Each follows the votes on the present pack.

use std::sync::Arc;

use leptos::prelude::*;
use palate_shared::ids::MethodId;
use palate_shared::stats::{Share, TOO_EARLY};

use crate::components::chart::{Line, curves, legend_line, odds_bar};
use crate::components::reveal::method_name;
use crate::components::select::select;
use crate::components::table::{Cell, captioned, line, table};
use crate::live::{live, words};
use crate::race::{
    self, BASELINES, COIN, Curve, Lead, Mean, PICTURE, POPULATION, RIDGE, Score, Verdict,
};
use crate::state::App;
use crate::words::{percent, signed};
use crate::{locale, strings};

/// Columns of the curve's table at the most.
const COLUMNS: usize = 12;

/// Name of a method, also before the worker has told its own.
fn name(app: App, id: &str) -> String {
    let told = method_name(app, id);
    match strings::method_named(id) {
        Some(known) if told == id => known.to_owned(),
        _ => told,
    }
}

fn is_baseline(method: &MethodId) -> bool {
    BASELINES.contains(&method.as_str())
}

/// Most held-out votes that a method forecast.
fn votes(scores: &[Score]) -> u32 {
    scores.iter().map(|score| score.share.n).max().unwrap_or(0)
}

fn too_early(have: u32) -> AnyView {
    view! { <p class="notice">{strings::too_early(have as usize, TOO_EARLY)}</p> }.into_any()
}

/// Who was right how often: baselines and the method behind the picture at once, the others folded.
pub(crate) fn in_words(app: App) -> AnyView {
    let content = move || {
        let pack = app.library.pack.get();
        app.events.with(|events| {
            let scores = race::held_out(events, pack);
            if votes(&scores) < TOO_EARLY {
                return too_early(votes(&scores));
            }
            said(app, &scores, &race::leads(events, pack, POPULATION))
        })
    };
    view! { {live(content)} }.into_any()
}

fn said(app: App, scores: &[Score], leads: &[Lead]) -> AnyView {
    let is_shown = |score: &&Score| race::is_shown(score.method.as_str(), scores.len());
    let rows = |scores: Vec<&Score>| -> Vec<AnyView> {
        scores.into_iter().map(|score| row(app, score)).collect()
    };
    let shown = rows(scores.iter().filter(is_shown).collect());
    let folded = rows(scores.iter().filter(|score| !is_shown(score)).collect());
    let folded = (!folded.is_empty()).then(|| {
        view! {
            <details>
                <summary>{strings::race_fold(folded.len())}</summary>
                <ul class="race">{folded}</ul>
            </details>
        }
        .into_any()
    });
    let verdict = leads
        .iter()
        .find(|lead| lead.method.as_str() == PICTURE)
        .map(Lead::verdict);
    let verdict = verdict.and_then(|verdict| {
        let method = name(app, PICTURE);
        let said = match verdict {
            Verdict::TooEarly => return None,
            Verdict::Unclear => strings::me_race_open(method),
            Verdict::Better => strings::me_race_ahead(method),
            Verdict::Worse => strings::me_race_behind(method),
        };
        Some(view! { <p>{said}</p> }.into_any())
    });
    view! {
        {verdict}
        <ul class="race">{shown}</ul>
        {folded}
    }
    .into_any()
}

/// Votes as people count them: a coin may be half right.
fn count(votes: f64) -> String {
    let digits = usize::from((votes - votes.round()).abs() > 0.01);
    locale::decimal(votes, digits)
}

fn row(app: App, score: &Score) -> AnyView {
    let (share, id) = (score.share, score.method.0.clone());
    let of = f64::from(share.n);
    let right = strings::me_right(count(share.value * of), share.n);
    let (sure, bar) = match score.method.as_str() {
        COIN => (
            None,
            odds_bar(Share {
                low: share.value,
                high: share.value,
                ..share
            }),
        ),
        _ if score.is_too_early() => (Some(strings::me_too_early().to_owned()), ().into_any()),
        _ => {
            let [low, high] = [share.low, share.high].map(|end| count((end * of).round()));
            (Some(strings::me_right_sure(low, high)), odds_bar(share))
        }
    };
    let sure = sure.map(|sure| view! { <span class="quiet">", "{sure}</span> }.into_any());
    view! {
        <li>
            <span class="race__name">{words(move || name(app, &id))}</span>
            <span class="race__said">{right}{sure}</span>
            {bar}
        </li>
    }
    .into_any()
}

/// Everything in figures: each method by itself, and in pairs.
pub(crate) fn in_figures(app: App) -> AnyView {
    let content = move || {
        let pack = app.library.pack.get();
        app.events.with(|events| {
            let scores = race::held_out(events, pack);
            if race::counts(events, pack).0 == 0 {
                return view! { <p class="notice">{strings::race_none()}" "<a href="/rank">{strings::nav_rank()}</a></p> }.into_any();
            }
            if votes(&scores) < TOO_EARLY {
                return too_early(votes(&scores));
            }
            let over = [POPULATION, RIDGE].map(|over| race::leads(events, pack, over));
            view! {
                {scores_table(app, &scores)}
                <p class="quiet">{strings::race_reading()}</p>
                <h3>{strings::race_pairs()}</h3>
                <p>{strings::race_pairs_note()}</p>
                {pairs_table(app, &scores, &over)}
            }
            .into_any()
        })
    };
    view! { {live(content)} }.into_any()
}

fn with_range([value, low, high]: [String; 3]) -> Cell {
    Cell {
        value,
        range: strings::range(low, high),
        verdict: "",
    }
}

fn price(mean: Mean) -> Cell {
    let price = |value: f64| locale::decimal(value.max(0.0), 2);
    with_range([mean.value, mean.low, mean.high].map(price))
}

/// A method's line in a table; `on` is said where it was scored on fewer votes than the others.
fn row_of(app: App, method: &MethodId, on: Option<u32>, cells: Vec<Cell>) -> AnyView {
    let id = method.0.clone();
    let title = move || match on {
        Some(votes) => strings::race_fewer(name(app, &id), votes),
        None => name(app, &id),
    };
    line(words(title).into_any(), cells)
}

/// Rows in two groups, each under its name.
fn groups(scores: &[Score], row: impl Fn(&Score) -> AnyView) -> Vec<AnyView> {
    [
        (true, strings::race_baselines()),
        (false, strings::race_others()),
    ]
    .into_iter()
    .flat_map(|(baselines, title)| {
        let of_group = scores
            .iter()
            .filter(|score| is_baseline(&score.method) == baselines);
        let mut rows: Vec<AnyView> = of_group.map(&row).collect();
        if !rows.is_empty() {
            let title = view! { <tr><th class="table__group" scope="rowgroup" colspan="4">{title}</th></tr> };
            rows.insert(0, title.into_any());
        }
        rows
    })
    .collect()
}

fn scores_table(app: App, scores: &[Score]) -> AnyView {
    let most = votes(scores);
    let row = |score: &Score| {
        let share = score.share;
        let cells = if score.is_too_early() {
            [strings::me_too_early(), "–", "–"].map(Cell::plain).into()
        } else if score.method.as_str() == COIN {
            // What a coin is worth is known.
            let known = |mean: Mean| Cell::plain(locale::decimal(mean.value, 2));
            let share = Cell::plain(percent(share.value));
            vec![share, known(score.log_loss), known(score.brier)]
        } else {
            vec![
                with_range([
                    percent(share.value),
                    locale::decimal(share.low * 100.0, 0),
                    percent(share.high),
                ]),
                price(score.log_loss),
                price(score.brier),
            ]
        };
        row_of(
            app,
            &score.method,
            (share.n < most).then_some(share.n),
            cells,
        )
    };
    let columns = [
        strings::col_method(),
        strings::race_share(),
        strings::race_log_loss(),
        strings::race_brier(),
    ];
    captioned(
        strings::race_votes(most as usize),
        &columns,
        groups(scores, row),
    )
}

fn pairs_table(app: App, scores: &[Score], over: &[Vec<Lead>; 2]) -> AnyView {
    let cell = |leads: &[Lead], method: &MethodId| {
        let Some(lead) = leads.iter().find(|lead| lead.method == *method) else {
            return Cell::plain("–");
        };
        let verdict = lead.verdict();
        if verdict == Verdict::TooEarly {
            return Cell::plain(strings::me_too_early());
        }
        let gain = lead.gain;
        Cell {
            verdict: strings::race_verdict(verdict),
            ..with_range([gain.value, gain.low, gain.high].map(signed))
        }
    };
    let row = |score: &Score| {
        let cells = over.iter().map(|leads| cell(leads, &score.method));
        row_of(app, &score.method, None, cells.collect())
    };
    let columns = [
        strings::col_method(),
        strings::race_against_population(),
        strings::race_against_ridge(),
    ];
    captioned(
        strings::race_pairs().to_owned(),
        &columns,
        groups(scores, row),
    )
}

/// How a method's line looks: every baseline its own way, the chosen method another.
fn look(method: &MethodId) -> usize {
    let baseline = BASELINES.iter().position(|id| *id == method.as_str());
    baseline.unwrap_or(BASELINES.len())
}

/// Running scores over all votes: baselines, and one method with its band.
pub(crate) fn curve(app: App) -> AnyView {
    let wanted = RwSignal::new(None::<String>);
    let content = move || {
        let pack = app.library.pack.get();
        let series = app.events.with(|events| race::prequential(events, pack));
        let have = most_votes(&series);
        if have < TOO_EARLY as usize {
            return view! { <p class="notice">{strings::me_too_early()}"."</p> }.into_any();
        }
        let table = curve_table(app, &series, have);
        let series = Arc::new(series);
        let choice = choice(app, series.clone(), wanted);
        let figure = move || drawing(app, &series, chosen(&series, wanted));
        view! { {choice}{live(figure)}{table} }.into_any()
    };
    view! { {live(content)} }.into_any()
}

/// The method that was asked for, else the one behind the picture, else the first that is no baseline. Tracks the wish.
fn chosen(series: &[Curve], wanted: RwSignal<Option<String>>) -> Option<&MethodId> {
    let wanted = wanted.read();
    let rank = |method: &MethodId| match method.as_str() {
        id if Some(id) == wanted.as_deref() => 0,
        PICTURE => 1,
        _ if !is_baseline(method) => 2,
        _ => 3,
    };
    let methods = series.iter().map(|curve| &curve.method);
    methods.filter(|id| rank(id) < 3).min_by_key(|id| rank(id))
}

fn most_votes(series: &[Curve]) -> usize {
    let lengths = series.iter().map(|curve| curve.shares.len());
    lengths.max().unwrap_or(0)
}

fn choice(app: App, series: Arc<Vec<Curve>>, wanted: RwSignal<Option<String>>) -> AnyView {
    let options = series
        .iter()
        .map(|curve| curve.method.0.clone())
        .filter(|id| id != COIN)
        .map(|id| (id.clone(), name(app, &id)))
        .collect();
    select(
        "topic",
        strings::race_curve_of(),
        None,
        options,
        Arc::new(move |id| chosen(&series, wanted).is_some_and(|chosen| chosen.as_str() == id)),
        Box::new(move |id| wanted.set(Some(id))),
    )
}

fn drawing(app: App, series: &[Curve], chosen: Option<&MethodId>) -> AnyView {
    let drawn: Vec<&Curve> = series
        .iter()
        .filter(|curve| is_baseline(&curve.method) || Some(&curve.method) == chosen)
        .collect();
    let lines: Vec<Line<'_>> = drawn
        .iter()
        .map(|curve| Line {
            look: look(&curve.method),
            shares: &curve.shares,
            with_band: Some(&curve.method) == chosen,
        })
        .collect();
    let legend: Vec<AnyView> = drawn
        .iter()
        .filter_map(|curve| {
            let (id, last) = (curve.method.0.clone(), curve.last()?);
            let share = if Some(&curve.method) == chosen {
                strings::race_last(percent(last.value), percent(last.low), percent(last.high))
            } else {
                percent(last.value)
            };
            Some(
                view! { <li>{legend_line(look(&curve.method))}{words(move || name(app, &id))}" "<strong>{share}</strong></li> }
                    .into_any(),
            )
        })
        .collect();
    view! {
        <figure class="figure">
            {curves(strings::me_curve(), &lines)}
            <ul class="legend">{legend}</ul>
        </figure>
    }
    .into_any()
}

/// Votes after which the table shows the scores: about [`COLUMNS`] of them, and the last.
fn steps(have: usize) -> Vec<usize> {
    let every = have.div_ceil(COLUMNS).next_multiple_of(5);
    (1..=have)
        .filter(|at| at % every == 0 || *at == have)
        .collect()
}

fn curve_table(app: App, series: &[Curve], have: usize) -> AnyView {
    let steps = steps(have);
    let votes: Vec<String> = steps.iter().map(usize::to_string).collect();
    let mut columns = vec![strings::col_method()];
    columns.extend(votes.iter().map(String::as_str));
    let rows = series
        .iter()
        .map(|curve| {
            let share = |at: &usize| curve.shares.get(at - 1).map(|share| percent(share.value));
            let cells = steps
                .iter()
                .map(|at| Cell::plain(share(at).unwrap_or_default()));
            row_of(app, &curve.method, None, cells.collect())
        })
        .collect();
    view! {
        <details>
            <summary>{strings::me_curve_table()}</summary>
            {table(strings::me_curve_table(), &columns, rows)}
        </details>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_a_curve_stays_narrow_and_ends_at_the_last_vote() {
        assert_eq!(steps(8), [5, 8]);
        assert_eq!(steps(20), [5, 10, 15, 20]);
        for have in [61, 200, 1_000, 10_007] {
            let steps = steps(have);
            assert!(steps.len() <= COLUMNS + 1, "{have}: {steps:?}");
            assert_eq!(steps.last(), Some(&have));
        }
    }

    #[test]
    fn baselines_and_the_chosen_method_look_different() {
        let mut looks: Vec<usize> = BASELINES.iter().map(|id| look(&(*id).into())).collect();
        looks.push(look(&"vpl".into()));
        looks.sort_unstable();
        looks.dedup();
        assert_eq!(looks.len(), BASELINES.len() + 1);
    }
}
