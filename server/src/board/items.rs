//! Who made which answer, and how it looks: read once from the packs that are kept.

use std::collections::{BTreeSet, HashMap};
use std::path::Path;
use std::sync::Arc;

use palate_shared::api::leaderboard::BoardPack;
use palate_shared::features::{self, FEATURES};
use palate_shared::ids::{PackId, PromptId, ResponseId};

use crate::packs::{PackCatalogue, read_kept_items};

/// Features of style, by their place among all.
pub(super) const STYLE: [usize; 3] = [0, 1, 2];

/// Names of the features of style.
pub(super) fn style_names() -> [&'static str; 3] {
    STYLE.map(|at| FEATURES[at].id)
}

/// One answer.
#[derive(Clone, Debug)]
pub(super) struct Made {
    pub maker: String,
    pub style: [f64; 3],
}

/// A prompt and its answers.
#[derive(Clone, Debug)]
pub(super) struct Question {
    pub topic: String,
    pub answers: HashMap<ResponseId, Made>,
}

/// One kept pack.
#[derive(Debug)]
pub(super) struct Items {
    pub pack: PackId,
    pub questions: HashMap<PromptId, Question>,
}

impl Items {
    fn read(data_dir: &Path, sha256: &str) -> anyhow::Result<Self> {
        let items = read_kept_items(data_dir, sha256)?;
        let questions = items.prompts.into_iter().map(|prompt| {
            let answers = prompt.responses.into_iter().map(|response| {
                let features = features::extract(&response.text);
                let made = Made {
                    style: STYLE.map(|at| f64::from(features[at])),
                    maker: response.made_by,
                };
                (response.id, made)
            });
            let question = Question {
                topic: prompt.topic,
                answers: answers.collect(),
            };
            (prompt.id, question)
        });
        Ok(Self {
            questions: questions.collect(),
            pack: items.pack,
        })
    }
}

/// Kept packs by the hash of their items; `None` where one cannot be read.
#[derive(Debug, Default)]
pub(super) struct Library(HashMap<String, Option<Arc<Items>>>);

impl Library {
    /// The packs of all `hashes`, read from the data folder where they are new. Votes on a pack that cannot be read are left
    /// out, and the log says so once.
    ///
    /// # Errors
    /// When reading was stopped.
    pub(super) async fn with(
        &mut self,
        data_dir: &Path,
        hashes: impl IntoIterator<Item = &str>,
    ) -> anyhow::Result<&HashMap<String, Option<Arc<Items>>>> {
        for sha256 in hashes {
            if self.0.contains_key(sha256) {
                continue;
            }
            let (dir, hash) = (data_dir.to_owned(), sha256.to_owned());
            let read = tokio::task::spawn_blocking(move || Items::read(&dir, &hash)).await?;
            if let Err(error) = &read {
                let error = format!("{error:#}");
                tracing::error!(error, "votes on a pack are left out of the leaderboard");
            }
            self.0.insert(sha256.to_owned(), read.ok().map(Arc::new));
        }
        Ok(&self.0)
    }
}

/// The site's packs whose answers have at least two makers.
pub(super) fn with_makers(packs: &PackCatalogue) -> Vec<BoardPack> {
    let boards = packs.all().map(|pack| {
        let makers: BTreeSet<&str> = pack
            .prompts()
            .flat_map(|prompt| prompt.responses.iter().map(|one| one.made_by.as_str()))
            .collect();
        let topics: BTreeSet<&str> = pack.prompts().map(|prompt| prompt.topic.as_str()).collect();
        BoardPack {
            id: pack.manifest.id.clone(),
            title: pack.manifest.title.clone(),
            makers: makers.into_iter().map(str::to_owned).collect(),
            topics: topics.into_iter().map(str::to_owned).collect(),
        }
    });
    boards.filter(|pack| pack.makers.len() > 1).collect()
}
