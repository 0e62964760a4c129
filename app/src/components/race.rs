//! The race: in plain words, in figures, and as curves. Each follows the votes on the present pack.

use leptos::prelude::*;
use palate_shared::ids::MethodId;
use palate_shared::stats::{Share, TOO_EARLY};

use crate::components::chart::{Line, curves, legend_line, odds_bar};
use crate::components::reveal::method_name;
use crate::live::{flag, live, on_event, words};
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
    let is_shown = |score: &&Score| is_baseline(&score.method) || score.method.as_str() == PICTURE;
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

/// A name that says on how many votes it was scored, where those are fewer than the others'.
fn head(app: App, score: &Score, most: u32) -> AnyView {
    let (id, n) = (score.method.0.clone(), score.share.n);
    let text = move || {
        let name = name(app, &id);
        if n == most {
            name
        } else {
            strings::race_fewer(name, n)
        }
    };
    view! { <th scope="row">{words(text)}</th> }.into_any()
}

/// A figure with its interval below it.
fn figure(value: String, low: String, high: String) -> AnyView {
    view! { <td>{value}<span class="table__range">{strings::range(low, high)}</span></td> }
        .into_any()
}

fn price(mean: Mean) -> AnyView {
    let [value, low, high] =
        [mean.value, mean.low, mean.high].map(|value| locale::decimal(value.max(0.0), 2));
    figure(value, low, high)
}

/// Rows in two groups, each under its name.
fn groups(
    scores: &[Score],
    columns: &'static str,
    row: impl Fn(&Score) -> AnyView,
) -> Vec<AnyView> {
    [
        (true, strings::race_baselines()),
        (false, strings::race_others()),
    ]
    .into_iter()
    .filter_map(|(baselines, title)| {
        let of_group = scores
            .iter()
            .filter(|score| is_baseline(&score.method) == baselines);
        let rows: Vec<AnyView> = of_group.map(&row).collect();
        (!rows.is_empty()).then(|| {
            view! {
                <tbody>
                    <tr><th class="table__group" scope="rowgroup" colspan=columns>{title}</th></tr>
                    {rows}
                </tbody>
            }
            .into_any()
        })
    })
    .collect()
}

fn framed<const N: usize>(
    caption: String,
    columns: [&'static str; N],
    body: Vec<AnyView>,
) -> AnyView {
    let head: Vec<AnyView> = columns
        .into_iter()
        .map(|name| view! { <th scope="col">{name}</th> }.into_any())
        .collect();
    let label = caption.clone();
    view! {
        <div class="scroll-x" tabindex="0" role="group" aria-label=label>
            <table class="table table--figures">
                <caption>{caption}</caption>
                <thead><tr>{head}</tr></thead>
                {body}
            </table>
        </div>
    }
    .into_any()
}

fn scores_table(app: App, scores: &[Score]) -> AnyView {
    let most = votes(scores);
    let row = |score: &Score| {
        let head = head(app, score, most);
        if score.is_too_early() {
            return view! { <tr>{head}<td colspan="3">{strings::me_too_early()}</td></tr> }
                .into_any();
        }
        let share = score.share;
        let [value, low, high] = [share.value, share.low, share.high].map(percent);
        let figures = if score.method.as_str() == COIN {
            // What a coin is worth is known.
            let of = |text: String| view! { <td>{text}</td> }.into_any();
            [
                of(value),
                of(locale::decimal(score.log_loss.value, 2)),
                of(locale::decimal(score.brier.value, 2)),
            ]
        } else {
            [
                figure(value, low, high),
                price(score.log_loss),
                price(score.brier),
            ]
        };
        view! { <tr>{head}{figures.into_iter().collect::<Vec<AnyView>>()}</tr> }.into_any()
    };
    framed(
        strings::race_votes(most as usize),
        [
            strings::col_method(),
            strings::race_share(),
            strings::race_log_loss(),
            strings::race_brier(),
        ],
        groups(scores, "4", row),
    )
}

fn pairs_table(app: App, scores: &[Score], over: &[Vec<Lead>; 2]) -> AnyView {
    let cell = |leads: &[Lead], method: &MethodId| {
        let Some(lead) = leads.iter().find(|lead| lead.method == *method) else {
            return view! { <td>"–"</td> }.into_any();
        };
        let verdict = lead.verdict();
        if verdict == Verdict::TooEarly {
            return view! { <td>{strings::me_too_early()}</td> }.into_any();
        }
        let [value, low, high] = [lead.gain.value, lead.gain.low, lead.gain.high].map(signed);
        view! {
            <td>
                {value}
                <span class="table__range">{strings::range(low, high)}</span>
                <span class="table__verdict">{strings::race_verdict(verdict)}</span>
            </td>
        }
        .into_any()
    };
    let row = |score: &Score| {
        let cells: Vec<AnyView> = over
            .iter()
            .map(|leads| cell(leads, &score.method))
            .collect();
        view! { <tr>{head(app, score, score.share.n)}{cells}</tr> }.into_any()
    };
    framed(
        strings::race_pairs().to_owned(),
        [
            strings::col_method(),
            strings::race_against_population(),
            strings::race_against_ridge(),
        ],
        groups(scores, "3", row),
    )
}

/// How a method's line looks: every baseline its own way, the chosen method another.
fn look(method: &MethodId) -> usize {
    let baseline = BASELINES.iter().position(|id| *id == method.as_str());
    baseline.unwrap_or(BASELINES.len())
}

/// Running scores over all votes: baselines, and one method with its band.
pub(crate) fn curve(app: App) -> AnyView {
    let series = Memo::new(move |_| {
        let pack = app.library.pack.get();
        app.events.with(|events| race::prequential(events, pack))
    });
    let wanted = RwSignal::new(None::<MethodId>);
    let chosen = Memo::new(move |_| {
        let wanted = wanted.get();
        series.with(|series| {
            let by = |is: &dyn Fn(&MethodId) -> bool| {
                let found = series.iter().find(|curve| is(&curve.method));
                found.map(|curve| curve.method.clone())
            };
            by(&|method| Some(method) == wanted.as_ref())
                .or_else(|| by(&|method| method.as_str() == PICTURE))
                .or_else(|| by(&|method| !is_baseline(method)))
        })
    });
    let content = move || {
        let have = series.with(|series| most_votes(series));
        if have < TOO_EARLY as usize {
            return view! { <p class="notice">{strings::me_too_early()}"."</p> }.into_any();
        }
        let figure = move || series.with(|series| drawing(app, series, chosen.get().as_ref()));
        view! {
            {series.with_untracked(|series| choice(app, series, chosen, wanted))}
            {live(figure)}
            {series.with_untracked(|series| curve_table(app, series, have))}
        }
        .into_any()
    };
    view! { {live(content)} }.into_any()
}

fn most_votes(series: &[Curve]) -> usize {
    let lengths = series.iter().map(|curve| curve.shares.len());
    lengths.max().unwrap_or(0)
}

fn choice(
    app: App,
    series: &[Curve],
    chosen: Memo<Option<MethodId>>,
    wanted: RwSignal<Option<MethodId>>,
) -> AnyView {
    let options: Vec<AnyView> = series
        .iter()
        .filter(|curve| curve.method.as_str() != COIN)
        .map(|curve| {
            let (id, value, label) = (curve.method.clone(), curve.method.0.clone(), curve.method.0.clone());
            let is_chosen = move || chosen.with(|chosen| chosen.as_ref() == Some(&id));
            view! { <option value=value prop:selected=flag(is_chosen)>{words(move || name(app, &label))}</option> }.into_any()
        })
        .collect();
    let choose = move |event| wanted.set(Some(event_target_value(&event).into()));
    view! {
        <label class="topic">
            <span>{strings::race_curve_of()}</span>
            <select on:change=on_event(choose)>{options}</select>
        </label>
    }
    .into_any()
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
                let range = strings::range(percent(last.low), percent(last.high));
                format!("{} ({range})", percent(last.value))
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
    let head: Vec<AnyView> = steps
        .iter()
        .map(|at| view! { <th scope="col">{*at}</th> }.into_any())
        .collect();
    let rows: Vec<AnyView> = series
        .iter()
        .map(|curve| {
            let id = curve.method.0.clone();
            let share = |at: &usize| curve.shares.get(at - 1).map(|share| percent(share.value));
            let cells: Vec<AnyView> = steps
                .iter()
                .map(|at| view! { <td>{share(at).unwrap_or_default()}</td> }.into_any())
                .collect();
            view! { <tr><th scope="row">{words(move || name(app, &id))}</th>{cells}</tr> }
                .into_any()
        })
        .collect();
    view! {
        <details>
            <summary>{strings::me_curve_table()}</summary>
            <div class="scroll-x" tabindex="0" role="group" aria-label=strings::me_curve_table()>
                <table class="table">
                    <thead><tr><th scope="col">{strings::col_method()}</th>{head}</tr></thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
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
