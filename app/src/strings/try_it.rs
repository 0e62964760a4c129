//! Texts of `/try`, and of the blind tests on `/me`.

use palate_shared::api::blind_tests::Strategy;
use palate_shared::api::generation::Finish;

/// What is asked where a model only describes the person; the server does not pass it on.
pub(crate) const TRY_DESCRIBE_PROMPT: &str = "Describe the person.";

texts! {
    nav_try = "Try";
    try_heading = "Answers for you";
    try_lead = "Ask something. You get several answers that differ on purpose, and the one that your votes speak for, with the reasons.";
    try_pack_note = "Your votes on these questions are the examples.";
    // ---- examples ----
    try_examples = "What do I know you by?";
    try_from_all = "All my votes";
    try_from_some = "Some of my votes";
    try_from_quick = "Four questions now";
    try_from_texts = "My own texts";
    try_no_votes = "You have not voted on these questions yet, so answers are ranked as people in general would. Four questions are a start.";
    try_quick_note = "These are ordinary votes, chosen as on the page “Rank”. They stay in your history.";
    try_quick_done = "Thank you, that is a start. All your votes count as examples now.";
    try_quick_more = "Four more";
    try_texts_note = "Paste texts that you like, and texts that you like less; at least one of each. They stay in this browser. Reading them needs the text model, a download of about 46 MB; you are asked before.";
    try_text_more = "One more pair of texts";
    try_leave_out = "Leave this one out";
    try_left_out = "Left out for now. They stay among your votes:";
    try_put_back = "Put it back";
    try_ranked_anew = "Ranked anew by the other examples.";
    try_few_examples = "Choose at least two votes above, or paste one text that you like and one that you like less.";
    // ---- prompt ----
    try_prompt_heading = "What do you want to ask?";
    try_prompt_pack = "One from the list";
    try_prompt_own = "My own";
    try_prompt_label = "Your question";
    try_no_prompt = "Write a question first.";
    try_model = "Who answers";
    try_library = "The built-in library";
    try_unreachable = "cannot be reached now";
    try_off = "switched off";
    try_spent = "used up for today";
    try_no_model = "The list of models did not arrive, so nothing can be asked now.";
    try_library_only = "The built-in library only answers questions from the list. For your own, choose a model.";
    try_connect = "Is none there? The operator of this site can connect one: palate serve --models FILE names it, and the README shows how, also for models on one's own computer.";
    try_library_note = "The library has at most six answers to a question. One of them, drawn once for everybody, counts as the ordinary answer.";
    try_near = "Near questions from the list:";
    try_near_by_meaning = "found by meaning";
    try_near_by_words = "found by words";
    try_bring_back = "Bring back what I typed before";
    try_model_off = "This model is switched off. Choose another one.";
    try_find_near = "Show near questions from the list";
    try_count = "Different answers";
    // ---- ways ----
    try_ways = "How are they made for you?";
    try_way_pick = "Of several answers, the one is picked that suits you best. That happens in this browser, always. The model can be told something about you as well:";
    try_steering_off = "Not with the built-in library: its answers are written already, so telling it something changes nothing.";
    try_way_style = "Tell it how to write, in a few words";
    try_way_shots = "Show it some of your votes";
    try_way_description = "Have it describe you from them first, and send the description too";
    try_style_suggest = "Write a suggestion from my examples";
    try_style_label = "Instruction (in English, for the model)";
    try_style_none = "Your examples do not say enough for an instruction yet.";
    try_sent_as_is = "It is sent as it stands here, and nothing else about you. Change it as you like.";
    try_prompt_only = "The layout of FSPO, by prompting alone (“prompt-only”): no model is trained on it.";
    try_no_shots = "None of your examples prefers one answer to another yet.";
    try_shot_chosen = "You preferred";
    try_shot_rejected = "To this one";
    try_describe = "Have the model describe me";
    try_description_label = "Description (prompt-only)";
    try_described = "The description is ready. Read and change it before it is sent.";
    // ---- what leaves the device ----
    try_allow_blind = "Now and then, show me the pick and the ordinary answer side by side without names, so that I can see whether this helps me (at most every third time).";
    try_votes_stay = "Your votes do not: they stay on this device.";
    try_votes_apart = "Your votes are not part of it.";
    try_prompt_stays = "Your choice of a question goes to this server, which has the answers.";
    try_operator_says = "What the operator says is kept:";
    try_go = "Write answers";
    try_send_anyway = "Send it anyway";
    try_private_mail = "an e-mail address";
    try_private_phone = "a phone number";
    try_private_number = "a long number";
    // ---- while they arrive ----
    try_asking = "Asking for answers…";
    try_waiting = "Waiting for the first words…";
    try_all_answers = "All answers, side by side";
    try_stop = "Stop";
    try_stop_all = "Stop all";
    try_copy = "Copy";
    try_copied = "Copied";
    try_ranking = "Finding the one for you…";
    try_too_few = "Fewer than two answers came, so there is nothing to pick from.";
    try_not_ranked = "Not ranked: that needs the text model.";
    try_rank_them = "Rank these answers";
    try_download_yes = "Download and rank";
    // ---- the pick ----
    try_pick_is_default = "It is the ordinary answer: none of the others suits you better.";
    try_pick_close = "It is a close call: the next one may suit you as well.";
    try_why = "Why this one?";
    try_default = "ordinary answer";
    try_ranked = "All answers, ranked for you";
    try_score_note = "A score says how much better than the average of these answers it should please you: at +1 you would prefer it about three times in four. The bar shows how sure that is (90 % interval).";
    try_knows_nothing = "I do not know you yet, so this is what people in general would prefer.";
    try_receipts = "Your examples behind it";
    try_reasons = "Beside the average of these answers";
    try_for = "for it";
    try_against = "against it";
    try_win_vote = "It would be first had you decided this vote the other way:";
    try_you_preferred = "You preferred";
    try_to = "to";
    try_a_vote = "One of your votes";
    try_you_like = "You like";
    try_you_dislike = "You like less";
    try_a_little = "a little";
    try_clearly = "clearly";
    try_much = "much";
    try_once_more = "Ask once more";
    try_edit_prompt = "Change the question";
    // ---- sliders ----
    try_traits = "Move it by hand";
    try_traits_note = "What your votes say of you. Move a slider, and the ranking follows at once. These are your edits: they are kept on this device, and they are not votes.";
    try_lock = "Lock";
    try_edited = "edited";
    try_reset = "Back to what my votes say";
    try_reset_done = "The sliders stand where your votes put them.";
    // ---- blind test ----
    try_blind_heading = "Which one do you prefer?";
    try_blind_said = "A blind test: which of two answers do you prefer?";
    try_blind_note = "One is the pick for you, one the ordinary answer. Which is which you see afterwards.";
    try_blind_skip = "Not this time";
    // ---- earlier tries ----
    try_earlier = "Earlier tries";
    try_earlier_note = "The last thirty, kept in this browser only.";
    try_use_prompt = "Ask this again";
    try_delete = "Delete";
    try_delete_all = "Delete all tries";
    try_deleted = "Deleted.";
    // ---- how an answer ended ----
    finish_stop = "Finished.";
    finish_length = "Cut off: it reached the longest answer that is allowed.";
    finish_stopped = "Stopped. What was written stays.";
    finish_filtered = "The model's operator held this answer back.";
    finish_empty = "Nothing was written.";
    finish_repeated = "It went round in circles, so it was ended.";
    finish_too_large = "More was sent than may be, so it was ended.";
    finish_unreachable = "The model cannot be reached now. Try again later, or choose another one.";
    finish_busy = "The model has too much to do now. Try again in a minute.";
    finish_failed = "The model's server refused or failed. Try again, or choose another model.";
    finish_broke_off = "The connection broke off. What arrived stays.";
    finish_malformed = "The model's server sent something that is no answer.";
    finish_timed_out = "Nothing came in time.";
    finish_budget = "The budget of this model is used up for today. The built-in library goes on working.";
    finish_going_down = "This site is being restarted. Try again in a minute.";
    // ---- blind tests on /me ----
    blind_heading = "Does it help you?";
    blind_note = "In blind tests you chose between the answer picked for you and the ordinary one, without knowing which was which.";
    blind_none = "There was no blind test yet. Allow them, and they come now and then.";
    blind_none_yet = "There was no blind test yet. They become possible once you have voted a few times.";
    blind_link = "Get answers for you";
    blind_col_how = "How it was made";
    blind_col_pick = "The pick won";
    blind_col_default = "The ordinary one won";
    blind_col_neither = "No winner";
    blind_col_rate = "Share of the pick";
    blind_best = "Picked from several";
    blind_steered = "Told how to write";
    blind_episode = "Shown votes (prompt-only)";
    blind_described = "Shown votes and a description (prompt-only)";
    blind_helps = "It helps you.";
    blind_harms = "It does not help you: the ordinary answer pleased you more often.";
    blind_open = "Whether it helps you is still open.";
    blind_everybody_few = "The share is shown once ten people have taken part.";
    blind_forget = "Delete these tests from this device";
}

sentences! {
    /// How many votes are picked.
    try_picked_count(picked, most) = "{picked} picked. Choose 2 to {most}.";
    /// How many questions were answered on the spot.
    try_quick_count(given, of) = "{given} of {of}";
    /// Label of a liked text.
    try_text_liked(number) = "Text {number} that I like";
    /// Label of a text that is liked less.
    try_text_disliked(number) = "Text {number} that I like less";
    /// A model that does not answer now.
    try_model_state(model, state) = "{model} ({state})";
    /// Who gets the prompt.
    try_prompt_goes(model) = "Your question, and what you tick above, goes to this server and from there to the operator of {model}.";
    /// Something private in the question.
    try_looks_private(what, model) = "There seems to be something private in your question: {what}. It goes to this server and to the operator of {model}.";
    /// The text model is missing.
    try_needs_reader(size) = "This needs the text model ({size}). Write answers first; you are asked then.";
    /// Before the download.
    try_download(size) = "To rank these answers in your browser, it needs a text model ({size}, once). The answers and your votes stay here.";
    /// Others come first.
    try_queue(place) = "You are number {place} in the queue.";
    /// Name of an answer.
    try_answer(place) = "Answer {place}";
    /// Place of an answer of an earlier try.
    try_place(place) = "Place {place}";
    /// An answer that ended without being one.
    try_ended(place) = "Answer {place} ended without a result.";
    /// The pick, as a heading.
    try_pick(place) = "For you: answer {place}";
    /// The pick, told.
    try_picked_said(place) = "Answer {place} is picked for you.";
    /// A score.
    try_score(score, low, high) = "{score} ({low} to {high})";
    /// What would have to differ in the text.
    try_win_text(words, much) = "It would be first with {much} more of this: {words}.";
    /// A test that could not be kept.
    try_test_not_kept(why) = "The outcome of the test was not kept: {why}";
    /// How often the pick won.
    blind_rate(share, low, high) = "The pick won {share} of the tests that had a winner (likely {low} to {high}).";
    /// Tests of everybody.
    blind_everybody(tests, people, personal, default, undecided) = "Everybody who contributes: {tests} tests by {people} people; the pick won {personal}, the ordinary answer {default}, no winner in {undecided}.";
    /// Their share.
    blind_everybody_rate(share, low, high) = "Averaged over people, the pick won {share} ({low} to {high}).";
}

counted! {
    /// An answer that is shown whole.
    try_ready(count, place) = "Answer {place} ready, {count} word.", "Answer {place} ready, {count} words.";
    /// How many votes are known.
    try_all_votes(count) = "{count} vote on these questions. Those on questions drawn at random only check the forecasts; they are no examples.", "{count} votes on these questions. Those on questions drawn at random only check the forecasts; they are no examples.";
    /// What the ranking knows.
    try_knows(count) = "From {count} example.", "From {count} examples.";
    /// What is sent of the votes.
    try_shots_sent(count) = "Read what is sent: {count} vote", "Read what is sent: {count} votes";
    /// Traits that are not shown at once.
    try_more_traits(count) = "{count} more trait", "{count} more traits";
    /// Caption of the table of tests.
    blind_tests_count(count) = "{count} blind test", "{count} blind tests";
    /// Too few tests with a winner.
    blind_too_early(count, need) = "Too early to tell: {count} test with a winner so far, {need} needed.", "Too early to tell: {count} tests with a winner so far, {need} needed.";
    /// Tests that had nothing to tell apart.
    blind_same(count) = "{count} time the pick was the ordinary answer itself, so there was nothing to test.", "{count} times the pick was the ordinary answer itself, so there was nothing to test.";
}

/// How an answer ended.
pub(crate) fn try_finish(finish: Finish) -> &'static str {
    match finish {
        Finish::Stop => finish_stop(),
        Finish::Length => finish_length(),
        Finish::StoppedEarly => finish_stopped(),
        Finish::Filtered => finish_filtered(),
        Finish::Empty => finish_empty(),
        Finish::Repeated => finish_repeated(),
        Finish::TooLarge => finish_too_large(),
        Finish::Unreachable => finish_unreachable(),
        Finish::Busy => finish_busy(),
        Finish::UpstreamFailed => finish_failed(),
        Finish::BrokeOff => finish_broke_off(),
        Finish::Malformed => finish_malformed(),
        Finish::TimedOut => finish_timed_out(),
        Finish::BudgetSpent => finish_budget(),
        Finish::ShuttingDown => finish_going_down(),
    }
}

/// What seems to be private.
pub(crate) fn try_private(mail: bool, phone: bool, number: bool) -> String {
    let all = [
        (mail, try_private_mail()),
        (phone, try_private_phone()),
        (number, try_private_number()),
    ];
    let found = all.into_iter().filter(|(is_there, _)| *is_there);
    found.map(|(_, name)| name).collect::<Vec<_>>().join(", ")
}

/// Whether something speaks for an answer.
pub(crate) fn try_speaks(is_for: bool) -> &'static str {
    if is_for { try_for() } else { try_against() }
}

/// How far standard deviations are, in words.
pub(crate) fn try_how_far(deviations: f64) -> &'static str {
    match deviations.abs() {
        ..0.75 => try_a_little(),
        0.75..1.75 => try_clearly(),
        _ => try_much(),
    }
}

/// How answers were made and picked.
pub(crate) fn blind_strategy(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::BestOfN => blind_best(),
        Strategy::Steered => blind_steered(),
        Strategy::Episode => blind_episode(),
        Strategy::Described => blind_described(),
    }
}
