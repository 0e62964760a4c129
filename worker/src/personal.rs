//! Answers ranked for a person, style instructions, near prompts. The encoder is loaded only for texts that no pack has.

use palate_models::session::{Embedded, Session};
use palate_shared::infer::{Examples, FailureCode, Rerank, Response};

use crate::encoder;
use crate::failure::{Result, failure, of_session};
use crate::state::State;

/// Most texts of one request.
const MOST_TEXTS: usize = 40;
/// Most near prompts.
const MOST_NEAREST: usize = 20;

/// Ranks answers.
pub(crate) async fn rerank(state: &State, asked: &Rerank) -> Result<Response> {
    let is_known = |session: &mut Session| {
        let ids = asked
            .candidates
            .iter()
            .map(|candidate| candidate.response.as_ref());
        Ok(ids
            .into_iter()
            .all(|id| id.is_some_and(|id| session.has(id))))
    };
    let strange: Vec<&String> = match state.with_session(is_known)? {
        true => vec![],
        false => asked
            .candidates
            .iter()
            .map(|candidate| &candidate.text)
            .collect(),
    };
    let texts: Vec<String> = strange
        .iter()
        .copied()
        .chain(brought(&asked.examples))
        .cloned()
        .collect();
    let vectors = embed(state, &texts).await?;
    let (candidates, brought) = vectors.split_at(strange.len());
    let embedded = Embedded {
        candidates,
        brought,
    };
    state.with_session(|session| {
        let found = session.rerank(asked, embedded).map_err(of_session)?;
        Ok(Response::Reranked(Box::new(found)))
    })
}

/// Writes a style instruction.
pub(crate) async fn style(state: &State, examples: &Examples) -> Result<Response> {
    let texts: Vec<String> = brought(examples).cloned().collect();
    let vectors = embed(state, &texts).await?;
    state.with_session(|session| {
        let text = session.style(examples, &vectors).map_err(of_session)?;
        Ok(Response::Style { text })
    })
}

/// Finds near prompts; by embedding once the encoder is there, never loading it.
pub(crate) async fn nearest(state: &State, text: &str, count: usize) -> Result<Response> {
    let loaded = state.encoder.borrow().clone();
    let vector = match loaded {
        Some(loaded) => encoder::encode(&loaded, &[text.to_owned()]).await?.pop(),
        None => None,
    };
    state.with_session(|session| {
        Ok(Response::Nearest {
            prompts: session.nearest(text, vector.as_deref(), count.min(MOST_NEAREST)),
            by_embedding: vector.is_some(),
        })
    })
}

fn brought(examples: &Examples) -> impl Iterator<Item = &String> {
    examples.liked.iter().chain(&examples.disliked)
}

/// Vectors of texts; none need no encoder.
async fn embed(state: &State, texts: &[String]) -> Result<Vec<Vec<f32>>> {
    if texts.len() > MOST_TEXTS {
        return Err(failure(
            FailureCode::Input,
            format!("At most {MOST_TEXTS} texts can be read at once."),
        ));
    }
    if texts.iter().any(|text| text.trim().is_empty()) {
        return Err(failure(FailureCode::Input, "A text is empty."));
    }
    if texts.is_empty() {
        return Ok(vec![]);
    }
    // Before forty megabytes are fetched for nothing.
    state.with_session(|_| Ok(()))?;
    let loaded = encoder::get(state).await?;
    encoder::encode(&loaded, texts).await
}
