//! Texts of ranking, comparing, the profile and the data page.

use crate::round::Choice;
use crate::words::plural;

// ---- ranking ----
pub(crate) const RANK_HEADING: &str = "Which answer do you prefer?";
pub(crate) const BOARD_LABEL: &str = "Comparison";
pub(crate) const ANSWERS: [&str; 2] = ["Answer A", "Answer B"];
pub(crate) const LETTERS: [&str; 2] = ["A", "B"];
pub(crate) const VOTES_LABEL: &str = "Your vote";
pub(crate) const SHOW_ALL: &str = "Show all";
pub(crate) const SHOW_LESS: &str = "Show less";

/// Label and key of a vote button.
pub(crate) fn choice(choice: Choice) -> (&'static str, &'static str) {
    match choice {
        Choice::First => ("A is better", "1"),
        Choice::Second => ("B is better", "2"),
        Choice::Equal => ("Equal", "3"),
        Choice::BothBad => ("Both bad", "4"),
        Choice::CantTell => ("Can’t tell", "0"),
        Choice::Skip => ("Skip", "S"),
    }
}

/// What was said, as a sentence.
pub(crate) fn said(choice: Choice) -> &'static str {
    match choice {
        Choice::First => "You prefer answer A.",
        Choice::Second => "You prefer answer B.",
        Choice::Equal => "You find both equally good.",
        Choice::BothBad => "You would accept neither.",
        Choice::CantTell => "You can’t tell.",
        Choice::Skip => "You skip this one.",
    }
}

pub(crate) const GRACE_NOTE: &str = "Kept in 8 seconds. Until then you can take it back.";
pub(crate) const REVEAL_NOW: &str = "Reveal now";
pub(crate) const NEXT: &str = "Next";
pub(crate) const SAVING: &str = "Keeping your vote…";
pub(crate) const NOT_SAVED: &str = "Your vote could not be stored";
pub(crate) const NOT_SAVED_HELP: &str = "It is not lost: this tab still holds it. Try again, save it as a file, or go on without storing.";
pub(crate) const SAVE_FILE: &str = "Save as a file";
pub(crate) const GO_ON: &str = "Go on without storing";
pub(crate) const FIRST_FAILED: &str = "The first questions could not be loaded.";

pub(crate) const REVEAL_WROTE: &str = "Written by";
pub(crate) const REVEAL_ASKED: &str = "Asked for";
pub(crate) const REVEAL_NO_FORECAST: &str =
    "You voted before the methods were ready, so none of them made a forecast.";
pub(crate) const FORECAST_TABLE: &str = "Forecasts made before you voted";
pub(crate) const COL_METHOD: &str = "Method";
pub(crate) const COL_FORECAST: &str = "Forecast";
pub(crate) const COL_RESULT: &str = "Result";
pub(crate) const RIGHT: &str = "✓ right";
pub(crate) const WRONG: &str = "✗ missed";
pub(crate) const OPEN: &str = "– no winner";
pub(crate) const HALF: &str = "– no side";
pub(crate) const COIN: &str = "Coin";
pub(crate) const LEARNING: &str = "Learning from your vote…";
pub(crate) const LEARN_LATER: &str =
    "Kept. It will be learned from as soon as the methods are ready.";
pub(crate) const HELD_OUT_LESSON: &str =
    "This pair was drawn at random to test the methods, so they do not learn from it.";
pub(crate) const CERTAINTY: &str = "How well your taste is known";
pub(crate) const WHY_LABEL: &str = "Why this pair?";

/// A forecast in words: "A, 72 %".
pub(crate) fn forecast(p_first: f64) -> String {
    let shown = (p_first * 100.0).round();
    if shown == 50.0 {
        return "50 : 50".to_owned();
    }
    let (side, p) = if p_first > 0.5 {
        (LETTERS[0], shown)
    } else {
        (LETTERS[1], 100.0 - shown)
    };
    format!("{side}, {p:.0} %")
}

/// Progress under the question.
pub(crate) fn progress(votes: usize, held_out: usize) -> String {
    format!("{} · {held_out} held out", plural(votes, "vote", "votes"))
}
pub(crate) const HELD_OUT_HINT: &str =
    "About one question in four is drawn at random and never learned from; those test the methods.";

/// Spoken when a reveal opens.
pub(crate) fn revealed(first: &str, second: &str) -> String {
    format!("Vote kept. Answer A: {first}. Answer B: {second}.")
}
pub(crate) const TAKEN_BACK: &str = "Vote taken back.";
pub(crate) const NEW_QUESTION: &str = "New question.";

pub(crate) const SHORTCUTS: &str = "Keyboard shortcuts";
pub(crate) const SHORTCUTS_NOTE: &str = "They rest while you type.";
pub(crate) const SHORTCUTS_ON: &str = "Use single keys";
pub(crate) const SHORTCUT_LIST: [(&str, &str); 9] = [
    ("1", "A is better"),
    ("2", "B is better"),
    ("3", "Equal"),
    ("4", "Both bad"),
    ("0", "Can’t tell"),
    ("S", "Skip"),
    ("U", "Undo"),
    ("N", "Reveal now, then next"),
    ("?", "This list"),
];

// ---- compare ----
pub(crate) const COMPARE_HEADING: &str = "Compare two texts";
pub(crate) const COMPARE_LEAD: &str = "Paste any two texts and see which one you would probably prefer, judged by what your votes taught. The texts stay in this browser.";
pub(crate) const COMPARE_SOURCE: &str = "Where from?";
pub(crate) const COMPARE_PASTE: &str = "My own texts";
pub(crate) const COMPARE_PACK: &str = "Answers from the pack";
pub(crate) const COMPARE_PROMPT: &str = "Question they answer (may stay empty)";
pub(crate) const COMPARE_FIRST: &str = "Text A";
pub(crate) const COMPARE_SECOND: &str = "Text B";
pub(crate) const COMPARE_PICK_PROMPT: &str = "Question";
pub(crate) const COMPARE_PICK: [&str; 2] = ["Answer A", "Answer B"];
pub(crate) const COMPARE_GO: &str = "Which would I prefer?";
pub(crate) const COMPARE_EMPTY: &str = "Fill in both texts first.";
pub(crate) const COMPARE_SAME: &str = "The two texts are the same. Choose two different ones.";
pub(crate) const COMPARE_RUNNING: &str = "Reading both texts…";
pub(crate) const COMPARE_STARTING: &str = "Starting…";
pub(crate) const COMPARE_DOWNLOADING: &str = "Downloading the language model";
pub(crate) const COMPARE_NOT_NOW: &str = "Not now";
pub(crate) const COMPARE_DOWNLOAD: &str = "Download and compare";
pub(crate) const COMPARE_ALL: &str = "What every method expects";
pub(crate) const COMPARE_WHY: &str = "Why";
pub(crate) const COMPARE_NO_REASON: &str = "No single trait stands out.";
pub(crate) const COMPARE_NEW_HERE: &str = "You have not voted yet, so this is what people in general would prefer. Rank a few answers to make it yours.";
pub(crate) const COMPARE_CANCELLED: &str =
    "Download stopped. What arrived is kept; the next try goes on from there.";
pub(crate) const COMPARE_MISSING: &str = "The language model is not on this server yet. The operator can add it; ranking works without it.";
pub(crate) const DEVICE_HEADING: &str = "Which device?";
pub(crate) const DEVICE_AUTO: &str = "The faster one";
pub(crate) const DEVICE_CPU: &str = "CPU";
pub(crate) const DEVICE_GPU: &str = "Graphics processor";
pub(crate) const DEVICE_NOT_YET: &str = "Nothing has run yet.";
pub(crate) const CACHE_DELETE: &str = "Delete the downloaded model";
pub(crate) const CACHE_DELETED: &str = "Deleted. It is downloaded again when you next compare.";

/// Question before the download.
pub(crate) fn compare_ask(size: &str) -> String {
    format!(
        "To read new texts, this page needs a language model that runs in your browser: {size}, downloaded once from this server and kept here. Your texts are not sent."
    )
}

/// Where it ran.
pub(crate) fn runs_on(device: &str, reason: &str) -> String {
    format!("Runs on: {device}. {reason}")
}

/// The verdict.
pub(crate) fn verdict(side: &str, strength: &str, percent: &str) -> String {
    format!("You would prefer {side}: {strength}, {percent}")
}

/// The verdict's interval.
pub(crate) fn verdict_interval(low: &str, high: &str) -> String {
    format!(
        "Nine times in ten the true chance lies between {low} and {high}, if the model fits you."
    )
}

/// By how much.
pub(crate) fn how_much(margin: f64) -> &'static str {
    match margin.abs() {
        m if m < 0.4 => "They are almost the same to you.",
        m if m < 1.1 => "A slight difference.",
        m if m < 2.2 => "A clear difference.",
        _ => "A large difference.",
    }
}

/// What a reason speaks for.
pub(crate) fn speaks_for(first: bool) -> &'static str {
    if first { "for A" } else { "for B" }
}

// ---- me ----
pub(crate) const ME_HEADING: &str = "Your taste";
pub(crate) const ME_EMPTY: &str =
    "You have not voted yet. After about ten votes a picture of your taste appears here.";
pub(crate) const ME_EMPTY_LINK: &str = "Rank your first answers";
pub(crate) const ME_WORDS: &str = "In words";
pub(crate) const ME_NOTHING_SURE: &str =
    "Nothing is certain yet: every trait could still go either way. A few more votes will help.";
pub(crate) const ME_TRAITS: &str = "What moves you";
pub(crate) const ME_TRAITS_NOTE: &str = "Each bar shows how strongly a trait pulls your vote; the thin line is where the true value lies nine times in ten. A line that crosses the upright stroke means: not known yet.";
pub(crate) const ME_TRAITS_TABLE: &str = "The same as a table";
pub(crate) const ME_COL_TRAIT: &str = "Trait";
pub(crate) const ME_COL_LEAN: &str = "You lean to";
pub(crate) const ME_COL_PULL: &str = "Pull";
pub(crate) const ME_COL_RANGE: &str = "90 % interval";
pub(crate) const ME_UNIT: &str =
    "Pull is the change in log-odds when an answer has one standard deviation more of the trait.";
pub(crate) const ME_PROTOTYPES: &str = "Which kinds of reader you resemble";
pub(crate) const ME_PROTOTYPES_NOTE: &str =
    "Your votes as a mix of a few typical tastes, each described by the answers nearest to it.";

/// Opens the prototypes with small shares.
pub(crate) fn small_prototypes(count: usize, share: &str) -> String {
    format!("{count} more, together {share}")
}
pub(crate) const ME_RACE: &str = "Who foresees your votes?";
pub(crate) const ME_RACE_NOTE: &str = "Only votes on randomly drawn questions count here. No method learned from them. The coin is right half the time by definition.";
pub(crate) const ME_TOO_EARLY: &str = "Too early to tell";
pub(crate) const ME_COL_RIGHT: &str = "Foreseen";
pub(crate) const ME_COL_INTERVAL: &str = "95 % interval";
pub(crate) const ME_COL_VOTES: &str = "Votes";
pub(crate) const ME_CURVE: &str = "Running score over all votes";
pub(crate) const ME_CURVE_NOTE: &str = "The share of all votes foreseen so far, each forecast before it was learned from. Chosen questions are harder than random ones, so this is not the accuracy above.";
pub(crate) const ME_CURVE_TABLE: &str = "The curve as a table";
pub(crate) const ME_KEEP: &str = "Your votes";
pub(crate) const ME_EXPORT: &str = "Save my votes as a file";
pub(crate) const ME_DELETE: &str = "Delete my votes from this device";
pub(crate) const ME_WAITING: &str = "The picture appears once the methods are loaded.";
pub(crate) const PROTOTYPE_EXAMPLE: &str = "For example:";

/// Lead of the page.
pub(crate) fn me_lead(votes: usize, fitted: u32, held_out: usize) -> String {
    format!(
        "From {}: {fitted} learned from, {held_out} kept aside to test the methods.",
        plural(votes, "vote", "votes")
    )
}

/// The strong traits as a sentence.
pub(crate) fn me_sentence(words: &[&str]) -> String {
    match words {
        [] => ME_NOTHING_SURE.to_owned(),
        [one] => format!("You lean to {one}."),
        [most @ .., last] => format!("You lean to {} and {last}.", most.join(", ")),
    }
}

/// After too few held-out votes.
pub(crate) fn too_early(have: u32, need: u32) -> String {
    format!(
        "{ME_TOO_EARLY}: {} so far, {need} needed.",
        plural(have as usize, "test vote", "test votes")
    )
}

/// After deletion.
pub(crate) fn deleted(count: usize) -> String {
    format!(
        "{} deleted from this device.",
        plural(count, "vote", "votes")
    )
}

/// Where the votes are.
pub(crate) fn kept_here(count: usize, durable: bool) -> String {
    let votes = plural(count, "vote", "votes");
    if durable {
        format!(
            "{votes} kept on this device. Browsers may clear such data after weeks without a visit; a file is safer."
        )
    } else {
        format!("{votes} held by this tab only.")
    }
}

// ---- data ----
pub(crate) const DATA_HEADING: &str = "Data";
pub(crate) const OUTBOX_HEADING: &str = "Your votes on the way";
pub(crate) const OUTBOX_SENT: &str = "Saved on the server";
pub(crate) const OUTBOX_WAITING: &str = "Waiting to be sent";
pub(crate) const OUTBOX_FAILED: &str = "Refused";
pub(crate) const OUTBOX_RETRY: &str = "Send now";
pub(crate) const OUTBOX_LAST: &str = "Last answer:";
pub(crate) const RELEASES_HEADING: &str = "Open data";
pub(crate) const RELEASES_LEAD: &str =
    "Votes that people chose to publish, with everything needed to use them. No login.";
pub(crate) const RELEASES_NONE: &str =
    "No release yet. The first one appears here when the operator publishes it.";
pub(crate) const RELEASES_FAILED: &str = "The list of releases could not be loaded.";
pub(crate) const COL_FILE: &str = "File";
pub(crate) const COL_SIZE: &str = "Size";
pub(crate) const COL_SUM: &str = "SHA-256";
pub(crate) const SNIPPET_SHELL: &str = "Download";
pub(crate) const SNIPPET_PYTHON: &str = "Load in Python";
pub(crate) const SERVER_ERASE: &str = "Delete what the server holds of me…";

/// After erasing on the server.
pub(crate) fn erased(judgments: u64, receipt: &str) -> String {
    format!(
        "{} deleted on the server. Receipt: {receipt}",
        plural(
            usize::try_from(judgments).unwrap_or(usize::MAX),
            "vote",
            "votes"
        )
    )
}

/// Facts of a release.
pub(crate) fn release_facts(votes: u64, pairs: u64, raters: u64, licence: &str) -> String {
    format!("{votes} votes, {pairs} pairs, {raters} raters · {licence}")
}
