//! One module for each page.

pub(crate) mod compare;
pub(crate) mod data;
pub(crate) mod history;
pub(crate) mod home;
pub(crate) mod leaderboard;
pub(crate) mod me;
pub(crate) mod not_found;
pub(crate) mod own;
pub(crate) mod privacy;
pub(crate) mod prose;
pub(crate) mod rank;
pub(crate) mod rank_four;
pub(crate) mod release;
pub(crate) mod reproduce;
pub(crate) mod studies;
pub(crate) mod study;
pub(crate) mod try_it;
