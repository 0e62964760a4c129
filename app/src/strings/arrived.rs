//! What the worker and the reader of files say. They speak English; here it becomes the language of the page, and what is
//! not listed stays as it came.

use std::fmt::Display;

use palate_shared::features::FEATURES;

use crate::locale;

/// Whole texts; traits are in [`FEATURES`].
#[cfg(test)]
pub(super) const TEXTS: &[&str] = &[
    "Coin",
    "Longer answer",
    "Population",
    "Personal ridge",
    "Empirical Bayes",
    "PAL-A",
    "wording that no named trait covers",
    "Picked at random. It only tests the predictions; nothing is learned from it.",
    "You had this one before, with the sides swapped. It tells how steady your taste is; nothing is learned from it.",
    "You said the same last time.",
    "Last time you said something else.",
    "Together, these four tell most about your taste.",
    "This pair tells most about your taste.",
    "Kept aside: this vote only tests the predictions.",
    "As expected; nothing changed much.",
    "The CPU is used.",
    "You chose the CPU.",
    "You chose WebGPU, and it passed its self-test.",
    "WebGPU passed its self-test; it is timed against the CPU when the first text is read.",
    "This is not a file of votes: “format” must be “palate-taste”.",
];

/// Sentences with values.
pub(super) const SENTENCES: &[&str] = &[
    "These two differ in {one} and {two}, where your taste is least known.",
    "A little more sure that you like {words}.",
    "Changed its mind: you may like {words}.",
    "Less sure now that you like {words}.",
    "WebGPU is not usable here ({why}).",
    "WebGPU gave wrong numbers in its self-test ({why}), so the CPU is used.",
    "A test text took {gpu} ms on WebGPU and {cpu} ms on the CPU.",
    "A test text took {gpu} ms on WebGPU and {cpu} ms on the CPU, so the CPU is used.",
    "The file is too large: {bytes} bytes, where {most} are allowed.",
    "The file is cut off: {why}.",
    "The file cannot be read: {why}.",
    "The file has schema {schema}; this page reads 1 and {newest}. Reload the page to get its newest version.",
];

/// A text that arrived in English, in the language of the page.
pub(crate) fn arrived(english: &str) -> String {
    locale::arrived(english)
        .or_else(|| trait_in_sentence(english))
        .or_else(|| sentence(english))
        .or_else(|| two(english))
        .unwrap_or_else(|| english.to_owned())
}

/// The name of a trait as it stands inside an English sentence.
fn trait_in_sentence(english: &str) -> Option<String> {
    let found = FEATURES
        .iter()
        .find(|feature| feature.name.eq_ignore_ascii_case(english))?;
    locale::arrived(found.name)
}

fn sentence(english: &str) -> Option<String> {
    SENTENCES.iter().find_map(|pattern| {
        let values: Vec<(&str, String)> = values(pattern, english)?
            .into_iter()
            .map(|(name, value)| (name, arrived(value)))
            .collect();
        let values: Vec<(&str, &dyn Display)> = values
            .iter()
            .map(|(name, value)| (*name, value as &dyn Display))
            .collect();
        Some(locale::filled(pattern, &values))
    })
}

/// The values of a sentence that was made from this pattern.
fn values<'a>(pattern: &'static str, sentence: &'a str) -> Option<Vec<(&'static str, &'a str)>> {
    let (start, mut pattern) = pattern.split_once('{')?;
    let mut sentence = sentence.strip_prefix(start)?;
    let mut found = Vec::new();
    loop {
        let (name, after) = pattern.split_once('}')?;
        let Some((between, next)) = after.split_once('{') else {
            found.push((name, sentence.strip_suffix(after)?));
            return Some(found);
        };
        let (value, rest) = sentence.split_once(between)?;
        found.push((name, value));
        (pattern, sentence) = (next, rest);
    }
}

/// Two traits with a comma between them.
fn two(english: &str) -> Option<String> {
    english.match_indices(", ").find_map(|(at, comma)| {
        let (one, other) = (&english[..at], &english[at + comma.len()..]);
        Some(format!(
            "{}, {}",
            locale::arrived(one)?,
            locale::arrived(other)?
        ))
    })
}

/// Names of traits and what people like of them.
#[cfg(test)]
pub(super) fn features() -> impl Iterator<Item = &'static str> {
    FEATURES
        .iter()
        .flat_map(|feature| [feature.name, feature.more, feature.less])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_where_the_pattern_has_them() {
        let found = |sentence| SENTENCES.iter().filter_map(move |p| values(p, sentence));
        let all = |sentence| found(sentence).collect::<Vec<_>>();
        assert_eq!(
            all("These two differ in length and says i, where your taste is least known."),
            [[("one", "length"), ("two", "says i")]]
        );
        assert_eq!(
            all("A test text took 5 ms on WebGPU and 3 ms on the CPU, so the CPU is used."),
            [[("gpu", "5"), ("cpu", "3")]]
        );
        assert!(all("Something else.").is_empty());
    }
}
