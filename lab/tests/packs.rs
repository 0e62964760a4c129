//! The committed source text of packs is what the repository's data give.

use std::path::{Path, PathBuf};

use palate_lab::pack_source::{Kind, make};
use palate_lab::source;

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn items(kind: Kind, data: &str, pack: &str) -> palate_shared::pack::PackItems {
    let (text, _) = make(kind, &root().join("data").join(data)).expect("good data");
    let folder = root().join("packs").join(pack);
    let committed = std::fs::read_to_string(folder.join("source.jsonl")).expect("is committed");
    assert!(
        text == committed,
        "packs/{pack}/source.jsonl is old: palate-lab pack-source --source data/{data} --out packs/{pack}"
    );
    let meta = source::read_meta(&folder.join("pack.json")).expect("is committed");
    source::parse(&text, &meta).expect("good lines")
}

#[test]
fn statements_stand_in_groups_of_about_six_different_ones() {
    let items = items(Kind::Polis, "polis-bowling-green", "polis");
    assert!(items.prompts.len() >= 100, "{}", items.prompts.len());
    for prompt in &items.prompts {
        assert!((4..=7).contains(&prompt.responses.len()), "{}", prompt.id);
    }
    let statements: usize = items
        .prompts
        .iter()
        .map(|prompt| prompt.responses.len())
        .sum();
    assert!((550..=607).contains(&statements), "{statements}");
}

#[test]
fn arguments_are_of_moderate_length_and_at_most_eight_a_side() {
    let items = items(Kind::Ukp, "ukp-convarg1", "arguments");
    assert_eq!(items.prompts.len(), 26);
    for prompt in &items.prompts {
        assert!((4..=8).contains(&prompt.responses.len()), "{}", prompt.id);
        for response in &prompt.responses {
            let words = response.text.split_whitespace().count();
            assert!((20..=110).contains(&words), "{}", response.id);
        }
    }
}
