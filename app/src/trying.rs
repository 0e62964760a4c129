//! Personal generation: what is asked, what arrives, what is picked and why. Lives as long as the visit, so that a look at
//! another page loses nothing.

use std::cell::Cell;

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::blind_tests::Strategy;
use palate_shared::api::generation::{Pane, Steering};
use palate_shared::api::models::{ModelInfo, ModelState, Provider};
use palate_shared::ids::{ComparisonId, PromptId};
use palate_shared::infer::{Examples, Request, Reranked};

use crate::comparing::{self, Comparing};
use crate::round::Choice;
use crate::state::App;
use crate::{api, dom, settings, strings};

pub(crate) mod asking;
pub(crate) mod blind;
mod describing;
pub(crate) mod earlier;
pub(crate) mod edits;
pub(crate) mod kept_tests;
pub(crate) mod lanes;
pub(crate) mod picking;
pub(crate) mod private;
pub(crate) mod shots;
mod sources;
mod sse;
mod stream;

use blind::Pair;
use earlier::Try;
use edits::Edits;
use lanes::Lanes;

/// Questions that are asked on the spot.
pub(crate) const QUICK: usize = 4;
/// Fewest candidates; the most are [`palate_shared::api::generation::MOST_CANDIDATES`].
pub(crate) const FEWEST: usize = 4;
/// Near prompts that are shown for a typed one.
const NEAR: usize = 4;

/// Names under which what is typed is kept.
const PROMPT: &str = "draft";
const STYLE: &str = "style";
const DESCRIPTION: &str = "description";
const TEXTS: &str = "texts";

/// From what the person is known.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Source {
    /// Every vote.
    #[default]
    All,
    /// Some votes.
    Some,
    /// Four questions on the spot.
    Quick,
    /// Texts that the person brings.
    Texts,
}

/// Where a generation stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Step {
    /// Nothing asked.
    Idle,
    /// Being asked for.
    Asking,
    /// Answers arrive.
    Streaming,
    /// Answers are ranked.
    Ranking,
    /// Before that the encoder must be downloaded; its size in words.
    Download(String),
    /// Two answers are told apart without names.
    Blind(Pair),
    /// Picked.
    Picked,
    /// Answers are there but not ranked, with the reason in words.
    Unranked(String),
    /// Nothing came of it, with the reason in words.
    Failed(String),
}

/// What was asked for and is on the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Round {
    /// The generation.
    pub(crate) id: ComparisonId,
    /// What was asked, as text.
    pub(crate) prompt: String,
    /// Name of the model.
    pub(crate) model: String,
    /// Whether it is the built-in library.
    pub(crate) is_library: bool,
    /// Whether the person typed what was asked.
    pub(crate) is_typed: bool,
    /// The answers, by number.
    pub(crate) panes: Vec<Pane>,
    /// Numbers of those that are shown, in the order shown, which is drawn.
    pub(crate) order: Vec<usize>,
    /// How they are made and picked.
    pub(crate) strategy: Strategy,
    /// What was told of the person.
    pub(crate) steering: Steering,
    /// From what the person is known.
    pub(crate) examples: Examples,
}

impl Round {
    /// Number of the answer that is the default one, as shown: an answer that stands twice is shown once.
    pub(crate) fn default_pane(&self) -> Option<usize> {
        let default = self.panes.iter().find(|pane| pane.is_default)?;
        let is_same = |at: &&usize| self.panes[**at].response == default.response;
        self.order.iter().find(is_same).copied()
    }
}

/// How the answers stand.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Found {
    /// What the worker says.
    pub(crate) reranked: Reranked,
    /// Number of the answer behind each of its candidates.
    pub(crate) panes: Vec<usize>,
}

/// What was said in a blind test on a prompt that the person typed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Judged {
    /// The two answers.
    pub(crate) pair: Pair,
    /// What was said of them.
    pub(crate) choice: Choice,
    /// From showing to saying, milliseconds.
    pub(crate) dwell_ms: u32,
}

/// Near prompts of a typed one.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Near {
    /// Nearest first.
    pub(crate) prompts: Vec<PromptId>,
    /// Whether by meaning, not by words.
    pub(crate) by_embedding: bool,
}

/// The state of the page.
#[derive(Clone, Copy)]
pub(crate) struct Trying {
    // ---- what is asked ----
    pub(crate) source: RwSignal<Source>,
    pub(crate) picked: RwSignal<Vec<ComparisonId>>,
    /// Votes that are no examples where all the others are.
    pub(crate) left_out: RwSignal<Vec<ComparisonId>>,
    /// Liked, and liked less, in rows.
    pub(crate) texts: RwSignal<Vec<[String; 2]>>,
    /// Votes before the questions on the spot.
    pub(crate) quick_from: RwSignal<Option<usize>>,
    pub(crate) is_typed: RwSignal<bool>,
    pub(crate) prompt: RwSignal<String>,
    /// Whether something private was found in the question when it was to be sent.
    pub(crate) is_private: RwSignal<bool>,
    /// What was typed before another question took its place.
    pub(crate) typed_before: RwSignal<Option<String>>,
    pub(crate) picked_prompt: RwSignal<usize>,
    /// The catalogue, or why it did not arrive.
    pub(crate) models: RwSignal<Option<Result<Vec<ModelInfo>, String>>>,
    pub(crate) model: RwSignal<usize>,
    /// Candidates beyond the fewest.
    pub(crate) more: RwSignal<usize>,
    pub(crate) with_style: RwSignal<bool>,
    pub(crate) style: RwSignal<String>,
    pub(crate) with_shots: RwSignal<bool>,
    pub(crate) with_description: RwSignal<bool>,
    pub(crate) description: RwSignal<String>,
    pub(crate) allows_blind: RwSignal<bool>,
    pub(crate) near: RwSignal<Near>,
    /// What went wrong beside the generation itself.
    pub(crate) said: RwSignal<String>,
    /// Whether the style or the description is being written.
    pub(crate) is_writing: RwSignal<bool>,
    // ---- what arrives ----
    pub(crate) step: RwSignal<Step>,
    pub(crate) round: RwSignal<Option<Round>>,
    pub(crate) lanes: StoredValue<Lanes>,
    /// Grows with every paint.
    pub(crate) painted: RwSignal<u32>,
    /// Place among the generations that wait, from 1; 0 once it runs.
    pub(crate) queue: RwSignal<u32>,
    pub(crate) found: RwSignal<Option<Found>>,
    pub(crate) edits: RwSignal<Edits>,
    /// Who wrote the answers, by number, once revealed.
    pub(crate) authors: RwSignal<Vec<String>>,
    /// When the blind test was shown.
    pub(crate) test_since: StoredValue<u64>,
    /// What was said in it, until the next generation.
    pub(crate) judged: RwSignal<Option<Judged>>,
    pub(crate) earlier: RwSignal<Vec<Try>>,
    pub(crate) comparing: Comparing,
}

thread_local! {
    static TRYING: Cell<Option<Trying>> = const { Cell::new(None) };
}

impl Trying {
    /// The state of this visit.
    pub(crate) fn get(app: App) -> Self {
        if let Some(there) = TRYING.get() {
            return there;
        }
        // Owned by the visit, not by the page.
        let mut owner = Owner::current().unwrap_or_default();
        while let Some(parent) = owner.parent() {
            owner = parent;
        }
        let new = owner.with(|| Self::new(app));
        TRYING.set(Some(new));
        spawn_local(async move {
            app.opened().await;
            if app.events.with_untracked(Vec::is_empty) && new.source.get_untracked() == Source::All
            {
                new.source.set(Source::Quick);
            }
            new.earlier.set(earlier::all(app).await);
            drop(kept_tests::send(app).await);
            // Times of tries are written at once when one is there.
            dom::sleep(0).await;
            drop(dom::local_time(0));
        });
        new
    }

    fn new(app: App) -> Self {
        let draft = settings::draft(PROMPT);
        Self {
            source: RwSignal::new(Source::All),
            picked: RwSignal::new(Vec::new()),
            left_out: RwSignal::new(Vec::new()),
            texts: RwSignal::new(shots::read_rows(&settings::draft(TEXTS))),
            quick_from: RwSignal::new(None),
            is_typed: RwSignal::new(!draft.is_empty()),
            prompt: RwSignal::new(draft),
            is_private: RwSignal::new(false),
            typed_before: RwSignal::new(None),
            picked_prompt: RwSignal::new(0),
            models: RwSignal::new(None),
            model: RwSignal::new(0),
            more: RwSignal::new(0),
            with_style: RwSignal::new(false),
            style: RwSignal::new(settings::draft(STYLE)),
            with_shots: RwSignal::new(false),
            with_description: RwSignal::new(false),
            description: RwSignal::new(settings::draft(DESCRIPTION)),
            allows_blind: RwSignal::new(settings::allows_blind()),
            near: RwSignal::new(Near::default()),
            said: RwSignal::new(String::new()),
            is_writing: RwSignal::new(false),
            step: RwSignal::new(Step::Idle),
            round: RwSignal::new(None),
            lanes: StoredValue::new(Lanes::default()),
            painted: RwSignal::new(0),
            queue: RwSignal::new(0),
            found: RwSignal::new(None),
            edits: RwSignal::new(Edits::parse(&settings::edits(
                app.library.pack.get_untracked(),
            ))),
            authors: RwSignal::new(Vec::new()),
            test_since: StoredValue::new(0),
            judged: RwSignal::new(None),
            earlier: RwSignal::new(Vec::new()),
            comparing: Comparing::new(),
        }
    }

    /// Fetches the catalogue, unless it is there.
    pub(crate) fn load_models(self) {
        if matches!(self.models.get_untracked(), Some(Ok(_))) {
            return;
        }
        self.models.set(None);
        spawn_local(async move {
            let found = api::models().await.map(|list| list.models);
            if let Ok(models) = &found {
                let is_there = |model: &ModelInfo| model.state == ModelState::Available;
                self.model
                    .set(models.iter().position(is_there).unwrap_or_default());
            }
            self.models
                .set(Some(found.map_err(|error| error.to_string())));
        });
    }

    /// The chosen model. Tracks the choice.
    pub(crate) fn chosen(self) -> Option<ModelInfo> {
        let at = self.model.get();
        self.models
            .with(|models| models.as_ref()?.as_ref().ok()?.get(at).cloned())
    }

    /// Whether the chosen model is the built-in library, as far as is known. Tracks the choice.
    pub(crate) fn is_library(self) -> bool {
        self.chosen()
            .is_none_or(|model| model.provider == Provider::Library)
    }

    /// Whether a generation is under way. Tracks it.
    pub(crate) fn is_busy(self) -> bool {
        self.step
            .with(|step| matches!(step, Step::Asking | Step::Streaming | Step::Ranking))
    }

    /// Keeps what is typed, so that a reload loses nothing.
    pub(crate) fn write(self, text: String) {
        settings::keep_draft(PROMPT, &text);
        self.prompt.set(text);
    }

    /// Keeps what else is typed, for as long as the page is there.
    pub(crate) fn keep_typed(self) {
        let keep = |field: &'static str, text: RwSignal<String>| {
            Effect::new(move |_| text.with(|text| settings::keep_draft(field, text)));
        };
        keep(STYLE, self.style);
        keep(DESCRIPTION, self.description);
        Effect::new(move |_| {
            let rows = self.texts.with(|rows| shots::write_rows(rows));
            settings::keep_draft(TEXTS, &rows);
        });
    }

    /// Has the worker write a style instruction from the examples.
    pub(crate) fn suggest_style(self, app: App) {
        let examples = self.examples(app);
        self.is_writing.set(true);
        self.said.set(String::new());
        spawn_local(async move {
            let found = self
                .ask_worker(app, Request::Style { examples }, "style")
                .await;
            self.is_writing.set(false);
            match found {
                Ok(StyleText { text }) if text.is_empty() => {
                    self.said.set(strings::try_style_none().to_owned());
                }
                Ok(StyleText { text }) => self.style.set(text),
                Err(step) => self.said.set(why(step)),
            }
        });
    }

    /// Looks for prompts of the pack that are near to what is typed.
    pub(crate) fn find_near(self, app: App) {
        let text = self.prompt.get_untracked();
        if text.trim().is_empty() {
            return self.near.set(Near::default());
        }
        spawn_local(async move {
            app.opened().await;
            app.cpu.ensure(settings::device());
            if comparing::wait_ready(app.cpu).await.is_err() {
                return;
            }
            let request = Request::Nearest { text, count: NEAR };
            if let Ok(NearText {
                prompts,
                by_embedding,
            }) = app.cpu.ask_for(request, "nearest").await
            {
                self.near.set(Near {
                    prompts,
                    by_embedding,
                });
            }
        });
    }

    /// Asks a worker: that of the pack, or the one that reads free texts where there are any.
    async fn ask_worker<T: serde::de::DeserializeOwned>(
        self,
        app: App,
        request: Request,
        tag: &'static str,
    ) -> Result<T, comparing::Step> {
        let reads_texts = match &request {
            Request::Rerank(asked) => {
                is_of_texts(&asked.examples)
                    || asked.candidates.iter().any(|one| one.response.is_none())
            }
            Request::Style { examples } => is_of_texts(examples),
            _ => false,
        };
        if reads_texts {
            return self.comparing.read(app, request, tag, false).await;
        }
        app.opened().await;
        app.cpu.ensure(settings::device());
        let answer = async {
            comparing::wait_ready(app.cpu).await?;
            // A worker that was started earlier may not know the latest votes.
            drop(app.cpu.learn_new().await);
            app.cpu.ask_for(request, tag).await
        };
        answer
            .await
            .map_err(|failure| comparing::Step::Failed(failure.message))
    }

    /// Keeps the edits of traits.
    pub(crate) fn keep_edits(self, app: App, change: impl FnOnce(&mut Edits)) {
        self.edits.update(change);
        let text = self.edits.with_untracked(Edits::text);
        settings::keep_edits(app.library.pack.get_untracked(), &text);
    }

    /// Says something once everything else was said.
    pub(crate) fn focus_result(self) {
        dom::after(0, || dom::focus("#try-result"));
    }
}

#[derive(serde::Deserialize)]
struct StyleText {
    text: String,
}

#[derive(serde::Deserialize)]
struct NearText {
    prompts: Vec<PromptId>,
    by_embedding: bool,
}

fn is_of_texts(examples: &Examples) -> bool {
    !examples.liked.is_empty() || !examples.disliked.is_empty()
}

/// Why a worker did not answer, in words.
fn why(step: comparing::Step) -> String {
    match step {
        comparing::Step::Ask(size) => strings::try_needs_reader(size),
        comparing::Step::Failed(why) => why,
        _ => String::new(),
    }
}
