//! Lines to blocks.

use super::inline::inline;
use super::{Kind, Node};

/// Lists and quotations within each other beyond this depth become text.
const DEPTH: usize = 6;

/// Parses; never fails, because everything that is not known becomes text.
pub(crate) fn parse(text: &str) -> Vec<Node> {
    let lines: Vec<&str> = text.lines().collect();
    blocks(&lines, 0)
}

/// Parses, and says at which byte the last block begins.
pub(super) fn parse_with_last(text: &str) -> (Vec<Node>, Option<usize>) {
    let lines: Vec<&str> = text.lines().collect();
    let (mut nodes, mut last) = (Vec::new(), None);
    let mut at = 0;
    while let Some(line) = lines.get(at) {
        let (node, next) = block(&lines, at, 0);
        if let Some(node) = node {
            nodes.push(node);
            last = Some(line.as_ptr() as usize - text.as_ptr() as usize);
        }
        at = next;
    }
    (nodes, last)
}

/// Whether a text begins with a list.
pub(super) fn is_list(text: &str) -> bool {
    text.lines()
        .find(|line| !line.trim().is_empty())
        .is_some_and(|line| !is_rule(line.trim_start()) && marker(line).is_some())
}

/// At which byte the last item of the list that is this text begins; `None` where it has one item only.
pub(super) fn last_item(text: &str) -> Option<usize> {
    let first = text.lines().find_map(marker)?;
    let is_item = |line: &&str| {
        marker(line).is_some_and(|found| {
            found.indent <= first.indent + 1 && found.number.is_some() == first.number.is_some()
        })
    };
    let line = text.lines().filter(is_item).skip(1).last()?;
    Some(line.as_ptr() as usize - text.as_ptr() as usize)
}

/// Whether the code block that this text begins with ends in it.
pub(super) fn ends_code(text: &str) -> bool {
    let mut lines = text.lines().skip_while(|line| line.trim().is_empty());
    lines.next();
    lines.any(|line| line.trim_start().starts_with("```"))
}

fn blocks(lines: &[&str], depth: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut at = 0;
    while at < lines.len() {
        let (node, next) = block(lines, at, depth);
        nodes.extend(node);
        at = next;
    }
    nodes
}

/// The block that begins at a line, none at an empty one, and the first line after it.
fn block(lines: &[&str], at: usize, depth: usize) -> (Option<Node>, usize) {
    let line = lines[at];
    let trimmed = line.trim_start();
    if trimmed.is_empty() {
        return (None, at + 1);
    }
    let (node, next) = if trimmed.starts_with("```") {
        let end = lines[at + 1..]
            .iter()
            .position(|line| line.trim_start().starts_with("```"));
        let end = end.map_or(lines.len(), |offset| at + 1 + offset);
        let code = lines[at + 1..end].join("\n");
        (Node::Element(Kind::Pre, vec![Node::Text(code)]), end + 1)
    } else if let Some((level, title)) = heading(trimmed) {
        (Node::Element(Kind::Heading(level), inline(title)), at + 1)
    } else if is_rule(trimmed) {
        (Node::Rule, at + 1)
    } else if depth < DEPTH && trimmed.starts_with('>') {
        let end = at
            + lines[at..]
                .iter()
                .take_while(|line| line.trim_start().starts_with('>'))
                .count();
        let inner: Vec<&str> = lines[at..end].iter().map(|line| unquote(line)).collect();
        (Node::Element(Kind::Quote, blocks(&inner, depth + 1)), end)
    } else if let Some(marker) = marker(line).filter(|_| depth < DEPTH) {
        list(lines, at, marker, depth)
    } else {
        let more = lines[at + 1..]
            .iter()
            .take_while(|line| !interrupts(line, depth))
            .count();
        let words = lines[at..=at + more]
            .iter()
            .map(|line| line.trim_start())
            .collect::<Vec<_>>()
            .join("\n");
        let node = Node::Element(Kind::Paragraph, inline(words.trim_end()));
        (node, at + 1 + more)
    };
    (Some(node), next)
}

/// Whether a line ends the paragraph above it.
fn interrupts(line: &str, depth: usize) -> bool {
    let trimmed = line.trim_start();
    trimmed.is_empty()
        || trimmed.starts_with("```")
        || heading(trimmed).is_some()
        || is_rule(trimmed)
        || depth < DEPTH && (trimmed.starts_with('>') || marker(line).is_some())
}

fn heading(line: &str) -> Option<(u8, &str)> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let title = line[level..].strip_prefix(' ')?;
    let level = u8::try_from(level)
        .ok()
        .filter(|level| (1..=6).contains(level))?;
    Some((level, title.trim().trim_end_matches('#').trim_end()))
}

fn is_rule(line: &str) -> bool {
    ['-', '*', '_'].into_iter().any(|sign| {
        line.chars().filter(|c| *c == sign).count() >= 3
            && line.chars().all(|c| c == sign || c.is_whitespace())
    })
}

fn unquote(line: &str) -> &str {
    let inner = line.trim_start().trim_start_matches('>');
    inner.strip_prefix(' ').unwrap_or(inner)
}

/// The start of a list item.
#[derive(Clone, Copy)]
struct Marker {
    /// Spaces before the marker.
    indent: usize,
    /// Bytes up to the content.
    content: usize,
    /// First number of a numbered list.
    number: Option<u64>,
}

fn marker(line: &str) -> Option<Marker> {
    let indent = indent(line);
    let rest = &line[indent..];
    let digits = rest.bytes().take(9).take_while(u8::is_ascii_digit).count();
    let (width, number) = match rest.as_bytes().get(digits)? {
        b'-' | b'*' | b'+' if digits == 0 => (1, None),
        b'.' | b')' if digits > 0 => (digits + 1, rest[..digits].parse().ok()),
        _ => return None,
    };
    rest[width..].starts_with(' ').then_some(Marker {
        indent,
        content: indent + width + 1,
        number,
    })
}

fn indent(line: &str) -> usize {
    line.bytes().take_while(|byte| *byte == b' ').count()
}

/// One list from line `at`; the node and the first line after it.
fn list(lines: &[&str], at: usize, first: Marker, depth: usize) -> (Node, usize) {
    let same = |line: &str| {
        marker(line).filter(|m| {
            m.indent <= first.indent + 1 && m.number.is_some() == first.number.is_some()
        })
    };
    let mut items = Vec::new();
    let mut next = at;
    while let Some(found) = lines.get(next).and_then(|line| same(line)) {
        let mut inner = vec![&lines[next][found.content..]];
        next += 1;
        while let Some(line) = lines.get(next) {
            let blank = line.trim().is_empty();
            let belongs = indent(line) > found.indent + 1;
            // A line without indentation goes on with the item's paragraph unless something else starts there.
            let lazy = !blank
                && !interrupts(line, depth)
                && inner.last().is_some_and(|line| !line.trim().is_empty());
            let blank_inside = blank
                && lines
                    .get(next + 1)
                    .is_some_and(|line| indent(line) > found.indent + 1);
            if !(belongs && !blank || lazy || blank_inside) {
                break;
            }
            inner.push(
                line.get(found.content.min(indent(line))..)
                    .unwrap_or_default(),
            );
            next += 1;
        }
        items.push(Node::Element(Kind::Item, tight(blocks(&inner, depth + 1))));
        let blank = lines[next.min(lines.len())..]
            .iter()
            .take_while(|line| line.trim().is_empty())
            .count();
        if lines
            .get(next + blank)
            .is_some_and(|line| same(line).is_some())
        {
            next += blank;
        }
    }
    let kind = first.number.map_or(Kind::Bullets, Kind::Numbers);
    (Node::Element(kind, items), next)
}

/// An item that is one paragraph needs no paragraph element.
fn tight(mut nodes: Vec<Node>) -> Vec<Node> {
    if let Some(Node::Element(Kind::Paragraph, _)) = nodes.first()
        && let Node::Element(_, words) = nodes.remove(0)
    {
        nodes.splice(0..0, words).for_each(drop);
    }
    nodes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_nesting_ends() {
        for text in [
            "> ".repeat(20_000),
            "- ".repeat(20_000),
            "*".repeat(20_000),
            "[".repeat(20_000),
            "`".repeat(20_000),
        ] {
            assert!(!parse(&text).is_empty());
        }
        assert!(parse("").is_empty());
    }

    #[test]
    fn lists_nest_and_go_on() {
        let nodes = parse("Intro:\n\n- one\n  still one\n  - inner\n- two\n\nAfter");
        let [
            _,
            Node::Element(Kind::Bullets, items),
            Node::Element(Kind::Paragraph, _),
        ] = nodes.as_slice()
        else {
            panic!("{nodes:?}")
        };
        assert_eq!(items.len(), 2);
        let Node::Element(Kind::Item, first) = &items[0] else {
            panic!("{items:?}")
        };
        assert!(
            matches!(first.last(), Some(Node::Element(Kind::Bullets, inner)) if inner.len() == 1),
            "{first:?}"
        );
    }

    #[test]
    fn a_loose_numbered_list_is_one_list() {
        let nodes = parse("1. a\n\n2. b\n\n3. c");
        assert!(
            matches!(nodes.as_slice(), [Node::Element(Kind::Numbers(1), items)] if items.len() == 3),
            "{nodes:?}"
        );
    }

    #[test]
    fn fences_keep_their_text() {
        let nodes = parse("```rust\nlet a = *b;\n\n# no heading\n```\nafter");
        assert_eq!(
            nodes[0],
            Node::Element(
                Kind::Pre,
                vec![Node::Text("let a = *b;\n\n# no heading".to_owned())]
            )
        );
        assert_eq!(nodes.len(), 2);
    }
}
