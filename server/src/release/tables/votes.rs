//! `votes`: one current judgment a row.

use super::VoteTable;
use crate::release::entry::Entry;
use crate::release::schema::{Column, Kind, Spec, column, maybe, shared};
use crate::release::texts::Texts;
use crate::release::writer::TableWriter;

/// One row a judgment, with all that was said and how it came about.
pub(crate) struct Votes;

const COLUMNS: &[Column] = &[
    column("schema", Kind::Int, "Version of the row."),
    shared::ROW_ID,
    shared::RATER_ID,
    column("comparison_id", Kind::Text, "The showing: a keyed hash."),
    shared::PACK,
    shared::ITEMS,
    shared::PROMPT_ID,
    column(
        "shown",
        Kind::Texts,
        "Ids of the answers in the order shown; the order is random.",
    ),
    column(
        "outcome",
        Kind::Text,
        "`ranked`, `equal`, `all_unacceptable`, `cant_tell` or `skip`: only the first two state a preference.",
    ),
    column(
        "groups",
        Kind::TextGroups,
        "Ids of answers, best first; those in one group tie.",
    ),
    column(
        "unacceptable",
        Kind::Texts,
        "Ids of the answers that the person would not accept.",
    ),
    maybe(
        "strength",
        Kind::Text,
        "How much better the best is, if said: `slight`, `clear` or `much`.",
    ),
    column("reasons", Kind::Texts, "Why, where the person said so."),
    column(
        "policy",
        Kind::Text,
        "How the question was chosen: `uniform_random`, `expected_information`, `self_chosen` or `repeat`.",
    ),
    column(
        "propensity",
        Kind::Float,
        "Probability with which the policy chose it.",
    ),
    maybe(
        "topic",
        Kind::Text,
        "The topic that the person had chosen, if any: the question was drawn within it.",
    ),
    maybe(
        "repeat_of",
        Kind::Text,
        "With policy `repeat`: the earlier showing of the same answers, whose sides are swapped here.",
    ),
    column(
        "dwell_bucket",
        Kind::Text,
        "Time from showing to vote, in six buckets.",
    ),
    maybe(
        "quality_pass",
        Kind::Bool,
        "Whether the checks of the judgment found nothing odd; null before the first assessment.",
    ),
    maybe(
        "influence",
        Kind::Float,
        "How much it should count where people are averaged, one decimal: capped per person, less for new people, 0 in quarantine.",
    ),
    column("blind", Kind::Bool, "Whether authors were hidden."),
    column("day", Kind::Day, "UTC; finer times are not published."),
    shared::RATER_SPLIT,
    shared::PROMPT_SPLIT,
    shared::LICENCE,
];

pub(crate) static SPEC: Spec = Spec {
    name: "votes",
    summary: "one current judgment a row, with ties, refusals, order, policy and propensity",
    key: Some("row_id"),
    columns: COLUMNS,
};

impl VoteTable for Votes {
    fn spec(&self) -> &'static Spec {
        &SPEC
    }

    fn write(&self, entry: &Entry, _: &Texts, out: &mut TableWriter) -> anyhow::Result<()> {
        out.write(&entry.vote)
    }
}
