//! Which worker compares free texts: the one with WebGPU only where a real adapter is.

use js_sys::{Function, Promise};
use palate_shared::infer::DevicePreference;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::{dom, settings, strings};

/// Which worker to use and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    /// Whether to load the worker with WebGPU.
    pub(crate) gpu: bool,
    /// Why, in words; empty when the worker will say it itself.
    pub(crate) reason: &'static str,
}

/// What the page found out about the graphics processor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Adapter {
    /// None, or no WebGPU in this browser.
    Missing,
    /// Software pretending to be one.
    Fallback,
    /// A real one.
    Real,
}

/// Decides. `canary` says that an earlier try never came back.
pub(crate) fn decide(preference: DevicePreference, canary: bool, adapter: Adapter) -> Choice {
    let (gpu, reason) = match (preference, canary, adapter) {
        (DevicePreference::Cpu, ..) => (false, strings::device_cpu_asked()),
        (_, true, _) => (false, strings::device_canary()),
        (_, _, Adapter::Missing) => (false, strings::device_no_adapter()),
        (DevicePreference::Auto, _, Adapter::Fallback) => (false, strings::device_fallback()),
        (DevicePreference::WebGpu, ..) | (DevicePreference::Auto, _, Adapter::Real) => (true, ""),
    };
    Choice { gpu, reason }
}

/// Asks the browser for an adapter.
pub(crate) async fn adapter() -> Adapter {
    let ask = || -> Option<Promise> {
        let gpu = dom::get(dom::window()?.navigator().as_ref(), "gpu")?;
        let request: Function = dom::get(&gpu, "requestAdapter")?.dyn_into().ok()?;
        request.call0(&gpu).ok()?.dyn_into().ok()
    };
    let Some(promise) = ask() else {
        return Adapter::Missing;
    };
    match JsFuture::from(promise).await {
        Ok(adapter) if adapter.is_object() => {
            let flag = |object: &JsValue| {
                dom::get(object, "isFallbackAdapter").and_then(|flag| flag.as_bool())
            };
            let info = dom::get(&adapter, "info");
            match info.as_ref().and_then(flag).or_else(|| flag(&adapter)) {
                Some(true) => Adapter::Fallback,
                _ => Adapter::Real,
            }
        }
        _ => Adapter::Missing,
    }
}

/// Decides with what the browser and the visitor say.
pub(crate) async fn choose() -> Choice {
    let preference = settings::device();
    let canary = settings::gpu_canary_found();
    let found = if preference == DevicePreference::Cpu || canary {
        Adapter::Missing
    } else {
        adapter().await
    };
    decide(preference, canary, found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_gpu_worker_is_loaded_only_for_a_real_adapter_or_when_asked() {
        use Adapter::{Fallback, Missing, Real};
        use DevicePreference::{Auto, Cpu, WebGpu};
        let gpu = |preference, canary, adapter| decide(preference, canary, adapter).gpu;
        assert!(gpu(Auto, false, Real) && gpu(WebGpu, false, Fallback) && gpu(WebGpu, false, Real));
        for (preference, canary, adapter) in [
            (Auto, false, Fallback),
            (Auto, false, Missing),
            (WebGpu, false, Missing),
            (Cpu, false, Real),
            (Auto, true, Real),
        ] {
            let choice = decide(preference, canary, adapter);
            assert!(
                !choice.gpu && !choice.reason.is_empty(),
                "{preference:?} {canary} {adapter:?}"
            );
        }
    }
}
