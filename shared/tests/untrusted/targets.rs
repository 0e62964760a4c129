//! What is done with bytes from anywhere, and what must hold of what is let through. The fuzzer runs the same functions.

use palate_shared::event::current;
use palate_shared::features;
use palate_shared::pack::{PackItems, PackManifest, WeightsManifest};
use palate_shared::taste::{self, Found};

/// A `.taste.json`: what is read is written and read again as it was, and merges with nothing lost.
pub fn taste(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else {
        return;
    };
    let Ok(found) = taste::read(text) else {
        return;
    };
    let events = found.taste.events.clone();
    let written = serde_json::to_string(&found.taste).expect("is JSON");
    if written.len() <= taste::MAX_BYTES {
        let sound = Found {
            doubled: 0,
            refused: vec![],
            ..found
        };
        assert_eq!(taste::read(&written), Ok(sound));
    }
    let count = events.len();
    let merged = taste::merge(&[], events);
    assert_eq!(
        merged.new.len() + merged.known + merged.refused.len(),
        count
    );
    assert!(current(&merged.new).len() <= merged.new.len());
}

/// The manifest of a pack or of the encoder's weights.
pub fn manifests(bytes: &[u8]) {
    if let Ok(manifest) = PackManifest::read(bytes) {
        let written = serde_json::to_vec(&manifest).expect("is JSON");
        assert_eq!(PackManifest::read(&written), Ok(manifest));
    }
    if let Ok(manifest) = WeightsManifest::read(bytes) {
        let total = manifest.bytes + manifest.tokenizer.bytes;
        assert!(total <= 2 << 30, "{total} bytes to load");
        let written = serde_json::to_vec(&manifest).expect("is JSON");
        assert_eq!(WeightsManifest::read(&written), Ok(manifest));
    }
}

/// `items.json` and `first.json`, with the readable features of every answer.
pub fn items(bytes: &[u8]) {
    let Ok(items) = serde_json::from_slice::<PackItems>(bytes) else {
        return;
    };
    for response in items.prompts.iter().flat_map(|prompt| &prompt.responses) {
        let found = features::extract(&response.text);
        assert!(found.iter().all(|value| value.is_finite()), "{found:?}");
    }
    let written = serde_json::to_vec(&items).expect("is JSON");
    assert_eq!(
        serde_json::from_slice::<PackItems>(&written).ok(),
        Some(items)
    );
}
