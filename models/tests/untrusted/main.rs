//! Packs from anywhere: what the fuzzer keeps, and damaged inputs.

#[path = "../../../shared/tests/untrusted/damage.rs"]
mod damage;
mod targets;

use palate_models::heads::Table;

#[test]
fn no_heads_file_breaks_a_session() {
    let inputs = damage::inputs("heads");
    assert!(
        inputs.contains(&targets::small_heads()),
        "fuzz/seeds/heads is of another version"
    );
    targets::heads(&targets::small_heads()).expect("the seed is sound");
    damage::run(&inputs, 4_000, |bytes| drop(targets::heads(bytes)));
}

#[test]
#[ignore = "writes the fuzzer's seed anew, when a method's tables change"]
fn the_seed_is_written() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/seeds/heads/small.bin");
    std::fs::write(path, targets::small_heads()).expect("the folder is there");
}

#[test]
fn no_table_of_odd_shape_or_size_breaks_a_session() {
    let tables = targets::small_tables();
    for (name, table) in &tables {
        let length = table.data.len();
        let odd = [
            Table::new(&[0], vec![]),
            Table::new(&[1], vec![1.0]),
            Table::new(&[length + 1], vec![1.0; length + 1]),
            Table::new(&[length * 2], vec![1.0; length * 2]),
        ];
        let numbers = [0.0, -1.0, 1e-30, 1e30, -1e30, f32::MAX, f32::MIN_POSITIVE];
        let odd = odd
            .into_iter()
            .chain(numbers.map(|number| Table::new(&table.shape, vec![number; length])));
        for table in odd {
            let mut tables = tables.clone();
            tables.insert(name.clone(), table.clone());
            let heads = targets::write_heads(&tables);
            let opened = std::panic::catch_unwind(|| drop(targets::heads(&heads)));
            assert!(
                opened.is_ok(),
                "{name} {:?} {:?}",
                table.shape,
                table.data.first()
            );
        }
    }
    // Layers of one model that fit each other, but are empty.
    let mut tables = tables;
    for (name, shape) in [
        ("btl.hidden.weight", &[21, 0][..]),
        ("btl.hidden.bias", &[0]),
        ("btl.output.weight", &[0, 1]),
    ] {
        tables.insert(name.to_owned(), Table::new(shape, vec![]));
    }
    // An error or not, but no panic.
    drop(targets::heads(&targets::write_heads(&tables)));
}

#[test]
fn no_items_file_breaks_a_session() {
    let inputs = damage::inputs("packs");
    assert!(
        inputs.iter().any(|bytes| targets::packs(bytes).is_ok()),
        "no seed is sound"
    );
    damage::run(&inputs, 1_000, |bytes| drop(targets::packs(bytes)));
}
