//! `tombstones`: rows of earlier releases that are to be dropped.

use serde::{Deserialize, Serialize};

use crate::release::schema::{Column, Kind, Spec, column};

/// A row of the table. It says nothing about the person, the vote or the day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tombstone {
    pub row_id: String,
    pub last_release: String,
    pub reason: String,
}

/// Why rows go: the vote, the consent or the person is not there any more.
pub(crate) const WITHDRAWN: &str = "withdrawn";

const COLUMNS: &[Column] = &[
    column(
        "row_id",
        Kind::Text,
        "A judgment that was in an earlier release and is in this one no more: drop it.",
    ),
    column(
        "last_release",
        Kind::Text,
        "The latest release that had it.",
    ),
    column(
        "reason",
        Kind::Text,
        "Always `withdrawn`: changed, taken back, no longer published or deleted; which is not said.",
    ),
];

pub(crate) static SPEC: Spec = Spec {
    name: "tombstones",
    summary: "ids of judgments that were in an earlier release and must be dropped",
    key: Some("row_id"),
    columns: COLUMNS,
};
