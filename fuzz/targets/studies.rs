#![no_main]

#[path = "../../pack/tests/untrusted/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| _ = targets::studies(bytes));
