//! Which device reads texts, why, and the visitor's say in it.

use leptos::prelude::*;
use palate_shared::infer::{DeviceKind, DevicePreference, DeviceReport};

use crate::live::{flag, on_event, words};
use crate::settings::{self, device_name, device_named};
use crate::strings;

const PREFERENCES: [(DevicePreference, &str); 3] = [
    (DevicePreference::Auto, strings::DEVICE_AUTO),
    (DevicePreference::Cpu, strings::DEVICE_CPU),
    (DevicePreference::WebGpu, strings::DEVICE_GPU),
];

/// What ran and why.
pub(crate) fn sentence(report: &DeviceReport, page_reason: &str) -> String {
    let name = match report.device {
        DeviceKind::Cpu => strings::DEVICE_CPU,
        DeviceKind::WebGpu => strings::DEVICE_GPU,
    };
    let reason = if page_reason.is_empty() {
        report.reason.as_str()
    } else {
        page_reason
    };
    let adapter = report
        .adapter
        .as_deref()
        .filter(|name| !name.is_empty())
        .map(|name| format!(" ({name})"));
    strings::runs_on(&format!("{name}{}", adapter.unwrap_or_default()), reason)
}

/// The control; `changed` runs when the visitor chooses another device.
pub(crate) fn control(report: Signal<String>, changed: Callback<DevicePreference>) -> AnyView {
    let chosen = RwSignal::new(settings::device());
    let choose = move |event| {
        let preference = device_named(&event_target_value(&event));
        chosen.set(preference);
        settings::keep_device(preference);
        // A new wish is a new try.
        settings::clear_gpu_canary();
        changed.run(preference);
    };
    let options = PREFERENCES
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
            <legend>{strings::DEVICE_HEADING}</legend>
            <div class="segments">{options}</div>
            <p class="quiet" data-testid="device-report">{words(move || report.get())}</p>
        </fieldset>
    }
    .into_any()
}
