//! An answer that is still written: what is finished is parsed once, only its last block again and again.

use super::{Node, blocks};

/// Bytes from which a block that is still written is parted, so that parsing it again stays cheap.
const LONG: usize = 2_500;

/// How a code block begins.
const FENCE: &str = "```\n";

/// A text that grows.
#[derive(Clone, Debug, Default)]
pub(crate) struct Growing {
    /// What is not finished.
    rest: String,
    /// Whether that goes on with a code block.
    in_code: bool,
}

/// What growing changed.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Grown {
    /// Blocks that are finished since, to be put after those before.
    pub(crate) finished: Vec<Node>,
    /// What follows them for now, in place of what followed before.
    pub(crate) tail: Vec<Node>,
}

impl Growing {
    /// Takes more text.
    pub(crate) fn grow(&mut self, more: &str) -> Grown {
        self.rest.push_str(more);
        let mut finished = self.settle();
        while self.rest.len() > LONG && self.part(&mut finished) {}
        Grown {
            finished,
            tail: blocks::parse(&self.text(self.rest.len())),
        }
    }

    /// The first bytes of what is not finished, as they must be parsed.
    fn text(&self, bytes: usize) -> String {
        let start = if self.in_code { FENCE } else { "" };
        format!("{start}{}", &self.rest[..bytes])
    }

    fn advance(&mut self, bytes: usize, in_code: bool) {
        self.rest.drain(..bytes);
        self.in_code = in_code;
    }

    /// Takes away every block that whole lines follow: nothing can change it any more.
    fn settle(&mut self) -> Vec<Node> {
        let lines = self.rest.rfind('\n').map_or(0, |end| end + 1);
        let text = self.text(lines);
        let (mut nodes, last) = blocks::parse_with_last(&text);
        let Some(last) = last.filter(|_| nodes.len() > 1) else {
            return Vec::new();
        };
        nodes.pop();
        let bytes = last - (text.len() - lines);
        self.advance(bytes, false);
        nodes
    }

    /// Parts a long block: code between lines, a list between items, anything else between lines or words. Whether it could.
    fn part(&mut self, finished: &mut Vec<Node>) -> bool {
        let is_code = self.in_code || self.rest.trim_start().starts_with("```");
        let lines = self.rest.rfind('\n').map(|end| end + 1);
        let at = if is_code {
            lines
        } else if blocks::is_list(&self.rest) {
            blocks::last_item(&self.rest[..lines.unwrap_or_default()])
        } else {
            lines.or_else(|| self.rest.rfind(' ').map(|end| end + 1))
        };
        let first_line = self.rest.find('\n').map_or(0, |end| end + 1);
        let is_worth_it = |at: &usize| *at > 0 && (!is_code || self.in_code || *at > first_line);
        let Some(at) = at.filter(is_worth_it) else {
            return false;
        };
        let text = self.text(at);
        finished.extend(blocks::parse(&text));
        // Code that ended within these lines would have been settled, but for a line that follows.
        let is_open = is_code && !blocks::ends_code(&text);
        self.advance(at, is_open);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::markdown::{Kind, parse};

    const TEXTS: [&str; 8] = [
        "One.\n\nTwo\nstill two\n\n# Head\n- a\n- b\n\n  more of b\n\n- c\n\nAfter",
        "```rust\nlet a = 1;\n\nlet b = 2;\n```\n\nEnd",
        "1. a\n\n2. b\n\n3. c\n\nx\n1",
        "> q\n> r\nlazy\n\n---\n***\nx",
        "- a\n\n-",
        "- a\n\n- b",
        "```\nopen",
        "a\n```\nb\n```\n```\nc",
    ];

    fn whole(text: &str, size: usize) -> Vec<Node> {
        let mut growing = Growing::default();
        let (mut all, mut tail) = (Vec::new(), Vec::new());
        let letters: Vec<char> = text.chars().collect();
        for piece in letters.chunks(size) {
            let grown = growing.grow(&piece.iter().collect::<String>());
            all.extend(grown.finished);
            tail = grown.tail;
        }
        all.extend(tail);
        all
    }

    #[test]
    fn however_it_grows_the_answer_is_the_same_in_the_end() {
        for text in TEXTS {
            for size in 1..=text.len() {
                assert_eq!(whole(text, size), parse(text), "{size}: {text}");
            }
        }
    }

    #[test]
    fn finished_blocks_are_not_parsed_again() {
        let mut growing = Growing::default();
        let text = "A paragraph of some words.\n\n".repeat(4_000);
        let mut finished = 0;
        for at in (0..text.len()).step_by(1_000) {
            let grown = growing.grow(&text[at..text.len().min(at + 1_000)]);
            finished += grown.finished.len();
            assert!(growing.rest.len() < 1_100 && grown.tail.len() <= 2);
        }
        assert_eq!(finished, 3_999);
    }

    #[test]
    fn long_blocks_are_parted_and_lose_nothing() {
        let items: String = (1..3_000).map(|n| format!("{n}. item *{n}*\n")).collect();
        let code = format!("```\n{}```\n\nafter", "let x = 1;\n".repeat(3_000));
        let words = "word ".repeat(10_000);
        let lines = "a line of a paragraph\n".repeat(2_000);
        for text in [items.as_str(), &code, &words, &lines] {
            let mut growing = Growing::default();
            let mut all = Vec::new();
            let mut tail = Vec::new();
            let mut at = 0;
            while at < text.len() {
                let next = text.len().min(at + 700);
                let grown = growing.grow(&text[at..next]);
                all.extend(grown.finished);
                tail = grown.tail;
                assert!(growing.rest.len() <= LONG + 700, "{}", growing.rest.len());
                at = next;
            }
            all.extend(tail);
            let squeeze = |nodes: &[Node]| -> String {
                flat(nodes).split_whitespace().collect::<Vec<_>>().concat()
            };
            assert_eq!(squeeze(&all), squeeze(&parse(text)));
        }
        let parted = whole(&items, 900);
        let numbers: Vec<u64> = parted
            .iter()
            .filter_map(|node| match node {
                Node::Element(Kind::Numbers(from), _) => Some(*from),
                _ => None,
            })
            .collect();
        assert!(numbers.len() > 5 && numbers.is_sorted(), "{numbers:?}");
        assert!(
            whole(&code, 900)
                .iter()
                .filter(|node| matches!(node, Node::Element(Kind::Pre, _)))
                .count()
                > 5
        );
    }

    fn flat(nodes: &[Node]) -> String {
        nodes
            .iter()
            .map(|node| match node {
                Node::Text(text) | Node::Code(text) => format!("{text} "),
                Node::Element(_, children) => flat(children),
                _ => String::new(),
            })
            .collect()
    }
}
