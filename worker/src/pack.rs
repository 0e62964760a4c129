//! Loads a pack: manifest, then items, vectors and heads, each checked against the manifest.

use js_sys::Promise;
use palate_models::session::Session;
use palate_shared::pack::{PackFile, PackItems, PackManifest};

use crate::failure::{self, Result};
use crate::net;

/// Opens the pack at `url`, with the heads of the pack at `heads_url` where it has none.
pub(crate) async fn open(url: &str, heads_url: &str, seed: u64) -> Result<Session> {
    let own = manifest(url).await?;
    let other = match own.file("heads") {
        Some(_) => None,
        None => Some(manifest(heads_url).await?),
    };
    let heads = match &other {
        None => (url, file(&own, "heads")?),
        Some(other) => (heads_url, file(other, "heads")?),
    };
    // All three are asked for before the first is waited for.
    let wanted = [
        (url, file(&own, "items")?),
        (url, file(&own, "vectors")?),
        heads,
    ];
    let [items, vectors, heads] =
        wanted.map(|(url, file)| (file, net::start(&format!("{url}/{}", file.name))));
    let name = &items.0.name;
    let items: PackItems = serde_json::from_slice(&checked(items).await?)
        .map_err(|error| failure::pack(&format!("{name} cannot be read ({error})")))?;
    let vectors = checked(vectors).await?;
    let heads = checked(heads).await?;
    Session::new(&items, &vectors, &heads, seed).map_err(failure::of_session)
}

async fn manifest(url: &str) -> Result<PackManifest> {
    let bytes = whole("manifest.json", net::start(&format!("{url}/manifest.json"))).await?;
    PackManifest::read(&bytes)
        .map_err(|error| failure::pack(&format!("manifest.json is refused: {error}")))
}

fn file<'a>(manifest: &'a PackManifest, role: &str) -> Result<&'a PackFile> {
    manifest
        .file(role)
        .ok_or_else(|| failure::pack(&format!("the pack names no {role}")))
}

async fn checked((file, promise): (&PackFile, Promise)) -> Result<Vec<u8>> {
    let bytes = whole(&file.name, promise).await?;
    if bytes.len() as u64 != file.bytes || net::sha256(&bytes) != file.sha256 {
        return Err(failure::pack(&format!("{} is damaged", file.name)));
    }
    Ok(bytes)
}

async fn whole(name: &str, promise: Promise) -> Result<Vec<u8>> {
    let response = net::response(promise)
        .await
        .map_err(|_| failure::network("the pack"))?;
    if response.status() != 200 {
        return Err(failure::pack(&format!(
            "the server answered {} for {name}",
            response.status()
        )));
    }
    net::body(&response)
        .await
        .map_err(|_| failure::network("the pack"))
}
