//! A markdown answer read once: words, sentences, marks.

/// What the features count in.
pub(super) struct Text {
    /// Lower-case words in order; apostrophes are kept as `'`.
    pub words: Vec<String>,
    /// Words that open a sentence or a list item, by place in `words`.
    openers: Vec<usize>,
    pub sentences: usize,
    pub list_lines: usize,
    pub headings: usize,
    pub bold_spans: usize,
    pub code_spans: usize,
    pub question_marks: usize,
    pub exclamation_marks: usize,
    pub ends_with_question: bool,
    /// Capitalised words inside sentences, `I` excepted.
    pub names: usize,
}

impl Text {
    pub fn read(answer: &str) -> Self {
        let mut text = Self {
            words: Vec::new(),
            openers: Vec::new(),
            sentences: 0,
            list_lines: 0,
            headings: 0,
            bold_spans: answer.matches("**").count() / 2,
            code_spans: answer.matches('`').count() / 2,
            question_marks: answer.matches('?').count(),
            exclamation_marks: answer.matches('!').count(),
            ends_with_question: answer
                .trim_end_matches(|c: char| {
                    c.is_whitespace() || matches!(c, '*' | '"' | ')' | '\u{201d}')
                })
                .ends_with('?'),
            names: 0,
        };
        for line in answer.lines() {
            let line = line.trim();
            text.headings += usize::from(line.starts_with('#'));
            let body = match list_body(line) {
                Some(body) => {
                    text.list_lines += 1;
                    body
                }
                None => line,
            };
            text.read_line(body);
        }
        text
    }

    fn read_line(&mut self, line: &str) {
        let mut at_start = true;
        let mut word = String::new();
        for c in line.chars().chain([' ']) {
            let c = if c == '\u{2019}' { '\'' } else { c };
            if c.is_alphanumeric() || (c == '\'' && !word.is_empty()) {
                word.push(c);
                continue;
            }
            if !word.is_empty() {
                self.push_word(&word, at_start);
                at_start = false;
                word.clear();
            }
            if matches!(c, '.' | '!' | '?' | ':') {
                self.sentences += usize::from(!at_start && c != ':');
                at_start = true;
            }
        }
        // A line without a final stop still ends a sentence.
        self.sentences += usize::from(!at_start);
    }

    fn push_word(&mut self, word: &str, opens: bool) {
        let word = word.trim_end_matches('\'');
        if opens {
            self.openers.push(self.words.len());
        } else if word.starts_with(char::is_uppercase) && word != "I" && !word.starts_with("I'") {
            self.names += 1;
        }
        self.words.push(word.to_lowercase());
    }

    /// How many words stand in `list`.
    pub fn count_words(&self, list: &[&str]) -> usize {
        self.words
            .iter()
            .filter(|word| list.contains(&word.as_str()))
            .count()
    }

    /// How often one of the phrases (words joined by one space) occurs.
    pub fn count_phrases(&self, phrases: &[&str]) -> usize {
        phrases
            .iter()
            .map(|phrase| {
                let parts: Vec<&str> = phrase.split(' ').collect();
                self.words
                    .windows(parts.len())
                    .filter(|window| window.iter().eq(parts.iter()))
                    .count()
            })
            .sum()
    }

    /// Sentences and list items that open with a word of `list`.
    pub fn imperatives(&self, list: &[&str]) -> usize {
        self.openers
            .iter()
            .filter(|at| list.contains(&self.words[**at].as_str()))
            .count()
    }

    pub fn contractions(&self) -> usize {
        const ENDINGS: [&str; 6] = ["n't", "'re", "'ll", "'ve", "'m", "'d"];
        const WITH_S: [&str; 9] = [
            "it's", "that's", "there's", "what's", "here's", "let's", "he's", "she's", "who's",
        ];
        self.words
            .iter()
            .filter(|word| {
                ENDINGS.iter().any(|ending| word.ends_with(ending))
                    || WITH_S.contains(&word.as_str())
            })
            .count()
    }

    /// Words that contain a digit.
    pub fn numbers(&self) -> usize {
        self.words
            .iter()
            .filter(|word| word.contains(|c: char| c.is_ascii_digit()))
            .count()
    }

    /// Mean letters per word.
    pub fn mean_word_length(&self) -> f32 {
        let letters: usize = self.words.iter().map(|word| word.chars().count()).sum();
        letters as f32 / self.words.len().max(1) as f32
    }
}

/// The text of a list item, `None` for other lines.
fn list_body(line: &str) -> Option<&str> {
    for mark in ["- ", "* ", "+ ", "\u{2022} "] {
        if let Some(body) = line.strip_prefix(mark) {
            return Some(body);
        }
    }
    let body = line.trim_start_matches(|c: char| c.is_ascii_digit());
    let digits = line.len() - body.len();
    if digits == 0 || digits > 3 {
        return None;
    }
    body.strip_prefix(". ").or_else(|| body.strip_prefix(") "))
}
