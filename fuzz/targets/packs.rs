#![no_main]
#![allow(dead_code, reason = "the targets share one file")]

#[path = "../../models/tests/untrusted/targets.rs"]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| drop(targets::packs(bytes)));
