//! Architecture, licences and sources of dependencies, checked on the resolved graph.
//!
//! Advisories need a database that is not in any package registry; they are not checked here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use cargo_metadata::{CargoOpt, Metadata, MetadataCommand, PackageId};

use crate::env;

/// What a crate must not know (README, "Layout").
const MUST_NOT_KNOW: &[(&str, &[&str])] = &[
    (
        "palate-shared",
        &["leptos", "axum", "burn", "sqlx", "web-sys"],
    ),
    ("palate-models", &["web-sys", "leptos", "sqlx", "axum"]),
    ("palate-worker", &["leptos", "axum", "sqlx"]),
    ("palate-app", &["burn", "axum", "sqlx", "tokenizers"]),
    ("palate-server", &["leptos", "burn", "web-sys"]),
    ("palate-lab", &["leptos", "axum", "sqlx"]),
];

/// Licences that the project may ship.
const LICENCES: &[&str] = &[
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "MIT",
    "MIT-0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "BSL-1.0",
    "ISC",
    "Zlib",
    "Unicode-3.0",
    "CC0-1.0",
    "Unlicense",
    "MPL-2.0",
    "CDLA-Permissive-2.0",
    "bzip2-1.0.6",
];

/// Crates that must not come in, and why.
const BANNED: &[(&str, &str)] = &[
    (
        "openssl-sys",
        "TLS is rustls; openssl needs a system library",
    ),
    ("native-tls", "TLS is rustls"),
    (
        "onig_sys",
        "tokenizers runs without C, natively as in the browser",
    ),
];

/// Runs all three checks.
pub(crate) fn check() -> Result<()> {
    let metadata = MetadataCommand::new()
        .manifest_path(env::root().join("Cargo.toml"))
        .features(CargoOpt::AllFeatures)
        .exec()
        .context("cargo metadata failed")?;
    architecture()?;
    licences(&metadata)?;
    println!(
        "{} packages: architecture, licences, bans and sources hold",
        metadata.packages.len()
    );
    Ok(())
}

/// Direct and indirect dependencies of each of our crates, as it is built: default features, its own target.
fn architecture() -> Result<()> {
    for (name, forbidden) in MUST_NOT_KNOW {
        let target = if matches!(
            *name,
            "palate-app" | "palate-worker" | "palate-models" | "palate-shared"
        ) {
            "wasm32-unknown-unknown"
        } else {
            "x86_64-unknown-linux-gnu"
        };
        let metadata = MetadataCommand::new()
            .manifest_path(env::root().join("Cargo.toml"))
            .other_options(vec!["--filter-platform".into(), target.into()])
            .exec()?;
        let known = reachable(&metadata, name)?;
        for crate_name in *forbidden {
            // burn's own browser code may use web-sys; ours in `models` may not name it.
            let through_burn = *name == "palate-models" && *crate_name == "web-sys";
            let names = if through_burn {
                direct(&metadata, name)?
            } else {
                known.clone()
            };
            ensure!(
                !names.contains(*crate_name),
                "{name} must not know {crate_name}, but depends on it"
            );
        }
    }
    Ok(())
}

fn package<'a>(metadata: &'a Metadata, name: &str) -> Result<&'a cargo_metadata::Package> {
    metadata
        .workspace_packages()
        .into_iter()
        .find(|package| package.name.as_str() == name)
        .with_context(|| format!("no crate {name}"))
}

fn direct(metadata: &Metadata, name: &str) -> Result<BTreeSet<String>> {
    Ok(package(metadata, name)?
        .dependencies
        .iter()
        .filter(|dependency| dependency.kind == cargo_metadata::DependencyKind::Normal)
        .map(|dependency| dependency.name.clone())
        .collect())
}

fn reachable(metadata: &Metadata, name: &str) -> Result<BTreeSet<String>> {
    let resolve = metadata
        .resolve
        .as_ref()
        .context("cargo metadata has no graph")?;
    let nodes: BTreeMap<&PackageId, _> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut todo = vec![&package(metadata, name)?.id];
    let mut seen = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = nodes
            .get(id)
            .context("a package is missing from the graph")?;
        todo.extend(
            node.deps
                .iter()
                .filter(|dep| {
                    dep.dep_kinds
                        .iter()
                        .any(|kind| kind.kind == cargo_metadata::DependencyKind::Normal)
                })
                .map(|dep| &dep.pkg),
        );
    }
    Ok(seen
        .into_iter()
        .map(|id| metadata[id].name.to_string())
        .collect())
}

fn licences(metadata: &Metadata) -> Result<()> {
    let allowed: Vec<spdx::Licensee> = LICENCES
        .iter()
        .map(|licence| spdx::Licensee::parse(licence))
        .collect::<Result<_, _>>()?;
    for package in &metadata.packages {
        let name = format!("{} {}", package.name, package.version);
        if let Some((_, reason)) = BANNED
            .iter()
            .find(|(banned, _)| *banned == package.name.as_str())
        {
            anyhow::bail!("{name} is banned: {reason}");
        }
        if let Some(source) = &package.source {
            ensure!(
                source.is_crates_io(),
                "{name} comes from {source}, not from crates.io"
            );
        }
        let text = package
            .license
            .as_deref()
            .with_context(|| format!("{name} states no licence"))?;
        let expression = spdx::Expression::parse_mode(text, spdx::ParseMode::LAX)
            .map_err(|error| anyhow::anyhow!("{name}: licence {text:?} does not parse: {error}"))?;
        let fits = expression.evaluate(|requirement| {
            allowed
                .iter()
                .any(|licensee| licensee.satisfies(requirement))
        });
        ensure!(fits, "{name}: licence {text} is not on the list");
    }
    Ok(())
}
