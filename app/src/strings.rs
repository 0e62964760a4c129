//! Every text that visitors read, in one place: plain and short, "you" for the person.

mod four;
mod history;
mod own;
mod pages;
mod prose;

pub(crate) use four::*;
pub(crate) use history::*;
pub(crate) use own::*;
pub(crate) use pages::*;
pub(crate) use prose::*;

pub(crate) const NAME: &str = "Palate";
pub(crate) const SKIP_LINK: &str = "Skip to content";
pub(crate) const NAV_LABEL: &str = "Main";
pub(crate) const NAV: [(&str, &str); 5] = [
    ("/rank", "Rank"),
    ("/compare", "Compare"),
    ("/me", "Your taste"),
    ("/data", "Data"),
    ("/method", "Method"),
];
pub(crate) const FOOTER_LABEL: &str = "More";
pub(crate) const FOOTER_NOTE: &str =
    "Your taste is learned in this browser. Nothing is sent unless you choose so.";
pub(crate) const FOOTER: &[(&str, &str)] = &[
    ("/guidelines", "How to judge"),
    ("/method", "How it works"),
    ("/me/data", "Your data"),
    ("/data", "Open data"),
    ("/accessibility", "Accessibility"),
];

pub(crate) const MODE_LOCAL: &str = "On this device";
pub(crate) const MODE_SYNC: &str = "Sync";
pub(crate) const MODE_CONTRIBUTE: &str = "Contribute";
pub(crate) const MODE_LINK_HINT: &str = "Change what is sent";

/// The true counter in the header.
pub(crate) fn votes_sent(count: usize) -> String {
    format!("votes sent: {count}")
}

pub(crate) const THEME_SYSTEM: &str = "Colours: as your system";
pub(crate) const THEME_LIGHT: &str = "Colours: light";
pub(crate) const THEME_DARK: &str = "Colours: dark";

/// Title of the browser tab.
pub(crate) fn title(page: &str) -> String {
    format!("{page} · {NAME}")
}

pub(crate) const PAGE_TITLES: &[(&str, &str)] = &[
    ("/", "Learn your own taste in answers"),
    ("/rank", "Rank answers"),
    ("/rank/4", "Rank four answers"),
    ("/compare", "Compare two texts"),
    ("/me", "Your taste"),
    ("/me/history", "Your votes"),
    ("/me/data", "Your data"),
    ("/data", "Data"),
    ("/method", "How it works"),
    ("/guidelines", "How to judge"),
    ("/accessibility", "Accessibility"),
];
pub(crate) const NOT_FOUND_TITLE: &str = "Page not found";
pub(crate) const NOT_FOUND_TEXT: &str =
    "There is nothing at this address. Perhaps a link is old, or a letter is missing.";
pub(crate) const NOT_FOUND_HOME: &str = "Go to the start page";
pub(crate) const NOT_FOUND_RANK: &str = "Rank answers";

pub(crate) const NOT_LOADED: &str = "This page did not arrive";
pub(crate) const NOT_LOADED_HELP: &str = "You seem to be offline, or the site was renewed meanwhile. Your votes are safe on this device.";

pub(crate) const STORAGE_FULL: &str =
    "there is no space left. Free some space on this device, then try again";
pub(crate) const STORAGE_MISSING: &str = "it has no database for pages, or blocks it";
pub(crate) const STORAGE_SLOW: &str = "its database does not answer";

/// Banner when votes cannot be kept.
pub(crate) fn storage_blocked(why: &str) -> String {
    format!(
        "Your votes cannot be kept in this browser ({why}). Everything works, but your votes are gone when you close this tab. \
         You can save them as a file under “Your data”."
    )
}

pub(crate) const WORKER_DIED: &str = "The part that learns stopped unexpectedly.";
pub(crate) const WORKER_SLOW: &str = "The part that learns took too long to start.";
pub(crate) const WORKER_RESTARTED: &str = "It was started anew.";
pub(crate) const WORKER_NOT_ON_SERVER: &str = "This server does not offer the part that learns.";

/// Banner when nothing can be learned.
pub(crate) fn worker_failed(why: &str) -> String {
    format!(
        "Learning is off for now. {why} You can go on voting: your votes are kept and learned from later."
    )
}
pub(crate) const TRY_AGAIN: &str = "Try again";
pub(crate) const LOADING: &str = "Loading…";
pub(crate) const CLOSE: &str = "Close";
pub(crate) const CANCEL: &str = "Cancel";
pub(crate) const UNDO: &str = "Undo";

pub(crate) const DEVICE_CPU_ASKED: &str = "You asked for the CPU.";
pub(crate) const DEVICE_CANARY: &str = "The last try with the graphics processor did not finish, so this page stays on the CPU. Choose “Graphics processor” to try again.";
pub(crate) const DEVICE_NO_ADAPTER: &str = "This browser offers no graphics processor to pages.";
pub(crate) const DEVICE_FALLBACK: &str =
    "This browser only imitates a graphics processor, which is slower than the CPU.";

/// Why the CPU is used after the graphics processor failed.
pub(crate) fn gpu_failed(why: &str) -> String {
    format!("The graphics processor failed: {why}")
}
