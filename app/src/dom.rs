//! The few things that the pages need from the browser and that can fail.

mod intl;

use std::cell::Cell;
use std::rc::Rc;
use std::time::Duration;

use js_sys::{Array, Function, Promise, Reflect};
use leptos::leptos_dom::helpers::{TimeoutHandle, set_timeout_with_handle};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{
    Blob, BlobPropertyBag, Document, HtmlAnchorElement, HtmlElement, HtmlInputElement, Storage,
    Url, Window,
};

pub(crate) use intl::{iso_time, local_day, local_number, local_time, parse_time, plural_category};

/// The window. `None` outside a page.
pub(crate) fn window() -> Option<Window> {
    web_sys::window()
}

/// The document. `None` outside a page.
pub(crate) fn document() -> Option<Document> {
    window()?.document()
}

/// Where a link leads, as the browser reads it: letters of other scripts as punycode, and no sign that turns text round.
/// `None` for what is no address.
pub(crate) fn host(href: &str) -> Option<String> {
    Url::new(href).ok().map(|url| url.host())
}

/// Whether the page is out of sight.
pub(crate) fn is_hidden() -> bool {
    document().is_some_and(|document| get(&document, "hidden").is_some_and(|is| is.is_truthy()))
}

/// Loads the page anew.
pub(crate) fn reload() {
    if let Some(window) = window() {
        drop(window.location().reload());
    }
}

/// Milliseconds since the Unix epoch.
pub(crate) fn now_ms() -> u64 {
    js_sys::Date::now() as u64
}

/// Whether the visitor's system asks for as little movement as possible.
pub(crate) fn wants_stillness() -> bool {
    let asked = || -> Option<JsValue> {
        let window = window()?;
        get(&window, "matchMedia")?
            .dyn_into::<Function>()
            .ok()?
            .call1(
                &window,
                &JsValue::from_str("(prefers-reduced-motion: reduce)"),
            )
            .ok()
    };
    let matches = asked().and_then(|query| get(&query, "matches"));
    matches.is_some_and(|is| is.is_truthy())
}

/// Content of `<meta name=…>`; empty content counts as missing.
pub(crate) fn meta(name: &str) -> Option<String> {
    let element = document()?
        .query_selector(&format!("meta[name=\"{name}\"]"))
        .ok()??;
    element
        .get_attribute("content")
        .filter(|content| !content.is_empty())
}

/// The languages that the visitor prefers, best first.
pub(crate) fn languages() -> Vec<String> {
    let languages = window().map(|window| window.navigator().languages());
    languages
        .iter()
        .flat_map(|languages| languages.iter())
        .filter_map(|tag| tag.as_string())
        .collect()
}

/// A value from the query of the address.
pub(crate) fn query(name: &str) -> Option<String> {
    let query = window()?.location().search().ok()?;
    let mut fields = query.trim_start_matches('?').split('&');
    let value = fields.find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
    value.map(str::to_owned)
}

/// The path of the present page; empty where there is none.
pub(crate) fn path() -> String {
    let path = window().and_then(|window| window.location().pathname().ok());
    path.unwrap_or_default()
}

/// Loads the present page anew with this query.
pub(crate) fn open_with(query: &str) {
    let Some(location) = window().map(|window| window.location()) else {
        return;
    };
    drop(location.set_href(&format!("{}{query}", path())));
}

fn local_storage() -> Option<Storage> {
    window()?.local_storage().ok()?
}

/// Reads from local storage; `None` when it is missing or blocked.
pub(crate) fn read_local(key: &str) -> Option<String> {
    local_storage()?.get_item(key).ok()?
}

/// Writes to local storage; silently without effect when it is blocked, because only comforts live there.
pub(crate) fn write_local(key: &str, value: &str) {
    if let Some(storage) = local_storage() {
        drop(storage.set_item(key, value));
    }
}

/// Removes from local storage.
pub(crate) fn remove_local(key: &str) {
    if let Some(storage) = local_storage() {
        drop(storage.remove_item(key));
    }
}

/// Runs `then` for the whole visit whenever another tab wrote to local storage.
pub(crate) fn on_stored(then: impl Fn() + 'static) {
    let listener = Closure::<dyn Fn()>::new(then);
    if let Some(window) = window() {
        drop(window.add_event_listener_with_callback("storage", listener.as_ref().unchecked_ref()));
    }
    listener.forget();
}

/// A share in [0, 1) that spreads retries.
pub(crate) fn jitter() -> f64 {
    f64::from(random_below(1_000)) / 1_000.0
}

/// Bytes from the browser's generator for keys.
pub(crate) fn random_bytes<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    let filled = window()
        .and_then(|w| w.crypto().ok())
        .map(|c| c.get_random_values_with_u8_array(&mut bytes).is_ok());
    if filled != Some(true) {
        bytes
            .iter_mut()
            .for_each(|byte| *byte = (js_sys::Math::random() * 256.0) as u8);
    }
    bytes
}

/// A whole number in `0..bound`, uniform (rejection sampling); 0 when `bound` is 0.
pub(crate) fn random_below(bound: u32) -> u32 {
    if bound == 0 {
        return 0;
    }
    let limit = u32::MAX - u32::MAX % bound;
    loop {
        let draw = u32::from_le_bytes(random_bytes());
        if draw < limit {
            return draw % bound;
        }
    }
}

/// A new UUIDv7 (RFC 9562): time-ordered, made here so that offline votes have their id.
pub(crate) fn new_id() -> String {
    uuid_v7(now_ms(), random_bytes())
}

/// Lays out a UUIDv7 from a time and ten random bytes.
pub(crate) fn uuid_v7(at_ms: u64, random: [u8; 10]) -> String {
    let mut bytes = [0_u8; 16];
    bytes[..6].copy_from_slice(&at_ms.to_be_bytes()[2..]);
    bytes[6..].copy_from_slice(&random);
    bytes[6] = 0x70 | (bytes[6] & 0x0f);
    bytes[8] = 0x80 | (bytes[8] & 0x3f);
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

/// Runs `callback` once after `ms` milliseconds.
pub(crate) fn after(ms: u64, callback: impl FnOnce() + 'static) -> Option<TimeoutHandle> {
    set_timeout_with_handle(callback, Duration::from_millis(ms)).ok()
}

/// What `wait` gives, unless it takes longer than `ms` milliseconds.
pub(crate) async fn within<T: 'static>(
    ms: u64,
    wait: impl Future<Output = T> + 'static,
) -> Option<T> {
    let (first, done) = futures_channel::oneshot::channel();
    let first = Rc::new(Cell::new(Some(first)));
    let clock = first.clone();
    let clock = after(ms, move || drop(clock.take()));
    spawn_local(async move {
        let found = wait.await;
        if let Some(first) = first.take() {
            drop(first.send(found));
        }
    });
    let found = done.await.ok();
    if let Some(clock) = clock {
        clock.clear();
    }
    found
}

/// Waits.
pub(crate) async fn sleep(ms: u64) {
    let (done, wait) = futures_channel::oneshot::channel::<()>();
    after(ms, move || _ = done.send(()));
    _ = wait.await;
}

/// Moves the focus to the first element that matches; a heading is made focusable for it.
pub(crate) fn focus(selector: &str) {
    let element = document().and_then(|document| document.query_selector(selector).ok().flatten());
    if let Some(element) = element.and_then(|element| element.dyn_into::<HtmlElement>().ok()) {
        if !element.has_attribute("tabindex") && element.tag_name().starts_with('H') {
            drop(element.set_attribute("tabindex", "-1"));
        }
        drop(element.focus());
    }
}

/// Whether the focus is within the first element that matches.
pub(crate) fn has_focus(selector: &str) -> bool {
    let focused = document().and_then(|document| document.active_element());
    focused.is_some_and(|element| matches!(element.closest(selector), Ok(Some(_))))
}

/// Offers `text` as a file.
pub(crate) fn download(name: &str, mime: &str, text: &str) -> Result<(), JsValue> {
    let options = BlobPropertyBag::new();
    options.set_type(mime);
    let blob =
        Blob::new_with_str_sequence_and_options(&Array::of1(&JsValue::from_str(text)), &options)?;
    let url = Url::create_object_url_with_blob(&blob)?;
    let document = document().ok_or(JsValue::NULL)?;
    let link: HtmlAnchorElement = document.create_element("a")?.unchecked_into();
    link.set_href(&url);
    link.set_download(name);
    link.click();
    after(60_000, move || drop(Url::revoke_object_url(&url)));
    Ok(())
}

/// Calls a method of the browser's storage manager; `None` where there is none (insecure pages), or it fails.
async fn ask_storage(method: &str) -> Option<JsValue> {
    let storage = get(&window()?.navigator(), "storage")?;
    let promise: Promise = get(&storage, method)?
        .dyn_into::<Function>()
        .ok()?
        .call0(&storage)
        .ok()?
        .dyn_into()
        .ok()?;
    JsFuture::from(promise).await.ok()
}

/// Asks the browser never to clear this site's data by itself; whether it promises.
pub(crate) async fn ask_to_persist() -> bool {
    ask_storage("persist")
        .await
        .is_some_and(|is| is.is_truthy())
}

/// Whether the browser promised it before.
pub(crate) async fn is_persistent() -> bool {
    ask_storage("persisted")
        .await
        .is_some_and(|is| is.is_truthy())
}

/// Bytes that this site keeps in the browser, as the browser estimates.
pub(crate) async fn bytes_kept() -> Option<u64> {
    let bytes = get(&ask_storage("estimate").await?, "usage")?.as_f64()?;
    Some(bytes as u64)
}

/// Puts a text on the clipboard; whether the browser allowed it.
pub(crate) async fn copy(text: &str) -> bool {
    let write = || -> Option<Promise> {
        let clipboard = get(&window()?.navigator(), "clipboard")?;
        get(&clipboard, "writeText")?
            .dyn_into::<Function>()
            .ok()?
            .call1(&clipboard, &JsValue::from_str(text))
            .ok()?
            .dyn_into()
            .ok()
    };
    match write() {
        Some(promise) => JsFuture::from(promise).await.is_ok(),
        None => false,
    }
}

/// The files that a visitor chose in the field of this event, and their names.
pub(crate) fn chosen_files(event: &web_sys::Event) -> Vec<(Blob, String)> {
    let field = event.target().map(JsCast::unchecked_into::<JsValue>);
    let Some(list) = field.and_then(|field| get(&field, "files")) else {
        return Vec::new();
    };
    let file = |at: u32| {
        let file = get(&list, &at.to_string())?;
        let name = get(&file, "name")?.as_string()?;
        Some((file.dyn_into().ok()?, name))
    };
    (0..).map_while(file).collect()
}

/// The file that a visitor chose in the field of this event, and its size in bytes; the field is emptied, so that the same
/// file can be chosen again.
pub(crate) fn chosen_file(event: &web_sys::Event) -> Option<(Blob, f64)> {
    let field: HtmlInputElement = event.target()?.dyn_into().ok()?;
    let file: Blob = get(&get(&field, "files")?, "0")?.dyn_into().ok()?;
    field.set_value("");
    let bytes = file.size();
    Some((file, bytes))
}

/// The text of a file.
///
/// # Errors
/// When the browser cannot read it.
pub(crate) async fn read_file(file: &Blob) -> Result<String, JsValue> {
    let promise: Promise = get(file, "text")
        .and_then(|text| text.dyn_into::<Function>().ok())
        .ok_or(JsValue::NULL)?
        .call0(file)?
        .dyn_into()?;
    Ok(JsFuture::from(promise)
        .await?
        .as_string()
        .unwrap_or_default())
}

/// `object[key]`, when it is there.
pub(crate) fn get(object: &JsValue, key: &str) -> Option<JsValue> {
    Reflect::get(object, &JsValue::from_str(key))
        .ok()
        .filter(|value| !value.is_undefined() && !value.is_null())
}

/// Keeps files for visits without a network, in place of what was kept under this name before, unless all of them are there
/// already: a file has its hash in its name. Without effect where the browser cannot.
pub(crate) async fn keep_files(name: &str, files: &[String]) -> Option<()> {
    let caches = get(&window()?.into(), "caches")?;
    let name = JsValue::from_str(name);
    let files: Array = files.iter().map(|file| JsValue::from_str(file)).collect();
    let cache = promised(&caches, "open", &name).await?;
    for file in files.iter() {
        if promised(&cache, "match", &file).await?.is_undefined() {
            promised(&caches, "delete", &name).await?;
            let cache = promised(&caches, "open", &name).await?;
            promised(&cache, "addAll", &files).await?;
            break;
        }
    }
    Some(())
}

/// What a method of an object promises.
async fn promised(object: &JsValue, method: &str, argument: &JsValue) -> Option<JsValue> {
    let method: Function = get(object, method)?.dyn_into().ok()?;
    let promise = method.call1(object, argument).ok()?;
    JsFuture::from(promise.dyn_into::<Promise>().ok()?)
        .await
        .ok()
}

/// What an exception says.
pub(crate) fn describe(error: &JsValue) -> String {
    get(error, "message")
        .and_then(|message| message.as_string())
        .unwrap_or_else(|| format!("{error:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uuid_v7_has_version_variant_and_time() {
        let id = uuid_v7(0x0123_4567_89ab, [0xff; 10]);
        assert_eq!(id, "01234567-89ab-7fff-bfff-ffffffffffff");
        assert!(
            uuid_v7(1, [0xff; 10]) < uuid_v7(2, [0; 10]),
            "ids sort by time"
        );
    }
}
