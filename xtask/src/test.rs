//! `cargo xtask test`: every check as a plain step, each also runnable alone, with a table of times at the end.

use std::process::Command;
use std::time::Instant;

use anyhow::{Context, Result, ensure};

use crate::postgres::{Cluster, Disk};
use crate::{Part, budget, deploy, env, exports, npm, pack, rules, schema, site, weights};

type Step = (&'static str, fn() -> Result<()>);

const STEPS: &[Step] = &[
    ("fmt", || env::cargo(&["fmt", "--all", "--check"])),
    ("rules", rules::check),
    ("weights", || weights::ensure_encoder(&env::encoder_dir()?)),
    ("clippy", clippy_native),
    ("clippy-wasm", clippy_wasm),
    ("native", native_tests),
    ("postgres", server_tests_on_postgres),
    ("deploy", deploy::check),
    ("schema", || schema::check(&schema::SHORT)),
    ("exports", exports::check),
    ("pack", pack::check),
    ("site", || {
        site::build(&[Part::Ui, Part::WorkerCpu, Part::WorkerGpu])
    }),
    ("sizes", budget::check),
    ("browser", browser_tests),
];

/// Runs all steps, or those named.
pub(crate) fn test(only: &[String]) -> Result<()> {
    for name in only {
        let known = STEPS.iter().any(|(step, _)| step == name);
        let names: Vec<&str> = STEPS.iter().map(|(step, _)| *step).collect();
        ensure!(known, "no step {name}; there are: {}", names.join(", "));
    }
    env::ensure_wasm_target()?;
    let mut times = Vec::new();
    let mut failure = None;
    for (name, step) in STEPS
        .iter()
        .filter(|(name, _)| only.is_empty() || only.iter().any(|wanted| wanted == name))
    {
        println!("\n== {name}");
        let start = Instant::now();
        let result = step();
        times.push((*name, start.elapsed(), result.is_ok()));
        if let Err(error) = result {
            failure = Some(error.context(format!(
                "step {name} failed; run it alone: cargo xtask test --only {name}"
            )));
            break;
        }
    }
    println!("\n{:<14} {:>8}  result", "step", "seconds");
    for (name, time, passed) in &times {
        println!(
            "{name:<14} {:>8.1}  {}",
            time.as_secs_f64(),
            if *passed { "ok" } else { "FAILED" }
        );
    }
    let passed = times.iter().filter(|(_, _, passed)| *passed).count();
    println!("\n{passed} passed, {} failed", times.len() - passed);
    failure.map_or(Ok(()), Err)
}

fn clippy_native() -> Result<()> {
    // Tests that need a server are in no list of all targets.
    for targets in [&["--all-targets"][..], &["--test", "postgres"]] {
        env::run(
            env::native("clippy")
                .args(["--exclude", "palate-app"])
                .args(targets)
                .args(["--", "-Dwarnings"]),
        )?;
    }
    Ok(())
}

fn clippy_wasm() -> Result<()> {
    let mut command = env::cargo_command();
    command
        .args([
            "clippy",
            "--profile",
            "worker-gpu",
            "--target",
            "wasm32-unknown-unknown",
            "-p",
            "palate-app",
            "-p",
            "palate-worker",
            "-p",
            "palate-crowd",
        ])
        .args(["--features", "palate-worker/webgpu", "--", "-Dwarnings"])
        .env("CLIPPY_CONF_DIR", env::root().join("clippy-wasm"));
    env::run(&mut command)
}

fn native_tests() -> Result<()> {
    let encoder = env::encoder_dir()?;
    env::run(env::native("test").env("PALATE_ENCODER_CACHE", encoder))
}

/// The tests of the server again, on a PostgreSQL server, and those that need one.
fn server_tests_on_postgres() -> Result<()> {
    deploy::ensure_nginx()?;
    let cluster = Cluster::start(Disk::IsNotWaitedFor)?;
    let mut binaries = vec!["--test", "postgres"];
    for name in ["api", "generation", "kill", "operation", "quiet"] {
        binaries.extend(["--test", name]);
    }
    // Of the whole workspace, as the tests on SQLite: of one package, all that it stands on would be built once more.
    for only in [&["--lib", "--", "db::"][..], &binaries] {
        env::run(
            env::native("test")
                .args(only)
                .env("PALATE_TEST_DATABASE", cluster.url()),
        )?;
    }
    Ok(())
}

/// Chromium and fonts.
pub(crate) fn prepare_browser() -> Result<()> {
    env::ensure_program(
        "chromium",
        &["chromium", "fonts-dejavu-core", "fonts-liberation"],
    )
}

/// Tells browser scripts where the built things are.
pub(crate) fn with_places(command: &mut Command) -> Result<&mut Command> {
    let chromium = env::find_program("chromium").context("chromium is missing")?;
    Ok(command
        .env("PALATE_CHROMIUM", chromium)
        .env("PALATE_BIN", env::target_dir().join("release/palate"))
        .env("PALATE_LAB", env::target_dir().join("release/palate-lab"))
        .env("PALATE_SITE", env::site_dir())
        .env("PALATE_ENCODER", env::encoder_dir()?)
        .env(
            "PALATE_GOLDEN",
            env::root().join("models/tests/fixtures/encoder_golden.jsonl"),
        ))
}

fn browser_tests() -> Result<()> {
    prepare_browser()?;
    // The laboratory's figures are compared with those of the page.
    for binary in ["palate", "palate-lab"] {
        env::build(binary)?;
    }
    let e2e = env::root().join("e2e");
    npm::link(&e2e)?;
    env::run(with_places(
        Command::new("node")
            .args(["node_modules/@playwright/test/cli.js", "test"])
            .current_dir(&e2e),
    )?)
}
