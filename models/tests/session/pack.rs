//! The starter pack, and people who vote on it.

use std::path::PathBuf;

use palate_models::session::Session;
use palate_shared::event::VoteEvent;
use palate_shared::features;
use palate_shared::ids::ResponseId;
use palate_shared::infer::Question;
use palate_shared::judgment::Judgment;
use palate_shared::pack::{PackItems, PackManifest};

pub struct Pack {
    pub items: PackItems,
    pub vectors: Vec<u8>,
    pub heads: Vec<u8>,
}

pub fn pack() -> Pack {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../public/packs/starter");
    let manifest: PackManifest = serde_json::from_slice(
        &std::fs::read(folder.join("manifest.json")).expect("the pack is committed"),
    )
    .expect("the manifest parses");
    let file = |role: &str| {
        let name = &manifest.file(role).expect("the pack has the file").name;
        std::fs::read(folder.join(name)).expect("the pack is complete")
    };
    Pack {
        items: serde_json::from_slice(&file("items")).expect("items parse"),
        vectors: file("vectors"),
        heads: file("heads"),
    }
}

impl Pack {
    pub fn session(&self, seed: u64) -> Session {
        Session::new(&self.items, &self.vectors, &self.heads, seed).expect("the pack fits")
    }

    pub fn text(&self, id: &ResponseId) -> &str {
        self.items
            .prompts
            .iter()
            .flat_map(|prompt| &prompt.responses)
            .find(|response| response.id == *id)
            .map(|response| response.text.as_str())
            .expect("the answer is in the pack")
    }

    pub fn words(&self, id: &ResponseId) -> f32 {
        features::extract(self.text(id))[features::LENGTH]
    }

    /// Prefers the longer answer.
    pub fn longer(&self, question: &Question) -> Judgment {
        let (a, b) = (question.shown[0].clone(), question.shown[1].clone());
        if self.words(&a) > self.words(&b) {
            Judgment::prefer(a, b)
        } else {
            Judgment::prefer(b, a)
        }
    }
}

pub fn event(question: &Question, judgment: Judgment) -> VoteEvent {
    VoteEvent {
        id: format!("judgment-of-{}", question.comparison).into(),
        comparison: question.comparison.clone(),
        supersedes: None,
        withdrawn: false,
        pack: "starter".into(),
        prompt: question.prompt.clone(),
        shown: question.shown.clone(),
        judgment,
        policy: question.policy,
        propensity: question.propensity,
        topic: question.topic.clone(),
        repeat_of: question.repeat_of.clone(),
        predictions: question.predictions.clone(),
        blind: true,
        simulated: true,
        context: None,
        at_ms: 0,
        dwell_ms: 0,
    }
}

/// A person who likes long answers votes `count` times.
pub fn play(pack: &Pack, session: &mut Session, count: usize) -> Vec<VoteEvent> {
    (0..count)
        .map(|_| {
            let question = session.next(None).expect("pairs are left");
            let event = event(&question, pack.longer(&question));
            session.learn(&event).expect("the vote fits");
            event
        })
        .collect()
}
