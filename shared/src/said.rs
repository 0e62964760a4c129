//! What the worker and the reader of files say to people, in English. Pages that speak another language translate it; tests
//! beside the speakers hold these lists and what is said together.

/// What one speaker says.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// Whole texts.
    pub texts: &'static [&'static str],
    /// Sentences with `{values}`.
    pub sentences: &'static [&'static str],
}

/// The session: methods, questions, lessons. Traits are in [`crate::features::FEATURES`].
pub const SESSION: Said = Said {
    texts: &[
        "Coin",
        "Longer answer",
        "Population",
        "Personal ridge",
        "Empirical Bayes",
        "PAL-A",
        "VPL",
        "FSPO-embed",
        "LoRe",
        "Meta reward modeling",
        "Nearest people",
        "long answers",
        "short answers",
        "lists",
        "flowing text",
        "a formal tone",
        "a less formal tone",
        "a warm tone",
        "a cooler tone",
        "a playful tone",
        "a serious tone",
        "a clear stand",
        "both sides weighed",
        "examples",
        "principles",
        "an open end",
        "a clear end",
        "wording that no named trait covers",
        "Picked at random. It only tests the predictions; nothing is learned from it.",
        "You had this one before, with the sides swapped. It tells how steady your taste is; nothing is learned from it.",
        "You said the same last time.",
        "Last time you said something else.",
        "Together, these four tell most about your taste.",
        "This pair tells most about your taste.",
        "Kept aside: this vote only tests the predictions.",
        "As expected; nothing changed much.",
    ],
    sentences: &[
        "These two differ in {one} and {two}, where your taste is least known.",
        "A little more sure that you like {words}.",
        "Changed its mind: you may like {words}.",
        "Less sure now that you like {words}.",
    ],
};

/// The worker, about the device that reads texts.
pub const DEVICE: Said = Said {
    texts: &[
        "The CPU is used.",
        "This build runs on the CPU.",
        "You chose the CPU.",
        "You chose WebGPU, and it passed its self-test.",
        "WebGPU passed its self-test; it is timed against the CPU when the first text is read.",
    ],
    sentences: &[
        "WebGPU is not usable here ({why}).",
        "WebGPU gave wrong numbers in its self-test ({why}), so the CPU is used.",
        "A test text took {gpu} ms on WebGPU and {cpu} ms on the CPU.",
        "A test text took {gpu} ms on WebGPU and {cpu} ms on the CPU, so the CPU is used.",
    ],
};

/// The reader of files of votes ([`crate::taste`]).
pub const FILE: Said = Said {
    texts: &["This is not a file of votes: “format” must be “palate-taste”."],
    sentences: &[
        "The file is too large: {bytes} bytes, where {most} are allowed.",
        "The file is cut off: {why}.",
        "The file cannot be read: {why}.",
        "The file has schema {schema}; this page reads 1 and {newest}. Reload the page to get its newest version.",
    ],
};

/// The values with which a sentence can have been made from this pattern: several ways where a value holds the words that
/// stand between two of them.
pub fn values<'a>(pattern: &'static str, sentence: &'a str) -> Vec<Vec<(&'static str, &'a str)>> {
    pattern
        .split_once('{')
        .and_then(|(start, pattern)| Some(ways(pattern, sentence.strip_prefix(start)?)))
        .unwrap_or_default()
}

/// The same from within the first pair of braces on.
fn ways<'a>(pattern: &'static str, sentence: &'a str) -> Vec<Vec<(&'static str, &'a str)>> {
    let Some((name, after)) = pattern.split_once('}') else {
        return Vec::new();
    };
    let Some((between, next)) = after.split_once('{') else {
        let last = sentence.strip_suffix(after);
        return last.map(|value| vec![(name, value)]).into_iter().collect();
    };
    let mut found = Vec::new();
    for (at, _) in sentence.match_indices(between) {
        for rest in ways(next, &sentence[at + between.len()..]) {
            found.push([vec![(name, &sentence[..at])], rest].concat());
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::taste::{SCHEMA, TasteError};

    #[test]
    fn values_are_found_where_the_pattern_has_them() {
        let patterns = [SESSION.sentences, DEVICE.sentences, FILE.sentences].concat();
        let all = |sentence| {
            let found = patterns.iter().flat_map(move |p| values(p, sentence));
            found.collect::<Vec<_>>()
        };
        assert_eq!(
            all("These two differ in length and says i, where your taste is least known."),
            [[("one", "length"), ("two", "says i")]]
        );
        assert_eq!(
            all("A test text took 5 ms on WebGPU and 3 ms on the CPU, so the CPU is used."),
            [[("gpu", "5"), ("cpu", "3")]]
        );
        assert_eq!(
            all(
                "These two differ in headings and bold and length, where your taste is least known."
            ),
            [
                [("one", "headings"), ("two", "bold and length")],
                [("one", "headings and bold"), ("two", "length")]
            ]
        );
        assert!(all("Something else.").is_empty());
    }

    #[test]
    fn every_refusal_of_a_file_is_listed_and_no_other() {
        let refusals = [
            TasteError::Format,
            TasteError::TooLarge { bytes: 17 },
            TasteError::CutOff("EOF at line 1".to_owned()),
            TasteError::Shape("expected value".to_owned()),
            TasteError::Schema(SCHEMA + 1),
        ];
        // A new refusal must be listed above as well.
        match &refusals[0] {
            TasteError::TooLarge { .. }
            | TasteError::CutOff(_)
            | TasteError::Shape(_)
            | TasteError::Format
            | TasteError::Schema(_) => {}
        }
        let mut left: Vec<&str> = [FILE.texts, FILE.sentences].concat();
        for refusal in refusals {
            let said = refusal.to_string();
            let listed = left
                .iter()
                .position(|listed| *listed == said || !values(listed, &said).is_empty());
            left.remove(listed.unwrap_or_else(|| panic!("not listed: {said}")));
        }
        assert_eq!(left, Vec::<&str>::new());
    }
}
