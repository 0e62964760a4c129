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
    drop(session.correct(&[Some(1.0), None]));
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

/// A heads file of these tables in which every playable method plays.
pub fn write_heads(tables: &BTreeMap<String, Table>) -> Vec<u8> {
    let card = serde_json::json!({
        "seed": 1,
        "methods": [
            "eb", "vpl-shrunk", "fspo-shrunk", "pal-a-shrunk", "lore-shrunk", "mrm-shrunk",
            "neighbours-shrunk", "ridge-shrunk", "population",
        ],
        "map": { "method": "vpl", "words": ["right", "left", "", ""] },
        "described": [["long", "short"], ["warm", "cool"]],
    });
    Heads::write(&card, tables).expect("the shapes fit")
}

/// The tables of a heads file with one component of embeddings and layers of one or two units.
pub fn small_tables() -> BTreeMap<String, Table> {
    let width = features::COUNT + 1;
    let half = |shape: &[usize]| {
        let count = shape.iter().product::<usize>();
        let data: Vec<f32> = (0..count).map(|at| (at % 7) as f32 * 0.25 - 0.75).collect();
        Table::half(shape, &data)
    };
    let mut tables = BTreeMap::new();
    let mut add = |name: &str, shape: &[usize]| {
        tables.insert(name.to_owned(), half(shape));
    };
    add("representation.inverse_sd", &[features::COUNT]);
    add("representation.projection", &[EMBEDDING, 1]);
    add("eb.mean", &[width]);
    add("eb.factor", &[width, 1]);
    add("ridge.mean", &[width]);
    add("pal.prototypes", &[2, width]);
    add("neighbours.mean", &[width]);
    add("neighbours.factor", &[width, 1]);
    add("neighbours.people", &[3, 1]);
    add("lore.mean", &[2]);
    add("mrm.start", &[2]);
    add("vpl.prior.mean", &[2]);
    add("vpl.prior.log_variance", &[2]);
    add("fspo.null", &[2]);
    add("fspo.description", &[2, 2]);
    add("map.centre", &[2]);
    add("map.axes", &[2, 2]);
    add("map.people", &[3, 2]);
    let mut layer = |name: &str, input: usize, output: usize| {
        add(&format!("{name}.weight"), &[input, output]);
        add(&format!("{name}.bias"), &[output]);
    };
    layer("btl.hidden", width, 1);
    layer("btl.output", 1, 1);
    for name in ["pal.first", "pal.second", "pal.third"] {
        layer(name, width, width);
    }
    for method in ["lore", "mrm"] {
        layer(&format!("{method}.hidden"), width, 2);
        layer(&format!("{method}.bent"), 2, 2);
        layer(&format!("{method}.straight"), width, 2);
    }
    for name in ["decoder.item", "pair.winner", "pair.loser"] {
        layer(&format!("vpl.{name}"), width, 2);
    }
    for name in [
        "decoder.latent",
        "decoder.hidden",
        "pair.token",
        "set.query",
        "set.key",
        "set.value",
        "set.mix",
    ] {
        layer(&format!("vpl.{name}"), 2, 2);
    }
    layer("vpl.decoder.output", 2, 1);
    layer("vpl.set.evidence", 2, 4);
    layer("fspo.item", width, 6);
    for name in [
        "token",
        "query",
        "describe-hidden",
        "describe",
        "tell-hidden",
        "tell",
    ] {
        layer(&format!("fspo.{name}"), 2, 2);
    }
    layer("fspo.reward", 2, 1);
    for block in ["shots-0", "shots-1", "items-0", "items-1"] {
        for (part, output) in [
            ("query", 2),
            ("memory", 4),
            ("output", 2),
            ("up", 4),
            ("down", 2),
        ] {
            layer(&format!("fspo.{block}.{part}"), 2, output);
        }
    }
    for (name, numbers) in [
        ("ridge.scale", &[0.5][..]),
        ("pal.constants", &[1.0, 1.0]),
        ("neighbours.sharpness", &[1.0]),
        ("lore.prior_sd", &[1.0]),
        ("mrm.pace", &[0.5, 4.0]),
        ("fspo.constants", &[1.0, 1.0]),
    ] {
        tables.insert(
            name.to_owned(),
            Table::new(&[numbers.len()], numbers.to_vec()),
        );
    }
    for method in ["vpl", "fspo", "pal-a", "lore", "mrm", "neighbours", "ridge"] {
        let constants = Table::new(&[3], vec![0.25, 1.0, 1.0]);
        tables.insert(format!("shrunk.{method}"), constants);
    }
    tables
}
