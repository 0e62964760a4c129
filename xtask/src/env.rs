//! Where things are, and how commands are run.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context, Result, bail};

/// Root of the workspace. `cargo run` names it when it starts us: a binary that was built in another clone with the same
/// target folder must not work on that clone.
pub(crate) fn root() -> &'static Path {
    static ROOT: OnceLock<PathBuf> = OnceLock::new();
    ROOT.get_or_init(|| {
        let package = std::env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        package
            .parent()
            .expect("xtask lies in the workspace")
            .to_owned()
    })
}

/// Cargo's target folder.
pub(crate) fn target_dir() -> PathBuf {
    match std::env::var_os("CARGO_TARGET_DIR") {
        Some(dir) => root().join(dir),
        None => root().join("target"),
    }
}

/// The built site.
pub(crate) fn site_dir() -> PathBuf {
    target_dir().join("site")
}

/// Downloads that outlive a clone: `$PALATE_CACHE`, else `$HOME/.cache/palate`.
pub(crate) fn cache_dir() -> Result<PathBuf> {
    if let Some(dir) = std::env::var_os("PALATE_CACHE") {
        return Ok(dir.into());
    }
    let home = std::env::var_os("HOME")
        .context("HOME is not set; set PALATE_CACHE to a folder for downloads")?;
    Ok(Path::new(&home).join(".cache/palate"))
}

/// The encoder's shards, tokenizer and manifest.
pub(crate) fn encoder_dir() -> Result<PathBuf> {
    match std::env::var_os("PALATE_ENCODER_CACHE") {
        Some(dir) => Ok(dir.into()),
        None => Ok(cache_dir()?.join("encoder")),
    }
}

/// A program, without what the cargo that started us says about xtask: build scripts that look at it would run anew
/// whenever someone calls cargo directly.
pub(crate) fn program(name: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(name);
    for (variable, _) in std::env::vars_os() {
        let is_ours = variable.to_str().is_some_and(|variable| {
            variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
        });
        if is_ours {
            command.env_remove(variable);
        }
    }
    command
}

/// Cargo in the workspace root.
pub(crate) fn cargo_command() -> Command {
    let mut command = program("cargo");
    command.current_dir(root());
    command
}

/// Runs cargo in the workspace root.
pub(crate) fn cargo(args: &[&str]) -> Result<()> {
    run(cargo_command().args(args))
}

/// `cargo SUBCOMMAND` on all native crates at once, in the profile `release`. One choice of crates has one set of features
/// of everything that they share: no step builds anew what another step has built.
pub(crate) fn native(subcommand: &str) -> Command {
    let mut command = cargo_command();
    command
        .args([subcommand, "--profile", "release", "--workspace"])
        .args(["--exclude", "palate-worker"]);
    command
}

/// Builds a native binary, which then lies in `release` of the target folder, and the language-model server of the tests:
/// only with a target of tests has everything shared the features that tests have.
pub(crate) fn build(binary: &str) -> Result<()> {
    run(native("build").args(["--bin", binary, "--example", "upstream"]))
}

/// Runs a command and fails when it does.
pub(crate) fn run(command: &mut Command) -> Result<()> {
    let shown = format!("{command:?}");
    let status = command
        .status()
        .with_context(|| format!("cannot start {shown}"))?;
    if !status.success() {
        bail!("{shown} failed: {status}");
    }
    Ok(())
}

/// Standard output of a command.
pub(crate) fn output(command: &mut Command) -> Result<String> {
    let shown = format!("{command:?}");
    let out = command
        .output()
        .with_context(|| format!("cannot start {shown}"))?;
    if !out.status.success() {
        bail!(
            "{shown} failed: {}\n{}",
            out.status,
            String::from_utf8_lossy(&out.stderr)
        );
    }
    Ok(String::from_utf8(out.stdout)?)
}

/// Installs the wasm target when rustup has it not.
pub(crate) fn ensure_wasm_target() -> Result<()> {
    let target = "wasm32-unknown-unknown";
    let sysroot = output(
        Command::new("rustc")
            .args(["--print", "sysroot"])
            .current_dir(root()),
    )?;
    if Path::new(sysroot.trim())
        .join("lib/rustlib")
        .join(target)
        .join("lib")
        .is_dir()
    {
        return Ok(());
    }
    run(Command::new("rustup").args(["target", "add", target]).current_dir(root()))
        .context("the wasm target is missing; install rustup, or the rust-std component for wasm32-unknown-unknown")
}

/// Installs a Debian package when `program` is missing and we are root; otherwise says what to do.
pub(crate) fn ensure_program(program: &str, packages: &[&str]) -> Result<()> {
    if find_program(program).is_some() {
        return Ok(());
    }
    install(program, packages)
}

/// Whether we are root.
pub(crate) fn is_root() -> Result<bool> {
    Ok(output(Command::new("id").arg("-u"))?.trim() == "0")
}

/// Installs Debian packages for what is missing when we are root; otherwise says what to do.
pub(crate) fn install(program: &str, packages: &[&str]) -> Result<()> {
    if !is_root()? || find_program("apt-get").is_none() {
        bail!(
            "{program} is missing; install it (Debian: apt-get install {})",
            packages.join(" ")
        );
    }
    run(Command::new("apt-get").args(["update", "-qq"]))?;
    run(Command::new("apt-get")
        .args(["install", "-y", "-qq", "--no-install-recommends"])
        .args(packages)
        .env("DEBIAN_FRONTEND", "noninteractive"))
}

/// A program on PATH.
pub(crate) fn find_program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path)
        .map(|dir| dir.join(name))
        .find(|file| file.is_file())
}
