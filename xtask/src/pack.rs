//! The starter pack, built and checked by the laboratory.

use std::process::Command;

use anyhow::Result;

use crate::{env, weights};

fn lab(args: &[&str]) -> Result<()> {
    let encoder = env::encoder_dir()?;
    weights::ensure_encoder(&encoder)?;
    env::cargo(&["build", "--release", "-p", "palate-lab"])?;
    env::run(
        Command::new(env::target_dir().join("release/palate-lab"))
            .args(args)
            .arg("--encoder")
            .arg(&encoder)
            .current_dir(env::root()),
    )
}

const SOURCE: [&str; 5] = [
    "pack",
    "--source",
    "packs/starter/source.jsonl",
    "--out",
    "public/packs/starter",
];

/// Builds `public/packs/starter` from `packs/starter/source.jsonl`.
pub(crate) fn rebuild() -> Result<()> {
    lab(&SOURCE)
}

/// Rebuilds the pack and compares it with the committed one.
pub(crate) fn check() -> Result<()> {
    lab(&[
        "pack",
        "--source",
        "packs/starter/source.jsonl",
        "--check",
        "public/packs/starter",
    ])
}
