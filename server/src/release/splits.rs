//! Train, validation and test: by person and by prompt, never by row, and the same in every release.

use sha2::{Digest, Sha256};

/// Where a person or a prompt belongs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Split {
    Train,
    Validation,
    Test,
}

/// Of 100 people, how many are for validation and how many for tests.
const PEOPLE: (u64, u64) = (10, 10);
/// Of 100 prompts, how many are for validation and how many for tests: more, since packs have few prompts.
const PROMPTS: (u64, u64) = (15, 25);

impl Split {
    /// As published; the names that loaders expect.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Split::Train => "train",
            Split::Validation => "validation",
            Split::Test => "test",
        }
    }
}

/// The split of a person, from the pseudonym.
pub(crate) fn of_rater(rater_id: &str) -> Split {
    split("palate/split/rater/1", &[rater_id], PEOPLE)
}

/// The split of a prompt. Other texts under the same id do not move it.
pub(crate) fn of_prompt(pack: &str, prompt_id: &str) -> Split {
    split("palate/split/prompt/1", &[pack, prompt_id], PROMPTS)
}

/// 64 bit that depend on all parts and on nothing else.
pub(crate) fn hash(label: &str, parts: &[&str]) -> u64 {
    let mut hash = Sha256::new();
    for part in std::iter::once(&label).chain(parts) {
        hash.update((part.len() as u64).to_be_bytes());
        hash.update(part);
    }
    let sum: [u8; 32] = hash.finalize().into();
    sum.iter()
        .take(8)
        .fold(0, |value, byte| value << 8 | u64::from(*byte))
}

fn split(label: &str, parts: &[&str], (validation, test): (u64, u64)) -> Split {
    match hash(label, parts) % 100 {
        at if at < test => Split::Test,
        at if at < test + validation => Split::Validation,
        _ => Split::Train,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splits_are_fixed_and_have_their_shares() {
        assert_eq!(of_rater("00"), Split::Train);
        assert_ne!(hash("a", &["b", "c"]), hash("a", &["bc"]));
        let mut counts = std::collections::BTreeMap::<_, u32>::new();
        for at in 0..2_000 {
            *counts
                .entry(of_prompt("starter", &at.to_string()))
                .or_default() += 1;
        }
        let near = |split, share: u32| counts[&split].abs_diff(share) < 80;
        assert!(
            near(Split::Train, 1_200) && near(Split::Validation, 300) && near(Split::Test, 500),
            "{counts:?}"
        );
    }
}
