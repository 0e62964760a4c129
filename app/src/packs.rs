//! The packs that come with the site, and the way from one to another.

use leptos::prelude::*;
use palate_shared::pack::PackManifest;

use crate::state::App;
use crate::{dom, ranking, settings, strings};

/// The pack to begin with; its population heads serve packs without their own.
pub(crate) const STARTER: &str = "starter";

/// How long after its texts a pack is kept for visits without a network, milliseconds.
const KEEP_AFTER_MS: u64 = 3_000;

/// Every pack that can be chosen, in the order of the list.
pub(crate) const ALL: [&str; 4] = [STARTER, "vicuna80", "arguments", "polis"];

/// The pack of this name; the starter pack for any other word.
pub(crate) fn named(id: &str) -> &'static str {
    known(id).unwrap_or(STARTER)
}

/// The pack of this name, where it comes with the site.
pub(crate) fn known(id: &str) -> Option<&'static str> {
    ALL.into_iter().find(|pack| *pack == id)
}

/// Whether the answers of a pack, not its questions, say what a vote was about.
pub(crate) fn is_told_by_answers(pack: &str) -> bool {
    matches!(pack, "arguments" | "polis")
}

/// The folder of a pack.
pub(crate) fn url(pack: &str) -> String {
    format!("/packs/{pack}")
}

/// The person wants questions of this pack, also in later visits.
pub(crate) fn choose(app: App, pack: &'static str) {
    settings::keep_pack(pack);
    open(app, pack);
    app.say(strings::pack_note(pack));
}

/// Goes over to a pack: its questions, its votes, and a worker that knows both.
pub(crate) fn open(app: App, pack: &'static str) {
    if app.library.pack.get_untracked() == pack {
        return;
    }
    ranking::leave(app);
    app.library.open(pack);
    for engine in [app.cpu, app.gpu] {
        engine.renew();
    }
}

/// Keeps a pack for visits without a network. The starter pack is kept with the site.
pub(crate) async fn keep(pack: &'static str, manifest: PackManifest) {
    if pack == STARTER {
        return;
    }
    // What is waited for comes first.
    dom::sleep(KEEP_AFTER_MS).await;
    let names = manifest.files.iter().map(|file| file.name.as_str());
    let files: Vec<String> = std::iter::once("manifest.json")
        .chain(names)
        .map(|name| format!("{}/{name}", url(pack)))
        .collect();
    dom::keep_files(&format!("palate-pack-{pack}"), &files).await;
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    #[test]
    fn every_pack_that_comes_with_the_site_can_be_chosen() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../public/packs");
        let mut found: Vec<String> = std::fs::read_dir(&folder)
            .expect("packs are built")
            .map(|entry| {
                entry
                    .expect("reads")
                    .file_name()
                    .to_string_lossy()
                    .into_owned()
            })
            .collect();
        found.sort_unstable();
        let mut listed = ALL;
        listed.sort_unstable();
        assert_eq!(found, listed);
        for pack in ALL {
            let text = std::fs::read(folder.join(pack).join("manifest.json")).expect("is there");
            let manifest = PackManifest::read(&text).expect("reads");
            assert_eq!(manifest.id.as_str(), pack, "its folder has its name");
            assert!(
                pack != STARTER || manifest.file("heads").is_some(),
                "others may use its heads"
            );
        }
    }

    #[test]
    fn an_unknown_name_is_the_starter_pack() {
        assert_eq!(
            [named("polis"), named(""), named("x")],
            ["polis", STARTER, STARTER]
        );
        assert_eq!(known("x"), None);
    }
}
