//! The OpenAI protocol, as far as it is used here: what is sent and what is understood of what comes back.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};

use super::catalogue::{LimitName, Model};
use super::prompt::Message;

/// Body of a call.
#[derive(Clone, Debug, Serialize)]
pub struct Request<'a> {
    /// The server's name of the model.
    pub model: &'a str,
    /// The conversation.
    pub messages: &'a [Message],
    /// Whether the answer comes in events.
    pub stream: bool,
    /// Asks for usage at the end of a stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stream_options: Option<StreamOptions>,
    /// Most tokens of the answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_tokens: Option<u32>,
    /// The same by its newer name, which some servers insist on and others do not know.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_completion_tokens: Option<u32>,
    /// Where the model takes one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seed: Option<u32>,
    /// Answers that are wanted; one when left out.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n: Option<u8>,
    /// Asks for log-probabilities.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub logprobs: Option<bool>,
}

/// `stream_options`.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct StreamOptions {
    /// Usage in the last event.
    pub include_usage: bool,
}

impl<'a> Request<'a> {
    /// One answer of `most_tokens` at most.
    pub fn new(model: &'a Model, messages: &'a [Message], stream: bool, most_tokens: u32) -> Self {
        let is_new = model.limit_name == LimitName::MaxCompletionTokens;
        Self {
            model: &model.upstream,
            messages,
            stream,
            stream_options: stream.then_some(StreamOptions {
                include_usage: true,
            }),
            max_tokens: (!is_new).then_some(most_tokens),
            max_completion_tokens: is_new.then_some(most_tokens),
            seed: None,
            n: None,
            logprobs: None,
        }
    }
}

/// An event of a stream, or a whole answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Reply {
    /// Answers, or what follows in each.
    #[serde(default, deserialize_with = "or_default")]
    pub choices: Vec<Choice>,
    /// Tokens, where they are told.
    #[serde(default)]
    pub usage: Option<Usage>,
    /// There is one when the server failed.
    #[serde(default)]
    error: Option<IgnoredAny>,
}

impl Reply {
    /// Whether the server says that it failed.
    pub fn is_error(&self) -> bool {
        self.error.is_some()
    }
}

/// Part of an answer.
#[derive(Clone, Debug, Deserialize)]
pub struct Choice {
    /// Which answer.
    #[serde(default)]
    pub index: u32,
    /// What follows.
    #[serde(default, alias = "message")]
    pub delta: Option<Delta>,
    /// Why it ended, when it did.
    #[serde(default)]
    pub finish_reason: Option<String>,
    /// There are some where they were asked for and can be had.
    #[serde(default)]
    logprobs: Option<IgnoredAny>,
}

impl Choice {
    /// Whether log-probabilities came along.
    pub fn has_logprobs(&self) -> bool {
        self.logprobs.is_some()
    }
}

/// Text of an answer.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Delta {
    /// The answer.
    #[serde(default)]
    pub content: Option<String>,
    /// A refusal in place of it.
    #[serde(default)]
    pub refusal: Option<String>,
    /// Thoughts, which are not shown.
    #[serde(default, alias = "reasoning")]
    pub reasoning_content: Option<String>,
}

/// Tokens as told; what cannot be a number of tokens is not told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
pub struct Usage {
    /// Of the prompt.
    #[serde(default, deserialize_with = "tokens")]
    pub prompt_tokens: Option<u64>,
    /// Of the answer.
    #[serde(default, deserialize_with = "tokens")]
    pub completion_tokens: Option<u64>,
}

fn or_default<'de, D: Deserializer<'de>, T: Deserialize<'de> + Default>(
    from: D,
) -> Result<T, D::Error> {
    Option::deserialize(from).map(Option::unwrap_or_default)
}

fn tokens<'de, D: Deserializer<'de>>(from: D) -> Result<Option<u64>, D::Error> {
    serde_json::Value::deserialize(from).map(|value| value.as_u64())
}

#[cfg(test)]
mod tests {
    use super::super::catalogue::tests::model;
    use super::*;

    fn reply(text: &str) -> Reply {
        serde_json::from_str(text).expect("is understood")
    }

    #[test]
    fn events_and_whole_answers_of_many_servers_are_understood() {
        let event = reply(
            r#"{"id":"x","choices":[{"index":0,"delta":{"role":"assistant","content":"a"},"finish_reason":null,"logprobs":null}],"usage":null}"#,
        );
        let delta = event.choices[0].delta.clone().expect("is there");
        assert_eq!(delta.content.as_deref(), Some("a"));
        assert!(!event.is_error() && !event.choices[0].has_logprobs());
        let whole = reply(
            r#"{"choices":[{"message":{"content":"b","reasoning":"hm"},"finish_reason":"stop"}],"usage":{"prompt_tokens":3,"completion_tokens":1}}"#,
        );
        let choice = &whole.choices[0];
        assert_eq!(choice.finish_reason.as_deref(), Some("stop"));
        let usage = whole.usage.expect("is told");
        assert_eq!(
            (usage.prompt_tokens, usage.completion_tokens),
            (Some(3), Some(1))
        );
        assert!(reply(r#"{"error":{"message":"no"},"choices":null}"#).is_error());
        assert!(!reply(r#"{"error":null}"#).is_error());
    }

    #[test]
    fn numbers_that_are_none_are_not_told() {
        let usage = reply(r#"{"usage":{"prompt_tokens":-5,"completion_tokens":"many"}}"#).usage;
        assert_eq!(usage, Some(Usage::default()));
    }

    #[test]
    fn only_what_is_wanted_is_sent() {
        let messages = [Message {
            role: "user",
            content: "Hi".to_owned(),
        }];
        let old = model("");
        let body = serde_json::to_value(Request::new(&old, &messages, true, 5)).expect("is JSON");
        assert_eq!(
            body,
            serde_json::json!({
                "model": "org/small-7b", "messages": [{"role": "user", "content": "Hi"}], "stream": true,
                "stream_options": {"include_usage": true}, "max_tokens": 5,
            })
        );
        let new = model("limit_name = \"max_completion_tokens\"");
        let body = serde_json::to_value(Request::new(&new, &messages, false, 5)).expect("is JSON");
        assert_eq!(
            body,
            serde_json::json!({
                "model": "org/small-7b", "messages": [{"role": "user", "content": "Hi"}], "stream": false,
                "max_completion_tokens": 5,
            })
        );
    }
}
