//! What an answer does, step by step, by the name of its model.
//!
//! Options of all: `tokens` (how many), `gap_ms` (between them), `first_ms` (before the first), `usage` (`end` when it is
//! asked for, `each` event, or `none`), `tokenizer`.

use std::time::Duration;

use axum::body::Bytes;
use palate_server::llm::estimate;
use serde_json::Value;

/// Text between these in a prompt is what `markdown` answers, and after how many tokens `pause` falls silent.
pub const ECHO: [&str; 2] = ["<<<", ">>>"];

/// What the upstream's own messages say, with the key that it was called with; no visitor may read it.
pub const GOSSIP: &str = "Acme-LLM upstream, project acme-prod: incorrect credentials";

/// Every behaviour, in the order of their kinds.
pub const NAMES: &[&str] = &[
    // Good.
    "stream",
    "slow",
    "long",
    "markdown",
    "length",
    "comments",
    "no-usage",
    "wrong-usage",
    // Good in the end.
    "busy-retry-after",
    "flaky",
    "late",
    // Answers that are none.
    "empty",
    "filtered",
    "repeat",
    // Bad streams.
    "stall",
    "pause",
    "silent",
    "mute",
    "drop",
    "early-end",
    "malformed",
    "page",
    "error-in-data",
    "huge-line",
    "huge-event",
    "endless",
    "flood",
    // Refused.
    "busy",
    "busy-retry-long",
    "failing",
    "refused",
    "redirect",
];

/// A call, as far as it matters here.
#[derive(Clone, Debug)]
pub struct Asked {
    /// As called, with options.
    pub model: String,
    pub messages: Vec<(String, String)>,
    pub n: usize,
    pub stream: bool,
    pub logprobs: bool,
    authorization: String,
    wants_usage: bool,
    most_tokens: usize,
}

impl Asked {
    pub fn read(body: &Value, authorization: &str) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let messages = body["messages"].as_array().into_iter().flatten();
        let most_tokens = body["max_completion_tokens"]
            .as_u64()
            .or_else(|| body["max_tokens"].as_u64());
        Self {
            model: text(&body["model"]),
            messages: messages
                .map(|message| (text(&message["role"]), text(&message["content"])))
                .collect(),
            n: body["n"].as_u64().unwrap_or(1).clamp(1, 16) as usize,
            stream: body["stream"] == true,
            logprobs: body["logprobs"] == true,
            authorization: authorization.to_owned(),
            wants_usage: body["stream_options"]["include_usage"] == true,
            most_tokens: most_tokens.map_or(usize::MAX, |most| most as usize),
        }
    }

    fn behaviour(&self) -> &str {
        self.model
            .split_once('?')
            .map_or(self.model.as_str(), |(name, _)| name)
    }

    fn text_option(&self, name: &str) -> Option<&str> {
        let (_, options) = self.model.split_once('?')?;
        options
            .split('&')
            .filter_map(|option| option.split_once('='))
            .find(|(key, _)| *key == name)
            .map(|(_, value)| value)
    }

    /// A number among the options.
    pub fn option(&self, name: &str) -> Option<i64> {
        self.text_option(name)?.parse().ok()
    }

    fn number(&self, name: &str, otherwise: usize) -> usize {
        self.option(name)
            .and_then(|number| usize::try_from(number).ok())
            .unwrap_or(otherwise)
    }

    fn wait(&self, name: &str, otherwise: usize) -> Duration {
        Duration::from_millis(self.number(name, otherwise) as u64)
    }

    /// The last message of the user.
    pub fn prompt(&self) -> &str {
        let of_user = self.messages.iter().rev().find(|(role, _)| role == "user");
        of_user.map_or("", |(_, text)| text)
    }

    /// Words of all messages; with `tokenizer=estimate` what the server under test would guess, as it is never told.
    pub fn prompt_tokens(&self) -> u64 {
        if self.text_option("tokenizer") == Some("estimate") {
            return estimate::prompt(self.messages.iter().map(|(_, text)| text.as_str()));
        }
        let words = |text: &String| text.split_whitespace().count() as u64;
        self.messages.iter().map(|(_, text)| words(text)).sum()
    }

    /// What stands between the marks of [`ECHO`] in any message of the user, the last first.
    fn marked(&self) -> Option<&str> {
        self.messages.iter().rev().find_map(|(_, text)| {
            let (_, rest) = text.split_once(ECHO[0])?;
            rest.split_once(ECHO[1]).map(|(marked, _)| marked)
        })
    }

    /// What providers say of a call that they refuse: too much.
    fn gossip(&self) -> String {
        format!("{GOSSIP} `{}`", self.authorization)
    }

    pub fn remembers_tries(&self) -> bool {
        matches!(self.behaviour(), "flaky" | "busy-retry-after")
    }

    pub fn usage_each(&self) -> bool {
        self.text_option("usage") == Some("each")
    }

    pub fn line_end(&self) -> &'static str {
        if self.behaviour() == "comments" {
            "\r\n"
        } else {
            "\n"
        }
    }
}

/// What is sent first.
pub enum Head {
    /// 200, and the steps.
    Answer,
    /// 200 after a while.
    Late(Duration),
    /// Nothing, ever.
    Never,
    /// 307.
    Moved(String),
    /// 200 with a page for people.
    Page,
    Refused {
        status: u16,
        retry_after: Option<String>,
        message: String,
    },
}

/// What follows. Iterators of steps may be without end.
pub enum Step {
    Wait(Duration),
    /// Nothing more, but the connection stays.
    Stall,
    Token {
        index: usize,
        text: String,
    },
    Finish {
        index: usize,
        reason: &'static str,
    },
    /// Sent when it is asked for.
    Usage,
    /// Bytes as they are.
    Raw(Bytes),
    Done,
    /// The connection is cut in the middle of the body.
    Break,
}

pub struct Plan {
    pub head: Head,
    pub steps: Box<dyn Iterator<Item = Step> + Send>,
}

/// The plan of an answer; `tries` is how often the same was asked before.
pub fn plan(asked: &Asked, tries: u32) -> Plan {
    let refused = |status: u16, retry_after: Option<&str>| Head::Refused {
        status,
        retry_after: retry_after.map(str::to_owned),
        message: asked.gossip(),
    };
    let head = match asked.behaviour() {
        "mute" => Head::Never,
        "late" => Head::Late(asked.wait("head_ms", 300)),
        "redirect" => Head::Moved(asked.text_option("to").unwrap_or("/moved").to_owned()),
        "page" => Head::Page,
        "busy" => refused(429, None),
        "busy-retry-long" => refused(429, Some("3600")),
        "busy-retry-after" if tries == 0 => refused(429, Some("1")),
        "flaky" if tries == 0 => refused(503, None),
        "failing" => refused(500, None),
        "refused" => refused(401, None),
        _ => Head::Answer,
    };
    Plan {
        head,
        steps: steps(asked),
    }
}

fn steps(asked: &Asked) -> Box<dyn Iterator<Item = Step> + Send> {
    let raw = |bytes: &'static str| Step::Raw(Bytes::from_static(bytes.as_bytes()));
    match asked.behaviour() {
        "empty" => Box::new(ending(asked, "stop")),
        "filtered" => Box::new(words(asked, 3).chain(ending(asked, "content_filter"))),
        "length" => Box::new(words(asked, 24).chain(ending(asked, "length"))),
        "repeat" => Box::new(endless(asked, |_| " and so on".to_owned())),
        "endless" => Box::new(endless(asked, word)),
        "flood" => Box::new(endless(asked, |_| "x".repeat(4_000))),
        "stall" => Box::new(words(asked, 3).chain([Step::Stall])),
        "pause" => {
            let tokens = asked.marked().and_then(|text| text.trim().parse().ok());
            Box::new(words_exactly(asked, tokens.unwrap_or(3)).chain([Step::Stall]))
        }
        "silent" => Box::new([Step::Stall].into_iter()),
        "drop" => Box::new(words(asked, 3).chain([
            raw("data: {\"choices\":[{\"index\":0,\"del"),
            Step::Wait(Duration::from_millis(5)),
            Step::Break,
        ])),
        "early-end" => Box::new(words(asked, 3)),
        "malformed" => Box::new(
            words(asked, 2)
                .chain([raw("data: {\"choices\": [}\n\n")])
                .chain(words(asked, 2))
                .chain(ending(asked, "stop")),
        ),
        "comments" => Box::new(with_comments(asked)),
        "error-in-data" => {
            let message = asked.gossip();
            let event =
                format!("data: {{\"error\":{{\"message\":\"{message}\",\"code\":502}}}}\n\n");
            Box::new(words(asked, 3).chain([Step::Raw(Bytes::from(event)), Step::Done]))
        }
        "huge-line" => {
            let block = Bytes::from(vec![b'x'; 64 * 1024]);
            let blocks =
                (0..asked.number("blocks", 16 * 1024)).map(move |_| Step::Raw(block.clone()));
            Box::new(
                words(asked, 2)
                    .chain([raw("data: ")])
                    .chain(blocks)
                    .chain([raw("\n\n"), Step::Done]),
            )
        }
        "huge-event" => {
            // Many lines of one event: each is short, all together are not.
            let line = Bytes::from(format!("data: {}\n", "x".repeat(1_000)));
            let lines = (0..asked.number("lines", 1_000_000)).map(move |_| Step::Raw(line.clone()));
            Box::new(words(asked, 2).chain(lines).chain([raw("\n"), Step::Done]))
        }
        "markdown" => Box::new(echo(asked)),
        "long" => Box::new(words(asked, 20_000).chain(ending(asked, "stop"))),
        // `stream`, `slow`, and what differs by its head only.
        _ => Box::new(words(asked, 24).chain(ending(asked, "stop"))),
    }
}

/// The end of a good answer.
fn ending(asked: &Asked, reason: &'static str) -> impl Iterator<Item = Step> + Send + 'static {
    let reason = if asked.number("tokens", 0) > asked.most_tokens {
        "length"
    } else {
        reason
    };
    let finish = (0..asked.n).map(move |index| Step::Finish { index, reason });
    let usage = asked.wants_usage
        && asked.text_option("usage") != Some("none")
        && asked.behaviour() != "no-usage";
    finish
        .chain(usage.then_some(Step::Usage))
        .chain([Step::Done])
}

/// As many words as the options say, at most as many as may be.
fn words(asked: &Asked, otherwise: usize) -> impl Iterator<Item = Step> + Send + 'static {
    let count = asked.number("tokens", otherwise).min(asked.most_tokens);
    words_exactly(asked, count)
}

fn words_exactly(asked: &Asked, count: usize) -> impl Iterator<Item = Step> + Send + 'static {
    texts(asked, (0..count).map(word).collect())
}

/// Tokens with a gap before each but the first.
fn texts(asked: &Asked, texts: Vec<String>) -> impl Iterator<Item = Step> + Send + 'static {
    let (n, first, gap) = (asked.n, asked.wait("first_ms", 0), gap(asked));
    texts.into_iter().enumerate().flat_map(move |(at, text)| {
        let wait = Step::Wait(if at == 0 { first } else { gap });
        let tokens = (0..n).map(move |index| Step::Token {
            index,
            text: text.clone(),
        });
        [wait].into_iter().chain(tokens)
    })
}

/// Goes on whatever is allowed.
fn endless(
    asked: &Asked,
    text: fn(usize) -> String,
) -> impl Iterator<Item = Step> + Send + 'static {
    let gap = gap(asked);
    (0..).flat_map(move |at| {
        [
            Step::Wait(gap),
            Step::Token {
                index: 0,
                text: text(at),
            },
        ]
    })
}

fn gap(asked: &Asked) -> Duration {
    asked.wait("gap_ms", if asked.behaviour() == "slow" { 200 } else { 2 })
}

/// What the prompt marks, `cut` characters a token.
fn echo(asked: &Asked) -> impl Iterator<Item = Step> + Send + 'static {
    let text: Vec<char> = asked.marked().unwrap_or(asked.prompt()).chars().collect();
    let pieces = text
        .chunks(asked.number("cut", 6).max(1))
        .map(|piece| piece.iter().collect())
        .collect();
    texts(asked, pieces).chain(ending(asked, "stop"))
}

/// A good answer with all that a stream may hold besides: comments, names of events, ids, blank lines, and data over two
/// lines.
fn with_comments(asked: &Asked) -> impl Iterator<Item = Step> + Send + 'static {
    let noise = ": keep-alive\r\n\r\n:\r\n\r\nevent: message\r\nid: 7\r\nretry: 10\r\n";
    let in_two = "data: {\"choices\":[{\"index\":0,\r\ndata: \"delta\":{\"content\":\"\"},\"finish_reason\":null}]}\r\n\r\n";
    let words = words(asked, 12).flat_map(move |step| {
        let before = matches!(step, Step::Token { .. })
            .then_some(Step::Raw(Bytes::from_static(noise.as_bytes())));
        before.into_iter().chain([step])
    });
    let split = [Step::Raw(Bytes::from_static(in_two.as_bytes()))];
    split.into_iter().chain(words).chain(ending(asked, "stop"))
}

const LEXICON: [&str; 32] = [
    "answer", "bread", "colour", "dough", "early", "flour", "garden", "honest", "inner", "jar",
    "kitchen", "light", "morning", "nearly", "oven", "plain", "quiet", "rise", "salt", "table",
    "under", "vapour", "water", "yeast", "warm", "soft", "crust", "slow", "good", "fresh", "time",
    "taste",
];

/// Words in an order that does not come again.
pub fn word(at: usize) -> String {
    // The finish of splitmix64: a plain multiple would almost come again after a while, and look like a loop.
    let mut mixed = (at as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    let word = LEXICON[(mixed >> 59) as usize];
    if at == 0 {
        word.to_owned()
    } else {
        format!(" {word}")
    }
}

/// The first `count` words as one text.
pub fn prose(count: usize) -> String {
    (0..count).map(word).collect()
}
