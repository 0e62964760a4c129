//! Texts of ranking four answers.

use crate::words::plural;

pub(crate) const FOUR_HEADING: &str = "Rank four answers";
pub(crate) const FOUR_LEAD: &str = "Give each answer a rank: 1 is best. Equal ranks are ties. One such ranking tells as much as several votes.";
pub(crate) const FOUR_LINK: &str = "Rank four at once";
pub(crate) const FOUR_BACK: &str = "Back to two answers";
pub(crate) const FOUR_ANSWERS: [&str; 4] = ["Answer A", "Answer B", "Answer C", "Answer D"];
pub(crate) const FOUR_LETTERS: [&str; 4] = ["A", "B", "C", "D"];
pub(crate) const FOUR_RANK: &str = "Rank";
pub(crate) const FOUR_NO_RANK: &str = "–";
pub(crate) const FOUR_BETTER: &str = "Better";
pub(crate) const FOUR_WORSE: &str = "Worse";
pub(crate) const FOUR_UNACCEPTABLE: &str = "Not acceptable";
pub(crate) const FOUR_EQUAL: &str = "All equal";
pub(crate) const FOUR_ALL_BAD: &str = "All bad";
pub(crate) const FOUR_CONFIRM: &str = "Keep this ranking";
pub(crate) const FOUR_SKIP: &str = "Skip";
pub(crate) const FOUR_KEYS: &str =
    "Keys: 1 to 4 rank the answer in focus, E all equal, B all bad, U undo, N next.";
pub(crate) const FOUR_DONE: &str = "Your ranking is kept.";
pub(crate) const FOUR_HELD: &str = "Your ranking:";
pub(crate) const FOUR_WAITING: &str = "The questions appear once the methods are loaded.";

/// What is missing before the ranking can be kept.
pub(crate) fn four_missing(count: usize) -> String {
    match count {
        0 => "Every answer has its place.".to_owned(),
        count => format!("{} without a rank.", plural(count, "answer", "answers")),
    }
}

/// A ranking in words: "B, then A and C, then D".
pub(crate) fn four_order(groups: &[Vec<&str>]) -> String {
    groups
        .iter()
        .map(|group| group.join(" and "))
        .collect::<Vec<_>>()
        .join(", then ")
}
