//! Files from anywhere: what the fuzzer keeps, and a few thousand damaged inputs.

mod damage;
mod targets;

#[test]
fn no_taste_file_breaks_the_reader() {
    damage::run(&damage::inputs("taste"), 6_000, targets::taste);
}

#[test]
fn no_manifest_breaks_the_reader() {
    damage::run(&damage::inputs("manifests"), 6_000, targets::manifests);
}

#[test]
fn no_items_file_breaks_the_reader() {
    damage::run(&damage::inputs("items"), 6_000, targets::items);
}
