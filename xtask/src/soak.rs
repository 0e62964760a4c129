//! Long checks; `cargo xtask test` runs a short version of each.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{env, fuzz, schema};

/// Runs one soak.
pub(crate) fn soak(name: &str) -> Result<()> {
    match name {
        // Kills the server 200 times under load; no acknowledged judgment may be missing, none may be there twice, and in the
        // end no vote may be left unsent.
        "kill" => env::run(
            Command::new("cargo")
                .args([
                    "test",
                    "--release",
                    "-p",
                    "palate-server",
                    "--test",
                    "kill",
                    "--",
                    "--nocapture",
                ])
                .env("PALATE_KILL_ROUNDS", "200")
                .current_dir(env::root()),
        ),
        // At least 20,000 generated calls over the OpenAPI document; no failure and no answer that the document does not name.
        "api" => schema::check(&schema::LONG),
        // Ten minutes of mutated input for each reader of files from anywhere.
        "fuzz" => fuzz::run(),
        other => bail!("no soak {other}; there are: kill, api, fuzz"),
    }
}
