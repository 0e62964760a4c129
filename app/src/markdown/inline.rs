//! Words of a block: emphasis, code, links, breaks, escapes.

use super::{Kind, Node};

/// Emphasis and links within each other beyond this depth become text.
const DEPTH: usize = 6;

/// Reads the words of one block.
pub(super) fn inline(text: &str) -> Vec<Node> {
    words(text, 0)
}

fn words(text: &str, depth: usize) -> Vec<Node> {
    let mut nodes = Vec::new();
    let mut plain = String::new();
    let mut at = 0;
    // Once a delimiter has no partner ahead, none later in this text has: keeps hostile input linear.
    let mut hopeless = String::new();
    while let Some(sign) = text[at..].chars().next() {
        let found = match sign {
            '\\' => escape(text, at),
            '`' => code(text, at),
            '*' | '_' if depth < DEPTH => emphasis(text, at, depth, &mut hopeless),
            '[' | '!' if depth < DEPTH && !hopeless.contains(']') => {
                link(text, at, depth, &mut hopeless)
            }
            '<' => autolink(text, at),
            '\n' => Some((
                if plain.ends_with("  ") {
                    Node::Break
                } else {
                    Node::Text(" ".to_owned())
                },
                at + 1,
            )),
            _ => None,
        };
        match found {
            Some((Node::Text(more), next)) => {
                plain.push_str(&more);
                at = next;
            }
            Some((node, next)) => {
                flush(&mut nodes, &mut plain);
                nodes.push(node);
                at = next;
            }
            None => {
                // A run of the same delimiter that opens nothing is text as a whole.
                let run = text[at..]
                    .chars()
                    .take_while(|c| *c == sign && matches!(c, '*' | '_' | '`'))
                    .count()
                    .max(1);
                plain.extend(std::iter::repeat_n(sign, run));
                at += run * sign.len_utf8();
            }
        }
    }
    flush(&mut nodes, &mut plain);
    nodes
}

fn flush(nodes: &mut Vec<Node>, plain: &mut String) {
    if !plain.is_empty() {
        nodes.push(Node::Text(std::mem::take(plain)));
    }
}

fn escape(text: &str, at: usize) -> Option<(Node, usize)> {
    match *text.as_bytes().get(at + 1)? {
        b'\n' => Some((Node::Break, at + 2)),
        byte if byte.is_ascii_punctuation() => {
            Some((Node::Text(char::from(byte).to_string()), at + 2))
        }
        _ => None,
    }
}

fn code(text: &str, at: usize) -> Option<(Node, usize)> {
    let ticks = text[at..].bytes().take_while(|byte| *byte == b'`').count();
    let start = at + ticks;
    let fence = text.get(at..start)?;
    let end = start + text[start..].find(fence)?;
    Some((
        Node::Code(text[start..end].trim().replace('\n', " ")),
        end + ticks,
    ))
}

fn emphasis(text: &str, at: usize, depth: usize, hopeless: &mut String) -> Option<(Node, usize)> {
    let sign = text[at..].chars().next()?;
    let run = text[at..].chars().take_while(|c| *c == sign).count();
    let width = if run >= 2 { 2 } else { 1 };
    let start = at + width;
    let opens = text[start..]
        .chars()
        .next()
        .is_some_and(|c| !c.is_whitespace());
    let inside_word = sign == '_'
        && text[..at]
            .chars()
            .next_back()
            .is_some_and(char::is_alphanumeric);
    // One mark for each kind of delimiter: `*`, `_` once or twice.
    let mark = match (sign, width) {
        ('*', 1) => 'a',
        ('*', _) => 'b',
        (_, 1) => 'c',
        _ => 'd',
    };
    if !opens || inside_word || run > 3 || hopeless.contains(mark) {
        return None;
    }
    let Some(end) = closing(text, start, sign, width) else {
        hopeless.push(mark);
        return None;
    };
    let kind = if width == 2 {
        Kind::Strong
    } else {
        Kind::Emphasis
    };
    Some((
        Node::Element(kind, words(&text[start..end], depth + 1)),
        end + width,
    ))
}

/// Where a delimiter of exactly this width closes.
fn closing(text: &str, start: usize, sign: char, width: usize) -> Option<usize> {
    let bytes = text.as_bytes();
    let sign_byte = u8::try_from(sign).ok()?;
    let mut at = start;
    while at < bytes.len() {
        if bytes[at] == b'\\' {
            at += 2;
            continue;
        }
        if bytes[at] != sign_byte {
            at += 1;
            continue;
        }
        let run = bytes[at..]
            .iter()
            .take_while(|byte| **byte == sign_byte)
            .count();
        let after_space = text[..at]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace);
        let in_word = sign == '_'
            && text[at + run..]
                .chars()
                .next()
                .is_some_and(char::is_alphanumeric);
        if !after_space && !in_word && at > start && (run == width || run == 3) {
            return Some(at + run - width);
        }
        at += run;
    }
    None
}

/// `[words](target)`, or `![words](target)`, of which only the words stay.
fn link(text: &str, at: usize, depth: usize, hopeless: &mut String) -> Option<(Node, usize)> {
    let image = text[at..].starts_with('!');
    let open = at + usize::from(image);
    let inner = text[open..].strip_prefix('[')?;
    let Some(close) = inner.find(']') else {
        hopeless.push(']');
        return None;
    };
    let label = &inner[..close];
    let rest = inner[close + 1..].strip_prefix('(')?;
    let end = closing_bracket(rest)?;
    let next = open + 1 + close + 1 + 1 + end + 1;
    if image {
        return Some((Node::Text(label.to_owned()), next));
    }
    let target = rest[..end].split_whitespace().next().unwrap_or_default();
    let children = words(label, depth + 1);
    let kind = target_kind(target).unwrap_or(Kind::Plain);
    Some((Node::Element(kind, children), next))
}

/// Where the target of a link ends; brackets within it may pair.
fn closing_bracket(rest: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, sign) in rest.char_indices() {
        match sign {
            '(' => open += 1,
            ')' if open == 0 => return Some(at),
            ')' => open -= 1,
            '\n' => return None,
            _ => {}
        }
    }
    None
}

fn autolink(text: &str, at: usize) -> Option<(Node, usize)> {
    let inner = &text[at + 1..];
    let end = inner
        .find(['>', '<', ' ', '\n'])
        .filter(|end| inner[*end..].starts_with('>'))?;
    let href = &inner[..end];
    let kind = href.contains("://").then(|| target_kind(href)).flatten()?;
    let children = vec![Node::Text(href.to_owned())];
    Some((Node::Element(kind, children), at + 1 + end + 1))
}

/// A link that may be followed; `None` for any other scheme, for relative links, and for mail to letters that may look like
/// others.
fn target_kind(url: &str) -> Option<Kind> {
    let (scheme, rest) = url.split_once(':')?;
    let is = |name: &str| scheme.eq_ignore_ascii_case(name);
    let mail = if is("mailto") {
        let address = rest.split('?').next()?;
        Some(address).filter(|address| address.is_ascii())
    } else {
        None
    };
    let is_web = (is("http") || is("https")) && rest.starts_with("//");
    (is_web || mail.is_some()).then(|| Kind::Link {
        href: url.to_owned(),
        mail: mail.map(str::to_owned),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(words: &str) -> Node {
        Node::Text(words.to_owned())
    }

    #[test]
    fn emphasis_nests_and_stays_out_of_words() {
        assert_eq!(
            inline("a **b** c"),
            [
                text("a "),
                Node::Element(Kind::Strong, vec![text("b")]),
                text(" c")
            ]
        );
        assert_eq!(
            inline("snake_case_name 2 * 3 * 4"),
            [text("snake_case_name 2 * 3 * 4")]
        );
        assert_eq!(
            inline("***x***"),
            [Node::Element(
                Kind::Strong,
                vec![Node::Element(Kind::Emphasis, vec![text("x")])]
            )]
        );
        assert_eq!(inline("*open"), [text("*open")]);
    }

    #[test]
    fn code_escapes_and_breaks() {
        assert_eq!(inline("`a*b*`"), [Node::Code("a*b*".to_owned())]);
        assert_eq!(inline(r"\*not\*"), [text("*not*")]);
        assert_eq!(inline("a\\\nb"), [text("a"), Node::Break, text("b")]);
        assert_eq!(inline("a\nb"), [text("a b")]);
    }
}
