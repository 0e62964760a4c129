//! The language of the pages.
//!
//! English is compiled in. Any other language is a catalogue: one file under `/locales/`, fetched before the pages are
//! mounted, whose keys are the English texts. What a catalogue lacks stays English, and so does everything when the
//! catalogue is missing, late or broken.

mod catalogue;
mod pseudo;
#[cfg(test)]
mod tests;

use std::cell::Cell;
use std::fmt::Display;

use gloo_net::http::Request;
use wasm_bindgen::JsValue;
// Leptos has its own only once it has mounted something.
use wasm_bindgen_futures::spawn_local;

use crate::{dom, json, settings};
use catalogue::Catalogue;

/// Languages that can be chosen: code and own name. Each but English has a file `public/locales/CODE.json`.
pub(crate) const LANGUAGES: [(&str, &str); 2] = [(ENGLISH, "English"), ("de", "Deutsch")];

const ENGLISH: &str = "en";

/// Asked for by name only: English, disguised, to find texts that no catalogue can reach.
const PSEUDO: &str = "pseudo";

/// How long a catalogue may take to arrive, milliseconds.
const PATIENCE_MS: u64 = 5_000;

/// Where texts come from.
#[derive(Clone, Copy)]
enum Source {
    English,
    Pseudo,
    Catalogue(&'static Catalogue),
}

thread_local! {
    static SOURCE: Cell<Source> = const { Cell::new(Source::English) };
}

/// Chooses the language, fetches what it needs and goes on with `then`, once.
pub(crate) fn begin(then: fn()) {
    match chosen() {
        ENGLISH => then(),
        PSEUDO => {
            SOURCE.set(Source::Pseudo);
            then();
        }
        code => spawn_local(async move {
            match dom::within(PATIENCE_MS, fetch(code)).await {
                Some(Ok(catalogue)) => speak(catalogue),
                Some(Err(why)) => warn(code, &why),
                None => warn(code, "they did not arrive in time"),
            }
            then();
        }),
    }
}

/// The code of the language of the page, as it goes into consents.
pub(crate) fn code() -> &'static str {
    match SOURCE.get() {
        Source::Catalogue(catalogue) => catalogue.code,
        _ => ENGLISH,
    }
}

/// The language that formats dates.
pub(crate) fn of_dates() -> &'static str {
    match code() {
        // Day before month, as the texts have it.
        ENGLISH => "en-GB",
        other => other,
    }
}

/// A number with this many decimals.
pub(crate) fn decimal(value: f64, digits: usize) -> String {
    match SOURCE.get() {
        Source::Catalogue(catalogue) => dom::local_number(value, digits, catalogue.code),
        _ => format!("{value:.digits$}"),
    }
}

/// An English text in the language of the page.
pub(crate) fn text(english: &'static str) -> &'static str {
    keyed(english, english)
}

/// An English text that other languages must tell from a like one, under a key of its own.
#[inline(never)]
pub(crate) fn keyed(key: &'static str, english: &'static str) -> &'static str {
    match SOURCE.get() {
        Source::English => english,
        Source::Pseudo => pseudo::kept(english),
        Source::Catalogue(catalogue) => catalogue.text(key).unwrap_or(english),
    }
}

/// A text that arrived in English, in the language of the page; `None` where the language has none.
pub(crate) fn arrived(english: &str) -> Option<String> {
    match SOURCE.get() {
        Source::English => Some(english.to_owned()),
        Source::Pseudo => Some(pseudo::disguised(english)),
        Source::Catalogue(catalogue) => catalogue.text(english).map(str::to_owned),
    }
}

/// An English sentence in the language of the page, with its `{name}`s filled.
#[inline(never)]
pub(crate) fn filled(english: &'static str, values: &[(&str, &dyn Display)]) -> String {
    fill(text(english), values)
}

/// A sentence about `count` things, in the form that the language wants for this number; `{count}` is filled too.
#[inline(never)]
pub(crate) fn counted(
    count: usize,
    one: &'static str,
    other: &'static str,
    values: &[(&str, &dyn Display)],
) -> String {
    let english = if count == 1 { one } else { other };
    let form = match SOURCE.get() {
        Source::English => english,
        Source::Pseudo => pseudo::kept(english),
        Source::Catalogue(catalogue) => catalogue.form(other, count).unwrap_or(english),
    };
    let mut values = values.to_vec();
    values.push(("count", &count));
    fill(form, &values)
}

/// Fills the placeholders; one without a value stays as it is.
fn fill(template: &str, values: &[(&str, &dyn Display)]) -> String {
    let mut out = String::with_capacity(template.len());
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('{') {
        out.push_str(before);
        let found = after
            .split_once('}')
            .and_then(|(name, after)| Some((values.iter().find(|(n, _)| *n == name)?.1, after)));
        match found {
            Some((value, after)) => {
                out.push_str(&value.to_string());
                rest = after;
            }
            None => {
                out.push('{');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// The language that was chosen, else the first known one that the browser prefers, else English.
fn chosen() -> &'static str {
    if let Some(asked) = dom::query("lang").as_deref().and_then(named) {
        settings::keep_language(asked);
        return asked;
    }
    let kept = settings::language();
    kept.as_deref()
        .and_then(named)
        .unwrap_or_else(|| preferred(&dom::languages()))
}

fn named(code: &str) -> Option<&'static str> {
    LANGUAGES
        .iter()
        .map(|(code, _)| *code)
        .chain([PSEUDO])
        .find(|known| *known == code)
}

/// The first of these language tags that there are texts for.
fn preferred(tags: &[String]) -> &'static str {
    tags.iter()
        .filter_map(|tag| {
            let language = tag.split('-').next()?.to_ascii_lowercase();
            LANGUAGES.iter().find(|(code, _)| *code == language)
        })
        .map(|(code, _)| *code)
        .next()
        .unwrap_or(ENGLISH)
}

/// Keeps the visitor's choice and loads the page in it.
pub(crate) fn choose(code: &str) {
    settings::keep_language(code);
    // Where nothing can be kept, the address carries the choice for this page.
    let is_kept = settings::language().as_deref() == Some(code);
    dom::open_with(&if is_kept {
        String::new()
    } else {
        format!("?lang={code}")
    });
}

async fn fetch(code: &'static str) -> Result<Catalogue, String> {
    let response = Request::get(&path(code)).send().await;
    let response = response.map_err(|error| error.to_string())?;
    if !response.ok() {
        return Err(format!("the server answered {}", response.status()));
    }
    let text = response.text().await.map_err(|error| error.to_string())?;
    let entries = json::parse(&text).map_err(|error| error.to_string())?;
    Ok(Catalogue {
        code,
        entries,
        rule: dom::plural_category,
    })
}

fn path(code: &str) -> String {
    format!("/locales/{code}.json")
}

/// Speaks with this catalogue until the page is left.
fn speak(catalogue: Catalogue) {
    let catalogue = Box::leak(Box::new(catalogue));
    SOURCE.set(Source::Catalogue(catalogue));
    if let Some(root) = dom::document().and_then(|document| document.document_element()) {
        drop(root.set_attribute("lang", catalogue.code));
        // The boot script keeps this file for use without a network.
        drop(root.set_attribute("data-catalogue", &path(catalogue.code)));
    }
}

fn warn(code: &str, why: &str) {
    web_sys::console::warn_1(&JsValue::from_str(&format!(
        "The texts in “{code}” are not usable ({why}); the page stays English."
    )));
}
