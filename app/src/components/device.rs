//! Which device reads texts, why, and the visitor's say in it.

use leptos::prelude::*;
use palate_shared::infer::{DeviceKind, DevicePreference, DeviceReport};

use crate::live::{flag, on_event, words};
use crate::settings::{self, device_name, device_named};
use crate::state::App;
use crate::strings;

fn preferences() -> [(DevicePreference, &'static str); 3] {
    [
        (DevicePreference::Auto, strings::device_auto()),
        (DevicePreference::Cpu, strings::device_cpu()),
        (DevicePreference::WebGpu, strings::device_gpu()),
    ]
}

/// What ran and why.
pub(crate) fn sentence(report: &DeviceReport, page_reason: &str) -> String {
    let name = match report.device {
        DeviceKind::Cpu => strings::device_cpu(),
        DeviceKind::WebGpu => strings::device_gpu(),
    };
    let reason = if page_reason.is_empty() {
        strings::arrived(&report.reason)
    } else {
        page_reason.to_owned()
    };
    let adapter = report
        .adapter
        .as_deref()
        .filter(|name| !name.is_empty())
        .map(|name| format!(" ({name})"));
    strings::runs_on(format!("{name}{}", adapter.unwrap_or_default()), reason)
}

/// The control; `changed` runs when the visitor chooses another device.
pub(crate) fn control(report: Signal<String>, changed: Callback<DevicePreference>) -> AnyView {
    let chosen = App::get().device;
    let choose = move |event| {
        let preference = device_named(&event_target_value(&event));
        chosen.set(preference);
        settings::keep_device(preference);
        // A new wish is a new try.
        settings::clear_gpu_canary();
        changed.run(preference);
    };
    let options = preferences()
        .map(|(preference, label)| {
            let name = device_name(preference);
            view! {
                <label class="segment">
                    <input type="radio" name="device" value=name prop:checked=flag(move || chosen.get() == preference) on:change=on_event(choose) />
                    <span>{label}</span>
                </label>
            }
            .into_any()
        })
        .into_iter().collect::<Vec<AnyView>>();
    view! {
        <fieldset class="device">
            <legend>{strings::device_heading()}</legend>
            <div class="segments">{options}</div>
            <p class="quiet" data-testid="device-report">{words(move || report.get())}</p>
        </fieldset>
    }
    .into_any()
}
