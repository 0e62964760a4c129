//! Texts of `/data` and of the page of a release.

texts! {
    data_for_heading = "For whom, and how";
    data_for = "For everyone, without a login: researchers, students, people who build models. Votes are under CC BY 4.0: use them for anything, and name Palate. Each text has its own licence in its row.";
    data_people = "People are pseudonyms, times are days. Nobody's name or address is in it, and own questions only where someone chose to publish them. Please do not try to find out who someone is.";
    data_board = "What these votes say together";
    data_latest = "Use the latest release. People can take votes back, and those are missing from the next one.";
    release_first = "The first release here.";
    release_missing = "There is no such release";
    release_missing_text = "The address may be mistyped, or the release may be on another server.";
    release_all = "All releases";
    release_gone_text = "Its data is not offered any more. Please do not use copies of it.";
    release_card = "What its card says";
    release_load = "Load it";
    release_load_lead = "Choose a table, its format and your tool. Our tests run every one of these.";
    release_table = "Table";
    release_format = "Format";
    release_tool = "Tool";
    release_not_copied = "The browser did not allow it. Select the text and copy it by hand.";
    release_columns = "Columns of this table";
    release_column = "Column";
    release_type = "Type";
    release_meaning = "Meaning";
    release_or_null = "may be null";
    release_part_failed = "This part could not be loaded.";
    sample_heading = "Look at some rows";
    sample_lead = "The first votes by id, which is an order that says nothing about time or person. Open a row to read its answers.";
    sample_words = "Search in prompts";
    sample_pack = "Pack";
    sample_outcome = "Outcome";
    sample_policy = "How the question was chosen";
    sample_any = "Any";
    sample_prompt = "Prompt";
    sample_day = "Day";
    sample_none = "No row is like this.";
    sample_back = "Previous rows";
    sample_next = "Next rows";
    sample_best = "Preferred";
    sample_unacceptable = "Not acceptable";
    sample_unranked = "No order was given";
    figures_heading = "What people say together";
    figures_lead = "Blind votes without repeats, by pack. Packs that fewer than ten people judged are left out. The bar is the 95 % interval, the dot the estimate, the line in the middle what chance would give.";
    figures_no_pack = "No pack was judged by ten people yet.";
    figures_alpha = "Agreement (Krippendorff's alpha)";
    figures_percent = "Two people said the same";
    figures_first = "The answer shown first won";
    figures_longer = "The longer answer won";
    figures_counts = "How much there is";
    figures_counts_lead = "Counts of this release, not estimates.";
    figures_days = "Votes by day";
    figures_outcomes = "Votes by outcome";
    figures_raters = "Prompts by how many people judged them";
    figures_raters_note = "Where fewer than ten people are behind a number, it is left out.";
    figures_left_out = "left out";
    figures_votes = "Votes";
    figures_share = "Share";
    figures_prompts = "Prompts";
    figures_people = "People";
    figures_table = "In figures";
    files_heading = "Files";
    files_all = "All files with sizes and sums";
    files_card = "Card and datasheet";
    files_croissant = "Croissant description";
    files_changelog = "Changelog";
    files_sums = "Sums to check a download";
    cite_heading = "How to cite";
    fact_votes = "votes";
    fact_pairs = "pairs";
    fact_raters = "people";
    fact_licence = "licence of votes";
    fact_until = "last day";
    fact_schema = "schema";
}

sentences! {
    /// Heading of a release.
    release_heading(id) = "Release {id}";
    /// When and why a release was taken back.
    release_withdrawn(day, reason) = "Withdrawn on {day}: {reason}";
    /// What changed against the release before.
    release_changes(since, new, gone) = "Compared with {since}: new votes {new}, taken back {gone}.";
    /// Fetches the sample.
    sample_show(size) = "Show rows ({size})";
    /// Where the page of the sample is.
    sample_shown(from, to, all) = "Rows {from} to {to} of {all}";
    /// Rank of an answer.
    sample_rank(rank) = "Rank {rank}";
    /// A value with its interval.
    figure_between(value, low, high) = "{value} ({low} to {high})";
    /// What an agreement rests on.
    figure_judgments(judgments, pairs, people) = "{judgments} judgments of {pairs} pairs by {people} people";
    /// Fewest and most people.
    figure_from_to(from, to) = "{from} to {to} people";
    /// Fewest people.
    figure_from(from) = "{from} or more people";
}

counted! {
    /// Rows of a table.
    release_rows(count) = "{count} row", "{count} rows";
    /// What a share rests on.
    figure_decided(count) = "{count} decided vote", "{count} decided votes";
    /// People who judged a prompt.
    figure_people(count) = "{count} person", "{count} people";
}

/// What was said, by its name in the data.
pub(crate) fn outcome_said(outcome: &str) -> &str {
    match outcome {
        "ranked" => super::history_one_better(),
        "equal" => super::choice_equal(),
        "all_unacceptable" => super::four_all_bad(),
        "cant_tell" => super::choice_cant_tell(),
        "skip" => super::history_skipped(),
        other => other,
    }
}
