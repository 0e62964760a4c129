//! Packages of the npm registry: wasm-opt for builds, Playwright and axe for tests, Lighthouse for a bench.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::env;

/// Installs the lock file of `folder` into a cache keyed by its content, and returns the `node_modules` there.
pub(crate) fn modules(folder: &Path) -> Result<PathBuf> {
    let lock = std::fs::read(folder.join("package-lock.json"))
        .with_context(|| format!("{} has no package-lock.json", folder.display()))?;
    let key = &crate::wasm::sha256(&lock)[..16];
    let home = env::cache_dir()?.join("npm").join(key);
    let done = home.join(".installed");
    if !done.exists() {
        env::find_program("npm").context("npm is missing; install Node.js 20 or newer")?;
        std::fs::create_dir_all(&home)?;
        for name in ["package.json", "package-lock.json"] {
            std::fs::copy(folder.join(name), home.join(name))?;
        }
        env::run(
            Command::new("npm")
                .args([
                    "ci",
                    "--ignore-scripts",
                    "--no-audit",
                    "--no-fund",
                    "--loglevel=error",
                ])
                .current_dir(&home),
        )?;
        std::fs::write(&done, b"")?;
    }
    Ok(home.join("node_modules"))
}

/// Makes `folder/node_modules` point to the cached packages.
pub(crate) fn link(folder: &Path) -> Result<()> {
    let modules = modules(folder)?;
    let link = folder.join("node_modules");
    if std::fs::read_link(&link).is_ok_and(|target| target == modules) {
        return Ok(());
    }
    if link.is_symlink() {
        std::fs::remove_file(&link)?;
    } else if link.exists() {
        std::fs::remove_dir_all(&link)?;
    }
    std::os::unix::fs::symlink(&modules, &link)?;
    Ok(())
}
