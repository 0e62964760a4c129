//! Packages of the Python index, in virtual environments.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::env;

/// Installs a requirements file into a cache keyed by its content, and returns the environment's folder of programs.
pub(crate) fn programs(requirements: &Path) -> Result<PathBuf> {
    let pins = std::fs::read(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let key = &crate::wasm::sha256(&pins)[..16];
    let home = env::cache_dir()?.join("python").join(key);
    let programs = home.join("bin");
    let done = home.join(".installed");
    if !done.exists() {
        env::find_program("python3").context("python3 is missing; install Python 3.10 or newer")?;
        env::run(
            Command::new("python3")
                .args(["-m", "venv", "--clear"])
                .arg(&home),
        )
        .context("no virtual environment; Debian has it in the package python3-venv")?;
        env::run(
            Command::new(programs.join("python"))
                .args(["-m", "pip", "install", "--quiet", "--no-deps"])
                .args(["--disable-pip-version-check", "-r"])
                .arg(requirements),
        )?;
        std::fs::write(&done, b"")?;
    }
    Ok(programs)
}
