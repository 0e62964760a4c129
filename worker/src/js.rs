//! The worker's global scope, and small things that JavaScript has and Rust has not.

use js_sys::{Function, Promise, Reflect};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::DedicatedWorkerGlobalScope;

/// The global scope of this worker.
pub(crate) fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Milliseconds on a monotonic clock.
pub(crate) fn now() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.now())
}

/// Whether `object` exists and has the property: browsers leave out whole interfaces on insecure pages.
pub(crate) fn has(object: &JsValue, property: &str) -> bool {
    object.is_object() && Reflect::has(object, &property.into()).unwrap_or(false)
}

/// Waits for a promise and casts what it gives.
pub(crate) async fn wait<T: JsCast>(promise: Promise) -> Result<T, JsValue> {
    JsFuture::from(promise).await?.dyn_into()
}

/// Lets messages that have arrived be answered before we go on.
pub(crate) async fn yield_to_messages() {
    let promise = Promise::new(&mut |resolve: Function, _| {
        let timer = Reflect::get(&scope(), &"setTimeout".into())
            .map(|timer| timer.unchecked_into::<Function>());
        let set =
            timer.and_then(|timer| timer.call2(&JsValue::UNDEFINED, &resolve, &JsValue::from(0)));
        if set.is_err() {
            // Without timers we go on at once.
            let _ = resolve.call0(&JsValue::UNDEFINED);
        }
    });
    let _ = JsFuture::from(promise).await;
}

/// The message of a thrown value.
pub(crate) fn describe(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => error.as_string().unwrap_or_else(|| "unknown error".into()),
    }
}
