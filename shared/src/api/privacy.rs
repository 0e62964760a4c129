//! `GET /privacy`: what is kept for how long, from the configuration that the purge uses.

use serde::{Deserialize, Serialize};

/// Something that the server keeps for a limited time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The hash of a session's token and its two times; the cookie lasts as long.
    Sessions,
    /// That a ballot was spent; that the work for a session was used.
    SpentTokens,
    /// A taste profile that was not renewed.
    Profiles,
    /// An account without session, recovery code, profile and votes, with its consents.
    EmptyAccounts,
    /// The receipt of a deletion, which names nobody.
    Receipts,
    /// What purges and other jobs did, in numbers.
    Jobs,
    /// What a call of a language model cost, without any text.
    Ledger,
    /// Copies of the database that the operator makes.
    Backups,
}

/// How long something is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct KeptFor {
    /// What.
    pub what: Kept,
    /// At most so many days.
    pub days: u16,
}

/// What the server promises, and when it last kept the promise.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "openapi", derive(utoipa::ToSchema))]
pub struct Privacy {
    /// Everything that is kept for a limited time.
    pub kept: Vec<KeptFor>,
    /// When the last purge ended, RFC 3339 UTC; `None` before the first.
    pub last_purge: Option<String>,
    /// Rows that it removed.
    pub last_purge_removed: Option<u64>,
}
