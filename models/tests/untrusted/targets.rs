//! A pack from anywhere, opened and asked. The fuzzer runs the same functions.

use std::collections::BTreeMap;

use palate_models::heads::{Heads, Table};
use palate_models::representation::EMBEDDING;
use palate_models::session::Session;
use palate_models::{Error, Result};
use palate_shared::event::{Policy, VoteEvent};
use palate_shared::features;
use palate_shared::judgment::Judgment;
use palate_shared::pack::{PackItems, PackPrompt, PackResponse};

/// Most answers of a pack that is opened here.
const MOST_ANSWERS: usize = 64;

/// A heads file, with a pack that is sound.
pub fn heads(bytes: &[u8]) -> Result<()> {
    open(&small_pack(), bytes)
}

/// An items file, with heads that are sound.
pub fn packs(bytes: &[u8]) -> Result<()> {
    let items = serde_json::from_slice(bytes).map_err(|error| Error::Input(error.to_string()))?;
    open(&items, &small_heads())
}

/// Opens a pack and votes on it; what does not fit must be an error.
fn open(items: &PackItems, heads: &[u8]) -> Result<()> {
    let answers: usize = items.prompts.iter().map(|p| p.responses.len()).sum();
    let vectors = answers + items.prompts.len();
    if vectors > MOST_ANSWERS {
        return Err(Error::Input("too many answers".into()));
    }
    // 0.0, 0.125, 0.25, … in f16.
    let numbers = [0x0000_u16, 0x3000, 0x3400, 0xb400, 0x3800];
    let vectors: Vec<u8> = (0..vectors * EMBEDDING)
        .flat_map(|at| numbers[at % numbers.len()].to_le_bytes())
        .collect();
    vote(Session::new(items, &vectors, heads, 1)?, items)
}

fn vote(mut session: Session, items: &PackItems) -> Result<()> {
    session.methods();
    for at_ms in 0..2 {
        let question = session.next(None)?;
        let shown = question.shown;
        session.learn(&VoteEvent {
            id: format!("vote-{at_ms}").into(),
            comparison: question.comparison,
            supersedes: None,
            withdrawn: false,
            pack: items.pack.clone(),
            prompt: question.prompt,
            judgment: Judgment::prefer(shown[0].clone(), shown[1].clone()),
            shown,
            policy: Policy::ExpectedInformation,
            propensity: question.propensity,
            repeat_of: None,
            topic: None,
            predictions: question.predictions,
            blind: true,
            simulated: false,
            context: None,
            at_ms,
            dwell_ms: 1,
        })?;
    }
    session.profile();
    session.states();
    session.next_four().map(drop)
}

fn small_pack() -> PackItems {
    let response = |id: &str, text: &str| PackResponse {
        id: id.into(),
        text: text.to_owned(),
        made_by: "someone".to_owned(),
        directives: None,
        parent: None,
        seed: None,
    };
    PackItems {
        pack: "small".into(),
        prompts: vec![PackPrompt {
            id: "p".into(),
            topic: "cooking".to_owned(),
            text: "How?".to_owned(),
            responses: vec![
                response("a", "Like this."),
                response("b", "- Like **that**\n- or not at all, perhaps?"),
                response("c", "No."),
                response("d", "1. First, I would wait.\n2. Then I would ask."),
            ],
        }],
    }
}

/// The smallest heads file that opens a pack; a seed of the fuzzer.
pub fn small_heads() -> Vec<u8> {
    write_heads(&small_tables())
}

/// A heads file of these tables.
pub fn write_heads(tables: &BTreeMap<String, Table>) -> Vec<u8> {
    let card = serde_json::json!({ "seed": 1, "methods": ["eb", "pal-a", "ridge", "btl"] });
    Heads::write(&card, tables).expect("the shapes fit")
}

/// The tables of a heads file with one component and one hidden unit.
pub fn small_tables() -> BTreeMap<String, Table> {
    let width = features::COUNT + 1;
    let half = |shape: &[usize]| {
        let count = shape.iter().product::<usize>();
        let data: Vec<f32> = (0..count).map(|at| (at % 7) as f32 * 0.25 - 0.75).collect();
        Table::half(shape, &data)
    };
    let mut tables = BTreeMap::from([
        (
            "representation.inverse_sd".to_owned(),
            half(&[features::COUNT]),
        ),
        (
            "representation.projection".to_owned(),
            half(&[EMBEDDING, 1]),
        ),
        ("eb.mean".to_owned(), half(&[width])),
        ("eb.factor".to_owned(), half(&[width, 1])),
        ("pal.prototypes".to_owned(), half(&[2, width])),
        ("pal.constants".to_owned(), Table::new(&[2], vec![1.0, 1.0])),
        ("ridge.scale".to_owned(), Table::new(&[1], vec![0.5])),
        ("ridge.mean".to_owned(), half(&[width])),
        ("btl.hidden.weight".to_owned(), half(&[width, 1])),
        ("btl.hidden.bias".to_owned(), half(&[1])),
        ("btl.output.weight".to_owned(), half(&[1, 1])),
        ("btl.output.bias".to_owned(), half(&[1])),
    ]);
    for layer in ["first", "second", "third"] {
        tables.insert(format!("pal.{layer}.weight"), half(&[width, width]));
        tables.insert(format!("pal.{layer}.bias"), half(&[width]));
    }
    tables
}
