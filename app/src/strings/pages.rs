//! Texts of ranking, comparing, the profile and the data page.

use crate::keys::Command;
use crate::round::Choice;

texts! {
    // ---- ranking ----
    rank_heading = "Which answer do you prefer?";
    board_label = "Comparison";
    votes_label = "Your vote";
    show_all = "Show all";
    show_less = "Show less";
    grace_note = "Kept in 8 seconds. Until then you can take it back.";
    reveal_now = "Reveal now";
    next = "Next";
    saving = "Keeping your vote…";
    not_saved = "Your vote could not be stored";
    not_saved_help = "It is not lost: this tab still holds it. Try again, save it as a file, or go on without storing.";
    save_file = "Save as a file";
    go_on = "Go on without storing";
    first_failed = "The first questions could not be loaded.";
    reveal_wrote = "Written by";
    reveal_asked = "Asked for";
    reveal_no_forecast = "You voted before the methods were ready, so none of them made a forecast.";
    forecast_table = "Forecasts made before you voted";
    col_method = "Method";
    col_forecast = "Forecast";
    col_result = "Result";
    right = "✓ right";
    wrong = "✗ missed";
    open = "– no winner";
    half = "– no side";
    coin = "Coin";
    learning = "Learning from your vote…";
    learn_later = "Kept. It will be learned from as soon as the methods are ready.";
    held_out_lesson = "This pair was drawn at random to test the methods, so they do not learn from it.";
    certainty = "How well your taste is known";
    why_label = "Why this pair?";
    held_out_hint = "About one question in four is drawn at random and never learned from; those test the methods.";
    taken_back = "Vote taken back.";
    new_question = "New question.";
    shortcuts = "Keyboard shortcuts";
    shortcuts_note = "They rest while you type.";
    shortcuts_on = "Use single keys";
    // ---- compare ----
    compare_heading = "Compare two texts";
    compare_lead = "Paste any two texts and see which one you would probably prefer, judged by what your votes taught. The texts stay in this browser.";
    compare_source = "Where from?";
    compare_paste = "My own texts";
    compare_pack = "Answers from the pack";
    compare_prompt = "Question they answer (may stay empty)";
    compare_first = "Text A";
    compare_second = "Text B";
    compare_pick_prompt = "Question";
    compare_go = "Which would I prefer?";
    compare_empty = "Fill in both texts first.";
    compare_same = "The two texts are the same. Choose two different ones.";
    compare_running = "Reading both texts…";
    compare_starting = "Starting…";
    compare_downloading = "Downloading the language model";
    compare_not_now = "Not now";
    compare_download = "Download and compare";
    compare_all = "What every method expects";
    compare_why = "Why";
    compare_no_reason = "No single trait stands out.";
    compare_new_here = "You have not voted yet, so this is what people in general would prefer. Rank a few answers to make it yours.";
    compare_cancelled = "Download stopped. What arrived is kept; the next try goes on from there.";
    compare_missing = "The language model is not on this server yet. The operator can add it; ranking works without it.";
    device_heading = "Which device?";
    device_auto = "The faster one";
    device_cpu = "CPU";
    device_gpu = "Graphics processor";
    device_not_yet = "Nothing has run yet.";
    cache_delete = "Delete the downloaded model";
    cache_deleted = "Deleted. It is downloaded again when you next compare.";
    // ---- me ----
    me_heading = "Your taste";
    me_empty = "You have not voted yet. After about ten votes a picture of your taste appears here.";
    me_empty_here = "You have not voted on these questions yet. After about ten votes a picture appears here.";
    me_empty_link = "Rank your first answers";
    me_words = "In words";
    me_nothing_sure = "Nothing is certain yet: every trait could still go either way. A few more votes will help.";
    me_traits = "What moves you";
    me_traits_note = "Each bar shows how strongly a trait pulls your vote; the thin line is where the true value lies nine times in ten. A line that crosses the upright stroke means: not known yet.";
    me_traits_table = "The same as a table";
    me_col_trait = "Trait";
    me_col_lean = "You lean to";
    me_col_pull = "Pull";
    me_col_range = "90 % interval";
    me_unit = "Pull is the change in log-odds when an answer has one standard deviation more of the trait.";
    me_prototypes = "Which kinds of reader you resemble";
    me_prototypes_note = "Your votes as a mix of a few typical tastes, each described by the answers nearest to it.";
    me_keep = "Your votes";
    me_export = "Save my votes as a file";
    me_delete = "Delete my votes from this device";
    me_waiting = "The picture appears once the methods are loaded.";
    prototype_example = "For example:";
    // ---- data ----
    data_heading = "Data";
    outbox_heading = "Your votes on the way";
    outbox_sent = "Saved on the server";
    outbox_waiting = "Waiting to be sent";
    outbox_failed = "Refused";
    outbox_retry = "Send now";
    outbox_last = "Last answer:";
    releases_heading = "Open data";
    releases_lead = "Votes that people chose to publish, with everything needed to use them. No login.";
    releases_none = "No release yet. The first one appears here when the operator publishes it.";
    releases_failed = "The list of releases could not be loaded.";
    col_file = "File";
    col_size = "Size";
    col_sum = "SHA-256";
    server_erase = "Delete what the server holds of me…";

    // ---- votes ----
    choice_first = "A is better";
    choice_second = "B is better";
    choice_equal = "Equal";
    choice_both_bad = "Both bad";
    choice_cant_tell = "Can’t tell";
    choice_skip = "Skip";
    said_first = "You prefer answer A.";
    said_second = "You prefer answer B.";
    said_equal = "You find both equally good.";
    said_both_bad = "You would accept neither.";
    said_cant_tell = "You can’t tell.";
    said_skip = "You skip this one.";
    shortcut_next = "Reveal now, then next";
    shortcut_list = "This list";
    shortcut_change = "To change a key, type another one into its box.";
    shortcut_taken = "That key cannot be used: it is another one’s, or no single character.";
    shortcut_reset = "Use the original keys";

    // ---- how sure, how much ----
    very_likely = "very likely";
    likely = "likely";
    somewhat_likely = "somewhat likely";
    coin_flip = "close to a coin flip";
    difference_none = "They are almost the same to you.";
    difference_slight = "A slight difference.";
    difference_clear = "A clear difference.";
    difference_large = "A large difference.";
    for_a = "for A";
    for_b = "for B";
}

sentences! {
    /// Spoken when a reveal opens.
    revealed(first, second) = "Vote kept. Answer A: {first}. Answer B: {second}.";
    /// Question before the download.
    compare_ask(size) = "To read new texts, this page needs a language model that runs in your browser: {size}, downloaded once from this server and kept here. Your texts are not sent.";
    /// How far the download is.
    compare_loaded(loaded, total, share) = "{loaded} of {total} · {share}";
    /// Where it ran.
    runs_on(device, reason) = "Runs on: {device}. {reason}";
    /// The verdict.
    verdict(side, strength, percent) = "You would prefer {side}: {strength}, {percent}";
    /// The verdict's interval.
    verdict_interval(low, high) = "Nine times in ten the true chance lies between {low} and {high}, if the model fits you.";
    /// The only strong trait.
    me_one_trait(words) = "You lean to {words}.";
    /// Several strong traits.
    me_more_traits(words, last) = "You lean to {words} and {last}.";
    /// Facts of a release.
    release_facts(votes, pairs, raters, licence) = "{votes}, {pairs}, {raters} · {licence}";
}

counted! {
    /// Progress under the question.
    progress(count, held_out) = "{count} vote · {held_out} held out", "{count} votes · {held_out} held out";
    /// Opens the prototypes with small shares.
    small_prototypes(count, share) = "{count} more, together {share}", "{count} more, together {share}";
    /// Lead of the page.
    me_lead(count, fitted, held_out) = "From {count} vote: {fitted} learned from, {held_out} kept aside to test the methods.", "From {count} votes: {fitted} learned from, {held_out} kept aside to test the methods.";
    /// After deletion.
    deleted(count) = "{count} vote deleted from this device.", "{count} votes deleted from this device.";
    /// Votes in the browser's database.
    kept_durably(count) = "{count} vote kept on this device. Browsers may clear such data after weeks without a visit; a file is safer.", "{count} votes kept on this device. Browsers may clear such data after weeks without a visit; a file is safer.";
    /// Votes in the memory of a tab.
    kept_in_tab(count) = "{count} vote held by this tab only.", "{count} votes held by this tab only.";
    /// After erasing on the server.
    erased(count, receipt) = "{count} vote deleted on the server. Receipt: {receipt}", "{count} votes deleted on the server. Receipt: {receipt}";
    /// Votes of a release.
    release_votes(count) = "{count} vote", "{count} votes";
    /// Pairs of a release.
    release_pairs(count) = "{count} pair", "{count} pairs";
    /// Raters of a release.
    release_raters(count) = "{count} rater", "{count} raters";
}

/// Label of a vote button.
pub(crate) fn choice(choice: Choice) -> &'static str {
    match choice {
        Choice::First => choice_first(),
        Choice::Second => choice_second(),
        Choice::Equal => choice_equal(),
        Choice::BothBad => choice_both_bad(),
        Choice::CantTell => choice_cant_tell(),
        Choice::Skip => choice_skip(),
    }
}

/// What was said, as a sentence.
pub(crate) fn said(choice: Choice) -> &'static str {
    match choice {
        Choice::First => said_first(),
        Choice::Second => said_second(),
        Choice::Equal => said_equal(),
        Choice::BothBad => said_both_bad(),
        Choice::CantTell => said_cant_tell(),
        Choice::Skip => said_skip(),
    }
}

/// A forecast in words: "A, 72 %".
pub(crate) fn forecast(p_first: f64) -> String {
    let shown = (p_first * 100.0).round();
    // A lean is scored, however small; only a coin has none.
    if p_first == 0.5 {
        return "50 : 50".to_owned();
    }
    let (side, p) = if p_first > 0.5 {
        (super::LETTERS[0], shown)
    } else {
        (super::LETTERS[1], 100.0 - shown)
    };
    format!("{side}, {p:.0} %")
}

/// What a key does.
pub(crate) fn command(command: Command) -> &'static str {
    match command {
        Command::Vote(voted) => choice(voted),
        Command::Undo => super::undo(),
        Command::Next => shortcut_next(),
        Command::Help => shortcut_list(),
    }
}

/// How sure a probability of at least one half sounds.
pub(crate) fn strength(probability: f64) -> &'static str {
    match probability {
        p if p >= 0.9 => very_likely(),
        p if p >= 0.75 => likely(),
        p if p >= 0.6 => somewhat_likely(),
        _ => coin_flip(),
    }
}

/// By how much.
pub(crate) fn how_much(margin: f64) -> &'static str {
    match margin.abs() {
        m if m < 0.4 => difference_none(),
        m if m < 1.1 => difference_slight(),
        m if m < 2.2 => difference_clear(),
        _ => difference_large(),
    }
}

/// What a reason speaks for.
pub(crate) fn speaks_for(first: bool) -> &'static str {
    if first { for_a() } else { for_b() }
}

/// The strong traits as a sentence.
pub(crate) fn me_sentence(words: &[String]) -> String {
    match words {
        [] => me_nothing_sure().to_owned(),
        [one] => me_one_trait(one),
        [most @ .., last] => me_more_traits(most.join(", "), last),
    }
}

/// Where the votes are.
pub(crate) fn kept_here(count: usize, durable: bool) -> String {
    if durable {
        kept_durably(count)
    } else {
        kept_in_tab(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strength_grows_with_the_probability() {
        let said: Vec<_> = [0.5, 0.65, 0.8, 0.95].map(strength).into();
        assert_eq!(
            said,
            [
                "close to a coin flip",
                "somewhat likely",
                "likely",
                "very likely"
            ]
        );
    }
}
