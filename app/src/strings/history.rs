//! Texts of the page of past votes.

use palate_shared::event::{Policy, VoteEvent};
use palate_shared::judgment::Outcome;

use crate::history::{OnServer, Use, choice_of, order_of};
use crate::words::plural;

pub(crate) const HISTORY_HEADING: &str = "Your votes";
pub(crate) const HISTORY_LEAD: &str = "Every vote on this device, newest first. You can change or take back any of them. What you said before is kept in the log, so each change can be undone.";
pub(crate) const HISTORY_LINK: &str = "See and change your votes";
pub(crate) const HISTORY_BACK: &str = "Back to your taste";
pub(crate) const HISTORY_EMPTY: &str = "You have not voted yet.";
pub(crate) const HISTORY_SEARCH: &str = "Words of the prompt";
pub(crate) const HISTORY_OUTCOME: &str = "What you said";
pub(crate) const HISTORY_TOUCHED: &str = "Changes";
pub(crate) const HISTORY_NONE_FOUND: &str = "No vote fits. Try fewer words, or show all of them.";
pub(crate) const HISTORY_CLEAR: &str = "Show all votes";
pub(crate) const HISTORY_MORE: &str = "Show more";
pub(crate) const HISTORY_WHEN: &str = "When";
pub(crate) const HISTORY_CHANGED_AT: &str = "Last change";
pub(crate) const HISTORY_BEFORE: &str = "Before";
pub(crate) const HISTORY_CHOSEN: &str = "How the question was chosen";
pub(crate) const HISTORY_USED: &str = "Learning";
pub(crate) const HISTORY_SERVER: &str = "On the server";
pub(crate) const HISTORY_NO_PROMPT: &str = "This question is not among the present ones.";
pub(crate) const HISTORY_ANSWERS: &str = "Show the answers";
pub(crate) const HISTORY_HIDE: &str = "Hide the answers";
pub(crate) const HISTORY_CHANGE: &str = "Change…";
pub(crate) const HISTORY_WITHDRAW: &str = "Take back";
pub(crate) const HISTORY_UNDO_CHANGE: &str = "Undo the change";
pub(crate) const HISTORY_UNDO_WITHDRAWAL: &str = "Undo: count it again";
pub(crate) const HISTORY_NEW_VOTE: &str = "What do you say now?";
pub(crate) const HISTORY_SAVE: &str = "Save the change";
pub(crate) const HISTORY_RANKED: &str = "Ranked as below";
pub(crate) const HISTORY_WITHDRAWN: &str = "Taken back.";
pub(crate) const HISTORY_SAID_CHANGED: &str = "Your vote is changed. You can undo it.";
pub(crate) const HISTORY_SAID_WITHDRAWN: &str = "Your vote is taken back. You can undo it.";
pub(crate) const HISTORY_SAID_UNDONE: &str = "Undone.";
pub(crate) const HISTORY_SAID_SAME: &str = "Nothing changed.";
pub(crate) const HISTORY_NOT_SAVED: &str = "This could not be stored:";
pub(crate) const HISTORY_NOT_ON_SERVER: &str = "The server does not have this vote";

/// What can be looked for: the value in the form, and its name.
pub(crate) const HISTORY_OUTCOMES: [(Option<Outcome>, &str, &str); 6] = [
    (None, "", "Anything"),
    (Some(Outcome::Ranked), "ranked", "One is better"),
    (Some(Outcome::Equal), "equal", "Equal"),
    (Some(Outcome::AllUnacceptable), "bad", "All bad"),
    (Some(Outcome::CantTell), "cant_tell", "Can’t tell"),
    (Some(Outcome::Skip), "skip", "Skipped"),
];

/// Names of what happened to votes: all, changed, taken back.
pub(crate) const HISTORY_TOUCHES: [(&str, &str); 3] = [
    ("", "All votes"),
    ("changed", "Changed"),
    ("withdrawn", "Taken back"),
];

/// How many votes are shown.
pub(crate) fn history_count(shown: usize, found: usize, all: usize) -> String {
    let votes = plural(all, "vote", "votes");
    match (shown == found, found == all) {
        (true, true) => format!("{votes}."),
        (true, false) => format!("{found} of {votes}."),
        (false, true) => format!("{votes}; the newest {shown} are shown."),
        (false, false) => format!("{found} of {votes}; the newest {shown} are shown."),
    }
}

/// Letter of an answer by its position on the page.
pub(crate) fn history_letter(at: usize) -> &'static str {
    super::FOUR_LETTERS.get(at).copied().unwrap_or("?")
}

/// Name of an answer by its position on the page.
pub(crate) fn history_answer(at: usize) -> &'static str {
    super::FOUR_ANSWERS.get(at).copied().unwrap_or("Answer")
}

/// Label of the rank of an answer.
pub(crate) fn history_rank(at: usize) -> String {
    format!("Rank of answer {}", history_letter(at))
}

/// Name of an outcome on more than two answers.
pub(crate) fn history_outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Ranked => HISTORY_RANKED,
        Outcome::Equal => "All equal",
        Outcome::AllUnacceptable => "All bad",
        Outcome::CantTell => "Can’t tell",
        Outcome::Skip => "Skip",
    }
}

/// What an event says, as a sentence.
pub(crate) fn history_said(event: &VoteEvent) -> String {
    if event.withdrawn {
        return HISTORY_WITHDRAWN.to_owned();
    }
    if let Some(choice) = choice_of(event) {
        return super::said(choice).to_owned();
    }
    match event.judgment.outcome {
        Outcome::Ranked => {
            let order: Vec<Vec<&str>> = order_of(event)
                .into_iter()
                .map(|group| group.into_iter().map(history_letter).collect())
                .collect();
            format!("Your ranking: {}.", super::four_order(&order))
        }
        Outcome::Equal => "You find all equally good.".to_owned(),
        Outcome::AllUnacceptable => "You would accept none.".to_owned(),
        Outcome::CantTell => "You can’t tell.".to_owned(),
        Outcome::Skip => "You skip this one.".to_owned(),
    }
}

/// How a question was chosen.
pub(crate) fn history_chosen(policy: Policy) -> &'static str {
    match policy {
        Policy::UniformRandom => "Picked at random",
        Policy::ExpectedInformation => "Picked because it tells much about your taste",
        Policy::SelfChosen => "You picked it",
        Policy::Repeat => "Asked again, with the sides swapped",
    }
}

/// What became of a vote.
pub(crate) fn history_used(used: Use) -> &'static str {
    match used {
        Use::Learned => "Learned from",
        Use::HeldOut => "Held out: it only tests the forecasts",
        Use::Nothing => "Nothing to learn: no answer is preferred",
        Use::Withdrawn => "Not used, because you took it back",
    }
}

/// Where a contributed vote stands; `None` for one that stayed here.
pub(crate) fn history_server(standing: &OnServer) -> Option<String> {
    Some(match standing {
        OnServer::Not => return None,
        OnServer::Saved => "Saved".to_owned(),
        OnServer::Waiting => "Waiting to be sent".to_owned(),
        OnServer::Failed(Some(why)) => format!("Refused. {why}"),
        OnServer::Failed(None) => "Refused".to_owned(),
        OnServer::Earlier => {
            "Has what you said before; this change stays on this device".to_owned()
        }
    })
}
