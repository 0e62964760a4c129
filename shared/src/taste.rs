//! The portable file `.taste.json`: every vote of one person, to keep, to move and to bring back.
//!
//! A file comes from anywhere, so reading it trusts nothing: size, number of events, ids, ranges and every judgment are
//! checked, and each refusal names its place. Schema 1 is the bare list of events of earlier versions; it is read as
//! schema 2 without the parts that it lacks.

use std::collections::{HashMap, HashSet};

use serde::de::{Error as _, IgnoredAny, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

use crate::event::{PROPENSITY_RULE, Policy, VoteEvent, is_propensity};
use crate::ids::{ComparisonId, JudgmentId};

/// Tells this file from any other.
pub const FORMAT: &str = "palate-taste";
/// The schema that is written.
pub const SCHEMA: u32 = 2;
/// The largest file that is read, bytes.
pub const MAX_BYTES: usize = 16 << 20;
/// The most events in a file.
pub const MAX_EVENTS: usize = 100_000;
/// The longest id, bytes.
const MAX_ID: usize = 128;
/// The most answers in one showing.
const MAX_SHOWN: usize = 16;
/// The most forecasts on one vote.
const MAX_PREDICTIONS: usize = 64;
/// The longest topic, bytes.
const MAX_TOPIC: usize = 64;
/// The longest "because / for whom", bytes.
const MAX_CONTEXT: usize = 4_096;
/// The last moment that browsers know, milliseconds since the Unix epoch.
const MAX_AT_MS: u64 = 8_640_000_000_000_000;

/// A file of schema 2.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Taste {
    /// [`FORMAT`].
    pub format: String,
    /// [`SCHEMA`].
    pub schema: u32,
    /// When the file was made, RFC 3339 UTC; empty where schema 1 did not say.
    pub made_at: String,
    /// Encoder of the pack that was voted on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encoder: Option<String>,
    /// Version of the population weights: hash prefix of the pack's heads file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub heads: Option<String>,
    /// Fitted user states by method. A copy for other programs: an import learns anew from the events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub states: Option<serde_json::Value>,
    /// Every event, oldest first.
    #[serde(deserialize_with = "bounded")]
    pub events: Vec<VoteEvent>,
}

impl Taste {
    /// A file of the present schema.
    pub fn new(made_at: String, events: Vec<VoteEvent>) -> Self {
        Self {
            format: FORMAT.to_owned(),
            schema: SCHEMA,
            made_at,
            encoder: None,
            heads: None,
            states: None,
            events,
        }
    }
}

/// Why a whole file is refused, in words for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TasteError {
    /// More than [`MAX_BYTES`].
    #[error("The file is too large: {bytes} bytes, where {MAX_BYTES} are allowed.")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// It ends in the middle.
    #[error("The file is cut off: {0}.")]
    CutOff(String),
    /// It is not JSON, or a part has another shape.
    #[error("The file cannot be read: {0}.")]
    Shape(String),
    /// JSON, but of something else.
    #[error("This is not a file of votes: “format” must be “{FORMAT}”.")]
    Format,
    /// From a later version.
    #[error(
        "The file has schema {0}; this page reads 1 and {SCHEMA}. Reload the page to get its newest version."
    )]
    Schema(u32),
}

/// One event that is left out, and why; as one line for people.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{place}: {why}")]
pub struct Refusal {
    /// Where in the file, for example `events[3].judgment`.
    pub place: String,
    /// Why.
    pub why: String,
}

/// What a file holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Found {
    /// The file, migrated, with only the events that are sound; each id once.
    pub taste: Taste,
    /// Events whose id came earlier in the file.
    pub doubled: usize,
    /// Events that were left out.
    pub refused: Vec<Refusal>,
}

/// Only what says how the rest is to be read.
#[derive(Deserialize)]
struct Head {
    format: Option<String>,
    schema: Option<u32>,
}

/// A list of events, bounded.
#[derive(Deserialize)]
#[serde(transparent)]
struct Events(#[serde(deserialize_with = "bounded")] Vec<VoteEvent>);

/// Reads a file of any schema.
///
/// # Errors
/// When the file as a whole is too large, cut off, damaged, of another format or of a later version.
pub fn read(text: &str) -> Result<Found, TasteError> {
    if text.len() > MAX_BYTES {
        return Err(TasteError::TooLarge { bytes: text.len() });
    }
    let text = text.trim_start_matches('\u{feff}').trim();
    let taste = if text.starts_with('[') {
        serde_json::from_str::<IgnoredAny>(text).map_err(|error| of_json(&error))?;
        migrate(serde_json::from_str(text).map_err(|error| of_json(&error))?)
    } else {
        let head: Head = serde_json::from_str(text).map_err(|error| of_json(&error))?;
        match (head.format.as_deref(), head.schema) {
            (Some(FORMAT), Some(SCHEMA)) => {
                serde_json::from_str(text).map_err(|error| of_json(&error))?
            }
            (Some(FORMAT), Some(other)) => return Err(TasteError::Schema(other)),
            _ => return Err(TasteError::Format),
        }
    };
    Ok(sift(taste))
}

/// Schema 1 as schema 2.
fn migrate(Events(events): Events) -> Taste {
    Taste::new(String::new(), events)
}

fn of_json(error: &serde_json::Error) -> TasteError {
    if error.is_eof() {
        TasteError::CutOff(error.to_string())
    } else {
        TasteError::Shape(error.to_string())
    }
}

/// Reads a list of events up to [`MAX_EVENTS`]; an event of another shape is named by its place.
fn bounded<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<VoteEvent>, D::Error> {
    struct Listed;

    impl<'de> Visitor<'de> for Listed {
        type Value = Vec<VoteEvent>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("a list of events")
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
            let mut events = Vec::new();
            loop {
                let next = seq.next_element::<VoteEvent>().map_err(|error| {
                    A::Error::custom(format!("events[{}]: {error}", events.len()))
                })?;
                match next {
                    Some(_) if events.len() == MAX_EVENTS => {
                        return Err(A::Error::custom(format!("more than {MAX_EVENTS} events")));
                    }
                    Some(event) => events.push(event),
                    None => return Ok(events),
                }
            }
        }
    }

    deserializer.deserialize_seq(Listed)
}

/// Leaves out what is doubled or unsound.
fn sift(mut taste: Taste) -> Found {
    let mut seen = HashSet::new();
    let (mut doubled, mut refused) = (0, Vec::new());
    let mut sound = Vec::with_capacity(taste.events.len());
    for (at, event) in std::mem::take(&mut taste.events).into_iter().enumerate() {
        match check(&event) {
            Err((field, why)) => refused.push(Refusal {
                place: format!("events[{at}].{field}"),
                why,
            }),
            Ok(()) if !seen.insert(event.id.clone()) => doubled += 1,
            Ok(()) => sound.push(event),
        }
    }
    taste.events = sound;
    Found {
        taste,
        doubled,
        refused,
    }
}

/// Whether an event could have come from this site; else the field that could not, and why.
///
/// # Errors
/// When an id, a number, the judgment or the size of a part is out of bounds.
pub fn check(event: &VoteEvent) -> Result<(), (&'static str, String)> {
    let ids = [
        ("id", event.id.as_str()),
        ("comparison", event.comparison.as_str()),
        ("pack", event.pack.as_str()),
        ("prompt", event.prompt.as_str()),
    ];
    let replaced = event
        .supersedes
        .iter()
        .map(|id| ("supersedes", id.as_str()));
    let shown = event.shown.iter().map(|id| ("shown", id.as_str()));
    let methods = event.predictions.iter().flat_map(|found| {
        [
            ("predictions", found.method.as_str()),
            ("predictions", &found.weights),
        ]
    });
    let repeated = event.repeat_of.iter().map(|id| ("repeat_of", id.as_str()));
    let all = ids.into_iter().chain(replaced).chain(repeated);
    for (field, id) in all.chain(shown).chain(methods) {
        if id.is_empty() || id.len() > MAX_ID || !id.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err((
                field,
                format!("an id must have 1 to {MAX_ID} plain characters"),
            ));
        }
    }
    let shown: HashSet<_> = event.shown.iter().collect();
    if !(2..=MAX_SHOWN).contains(&event.shown.len()) || shown.len() != event.shown.len() {
        return Err((
            "shown",
            format!("2 to {MAX_SHOWN} different answers are needed"),
        ));
    }
    event
        .judgment
        .validate(&event.shown)
        .map_err(|error| ("judgment", error.to_string()))?;
    if event.simulated {
        return Err(("simulated", "a program gave this vote".to_owned()));
    }
    if !is_propensity(event.propensity) {
        return Err(("propensity", format!("it {PROPENSITY_RULE}")));
    }
    if event.predictions.len() > MAX_PREDICTIONS {
        return Err(("predictions", format!("more than {MAX_PREDICTIONS}")));
    }
    let is_sound = |p_first: f64, sd: f64| is_share(p_first) && sd.is_finite() && sd >= 0.0;
    if !event
        .predictions
        .iter()
        .all(|found| is_sound(found.p_first, found.margin_sd))
    {
        return Err(("predictions", "a number is out of range".to_owned()));
    }
    if event
        .context
        .as_ref()
        .is_some_and(|text| text.len() > MAX_CONTEXT)
    {
        return Err(("context", format!("more than {MAX_CONTEXT} bytes")));
    }
    if event
        .topic
        .as_ref()
        .is_some_and(|topic| topic.len() > MAX_TOPIC)
    {
        return Err(("topic", format!("more than {MAX_TOPIC} bytes")));
    }
    if event.repeat_of.is_some() != (event.policy == Policy::Repeat)
        || event.repeat_of.as_ref() == Some(&event.comparison)
    {
        return Err((
            "repeat_of",
            "it names another showing, with the policy repeat only".to_owned(),
        ));
    }
    if event.at_ms > MAX_AT_MS {
        return Err(("at_ms", "there is no such day".to_owned()));
    }
    Ok(())
}

fn is_share(value: f64) -> bool {
    (0.0..=1.0).contains(&value)
}

/// What would come to a log.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Merge {
    /// To be added, in the order given.
    pub new: Vec<VoteEvent>,
    /// Already in the log; they stay as they are there.
    pub known: usize,
    /// Left out: they would change votes of the log in a way that no revision can.
    pub refused: Vec<Refusal>,
}

/// Sorts `incoming` by what the log already has. Nothing in the log is overwritten: a known id is passed over, and an
/// unknown event must be a first vote on a showing of its own or revise an event on the same showing.
pub fn merge(log: &[VoteEvent], incoming: Vec<VoteEvent>) -> Merge {
    let mut places: HashMap<JudgmentId, ComparisonId> = log.iter().map(place).collect();
    let mut asked: HashMap<ComparisonId, Question> = HashMap::new();
    for event in log {
        asked
            .entry(event.comparison.clone())
            .or_insert_with(|| Question::of(event));
    }
    let mut found = Merge::default();
    for event in incoming {
        if places.contains_key(&event.id) {
            found.known += 1;
            continue;
        }
        let why = match (asked.get(&event.comparison), &event.supersedes) {
            (None, None) => None,
            (None, Some(_)) => Some("it changes a vote that is not there"),
            (Some(_), None) => Some("another vote on this question is already there"),
            (Some(_), Some(base)) if places.get(base) != Some(&event.comparison) => {
                Some("it changes a vote on another question")
            }
            (Some(question), Some(_)) if *question != Question::of(&event) => {
                Some("it changes what was shown")
            }
            (Some(_), Some(_)) => None,
        };
        if let Some(why) = why {
            found.refused.push(Refusal {
                place: format!("vote {}", event.id),
                why: why.to_owned(),
            });
            continue;
        }
        let (id, comparison) = place(&event);
        places.insert(id, comparison.clone());
        asked
            .entry(comparison)
            .or_insert_with(|| Question::of(&event));
        found.new.push(event);
    }
    found
}

fn place(event: &VoteEvent) -> (JudgmentId, ComparisonId) {
    (event.id.clone(), event.comparison.clone())
}

/// What all revisions on one showing share.
#[derive(PartialEq)]
struct Question(
    crate::ids::PackId,
    crate::ids::PromptId,
    Vec<crate::ids::ResponseId>,
);

impl Question {
    fn of(event: &VoteEvent) -> Self {
        Self(
            event.pack.clone(),
            event.prompt.clone(),
            event.shown.clone(),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Prediction, current};
    use crate::judgment::Judgment;

    fn vote(id: &str) -> VoteEvent {
        VoteEvent {
            predictions: vec![Prediction {
                method: "eb".into(),
                weights: "abc".into(),
                p_first: 0.5,
                margin_sd: 1.0,
                n_fit: 3,
            }],
            at_ms: 1,
            dwell_ms: 7,
            ..crate::event::tests::vote(id)
        }
    }

    fn text(events: Vec<VoteEvent>) -> String {
        let taste = Taste::new("2026-11-23T10:00:00Z".to_owned(), events);
        serde_json::to_string(&taste).expect("serialises")
    }

    fn value(events: Vec<VoteEvent>) -> serde_json::Value {
        serde_json::from_str(&text(events)).expect("parses")
    }

    #[test]
    fn a_file_comes_back_as_it_was_written() {
        let mut taste = Taste::new(
            "2026-11-23T10:00:00Z".to_owned(),
            vec![vote("1"), vote("2")],
        );
        taste.encoder = Some("all-MiniLM-L6-v2".to_owned());
        taste.heads = Some("0123abcd".to_owned());
        taste.states = Some(serde_json::json!({"eb": [0.5]}));
        let text = serde_json::to_string_pretty(&taste).expect("serialises");
        let found = read(&format!("\u{feff}{text}\n")).expect("reads");
        assert_eq!(found.taste, taste);
        assert_eq!((found.doubled, found.refused), (0, vec![]));
    }

    /// Parsers that take a short cut with decimals are one step off for one value in a few hundred.
    #[test]
    fn forecasts_keep_every_bit() {
        let events: Vec<VoteEvent> = (1..=2000)
            .map(|step| {
                let mut event = vote(&step.to_string());
                event.predictions[0].p_first = f64::from(step).sqrt().fract();
                event.predictions[0].margin_sd = f64::from(step).ln();
                event
            })
            .collect();
        let found = read(&text(events.clone())).expect("reads");
        assert_eq!(found.taste.events, events);
    }

    #[test]
    fn schema_1_is_migrated() {
        let list = serde_json::to_string(&[vote("1"), vote("2")]).expect("serialises");
        let found = read(&list).expect("reads");
        assert_eq!(
            found.taste,
            Taste::new(String::new(), vec![vote("1"), vote("2")])
        );
        assert_eq!(read("[]").expect("reads").taste.events, vec![]);
    }

    #[test]
    fn a_file_cut_off_anywhere_is_refused_whole() {
        let list = serde_json::to_string(&[vote("1")]).expect("serialises");
        for text in [text(vec![vote("1")]), list] {
            for end in 0..text.len() {
                assert!(read(&text[..end]).is_err(), "cut at {end}");
            }
            let refused = read(&text[..text.len() - 1]);
            assert!(matches!(refused, Err(TasteError::CutOff(_))));
        }
    }

    #[test]
    fn other_files_and_later_versions_are_named() {
        assert!(matches!(read(""), Err(TasteError::CutOff(_))));
        assert!(matches!(read("<html>"), Err(TasteError::Shape(_))));
        assert!(matches!(read("\"text\""), Err(TasteError::Shape(_))));
        assert_eq!(read("{}"), Err(TasteError::Format));
        assert_eq!(
            read(r#"{"format":"other","schema":2}"#),
            Err(TasteError::Format)
        );
        assert_eq!(
            read(r#"{"format":"palate-taste","schema":3,"new":1}"#),
            Err(TasteError::Schema(3))
        );
        assert!(matches!(read(r#"{"format":1}"#), Err(TasteError::Shape(_))));
    }

    #[test]
    fn unknown_fields_and_wrong_types_are_named_by_place() {
        let mut extra = value(vec![vote("1")]);
        extra["evil"] = true.into();
        let refused = read(&extra.to_string()).expect_err("refused").to_string();
        assert!(refused.contains("evil"), "{refused}");
        let mut wrong = value(vec![vote("1"), vote("2")]);
        wrong["events"][1]["shown"] = 7.into();
        let refused = read(&wrong.to_string()).expect_err("refused").to_string();
        assert!(
            refused.contains("events[1]") && refused.contains("line 1"),
            "{refused}"
        );
        let mut wrong = value(vec![vote("1")]);
        wrong["events"][0]["__proto__"] = 7.into();
        assert!(read(&wrong.to_string()).is_err());
    }

    #[test]
    fn too_large_too_many_and_too_deep_are_refused() {
        let bytes = MAX_BYTES + 1;
        assert_eq!(
            read(&" ".repeat(bytes)),
            Err(TasteError::TooLarge { bytes })
        );
        let deep = "[".repeat(500_000);
        assert!(matches!(
            read(&deep),
            Err(TasteError::CutOff(_) | TasteError::Shape(_))
        ));
        let mut nested = value(vec![]);
        nested["states"] = 0.into();
        let nested = nested.to_string().replace(
            "\"states\":0",
            &format!("\"states\":{}{}", "[".repeat(9_000), "]".repeat(9_000)),
        );
        assert!(matches!(read(&nested), Err(TasteError::Shape(_))));
    }

    #[test]
    fn more_events_than_allowed_are_refused() {
        let mut small = vote("1");
        small.predictions.clear();
        let one = serde_json::to_string(&small).expect("serialises");
        let list = format!("[{}]", [one.as_str(); 8].join(","));
        assert_eq!(read(&list).expect("reads").doubled, 7);
        // Short enough events for the count, not the size, to be the limit cannot be written as text: ask the list itself.
        let events = std::iter::repeat_n(
            serde_json::to_value(&small).expect("serialises"),
            MAX_EVENTS + 1,
        );
        let refused = bounded(serde_json::Value::Array(events.collect())).expect_err("refused");
        assert!(
            refused.to_string().contains("more than 100000"),
            "{refused}"
        );
    }

    #[test]
    fn hostile_events_are_left_out_one_by_one() {
        type Spoil = fn(&mut VoteEvent);
        let hostile: [(&str, Spoil); 18] = [
            ("id", |e| e.id = "".into()),
            ("id", |e| e.id = "x".repeat(129).into()),
            ("id", |e| e.id = "a\u{202e}b".into()),
            ("comparison", |e| e.comparison = "a b".into()),
            ("supersedes", |e| e.supersedes = Some("\0".into())),
            ("shown", |e| e.shown = vec!["a".into()]),
            ("shown", |e| e.shown = vec!["a".into(), "a".into()]),
            ("judgment", |e| {
                e.judgment = Judgment::prefer("a".into(), "x".into())
            }),
            ("judgment", |e| {
                e.judgment = Judgment::equal(vec!["a".into()])
            }),
            ("simulated", |e| e.simulated = true),
            ("propensity", |e| e.propensity = 1.5),
            ("propensity", |e| e.propensity = 0.0),
            ("predictions", |e| e.predictions[0].p_first = -0.1),
            ("context", |e| e.context = Some("x".repeat(5_000))),
            ("topic", |e| e.topic = Some("x".repeat(65))),
            ("repeat_of", |e| e.repeat_of = Some("c-0".into())),
            ("repeat_of", |e| e.policy = Policy::Repeat),
            ("at_ms", |e| e.at_ms = u64::MAX),
        ];
        for (field, spoil) in hostile {
            let mut event = vote("2");
            spoil(&mut event);
            let found = read(&text(vec![vote("1"), event, vote("3")])).expect("reads");
            assert_eq!(found.taste.events, [vote("1"), vote("3")], "{field}");
            assert_eq!(found.refused[0].place, format!("events[1].{field}"));
        }
        let mut wide = vote("1");
        wide.predictions = vec![wide.predictions[0].clone(); 65];
        assert!(check(&wide).is_err());
        wide.predictions.clear();
        wide.propensity = f64::NAN;
        assert!(check(&wide).is_err());
    }

    #[test]
    fn a_merge_adds_and_never_overwrites() {
        let log = [vote("1"), vote("2")];
        let mut forged = vote("2");
        forged.judgment = Judgment::prefer("b".into(), "a".into());
        let found = merge(&log, vec![forged, vote("3")]);
        assert_eq!((found.new, found.known), (vec![vote("3")], 1));
        assert_eq!(found.refused, []);
    }

    #[test]
    fn a_merge_takes_revisions_of_the_same_question_only() {
        let log = [vote("1"), vote("2")];
        let good = vote("1").revision("4".into(), Judgment::equal(vote("1").shown), 9);
        let mut stolen = vote("9").withdrawal("5".into(), 9);
        stolen.supersedes = Some("2".into());
        let mut other = vote("9");
        other.comparison = "c-2".into();
        let mut shifted = vote("2").withdrawal("6".into(), 9);
        shifted.shown.reverse();
        let mut crossed = vote("2").withdrawal("7".into(), 9);
        crossed.supersedes = Some("1".into());
        let orphan = vote("8").withdrawal("8b".into(), 9);
        let mut own = vote("x");
        own.supersedes = Some("x".into());
        let found = merge(
            &log,
            vec![good.clone(), stolen, other, shifted, crossed, orphan, own],
        );
        assert_eq!(found.new, std::slice::from_ref(&good));
        assert_eq!(found.refused.len(), 6);
        let all: Vec<VoteEvent> = log.into_iter().chain(found.new).collect();
        let ids: Vec<&str> = current(&all)
            .iter()
            .map(|event| event.id.as_str())
            .collect();
        assert_eq!(ids, ["2", "4"]);
    }
}
