//! Texts of the race: who foresaw this person's votes, in plain words and in figures.

use crate::race::Verdict;

texts! {
    // ---- your taste ----
    me_race = "Who foresees your votes?";
    me_race_note = "Only votes on randomly drawn questions count here. No method learned from them. The coin is right half the time by definition.";
    me_too_early = "Too early to tell";
    me_race_more = "Every figure, and how sure it is";
    me_curve = "Running score over all votes";
    me_curve_note = "The share of all votes foreseen so far, each forecast before it was learned from. Chosen questions are harder than random ones, so this is not the accuracy above. The band shows how far the score of the chosen method may be off.";
    me_curve_table = "The curve as a table";
    race_curve_of = "Method with its band";
    // ---- the race in full ----
    race_heading = "Your race";
    race_lead = "Every method that forecast your votes, scored on the votes that were drawn at random and never learned from.";
    race_none = "You have not voted on these questions yet. Your race appears here once you have.";
    race_share = "Foreseen";
    race_log_loss = "Log-loss";
    race_brier = "Brier score";
    race_baselines = "To be beaten";
    race_others = "Methods that learn from votes";
    race_reading = "Below each figure stands its 95 % interval. Foreseen: the share of votes whose winner the method named. Log-loss: a forecast costs the more, the surer it was of what did not happen; lower is better, and a coin costs 0.69. Brier score: the same with a milder price for sure mistakes; a coin costs 0.25.";
    race_pairs = "One against the other";
    race_pairs_note = "The same votes, compared one by one: how much log-loss a method saves against one taste for everybody, and against a simple model of you alone. Above zero the method is better. While the interval holds zero there is no winner. Of a dozen methods one may look clearly better or worse by chance.";
    race_against_population = "Against the population";
    race_against_ridge = "Against the personal ridge";
    race_better = "better";
    race_worse = "worse";
    race_unclear = "no clear difference";
    // ---- methods, where the worker does not say their names ----
    method_longer = "Longer answer";
    method_population = "Population";
    method_ridge = "Personal ridge";
    method_eb = "Empirical Bayes";
    method_neighbours = "Nearest people";
    method_lore = "LoRe";
    method_mrm = "Meta reward modeling";
    method_pal_a = "PAL-A";
    method_pal_b = "PAL-B";
    method_vpl = "VPL";
    method_fspo = "FSPO";
    method_dpl = "DPL";
}

sentences! {
    /// The method behind the picture has no clear lead.
    me_race_open(method) = "Your picture on this page comes from {method}. So far it is open whether it foresees you better than one taste for everybody would.";
    /// The method behind the picture is clearly ahead.
    me_race_ahead(method) = "Your picture on this page comes from {method}. It foresees you better than one taste for everybody would.";
    /// The method behind the picture is clearly behind.
    me_race_behind(method) = "Your picture on this page comes from {method}. So far one taste for everybody foresees you better.";
    /// How often a method was right.
    me_right(right, of) = "right {right} of {of}";
    /// How often it would be right on as many votes.
    me_right_sure(low, high) = "likely {low} to {high}";
    /// Where a curve ends, with its interval.
    race_last(share, low, high) = "{share} ({low} to {high})";
    /// A method on fewer votes than the others.
    race_fewer(method, count) = "{method} ({count})";
}

counted! {
    /// After too few held-out votes.
    too_early(count, need) = "Too early to tell: {count} test vote so far, {need} needed.", "Too early to tell: {count} test votes so far, {need} needed.";
    /// Caption of the figures.
    race_votes(count) = "On {count} test vote", "On {count} test votes";
    /// Opens the methods that are not shown at once.
    race_fold(count) = "{count} more method", "{count} more methods";
}

/// What a difference says.
pub(crate) fn race_verdict(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::TooEarly => me_too_early(),
        Verdict::Unclear => race_unclear(),
        Verdict::Better => race_better(),
        Verdict::Worse => race_worse(),
    }
}

/// Name of a method that the site knows.
pub(crate) fn method_named(id: &str) -> Option<&'static str> {
    Some(match id {
        "coin" => super::coin(),
        "longer" => method_longer(),
        "population" => method_population(),
        "ridge" => method_ridge(),
        "eb" => method_eb(),
        "neighbours" => method_neighbours(),
        "lore" => method_lore(),
        "mrm" => method_mrm(),
        "pal-a" => method_pal_a(),
        "pal-b" => method_pal_b(),
        "vpl" => method_vpl(),
        "fspo" | "fspo-ipo" => method_fspo(),
        "dpl-mv" | "dpl-cat" => method_dpl(),
        _ => return None,
    })
}
