//! A catalogue: English texts and what they are in one other language.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

/// One language. Its file is an object: English text → text, or English text → plural category → text.
pub(super) struct Catalogue {
    /// Code of the language.
    pub(super) code: &'static str,
    /// By English text.
    pub(super) entries: Fields<Entry>,
    /// The plural category of a number in this language.
    pub(super) rule: fn(&str, usize) -> String,
}

/// What stands for one English text.
#[derive(Debug)]
pub(super) enum Entry {
    /// A text.
    Text(String),
    /// A text for each plural category.
    Forms(Fields<String>),
}

/// The fields of an object, in the order of the file. A few hundred at most: a map would cost every visitor more bytes
/// than it saves anybody time.
#[derive(Debug)]
pub(super) struct Fields<T>(pub(super) Vec<(String, T)>);

impl<T> Fields<T> {
    /// The value of a field.
    pub(super) fn get(&self, name: &str) -> Option<&T> {
        let (_, value) = self.0.iter().find(|(known, _)| known == name)?;
        Some(value)
    }

    fn read<'de, A: MapAccess<'de>>(mut map: A) -> Result<Self, A::Error>
    where
        T: Deserialize<'de>,
    {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(Self(fields))
    }
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

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Fields<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FieldsVisitor(PhantomData))
    }
}

struct FieldsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for FieldsVisitor<T> {
    type Value = Fields<T>;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Fields<T>, A::Error> {
        Fields::read(map)
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

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Entry, A::Error> {
        let forms = Fields::read(map)?;
        match forms.get("other") {
            Some(_) => Ok(Entry::Forms(forms)),
            None => Err(A::Error::custom("a counted text has no form “other”")),
        }
    }
}
