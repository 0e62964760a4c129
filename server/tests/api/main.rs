//! The whole service through its routes, on a fresh database each time.

mod account;
mod account_recovery;
mod bad_input;
mod headers;
mod openapi;
mod profile;
mod release;
mod site;
mod storage;
mod support;
mod votes;
