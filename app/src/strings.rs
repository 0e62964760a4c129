//! Every text that visitors read, in one place: plain and short, "you" for the person.
//!
//! English stands here and is the key of every other language (see [`crate::locale`]). A new language is one file
//! `public/locales/CODE.json` with an entry for each English text, and its line in [`crate::locale::LANGUAGES`]; the
//! tests there name what is missing. A sentence is one text with `{name}` for what is filled in, never put together from
//! pieces; a sentence about a number of things has a form for each plural category.

/// Texts: `name = "English";`, or `name = "English" as "key";` where a like text means something else.
macro_rules! texts {
    (@key $english:literal) => { $english };
    (@key $english:literal $key:literal) => { $key };
    ($($(#[$meta:meta])* $name:ident = $english:literal $(as $key:literal)?;)*) => {
        $($(#[$meta])* pub(crate) fn $name() -> &'static str {
            crate::locale::keyed(texts!(@key $english $($key)?), $english)
        })*

        #[cfg(test)]
        pub(super) const TEXTS: &[&str] = &[$(texts!(@key $english $($key)?)),*];
    };
}

/// Sentences with values: `name(value, …) = "English with {value}";`.
macro_rules! sentences {
    ($($(#[$meta:meta])* $name:ident($($value:ident),+) = $english:literal;)*) => {
        $($(#[$meta])* pub(crate) fn $name($($value: impl std::fmt::Display),+) -> String {
            crate::locale::filled($english, &[$((stringify!($value), &$value)),+])
        })*

        #[cfg(test)]
        pub(super) const SENTENCES: &[&str] = &[$($english),*];
    };
}

/// Sentences about `{count}` things: `name(count, value, …) = "English for one", "English for others";`.
macro_rules! counted {
    ($($(#[$meta:meta])* $name:ident($count:ident $(, $value:ident)*) = $one:literal, $other:literal;)*) => {
        $($(#[$meta])* pub(crate) fn $name($count: usize $(, $value: impl std::fmt::Display)*) -> String {
            crate::locale::counted($count, $one, $other, &[$((stringify!($value), &$value)),*])
        })*

        #[cfg(test)]
        pub(super) const COUNTED: &[(&str, &str)] = &[$(($one, $other)),*];
    };
}

mod arrived;
mod errors;
mod four;
mod frame;
mod history;
mod leaderboard;
mod more;
mod own;
mod packs;
mod pages;
mod place;
mod privacy;
mod prose;
mod publish;
mod race;
mod regret;
mod release;
mod reproduce;
mod studies;
mod study;
mod try_it;

pub(crate) use arrived::*;
pub(crate) use errors::*;
pub(crate) use four::*;
pub(crate) use frame::*;
pub(crate) use history::*;
pub(crate) use leaderboard::*;
pub(crate) use more::*;
pub(crate) use own::*;
pub(crate) use packs::*;
pub(crate) use pages::*;
pub(crate) use place::*;
pub(crate) use privacy::*;
pub(crate) use prose::*;
pub(crate) use publish::*;
pub(crate) use race::*;
pub(crate) use regret::*;
pub(crate) use release::*;
pub(crate) use reproduce::*;
pub(crate) use studies::*;
pub(crate) use study::*;
pub(crate) use try_it::*;

/// Every text without a number that decides its form, by its key.
#[cfg(test)]
pub(crate) fn all_texts() -> Vec<&'static str> {
    let lists = [
        errors::TEXTS,
        four::TEXTS,
        frame::TEXTS,
        history::TEXTS,
        leaderboard::TEXTS,
        more::TEXTS,
        own::TEXTS,
        packs::TEXTS,
        pages::TEXTS,
        place::TEXTS,
        privacy::TEXTS,
        prose::TEXTS,
        publish::TEXTS,
        race::TEXTS,
        regret::TEXTS,
        release::TEXTS,
        reproduce::TEXTS,
        studies::TEXTS,
        study::TEXTS,
        try_it::TEXTS,
        errors::SENTENCES,
        four::SENTENCES,
        frame::SENTENCES,
        history::SENTENCES,
        leaderboard::SENTENCES,
        more::SENTENCES,
        own::SENTENCES,
        pages::SENTENCES,
        place::SENTENCES,
        privacy::SENTENCES,
        publish::SENTENCES,
        race::SENTENCES,
        regret::SENTENCES,
        release::SENTENCES,
        reproduce::SENTENCES,
        studies::SENTENCES,
        study::SENTENCES,
        try_it::SENTENCES,
    ];
    let mut all = lists.concat();
    all.extend(arrived::listed());
    all.extend(prose::sections());
    all
}

/// Every counted sentence: for one, for others.
#[cfg(test)]
pub(crate) fn all_counted() -> Vec<(&'static str, &'static str)> {
    [
        four::COUNTED,
        history::COUNTED,
        leaderboard::COUNTED,
        more::COUNTED,
        own::COUNTED,
        pages::COUNTED,
        privacy::COUNTED,
        race::COUNTED,
        release::COUNTED,
        studies::COUNTED,
        study::COUNTED,
        try_it::COUNTED,
    ]
    .concat()
}
