//! What the tabs of this site tell each other: what was changed in the database, and which of them talks to the server.
//!
//! A message only names boxes and keys; what stands there is read from the database. Where the browser lacks a part of
//! this, a tab stands for itself, as tabs did before.

use std::cell::Cell;
use std::rc::Rc;

use futures_channel::oneshot;
use js_sys::{Function, Promise};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{BroadcastChannel, MessageEvent};

use crate::dom;
use crate::store::{BOXES, Change};

/// Name of the channel.
const CHANNEL: &str = "palate";
/// Name of the lock that the talking tab holds.
const LOCK: &str = "palate-server";

/// What was changed in the database.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Touched {
    /// Box and key, or the box alone where it was emptied.
    places: Vec<(&'static str, Option<String>)>,
}

/// What of a box must be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Part {
    /// Everything.
    All,
    /// These keys.
    Keys(Vec<String>),
}

impl Touched {
    /// Everything.
    pub(crate) fn all() -> Self {
        Self {
            places: BOXES.into_iter().map(|name| (name, None)).collect(),
        }
    }

    /// Everything in some boxes.
    pub(crate) fn boxes(names: &[&'static str]) -> Self {
        Self {
            places: names.iter().map(|name| (*name, None)).collect(),
        }
    }

    /// What these changes touch.
    pub(crate) fn by(changes: &[Change]) -> Self {
        let place = |change: &Change| match change {
            Change::Put(name, key, _) | Change::Remove(name, key) => (*name, Some(key.clone())),
            Change::Clear(name) => (*name, None),
        };
        Self {
            places: changes.iter().map(place).collect(),
        }
    }

    /// Adds what another message named.
    pub(crate) fn add(&mut self, other: Self) {
        self.places.extend(other.places);
    }

    /// Whether nothing was touched.
    pub(crate) fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    /// What of a box must be read; `None` when nothing.
    pub(crate) fn of(&self, name: &str) -> Option<Part> {
        let mut keys = Vec::new();
        for (_, key) in self.places.iter().filter(|(held, _)| *held == name) {
            match key {
                Some(key) => keys.push(key.clone()),
                None => return Some(Part::All),
            }
        }
        (!keys.is_empty()).then_some(Part::Keys(keys))
    }

    /// One line for each place. Keys are ids and names, which have no line breaks.
    fn text(&self) -> String {
        let line = |(name, key): &(&str, Option<String>)| match key {
            Some(key) => format!("{name} {key}"),
            None => (*name).to_owned(),
        };
        self.places.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Reads a message; what this version does not know is passed over.
    fn parse(text: &str) -> Self {
        let place = |line: &str| {
            let (name, key) = match line.split_once(' ') {
                Some((name, key)) => (name, Some(key.to_owned())),
                None => (line, None),
            };
            let name = BOXES.into_iter().find(|known| *known == name)?;
            Some((name, key))
        };
        Self {
            places: text.lines().filter_map(place).collect(),
        }
    }
}

/// The line to the other tabs.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tabs {
    channel: Option<BroadcastChannel>,
}

impl Tabs {
    /// Listens for the whole visit.
    pub(crate) fn listen(hear: impl Fn(Touched) + 'static) -> Self {
        let Ok(channel) = BroadcastChannel::new(CHANNEL) else {
            return Self::default();
        };
        let on_message = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if let Some(text) = event.data().as_string() {
                hear(Touched::parse(&text));
            }
        });
        channel.set_onmessage(Some(on_message.as_ref().unchecked_ref()));
        on_message.forget();
        Self {
            channel: Some(channel),
        }
    }

    /// Tells the other tabs what this one changed.
    pub(crate) fn tell(&self, touched: &Touched) {
        if let Some(channel) = &self.channel {
            drop(channel.post_message(&JsValue::from_str(&touched.text())));
        }
    }
}

/// Held by the one tab that talks to the server, until it is dropped.
#[derive(Debug)]
pub(crate) struct Alone(Option<Function>);

impl Drop for Alone {
    fn drop(&mut self) {
        if let Some(free) = self.0.take() {
            drop(free.call0(&JsValue::NULL));
        }
    }
}

/// Waits until no other tab, and nothing else in this one, talks to the server. At once where the browser has no locks.
pub(crate) async fn alone() -> Alone {
    let mut free = None;
    let held = Promise::new(&mut |resolve, _| free = Some(resolve));
    let (tell, granted) = oneshot::channel();
    let tell = Rc::new(Cell::new(Some(tell)));
    let grant = tell.clone();
    let on_grant = Closure::once_into_js(move || -> JsValue {
        if let Some(tell) = grant.take() {
            _ = tell.send(());
        }
        held.into()
    });
    let Some(asked) = request(&on_grant) else {
        return Alone(None);
    };
    spawn_local(async move {
        // Ends with the lock, or at once when the browser refuses it.
        drop(JsFuture::from(asked).await);
        drop(tell.take());
    });
    let alone = Alone(free);
    _ = granted.await;
    alone
}

fn request(on_grant: &JsValue) -> Option<Promise> {
    let locks = dom::get(&dom::window()?.navigator(), "locks")?;
    dom::get(&locks, "request")?
        .dyn_into::<Function>()
        .ok()?
        .call2(&locks, &JsValue::from_str(LOCK), on_grant)
        .ok()?
        .dyn_into()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{EVENTS, OUTBOX, SETTINGS};

    fn put(name: &'static str, key: &str) -> Change {
        Change::Put(name, key.to_owned(), "secret".to_owned())
    }

    #[test]
    fn a_message_names_places_and_nothing_else() {
        let touched = Touched::by(&[
            put(EVENTS, "1"),
            put(EVENTS, "2"),
            Change::Remove(OUTBOX, "1".to_owned()),
            Change::Clear(SETTINGS),
        ]);
        let text = touched.text();
        assert!(!text.contains("secret"), "{text}");
        assert_eq!(Touched::parse(&text), touched);
        let keys = |keys: &[&str]| Some(Part::Keys(keys.iter().map(|k| (*k).to_owned()).collect()));
        assert_eq!(touched.of(EVENTS), keys(&["1", "2"]));
        assert_eq!(touched.of(OUTBOX), keys(&["1"]));
        assert_eq!(touched.of(SETTINGS), Some(Part::All));
    }

    #[test]
    fn an_emptied_box_is_read_whole() {
        let mut touched = Touched::by(&[put(EVENTS, "1")]);
        assert_eq!(touched.of(OUTBOX), None);
        touched.add(Touched::by(&[Change::Clear(EVENTS), put(EVENTS, "2")]));
        assert_eq!(touched.of(EVENTS), Some(Part::All));
        assert_eq!(Touched::all().of(OUTBOX), Some(Part::All));
        assert_eq!(Touched::boxes(&[OUTBOX]).of(EVENTS), None);
    }

    #[test]
    fn what_another_version_says_is_passed_over() {
        let touched = Touched::parse("drafts 7\nevents 1\n\n{\"json\": true}");
        assert_eq!(touched, Touched::by(&[put(EVENTS, "1")]));
        assert!(Touched::parse("").is_empty());
    }
}
