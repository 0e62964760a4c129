//! Finds answers that go round in circles: the same words again and again until the limit.

/// How much of the end is looked at, bytes.
const WINDOW: usize = 6 * 1024;
/// Looked at again after so many bytes.
const STEP: usize = 512;
/// Least bytes that repeat.
const LEAST_BYTES: usize = 1_500;
/// Least times that they are said.
const LEAST_TIMES: usize = 8;

/// The end of an answer, as it grows.
#[derive(Clone, Debug, Default)]
pub struct Circles {
    tail: Vec<u8>,
    unseen: usize,
}

impl Circles {
    /// Takes more text; `true` when the answer has ended in a circle. A circle that comes to no end is found after less
    /// than [`WINDOW`] bytes of it.
    pub fn go_round(&mut self, text: &str) -> bool {
        self.tail.extend_from_slice(text.as_bytes());
        self.unseen += text.len();
        if self.unseen < STEP {
            return false;
        }
        self.unseen = 0;
        if self.tail.len() > WINDOW {
            self.tail.drain(..self.tail.len() - WINDOW);
        }
        is_circle(&self.tail)
    }
}

/// Whether the end of `tail` is one unit, said often enough.
fn is_circle(tail: &[u8]) -> bool {
    // Read from the end, the longest border of each prefix gives its smallest period (Knuth, Morris, Pratt 1977).
    let reversed: Vec<u8> = tail.iter().rev().copied().collect();
    let mut borders = vec![0usize; reversed.len()];
    for at in 1..reversed.len() {
        let mut border = borders[at - 1];
        while border > 0 && reversed[at] != reversed[border] {
            border = borders[border - 1];
        }
        borders[at] = border + usize::from(reversed[at] == reversed[border]);
        let length = at + 1;
        let period = length - borders[at];
        if length >= LEAST_BYTES && length >= period * LEAST_TIMES {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn goes_round(text: &str, piece: usize) -> Option<usize> {
        let mut circles = Circles::default();
        let mut at = 0;
        while at < text.len() {
            let end = (at + piece).min(text.len());
            if circles.go_round(&text[at..end]) {
                return Some(end);
            }
            at = end;
        }
        None
    }

    #[test]
    fn the_same_words_over_and_over_are_found_whatever_the_pieces() {
        let start = "An answer begins well and then it does not. ".repeat(3);
        for unit in [
            "no ",
            "I am sorry, I cannot say. ",
            &"A longer thought. ".repeat(30),
        ] {
            for piece in [1, 7, 5_000] {
                let text = format!("{start}{}", unit.repeat(1 + 12_000 / unit.len()));
                let found = goes_round(&text, piece).expect("is found");
                assert!(found < text.len(), "{piece}");
            }
        }
    }

    #[test]
    fn long_answers_tables_and_rules_are_left_alone() {
        let long: String = (0..20_000).map(|word| format!("word{word} ")).collect();
        let table = "| a | b |\n|---|---|\n".to_owned() + &"| 1 | 2 |\n".repeat(40);
        let rule = "-".repeat(1_000);
        for text in [long, table, rule] {
            assert_eq!(goes_round(&text, 40), None);
        }
    }
}
