//! Readable text features: what a reader notices about an answer without knowing its subject.
//!
//! Pure functions of the text, the same natively and in wasm. Rates are dampened (`ln(1 + per 100 words)`, with a
//! prior of 30 words in the denominator) so that one cue in a short answer does not swamp the scale.
//! Standardisation is not done here: its constants ship with the population heads.

mod lexicon;
mod text;

use text::Text;

/// One feature: its id, and how a profile speaks of liking more or less of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// Stable id, for example `length`.
    pub id: &'static str,
    /// Plain name, for example "Length".
    pub name: &'static str,
    /// A person who likes more of it, for example "longer answers".
    pub more: &'static str,
    /// A person who likes less of it, for example "shorter answers".
    pub less: &'static str,
}

const fn feature(
    id: &'static str,
    name: &'static str,
    more: &'static str,
    less: &'static str,
) -> Feature {
    Feature {
        id,
        name,
        more,
        less,
    }
}

/// Number of features.
pub const COUNT: usize = 20;

/// Place of `length` in [`FEATURES`]; the longer-answer baseline reads it.
pub const LENGTH: usize = 0;

/// All features, in the order of [`extract`].
pub const FEATURES: [Feature; COUNT] = [
    feature("length", "Length", "longer answers", "shorter answers"),
    feature("lists", "Lists", "lists", "flowing prose"),
    feature(
        "formatting",
        "Headings and bold",
        "headings and bold text",
        "plain text without headings",
    ),
    feature("code", "Code", "code in the answer", "answers without code"),
    feature(
        "questions",
        "Questions",
        "answers that ask questions",
        "answers that only state",
    ),
    feature(
        "closing_question",
        "Closing question",
        "answers that end with a question to you",
        "answers that end by themselves",
    ),
    feature(
        "hedging",
        "Caution",
        "careful wording",
        "unhedged statements",
    ),
    feature(
        "second_person",
        "Speaks to you",
        "answers that speak to you directly",
        "answers that stay impersonal",
    ),
    feature(
        "first_person",
        "Says I",
        "answers with a personal voice",
        "answers without an I",
    ),
    feature(
        "contractions",
        "Contractions",
        "a casual voice",
        "fully written-out words",
    ),
    feature(
        "exclamations",
        "Exclamation marks",
        "exclamation marks",
        "a calm voice",
    ),
    feature("numbers", "Numbers", "numbers", "few numbers"),
    feature(
        "examples",
        "Examples",
        "concrete examples",
        "general principles",
    ),
    feature(
        "warmth",
        "Warmth",
        "warm, encouraging words",
        "a matter-of-fact tone",
    ),
    feature(
        "sentence_length",
        "Sentence length",
        "long sentences",
        "short sentences",
    ),
    feature("word_length", "Word length", "long words", "simple words"),
    feature(
        "playfulness",
        "Playfulness",
        "playful wording",
        "a straight face",
    ),
    feature(
        "contrast",
        "Weighing up",
        "answers that weigh several options",
        "answers that settle on one option",
    ),
    feature(
        "directness",
        "Directness",
        "direct instructions",
        "answers that leave the choice open",
    ),
    feature(
        "formality",
        "Formality",
        "formal wording",
        "informal wording",
    ),
];

/// The features of one answer (markdown), raw, in the order of [`FEATURES`]. All finite; an empty text gives small
/// constants.
pub fn extract(answer: &str) -> [f32; COUNT] {
    let text = Text::read(answer);
    let rate = |count: usize| (100.0 * count as f32 / (text.words.len() as f32 + 30.0)).ln_1p();
    let words = |list: &[&str]| text.count_words(list);
    let phrases = |list: &[&str]| text.count_phrases(list);
    [
        (text.words.len() as f32).ln_1p(),
        (text.list_lines as f32).ln_1p(),
        ((text.headings + text.bold_spans) as f32).ln_1p(),
        (text.code_spans as f32).ln_1p(),
        (text.question_marks as f32).ln_1p(),
        f32::from(u8::from(text.ends_with_question)),
        rate(words(lexicon::HEDGES) + phrases(lexicon::HEDGE_PHRASES)),
        rate(words(lexicon::SECOND_PERSON)),
        rate(words(lexicon::FIRST_PERSON)),
        rate(text.contractions()),
        rate(text.exclamation_marks),
        rate(text.numbers() + words(lexicon::NUMBER_WORDS)),
        rate(words(lexicon::CONCRETE) + 2 * phrases(lexicon::EXAMPLE_PHRASES) + text.names),
        rate(words(lexicon::WARM) + phrases(lexicon::WARM_PHRASES)),
        (text.words.len() as f32 / text.sentences.max(1) as f32).ln_1p(),
        text.mean_word_length(),
        rate(words(lexicon::PLAYFUL) + 2 * phrases(lexicon::PLAYFUL_PHRASES)),
        rate(words(lexicon::CONTRAST) + phrases(lexicon::CONTRAST_PHRASES)),
        rate(text.imperatives(lexicon::IMPERATIVES) + words(lexicon::DIRECT)),
        rate(words(lexicon::FORMAL) + phrases(lexicon::FORMAL_PHRASES)),
    ]
}

#[cfg(test)]
mod tests {
    use std::f32::consts::LN_2;

    use super::*;

    fn of(id: &str, text: &str) -> f32 {
        let at = FEATURES
            .iter()
            .position(|feature| feature.id == id)
            .expect("the feature exists");
        extract(text)[at]
    }

    /// The first text must score higher than the second.
    fn more(id: &str, high: &str, low: &str) {
        assert!(
            of(id, high) > of(id, low),
            "{id}: {} is not above {}",
            of(id, high),
            of(id, low)
        );
    }

    #[test]
    fn every_feature_rises_with_what_it_names() {
        more("length", "One two three four.", "One two.");
        more("lists", "Do:\n\n- this\n- that", "Do this and that.");
        more("lists", "1. this\n2. that", "1.5 is this.");
        more("formatting", "## Plan\n\n**Now**", "Plan now");
        more("code", "Use `ls` or\n```\nls -l\n```", "Use a list.");
        more("questions", "Why? How?", "Why. How.");
        more("closing_question", "Well. Which one?\n", "Which one? This.");
        more("hedging", "It may perhaps help.", "It does help here.");
        more("second_person", "You do your part.", "They do their part.");
        more("first_person", "I like my way.", "He likes his way.");
        more(
            "contractions",
            "It\u{2019}s fine, don't worry.",
            "It is fine, do not worry.",
        );
        more("exclamations", "Great! Go!", "Great. Go.");
        more(
            "numbers",
            "Wait 20 minutes at 180 degrees.",
            "Wait some minutes at that heat.",
        );
        more("numbers", "Take three.", "Take some.");
        more(
            "examples",
            "Fruit, for example the pears of Anna.",
            "Fruit, in general the sweet ones.",
        );
        more(
            "warmth",
            "Be gentle and kind to yourself.",
            "Be quick and exact in method.",
        );
        more(
            "sentence_length",
            "This is one rather long sentence of words.",
            "This is. Short it is. So.",
        );
        more(
            "word_length",
            "Considerable institutional responsibility.",
            "Big old job.",
        );
        more(
            "playfulness",
            "It sits there like a tiny dragon.",
            "It stays in the same place.",
        );
        more(
            "contrast",
            "Either one, but the second costs more.",
            "This one, and it costs little.",
        );
        more(
            "directness",
            "Start now. Put it down. Never stop.",
            "One could begin now.",
        );
        more(
            "formality",
            "It should therefore be considered.",
            "So think about it a bit.",
        );
    }

    #[test]
    fn golden_values_hold() {
        let text = "First, be kind to yourself.\n\n- **Walk** for 10 minutes, for example.\n- Don't rush!\n\nWhich one fits?";
        let expected: [f32; COUNT] = GOLDEN;
        for ((value, expected), feature) in extract(text).iter().zip(expected).zip(FEATURES) {
            assert!(
                (value - expected).abs() < 1e-4,
                "{}: {value} is not {expected}",
                feature.id
            );
        }
    }

    const GOLDEN: [f32; COUNT] = [
        2.833213, 1.098612, LN_2, 0.0, LN_2, 1.0, 0.0, 1.154965, 0.0, 1.154965, 1.154965, 1.154965,
        2.017797, 1.67669, 1.609438, 4.25, 0.0, 0.0, 2.017797, 2.017797,
    ];

    #[test]
    fn odd_input_is_finite() {
        for text in [
            "",
            "\n\n",
            "???",
            "- \n- ",
            "```",
            "**",
            "日本語のテキスト",
            "a\u{0}b",
            "'''",
            "...",
        ] {
            assert!(
                extract(text).iter().all(|value| value.is_finite()),
                "{text:?}"
            );
        }
    }

    #[test]
    fn ids_are_distinct() {
        let ids: std::collections::BTreeSet<_> =
            FEATURES.iter().map(|feature| feature.id).collect();
        assert_eq!(ids.len(), COUNT);
    }
}
