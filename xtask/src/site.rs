//! The site folder: pages, style, wasm, packs. Hashed names, so that files are immutable.

use std::path::Path;

use anyhow::{Context, Result};

use crate::wasm::{WasmFiles, WasmJob, sha256, write_with_brotli};
use crate::{Part, env, wasm};

const UI: WasmJob = WasmJob {
    name: "app",
    package: "palate-app",
    profile: "ui",
    features: "",
    opt: "-Oz",
    quality: 11,
    self_starting: false,
    split: true,
};

const WORKER_CPU: WasmJob = WasmJob {
    name: "worker-cpu",
    package: "palate-worker",
    profile: "worker",
    features: "",
    opt: "-O3",
    quality: 11,
    self_starting: true,
    split: false,
};

const WORKER_GPU: WasmJob = WasmJob {
    name: "worker-gpu",
    package: "palate-worker",
    profile: "worker-gpu",
    features: "webgpu",
    opt: "-Os",
    quality: 9,
    self_starting: true,
    split: false,
};

/// Builds these parts and writes the pages for everything that has been built so far.
pub(crate) fn build(parts: &[Part]) -> Result<()> {
    let site = env::site_dir();
    std::fs::create_dir_all(&site)?;
    for part in parts {
        let (job, key) = match part {
            Part::Ui => (&UI, "ui"),
            Part::WorkerCpu => (&WORKER_CPU, "worker-cpu"),
            Part::WorkerGpu => (&WORKER_GPU, "worker-gpu"),
        };
        let files = wasm::build(job, &site)?;
        remember(&site, key, &files)?;
    }
    copy_public(&site)?;
    write_pages(&site)?;
    remove_stale_assets(&site)
}

fn remember(site: &Path, key: &str, files: &WasmFiles) -> Result<()> {
    std::fs::write(
        site.join(format!(".built-{key}")),
        [files.js.as_str(), &files.wasm]
            .into_iter()
            .chain(files.parts.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join("\n"),
    )?;
    Ok(())
}

/// Files of a part, if it was built.
pub(crate) fn built(site: &Path, key: &str) -> Option<WasmFiles> {
    let text = std::fs::read_to_string(site.join(format!(".built-{key}"))).ok()?;
    let mut lines = text.lines().map(str::to_owned);
    Some(WasmFiles {
        js: lines.next()?,
        wasm: lines.next()?,
        parts: lines.collect(),
    })
}

/// Copies `public`; what is already there stays untouched, because a server may be serving it, and compressing is slow.
fn copy_public(site: &Path) -> Result<()> {
    let public = env::root().join("public");
    copy_tree(&public, site)?;
    remove_strangers(&public.join("packs"), &site.join("packs"))
}

fn copy_tree(from: &Path, to: &Path) -> Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in
        std::fs::read_dir(from).with_context(|| format!("cannot read {}", from.display()))?
    {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_tree(&entry.path(), &target)?;
            continue;
        }
        let bytes = std::fs::read(entry.path())?;
        let mut twin = target.as_os_str().to_owned();
        twin.push(".br");
        let is_there =
            Path::new(&twin).exists() && std::fs::read(&target).is_ok_and(|there| there == bytes);
        if !is_there {
            write_with_brotli(&target, &bytes, 11)?;
        }
    }
    Ok(())
}

/// Removes from `to` what `from` does not have.
fn remove_strangers(from: &Path, to: &Path) -> Result<()> {
    for entry in std::fs::read_dir(to)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let source = from.join(name.trim_end_matches(".br"));
        if !source.exists() {
            if path.is_dir() {
                std::fs::remove_dir_all(&path)?;
            } else {
                std::fs::remove_file(&path)?;
            }
        } else if path.is_dir() {
            remove_strangers(&source, &path)?;
        }
    }
    Ok(())
}

fn write_pages(site: &Path) -> Result<()> {
    let Some(app) = built(site, "ui") else {
        return Ok(());
    };
    let style = hashed(
        site,
        "style",
        "css",
        bundle_css(&env::root().join("style"), "main.css")?.as_bytes(),
    )?;
    let boot = hashed(
        site,
        "boot",
        "js",
        boot_script(&app.js, &app.wasm).as_bytes(),
    )?;
    let url = |key: &str| {
        built(site, key)
            .map(|files| format!("/{}", files.js))
            .unwrap_or_default()
    };
    // What the first question needs is asked for together with the wasm, not after it.
    let preloads = preloads(site)?;
    let part = |name| std::fs::read_to_string(env::root().join("app").join(name));
    let (rank, footer) = (part("rank.html")?, part("footer.html")?);
    for (template, page, main, preloads) in [
        ("index.html", "index.html", "", preloads.as_str()),
        ("shell.html", "app.html", SKELETON, ""),
        ("shell.html", "rank.html", rank.trim_end(), &preloads),
    ] {
        let path = env::root().join("app").join(template);
        let html = std::fs::read_to_string(&path)
            .with_context(|| format!("cannot read {}", path.display()))?;
        let html = html
            .replace("{{PRELOADS}}", preloads)
            .replace("{{MAIN}}", main)
            .replace("{{FOOTER}}", footer.trim_end())
            .replace("{{BOOT_JS}}", &format!("/{boot}"))
            .replace("{{APP_JS}}", &format!("/{}", app.js))
            .replace("{{APP_WASM}}", &format!("/{}", app.wasm))
            .replace("{{STYLE_CSS}}", &format!("/{style}"))
            .replace("{{WORKER_CPU}}", &url("worker-cpu"))
            .replace("{{WORKER_GPU}}", &url("worker-gpu"));
        anyhow::ensure!(
            !html.contains("{{"),
            "{template} has a placeholder that nobody fills"
        );
        write_with_brotli(&site.join(page), html.as_bytes(), 11)?;
    }
    write_service_worker(site, &app, &[&style, &boot])
}

/// What stands in a page while its code is loading.
const SKELETON: &str =
    r#"<div class="skeleton" aria-hidden="true"><span></span><span></span><span></span></div>"#;

/// Links that fetch the manifest of the starter pack and its first questions.
fn preloads(site: &Path) -> Result<String> {
    let pack = "packs/starter";
    let manifest = std::fs::read(site.join(pack).join("manifest.json"))?;
    let manifest: palate_shared::pack::PackManifest = serde_json::from_slice(&manifest)?;
    let first = manifest
        .file("first")
        .context("the starter pack has no first questions")?;
    Ok(["manifest.json", &first.name]
        .map(|file| format!(r#"<link rel="preload" href="/{pack}/{file}" as="fetch" crossorigin>"#))
        .join("\n"))
}

/// The service worker with the list of what works offline: pages, scripts, the CPU worker and the starter pack.
fn write_service_worker(site: &Path, app: &WasmFiles, linked: &[&str]) -> Result<()> {
    let mut files = vec![
        "/".to_owned(),
        "/app.html".into(),
        "/favicon.svg".into(),
        "/manifest.webmanifest".into(),
    ];
    let mut add = |file: &str| files.push(format!("/{file}"));
    linked.iter().for_each(|file| add(file));
    for part in [Some(app), built(site, "worker-cpu").as_ref()]
        .into_iter()
        .flatten()
    {
        add(&part.js);
        add(&part.wasm);
        part.parts.iter().for_each(|file| add(file));
    }
    let pack = "packs/starter";
    for entry in std::fs::read_dir(site.join(pack))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        let is_text = name.ends_with(".md") || name == "LICENSE";
        if !name.ends_with(".br") && !is_text {
            add(&format!("{pack}/{name}"));
        }
    }
    files.sort();
    let mut contents = String::new();
    for page in ["index.html", "app.html"] {
        contents += &std::fs::read_to_string(site.join(page))?;
    }
    let list = serde_json::to_string(&files)?;
    let version = &sha256(format!("{list}{contents}").as_bytes())[..12];
    let path = env::root().join("app/service-worker.js");
    let script = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?
        .replace("{{VERSION}}", version)
        .replace("{{FILES}}", &list);
    write_with_brotli(&site.join("service-worker.js"), script.as_bytes(), 11)
}

fn hashed(site: &Path, name: &str, extension: &str, bytes: &[u8]) -> Result<String> {
    let file = format!("assets/{name}-{}.{extension}", &sha256(bytes)[..12]);
    write_with_brotli(&site.join(&file), bytes, 11)?;
    Ok(file)
}

/// Starts the pages; when that fails, marks the document so that the style shows a message.
fn boot_script(app_js: &str, app_wasm: &str) -> String {
    format!(
        r#"try {{
  const app = await import("/{app_js}");
  await app.default({{ module_or_path: "/{app_wasm}" }});
  // Offline use must not delay the first vote.
  const keep = () => setTimeout(() => {{
    navigator.serviceWorker?.register("/service-worker.js").catch(() => {{}});
    // Only the catalogue of the page's own language; English has none.
    const {{ catalogue }} = document.documentElement.dataset;
    if (catalogue) globalThis.caches?.open("palate-locales").then((cache) => cache.add(catalogue)).catch(() => {{}});
  }}, 3000);
  document.readyState === "complete" ? keep() : addEventListener("load", keep);
}} catch (error) {{
  document.documentElement.classList.add("boot-failed");
  throw error;
}}
"#
    )
}

/// `main.css` with its `@import "file.css";` lines replaced by the files.
fn bundle_css(folder: &Path, file: &str) -> Result<String> {
    let path = folder.join(file);
    let text = std::fs::read_to_string(&path)
        .with_context(|| format!("cannot read {}", path.display()))?;
    let mut out = String::new();
    for line in text.lines() {
        let import = line
            .trim()
            .strip_prefix("@import")
            .map(|rest| rest.trim().trim_end_matches(';').trim());
        match import {
            Some(name) => {
                let name = name
                    .trim_start_matches("url(")
                    .trim_end_matches(')')
                    .trim_matches(['"', '\'']);
                out.push_str(&bundle_css(folder, name.trim_start_matches("./"))?);
            }
            None => {
                out.push_str(line.trim_end());
                out.push('\n');
            }
        }
    }
    Ok(out)
}

/// Assets that no page and no worker names any more.
fn remove_stale_assets(site: &Path) -> Result<()> {
    let mut wanted: Vec<String> = ["ui", "worker-cpu", "worker-gpu"]
        .iter()
        .filter_map(|key| built(site, key))
        .flat_map(|files| [files.js, files.wasm].into_iter().chain(files.parts))
        .collect();
    let page = std::fs::read_to_string(site.join("app.html")).unwrap_or_default();
    for entry in std::fs::read_dir(site.join("assets"))? {
        let path = entry?.path();
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .unwrap_or_default()
            .to_owned();
        if page.contains(name.trim_end_matches(".br")) {
            wanted.push(format!("assets/{}", name.trim_end_matches(".br")));
        }
        if !wanted
            .iter()
            .any(|keep| keep.ends_with(name.trim_end_matches(".br")))
        {
            std::fs::remove_file(path)?;
        }
    }
    Ok(())
}
