//! Architecture, licences and sources of dependencies, checked on the resolved graph.
//!
//! Advisories need a database that is not in any package registry; they are not checked here.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use cargo_metadata::{CargoOpt, DependencyKind, Metadata, MetadataCommand, PackageId};

use crate::env;

/// What a crate must not know (README, "Layout").
const MUST_NOT_KNOW: &[(&str, &[&str])] = &[
    (
        "palate-shared",
        &["leptos", "axum", "burn", "sqlx", "web-sys"],
    ),
    (
        "palate-crowd",
        &["leptos", "axum", "burn", "sqlx", "web-sys"],
    ),
    ("palate-models", &["web-sys", "leptos", "sqlx", "axum"]),
    ("palate-worker", &["leptos", "axum", "sqlx"]),
    ("palate-app", &["burn", "axum", "sqlx", "tokenizers"]),
    // It embeds studies, which needs burn.
    ("palate-server", &["leptos", "web-sys"]),
    ("palate-pack", &["leptos", "axum", "sqlx"]),
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
    "NCSA",
];

/// Crates that carry a licence file but no licence field: what the file says.
const READ_BY_US: &[(&str, &str)] = &[("cfg_block", "Apache-2.0")];

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
        .features(CargoOpt::SomeFeatures(vec!["palate-worker/webgpu".into()]))
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
            "palate-app" | "palate-worker" | "palate-models" | "palate-shared" | "palate-crowd"
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
        .filter(|dependency| dependency.kind == DependencyKind::Normal)
        .map(|dependency| dependency.name.clone())
        .collect())
}

/// Names of everything that `name` is built from at run time.
fn reachable(metadata: &Metadata, name: &str) -> Result<BTreeSet<String>> {
    let roots = vec![&package(metadata, name)?.id];
    let ids = closure(metadata, roots, &[DependencyKind::Normal])?;
    Ok(ids
        .into_iter()
        .map(|id| metadata[id].name.to_string())
        .collect())
}

/// All packages that `todo` reaches over dependencies of these kinds, itself included.
fn closure<'a>(
    metadata: &'a Metadata,
    mut todo: Vec<&'a PackageId>,
    kinds: &[DependencyKind],
) -> Result<BTreeSet<&'a PackageId>> {
    let resolve = metadata
        .resolve
        .as_ref()
        .context("cargo metadata has no graph")?;
    let nodes: BTreeMap<&PackageId, _> =
        resolve.nodes.iter().map(|node| (&node.id, node)).collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = todo.pop() {
        if !seen.insert(id) {
            continue;
        }
        let node = nodes
            .get(id)
            .context("a package is missing from the graph")?;
        let wanted = node
            .deps
            .iter()
            .filter(|dep| dep.dep_kinds.iter().any(|kind| kinds.contains(&kind.kind)));
        todo.extend(wanted.map(|dep| &dep.pkg));
    }
    Ok(seen)
}

fn licences(metadata: &Metadata) -> Result<()> {
    let allowed: Vec<spdx::Licensee> = LICENCES
        .iter()
        .map(|licence| spdx::Licensee::parse(licence))
        .collect::<Result<_, _>>()?;
    let ours = metadata.workspace_members.iter().collect();
    let kinds = [
        DependencyKind::Normal,
        DependencyKind::Build,
        DependencyKind::Development,
    ];
    for id in closure(metadata, ours, &kinds)? {
        let package = &metadata[id];
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
        let read_by_us = || {
            let found = READ_BY_US
                .iter()
                .find(|(read, _)| *read == package.name.as_str());
            found.map(|(_, licence)| *licence)
        };
        let text = package
            .license
            .as_deref()
            .or_else(read_by_us)
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
