//! From what the person is known: votes, all but some, or texts of their own.

use leptos::prelude::*;
use palate_shared::api::generation::Shot;
use palate_shared::ids::ComparisonId;
use palate_shared::infer::Examples;

use super::{Source, Trying, picking, shots};
use crate::dom;
use crate::state::App;

impl Trying {
    /// From what the person is known, as chosen.
    pub(crate) fn examples(self, app: App) -> Examples {
        match self.source.get_untracked() {
            Source::All | Source::Quick => Examples {
                votes: self.left_out.with_untracked(|left_out| {
                    let pack = app.library.pack.get_untracked();
                    app.events
                        .with_untracked(|events| shots::all_but(left_out, events, pack))
                }),
                ..Examples::default()
            },
            Source::Some => Examples {
                votes: Some(self.picked.get_untracked()),
                ..Examples::default()
            },
            Source::Texts => {
                let side = |side: usize| {
                    let rows = self.texts.get_untracked();
                    let texts = rows.into_iter().map(|row| row[side].trim().to_owned());
                    texts.filter(|text| !text.is_empty()).collect()
                };
                Examples {
                    votes: Some(Vec::new()),
                    liked: side(0),
                    disliked: side(1),
                }
            }
        }
    }

    /// The shots of the chosen examples, with the vote behind each if there is one. Tracks them.
    pub(crate) fn shots(self, app: App) -> Vec<(Option<ComparisonId>, Shot)> {
        let source = self.source.get();
        if source == Source::Texts {
            let shots = self.texts.with(|rows| shots::of_texts(rows));
            return shots.into_iter().map(|shot| (None, shot)).collect();
        }
        let (picked, left_out) = (self.picked.get(), self.left_out.get());
        shots::of_votes(&self.known(app), |vote| match source {
            Source::Some => picked.contains(vote),
            _ => !left_out.contains(vote),
        })
    }

    /// Leaves one vote out of the examples; answers that were ranked by it are ranked anew.
    pub(crate) fn leave_out(self, app: App, vote: &ComparisonId) {
        self.picked
            .update(|picked| picked.retain(|held| held != vote));
        self.left_out.update(|left_out| {
            if !left_out.contains(vote) {
                left_out.push(vote.clone());
            }
        });
        picking::rank_anew(self, app);
    }

    /// Puts a vote back among the examples.
    pub(crate) fn put_back(self, app: App, vote: &ComparisonId) {
        self.left_out
            .update(|left_out| left_out.retain(|held| held != vote));
        // Its button is gone.
        dom::after(0, || dom::focus("#try-examples"));
        picking::rank_anew(self, app);
    }

    /// Votes that can be examples, the latest first. Tracks them.
    pub(crate) fn known(self, app: App) -> Vec<shots::Known> {
        app.library.items.with(|items| {
            let events = || {
                app.events
                    .with(|events| items.as_ref().map(|items| shots::known(events, items)))
            };
            events().unwrap_or_default()
        })
    }
}
