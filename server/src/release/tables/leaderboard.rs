//! `leaderboard`: authors of answers, pack by pack, rated over everybody's votes.

use anyhow::Context;
use palate_crowd::{Error, Influence, Settings, Statistics};
use serde::Serialize;

use crate::release::LICENCE;
use crate::release::schema::{Column, Kind, Spec, column, shared};
use crate::release::writer::TableWriter;

#[derive(Serialize)]
struct Row<'a> {
    pack: &'a str,
    candidate: &'a str,
    rank: usize,
    rank_low: usize,
    rank_high: usize,
    rating: f64,
    low: f64,
    high: f64,
    votes: u64,
    weight: f64,
    wins: f64,
    losses: f64,
    ties: f64,
    both_unacceptable: f64,
    borda: f64,
    copeland: f64,
    lottery: f64,
    raters: usize,
    resamples: usize,
    method_version: u32,
    licence: &'static str,
}

const COLUMNS: &[Column] = &[
    shared::PACK,
    column("candidate", Kind::Text, "Who wrote the answers."),
    column("rank", Kind::Int, "Place by rating, 1 is best."),
    column("rank_low", Kind::Int, "Best rank that it may hold at 95 %."),
    column(
        "rank_high",
        Kind::Int,
        "Worst rank that it may hold at 95 %.",
    ),
    column(
        "rating",
        Kind::Float,
        "Bradley–Terry with ties, log-odds; the mean of a pack is 0. As Elo: `1000 + rating * 400 / ln(10)`.",
    ),
    column(
        "low",
        Kind::Float,
        "Lower end of the 95 % interval; raters are resampled.",
    ),
    column("high", Kind::Float, "Upper end."),
    column("votes", Kind::Int, "Comparisons of it with another author."),
    column(
        "weight",
        Kind::Float,
        "What they weigh: `influence` of each vote, 1 where it is null; pairs of one ranking share its weight.",
    ),
    column("wins", Kind::Float, "Weight of votes for it."),
    column("losses", Kind::Float, "Weight of votes against it."),
    column("ties", Kind::Float, "Weight of ties."),
    column(
        "both_unacceptable",
        Kind::Float,
        "Weight of votes that accept neither; ratings do not use them.",
    ),
    column(
        "borda",
        Kind::Float,
        "Mean share of votes against each opponent, ties half.",
    ),
    column(
        "copeland",
        Kind::Float,
        "Opponents beaten by majority, draws half.",
    ),
    column(
        "lottery",
        Kind::Float,
        "Its probability in the lottery that nobody beats.",
    ),
    column(
        "raters",
        Kind::Int,
        "People behind the board: at least ten, else the pack has none.",
    ),
    column("resamples", Kind::Int, "Resamples behind the intervals."),
    column("method_version", Kind::Int, "Version of the method."),
    shared::LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "leaderboard",
    summary: "authors of answers by pack, rated over all blind votes, with intervals; computed from `votes` and `responses` alone",
    key: None,
    columns: COLUMNS,
};

/// Adds the board of a pack, if its votes make one.
///
/// # Errors
/// When a file cannot be written or a rating cannot be computed.
pub(crate) fn write(
    pack: &str,
    statistics: &Statistics,
    out: &mut TableWriter,
) -> anyhow::Result<()> {
    let made = palate_crowd::leaderboard(statistics, &Settings::default(), |_, _| Influence::FULL);
    let board = match made {
        Ok(board) => board,
        Err(Error::Empty) => return Ok(()),
        Err(error) => return Err(error).with_context(|| format!("no leaderboard of {pack}")),
    };
    if (board.raters as u64) < palate_shared::stats::FEWEST_PEOPLE {
        return Ok(());
    }
    for row in &board.rows {
        out.write(&Row {
            pack,
            candidate: &row.candidate,
            rank: row.rank,
            rank_low: row.rank_low,
            rank_high: row.rank_high,
            rating: row.rating,
            low: row.low,
            high: row.high,
            votes: row.votes,
            weight: row.weight,
            wins: row.wins,
            losses: row.losses,
            ties: row.ties,
            both_unacceptable: row.both_unacceptable,
            borda: row.borda,
            copeland: row.copeland,
            lottery: row.lottery,
            raters: board.raters,
            resamples: board.resamples,
            method_version: board.method_version,
            licence: LICENCE,
        })?;
    }
    Ok(())
}
