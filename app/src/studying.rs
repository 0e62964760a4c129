//! Taking part in a study: consent, one question after the other, answers that wait for a connection.
//!
//! What is said in a study goes to the study only: it is not in the log of votes, nothing is learned from it, and no other
//! part of the site sends it.

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::api::judgments::JudgmentRequest;
use palate_shared::api::studies::{StudyNext, StudyPage, StudyQuestion};
use palate_shared::ids::{ComparisonId, StudyId};
use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};
use crate::outbox::{self, Remedy};
use crate::round::{Choice, GRACE_MS};
use crate::state::{App, STUDY_VOTES, put};
use crate::store::{self, Change};
use crate::{account, api, dom, strings};

/// Where the person stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Stage {
    /// Something is being fetched or sent.
    Loading,
    /// There is no such study.
    Missing,
    /// The study, or its next question, did not come: why.
    Failed(String),
    /// Asked to take part.
    Invited,
    /// A question is open.
    Asking,
    /// Answered; can be taken back.
    Grace(Choice),
    /// The answer arrived.
    Sent(Choice),
    /// The answer is kept here until the server can be reached: why it could not.
    Waiting(String),
    /// The server will never take the answer: why.
    Refused(String),
    /// Nothing is left to be asked.
    Done,
    /// The study asks nothing any more.
    Closed,
}

/// An answer that the server has not acknowledged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Kept {
    study: StudyId,
    comparison: ComparisonId,
    request: JudgmentRequest,
    attempts: u32,
}

/// The state of the page.
#[derive(Clone, Copy)]
pub(crate) struct Studying {
    id: StoredValue<StudyId>,
    /// The study, once known.
    pub(crate) study: RwSignal<Option<StudyPage>>,
    /// The question that is shown.
    pub(crate) question: RwSignal<Option<StudyQuestion>>,
    /// Where the person stands.
    pub(crate) stage: RwSignal<Stage>,
    /// What came of the last wish, in words.
    pub(crate) said: RwSignal<String>,
    shown_at_ms: StoredValue<u64>,
    voted_at_ms: StoredValue<u64>,
    kept: StoredValue<Option<Kept>>,
    timer: StoredValue<Option<TimeoutHandle>, LocalStorage>,
}

impl Studying {
    /// Fetches the study; what waits from an earlier visit is sent first. A held answer is kept when the page is left.
    pub(crate) fn begin(app: App, id: StudyId) -> Self {
        let studying = Self {
            id: StoredValue::new(id),
            study: RwSignal::new(None),
            question: RwSignal::new(None),
            stage: RwSignal::new(Stage::Loading),
            said: RwSignal::new(String::new()),
            shown_at_ms: StoredValue::new(0),
            voted_at_ms: StoredValue::new(0),
            kept: StoredValue::new(None),
            timer: StoredValue::new_local(None),
        };
        Effect::new(move |_| app.in_study.set(studying.takes_part()));
        on_cleanup(move || studying.leave(app));
        studying.load(app);
        studying
    }

    fn takes_part(self) -> bool {
        self.study.with(|study| study.as_ref().is_some_and(agreed))
    }

    /// Fetches the study, and goes on where the person stands.
    pub(crate) fn load(self, app: App) {
        self.stage.set(Stage::Loading);
        spawn_local(async move {
            app.opened().await;
            match self.refresh().await {
                Ok(true) => self.go_on_from(app).await,
                Ok(false) => self.stand(Stage::Invited),
                Err(Error::Api(problem)) if problem.status == 404 => self.stand(Stage::Missing),
                Err(error) => self.stand(Stage::Failed(error.to_string())),
            }
        });
    }

    /// Fetches the study; whether the person takes part.
    async fn refresh(self) -> Result<bool> {
        let page = api::studies::page(&self.id()).await?;
        let takes_part = agreed(&page);
        self.study.try_set(Some(page));
        Ok(takes_part)
    }

    fn id(self) -> StudyId {
        self.id.try_get_value().unwrap_or_else(|| StudyId::from(""))
    }

    /// The page may be gone meanwhile.
    fn stand(self, stage: Stage) {
        drop(self.stage.try_set(stage));
    }

    /// Agrees and asks the first question.
    pub(crate) fn agree(self, app: App) {
        let Some(version) = self.version() else {
            return;
        };
        self.stage.set(Stage::Loading);
        self.said.set(String::new());
        spawn_local(async move {
            let agreed = async {
                account::start_alone(app).await?;
                api::studies::put_consent(&self.id(), true, version).await?;
                self.refresh().await
            };
            match agreed.await {
                Ok(_) => self.ask(app).await,
                Err(error) => {
                    self.said.try_set(error.to_string());
                    self.stand(Stage::Invited);
                }
            }
        });
    }

    /// Withdraws; an answer that waits is not sent any more.
    pub(crate) fn withdraw(self, app: App) {
        let Some(version) = self.version() else {
            return;
        };
        self.stop_timer();
        spawn_local(async move {
            let withdrawn = async {
                let id = self.id();
                api::studies::put_consent(&id, false, version).await?;
                self.forget(app, &id).await?;
                self.refresh().await
            };
            match withdrawn.await {
                Ok(_) => {
                    self.question.try_set(None);
                    self.said.try_set(strings::study_withdrawn().to_owned());
                    self.stand(Stage::Invited);
                }
                Err(error) => drop(self.said.try_set(error.to_string())),
            }
        });
    }

    fn version(self) -> Option<String> {
        self.study
            .with_untracked(|study| Some(study.as_ref()?.consent_version.clone()))
    }

    /// Sends what waits, then asks.
    async fn go_on_from(self, app: App) {
        let kept = match self.kept.try_get_value().flatten() {
            Some(kept) => Some(kept),
            None => app.setting::<Kept>(&key(&self.id())).await,
        };
        match kept {
            Some(kept) => {
                if self.deliver(app, kept, None).await {
                    self.ask(app).await;
                }
            }
            None => self.ask(app).await,
        }
    }

    /// The next question.
    pub(crate) fn next(self, app: App) {
        self.stage.set(Stage::Loading);
        spawn_local(self.ask(app));
    }

    async fn ask(self, app: App) {
        let first = self.question.with_untracked(Option::is_none);
        let found = api::studies::next(&self.id()).await;
        // How many questions are left changes with every answer, of this person and of others.
        let known = self.refresh().await;
        match (found, known) {
            (Ok(StudyNext::Question(question)), _) => {
                self.shown_at_ms.try_set_value(dom::now_ms());
                self.question.try_set(Some(question));
                self.stand(Stage::Asking);
                if !first {
                    app.say(strings::new_question());
                }
            }
            (Ok(end), _) => {
                self.question.try_set(None);
                self.stand(match end {
                    StudyNext::Closed => Stage::Closed,
                    _ => Stage::Done,
                });
            }
            (Err(Error::Lost), Ok(_)) => {
                self.question.try_set(None);
                self.said.try_set(strings::study_lost().to_owned());
                self.stand(Stage::Invited);
            }
            (Err(error), _) => self.stand(Stage::Failed(error.to_string())),
        }
    }

    /// An answer: held for the grace time, then sent.
    pub(crate) fn vote(self, app: App, choice: Choice) {
        if self.stage.get_untracked() != Stage::Asking {
            return;
        }
        self.voted_at_ms.set_value(dom::now_ms());
        self.stage.set(Stage::Grace(choice));
        app.say(format!(
            "{} {}",
            strings::said(choice),
            strings::study_grace()
        ));
        self.timer
            .set_value(dom::after(GRACE_MS, move || self.commit(app, false)));
    }

    /// Takes a held answer back.
    pub(crate) fn undo(self, app: App) {
        if matches!(self.stage.get_untracked(), Stage::Grace(_)) {
            self.stop_timer();
            self.stage.set(Stage::Asking);
            app.say(strings::taken_back());
        }
    }

    /// Sends a held answer and asks the next question, or only asks.
    pub(crate) fn go_on(self, app: App) {
        match self.stage.get_untracked() {
            Stage::Grace(_) => self.commit(app, true),
            Stage::Sent(_) | Stage::Refused(_) => self.next(app),
            _ => {}
        }
    }

    /// Tries to send what waits.
    pub(crate) fn send_now(self, app: App) {
        if matches!(self.stage.get_untracked(), Stage::Waiting(_)) {
            self.stop_timer();
            self.stage.set(Stage::Loading);
            spawn_local(self.go_on_from(app));
        }
    }

    fn stop_timer(self) {
        if let Some(timer) = self.timer.try_update_value(Option::take).flatten() {
            timer.clear();
        }
    }

    /// The held answer, to be sent.
    fn held(self) -> Option<(Kept, Choice)> {
        let Some(Stage::Grace(choice)) = self.stage.try_get_untracked() else {
            return None;
        };
        let question = self.question.try_get_untracked().flatten()?;
        let shown: Vec<_> = question.responses.into_iter().map(|held| held.id).collect();
        let voted_at_ms = self.voted_at_ms.get_value();
        let dwell_ms = voted_at_ms.saturating_sub(self.shown_at_ms.get_value());
        let request = JudgmentRequest {
            ballot: question.ballot,
            idempotency_key: dom::new_id(),
            judgment: choice.judgment(&shown),
            predictions: Vec::new(),
            context: None,
            dwell_ms: u32::try_from(dwell_ms).unwrap_or(u32::MAX),
        };
        let kept = Kept {
            study: self.id(),
            comparison: question.id,
            request,
            attempts: 0,
        };
        Some((kept, choice))
    }

    fn commit(self, app: App, goes_on: bool) {
        let Some((kept, choice)) = self.held() else {
            return;
        };
        self.stop_timer();
        self.stage.set(Stage::Loading);
        spawn_local(async move {
            // Kept before the first try; without a database it lives in this tab, which the banner says.
            drop(self.keep(app, &kept).await);
            if self.deliver(app, kept, (!goes_on).then_some(choice)).await && goes_on {
                self.ask(app).await;
            }
        });
    }

    /// Keeps a held answer when the page is left; it is sent at once, or when the study is opened again.
    fn leave(self, app: App) {
        app.in_study.set(false);
        if let Some((kept, _)) = self.held() {
            spawn_local(async move {
                let key = key(&kept.study);
                let Ok(change) = put(store::SETTINGS, &key, &kept) else {
                    return;
                };
                drop(app.keep(&[change]).await);
                if api::record_judgment(&kept.comparison, &kept.request)
                    .await
                    .is_ok()
                {
                    drop(arrived(app, key).await);
                }
            });
        }
        self.stop_timer();
    }

    /// One try; true when the server acknowledged.
    async fn deliver(self, app: App, mut kept: Kept, choice: Option<Choice>) -> bool {
        let tried = api::record_judgment(&kept.comparison, &kept.request).await;
        let Err(error) = tried else {
            self.kept.try_set_value(None);
            drop(arrived(app, key(&kept.study)).await);
            if let Some(choice) = choice {
                self.stand(Stage::Sent(choice));
            }
            app.say(strings::study_sent());
            return true;
        };
        kept.attempts += 1;
        match outbox::remedy(&error, kept.attempts) {
            Remedy::NewBallot => match api::ballots(1).await {
                Ok(mut fresh) if !fresh.ballots.is_empty() => {
                    kept.request.ballot = fresh.ballots.remove(0);
                    drop(self.keep(app, &kept).await);
                    return Box::pin(self.deliver(app, kept, choice)).await;
                }
                Ok(_) => self.wait(app, kept, error).await,
                Err(error) => self.wait(app, kept, error).await,
            },
            Remedy::Later => self.wait(app, kept, error).await,
            Remedy::Rejoin | Remedy::NewBase | Remedy::GiveUp => {
                drop(self.forget(app, &kept.study).await);
                self.stand(Stage::Refused(error.to_string()));
            }
        }
        false
    }

    /// Keeps an answer, and tries again later.
    async fn wait(self, app: App, kept: Kept, error: Error) {
        drop(self.keep(app, &kept).await);
        self.stand(Stage::Waiting(error.to_string()));
        let wait_ms = outbox::back_off_ms(kept.attempts, dom::jitter());
        self.timer
            .try_set_value(dom::after(wait_ms, move || self.send_now(app)));
    }

    async fn keep(self, app: App, kept: &Kept) -> Result<()> {
        self.kept.try_set_value(Some(kept.clone()));
        app.keep(&[put(store::SETTINGS, &key(&kept.study), kept)?])
            .await
    }

    async fn forget(self, app: App, id: &StudyId) -> Result<()> {
        self.kept.try_set_value(None);
        app.keep(&[Change::Remove(store::SETTINGS, key(id))]).await
    }
}

/// Sends answers that wait from earlier visits, on any page but that of their study, which does so itself.
pub(crate) fn send_kept(app: App) {
    spawn_local(async move {
        let Some(store) = app.store() else {
            return;
        };
        let keys = store.keys(store::SETTINGS).await.unwrap_or_default();
        for key in keys.into_iter().filter(|key| key.starts_with(KEPT)) {
            let Some(kept) = app.setting::<Kept>(&key).await else {
                continue;
            };
            // A retry under the same key is the same answer; what cannot be sent waits for its study to be opened.
            let sent = api::record_judgment(&kept.comparison, &kept.request).await;
            if sent.is_ok() {
                drop(arrived(app, key).await);
            }
        }
    });
}

/// Whether a person takes part: the last word is yes, on the text as it stands.
fn agreed(page: &StudyPage) -> bool {
    page.consent
        .as_ref()
        .is_some_and(|consent| consent.granted && consent.text_version == page.consent_version)
}

/// What the names of kept answers begin with.
const KEPT: &str = "study:";

/// Under which name an unsent answer to this study is kept.
fn key(id: &StudyId) -> String {
    format!("{KEPT}{id}")
}

/// Counts an answer that arrived, and forgets that it waited.
async fn arrived(app: App, key: String) -> Result<()> {
    let count = app.study_votes.get_untracked() + 1;
    app.study_votes.set(count);
    app.keep(&[
        put(store::SETTINGS, STUDY_VOTES, &count)?,
        Change::Remove(store::SETTINGS, key),
    ])
    .await
}

/// Sets the number of votes that studies hold of this browser.
///
/// # Errors
/// When the browser cannot keep it.
pub(crate) async fn keep_count(app: App, count: usize) -> Result<()> {
    app.study_votes.set(count);
    app.keep(&[put(store::SETTINGS, STUDY_VOTES, &count)?])
        .await
}
