//! Request and response bodies of the API, one file per resource. Unknown fields are refused.

pub mod account;
pub mod blind_tests;
pub mod comparisons;
pub mod consents;
pub mod figures;
pub mod generation;
pub mod judgments;
pub mod leaderboard;
pub mod models;
pub mod packs;
pub mod privacy;
pub mod profile;
pub mod publications;
pub mod releases;
pub mod session;
pub mod studies;
