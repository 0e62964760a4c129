//! Drives a question of four answers: worker, eight seconds of grace, store, lesson.

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;
use palate_shared::infer::{Request, Response};
use palate_shared::judgment::{Judgment, Outcome};

use crate::engine::Status;
use crate::four::Ranks;
use crate::round::{Asked, GRACE_MS};
use crate::state::App;
use crate::{contribute, dom, strings};

/// Where the question stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// No question yet.
    Loading,
    /// No question can be had: why, in words.
    Failed(String),
    /// To be ranked.
    Asking,
    /// Confirmed; can be taken back.
    Grace(Box<VoteEvent>),
    /// Storing failed: the event and why.
    NotSaved(Box<VoteEvent>, String),
    /// Stored; names are open. What it taught, once known.
    Revealed(Option<String>),
}

/// The state of the page.
#[derive(Clone, Copy)]
pub(crate) struct RankingFour {
    /// The question.
    pub(crate) asked: RwSignal<Option<Asked>>,
    /// The ranking so far.
    pub(crate) ranks: RwSignal<Ranks>,
    /// Where it stands.
    pub(crate) stage: RwSignal<Stage>,
    timer: StoredValue<Option<TimeoutHandle>, LocalStorage>,
}

impl RankingFour {
    /// Waits for the worker, then asks. A ranking that is still held when the page is left is stored then.
    pub(crate) fn begin(app: App) -> Self {
        let four = Self {
            asked: RwSignal::new(None),
            ranks: RwSignal::new(Ranks::default()),
            stage: RwSignal::new(Stage::Loading),
            timer: StoredValue::new_local(None),
        };
        app.library.load_first();
        app.wake();
        Effect::new(move |_| {
            if app.library.manifest.with(Option::is_some) {
                app.library.load_items();
            }
            let ready = app.library.items.with(Option::is_some);
            match app.cpu.status.get() {
                Status::Ready if ready && four.stage.get_untracked() == Stage::Loading => {
                    four.ask(app);
                }
                Status::Failed(why) => four.stage.set(Stage::Failed(why)),
                _ => {}
            }
        });
        Effect::new(move |before: Option<&'static str>| {
            let pack = app.library.pack.get();
            if before.is_some_and(|before| before != pack) {
                four.leave(app);
                four.asked.set(None);
                four.stage.set(Stage::Loading);
            }
            pack
        });
        on_cleanup(move || four.leave(app));
        four
    }

    /// Stores a ranking that is still held.
    fn leave(self, app: App) {
        self.stop_timer();
        if let Some(Stage::Grace(event)) = self.stage.try_get_untracked() {
            spawn_local(async move {
                drop(app.record(&event).await);
                contribute::pump(app);
            });
        }
    }

    /// The next question.
    pub(crate) fn ask(self, app: App) {
        self.stage.set(Stage::Loading);
        self.ranks.set(Ranks::default());
        let pack = app.library.pack.get_untracked();
        spawn_local(async move {
            drop(app.cpu.learn_new().await);
            let found = app.cpu.ask(Request::NextFour).await;
            if !app.library.is_on(pack) {
                return;
            }
            let stage = match found {
                Ok(Response::Question(question)) => {
                    match app.library.prompt(&question.prompt, &question.shown) {
                        Some(prompt) => {
                            let asked = Asked {
                                question: *question,
                                prompt,
                                pack: app.library.id(),
                                shown_at_ms: dom::now_ms(),
                            };
                            self.asked.try_set(Some(asked));
                            Stage::Asking
                        }
                        None => Stage::Failed(strings::first_failed().to_owned()),
                    }
                }
                Ok(_) => Stage::Failed(strings::worker_died().to_owned()),
                Err(failure) => Stage::Failed(failure.message),
            };
            drop(self.stage.try_set(stage));
        });
    }

    /// Holds the ranking for the grace time, then stores it. Without effect while an answer has no rank.
    pub(crate) fn confirm(self, app: App) {
        let judgment = self.asked.with_untracked(|asked| {
            self.ranks
                .get_untracked()
                .judgment(&asked.as_ref()?.question.shown)
        });
        if let Some(judgment) = judgment {
            self.hold(app, judgment);
        }
    }

    /// Passes.
    pub(crate) fn skip(self, app: App) {
        self.hold(app, Judgment::without_preference(Outcome::Skip));
    }

    fn hold(self, app: App, judgment: Judgment) {
        if self.stage.get_untracked() != Stage::Asking {
            return;
        }
        let Some(asked) = self.asked.get_untracked() else {
            return;
        };
        let event = asked.judged(judgment, dom::new_id(), dom::now_ms());
        self.stage.set(Stage::Grace(Box::new(event)));
        app.say(strings::grace_note());
        self.timer
            .set_value(dom::after(GRACE_MS, move || self.commit(app)));
    }

    /// Takes a held ranking back.
    pub(crate) fn undo(self, app: App) {
        if matches!(self.stage.get_untracked(), Stage::Grace(_)) {
            self.stop_timer();
            self.stage.set(Stage::Asking);
            app.say(strings::taken_back());
        }
    }

    /// "Reveal now" while a ranking is held, "next" after the reveal.
    pub(crate) fn go_on(self, app: App) {
        match self.stage.get_untracked() {
            Stage::Grace(_) => self.commit(app),
            Stage::Revealed(_) => self.ask(app),
            _ => {}
        }
    }

    /// Stores a held ranking, or tries again.
    pub(crate) fn commit(self, app: App) {
        let (Some(Stage::Grace(event)) | Some(Stage::NotSaved(event, _))) =
            self.stage.try_get_untracked()
        else {
            return;
        };
        self.stop_timer();
        spawn_local(async move {
            if let Err(error) = app.record(&event).await {
                app.say(strings::not_saved());
                drop(
                    self.stage
                        .try_set(Stage::NotSaved(event, error.to_string())),
                );
                return;
            }
            app.say(strings::four_done());
            drop(self.stage.try_set(Stage::Revealed(None)));
            contribute::pump(app);
            if let Some(Ok(Response::Learned { lesson, .. })) = app.cpu.learn_new().await
                && matches!(self.stage.try_get_untracked(), Some(Stage::Revealed(_)))
            {
                drop(self.stage.try_set(Stage::Revealed(Some(lesson))));
            }
        });
    }

    fn stop_timer(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }
}
