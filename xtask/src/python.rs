//! Packages of the Python package index, for benches and generated calls.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::env;

/// Installs `requirements` into a virtual environment in a cache keyed by its content, and returns the interpreter there.
pub(crate) fn interpreter(requirements: &Path) -> Result<PathBuf> {
    let content = std::fs::read(requirements)
        .with_context(|| format!("cannot read {}", requirements.display()))?;
    let key = &crate::wasm::sha256(&content)[..16];
    let home = env::cache_dir()?.join("python").join(key);
    let python = home.join("bin/python");
    let done = home.join(".installed");
    if !done.exists() {
        env::run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&home)).context(
            "no virtual environment; install Python 3 with venv (Debian: apt-get install python3-venv)",
        )?;
        env::run(
            Command::new(&python)
                .args([
                    "-m",
                    "pip",
                    "install",
                    "--quiet",
                    "--disable-pip-version-check",
                    "--requirement",
                ])
                .arg(requirements),
        )?;
        std::fs::write(&done, b"")?;
    }
    Ok(python)
}
