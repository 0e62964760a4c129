//! The files of `deploy`, each checked by the tool that will read it.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::{env, python};

/// Checks all of them.
pub(crate) fn check() -> Result<()> {
    let deploy = env::root().join("deploy");
    let python = python::interpreter(&env::root().join("xtask/deploy-requirements.txt"))?;
    let tools = python.parent().context("the interpreter has a folder")?;
    env::run(Command::new(tools.join("hadolint")).arg(deploy.join("Containerfile")))?;
    env::run(
        Command::new(tools.join("check-jsonschema"))
            .args(["--builtin-schema", "vendor.compose-spec"])
            .arg(deploy.join("compose.yaml")),
    )?;
    let scratch = env::target_dir().join("deploy");
    std::fs::create_dir_all(&scratch)?;
    check_nginx(&deploy, &scratch)?;
    check_units(&deploy, &scratch)
}

/// Installs nginx when it is missing and we are root.
pub(crate) fn ensure_nginx() -> Result<()> {
    env::ensure_program("nginx", &["nginx-light"])
}

/// nginx looks the names of servers up; here they have none.
fn check_nginx(deploy: &Path, scratch: &Path) -> Result<()> {
    ensure_nginx()?;
    let file = scratch.join("nginx.conf");
    let text = std::fs::read_to_string(deploy.join("nginx.conf"))?;
    let text = text
        .replace("first:3000", "127.0.0.1:3001")
        .replace("second:3000", "127.0.0.1:3002");
    std::fs::write(&file, text)?;
    env::run(
        Command::new("nginx")
            .arg("-t")
            .arg("-q")
            .arg("-e")
            .arg(scratch.join("nginx.log"))
            .arg("-c")
            .arg(&file)
            .arg("-g")
            .arg(format!("pid {};", scratch.join("nginx.pid").display())),
    )
}

/// systemd wants the programs of units to be there.
fn check_units(deploy: &Path, scratch: &Path) -> Result<()> {
    env::ensure_program("systemd-analyze", &["systemd"])?;
    let mut units = Vec::new();
    for entry in std::fs::read_dir(deploy)? {
        let path = entry?.path();
        let extension = path.extension().and_then(|extension| extension.to_str());
        let name = path.file_name().context("a file has a name")?;
        if matches!(extension, Some("service" | "socket" | "timer")) {
            let text = std::fs::read_to_string(&path)?;
            let unit = scratch.join(name);
            std::fs::write(&unit, text.replace("/usr/local/bin/palate", "/bin/true"))?;
            units.push(unit);
        }
    }
    units.sort();
    env::run(
        Command::new("systemd-analyze")
            .args(["verify", "--recursive-errors=no", "--man=no"])
            .args(&units),
    )
}
