//! What went wrong.

texts! {
    problem_off = "The operator of this site has switched language models off. The built-in library still answers.";
    problem_not_in_use = "This model is not in use today. Choose another one.";
    problem_unknown_model = "This site does not have this model any more. Reload the page to see which ones there are.";
    problem_too_long = "The question, with what is told about you, is too long. Shorten it, tell less, or choose another model.";
    problem_told_too_long = "What is told about you is too long. Shorten it, or tell less.";
    problem_running = "You have as many requests running as one person may. Wait until one is finished, or stop it.";
    problem_busy = "Too much is being asked for here now. Try again in a minute.";
    problem_test_known = "The server already has another outcome of this test.";
    problem_storage = "The server cannot store anything now. Try again later; what is kept in this browser stays.";
    problem_slow = "The server did not finish in time. Try again.";
    problem_internal = "Something went wrong on the server. Try again later.";
    problem_page = "The server did not understand this page. Reload it, and try again.";
    error_network = "The server could not be reached. Check the connection and try again.";
}

sentences! {
    /// The server answered something that this page does not understand.
    error_decode(what) = "The server sent something unexpected ({what}). Reloading the page may help.";
    /// The browser did not let us keep data.
    error_storage(why) = "This browser did not store it: {why}";
    /// Asked for too much too fast.
    problem_rate(seconds) = "Too many requests from here. Try again in {seconds} s; nothing is lost.";
    /// An answer without words.
    error_status(status) = "The server answered {status}";
}

/// What the server refused, in the language of the page; `None` where its own words are all there is.
pub(crate) fn problem(code: &str, detail: &str) -> Option<String> {
    let text = match code {
        "generation_off" => problem_off(),
        "model_unavailable" => problem_not_in_use(),
        "model_unknown" => problem_unknown_model(),
        "budget_spent" => super::finish_budget(),
        "library_only" => super::try_library_only(),
        "prompt_empty" => super::try_no_prompt(),
        "prompt_too_long" => problem_too_long(),
        "steering_too_long" => problem_told_too_long(),
        "too_many_running" => problem_running(),
        "server_busy" => problem_busy(),
        "blind_test_exists" => problem_test_known(),
        "storage_full" | "storage_busy" => problem_storage(),
        "timeout" => problem_slow(),
        "internal" => problem_internal(),
        "generation_exists" | "generation_invalid" | "pack_unknown" | "prompt_unknown"
        | "pane_unknown" | "panes_running" | "blind_test_invalid" => problem_page(),
        "rate_limited" => {
            let digits = |sign: &char| sign.is_ascii_digit();
            let seconds: String = detail
                .chars()
                .skip_while(|sign| !digits(sign))
                .take_while(digits)
                .collect();
            return Some(problem_rate(seconds));
        }
        _ => return None,
    };
    Some(text.to_owned())
}
