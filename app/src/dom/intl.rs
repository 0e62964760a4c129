//! What the browser knows of languages: moments, numbers, plural forms.

use std::cell::RefCell;

use js_sys::Intl::{DateTimeFormat, NumberFormat, PluralRules};
use js_sys::{Array, Function, Object, Reflect};
use wasm_bindgen::JsValue;

use crate::locale;

/// A moment as the machine reads it, ISO 8601 UTC.
pub(crate) fn iso_time(at_ms: u64) -> String {
    date(at_ms).to_iso_string().into()
}

thread_local! {
    /// Writes moments, with the language in which it does: to make it takes longer than a frame.
    static MOMENTS: RefCell<Option<(&'static str, Function)>> = const { RefCell::new(None) };
}

/// A moment in words, in the visitor's time zone: "24 Nov 2026, 15:04".
pub(crate) fn local_time(at_ms: u64) -> String {
    let language = locale::of_dates();
    MOMENTS
        .with_borrow_mut(|held| {
            if held.as_ref().is_none_or(|(of, _)| *of != language) {
                let options = options([
                    ("dateStyle", "medium".into()),
                    ("timeStyle", "short".into()),
                ]);
                let languages = Array::of1(&JsValue::from_str(language));
                let write = DateTimeFormat::new(&languages, &options).format();
                *held = Some((language, write));
            }
            let (_, write) = held.as_ref()?;
            write.call1(&JsValue::NULL, &date(at_ms)).ok()?.as_string()
        })
        .unwrap_or_default()
}

/// A day `YYYY-MM-DD` in words: "12 December 2026".
pub(crate) fn local_day(day: &str) -> String {
    let options = options([("dateStyle", "long".into()), ("timeZone", "UTC".into())]);
    let languages = Array::of1(&JsValue::from_str(locale::of_dates()));
    DateTimeFormat::new(&languages, &options)
        .format()
        .call1(&JsValue::NULL, &date(parse_time(day)))
        .ok()
        .and_then(|words| words.as_string())
        .unwrap_or_default()
}

/// A number as a language writes it, with this many decimals.
pub(crate) fn local_number(value: f64, digits: usize, language: &str) -> String {
    let digits = JsValue::from_f64(digits as f64);
    let options = options([
        ("minimumFractionDigits", digits.clone()),
        ("maximumFractionDigits", digits),
    ]);
    let languages = Array::of1(&JsValue::from_str(language));
    NumberFormat::new(&languages, &options)
        .format()
        .call1(&JsValue::NULL, &JsValue::from_f64(value))
        .ok()
        .and_then(|words| words.as_string())
        .unwrap_or_default()
}

/// Which form of a counted word a language wants for a number: "one", "few", "other", …
pub(crate) fn plural_category(language: &str, count: usize) -> String {
    let languages = Array::of1(&JsValue::from_str(language));
    PluralRules::new(&languages, &Object::new())
        .select(count as f64)
        .into()
}

fn options<const N: usize>(fields: [(&str, JsValue); N]) -> Object {
    let options = Object::new();
    for (name, value) in fields {
        _ = Reflect::set(&options, &JsValue::from_str(name), &value);
    }
    options
}

/// The moment of an RFC 3339 text, milliseconds since the Unix epoch; the epoch when it is none.
pub(crate) fn parse_time(text: &str) -> u64 {
    // A text that is no date gives NaN, which becomes 0.
    js_sys::Date::parse(text) as u64
}

/// Out of range of the browser's dates counts as the epoch.
fn date(at_ms: u64) -> js_sys::Date {
    let at_ms = if at_ms <= 8_640_000_000_000_000 {
        at_ms
    } else {
        0
    };
    js_sys::Date::new(&JsValue::from_f64(at_ms as f64))
}
