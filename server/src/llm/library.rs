//! The built-in library: the answers of a pack's prompt, written out like those of a model. It needs no key and calls nobody.

use std::time::Duration;

use palate_shared::api::generation::{Finish, Pane};
use palate_shared::ids::PackId;
use palate_shared::pack::{PackPrompt, PackResponse};
use sha2::{Digest, Sha256};

use super::provider::{self, Answer, Out, Piece, Provider};

/// Its id in the catalogue.
pub const ID: &str = "library";
/// Characters that are written at once.
const STEP: usize = 24;
/// Time between two steps.
const PACE: Duration = Duration::from_millis(20);

/// Answers of a prompt for `candidates` and, if wanted, the default answer: at most those that the pack has. The default
/// answer is drawn by the prompt's id, so it is the same for everybody; it is the last one to be a candidate as well.
pub fn choose(
    pack: &PackId,
    prompt: &PackPrompt,
    candidates: u8,
    default_answer: bool,
) -> Vec<(Pane, PackResponse)> {
    let count = prompt.responses.len();
    let Some(default) = default_place(pack, prompt) else {
        return Vec::new();
    };
    let places = (1..=count)
        .map(|step| (default + step) % count)
        .take(usize::from(candidates))
        .map(|place| (place, false))
        .chain(default_answer.then_some((default, true)));
    (0u8..)
        .zip(places)
        .map(|(number, (place, is_default))| {
            let response = prompt.responses[place].clone();
            let pane = Pane {
                pane: number,
                response: response.id.clone(),
                is_default,
                directive: response.directives.clone(),
            };
            (pane, response)
        })
        .collect()
}

fn default_place(pack: &PackId, prompt: &PackPrompt) -> Option<usize> {
    let hash = Sha256::new()
        .chain_update(pack.as_str())
        .chain_update([0])
        .chain_update(prompt.id.as_str())
        .finalize();
    let draw = u64::from_be_bytes(*hash.first_chunk()?);
    let count = u64::try_from(prompt.responses.len()).ok()?;
    usize::try_from(draw.checked_rem(count)?).ok()
}

/// An answer of the library.
#[derive(Clone, Debug)]
pub struct Shelved(pub String);

impl Provider for Shelved {
    fn answer(self: Box<Self>, out: Out) -> Answer {
        provider::answer(async move {
            let mut rest = self.0.as_str();
            while !rest.is_empty() {
                let step = rest
                    .char_indices()
                    .nth(STEP)
                    .map_or(rest.len(), |(at, _)| at);
                let (text, after) = rest.split_at(step);
                let piece = Piece {
                    text: text.to_owned(),
                    ..Piece::default()
                };
                if out.send(piece).await.is_err() {
                    break;
                }
                rest = after;
                tokio::time::sleep(PACE).await;
            }
            Finish::Stop
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use tokio::sync::mpsc;

    use super::*;

    fn prompt(id: &str) -> PackPrompt {
        let response = |letter: &str| PackResponse {
            id: format!("{id}-{letter}").into(),
            text: format!("Answer {letter}"),
            made_by: "someone".to_owned(),
            directives: None,
            parent: None,
            seed: None,
        };
        PackPrompt {
            id: id.into(),
            topic: String::new(),
            text: String::new(),
            responses: ["a", "b", "c", "d", "e", "f"].map(response).into(),
        }
    }

    fn ids(chosen: &[(Pane, PackResponse)]) -> Vec<&str> {
        chosen
            .iter()
            .map(|(pane, _)| pane.response.as_str())
            .collect()
    }

    #[test]
    fn five_candidates_and_the_default_answer_are_the_six_answers_in_a_fixed_order() {
        let (pack, prompt) = ("starter".into(), prompt("p1"));
        let chosen = choose(&pack, &prompt, 5, true);
        assert_eq!(ids(&chosen).into_iter().collect::<HashSet<_>>().len(), 6);
        assert_eq!(chosen, choose(&pack, &prompt, 5, true));
        assert!(chosen[5].0.is_default && !chosen[0].0.is_default);
        assert_eq!(chosen.iter().map(|(pane, _)| pane.pane).max(), Some(5));
        let all = choose(&pack, &prompt, 8, true);
        assert_eq!(all.len(), 7, "no more candidates than answers");
        assert_eq!(
            all[5].0.response, all[6].0.response,
            "the default answer is one of them"
        );
    }

    #[test]
    fn default_answers_of_many_prompts_are_spread_over_all_places() {
        let places: HashSet<Option<usize>> = (0..60)
            .map(|number| default_place(&"starter".into(), &prompt(&format!("p{number}"))))
            .collect();
        assert_eq!(places.len(), 6);
        let empty = PackPrompt {
            responses: Vec::new(),
            ..prompt("p")
        };
        assert!(choose(&"starter".into(), &empty, 5, true).is_empty());
    }

    #[tokio::test]
    async fn an_answer_is_written_whole_in_pieces() {
        let (out, mut pieces) = mpsc::channel(1);
        let text = "Größe und Länge 🙂 ".repeat(20);
        let answer = Box::new(Shelved(text.clone())).answer(out);
        let reading = async {
            let mut read = String::new();
            while let Some(piece) = pieces.recv().await {
                read.push_str(&piece.text);
            }
            read
        };
        let (finish, read) = tokio::join!(answer, reading);
        assert_eq!((finish, read), (Finish::Stop, text));
    }
}
