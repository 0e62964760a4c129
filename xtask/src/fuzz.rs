//! The libFuzzer targets of `fuzz/`, built with the coverage instrumentation that stable rustc has from LLVM.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::env;

/// Has LLVM count edges and trace comparisons, as libFuzzer wants it.
const INSTRUMENTED: &str = "-Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
     -Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
     -Cllvm-args=-sanitizer-coverage-trace-compares";
/// A named target: otherwise build scripts and macros would be instrumented, and could not link.
const TRIPLE: &str = "x86_64-unknown-linux-gnu";

/// A target, the longest input that it is given, and the files of the starter pack that it begins with.
const TARGETS: &[(&str, u32, &str)] = &[
    ("taste", 64 << 10, ""),
    ("manifests", 8 << 10, "manifest"),
    ("items", 64 << 10, "first"),
    ("heads", 128 << 10, "heads"),
    ("packs", 16 << 10, ""),
    ("studies", 16 << 10, ""),
];

/// Runs every target for ten minutes, or for `$PALATE_FUZZ_SECONDS`. What breaks one is put under `fuzz/regressions`.
pub(crate) fn run() -> Result<()> {
    let seconds = match std::env::var("PALATE_FUZZ_SECONDS") {
        Ok(text) => text.parse().context("PALATE_FUZZ_SECONDS is no number")?,
        Err(_) => 600_u32,
    };
    let fuzz = env::root().join("fuzz");
    let target_dir = env::target_dir().join("fuzz");
    env::run(
        Command::new("cargo")
            .args([
                "build",
                "--release",
                "--locked",
                "--bins",
                "--target",
                TRIPLE,
            ])
            .env("RUSTFLAGS", INSTRUMENTED)
            .env("CARGO_TARGET_DIR", &target_dir)
            .current_dir(&fuzz),
    )?;
    for (name, longest, role) in TARGETS {
        println!("\n== {name}");
        let corpus = target_dir.join("corpus").join(name);
        std::fs::create_dir_all(&corpus)?;
        copy_pack_files(role, &corpus)?;
        let regressions = fuzz.join("regressions").join(name);
        std::fs::create_dir_all(&regressions)?;
        env::run(
            Command::new(target_dir.join(TRIPLE).join("release").join(name))
                .arg(&corpus)
                .arg(fuzz.join("seeds").join(name))
                .arg(&regressions)
                .arg(format!("-artifact_prefix={}/", regressions.display()))
                .arg(format!("-max_total_time={seconds}"))
                .arg(format!("-max_len={longest}"))
                .args([
                    "-timeout=10",
                    "-rss_limit_mb=2048",
                    "-print_final_stats=1",
                    "-verbosity=0",
                ]),
        )?;
    }
    Ok(())
}

/// Adds the files of the starter pack whose names begin with `role` to a corpus.
fn copy_pack_files(role: &str, corpus: &Path) -> Result<()> {
    if role.is_empty() {
        return Ok(());
    }
    for entry in std::fs::read_dir(env::root().join("public/packs/starter"))? {
        let entry = entry?;
        let name = entry.file_name();
        if name.to_string_lossy().starts_with(role) {
            std::fs::copy(entry.path(), corpus.join(&name))?;
        }
    }
    Ok(())
}
