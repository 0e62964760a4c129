//! Drives a question from showing to reveal: [`crate::round`] plus timers, store and worker.

use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;
use palate_shared::infer::{Failure, FailureCode, Question, Request, Response};
use palate_shared::pack::PackPrompt;

use crate::engine::Status;
use crate::error;
use crate::outbox::Entry;
use crate::round::{Asked, Choice, GRACE_MS, More, of_topic, pair_count, random_question};
use crate::state::{App, Mode};
use crate::{contribute, dom, strings};

/// When the other texts of the pack are fetched: the first vote must not wait for them, milliseconds.
const TEXTS_AFTER_MS: u64 = 400;

/// What a vote taught.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Learned {
    /// In words.
    pub(crate) lesson: String,
    /// In [0, 1].
    pub(crate) certainty: f64,
    /// The same before the vote.
    pub(crate) certainty_before: f64,
}

/// Where the present question stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Phase {
    /// No question yet.
    Loading,
    /// To be voted on.
    Asking,
    /// Voted; can be taken back.
    Grace(Choice),
    /// Being stored.
    Saving,
    /// Storing failed: the vote and why.
    NotSaved(Box<VoteEvent>, Choice, String),
    /// Stored; names and forecasts are open.
    Revealed(Box<VoteEvent>, Choice),
}

/// The present question and what surrounds it.
#[derive(Clone, Copy)]
pub(crate) struct Ranking {
    /// The question.
    pub(crate) asked: RwSignal<Option<Asked>>,
    /// Where it stands.
    pub(crate) phase: RwSignal<Phase>,
    /// What the last vote taught, once known.
    pub(crate) learned: RwSignal<Option<Learned>>,
    /// What is said beside the choice.
    pub(crate) more: RwSignal<More>,
    /// Whether a vote is held until the person goes on.
    pub(crate) held: RwSignal<bool>,
    /// The topic that questions are drawn from; all of them without one.
    pub(crate) topic: RwSignal<Option<String>>,
    /// Whether the topic chosen last had no question left.
    pub(crate) used_up: RwSignal<bool>,
    wanted: RwSignal<bool>,
    next: StoredValue<Option<(Question, PackPrompt)>>,
    fetching: StoredValue<bool>,
    voted_at_ms: StoredValue<u64>,
    timer: StoredValue<Option<TimeoutHandle>, LocalStorage>,
}

impl Ranking {
    /// Nothing asked.
    pub(crate) fn new() -> Self {
        Self {
            asked: RwSignal::new(None),
            phase: RwSignal::new(Phase::Loading),
            learned: RwSignal::new(None),
            more: RwSignal::new(More::default()),
            held: RwSignal::new(false),
            topic: RwSignal::new(None),
            used_up: RwSignal::new(false),
            wanted: RwSignal::new(false),
            next: StoredValue::new(None),
            fetching: StoredValue::new(false),
            voted_at_ms: StoredValue::new(0),
            timer: StoredValue::new_local(None),
        }
    }
}

/// A page wants a question.
pub(crate) fn begin(app: App) {
    app.library.load_first();
    app.ranking.wanted.set(true);
    if app.ranking.asked.with_untracked(Option::is_some) {
        app.wake();
    }
}

/// Reacts to the pack and the worker for the whole visit; call once.
pub(crate) fn watch(app: App) {
    let ranking = app.ranking;
    Effect::new(move |_| {
        let ready = ranking.wanted.get() && app.library.first.with(Option::is_some);
        if ready && ranking.asked.with_untracked(Option::is_none) {
            // The first question needs no worker; everything else comes after it is painted.
            show_random(app);
            dom::after(0, move || app.wake());
            dom::after(TEXTS_AFTER_MS, move || app.library.load_items());
        }
    });
    Effect::new(move |_| {
        if app.cpu.status.get() == Status::Ready {
            spawn_local(async move {
                drop(app.cpu.learn_new().await);
                lock_forecasts(app).await;
            });
        }
    });
}

/// Asks for forecasts of a question that was shown before the worker was ready; they count only before the vote.
async fn lock_forecasts(app: App) {
    let ranking = app.ranking;
    let open = |asked: &Asked| asked.question.predictions.is_empty();
    if ranking.phase.get_untracked() != Phase::Asking {
        return;
    }
    let Some(asked) = ranking.asked.get_untracked().filter(open) else {
        return;
    };
    let request = Request::Predict {
        prompt: asked.question.prompt.clone(),
        shown: asked.question.shown.clone(),
    };
    let Ok(Response::Question(forecast)) = app.cpu.ask(request).await else {
        return;
    };
    let same = ranking.asked.with_untracked(|now| {
        now.as_ref()
            .is_some_and(|now| now.question.comparison == asked.question.comparison)
    });
    if same
        && ranking.phase.get_untracked() == Phase::Asking
        && forecast.shown == asked.question.shown
    {
        ranking.asked.update(|now| {
            if let Some(now) = now {
                now.lock(forecast.predictions);
            }
        });
    }
}

fn show(app: App, question: Question, prompt: PackPrompt) {
    let ranking = app.ranking;
    let pack = app.library.id();
    let first = ranking.asked.with_untracked(Option::is_none);
    ranking.learned.set(None);
    ranking.asked.set(Some(Asked {
        question,
        prompt,
        pack,
        shown_at_ms: dom::now_ms(),
    }));
    ranking.phase.set(Phase::Asking);
    if !first {
        app.say(strings::new_question());
    }
}

fn show_random(app: App) {
    let items = app
        .library
        .items
        .get_untracked()
        .or_else(|| app.library.first.get_untracked());
    let Some(items) = items else { return };
    let topic = app.ranking.topic.get_untracked();
    let items = match &topic {
        Some(topic) => of_topic(items, topic),
        None => items,
    };
    let draw = dom::random_below(pair_count(&items));
    if let Some((mut question, prompt)) =
        random_question(&items, draw, dom::random_below(2) == 1, dom::new_id())
    {
        question.topic = topic;
        show(app, question, prompt);
        if app.cpu.status.get_untracked() == Status::Ready {
            spawn_local(lock_forecasts(app));
        }
    }
}

/// A vote: held for the grace time, then stored.
pub(crate) fn vote(app: App, choice: Choice) {
    let ranking = app.ranking;
    if ranking.phase.get_untracked() != Phase::Asking {
        return;
    }
    ranking.voted_at_ms.set_value(dom::now_ms());
    ranking.more.set(More::default());
    ranking.held.set(false);
    ranking.phase.set(Phase::Grace(choice));
    app.say(format!(
        "{} {}",
        strings::said(choice),
        strings::grace_note()
    ));
    ranking
        .timer
        .set_value(dom::after(GRACE_MS, move || commit(app)));
}

/// Stops the clock of a held vote: it is kept when the person goes on.
pub(crate) fn hold(app: App) {
    if matches!(app.ranking.phase.get_untracked(), Phase::Grace(_)) {
        stop_timer(app);
        app.ranking.held.set(true);
    }
}

/// Draws questions from one topic, or from all of them. An open question makes place for one of the topic.
pub(crate) fn choose_topic(app: App, topic: Option<String>) {
    let ranking = app.ranking;
    ranking.topic.set(topic);
    ranking.used_up.set(false);
    match ranking.phase.get_untracked() {
        Phase::Asking => {
            ranking.next.set_value(None);
            advance(app);
        }
        _ => reconsider(app),
    }
}

/// Other votes came or went: the question that is open stays, the one after it is chosen anew.
pub(crate) fn reconsider(app: App) {
    spawn_local(async move {
        drop(app.cpu.learn_new().await);
        app.ranking.next.set_value(None);
        if matches!(app.ranking.phase.get_untracked(), Phase::Revealed(..)) {
            fetch_next(app).await;
        }
    });
}

/// Takes a held vote back.
pub(crate) fn undo(app: App) {
    let ranking = app.ranking;
    if matches!(ranking.phase.get_untracked(), Phase::Grace(_)) {
        stop_timer(app);
        ranking.phase.set(Phase::Asking);
        app.say(strings::taken_back());
        spawn_local(lock_forecasts(app));
    }
}

/// "Reveal now" while a vote is held, "next" after the reveal.
pub(crate) fn go_on(app: App) {
    match app.ranking.phase.get_untracked() {
        Phase::Grace(_) => commit(app),
        Phase::Revealed(..) => advance(app),
        _ => {}
    }
}

fn stop_timer(app: App) {
    if let Some(timer) = app.ranking.timer.try_update_value(Option::take).flatten() {
        timer.clear();
    }
}

fn commit(app: App) {
    let ranking = app.ranking;
    let Phase::Grace(choice) = ranking.phase.get_untracked() else {
        return;
    };
    let Some(asked) = ranking.asked.get_untracked() else {
        return;
    };
    stop_timer(app);
    save(app, event(app, &asked, choice), choice);
}

/// The vote that is held.
fn event(app: App, asked: &Asked, choice: Choice) -> VoteEvent {
    asked.event(
        choice,
        app.ranking.more.get_untracked(),
        dom::new_id(),
        app.ranking.voted_at_ms.get_value(),
    )
}

/// Lets go of the present question, so that one of another pack can take its place. A vote on it that is still held is
/// kept, without a reveal.
pub(crate) fn leave(app: App) {
    let ranking = app.ranking;
    match (ranking.phase.get_untracked(), ranking.asked.get_untracked()) {
        (Phase::Grace(choice), Some(asked)) => {
            stop_timer(app);
            let event = event(app, &asked, choice);
            spawn_local(async move {
                let stored = app.record(&event).await;
                left(app, event, stored);
            });
        }
        (Phase::NotSaved(event, ..), _) => hold_unsaved(app, &event),
        _ => {}
    }
    ranking.asked.set(None);
    ranking.phase.set(Phase::Loading);
    ranking.learned.set(None);
    ranking.topic.set(None);
    ranking.used_up.set(false);
    ranking.next.set_value(None);
}

/// What becomes of a vote whose question is not on the page any more.
fn left(app: App, event: VoteEvent, stored: error::Result<()>) {
    if stored.is_err() {
        app.say(strings::not_saved());
        hold_unsaved(app, &event);
    }
    contribute::pump(app);
}

/// Keeps a vote in this tab only.
fn hold_unsaved(app: App, event: &VoteEvent) {
    let is_sent = app.mode.get_untracked() != Mode::Local;
    app.hold(event.clone(), is_sent.then(|| Entry::new(event.id.clone())));
}

/// Stores the vote; reveals only what is durable (or held by this tab where the browser has no database).
fn save(app: App, event: VoteEvent, choice: Choice) {
    let ranking = app.ranking;
    ranking.phase.set(Phase::Saving);
    spawn_local(async move {
        let stored = app.record(&event).await;
        let is_asked = ranking.asked.with_untracked(|asked| {
            asked
                .as_ref()
                .is_some_and(|asked| asked.question.comparison == event.comparison)
        });
        if !is_asked {
            return left(app, event, stored);
        }
        match stored {
            Ok(()) => reveal(app, event, choice),
            Err(error) => {
                app.say(strings::not_saved());
                ranking
                    .phase
                    .set(Phase::NotSaved(Box::new(event), choice, error.to_string()));
            }
        }
    });
}

/// Tries to store a vote again.
pub(crate) fn retry_save(app: App) {
    if let Phase::NotSaved(event, choice, _) = app.ranking.phase.get_untracked() {
        save(app, *event, choice);
    }
}

/// Goes on with a vote that only this tab holds.
pub(crate) fn go_on_unsaved(app: App) {
    if let Phase::NotSaved(event, choice, _) = app.ranking.phase.get_untracked() {
        hold_unsaved(app, &event);
        reveal(app, *event, choice);
    }
}

fn reveal(app: App, event: VoteEvent, choice: Choice) {
    let ranking = app.ranking;
    let author = |pane| {
        ranking.asked.with_untracked(|asked| {
            asked
                .as_ref()
                .and_then(|asked| asked.response(pane))
                .map(|r| r.made_by.clone())
                .unwrap_or_default()
        })
    };
    app.say(strings::revealed(author(0), author(1)));
    ranking.learned.set(None);
    ranking.next.set_value(None);
    let id = event.id.clone();
    ranking.phase.set(Phase::Revealed(Box::new(event), choice));
    contribute::pump(app);
    spawn_local(async move {
        let answer = app.cpu.learn_new().await;
        let current = ranking
            .phase
            .with_untracked(|phase| matches!(phase, Phase::Revealed(event, _) if event.id == id));
        if let (
            Some(Ok(Response::Learned {
                lesson,
                certainty,
                certainty_before,
                ..
            })),
            true,
        ) = (answer, current)
        {
            ranking.learned.set(Some(Learned {
                lesson,
                certainty,
                certainty_before,
            }));
        }
        fetch_next(app).await;
    });
}

/// Has the worker choose the next question, with forecasts that know the last vote; shows it if a page waits for it.
async fn fetch_next(app: App) {
    let ranking = app.ranking;
    if app.cpu.status.get_untracked() != Status::Ready || ranking.fetching.get_value() {
        return;
    }
    ranking.fetching.set_value(true);
    let pack = app.library.pack.get_untracked();
    let found = loop {
        let topic = ranking.topic.get_untracked();
        let found = choose(app, topic.clone()).await;
        if topic != ranking.topic.get_untracked() && app.library.is_on(pack) {
            // Another topic was chosen meanwhile.
            continue;
        }
        match found {
            Err(Failure {
                code: FailureCode::Input,
                ..
            }) if topic.is_some() => {
                ranking.topic.set(None);
                ranking.used_up.set(true);
                app.say(strings::topic_used_up());
            }
            found => break found.ok().flatten(),
        }
    };
    ranking.fetching.set_value(false);
    if !app.library.is_on(pack) {
        return;
    }
    if ranking.phase.get_untracked() == Phase::Loading {
        match found {
            Some((question, prompt)) => show(app, question, prompt),
            None => show_random(app),
        }
    } else {
        ranking.next.set_value(found);
    }
}

async fn choose(
    app: App,
    topic: Option<String>,
) -> Result<Option<(Question, PackPrompt)>, Failure> {
    let Response::Question(question) = app.cpu.ask(Request::Next { topic }).await? else {
        return Ok(None);
    };
    let pack = app.library.pack.get_untracked();
    app.library.load_items();
    for _ in 0..100 {
        if !app.library.is_on(pack) {
            break;
        }
        if let Some(prompt) = app.library.prompt(&question.prompt, &question.shown) {
            return Ok(Some((*question, prompt)));
        }
        dom::sleep(100).await;
        app.library.load_items();
    }
    Ok(None)
}

fn advance(app: App) {
    let ranking = app.ranking;
    if let Some((question, prompt)) = ranking.next.try_update_value(Option::take).flatten() {
        return show(app, question, prompt);
    }
    if app.cpu.status.get_untracked() == Status::Ready {
        ranking.phase.set(Phase::Loading);
        spawn_local(fetch_next(app));
    } else {
        show_random(app);
    }
}
