//! Data releases: what people chose to publish, as files that researchers can load and check.
//!
//! Only current judgments of people whose consent `publish_votes` is in force enter, of people or of programs, never both.
//! The same database, id, cut day and earlier releases give the same bytes.

mod build;
mod card;
mod changelog;
mod counts;
mod croissant;
mod crowd;
mod earlier;
mod entry;
mod figures;
mod folder;
mod people;
mod read;
mod sample;
mod schedule;
mod schema;
mod spill;
mod splits;
mod sums;
mod tables;
mod texts;
mod verify;
mod vote_tables;
mod withdraw;
mod words;
mod writer;

pub use build::build;
pub(crate) use folder::is_file_name;
pub use folder::{list, offered};
pub use read::own_until;
pub use schedule::{due, withdraw_old};
pub use verify::{Problem, verify};
pub use withdraw::withdraw;

/// Version of the rows.
pub const SCHEMA: u32 = 3;

/// Counts and estimates.
const FIGURES: &str = "figures.json";

/// Columns of the tables.
const DESCRIBED: &str = "schema.json";

/// Licence of votes.
pub const LICENCE: &str = "CC-BY-4.0";
