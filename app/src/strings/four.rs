//! Texts of ranking four answers.

texts! {
    answer_a = "Answer A";
    answer_b = "Answer B";
    answer_c = "Answer C";
    answer_d = "Answer D";
    answer_other = "Answer";
    four_complete = "Every answer has its place.";
    four_heading = "Rank four answers";
    four_lead = "Give each answer a rank: 1 is best. Equal ranks are ties. One such ranking tells as much as several votes.";
    four_link = "Rank four at once";
    four_back = "Back to two answers";
    four_rank = "Rank" as "place|Rank";
    four_better = "Better";
    four_worse = "Worse";
    four_unacceptable = "Not acceptable";
    four_equal = "All equal";
    four_all_bad = "All bad";
    four_confirm = "Keep this ranking";
    four_skip = "Skip";
    four_keys = "Keys: 1 to 4 rank the answer in focus, E all equal, B all bad, U undo, N next.";
    four_done = "Your ranking is kept.";
    four_waiting = "The questions appear once the methods are loaded.";
}

sentences! {
    /// What was said.
    four_held(order) = "Your ranking: {order}.";
    /// Equals in a ranking.
    four_and(first, second) = "{first} and {second}";
    /// The next place in a ranking.
    four_then(first, second) = "{first}, then {second}";
}

counted! {
    /// Answers that have no rank yet.
    four_unranked(count) = "{count} answer without a rank.", "{count} answers without a rank.";
}

/// Letters of the answers by position.
pub(crate) const LETTERS: [&str; 4] = ["A", "B", "C", "D"];
/// No rank yet.
pub(crate) const FOUR_NO_RANK: &str = "–";

/// Name of an answer by its position on the page.
pub(crate) fn answer(at: usize) -> &'static str {
    match at {
        0 => answer_a(),
        1 => answer_b(),
        2 => answer_c(),
        3 => answer_d(),
        _ => answer_other(),
    }
}

/// Letter of an answer by its position on the page.
pub(crate) fn letter(at: usize) -> &'static str {
    LETTERS.get(at).copied().unwrap_or("?")
}

/// What is missing before the ranking can be kept.
pub(crate) fn four_missing(count: usize) -> String {
    match count {
        0 => four_complete().to_owned(),
        count => four_unranked(count),
    }
}

/// A ranking in words: "B, then A and C, then D".
pub(crate) fn four_order(groups: &[Vec<&str>]) -> String {
    let joined = |parts: Vec<String>, join: fn(String, String) -> String| {
        parts.into_iter().reduce(join).unwrap_or_default()
    };
    let groups = groups
        .iter()
        .map(|group| {
            joined(
                group.iter().map(|&letter| letter.to_owned()).collect(),
                four_and,
            )
        })
        .collect();
    joined(groups, four_then)
}
