//! Texts of `/studies`: an operator's page.

texts! {
    studies_heading = "Studies";
    studies_lead = "Your own prompts and answers, judged by the people whom you invite.";
    studies_door = "For the operator of this site";
    studies_token_note = "The operator’s token is needed. It stays in this tab and is stored nowhere.";
    studies_token = "Token";
    studies_enter = "Open";
    studies_leave = "Forget the token";
    studies_all = "All studies";
    studies_none = "There is no study yet.";
    studies_new = "New study";
    studies_name = "Title";
    studies_name_note = "Participants read it above every question.";
    studies_state = "State";
    studies_draft = "Draft";
    studies_open = "Open" as "study|Open";
    studies_closed = "Closed";
    studies_votes = "Votes";
    studies_people = "People";
    studies_comparisons = "Comparisons";
    studies_made = "Made";
    studies_file = "Prompts and answers";
    studies_choose = "File";
    studies_choose_note = "JSONL, CSV or Parquet, at most 8 MB. Rows with the same prompt are put together.";
    studies_columns = "Which columns are understood";
    studies_columns_pack = "A prompt with its answers:";
    studies_columns_trl = "Preference rows; which one was chosen is never shown:";
    studies_columns_arena = "Rows of an arena; conversation_a and conversation_b also serve:";
    studies_check = "Check";
    studies_checking = "The file is being checked…";
    studies_file_kind = "this kind of file is not known. Choose one that ends in .jsonl, .csv or .parquet";
    studies_sound = "No errors.";
    studies_layout_pack = "Prompts with answers.";
    studies_layout_trl = "Preference rows.";
    studies_layout_arena = "Rows of an arena.";
    studies_layout_none = "The columns are not understood.";
    studies_preview = "The first questions, as participants will read them";
    studies_all_errors = "What is wrong, line by line";
    studies_line = "Line";
    studies_whole_file = "all";
    studies_column = "Column";
    studies_problem = "What is wrong";
    studies_advice = "What to do";
    studies_settings = "Settings";
    studies_limits = "Limits";
    studies_limits_save = "Save limits";
    studies_limits_kept = "Saved. Questions that are open stay open.";
    studies_setting = "Setting";
    studies_value = "Value";
    studies_guidelines = "Guidelines";
    studies_guidelines_note = "How to judge, in markdown. Participants can read them at any time.";
    studies_first_guidelines = "Read the question and both answers. Say which answer you would rather get.\n\n- Judge what you see, not who may have written it.\n- Say “Equal” when you like both alike, “Both bad” when you would accept neither.\n- Say “Can’t tell” when you lack the knowledge, and skip what you would rather not judge.";
    studies_consent = "Consent text";
    studies_consent_note = "What participants agree to before the first question. Say who you are, what for, and how to reach you.";
    studies_first_consent = "I take part of my own free will. My answers are stored under a random name and published with this study, without my name or e-mail. I can stop at any time. If I withdraw, later releases leave my answers out; copies already downloaded cannot be recalled.";
    studies_overlap = "People per comparison";
    studies_overlap_note = "So many people are to judge each one.";
    studies_policy = "Which comparison comes next";
    studies_least = "One with the fewest votes";
    studies_uniform = "Any, at random";
    studies_floor = "At random all the same, %";
    studies_floor_note = "This share is drawn from all comparisons, which keeps the data unbiased.";
    studies_repeats = "Asked again, %";
    studies_repeats_note = "With the sides swapped: tells how steady people are.";
    studies_quota_person = "Most votes of one person";
    studies_quota = "Most votes in all";
    studies_quota_note = "Empty: no limit.";
    studies_licence = "Licence of prompts and answers";
    studies_licence_note = "SPDX name, such as CC-BY-4.0; a release names it. May stay empty.";
    studies_create = "Create as draft";
    studies_create_first = "Choose a file without errors first.";
    studies_create_note = "Nobody sees a draft until you open it.";
    studies_begin = "Open the study";
    studies_again = "Open it again";
    studies_close = "Close the study…";
    studies_close_heading = "Close the study?";
    studies_close_text = "Participants get no more questions. Answers that are on the way still arrive. You can open it again.";
    studies_close_yes = "Close it";
    studies_draft_note = "Nobody sees it yet.";
    studies_open_note = "Participants are asked.";
    studies_closed_note = "Nobody is asked any more.";
    studies_link = "Link for participants:";
    studies_copy = "Copy the link";
    studies_copied = "Copied.";
    studies_not_copied = "The browser did not allow it. Mark the link and copy it.";
    studies_follow = "Fetch the figures every 5 seconds";
    studies_progress = "Progress";
    studies_before = "Open questions";
    studies_histogram = "People per comparison, so far";
    studies_judged_by = "Judged by";
    studies_target = "Target";
    studies_reached = "reached";
    studies_not_reached = "not yet";
    studies_agreement = "Agreement";
    studies_agreement_note = "Repeats, skips and “Can’t tell” stay out. Alpha is 1 when all agree and 0 when agreement is that of chance.";
    studies_too_early = "Too early to tell how far people agree.";
    studies_days = "Votes by day";
    studies_days_note = "Days are those of UTC; repeats are counted.";
    studies_day = "Day";
    studies_no_votes = "No votes yet.";
    studies_no_limit = "no limit";
    studies_vectors = "Its answers are embedded.";
    studies_no_vectors = "Its answers are not embedded yet. Questions need none; a release with vectors does:";
    studies_release = "Its release";
    studies_release_note = "Only the votes of this study, by people whose consent is in force. On the server:";
}

sentences! {
    /// What a file holds.
    studies_held(prompts, answers, pairs) = "{prompts}, {answers}, {pairs}.";
    /// When only some errors are listed.
    studies_first_errors(shown, all) = "What is wrong, line by line: the first {shown} of {all}";
    /// How far the target is reached.
    studies_needed(votes, needed) = "{votes} of {needed} votes until every comparison has its people";
    /// How far the quota is reached.
    studies_of_quota(votes, quota) = "{votes} of at most {quota} votes";
    /// How many comparisons have reached the target.
    studies_target_is(target, reached, all) = "Target: {target} people. {reached} of {all} comparisons have reached it.";
    /// Agreement as a figure.
    studies_alpha(value, low, high) = "Krippendorff’s alpha {value} (95 % interval {low} to {high})";
    /// The same as a share.
    studies_percent(value, low, high) = "Two people said the same in {value} of cases ({low} to {high}).";
    /// On how much agreement rests.
    studies_agreement_on(comparisons, votes) = "From {votes} votes on {comparisons} comparisons that two people or more judged.";
    /// How steady people are.
    studies_steady(value, low, high, votes) = "Asked again, people said the same in {value} of cases ({low} to {high}), from {votes} repeats.";
}

counted! {
    /// Errors in a file.
    studies_errors(count) = "{count} error. Nothing can be made of the file before it is mended.", "{count} errors. Nothing can be made of the file before they are mended.";
    /// Prompts.
    studies_prompts(count) = "{count} prompt", "{count} prompts";
    /// Answers.
    studies_answers(count) = "{count} answer", "{count} answers";
    /// Comparisons.
    studies_pairs(count) = "{count} comparison", "{count} comparisons";
}
