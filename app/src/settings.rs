//! Comforts that live in local storage: theme, shortcuts, device, language, pack.

use leptos::prelude::*;
use palate_shared::infer::DevicePreference;

use crate::keys::Keymap;
use crate::state::App;
use crate::{dom, packs};

const THEME: &str = "palate.theme";
const SHORTCUTS: &str = "palate.shortcuts";
const KEYMAP: &str = "palate.keys";
const DEVICE: &str = "palate.device";
const GPU_CANARY: &str = "palate.gpu_canary";
const ENCODER: &str = "palate.encoder";
const REMINDED: &str = "palate.reminded";
const LANGUAGE: &str = "palate.language";
const PACK: &str = "palate.pack";
const BLIND: &str = "palate.try.blind";
const SINCE_BLIND: &str = "palate.try.since";
/// Start of the keys of what is being typed on `/try`, one for each field.
const DRAFT: &str = "palate.try.";
/// Start of the keys of traits that are moved by hand, one for each pack.
const EDITS: &str = "palate.edits.";
/// Start of the keys of what a person says of themselves, one for each pack.
const OF_SELF: &str = "palate.of_self.";

/// Colours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Theme {
    /// As the system says.
    #[default]
    System,
    /// Light.
    Light,
    /// Dark.
    Dark,
}

impl Theme {
    /// The next one when the button is pressed.
    pub(crate) fn next(self) -> Self {
        match self {
            Self::System => Self::Light,
            Self::Light => Self::Dark,
            Self::Dark => Self::System,
        }
    }

    /// Reads the stored choice.
    pub(crate) fn stored() -> Self {
        match dom::read_local(THEME).as_deref() {
            Some("light") => Self::Light,
            Some("dark") => Self::Dark,
            _ => Self::System,
        }
    }

    /// Puts the choice on the document and keeps it.
    pub(crate) fn apply(self) {
        let Some(root) = dom::document().and_then(|document| document.document_element()) else {
            return;
        };
        let name = match self {
            Self::System => {
                drop(root.remove_attribute("data-theme"));
                return dom::remove_local(THEME);
            }
            Self::Light => "light",
            Self::Dark => "dark",
        };
        drop(root.set_attribute("data-theme", name));
        dom::write_local(THEME, name);
    }
}

/// Takes over what another tab chose. The language comes with the next page that is loaded.
pub(crate) fn follow(app: App) {
    let theme = Theme::stored();
    if app.theme.get_untracked() != theme {
        theme.apply();
        app.theme.set(theme);
    }
    app.shortcuts.set(shortcuts_on());
    app.keymap.set(keymap());
    app.device.set(device());
    app.reminded.set(reminded());
    packs::open(app, pack());
}

/// Whether single keys vote.
pub(crate) fn shortcuts_on() -> bool {
    dom::read_local(SHORTCUTS).as_deref() != Some("off")
}

/// Keeps whether single keys vote.
pub(crate) fn keep_shortcuts(on: bool) {
    dom::write_local(SHORTCUTS, if on { "on" } else { "off" });
}

/// The keys that the visitor chose.
pub(crate) fn keymap() -> Keymap {
    dom::read_local(KEYMAP)
        .and_then(|text| Keymap::parse(&text))
        .unwrap_or_default()
}

/// Keeps the keys that the visitor chose.
pub(crate) fn keep_keymap(keymap: Keymap) {
    dom::write_local(KEYMAP, &keymap.text());
}

/// Name of a device preference in local storage and in forms.
pub(crate) fn device_name(preference: DevicePreference) -> &'static str {
    match preference {
        DevicePreference::Auto => "auto",
        DevicePreference::Cpu => "cpu",
        DevicePreference::WebGpu => "web_gpu",
    }
}

/// The device preference with this name; `Auto` for anything unknown.
pub(crate) fn device_named(name: &str) -> DevicePreference {
    match name {
        "cpu" => DevicePreference::Cpu,
        "web_gpu" => DevicePreference::WebGpu,
        _ => DevicePreference::Auto,
    }
}

/// The device that the visitor asked for.
pub(crate) fn device() -> DevicePreference {
    device_named(&dom::read_local(DEVICE).unwrap_or_default())
}

/// Keeps the device that the visitor asked for.
pub(crate) fn keep_device(preference: DevicePreference) {
    dom::write_local(DEVICE, device_name(preference));
}

/// Whether an earlier try of the graphics processor never came back.
pub(crate) fn gpu_canary_found() -> bool {
    dom::read_local(GPU_CANARY).is_some()
}

/// Set before the graphics processor is tried.
pub(crate) fn set_gpu_canary() {
    dom::write_local(GPU_CANARY, "1");
}

/// Cleared after its first result, or when the visitor wants another try.
pub(crate) fn clear_gpu_canary() {
    dom::remove_local(GPU_CANARY);
}

/// Whether the visitor agreed to download this encoder before (named by its hash).
pub(crate) fn encoder_agreed(source_sha256: &str) -> bool {
    dom::read_local(ENCODER).as_deref() == Some(source_sha256)
}

/// Remembers the agreement after the first success.
pub(crate) fn agree_to_encoder(source_sha256: &str) {
    dom::write_local(ENCODER, source_sha256);
}

/// Forgets the agreement when the download is deleted.
pub(crate) fn forget_encoder() {
    dom::remove_local(ENCODER);
}

/// After how many votes the last reminder to keep a copy was dismissed; 0 when none was.
pub(crate) fn reminded() -> usize {
    dom::read_local(REMINDED)
        .and_then(|votes| votes.parse().ok())
        .unwrap_or(0)
}

/// Keeps that a reminder was dismissed.
pub(crate) fn keep_reminded(votes: usize) {
    dom::write_local(REMINDED, &votes.to_string());
}

/// The pack that the visitor chose.
pub(crate) fn pack() -> &'static str {
    packs::named(&dom::read_local(PACK).unwrap_or_default())
}

/// Keeps the pack that the visitor chose.
pub(crate) fn keep_pack(pack: &str) {
    dom::write_local(PACK, pack);
}

/// Code of the language that the visitor chose.
pub(crate) fn language() -> Option<String> {
    dom::read_local(LANGUAGE)
}

/// Keeps the language that the visitor chose.
pub(crate) fn keep_language(code: &str) {
    dom::write_local(LANGUAGE, code);
}

/// What is being typed on `/try`, by field.
pub(crate) fn draft(field: &str) -> String {
    dom::read_local(&format!("{DRAFT}{field}")).unwrap_or_default()
}

/// Keeps what is being typed on `/try`.
pub(crate) fn keep_draft(field: &str, text: &str) {
    let key = format!("{DRAFT}{field}");
    if text.is_empty() {
        dom::remove_local(&key);
    } else {
        dom::write_local(&key, text);
    }
}

/// Whether the person agreed to be asked blind at times.
pub(crate) fn allows_blind() -> bool {
    dom::read_local(BLIND).as_deref() == Some("on")
}

/// Keeps whether the person is asked blind.
pub(crate) fn keep_allows_blind(allows: bool) {
    dom::write_local(BLIND, if allows { "on" } else { "off" });
}

/// Generations since the last blind test; `None` before the first.
pub(crate) fn since_blind() -> Option<usize> {
    dom::read_local(SINCE_BLIND)?.parse().ok()
}

/// Keeps how many generations there were since the last blind test.
pub(crate) fn keep_since_blind(count: usize) {
    dom::write_local(SINCE_BLIND, &count.to_string());
}

/// Traits of a pack that are moved by hand, as text.
pub(crate) fn edits(pack: &str) -> String {
    dom::read_local(&format!("{EDITS}{pack}")).unwrap_or_default()
}

/// Keeps traits that are moved by hand.
pub(crate) fn keep_edits(pack: &str, edits: &str) {
    dom::write_local(&format!("{EDITS}{pack}"), edits);
}

/// What the person says of themselves on a pack, in place of what was guessed: a weight, or nothing where the guess
/// stands, for each thing that a description says. Empty where nothing was said.
pub(crate) fn said_of_self(pack: &str) -> Vec<Option<f64>> {
    dom::read_local(&format!("{OF_SELF}{pack}"))
        .map(|text| text.split(',').map(said_named).collect())
        .unwrap_or_default()
}

/// Keeps what the person says of themselves on a pack.
pub(crate) fn keep_said_of_self(pack: &str, said: &[Option<f64>]) {
    let key = format!("{OF_SELF}{pack}");
    if said.iter().all(Option::is_none) {
        return dom::remove_local(&key);
    }
    let names: Vec<&str> = said.iter().map(|weight| said_name(*weight)).collect();
    dom::write_local(&key, &names.join(","));
}

/// What a person says of themselves, by pack.
pub(crate) type OfSelf = Vec<(&'static str, Vec<Option<f64>>)>;

/// Forgets what the person says of themselves on any pack, and returns it.
pub(crate) fn take_said_of_self() -> OfSelf {
    let taken: OfSelf = packs::ALL
        .into_iter()
        .map(|pack| (pack, said_of_self(pack)))
        .filter(|(_, said)| !said.is_empty())
        .collect();
    for (pack, _) in &taken {
        keep_said_of_self(pack, &[]);
    }
    taken
}

/// How much a person cares who says that they like something.
const SAID: f64 = 0.8;

/// Name of what is said, in local storage and in forms.
pub(crate) fn said_name(weight: Option<f64>) -> &'static str {
    match weight {
        None => "guess",
        Some(weight) if weight > 0.0 => "more",
        Some(weight) if weight < 0.0 => "less",
        Some(_) => "no",
    }
}

/// What is said by this name; the guess stands for any other word.
pub(crate) fn said_named(name: &str) -> Option<f64> {
    match name {
        "more" => Some(SAID),
        "less" => Some(-SAID),
        "no" => Some(0.0),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn device_names_round_trip() {
        for preference in [
            DevicePreference::Auto,
            DevicePreference::Cpu,
            DevicePreference::WebGpu,
        ] {
            assert_eq!(device_named(device_name(preference)), preference);
        }
        assert_eq!(device_named("nonsense"), DevicePreference::Auto);
    }

    #[test]
    fn what_was_said_of_oneself_round_trips() {
        for weight in [None, Some(SAID), Some(-SAID), Some(0.0)] {
            assert_eq!(said_named(said_name(weight)), weight);
        }
        assert_eq!(said_named("0.8"), None);
    }

    #[test]
    fn the_theme_button_visits_every_theme() {
        let visited = [
            Theme::System.next(),
            Theme::System.next().next(),
            Theme::System.next().next().next(),
        ];
        assert_eq!(visited, [Theme::Light, Theme::Dark, Theme::System]);
    }
}
