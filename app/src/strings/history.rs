//! Texts of the page of past votes.

use palate_shared::event::{Policy, VoteEvent};
use palate_shared::judgment::Outcome;

use crate::history::{OnServer, Use, choice_of, order_of};

texts! {
    history_heading = "Your votes";
    history_lead = "Every vote on this device, newest first. You can change or take back any of them. What you said before is kept in the log, so each change can be undone.";
    history_link = "See and change your votes";
    history_back = "Back to your taste";
    history_empty = "You have not voted yet.";
    history_search = "Words of the prompt";
    history_outcome_label = "What you said";
    history_touched = "Changes";
    history_none_found = "No vote fits. Try fewer words, or show all of them.";
    history_clear = "Show all votes";
    history_more = "Show more";
    history_when = "When";
    history_changed_at = "Last change";
    history_before = "Before";
    history_chosen_label = "How the question was chosen";
    history_used_label = "Learning";
    history_server_label = "On the server";
    history_no_prompt = "This question is not among the present ones.";
    history_answers = "Show the answers";
    history_hide = "Hide the answers";
    history_change = "Change…";
    history_withdraw = "Take back";
    history_undo_change = "Undo the change";
    history_undo_withdrawal = "Undo: count it again";
    history_new_vote = "What do you say now?";
    history_save = "Save the change";
    history_ranked = "Ranked as below";
    history_withdrawn = "Taken back.";
    history_said_changed = "Your vote is changed. You can undo it.";
    history_said_withdrawn = "Your vote is taken back. You can undo it.";
    history_said_undone = "Undone.";
    history_said_same = "Nothing changed.";
    history_not_saved = "This could not be stored:";
    history_not_on_server = "The server does not have this vote";
    history_anything = "Anything";
    history_one_better = "One is better";
    history_skipped = "Skipped";
    history_all_votes = "All votes";
    history_changed = "Changed";
    history_taken_back = "Taken back";
    history_all_equal = "You find all equally good.";
    history_all_bad = "You would accept none.";
    history_random = "Picked at random";
    history_informative = "Picked because it tells much about your taste";
    history_self_chosen = "You picked it";
    history_repeat = "Asked again, with the sides swapped";
    history_learned = "Learned from";
    history_held_out = "Held out: it only tests the forecasts";
    history_nothing = "Nothing to learn: no answer is preferred";
    history_unused = "Not used, because you took it back";
    history_saved = "Saved";
    history_earlier = "Has what you said before; this change stays on this device";
}

sentences! {
    /// Label of the rank of an answer.
    history_rank(letter) = "Rank of answer {letter}";
    /// A vote that the server refused, and why.
    history_refused(why) = "Refused. {why}";
}

counted! {
    /// All votes are shown.
    history_all_shown(count) = "{count} vote.", "{count} votes.";
    /// All that were found are shown.
    history_found(count, found) = "{found} of {count} vote.", "{found} of {count} votes.";
    /// The newest of all votes are shown.
    history_newest(count, shown) = "{count} vote; the newest {shown} are shown.", "{count} votes; the newest {shown} are shown.";
    /// The newest of those that were found are shown.
    history_newest_found(count, found, shown) = "{found} of {count} vote; the newest {shown} are shown.", "{found} of {count} votes; the newest {shown} are shown.";
}

/// What can be looked for: the value in the form, and its name.
pub(crate) fn history_outcomes() -> [(Option<Outcome>, &'static str, &'static str); 6] {
    [
        (None, "", history_anything()),
        (Some(Outcome::Ranked), "ranked", history_one_better()),
        (Some(Outcome::Equal), "equal", super::choice_equal()),
        (Some(Outcome::AllUnacceptable), "bad", super::four_all_bad()),
        (
            Some(Outcome::CantTell),
            "cant_tell",
            super::choice_cant_tell(),
        ),
        (Some(Outcome::Skip), "skip", history_skipped()),
    ]
}

/// Names of what happened to votes: all, changed, taken back.
pub(crate) fn history_touches() -> [(&'static str, &'static str); 3] {
    [
        ("", history_all_votes()),
        ("changed", history_changed()),
        ("withdrawn", history_taken_back()),
    ]
}

/// How many votes are shown.
pub(crate) fn history_count(shown: usize, found: usize, all: usize) -> String {
    match (shown == found, found == all) {
        (true, true) => history_all_shown(all),
        (true, false) => history_found(all, found),
        (false, true) => history_newest(all, shown),
        (false, false) => history_newest_found(all, found, shown),
    }
}

/// Name of an outcome on more than two answers.
pub(crate) fn history_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ranked => history_ranked(),
        Outcome::Equal => super::four_equal(),
        Outcome::AllUnacceptable => super::four_all_bad(),
        Outcome::CantTell => super::choice_cant_tell(),
        Outcome::Skip => super::four_skip(),
    }
}

/// What an event says, as a sentence.
pub(crate) fn history_said(event: &VoteEvent) -> String {
    if event.withdrawn {
        return history_withdrawn().to_owned();
    }
    if let Some(choice) = choice_of(event) {
        return super::said(choice).to_owned();
    }
    let said = match event.judgment.outcome {
        Outcome::Ranked => {
            let order: Vec<Vec<&str>> = order_of(event)
                .into_iter()
                .map(|group| group.into_iter().map(super::letter).collect())
                .collect();
            return super::four_held(super::four_order(&order));
        }
        Outcome::Equal => history_all_equal(),
        Outcome::AllUnacceptable => history_all_bad(),
        Outcome::CantTell => super::said_cant_tell(),
        Outcome::Skip => super::said_skip(),
    };
    said.to_owned()
}

/// How a question was chosen.
pub(crate) fn history_chosen(policy: Policy) -> &'static str {
    match policy {
        Policy::UniformRandom | Policy::LeastAnnotated => history_random(),
        Policy::ExpectedInformation => history_informative(),
        Policy::SelfChosen => history_self_chosen(),
        Policy::Repeat => history_repeat(),
    }
}

/// What became of a vote.
pub(crate) fn history_used(used: Use) -> &'static str {
    match used {
        Use::Learned => history_learned(),
        Use::HeldOut => history_held_out(),
        Use::Nothing => history_nothing(),
        Use::Withdrawn => history_unused(),
    }
}

/// Where a contributed vote stands; `None` for one that stayed here.
pub(crate) fn history_server(standing: &OnServer) -> Option<String> {
    let said = match standing {
        OnServer::Not => return None,
        OnServer::Saved => history_saved(),
        OnServer::Waiting => super::outbox_waiting(),
        OnServer::Failed(Some(why)) => return Some(history_refused(why)),
        OnServer::Failed(None) => super::outbox_failed(),
        OnServer::Earlier => history_earlier(),
    };
    Some(said.to_owned())
}
