//! A catalogue: English texts and what they are in one other language.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// One language. Its file is an object: English text → text, or English text → plural category → text.
pub(super) struct Catalogue {
    /// Code of the language.
    pub(super) code: &'static str,
    /// By English text.
    pub(super) entries: BTreeMap<String, Entry>,
    /// The plural category of a number in this language.
    pub(super) rule: fn(&str, usize) -> String,
}

/// What stands for one English text.
#[derive(Debug, PartialEq)]
pub(super) enum Entry {
    /// A text.
    Text(String),
    /// A text for each plural category.
    Forms(BTreeMap<String, String>),
}

impl Catalogue {
    /// The text for an English one.
    pub(super) fn text(&self, english: &str) -> Option<&str> {
        match self.entries.get(english)? {
            Entry::Text(text) => Some(text),
            Entry::Forms(_) => None,
        }
    }

    /// The form of a counted text for this number. A category without a form falls back on `other`, which every
    /// language has.
    pub(super) fn form(&self, english: &str, count: usize) -> Option<&str> {
        match self.entries.get(english)? {
            Entry::Text(_) => None,
            Entry::Forms(forms) => forms
                .get(&(self.rule)(self.code, count))
                .or_else(|| forms.get("other"))
                .map(String::as_str),
        }
    }
}

impl<'de> Deserialize<'de> for Entry {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(EntryVisitor)
    }
}

struct EntryVisitor;

impl<'de> Visitor<'de> for EntryVisitor {
    type Value = Entry;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a text, or texts by plural category")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Entry, E> {
        Ok(Entry::Text(text.to_owned()))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Entry, A::Error> {
        let mut forms = BTreeMap::new();
        while let Some((category, text)) = map.next_entry::<String, String>()? {
            forms.insert(category, text);
        }
        if !forms.contains_key("other") {
            return Err(A::Error::custom("a counted text has no form “other”"));
        }
        Ok(Entry::Forms(forms))
    }
}
