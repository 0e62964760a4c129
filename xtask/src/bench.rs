//! Measurements as ratios within one run.

use std::process::Command;

use anyhow::{Result, bail};

use crate::{Part, env, npm, site, weights};

/// Runs one bench and prints its table.
pub(crate) fn bench(name: &str) -> Result<()> {
    match name {
        "encoder" | "refit" | "session" => in_browser(name),
        "visitors" => {
            env::cargo(&["build", "--release", "-p", "palate-lab"])?;
            let lab = env::target_dir().join("release/palate-lab");
            env::run(
                Command::new(lab)
                    .args([
                        "eval",
                        "--pack",
                        "public/packs/starter",
                        "--out",
                        "docs/simulated-visitors.md",
                    ])
                    .current_dir(env::root()),
            )
        }
        "votes" => env::cargo(&[
            "bench",
            "--profile",
            "release",
            "-p",
            "palate-server",
            "--bench",
            "votes",
        ]),
        other => bail!("no bench {other}; there are: encoder, refit, session, visitors, votes"),
    }
}

/// Runs `e2e/bench/NAME*.bench.ts` in Chromium against the real server and site.
fn in_browser(name: &str) -> Result<()> {
    crate::test::prepare_browser()?;
    env::ensure_wasm_target()?;
    weights::ensure_encoder(&env::encoder_dir()?)?;
    env::cargo(&["build", "--release", "-p", "palate-server"])?;
    site::build(&[Part::Ui, Part::WorkerCpu, Part::WorkerGpu])?;
    let e2e = env::root().join("e2e");
    npm::link(&e2e)?;
    let mut playwright = Command::new("node");
    playwright
        .args([
            "node_modules/@playwright/test/cli.js",
            "test",
            "--config",
            "bench.config.ts",
            name,
        ])
        .current_dir(&e2e);
    env::run(crate::test::with_places(&mut playwright)?)
}
