//! Hides by whom an answer is until the reveal: names of models and makers, however the stream cuts them in pieces.
//!
//! Text that may be the beginning of a name is held back until that is known. What is hidden can be too much (`Claude Monet`),
//! which the reveal repairs; too little would end the blind test.

use std::collections::VecDeque;

use super::names::{ANYWHERE, GENERIC, INTRODUCED, INTRODUCTIONS, SPELLED, SUFFIXES, UNSPACED};

/// What stands for a name.
pub const MASKED: &str = "[model name]";
/// Characters before a name in which an introduction is looked for.
const CONTEXT: usize = 80;
/// Most bytes that are held back: longer than any name with its version.
const MOST_HELD: usize = 160;
/// What follows a name belongs to it for so many bytes at most.
const LONGEST_VERSION: usize = 64;
/// A part of a model's own name with fewer letters is no name by itself.
const SHORTEST_PART: usize = 4;

/// How the name must stand in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Anywhere,
    Spelled,
    /// Spelled so, and introduced.
    Introduced,
    /// In capitals or not, and introduced.
    Own,
}

#[derive(Clone, Debug)]
struct Name {
    text: String,
    kind: Kind,
}

/// How a text fits a name or a word with its rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fit {
    No,
    /// So far, and the text ends.
    More,
    /// So many bytes.
    Yes(usize),
}

/// Hides names in a stream of text.
#[derive(Clone, Debug)]
pub struct Mask {
    names: Vec<Name>,
    /// Lower-case first characters of names.
    initials: Vec<char>,
    held: String,
    /// The last characters that went out, before masking.
    before: VecDeque<char>,
    /// Characters since the last mask.
    since_mask: usize,
    found: bool,
}

impl Mask {
    /// Hides known names, and those of one model: as it is called in the catalogue and by its server.
    pub fn new<'a>(own: impl IntoIterator<Item = &'a str>) -> Self {
        let known = [
            (ANYWHERE, Kind::Anywhere),
            (SPELLED, Kind::Spelled),
            (INTRODUCED, Kind::Introduced),
        ];
        let mut names: Vec<Name> = known
            .iter()
            .flat_map(|(texts, kind)| texts.iter().map(|text| (*text, *kind)))
            .map(|(text, kind)| Name {
                text: text.to_owned(),
                kind,
            })
            .collect();
        for own in own {
            names.extend(own_names(own));
        }
        let mut initials: Vec<char> = names
            .iter()
            .filter_map(|name| name.text.chars().next())
            .map(|first| first.to_ascii_lowercase())
            .collect();
        initials.sort_unstable();
        initials.dedup();
        Self {
            names,
            initials,
            held: String::new(),
            before: VecDeque::with_capacity(CONTEXT + 1),
            since_mask: usize::MAX,
            found: false,
        }
    }

    /// Takes text and gives what is sure to `out`.
    pub fn push(&mut self, text: &str, out: &mut String) {
        self.held.push_str(text);
        self.release(false, out);
    }

    /// Gives the rest.
    pub fn finish(&mut self, out: &mut String) {
        self.release(true, out);
    }

    /// Whether a name was hidden.
    pub fn found(&self) -> bool {
        self.found
    }

    fn release(&mut self, is_end: bool, out: &mut String) {
        let held = std::mem::take(&mut self.held);
        let mut at = 0;
        while let Some(char) = held[at..].chars().next() {
            let rest = &held[at..];
            let is_last = is_end || rest.len() > MOST_HELD;
            match self.name_at(rest, char, is_last) {
                Fit::More => break,
                Fit::Yes(length) => {
                    out.push_str(MASKED);
                    rest[..length].chars().for_each(|char| self.pass(char));
                    self.since_mask = 0;
                    self.found = true;
                    at += length;
                }
                Fit::No => {
                    out.push(char);
                    self.pass(char);
                    at += char.len_utf8();
                }
            }
        }
        self.held = held[at..].to_owned();
    }

    /// Whether a name starts here.
    fn name_at(&self, rest: &str, first: char, is_last: bool) -> Fit {
        if !first.is_ascii() {
            return unspaced_at(rest, is_last);
        }
        if self.before.back().copied().is_some_and(is_word)
            || self
                .initials
                .binary_search(&first.to_ascii_lowercase())
                .is_err()
        {
            return Fit::No;
        }
        let mut best = Fit::No;
        for name in &self.names {
            let ignores_case = matches!(name.kind, Kind::Anywhere | Kind::Own);
            match fit(rest, &name.text, ignores_case) {
                Fit::No => {}
                Fit::More if is_last => {}
                Fit::More => return Fit::More,
                Fit::Yes(length) => match with_version(rest, length, is_last) {
                    Fit::No => {}
                    Fit::More => return Fit::More,
                    Fit::Yes(length) => {
                        let longest = !matches!(best, Fit::Yes(other) if other >= length);
                        if longest && self.is_hidden(name.kind) {
                            best = Fit::Yes(length);
                        }
                    }
                },
            }
        }
        best
    }

    fn is_hidden(&self, kind: Kind) -> bool {
        match kind {
            Kind::Anywhere | Kind::Spelled => true,
            Kind::Introduced | Kind::Own => self.since_mask < CONTEXT || self.is_introduced(),
        }
    }

    fn is_introduced(&self) -> bool {
        let before: String = self
            .before
            .iter()
            .flat_map(|char| char.to_lowercase())
            .collect();
        INTRODUCTIONS.iter().any(|words| {
            before.match_indices(words).any(|(at, _)| {
                before[..at]
                    .chars()
                    .next_back()
                    .is_none_or(|char| !is_word(char))
            })
        })
    }

    fn pass(&mut self, char: char) {
        self.since_mask = self.since_mask.saturating_add(1);
        self.before.push_back(char);
        if self.before.len() > CONTEXT {
            self.before.pop_front();
        }
    }
}

/// The names in what a catalogue or a server calls a model: the whole, what follows the last slash, and each part that is a
/// word and not a generic one.
fn own_names(own: &str) -> Vec<Name> {
    let last = own.rsplit('/').next().unwrap_or(own);
    let mut names: Vec<Name> = [own, last]
        .into_iter()
        .filter(|name| name.len() >= SHORTEST_PART)
        .map(|name| Name {
            text: name.to_owned(),
            // A plain word is hidden only where somebody is introduced by it.
            kind: if name.chars().all(|char| char.is_alphabetic()) {
                Kind::Own
            } else {
                Kind::Anywhere
            },
        })
        .collect();
    let parts = own.split(|char: char| !char.is_alphabetic());
    let parts = parts.filter(|part| {
        part.chars().count() >= SHORTEST_PART && !GENERIC.contains(&part.to_lowercase().as_str())
    });
    names.extend(parts.map(|part| Name {
        text: part.to_owned(),
        kind: Kind::Own,
    }));
    names
}

fn unspaced_at(rest: &str, is_last: bool) -> Fit {
    let mut best = Fit::No;
    for name in UNSPACED {
        if rest.starts_with(name) {
            best = Fit::Yes(name.len());
        } else if !is_last && name.starts_with(rest) {
            return Fit::More;
        }
    }
    best
}

/// Whether `text` starts with `name`, in which a space is one separator or none.
fn fit(text: &str, name: &str, ignores_case: bool) -> Fit {
    let mut chars = text.char_indices().peekable();
    for wanted in name.chars() {
        if wanted == ' ' {
            chars.next_if(|(_, char)| is_separator(*char));
            continue;
        }
        let Some((_, char)) = chars.next() else {
            return Fit::More;
        };
        let equal = char == wanted || (ignores_case && char.eq_ignore_ascii_case(&wanted));
        if !equal {
            return Fit::No;
        }
    }
    Fit::Yes(chars.peek().map_or(text.len(), |(at, _)| *at))
}

/// A name of `length` bytes with the version that follows it (`-4o`, ` 3.5 Sonnet`, `2.5:7b`); no name when a word goes on.
fn with_version(text: &str, length: usize, is_last: bool) -> Fit {
    let mut end = length;
    if text[end..].chars().next().is_some_and(char::is_alphabetic)
        && text[end..].chars().next().is_some_and(is_word)
    {
        return Fit::No;
    }
    while end - length < LONGEST_VERSION {
        let mut chars = text[end..].chars();
        let Some(first) = chars.next() else {
            return if is_last { Fit::Yes(end) } else { Fit::More };
        };
        if is_word(first) {
            end += first.len_utf8();
            continue;
        }
        if !matches!(first, '-' | '_' | '.' | ':' | '/' | ' ') {
            return Fit::Yes(end);
        }
        let after = chars.as_str();
        let word: &str = &after[..after.find(|char| !is_word(char)).unwrap_or(after.len())];
        let is_cut = word.len() == after.len() && !is_last;
        let lower = word.to_lowercase();
        if first == ' ' {
            let could_be = SUFFIXES.iter().any(|suffix| suffix.starts_with(&lower));
            let is_number = word.starts_with(|char: char| char.is_ascii_digit());
            if is_cut && (could_be || is_number) {
                return Fit::More;
            }
            if !is_number && !SUFFIXES.contains(&lower.as_str()) {
                return Fit::Yes(end);
            }
        } else if word.is_empty() {
            return if is_cut { Fit::More } else { Fit::Yes(end) };
        } else if is_cut {
            return Fit::More;
        }
        // The word goes the same way, as far as it is a version.
        end += first.len_utf8();
    }
    Fit::Yes(end)
}

/// Part of a word in Latin script; other scripts set names off without spaces.
fn is_word(char: char) -> bool {
    char.is_ascii_digit() || (char.is_alphabetic() && char < '\u{250}')
}

fn is_separator(char: char) -> bool {
    matches!(char, ' ' | '-' | '_' | '\u{a0}' | '\u{2011}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn masked(text: &str, piece: usize) -> (String, bool) {
        let mut mask = Mask::new(["Acme Wizard", "acme/wizard-7b-chat"]);
        let mut out = String::new();
        let chars: Vec<char> = text.chars().collect();
        for piece in chars.chunks(piece) {
            mask.push(&piece.iter().collect::<String>(), &mut out);
        }
        mask.finish(&mut out);
        (out, mask.found())
    }

    #[test]
    fn row_3_names_are_hidden_however_the_stream_cuts_them() {
        for (text, hidden) in [
            ("I am ChatGPT.", "I am [model name]."),
            (
                "I'm GPT-4o-mini, made by OpenAI!",
                "I'm [model name], made by [model name]!",
            ),
            (
                "I am Claude 3.5 Sonnet by Anthropic",
                "I am [model name] by [model name]",
            ),
            (
                "As **Gemini**, Google's model",
                "As **[model name]**, [model name]'s model",
            ),
            (
                "a model trained by Google",
                "a model trained by [model name]",
            ),
            ("my name is Phi-3-mini", "my name is [model name]"),
            ("I run on Llama-3.1-8B-Instruct", "I run on [model name]"),
            ("open ai and Open-AI", "[model name] and [model name]"),
            (
                "我是由OpenAI开发的ChatGPT",
                "我是由[model name]开发的[model name]",
            ),
            ("我叫通义千问。", "我叫[model name]。"),
            (
                "Ich bin Falcon, entwickelt von TII.",
                "Ich bin [model name], entwickelt von [model name].",
            ),
            (
                "this is acme/wizard-7b-chat speaking",
                "this is [model name] speaking",
            ),
            (
                "I am Wizard, an assistant",
                "I am [model name], an assistant",
            ),
            ("qwen2.5:7b", "[model name]"),
            ("DeepSeek", "[model name]"),
        ] {
            for piece in [1, 2, 3, 5, 1000] {
                assert_eq!(masked(text, piece), (hidden.to_owned(), true), "{piece}");
            }
        }
    }

    #[test]
    fn ordinary_words_stay_and_nothing_is_lost() {
        for text in [
            "A meta-analysis of llamas; Metaphors. Search with Google or Bing.",
            "The wizard chats. Apple pie, the Amazon, a falcon and a solar titan.",
            "Philosophy, 2 + 2 = 4, naïve café — “quotes” 你好 🙂",
            "egptian gptx openairs",
            "",
        ] {
            for piece in [1, 4, 1000] {
                assert_eq!(masked(text, piece), (text.to_owned(), false), "{piece}");
            }
        }
    }

    #[test]
    fn little_is_held_back_and_not_for_long() {
        let mut mask = Mask::new([]);
        let mut out = String::new();
        mask.push("Hello Chat", &mut out);
        assert_eq!(out, "Hello ");
        mask.push("ting", &mut out);
        assert_eq!(out, "Hello Chatting");
        mask.push(&format!(" gpt-{}", "x".repeat(10_000)), &mut out);
        assert!(out.len() > 5_000, "{}", out.len());
    }

    #[test]
    fn long_texts_are_masked_quickly() {
        let text =
            "The capital of France is Paris; a great city, as everybody says. ".repeat(2_000);
        let begin = std::time::Instant::now();
        assert_eq!(masked(&text, 4).0, text);
        let per_token = begin.elapsed().as_micros() as usize / (text.len() / 4);
        assert!(per_token < 200, "{per_token} µs a token");
    }
}
