//! Regret of personal picks: facts on a smaller run, and the published figures.

use std::path::{Path, PathBuf};

use palate_lab::folder::{self, PackFolder};
use palate_lab::regret::{self, EXAMPLES, FIRST, RANDOM, Regrets};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn starter() -> PackFolder {
    folder::read(&root().join("public/packs/starter")).expect("the pack is committed")
}

#[test]
fn examples_bring_a_pick_nearer_to_the_true_best() {
    let found = regret::run(&starter(), 60, &[1]).expect("the pack fits");
    assert_eq!((found.people, found.prompts, found.answers), (60, 22, 6.0));
    let picker = |id: &str| found.picker(id).expect("it picks");
    let eb = &picker("eb").regret;
    let [before, after] = [eb[0], eb[EXAMPLES.len() - 1]];
    assert!(after.high < before.low, "{before:?} {after:?}");
    for id in [RANDOM, FIRST, "longer", "population"] {
        let regret = &picker(id).regret;
        assert!(
            regret.iter().all(|one| one == &regret[0]),
            "{id} knows nobody"
        );
        assert!(after.high < regret[0].low, "{id}: {regret:?}");
    }
    // A method that is mixed with the population picks for a stranger as that does, but for margins that are stretched by
    // how unsure each is.
    let population = picker("population").regret[0].mean;
    for one in found.pickers.iter().filter(|one| one.shrunk) {
        let apart = (one.regret[0].mean - population).abs();
        assert!(apart < 0.03, "{}: {apart}", one.id);
    }
    assert!(found.pickers.iter().any(|one| one.shrunk));
    let again = regret::run(&starter(), 60, &[1]).expect("the pack fits");
    assert_eq!(found, again);
}

#[test]
fn the_published_figures_are_those_of_the_packs_heads() {
    let text = std::fs::read_to_string(root().join("public/figures/regret.json"))
        .expect("the figures are committed");
    let published: Regrets = serde_json::from_str(&text).expect("it parses");
    let heads = starter()
        .manifest
        .file("heads")
        .expect("it has heads")
        .clone();
    assert!(
        published.heads == heads.sha256,
        "public/figures/regret.json is old: palate-lab regret --pack public/packs/starter --out public/figures/regret.json"
    );
    assert!(published.simulated);
    assert_eq!(published.to_json().expect("numbers are finite"), text);
    assert!(text.len() <= 15_000, "{} bytes", text.len());
    for picker in &published.pickers {
        assert_eq!(
            picker.regret.len(),
            published.examples.len(),
            "{}",
            picker.id
        );
        assert_eq!(picker.best.len(), published.examples.len(), "{}", picker.id);
    }
}
