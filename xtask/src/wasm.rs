//! One wasm crate to JavaScript and optimised, hashed, compressed files. Results are cached by the hash of the input.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use sha2::{Digest, Sha256};
use wasm_bindgen_cli_support::Bindgen;

use crate::{env, npm};

/// How to build one wasm file.
pub(crate) struct WasmJob {
    /// Name of the files, for example `app`.
    pub(crate) name: &'static str,
    /// Cargo package.
    pub(crate) package: &'static str,
    /// Cargo profile.
    pub(crate) profile: &'static str,
    /// Cargo features.
    pub(crate) features: &'static str,
    /// wasm-opt level.
    pub(crate) opt: &'static str,
    /// Brotli quality.
    pub(crate) quality: u32,
    /// Whether the script starts itself (workers) or is started by another (the pages).
    pub(crate) self_starting: bool,
}

/// Built files, named by hash.
pub(crate) struct WasmFiles {
    /// `assets/<name>-<hash>.js`.
    pub(crate) js: String,
    /// `assets/<name>-<hash>.wasm`.
    pub(crate) wasm: String,
}

/// What Chromium, Firefox and Safari of the last two years accept; `--all-features` emits more than that.
const WASM_FEATURES: &[&str] = &[
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
];

/// Has Leptos erase the types of views: fewer instances, a smaller page. Added to the flags of `.cargo/config.toml`.
const ERASE_VIEWS: &str = "target.wasm32-unknown-unknown.rustflags=['--cfg=erase_components']";

/// SHA-256 in hex.
pub(crate) fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Builds `job` and puts its files under `site/assets`.
pub(crate) fn build(job: &WasmJob, site: &Path) -> Result<WasmFiles> {
    let mut args = vec![
        "build",
        "--target",
        "wasm32-unknown-unknown",
        "--profile",
        job.profile,
        "-p",
        job.package,
        "--lib",
    ];
    if !job.features.is_empty() {
        args.extend(["--features", job.features]);
    }
    if job.profile == "ui" {
        args.extend(["--config", ERASE_VIEWS]);
    }
    env::cargo(&args)?;
    let crate_name = job.package.replace('-', "_");
    let raw = env::target_dir()
        .join("wasm32-unknown-unknown")
        .join(job.profile)
        .join(format!("{crate_name}.wasm"));
    let raw_bytes =
        std::fs::read(&raw).with_context(|| format!("cargo did not write {}", raw.display()))?;

    let recipe = format!(
        "{}{}{}{}",
        sha256(&raw_bytes),
        job.opt,
        job.quality,
        WASM_FEATURES.concat()
    );
    let cache = env::target_dir().join("site-cache").join(format!(
        "{}-{}",
        job.name,
        &sha256(recipe.as_bytes())[..16]
    ));
    if !cache.join(".done").exists() {
        if cache.exists() {
            std::fs::remove_dir_all(&cache)?;
        }
        bind_and_optimise(job, &raw, &cache)?;
    }

    let assets = site.join("assets");
    std::fs::create_dir_all(&assets)?;
    let (mut js, mut wasm) = (None, None);
    for entry in std::fs::read_dir(&cache)? {
        let path = entry?.path();
        let Some(name) = path
            .file_name()
            .and_then(|name| name.to_str())
            .filter(|name| !name.starts_with('.'))
        else {
            continue;
        };
        std::fs::copy(&path, assets.join(name))?;
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("js") => js = Some(format!("assets/{name}")),
            Some("wasm") => wasm = Some(format!("assets/{name}")),
            _ => {}
        }
    }
    Ok(WasmFiles {
        js: js.context("no script was built")?,
        wasm: wasm.context("no wasm was built")?,
    })
}

fn bind_and_optimise(job: &WasmJob, raw: &Path, cache: &Path) -> Result<()> {
    let out = cache.join(".work");
    std::fs::create_dir_all(&out)?;
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(raw)
        .out_name(job.name)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true);
    bindgen
        .generate(&out)
        .with_context(|| format!("wasm-bindgen failed on {}", raw.display()))?;

    let optimised = out.join("optimised.wasm");
    let wasm_opt = npm::modules(&env::root().join("xtask/npm"))?.join("binaryen/bin/wasm-opt");
    env::run(
        Command::new("node")
            .arg("--stack-size=8000")
            .arg(wasm_opt)
            .args(WASM_FEATURES)
            .arg(job.opt)
            .arg(out.join(format!("{}_bg.wasm", job.name)))
            .arg("-o")
            .arg(&optimised),
    )?;
    let wasm = std::fs::read(&optimised)?;
    let wasm_name = format!("{}-{}.wasm", job.name, &sha256(&wasm)[..12]);
    let mut js = std::fs::read_to_string(out.join(format!("{}.js", job.name)))?;
    if job.self_starting {
        js.push_str(&self_start(&wasm_name));
    }
    let js_name = format!("{}-{}.js", job.name, &sha256(js.as_bytes())[..12]);
    write_with_brotli(&cache.join(wasm_name), &wasm, job.quality)?;
    write_with_brotli(&cache.join(js_name), js.as_bytes(), 11)?;
    std::fs::remove_dir_all(&out)?;
    std::fs::write(cache.join(".done"), b"")?;
    Ok(())
}

/// A worker starts itself; a failure to load is told to the page in the words of the worker protocol.
fn self_start(wasm_name: &str) -> String {
    format!(
        r#"
__wbg_init({{ module_or_path: new URL("./{wasm_name}", import.meta.url) }}).catch((error) => {{
  const message = "The part of this site that learns could not be loaded: " + error;
  postMessage(JSON.stringify({{ id: 0, body: {{ type: "failed", code: "device", message }} }}));
}});
"#
    )
}

/// Writes a file and its `.br` twin.
pub(crate) fn write_with_brotli(path: &Path, bytes: &[u8], quality: u32) -> Result<()> {
    std::fs::write(path, bytes)?;
    let mut twin = path.as_os_str().to_owned();
    twin.push(".br");
    std::fs::write(PathBuf::from(twin), brotli(bytes, quality)?)?;
    Ok(())
}

/// Brotli with the largest window.
pub(crate) fn brotli(bytes: &[u8], quality: u32) -> Result<Vec<u8>> {
    use std::io::Write;
    let mut writer = brotli::CompressorWriter::new(Vec::new(), 1 << 16, quality, 22);
    writer.write_all(bytes)?;
    Ok(writer.into_inner())
}
