//! The subcommands: one file each, with its arguments and a `run`.

pub(crate) mod bench;
pub(crate) mod embed;
pub(crate) mod eval;
pub(crate) mod import;
pub(crate) mod pack;
pub(crate) mod pack_source;
pub(crate) mod regret;
pub(crate) mod results;
pub(crate) mod simulate;
pub(crate) mod train;
pub(crate) mod visitors;
pub(crate) mod visitors_eval;

/// Speaks on standard output.
#[expect(
    clippy::print_stdout,
    reason = "a command line speaks on standard output"
)]
pub(crate) fn say(text: &str) {
    println!("{text}");
}
