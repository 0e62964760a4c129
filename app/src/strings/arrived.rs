//! What the worker and the reader of files say. They speak English; here it becomes the language of the page, and what is
//! not listed stays as it came.

use std::fmt::Display;

use palate_shared::features::FEATURES;
use palate_shared::said::{DEVICE, FILE, SESSION, values};

use crate::locale;

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
    let patterns = [SESSION.sentences, DEVICE.sentences, FILE.sentences];
    patterns.into_iter().flatten().find_map(|pattern| {
        let ways = values(pattern, english);
        let is_known = |way: &&Vec<(&str, &str)>| way.iter().all(|(_, value)| is_trait(value));
        let way = ways.iter().find(is_known).or(ways.first())?;
        let values: Vec<(&str, String)> = way
            .iter()
            .map(|(name, value)| (*name, arrived(value)))
            .collect();
        let values: Vec<(&str, &dyn Display)> = values
            .iter()
            .map(|(name, value)| (*name, value as &dyn Display))
            .collect();
        Some(locale::filled(pattern, &values))
    })
}

fn is_trait(words: &str) -> bool {
    FEATURES
        .iter()
        .any(|feature| feature.name.eq_ignore_ascii_case(words))
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

/// Everything that is listed, and names of traits and what people like of them.
#[cfg(test)]
pub(super) fn listed() -> impl Iterator<Item = &'static str> {
    let all = [SESSION, DEVICE, FILE].map(|said| [said.texts, said.sentences].concat());
    let traits = FEATURES
        .iter()
        .flat_map(|feature| [feature.name, feature.more, feature.less]);
    all.into_iter().flatten().chain(traits)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The code of the worker runs in browsers only, so its words are read from its text.
    const SPEAKER: &str = include_str!("../../../worker/src/device.rs");

    #[test]
    fn what_the_worker_says_of_devices_is_listed_and_nothing_else() {
        let code: String = SPEAKER
            .lines()
            .filter(|line| !line.trim_start().starts_with("//"))
            .collect();
        let literals: Vec<&str> = code.split('"').skip(1).step_by(2).collect();
        let times = literals.iter().find(|text| text.starts_with("A test text"));
        let times = times.expect("the timed run is told");
        let said: Vec<String> = literals
            .iter()
            .filter(|text| text.contains(' ') && text.ends_with('.') || text.starts_with("{times}"))
            .map(|text| without_names(&text.replace("{times}", times)))
            .collect();
        let listed: Vec<String> = [DEVICE.texts, DEVICE.sentences]
            .concat()
            .into_iter()
            .map(without_names)
            .collect();
        for said in &said {
            assert!(listed.contains(said), "not listed: {said}");
        }
        for listed in &listed {
            let elsewhere = "The CPU is used.";
            assert!(
                listed == elsewhere || said.contains(listed),
                "never said: {listed}"
            );
        }
        assert!(include_str!("../../../worker/src/encoder.rs").contains("\"The CPU is used.\""));
    }

    /// A sentence with `{}` for each value, whatever it is called.
    fn without_names(text: &str) -> String {
        let mut parts = text.split('{');
        let start = parts.next().unwrap_or_default().to_owned();
        parts.fold(start, |all, part| {
            let after = part.split_once('}').map_or(part, |(_, after)| after);
            format!("{all}{{}}{after}")
        })
    }
}
