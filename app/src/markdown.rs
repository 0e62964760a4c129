//! Markdown of untrusted answers as view nodes: no raw HTML, no remote images, link hosts visible, headings demoted.
//!
//! Reads the part of CommonMark that answers use (paragraphs, headings, lists, quotations, fences, rules, emphasis,
//! code, links, breaks, escapes); everything else stays text. A whole parser costs a fifth of the page's download.

use leptos::prelude::*;

use crate::dom;

mod blocks;
mod growing;
mod inline;

pub(crate) use blocks::parse;
pub(crate) use growing::Growing;

/// A piece of an answer.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// Words.
    Text(String),
    /// Code in a line.
    Code(String),
    /// Line break.
    Break,
    /// Rule.
    Rule,
    /// An element with content.
    Element(Kind, Vec<Node>),
}

/// Elements that answers may have.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Paragraph.
    Paragraph,
    /// Heading; level 1 is the answer's highest.
    Heading(u8),
    /// Quotation.
    Quote,
    /// Code block.
    Pre,
    /// Bullets.
    Bullets,
    /// Numbers, from the given one.
    Numbers(u64),
    /// List item.
    Item,
    /// Emphasis.
    Emphasis,
    /// Strong emphasis.
    Strong,
    /// Web link; the host is shown beside it.
    Link {
        /// Target: `http`, `https` or `mailto` only.
        href: String,
        /// Where a mail goes; that of the web is asked of the browser, which will go there.
        mail: Option<String>,
    },
    /// Content without an element of its own.
    Plain,
}

/// The answer as a view.
pub(crate) fn render(text: &str) -> AnyView {
    show(parse(text))
}

/// Pieces of an answer as a view.
pub(crate) fn show(nodes: Vec<Node>) -> AnyView {
    views(nodes).into_any()
}

fn views(nodes: Vec<Node>) -> Vec<AnyView> {
    nodes.into_iter().map(view_of).collect()
}

fn view_of(node: Node) -> AnyView {
    match node {
        Node::Text(text) => text.into_any(),
        Node::Code(text) => view! { <code>{text}</code> }.into_any(),
        Node::Break => view! { <br /> }.into_any(),
        Node::Rule => view! { <hr /> }.into_any(),
        Node::Element(kind, children) => element(kind, views(children)),
    }
}

fn element(kind: Kind, children: Vec<AnyView>) -> AnyView {
    match kind {
        Kind::Paragraph => view! { <p>{children}</p> }.into_any(),
        Kind::Heading(1) => view! { <h4>{children}</h4> }.into_any(),
        Kind::Heading(2) => view! { <h5>{children}</h5> }.into_any(),
        Kind::Heading(_) => view! { <h6>{children}</h6> }.into_any(),
        Kind::Quote => view! { <blockquote>{children}</blockquote> }.into_any(),
        Kind::Pre => view! { <pre tabindex="0"><code>{children}</code></pre> }.into_any(),
        Kind::Bullets => view! { <ul>{children}</ul> }.into_any(),
        Kind::Numbers(from) => view! { <ol start=from.to_string()>{children}</ol> }.into_any(),
        Kind::Item => view! { <li>{children}</li> }.into_any(),
        Kind::Emphasis => view! { <em>{children}</em> }.into_any(),
        Kind::Strong => view! { <strong>{children}</strong> }.into_any(),
        Kind::Link { href, mail } => match mail.or_else(|| dom::host(&href)) {
            Some(host) => view! {
                <a href=href rel="noopener noreferrer nofollow external" target="_blank">{children}</a>
                <span class="link-host">" ("{host}")"</span>
            }
            .into_any(),
            None => children.into_any(),
        },
        Kind::Plain => children.into_any(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flat(nodes: &[Node]) -> String {
        nodes
            .iter()
            .map(|node| match node {
                Node::Text(text) | Node::Code(text) => text.clone(),
                Node::Element(_, children) => flat(children),
                _ => String::new(),
            })
            .collect()
    }

    fn links(nodes: &[Node]) -> Vec<(String, Option<String>)> {
        let mut found = Vec::new();
        for node in nodes {
            if let Node::Element(kind, children) = node {
                if let Kind::Link { href, mail } = kind {
                    found.push((href.clone(), mail.clone()));
                }
                found.extend(links(children));
            }
        }
        found
    }

    #[test]
    fn row_25_html_stays_text() {
        let text = "<script>alert(1)</script>\n\nhi <img src=x onerror=alert(1)> there";
        let nodes = parse(text);
        assert!(flat(&nodes).contains("<script>alert(1)</script>"));
        assert!(flat(&nodes).contains("<img src=x onerror=alert(1)>"));
    }

    #[test]
    fn only_web_and_mail_links_survive() {
        let nodes = parse(
            "[a](javascript:alert(1)) [b](JaVaScRiPt:x) [c](data:text/html,x) [d](/me) [e](HTTPS://Good.example@evil.test/x) [f](mailto:a@b.c?cc=d) [g](mailto:a@\u{202e}b.c) [h](http:x)",
        );
        assert_eq!(
            links(&nodes),
            vec![
                ("HTTPS://Good.example@evil.test/x".to_owned(), None),
                ("mailto:a@b.c?cc=d".to_owned(), Some("a@b.c".to_owned())),
            ]
        );
        assert_eq!(flat(&nodes), "a b c d e f g h");
    }

    #[test]
    fn row_25_images_keep_only_their_description() {
        let nodes = parse("![a cat](https://tracker.test/x.png)");
        assert_eq!(flat(&nodes), "a cat");
        assert!(!format!("{nodes:?}").contains("tracker"));
    }

    #[test]
    fn lists_and_headings_keep_their_shape() {
        let nodes = parse("# T\n\n3. x\n4. **y**\n");
        assert!(matches!(&nodes[0], Node::Element(Kind::Heading(1), _)));
        let Node::Element(Kind::Numbers(3), items) = &nodes[1] else {
            panic!("{nodes:?}")
        };
        assert_eq!(items.len(), 2);
    }
}
