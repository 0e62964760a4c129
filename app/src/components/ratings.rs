//! The figures of the leaderboard: drawn, in tables, and in words.

use leptos::prelude::*;
use palate_shared::api::leaderboard::{Bias, BoardCaution, BoardRow, Figures, Leaderboard};
use palate_shared::stats::Estimate;

use crate::components::for_you::ForYou;
use crate::components::table::{Cell, captioned, line};
use crate::live::live;
use crate::words::{percent, signed};
use crate::{dom, locale, strings};

/// A maker as it is drawn: value, lower and upper end.
pub(crate) struct Drawn {
    pub(crate) maker: String,
    pub(crate) crowd: Option<[f64; 3]>,
    pub(crate) you: Option<[f64; 3]>,
}

/// A line of its own for each maker, on one scale. Decoration: the table beside it says the same.
pub(crate) fn chart(makers: &[Drawn]) -> AnyView {
    let ends = makers
        .iter()
        .flat_map(|one| [one.crowd, one.you])
        .flatten()
        .flat_map(|[_, low, high]| [low, high])
        .filter(|end| end.is_finite());
    let (from, to) = ends.fold((-0.5, 0.5), |(from, to): (f64, f64), end| {
        (from.min(end), to.max(end))
    });
    let x = move |value: f64| {
        format!(
            "{:.2}%",
            2.0 + 96.0 * ((value - from) / (to - from)).clamp(0.0, 1.0)
        )
    };
    let rows: Vec<AnyView> = makers
        .iter()
        .map(|one| {
            let crowd = one.crowd.map(|[value, low, high]| {
                view! {
                    <line class="odds__range" x1=x(low) x2=x(high) y1="9" y2="9"></line>
                    <circle class="odds__value" cx=x(value) cy="9" r="5"></circle>
                }
                .into_any()
            });
            let you = one.you.map(|[value, low, high]| {
                view! {
                    <line class="interval__range" x1=x(low) x2=x(high) y1="21" y2="21"></line>
                    <svg x=x(value) y="21" class="rating__you"><rect x="-4" y="-4" width="8" height="8"></rect></svg>
                }
                .into_any()
            });
            view! {
                <li class="rating">
                    <span class="rating__maker" lang="en">{one.maker.clone()}</span>
                    <svg class="interval" aria-hidden="true" width="100%" height="28">
                        <line class="interval__zero" x1=x(0.0) x2=x(0.0) y1="0" y2="28"></line>
                        {crowd}
                        {you}
                    </svg>
                </li>
            }
            .into_any()
        })
        .collect();
    view! { <ul class="ratings" aria-hidden="true">{rows}</ul> }.into_any()
}

fn ends(range: &Estimate) -> [f64; 3] {
    [range.value, range.low, range.high]
}

/// A value with its interval below.
fn cell([value, low, high]: [f64; 3]) -> Cell {
    Cell {
        value: signed(value),
        range: strings::range(signed(low), signed(high)),
        verdict: "",
    }
}

/// Everything that is known of a board.
pub(crate) fn ratings(board: &Leaderboard, figures: &Figures, mine: ForYou) -> AnyView {
    let rows = StoredValue::new(figures.rows.clone());
    let drawing = move || {
        let drawn: Vec<Drawn> = rows.with_value(|rows| {
            let drawn = rows.iter().map(|row| Drawn {
                maker: row.maker.clone(),
                crowd: Some(ends(&row.rating)),
                you: mine.of(&row.maker),
            });
            drawn.collect()
        });
        let reading = drawn
            .iter()
            .any(|one| one.you.is_some())
            .then(strings::board_you_reading);
        view! {
            <figure class="figure">
                {chart(&drawn)}
                <figcaption class="quiet">{strings::board_reading()}" "{reading}</figcaption>
            </figure>
            {rows.with_value(|rows| in_figures(rows, mine))}
        }
        .into_any()
    };
    view! {
        <section>
            <h2>{strings::board_ratings()}</h2>
            <p data-testid="board-facts">{strings::board_facts(figures.votes as usize, figures.people)}</p>
            {cautions(figures)}
            {live(drawing)}
            <p class="quiet">{strings::board_robust_note()}</p>
        </section>
        {mine.words()}
        {everyone(figures)}
        {style(board, figures)}
        {fair(figures)}
    }
    .into_any()
}

fn in_figures(rows: &[BoardRow], mine: ForYou) -> AnyView {
    let has_you = rows.iter().any(|row| mine.of(&row.maker).is_some());
    let mut columns = vec![
        strings::board_maker(),
        strings::board_rating(),
        strings::board_ranks(),
        strings::board_robust(),
        strings::board_votes(),
    ];
    columns.extend(has_you.then(strings::board_you));
    let row = |row: &BoardRow| {
        let mut cells = vec![
            cell(ends(&row.rating)),
            Cell::plain(strings::board_rank_range(
                row.rank,
                row.rank_low,
                row.rank_high,
            )),
            Cell::plain(row.without_heaviest.map_or("–".to_owned(), signed)),
            Cell::plain(row.votes.to_string()),
        ];
        if has_you {
            cells.push(mine.of(&row.maker).map_or(Cell::plain("–"), cell));
        }
        line(row.maker.clone().into_any(), cells)
    };
    captioned(
        strings::board_in_figures().to_owned(),
        &columns,
        rows.iter().map(row).collect(),
    )
}

/// Lottery, Borda and Copeland, and what they say where they disagree.
fn everyone(figures: &Figures) -> AnyView {
    let best = |score: fn(&BoardRow) -> f64| {
        let rows = figures.rows.iter();
        rows.max_by(|one, other| score(one).total_cmp(&score(other)))
    };
    let (borda, copeland) = (best(|row| row.borda), best(|row| row.copeland));
    let others = figures.rows.len().saturating_sub(1) as f64;
    let sure = figures.rows.iter().find(|row| row.copeland >= others);
    let mut said = Vec::new();
    match (&figures.circle, sure) {
        (_, Some(row)) => said.push(strings::board_winner(&row.maker)),
        (Some([first, second, third]), None) => {
            said.push(strings::board_circle(first, second, third));
        }
        _ => {}
    }
    if let (Some(borda), Some(copeland)) = (borda, copeland)
        && borda.copeland < copeland.copeland
    {
        said.push(strings::board_differ(&borda.maker, &copeland.maker));
    }
    let said = said
        .into_iter()
        .map(|words| view! { <p>{words}</p> }.into_any());
    let row = |row: &BoardRow| {
        let cells = vec![
            Cell::plain(percent(row.lottery)),
            Cell::plain(percent(row.borda)),
            Cell::plain(locale::decimal(row.copeland, 1)),
            Cell::plain(row.votes.to_string()),
        ];
        line(row.maker.clone().into_any(), cells)
    };
    let columns = [
        strings::board_maker(),
        strings::board_lottery(),
        strings::board_borda(),
        strings::board_copeland(),
        strings::board_votes(),
    ];
    view! {
        <section>
            <h2>{strings::board_everyone()}</h2>
            {said.collect::<Vec<_>>()}
            {captioned(strings::board_everyone().to_owned(), &columns, figures.rows.iter().map(row).collect())}
            <p class="quiet">{strings::board_draw_note()}</p>
        </section>
    }
    .into_any()
}

/// What style does by itself, where it is controlled for.
fn style(board: &Leaderboard, figures: &Figures) -> AnyView {
    if !board.style || figures.effects.is_empty() {
        return ().into_any();
    }
    let rows = figures.effects.iter().map(|effect| {
        let name = match effect.name.as_str() {
            "length" => strings::board_length(),
            "lists" => strings::board_lists(),
            _ => strings::board_formatting(),
        };
        line(name.into_any(), vec![cell(ends(&effect.log_odds))])
    });
    let columns = [strings::board_what(), strings::board_effect()];
    view! {
        <section>
            <h2>{strings::board_style_heading()}</h2>
            {captioned(strings::board_style_heading().to_owned(), &columns, rows.collect())}
            <p class="quiet">{strings::board_style_reading()}</p>
        </section>
    }
    .into_any()
}

/// Biases and ties.
fn fair(figures: &Figures) -> AnyView {
    let shares = |range: &Estimate| ends(range).map(percent);
    let bias = |bias: &Bias, say: fn(String, String, String, u32) -> String| {
        let [value, low, high] = shares(&bias.share);
        say(value, low, high, bias.votes)
    };
    let said = [
        figures
            .first_shown
            .map(|found| bias(&found, strings::board_first_shown)),
        figures
            .longer
            .map(|found| bias(&found, strings::board_longer_won)),
        figures.ties.map(|found| {
            let [value, low, high] = shares(&found);
            strings::board_ties(value, low, high)
        }),
    ];
    let said = said.into_iter().flatten().map(item);
    view! {
        <section>
            <h2>{strings::board_fair()}</h2>
            <ul>{said.collect::<Vec<_>>()}</ul>
        </section>
    }
    .into_any()
}

fn cautions(figures: &Figures) -> AnyView {
    let mut said: Vec<String> = figures
        .cautions
        .iter()
        .map(|caution| match caution {
            BoardCaution::Disconnected { makers } => strings::board_disconnected(makers.join(", ")),
            BoardCaution::NeverLoses { makers } => strings::board_never_loses(makers.join(", ")),
            BoardCaution::TiesApart => strings::board_apart().to_owned(),
        })
        .collect();
    if !figures.waiting.is_empty() {
        said.push(strings::board_waiting(figures.waiting.join(", ")));
    }
    let said = said
        .into_iter()
        .map(|words| view! { <p class="notice">{words}</p> }.into_any());
    said.collect::<Vec<_>>().into_any()
}

/// The rules.
pub(crate) fn weighed(board: &Leaderboard) -> AnyView {
    let share = board.figures.as_ref().map(|figures| figures.new_share);
    let said = [
        strings::board_weighed_blind().to_owned(),
        strings::board_weighed_person().to_owned(),
        strings::board_weighed_new(share.map_or("–".to_owned(), percent)),
        strings::board_weighed_fast().to_owned(),
        strings::board_weighed_aside().to_owned(),
        strings::board_weighed_back().to_owned(),
    ];
    let said = said.map(item).into_iter().collect::<Vec<_>>();
    let when = dom::local_time(board.computed_at.unsigned_abs());
    view! {
        <section>
            <h2>{strings::board_weighed()}</h2>
            <ul>{said}</ul>
            <p class="quiet">{strings::board_versions(board.rule_version, board.method_version, when)}</p>
        </section>
    }
    .into_any()
}

fn item(words: String) -> AnyView {
    view! { <li>{words}</li> }.into_any()
}
