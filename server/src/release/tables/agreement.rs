//! `agreement`: whether people say the same of the same pair of answers, by pack and by pair.

use palate_crowd::Estimate;
use palate_crowd::agreement::Agreement;
use serde::Serialize;

use crate::release::LICENCE;
use crate::release::schema::{Column, Kind, Spec, column, maybe, shared};
use crate::release::writer::TableWriter;
use palate_shared::stats::FEWEST_PEOPLE;

#[derive(Serialize)]
struct Row<'a> {
    pack: &'a str,
    pair: Option<&'a str>,
    judgments: u64,
    pairs: usize,
    alpha: Option<f64>,
    alpha_low: Option<f64>,
    alpha_high: Option<f64>,
    percent: Option<f64>,
    percent_low: Option<f64>,
    percent_high: Option<f64>,
    licence: &'static str,
}

const COLUMNS: &[Column] = &[
    shared::PACK,
    maybe(
        "pair",
        Kind::Text,
        "`prompt/answer/answer`; null in the row of the whole pack. Pairs that fewer than ten people judged have no row.",
    ),
    column(
        "judgments",
        Kind::Int,
        "Judgments of pairs that several people judged; each person counts once a pair.",
    ),
    column("pairs", Kind::Int, "Pairs that several people judged."),
    maybe(
        "alpha",
        Kind::Float,
        "Krippendorff's alpha, nominal: first better, tie, second better, neither acceptable. 1 is perfect, 0 is chance.",
    ),
    maybe(
        "alpha_low",
        Kind::Float,
        "Lower end of the 95 % interval; pairs are resampled.",
    ),
    maybe("alpha_high", Kind::Float, "Upper end."),
    maybe(
        "percent",
        Kind::Float,
        "Share of two people who said the same.",
    ),
    maybe("percent_low", Kind::Float, "Lower end."),
    maybe("percent_high", Kind::Float, "Upper end."),
    shared::LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "agreement",
    summary: "whether people say the same of the same pair: Krippendorff's alpha by pack and by pair",
    key: None,
    columns: COLUMNS,
};

/// Adds a pack, which ten people judged at least, and its pairs that ten people judged.
///
/// # Errors
/// When a file cannot be written.
pub(crate) fn write(pack: &str, found: &Agreement, out: &mut TableWriter) -> anyhow::Result<()> {
    let low = |estimate: Option<Estimate>| estimate.map(|estimate| estimate.low);
    let high = |estimate: Option<Estimate>| estimate.map(|estimate| estimate.high);
    out.write(&Row {
        pack,
        pair: None,
        judgments: found.judgments,
        pairs: found.units,
        alpha: found.alpha.map(|estimate| estimate.value),
        alpha_low: low(found.alpha),
        alpha_high: high(found.alpha),
        percent: found.percent.map(|estimate| estimate.value),
        percent_low: low(found.percent),
        percent_high: high(found.percent),
        licence: LICENCE,
    })?;
    for unit in &found.by_unit {
        if u64::from(unit.judgments) < FEWEST_PEOPLE {
            continue;
        }
        out.write(&Row {
            pack,
            pair: Some(&unit.unit),
            judgments: unit.judgments.into(),
            pairs: 1,
            alpha: unit.alpha,
            alpha_low: None,
            alpha_high: None,
            percent: Some(unit.percent),
            percent_low: None,
            percent_high: None,
            licence: LICENCE,
        })?;
    }
    Ok(())
}
