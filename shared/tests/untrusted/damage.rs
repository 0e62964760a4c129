//! Seeds and regressions of the fuzzer, and damage to them: the same each time.

use std::path::Path;

/// Every committed input of a target.
pub fn inputs(target: &str) -> Vec<Vec<u8>> {
    let fuzz = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz");
    let mut paths = Vec::new();
    for kind in ["seeds", "regressions"] {
        let folder = fuzz.join(kind).join(target);
        if folder.is_dir() {
            let entries = std::fs::read_dir(&folder).expect("is read");
            paths.extend(entries.map(|entry| entry.expect("is read").path()));
        }
    }
    paths.sort();
    assert!(!paths.is_empty(), "no inputs for {target}");
    paths
        .iter()
        .map(|path| std::fs::read(path).expect("is read"))
        .collect()
}

/// Runs `check` on the inputs as they are, then on `count` damaged ones.
pub fn run(inputs: &[Vec<u8>], count: usize, check: impl Fn(&[u8])) {
    for input in inputs {
        check(input);
    }
    let mut random = Random(7);
    for round in 0..count {
        let mut bytes = inputs[round % inputs.len()].clone();
        for _ in 0..=random.below(4) {
            damage(&mut bytes, &mut random);
        }
        check(&bytes);
    }
}

/// Texts that parsers stumble over.
const ODD: &[&[u8]] = &[
    b"null",
    b"-1",
    b"0",
    b"1e400",
    b"-0.0",
    b"18446744073709551615",
    b"18446744073709551616",
    b"\"\"",
    b"[]",
    b"{}",
    b"[[[[",
    b"\\ud800",
    b"\xff",
    b"\0",
    b"\xef\xbb\xbf",
    b",",
    b"\"a\":",
];

fn damage(bytes: &mut Vec<u8>, random: &mut Random) {
    let at = random.below(bytes.len() + 1);
    let end = (at + random.below(32)).min(bytes.len());
    match random.below(6) {
        0 => bytes.truncate(at),
        1 => drop(bytes.drain(at..end)),
        2 => {
            if let Some(byte) = bytes.get_mut(at) {
                *byte ^= 1 << random.below(8);
            }
        }
        3 => {
            let odd = ODD[random.below(ODD.len())];
            bytes.splice(at..end, odd.iter().copied());
        }
        4 => {
            let part = bytes[at..end].to_vec();
            let to = random.below(bytes.len() + 1);
            bytes.splice(to..to, part);
        }
        // A number becomes another.
        _ => {
            if let Some(digit) = bytes[at..].iter_mut().find(|byte| byte.is_ascii_digit()) {
                *digit = b"0123456789"[random.below(10)];
            }
        }
    }
}

/// SplitMix64.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % bound as u64) as usize
    }
}
