//! `predictions`: what each method had forecast, locked before the vote.

use palate_shared::ids::MethodId;
use serde::Serialize;

use super::VoteTable;
use crate::release::LICENCE;
use crate::release::entry::Entry;
use crate::release::schema::{Column, Kind, Spec, column, shared};
use crate::release::texts::Texts;
use crate::release::writer::TableWriter;

/// One row a judgment and method.
pub(crate) struct Predictions;

#[derive(Serialize)]
struct Row<'a> {
    row_id: &'a str,
    method: &'a MethodId,
    weights: &'a str,
    p_first: f64,
    margin_sd: f64,
    n_fit_bucket: &'static str,
    licence: &'static str,
}

const COLUMNS: &[Column] = &[
    shared::ROW_ID,
    column("method", Kind::Text, "The method."),
    column("weights", Kind::Text, "Version of its population weights."),
    column(
        "p_first",
        Kind::Float,
        "Probability that the answer shown first is preferred.",
    ),
    column(
        "margin_sd",
        Kind::Float,
        "Standard deviation of the margin in log-odds; 0 where the method has none.",
    ),
    column(
        "n_fit_bucket",
        Kind::Text,
        "How many votes of the person it had learned from: `0`, `1_to_4`, `5_to_9`, `10_to_19`, `20_to_49` or `50_or_more`.",
    ),
    shared::LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "predictions",
    summary: "forecasts locked before the vote, one row a judgment and method",
    key: None,
    columns: COLUMNS,
};

impl VoteTable for Predictions {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn write(&self, entry: &Entry, _: &Texts, out: &mut TableWriter) -> anyhow::Result<()> {
        for prediction in &entry.predictions {
            out.write(&Row {
                row_id: &entry.vote.row_id,
                method: &prediction.method,
                weights: &prediction.weights,
                p_first: prediction.p_first,
                margin_sd: prediction.margin_sd,
                n_fit_bucket: bucket(prediction.n_fit),
                licence: LICENCE,
            })?;
        }
        Ok(())
    }
}

/// Coarse: an exact number goes on from one pseudonym of a person to the next.
fn bucket(n_fit: u32) -> &'static str {
    match n_fit {
        0 => "0",
        1..5 => "1_to_4",
        5..10 => "5_to_9",
        10..20 => "10_to_19",
        20..50 => "20_to_49",
        _ => "50_or_more",
    }
}
