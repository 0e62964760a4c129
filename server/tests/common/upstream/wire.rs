//! Events and documents of the OpenAI protocol. They name the model and its maker, as real ones do.

use axum::body::Bytes;
use serde_json::{Value, json};

use super::behaviour::Asked;
use super::books::Running;

/// Stands in every event, as the fingerprints of real upstreams do; no visitor may see it.
pub const FINGERPRINT: &str = "fp_upstream_secret";

fn event(asked: &Asked, choices: Value, usage: Option<Value>) -> Bytes {
    let mut event = json!({
        "id": "chatcmpl-upstream", "object": "chat.completion.chunk", "created": 1_700_000_000,
        "model": asked.model, "system_fingerprint": FINGERPRINT, "choices": choices,
    });
    if let Some(usage) = usage {
        event["usage"] = usage;
    }
    Bytes::from(format!("data: {event}{end}{end}", end = asked.line_end()))
}

fn counted(asked: &Asked, running: &Running) -> Value {
    let completion = asked
        .option("completion")
        .unwrap_or(running.completion_tokens as i64);
    let prompt = asked
        .option("prompt")
        .unwrap_or(running.prompt_tokens as i64);
    json!({"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt.saturating_add(completion)})
}

pub fn token(asked: &Asked, running: &Running, index: usize, text: &str) -> Bytes {
    let delta = if running.completion_tokens == 1 {
        json!({"role": "assistant", "content": text})
    } else {
        json!({"content": text})
    };
    let choices = json!([{"index": index, "delta": delta, "finish_reason": null}]);
    let usage = asked.usage_each().then(|| counted(asked, running));
    event(asked, choices, usage)
}

pub fn finish(asked: &Asked, index: usize, reason: &str) -> Bytes {
    let choices = json!([{"index": index, "delta": {}, "finish_reason": reason}]);
    event(asked, choices, None)
}

pub fn usage(asked: &Asked, running: &Running) -> Bytes {
    event(asked, json!([]), Some(counted(asked, running)))
}

pub fn document(asked: &Asked, running: &Running, answers: &[(String, &str)]) -> Value {
    let choices: Vec<Value> = answers
        .iter()
        .enumerate()
        .map(|(index, (text, reason))| {
            let logprobs = asked.logprobs.then(|| {
                json!({"content": [{"token": text, "logprob": -0.5, "bytes": null, "top_logprobs": []}]})
            });
            json!({
                "index": index, "message": {"role": "assistant", "content": text},
                "finish_reason": reason, "logprobs": logprobs,
            })
        })
        .collect();
    json!({
        "id": "chatcmpl-upstream", "object": "chat.completion", "created": 1_700_000_000, "model": asked.model,
        "system_fingerprint": FINGERPRINT, "choices": choices, "usage": counted(asked, running),
    })
}
