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
    /// Whether functions marked with `wasm_split` become files of their own, loaded when first called.
    pub(crate) split: bool,
}

/// Built files, named by hash.
pub(crate) struct WasmFiles {
    /// `assets/<name>-<hash>.js`.
    pub(crate) js: String,
    /// `assets/<name>-<hash>.wasm`.
    pub(crate) wasm: String,
    /// Files that the script loads when they are needed.
    pub(crate) parts: Vec<String>,
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

/// Has Leptos erase the types of views: fewer instances, a smaller page. Relocations tell the splitter what calls what.
/// Added to the flags of `.cargo/config.toml`.
const PAGE_FLAGS: &str = "target.wasm32-unknown-unknown.rustflags=['--cfg=erase_components', '-Clink-args=--emit-relocs']";

/// The script that loads split-off files, as the main wasm names it.
const LINK_SCRIPT: &str = "./split.js";

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
    if job.split {
        args.extend(["--config", PAGE_FLAGS]);
    }
    env::cargo(&args)?;
    let crate_name = job.package.replace('-', "_");
    let raw = env::target_dir()
        .join("wasm32-unknown-unknown")
        .join(job.profile)
        .join(format!("{crate_name}.wasm"));
    let raw_bytes =
        std::fs::read(&raw).with_context(|| format!("cargo did not write {}", raw.display()))?;

    // Names carry the hash of everything that goes into the files, this builder included.
    let recipe = format!(
        "{}{}{}{}{}",
        sha256(&raw_bytes),
        job.opt,
        job.quality,
        WASM_FEATURES.concat(),
        sha256(include_bytes!("wasm.rs")),
    );
    let tag = &sha256(recipe.as_bytes())[..12];
    let cache = env::target_dir()
        .join("site-cache")
        .join(format!("{}-{tag}", job.name));
    if !cache.join(".done").exists() {
        if cache.exists() {
            std::fs::remove_dir_all(&cache)?;
        }
        bind_and_optimise(job, &raw_bytes, &cache, tag)?;
    }

    let assets = site.join("assets");
    std::fs::create_dir_all(&assets)?;
    let mut parts = Vec::new();
    for entry in std::fs::read_dir(&cache)? {
        let path = entry?.path();
        let name = path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        if name.starts_with('.') {
            continue;
        }
        std::fs::copy(&path, assets.join(&name))?;
        if !name.ends_with(".br") {
            parts.push(format!("assets/{name}"));
        }
    }
    parts.sort();
    let main = |extension: &str| format!("assets/{}-{tag}.{extension}", job.name);
    parts.retain(|part| *part != main("js") && *part != main("wasm"));
    Ok(WasmFiles {
        js: main("js"),
        wasm: main("wasm"),
        parts,
    })
}

fn bind_and_optimise(job: &WasmJob, raw: &[u8], cache: &Path, tag: &str) -> Result<()> {
    let out = cache.join(".work");
    std::fs::create_dir_all(&out)?;
    let main = out.join("main.wasm");
    let chunks = if job.split {
        split(job, raw, &out, &main)?
    } else {
        std::fs::write(&main, raw)?;
        Vec::new()
    };
    let mut bindgen = Bindgen::new();
    bindgen
        .input_path(&main)
        .out_name(job.name)
        .web(true)?
        .typescript(false)
        .remove_name_section(true)
        .remove_producers_section(true)
        .omit_default_module_path(true)
        // Split-off files use the table and the stack of the main one.
        .keep_lld_exports(job.split);
    bindgen
        .generate(&out)
        .with_context(|| format!("wasm-bindgen failed on {}", job.package))?;

    let mut wasm_files = vec![(
        out.join(format!("{}_bg.wasm", job.name)),
        job.name.to_owned(),
    )];
    let mut js = std::fs::read_to_string(out.join(format!("{}.js", job.name)))?;
    if job.self_starting {
        js.push_str(&self_start(&format!("{}-{tag}.wasm", job.name)));
    }
    if job.split {
        let mut link = std::fs::read_to_string(out.join(LINK_SCRIPT))?;
        for chunk in chunks {
            let stem = chunk
                .file_stem()
                .context("a chunk has a name")?
                .to_string_lossy()
                .into_owned();
            let name = format!("{}-{stem}", job.name);
            link = link.replace(
                &format!("\"./{stem}.wasm\""),
                &format!("\"./{name}-{tag}.wasm\""),
            );
            wasm_files.push((chunk, name));
        }
        let link_name = format!("{}-split-{tag}.js", job.name);
        js = js.replace(
            &format!("from \"{LINK_SCRIPT}\""),
            &format!("from \"./{link_name}\""),
        );
        link = link.replace("./main.js", &format!("./{}-{tag}.js", job.name));
        write_with_brotli(&cache.join(link_name), link.as_bytes(), 11)?;
    }
    write_with_brotli(
        &cache.join(format!("{}-{tag}.js", job.name)),
        js.as_bytes(),
        11,
    )?;

    let wasm_opt = npm::modules(&env::root().join("xtask/npm"))?.join("binaryen/bin/wasm-opt");
    for (file, name) in wasm_files {
        let optimised = out.join("optimised.wasm");
        env::run(
            Command::new("node")
                .arg("--stack-size=8000")
                .arg(&wasm_opt)
                .args(WASM_FEATURES)
                .arg(job.opt)
                .arg(file)
                .arg("-o")
                .arg(&optimised),
        )?;
        let wasm = std::fs::read(&optimised)?;
        write_with_brotli(
            &cache.join(format!("{name}-{tag}.wasm")),
            &wasm,
            job.quality,
        )?;
    }
    std::fs::remove_dir_all(&out)?;
    std::fs::write(cache.join(".done"), b"")?;
    Ok(())
}

/// Cuts off what only the functions marked with `wasm_split` need; returns the cut-off files.
fn split(job: &WasmJob, raw: &[u8], out: &Path, main: &Path) -> Result<Vec<PathBuf>> {
    let mut options = wasm_split_cli_support::Options::new(raw);
    options.output_dir = out;
    options.main_out_path = main;
    options.link_name = LINK_SCRIPT;
    options.main_module = "./main.js";
    let made = wasm_split_cli_support::transform(options)
        .map_err(|error| anyhow::anyhow!("{} cannot be split: {error:#}", job.package))?;
    Ok(made.split_modules)
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
