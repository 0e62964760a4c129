//! The subcommands: one file each, with its arguments and a `run`.

pub(crate) mod eval;
pub(crate) mod results;
pub(crate) mod visitors_eval;
