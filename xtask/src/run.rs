//! `cargo xtask run`: from a fresh clone to a site that answers.

use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

use crate::{Part, env, site, weights};

/// Builds the server, the pages and the CPU worker, serves them, and then fetches the encoder's weights and builds the
/// WebGPU worker while the site already answers.
pub(crate) fn run(port: u16, data_dir: &Path) -> Result<()> {
    env::ensure_wasm_target()?;
    env::build("palate")?;
    site::build(&[Part::Ui, Part::WorkerCpu])?;
    let encoder = env::encoder_dir()?;
    let mut server = Command::new(env::target_dir().join("release/palate"))
        .args(["serve", "--port", &port.to_string()])
        .arg("--data-dir")
        .arg(data_dir)
        .arg("--site")
        .arg(env::site_dir())
        .arg("--encoder-dir")
        .arg(&encoder)
        .stdin(Stdio::null())
        .spawn()
        .context("cannot start the server")?;
    eprintln!("\n  Palate answers on http://127.0.0.1:{port}\n");
    std::thread::spawn(move || {
        if let Err(error) = weights::ensure_encoder(&encoder) {
            eprintln!("The encoder's weights could not be had; /compare will say so. {error:#}");
        }
        match site::build(&[Part::WorkerGpu]) {
            Ok(()) => eprintln!("The WebGPU worker is ready; reload the page to use it."),
            Err(error) => {
                eprintln!("The WebGPU worker could not be built; the CPU serves. {error:#}")
            }
        }
    });
    let status = server.wait()?;
    anyhow::ensure!(status.success(), "the server stopped: {status}");
    Ok(())
}
