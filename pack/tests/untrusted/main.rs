//! Files of studies from anywhere: what the fuzzer keeps, and damaged inputs.

#[path = "../../../shared/tests/untrusted/damage.rs"]
mod damage;
mod targets;

#[test]
fn no_file_breaks_the_reader_of_studies() {
    let inputs = damage::inputs("studies");
    let sound = inputs
        .iter()
        .filter(|bytes| targets::studies(bytes))
        .count();
    assert!(sound >= 6, "{sound} of the seeds are sound");
    damage::run(&inputs, 6_000, |bytes| _ = targets::studies(bytes));
}
