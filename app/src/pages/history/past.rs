//! What the page of the votes holds: the votes, what narrows them, and the one that is being changed.

use std::sync::Arc;

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;
use palate_shared::ids::{ComparisonId, PackId, ResponseId};
use palate_shared::pack::{PackItems, PackResponse};

use crate::error::Result;
use crate::history::{self, Draft, Filter, STEP, Vote};
use crate::state::App;
use crate::{contribute, dom, library, packs, strings};

/// A vote with the text of its prompt, where that is known.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) vote: Vote,
    pub(super) prompt: Option<String>,
}

/// Texts of the packs that are not the present one, in the order of [`packs::ALL`].
type Others = [RwSignal<Option<PackItems>>; packs::ALL.len()];

/// What the page holds.
#[derive(Clone, Copy)]
pub(super) struct Past {
    pub(super) app: App,
    pub(super) filter: RwSignal<Filter>,
    pub(super) most: RwSignal<usize>,
    /// The vote that is being changed.
    pub(super) draft: RwSignal<Option<(ComparisonId, Draft)>>,
    /// The vote that could not be stored, and why.
    pub(super) failed: RwSignal<Option<(ComparisonId, String)>>,
    pub(super) busy: RwSignal<bool>,
    /// Texts of packs that votes are on, besides the present one.
    others: Others,
    pub(super) rows: Memo<Vec<Arc<Row>>>,
    pub(super) found: Memo<Vec<ComparisonId>>,
}

impl Past {
    pub(super) fn new(app: App) -> Self {
        let filter = RwSignal::new(Filter::default());
        let others = packs::ALL.map(|_| RwSignal::new(None));
        let rows = Memo::new(move |_| rows(app, others));
        let found = Memo::new(move |_| {
            rows.with(|rows| {
                filter.with(|filter| {
                    rows.iter()
                        .filter(|row| {
                            filter.takes(&row.vote, row.prompt.as_deref().unwrap_or_default())
                        })
                        .map(|row| row.vote.comparison().clone())
                        .collect()
                })
            })
        });
        Self {
            app,
            filter,
            most: RwSignal::new(STEP),
            draft: RwSignal::new(None),
            failed: RwSignal::new(None),
            busy: RwSignal::new(false),
            others,
            rows,
            found,
        }
    }

    /// Loads the texts of packs that votes are on, besides the present one. Tracks the votes.
    pub(super) fn load(self) {
        let here = self.app.library.pack.get();
        let found = self.app.events.with(|events| history::packs(events));
        for (pack, held) in packs::ALL.into_iter().zip(self.others) {
            let is_wanted = pack != here && found.iter().any(|id| id.as_str() == pack);
            if is_wanted && held.with_untracked(Option::is_none) {
                spawn_local(async move {
                    // The page may be gone by now; what does not arrive is asked for again with the next vote.
                    drop(held.try_set(library::texts(pack).await.ok()));
                });
            }
        }
    }

    /// An answer of a pack. Tracks what is loaded.
    pub(super) fn response(self, pack: &PackId, id: &ResponseId) -> Option<PackResponse> {
        let find = |items: &Option<PackItems>| {
            let items = items.as_ref().filter(|items| items.pack == *pack)?;
            let mut responses = items.prompts.iter().flat_map(|prompt| &prompt.responses);
            responses.find(|response| response.id == *id).cloned()
        };
        let present = self.app.library.items;
        let mut all = std::iter::once(present).chain(self.others);
        all.find_map(|items| items.with(find))
    }

    pub(super) fn row(self, id: &ComparisonId) -> Option<Arc<Row>> {
        self.rows
            .with(|rows| rows.iter().find(|row| row.vote.comparison() == id).cloned())
    }

    pub(super) fn is_open(self, id: &ComparisonId) -> bool {
        self.draft
            .with(|draft| draft.as_ref().is_some_and(|(open, _)| open == id))
    }

    /// Narrows or widens what is shown.
    pub(super) fn look(self, change: impl FnOnce(&mut Filter)) {
        self.most.set(STEP);
        self.filter.update(change);
    }

    /// Opens the form; the focus goes to what was said.
    pub(super) fn open(self, vote: &Vote) {
        self.failed.set(None);
        self.draft
            .set(Some((vote.comparison().clone(), Draft::of(vote.now()))));
        focus(inside(vote.comparison(), "input:checked"));
    }

    pub(super) fn close(self, id: &ComparisonId) {
        self.failed.set(None);
        self.draft.set(None);
        focus(inside(id, ".past__change"));
    }

    /// Stores the change in the form.
    pub(super) fn save(self, vote: &Vote) {
        let Some((_, draft)) = self.draft.get_untracked() else {
            return;
        };
        let judgment = draft.judgment(vote.now());
        if judgment == vote.now().judgment {
            self.app.say(strings::history_said_same());
            return self.close(vote.comparison());
        }
        let event = vote.change(judgment, dom::new_id().into(), dom::now_ms());
        self.record(event, strings::history_said_changed(), ".past__change");
    }

    pub(super) fn withdraw(self, vote: &Vote) {
        let event = vote.withdraw(dom::new_id().into(), dom::now_ms());
        self.record(event, strings::history_said_withdrawn(), ".past__undo");
    }

    pub(super) fn undo(self, vote: &Vote) {
        if let Some(event) = vote.undo(dom::new_id().into(), dom::now_ms()) {
            self.record(event, strings::history_said_undone(), ".past__undo");
        }
    }

    /// Appends a revision, learns it and sends it; the focus stays at the vote.
    fn record(self, event: VoteEvent, said: &'static str, then: &'static str) {
        if self.busy.get_untracked() {
            return;
        }
        self.busy.set(true);
        self.failed.set(None);
        let app = self.app;
        spawn_local(async move {
            let id = event.comparison.clone();
            let stored: Result<()> = app.record(&event).await;
            // The page may be gone by now.
            _ = self.busy.try_set(false);
            match stored {
                Ok(()) => {
                    app.say(said);
                    if self.draft.try_set(None).is_none() {
                        focus(inside(&id, then));
                    }
                    contribute::pump(app);
                    drop(app.cpu.learn_new().await);
                }
                Err(error) => {
                    app.say(strings::history_not_saved());
                    drop(self.failed.try_set(Some((id, error.to_string()))));
                }
            }
        });
    }
}

fn rows(app: App, others: Others) -> Vec<Arc<Row>> {
    let votes = app.events.with(|events| history::votes(events));
    let text = |vote: &Vote| {
        let vote = vote.first();
        let find = |items: &Option<PackItems>| {
            let items = items.as_ref().filter(|items| items.pack == vote.pack)?;
            let prompt = items
                .prompts
                .iter()
                .find(|prompt| prompt.id == vote.prompt)?;
            Some(prompt.text.clone())
        };
        // All are looked at, so that all are tracked.
        let found = [app.library.items, app.library.first].map(|items| items.with(find));
        let elsewhere = others.map(|items| items.with(find));
        found.into_iter().chain(elsewhere).flatten().next()
    };
    votes
        .into_iter()
        .map(|vote| {
            Arc::new(Row {
                prompt: text(&vote),
                vote,
            })
        })
        .collect()
}

/// Id of a vote on the page.
pub(super) fn element_id(id: &ComparisonId) -> String {
    let plain = id
        .as_str()
        .chars()
        .filter(|letter| letter.is_ascii_alphanumeric() || *letter == '-');
    format!("v-{}", plain.collect::<String>())
}

pub(super) fn inside(id: &ComparisonId, part: &str) -> String {
    format!("#{} {part}", element_id(id))
}

/// Moves the focus once the page is redrawn; to the count where the vote is not shown any more.
pub(super) fn focus(selector: String) {
    dom::after(0, move || {
        let there = dom::document()
            .and_then(|document| document.query_selector(&selector).ok().flatten())
            .is_some();
        dom::focus(if there { &selector } else { "#history-count" });
    });
}
