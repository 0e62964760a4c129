//! Puts an answer together from events of a model's server.

use palate_shared::api::generation::Finish;

use super::estimate;
use super::progress::Progress;
use super::provider::Piece;
use super::wire::Reply;

/// What was read of an answer.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Reading {
    /// Why it ended, once that was said.
    pub(super) finish: Option<Finish>,
    /// Why it is no answer, if so.
    pub(super) failed: Option<Finish>,
    /// Nothing follows.
    pub(super) is_done: bool,
}

impl Reading {
    /// Takes one event; its text goes to `piece`.
    pub(super) fn take(&mut self, data: &[u8], piece: &mut Piece, progress: &Progress) {
        let data = data.trim_ascii();
        if data == b"[DONE]" {
            self.is_done = true;
            return;
        }
        if data.is_empty() {
            return;
        }
        let Ok(reply) = serde_json::from_slice::<Reply>(data) else {
            self.failed = Some(Finish::Malformed);
            return;
        };
        if reply.is_error() {
            self.failed = Some(Finish::UpstreamFailed);
            return;
        }
        if let Some(usage) = reply.usage {
            progress.tell(usage);
        }
        for choice in reply.choices.into_iter().filter(|choice| choice.index == 0) {
            let delta = choice.delta.unwrap_or_default();
            let texts = [delta.content, delta.refusal];
            for text in texts.into_iter().flatten().filter(|text| !text.is_empty()) {
                piece.text.push_str(&text);
                piece.events += 1;
            }
            if let Some(thoughts) = delta.reasoning_content.filter(|text| !text.is_empty()) {
                piece.events += 1;
                piece.hidden_tokens += estimate::text(&thoughts);
            }
            if let Some(reason) = choice.finish_reason {
                self.finish = Some(match reason.as_str() {
                    "length" => Finish::Length,
                    "content_filter" => Finish::Filtered,
                    _ => Finish::Stop,
                });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_told_apart() {
        let progress = Progress::default();
        let mut reading = Reading::default();
        let mut piece = Piece::default();
        for data in [
            r#"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"reasoning_content":"Let me see"}}]}"#,
            r#"{"choices":[{"index":0,"delta":{"content":"Hi"}},{"index":1,"delta":{"content":"no"}}]}"#,
            "",
            r#"{"choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#,
            r#"{"choices":[],"usage":{"prompt_tokens":5,"completion_tokens":2}}"#,
            "[DONE]",
        ] {
            reading.take(data.as_bytes(), &mut piece, &progress);
        }
        assert_eq!((piece.text.as_str(), piece.events), ("Hi", 2));
        assert_eq!(piece.hidden_tokens, 3);
        assert_eq!(reading.finish, Some(Finish::Length));
        assert!(reading.is_done && reading.failed.is_none());
        assert_eq!(progress.now().1.completion_tokens, Some(2));
    }
}
