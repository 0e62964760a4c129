//! Sizes that visitors pay for (design bars), in bytes after brotli, as served.

use std::path::Path;

use anyhow::{Context, Result, ensure};

use crate::wasm::WasmFiles;
use crate::{env, site};

const KB: u64 = 1000;

/// Checks every size and prints a table.
pub(crate) fn check() -> Result<()> {
    let site = env::site_dir();
    let compressed = |file: &str| -> Result<u64> {
        let path = site.join(format!("{file}.br"));
        Ok(std::fs::metadata(&path)
            .with_context(|| format!("{} is missing", path.display()))?
            .len())
    };
    let part = |key: &str| site::built(&site, key).with_context(|| format!("{key} is not built"));
    let (app, cpu, gpu) = (part("ui")?, part("worker-cpu")?, part("worker-gpu")?);
    let both = |files: &WasmFiles| {
        Ok::<_, anyhow::Error>(compressed(&files.wasm)? + compressed(&files.js)?)
    };
    let (mut later, mut largest, mut link) = (0, 0, 0);
    for file in &app.parts {
        let size = compressed(file)?;
        if file.ends_with(".js") {
            link += size;
        } else {
            later += size;
            largest = size.max(largest);
        }
    }
    let page = std::fs::read_to_string(site.join("app.html"))?;
    let linked: u64 = asset_names(&page)
        .into_iter()
        .filter(|name| name.starts_with("assets/style-") || name.starts_with("assets/boot-"))
        .map(|name| compressed(&name))
        .sum::<Result<u64>>()?;
    let html = compressed("index.html")?.max(compressed("app.html")?);
    let pack = Pack::read(&site.join("packs/starter"))?;
    let heads_of =
        |name: &str| Ok::<_, anyhow::Error>(Pack::read(&site.join("packs").join(name))?.heads);
    let rows = [
        ("UI wasm", compressed(&app.wasm)?, 250 * KB),
        (
            "all until the first vote",
            both(&app)? + link + html + linked + pack.manifest + pack.first,
            350 * KB,
        ),
        ("starter pack without heads", pack.without_heads, 600 * KB),
        // 300 kB a method are allowed; nobody shall wait for nine times that.
        ("heads of the starter pack", pack.heads, 400 * KB),
        ("heads of polis", heads_of("polis")?, 400 * KB),
        ("heads of arguments", heads_of("arguments")?, 400 * KB),
        ("largest of the other pages", largest, 100 * KB),
        // A page is fetched when it is opened, so nobody pays for all of them; the sum shows when something is in many of them.
        ("other pages together", later, 700 * KB),
        ("CPU worker", both(&cpu)?, 1200 * KB),
        ("WebGPU worker", both(&gpu)?, 3400 * KB),
    ];
    println!("{:<34} {:>12} {:>12}", "brotli bytes", "is", "may be");
    for (name, is, limit) in &rows {
        println!("{name:<34} {is:>12} {limit:>12}");
    }
    for (name, is, limit) in rows {
        ensure!(is <= limit, "{name}: {is} bytes, more than {limit}");
    }
    Ok(())
}

fn asset_names(page: &str) -> Vec<String> {
    page.split('"')
        .filter_map(|text| text.strip_prefix('/'))
        .filter(|text| text.starts_with("assets/"))
        .map(String::from)
        .collect()
}

struct Pack {
    manifest: u64,
    first: u64,
    heads: u64,
    without_heads: u64,
}

impl Pack {
    fn read(folder: &Path) -> Result<Self> {
        let text = std::fs::read(folder.join("manifest.json"))
            .with_context(|| format!("{} has no manifest", folder.display()))?;
        let manifest: serde_json::Value = serde_json::from_slice(&text)?;
        let size = |name: &str| -> Result<u64> {
            Ok(std::fs::metadata(folder.join(format!("{name}.br")))?.len())
        };
        let mut pack = Self {
            manifest: size("manifest.json")?,
            first: 0,
            heads: 0,
            without_heads: 0,
        };
        for file in manifest["files"]
            .as_array()
            .context("manifest.files is missing")?
        {
            let bytes = size(file["name"].as_str().context("a file has no name")?)?;
            match file["role"].as_str() {
                Some("heads") => pack.heads += bytes,
                Some("first") => {
                    pack.first += bytes;
                    pack.without_heads += bytes;
                }
                _ => pack.without_heads += bytes,
            }
        }
        ensure!(
            pack.first > 0 && pack.heads > 0,
            "{} lacks first questions or heads",
            folder.display()
        );
        Ok(pack)
    }
}
