//! Earlier tries, kept in this browser: what was asked and what came of it.

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::state::App;
use crate::store::{Change, SETTINGS};
use crate::{dom, json};

/// Start of the key of a try in the database; its id, which grows with time, follows.
const KEY: &str = "try.";
/// Tries that are kept.
const MOST: usize = 30;

/// One try.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Try {
    /// Id of the generation.
    pub(crate) id: String,
    /// When, milliseconds since the Unix epoch.
    pub(crate) at_ms: u64,
    /// What was asked.
    pub(crate) prompt: String,
    /// Name of the model.
    pub(crate) model: String,
    /// The answers, best first.
    pub(crate) answers: Vec<Answer>,
}

/// One answer of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Answer {
    /// The text.
    pub(crate) text: String,
    /// Whether it is the default answer.
    pub(crate) is_default: bool,
    /// How it was asked to differ.
    pub(crate) directive: Option<String>,
}

fn key(id: &str) -> String {
    format!("{KEY}{id}")
}

/// Keys of the oldest tries, beyond those that are kept.
fn too_old(keys: &[String]) -> &[String] {
    &keys[..keys.len().saturating_sub(MOST)]
}

async fn keys(app: App) -> Vec<String> {
    let Some(store) = app.store() else {
        return Vec::new();
    };
    let mut keys = store.keys(SETTINGS).await.unwrap_or_default();
    keys.retain(|key| key.starts_with(KEY));
    keys
}

/// Every try that is kept, newest first.
pub(crate) async fn all(app: App) -> Vec<Try> {
    app.opened().await;
    let Some(store) = app.store() else {
        return Vec::new();
    };
    let found = store.some(SETTINGS, &keys(app).await).await;
    let mut tries: Vec<Try> = found
        .unwrap_or_default()
        .into_iter()
        .filter_map(|text| json::parse(&text?).ok())
        .collect();
    tries.reverse();
    tries
}

/// A try as JSON. After each answer there is a `rest`: long ones would hold up the page.
async fn written<F: Future<Output = ()>>(found: &Try, rest: impl Fn() -> F) -> Result<String> {
    let broken = |error: serde_json::Error| Error::Storage(error.to_string());
    let without = Try {
        id: found.id.clone(),
        at_ms: found.at_ms,
        prompt: found.prompt.clone(),
        model: found.model.clone(),
        answers: Vec::new(),
    };
    let mut text = serde_json::to_string(&without).map_err(broken)?;
    // The empty list is the last of it.
    text.truncate(text.len() - 2);
    for (at, answer) in found.answers.iter().enumerate() {
        if at > 0 {
            text.push(',');
        }
        text.push_str(&serde_json::to_string(answer).map_err(broken)?);
        rest().await;
    }
    text.push_str("]}");
    Ok(text)
}

/// Keeps a try, and lets go of the oldest.
///
/// # Errors
/// When the browser cannot store it.
pub(crate) async fn keep(app: App, found: &Try) -> Result<()> {
    app.opened().await;
    let text = written(found, || dom::sleep(0)).await?;
    let mut changes = vec![Change::Put(SETTINGS, key(&found.id), text)];
    let mut keys = keys(app).await;
    if !keys.contains(&key(&found.id)) {
        keys.push(key(&found.id));
    }
    for old in too_old(&keys) {
        changes.push(Change::Remove(SETTINGS, old.clone()));
    }
    app.keep(&changes).await
}

/// Deletes one try, or all of them.
///
/// # Errors
/// When the browser cannot write.
pub(crate) async fn delete(app: App, id: Option<&str>) -> Result<()> {
    let keys = match id {
        Some(id) => vec![key(id)],
        None => keys(app).await,
    };
    let changes: Vec<Change> = keys
        .into_iter()
        .map(|key| Change::Remove(SETTINGS, key))
        .collect();
    app.keep(&changes).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_bit_by_bit_is_the_whole_try() {
        let answer = |text: &str| Answer {
            text: text.to_owned(),
            is_default: true,
            directive: None,
        };
        for answers in [vec![], vec![answer("a")], vec![answer("a]}"), answer("\"")]] {
            let found = Try {
                id: "x".to_owned(),
                at_ms: 1,
                prompt: "[]}".to_owned(),
                model: String::new(),
                answers,
            };
            let mut writing = std::pin::pin!(written(&found, || std::future::ready(())));
            let waker = std::task::Waker::noop();
            let text = match writing
                .as_mut()
                .poll(&mut std::task::Context::from_waker(waker))
            {
                std::task::Poll::Ready(text) => text.expect("writes"),
                std::task::Poll::Pending => panic!("nothing to wait for"),
            };
            assert_eq!(text, serde_json::to_string(&found).expect("writes"));
        }
    }

    #[test]
    fn the_oldest_tries_go_first() {
        let keys: Vec<String> = (0..MOST + 2).map(|n| key(&format!("{n:03}"))).collect();
        assert_eq!(too_old(&keys), ["try.000", "try.001"]);
        assert!(too_old(&keys[..MOST]).is_empty());
    }
}
