//! Everything that outlives a page: votes, mode, pack, workers. One copyable handle, given by context.

use leptos::prelude::*;
use leptos::task::spawn_local;
use palate_shared::event::VoteEvent;
use palate_shared::ids::JudgmentId;
use palate_shared::infer::DevicePreference;
use palate_shared::routes;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::engine::Engine;
use crate::error::{Error, Result};
use crate::keys::Keymap;
use crate::leaving::Withdrawal;
use crate::library::Library;
use crate::outbox::Entry;
use crate::ranking::Ranking;
use crate::settings::{self, Theme};
use crate::store::{self, Change, Store};
use crate::tabs::{Tabs, Touched};
use crate::{account, contribute, dom, history, json, kept, ranking, strings, studying};

/// What leaves the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Mode {
    /// Nothing but page loads.
    #[default]
    Local,
    /// Votes and profile go to the server, not to the open data.
    Sync,
    /// Votes go to the server and from there to the open data.
    Contribute,
}

impl Mode {
    /// Its name in the database.
    fn name(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Sync => "sync",
            Self::Contribute => "contribute",
        }
    }

    /// The mode of a name; nothing leaves the device for any other word.
    pub(crate) fn named(name: &str) -> Self {
        [Self::Sync, Self::Contribute]
            .into_iter()
            .find(|mode| mode.name() == name)
            .unwrap_or_default()
    }
}

/// Name of the mode in the database.
pub(crate) const MODE: &str = "mode";
/// Name of the number of votes that studies acknowledged in the database.
pub(crate) const STUDY_VOTES: &str = "study_votes";
/// Name of the list of withdrawals in the database.
pub(crate) const WITHDRAWALS: &str = "withdrawals";

/// Where votes are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Storage {
    /// Not known yet.
    Opening,
    /// IndexedDB.
    Durable,
    /// This tab only, and why.
    Memory(String),
}

/// How long the browser's database may take to open, milliseconds.
const OPEN_TIMEOUT_MS: u64 = 4_000;

/// Votes from elsewhere that come into the log between two frames.
const ADOPTED: usize = 1_000;

/// The state of the visit.
#[derive(Clone, Copy)]
pub(crate) struct App {
    /// The event log, oldest first.
    pub(crate) events: RwSignal<Vec<VoteEvent>>,
    /// Number of votes in it.
    pub(crate) votes: Memo<usize>,
    /// Where it is kept.
    pub(crate) storage: RwSignal<Storage>,
    /// What leaves the device.
    pub(crate) mode: RwSignal<Mode>,
    /// What the server must still be told, oldest first; nothing is sent before.
    pub(crate) withdrawals: RwSignal<Vec<Withdrawal>>,
    /// Whether the server does not know this browser any more, or has not its consent, though votes are to be sent.
    pub(crate) lost: RwSignal<bool>,
    /// What came of the last withdrawal, in words.
    pub(crate) parted: RwSignal<String>,
    /// After how many votes the last reminder to keep a copy was dismissed.
    pub(crate) reminded: RwSignal<usize>,
    /// Votes that are sent.
    pub(crate) outbox: RwSignal<Vec<Entry>>,
    /// Votes that studies acknowledged.
    pub(crate) study_votes: RwSignal<usize>,
    /// Whether what is said on this page goes to a study, with a consent of its own.
    pub(crate) in_study: RwSignal<bool>,
    /// The pack that questions are taken from.
    pub(crate) library: Library,
    /// The worker that learns and ranks.
    pub(crate) cpu: Engine,
    /// The worker with WebGPU, for free texts.
    pub(crate) gpu: Engine,
    /// The present question.
    pub(crate) ranking: Ranking,
    /// What the polite status region says.
    pub(crate) said: RwSignal<String>,
    /// Whether single keys vote.
    pub(crate) shortcuts: RwSignal<bool>,
    /// Which key does what.
    pub(crate) keymap: RwSignal<Keymap>,
    /// Colours.
    pub(crate) theme: RwSignal<Theme>,
    /// Which device shall read texts.
    pub(crate) device: RwSignal<DevicePreference>,
    /// State of the sender.
    pub(crate) sender: StoredValue<contribute::Sender, LocalStorage>,
    /// How this tab differs from the database.
    pub(crate) news: StoredValue<kept::News>,
    /// Whether the browser did not keep the last word on what leaves the device; what it kept before counts no more.
    pub(crate) unkept: RwSignal<bool>,
    store: StoredValue<Option<Store>, LocalStorage>,
    tabs: StoredValue<Tabs, LocalStorage>,
}

impl App {
    /// An empty visit; call inside the root owner.
    pub(crate) fn new() -> Self {
        let events = RwSignal::new(Vec::new());
        let library = Library::new(settings::pack());
        Self {
            events,
            votes: Memo::new(move |_| events.with(|events| history::count(events))),
            storage: RwSignal::new(Storage::Opening),
            mode: RwSignal::new(Mode::Local),
            withdrawals: RwSignal::new(Vec::new()),
            lost: RwSignal::new(false),
            parted: RwSignal::new(String::new()),
            reminded: RwSignal::new(settings::reminded()),
            outbox: RwSignal::new(Vec::new()),
            study_votes: RwSignal::new(0),
            in_study: RwSignal::new(false),
            library,
            cpu: Engine::new("palate-worker-cpu", events, library),
            gpu: Engine::new("palate-worker-gpu", events, library),
            ranking: Ranking::new(),
            said: RwSignal::new(String::new()),
            shortcuts: RwSignal::new(settings::shortcuts_on()),
            keymap: RwSignal::new(settings::keymap()),
            theme: RwSignal::new(Theme::stored()),
            device: RwSignal::new(settings::device()),
            sender: StoredValue::new_local(contribute::Sender::default()),
            news: StoredValue::new(kept::News::default()),
            unkept: RwSignal::new(false),
            store: StoredValue::new_local(None),
            tabs: StoredValue::new_local(Tabs::default()),
        }
    }

    /// The handle, from context.
    pub(crate) fn get() -> Self {
        expect_context()
    }

    /// Opens the database and starts what hangs on it.
    pub(crate) fn boot(self) {
        // Before the first reading, so that no change is missed.
        self.tabs
            .set_value(Tabs::listen(move |touched| kept::hear(self, touched)));
        dom::on_stored(move || settings::follow(self));
        spawn_local(async move {
            let opened = self.open().await;
            if self.storage.get_untracked() != Storage::Opening {
                return;
            }
            self.storage.set(match opened {
                Ok(()) => Storage::Durable,
                Err(error) => Storage::Memory(match error {
                    Error::Storage(why) => why,
                    other => other.to_string(),
                }),
            });
            if !self.withdrawals.with_untracked(Vec::is_empty) {
                account::settle(self);
            }
            contribute::pump(self);
            if !dom::path().starts_with(routes::STUDY_PAGES) {
                studying::send_kept(self);
            }
        });
        dom::after(OPEN_TIMEOUT_MS, move || {
            // Once it is open, a long log may take its time.
            if self.storage.get_untracked() == Storage::Opening && self.store().is_none() {
                self.storage
                    .set(Storage::Memory(strings::storage_slow().to_owned()));
            }
        });
        ranking::watch(self);
    }

    async fn open(self) -> Result<()> {
        self.store.set_value(Some(Store::open().await?));
        let read = kept::read(self, &Touched::all()).await;
        if read.is_err() {
            self.store.set_value(None);
        }
        read
    }

    /// The database, where there is one.
    pub(crate) fn store(self) -> Option<Store> {
        self.store.get_value()
    }

    /// Waits until it is known where votes are kept.
    pub(crate) async fn opened(self) {
        while self.storage.get_untracked() == Storage::Opening {
            dom::sleep(20).await;
        }
    }

    /// Makes changes durable; without a database they live in this tab, which the banner says.
    pub(crate) async fn keep(self, changes: &[Change]) -> Result<()> {
        self.opened().await;
        let Some(store) = self.store() else {
            return Ok(());
        };
        store.apply(changes).await?;
        self.tell(&Touched::by(changes));
        Ok(())
    }

    fn tell(self, touched: &Touched) {
        self.tabs.with_value(|tabs| tabs.tell(touched));
    }

    /// Reads a small thing from the database.
    pub(crate) async fn setting<T: DeserializeOwned>(self, key: &str) -> Option<T> {
        let store = self.store()?;
        json::parse(&store.get(store::SETTINGS, key).await.ok()??).ok()
    }

    /// Stores a vote durably, with its place in the outbox when votes are sent.
    pub(crate) async fn record(self, event: &VoteEvent) -> Result<()> {
        self.opened().await;
        let mut changes = vec![put(store::EVENTS, event.id.as_str(), event)?];
        let entry = (self.mode.get_untracked() != Mode::Local)
            .then(|| self.enlist(event))
            .flatten();
        if let Some(entry) = &entry {
            changes.push(put(store::OUTBOX, event.id.as_str(), entry)?);
        }
        self.keep(&changes).await?;
        if self.store().is_some() {
            self.remember(event.clone(), entry);
        } else {
            self.hold(event.clone(), entry);
        }
        if self.events.with_untracked(Vec::len) == 1 {
            // The browser may ask the visitor, or decide by itself; the vote does not wait for it.
            spawn_local(async {
                dom::ask_to_persist().await;
            });
        }
        Ok(())
    }

    fn enlist(self, event: &VoteEvent) -> Option<Entry> {
        self.outbox.with_untracked(|entries| {
            self.events
                .with_untracked(|events| crate::outbox::enlist(entries, events, event))
        })
    }

    /// A vote by its id, also one that another tab has just kept.
    pub(crate) async fn vote(self, id: &JudgmentId) -> Result<Option<VoteEvent>> {
        let held = self
            .events
            .with_untracked(|events| events.iter().find(|event| event.id == *id).cloned());
        if held.is_some() {
            return Ok(held);
        }
        let Some(store) = self.store() else {
            return Ok(None);
        };
        let text = store.get(store::EVENTS, id.as_str()).await?;
        Ok(text.and_then(|text| json::parse(&text).ok()))
    }

    /// Holds a vote that the browser did not keep.
    pub(crate) fn hold(self, event: VoteEvent, entry: Option<Entry>) {
        self.news
            .update_value(|news| news.only_here.push(event.id.clone()));
        self.remember(event, entry);
    }

    fn remember(self, event: VoteEvent, entry: Option<Entry>) {
        self.events.update(|events| events.push(event));
        if let Some(entry) = entry {
            self.outbox
                .update(|outbox| crate::outbox::place(outbox, vec![entry]));
        }
    }

    /// Keeps one entry of the outbox as it stands now, unless it was dropped meanwhile.
    pub(crate) async fn keep_entry(self, entry: Entry) -> Result<()> {
        let is_there = self.outbox.try_update(|outbox| {
            let held = outbox.iter_mut().find(|held| held.event == entry.event);
            held.map(|held| *held = entry.clone()).is_some()
        });
        if is_there != Some(true) {
            return Ok(());
        }
        self.keep(&[put(store::OUTBOX, entry.event.as_str(), &entry)?])
            .await
    }

    /// Switches what leaves the device.
    pub(crate) async fn keep_mode(self, mode: Mode) -> Result<()> {
        self.keep(&[put(store::SETTINGS, MODE, mode.name())?])
            .await?;
        self.lost.set(false);
        self.mode.set(mode);
        Ok(())
    }

    /// Keeps mode and outbox as they stand now, in one transaction; for the one tab that talks to the server.
    pub(crate) async fn keep_standing(self) -> Result<()> {
        let mut changes = vec![
            put(store::SETTINGS, MODE, self.mode.get_untracked().name())?,
            Change::Clear(store::OUTBOX),
        ];
        for entry in self.outbox.get_untracked() {
            changes.push(put(store::OUTBOX, entry.event.as_str(), &entry)?);
        }
        self.keep(&changes).await
    }

    /// Changes what the server must still be told: here at once, then in the database, where other tabs may have added to it.
    pub(crate) async fn keep_withdrawals(
        self,
        change: impl Fn(Vec<Withdrawal>) -> Vec<Withdrawal>,
    ) -> Result<()> {
        self.withdrawals
            .update(|pending| *pending = change(std::mem::take(pending)));
        self.opened().await;
        let Some(store) = self.store() else {
            return Ok(());
        };
        let mut now = Vec::new();
        let kept = store.change(store::SETTINGS, WITHDRAWALS, |before| {
            now = change(kept::withdrawals(before));
            serde_json::to_string(&now).map_err(|error| Error::Storage(error.to_string()))
        });
        kept.await?;
        self.withdrawals.set(now);
        self.tell(&Touched::by(&[put(store::SETTINGS, WITHDRAWALS, "")?]));
        Ok(())
    }

    /// Takes in votes from elsewhere, and places in the outbox; all or nothing. The log keeps what it has, in the order of
    /// its ids.
    pub(crate) async fn adopt(self, votes: Vec<VoteEvent>, entries: Vec<Entry>) -> Result<()> {
        let mut changes = Vec::with_capacity(votes.len() + entries.len());
        for piece in votes.chunks(store::PIECE) {
            for event in piece {
                changes.push(put(store::EVENTS, event.id.as_str(), event)?);
            }
            // The page may draw.
            dom::sleep(0).await;
        }
        for entry in &entries {
            changes.push(put(store::OUTBOX, entry.event.as_str(), entry)?);
        }
        if changes.is_empty() {
            return Ok(());
        }
        self.keep(&changes).await?;
        drop(changes);
        dom::sleep(0).await;
        if !entries.is_empty() {
            self.outbox
                .update(|outbox| crate::outbox::place(outbox, entries));
        }
        let mut votes = votes.into_iter();
        loop {
            let piece: Vec<VoteEvent> = votes.by_ref().take(ADOPTED).collect();
            if piece.is_empty() {
                break;
            }
            self.events.update(|events| kept::merge(events, piece));
            dom::sleep(0).await;
        }
        self.relearn();
        Ok(())
    }

    /// Deletes every vote of this device; gives them back for an undo.
    pub(crate) async fn delete_votes(self) -> Result<Vec<VoteEvent>> {
        self.keep(&[Change::Clear(store::EVENTS)]).await?;
        self.news.update_value(|news| news.only_here.clear());
        let deleted = std::mem::take(&mut *self.events.write());
        self.relearn();
        Ok(deleted)
    }

    /// Has the workers that run learn the present votes.
    pub(crate) fn relearn(self) {
        for engine in [self.cpu, self.gpu] {
            spawn_local(async move { drop(engine.learn_new().await) });
        }
    }

    /// Number of votes that the server acknowledged, those of studies too.
    pub(crate) fn sent(self) -> usize {
        self.outbox.with(|outbox| crate::outbox::count(outbox).1) + self.study_votes.get()
    }

    /// Says something through the polite status region.
    pub(crate) fn say(self, words: impl Into<String>) {
        self.said.set(words.into());
    }

    /// Starts the worker that learns, once the history is known.
    pub(crate) fn wake(self) {
        spawn_local(async move {
            self.opened().await;
            self.cpu.ensure(settings::device());
        });
    }
}

/// A change that stores `value` as JSON.
pub(crate) fn put<T: Serialize + ?Sized>(
    name: &'static str,
    key: &str,
    value: &T,
) -> Result<Change> {
    let text = serde_json::to_string(value).map_err(|error| Error::Storage(error.to_string()))?;
    Ok(Change::Put(name, key.to_owned(), text))
}
