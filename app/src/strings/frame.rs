//! Texts of the frame around every page: header, footer, titles, banners.

use palate_shared::routes;

/// Name of the site.
pub(crate) const NAME: &str = "Palate";
/// Label of the choice of a language; in every language at once, for those who cannot read the present one.
pub(crate) const LANGUAGE_LABEL: &str = "Language / Sprache";

texts! {
    nav_rank = "Rank";
    nav_compare = "Compare";
    nav_method = "Method";
    board_heading = "Leaderboard";
    home_title = "Learn your own taste in answers";
    rank_title = "Rank answers";
    skip_link = "Skip to content";
    nav_label = "Main";
    footer_label = "More";
    footer_note = "Your taste is learned in this browser. Nothing is sent unless you choose so.";
    mode_local = "On this device";
    mode_sync = "Sync";
    mode_contribute = "Contribute";
    mode_study = "Study";
    mode_link_hint = "Change what is sent";
    theme_system = "Colours: as your system";
    theme_light = "Colours: light";
    theme_dark = "Colours: dark";
    not_found_title = "Page not found";
    not_found_text = "There is nothing at this address. Perhaps a link is old, or a letter is missing.";
    not_found_home = "Go to the start page";
    not_found_rank = "Rank answers";
    not_loaded = "This page did not arrive";
    not_loaded_help = "You seem to be offline, or the site was renewed meanwhile. Your votes are safe on this device.";
    storage_full = "there is no space left. Free some space on this device, then try again";
    storage_missing = "it has no database for pages, or blocks it";
    storage_slow = "its database does not answer";
    worker_died = "The part that learns stopped unexpectedly.";
    worker_slow = "The part that learns took too long to start.";
    worker_restarted = "It was started anew.";
    worker_not_on_server = "This server does not offer the part that learns.";
    try_again = "Try again";
    loading = "Loading…";
    close = "Close";
    cancel = "Cancel";
    undo = "Undo";
    device_cpu_asked = "You asked for the CPU.";
    device_canary = "The last try with the graphics processor did not finish, so this page stays on the CPU. Choose “Graphics processor” to try again.";
    device_no_adapter = "This browser offers no graphics processor to pages.";
    device_fallback = "This browser only imitates a graphics processor, which is slower than the CPU.";
}

sentences! {
    /// The true counter in the header.
    votes_sent(count) = "votes sent: {count}";
    /// Banner when votes cannot be kept.
    storage_blocked(why) = "Your votes cannot be kept in this browser ({why}). Everything works, but your votes are gone when you close this tab. You can save them as a file under “Your data”.";
    /// Banner when nothing can be learned.
    worker_failed(why) = "Learning is off for now. {why} You can go on voting: your votes are kept and learned from later.";
    /// Why the CPU is used after the graphics processor failed.
    gpu_failed(why) = "The graphics processor failed: {why}";
    /// From one value to another.
    range(low, high) = "{low} to {high}";
}

/// Address and name of the pages in the header.
pub(crate) fn nav() -> [(&'static str, &'static str); 6] {
    [
        ("/rank", nav_rank()),
        ("/try", super::nav_try()),
        ("/compare", nav_compare()),
        ("/me", super::me_heading()),
        ("/data", super::data_heading()),
        ("/method", nav_method()),
    ]
}

/// Address and name of the pages in the footer.
pub(crate) fn footer() -> [(&'static str, &'static str); 7] {
    [
        ("/leaderboard", board_heading()),
        ("/guidelines", super::guidelines_heading()),
        ("/method", super::method_heading()),
        ("/me/data", super::own_heading()),
        ("/data", super::releases_heading()),
        ("/privacy", super::privacy_heading()),
        ("/accessibility", super::accessibility_heading()),
    ]
}

/// Title of the browser tab on the page of this address.
pub(crate) fn title(path: &str) -> String {
    let page = match path.trim_end_matches('/') {
        "" => home_title(),
        "/rank" => rank_title(),
        "/rank/4" => super::four_heading(),
        "/compare" => super::compare_heading(),
        "/try" => super::try_heading(),
        "/me" => super::me_heading(),
        "/me/history" => super::history_heading(),
        "/me/data" => super::own_heading(),
        "/leaderboard" => board_heading(),
        "/data" => super::data_heading(),
        "/method" => super::method_heading(),
        "/reproduce" => super::reproduce_heading(),
        "/guidelines" => super::guidelines_heading(),
        "/privacy" => super::privacy_heading(),
        "/accessibility" => super::accessibility_heading(),
        "/studies" => super::studies_heading(),
        path if path.starts_with(routes::STUDY_PAGES) => super::study_title(),
        _ => not_found_title(),
    };
    titled(page)
}

/// Title of the browser tab on a page of this name.
pub(crate) fn titled(page: &str) -> String {
    format!("{page} · {NAME}")
}
