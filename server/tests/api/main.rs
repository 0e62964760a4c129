//! The whole service through its routes, on a fresh database each time.

mod abuse;
mod account;
mod account_recovery;
mod backup;
mod bad_input;
mod blind_tests;
#[path = "../common/database.rs"]
mod database;
mod generation;
mod headers;
mod influence;
mod leaderboard;
mod openapi;
mod privacy;
mod profile;
mod release;
mod release_figures;
mod release_keeping;
mod release_privacy;
mod site;
mod storage;
mod studies;
#[path = "../common/studies.rs"]
mod studying;
mod support;
mod votes;
