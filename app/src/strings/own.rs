//! Texts of `/me/data`: modes, consents, recovery, the portable file.

use crate::words::plural;

pub(crate) const OWN_HEADING: &str = "Your data";
pub(crate) const OWN_LINK: &str = "All your data and what is sent";
pub(crate) const OWN_MODE: &str = "What leaves this device";
pub(crate) const MODE_LOCAL_TEXT: &str =
    "Nothing but page loads. Votes, taste and forecasts stay in this browser.";
pub(crate) const MODE_SYNC_TEXT: &str = "Your votes and your taste profile are kept on this server, so that your other devices have them. They are not in the open data.";
pub(crate) const MODE_CONTRIBUTE_TEXT: &str = "Your votes and your taste profile are kept on this server, and your votes go to the open data, without your name.";
pub(crate) const SYNC_ON: &str = "Turn on Sync…";
pub(crate) const CONTRIBUTE_ON: &str = "Contribute my votes…";
pub(crate) const SYNC_OFF: &str = "Turn off Sync…";
pub(crate) const CONTRIBUTE_OFF: &str = "Stop sending votes…";
pub(crate) const UNPUBLISH: &str = "Stop publishing, keep Sync…";

pub(crate) const SYNC_HEADING: &str = "Turn on Sync?";
pub(crate) const CONTRIBUTE_HEADING: &str = "Contribute your votes?";
pub(crate) const CONSENT_SYNC: &str = "Keep my taste profile and votes on your server so I can use them on other devices. You can delete them any time.";
pub(crate) const CONSENT_PUBLISH: &str = "Publish my votes, without name or e-mail, under CC BY 4.0 so researchers can use them. Votes can show what kind of answers I like. I can stop and have them removed from later releases; copies already downloaded cannot be recalled.";
pub(crate) const CONSENT_AGE: &str = "For people of 16 and older.";
pub(crate) const CONSENT_NEED_SYNC: &str =
    "Tick the first to go on. Ranking works the same without this.";
pub(crate) const CONSENT_NEED_BOTH: &str =
    "Tick the first two to go on. Ranking works the same without this.";
pub(crate) const CONSENT_ALL_PUBLISHED: &str =
    "This includes the votes that Sync has already put on the server.";
pub(crate) const SYNC_YES: &str = "Agree and turn on Sync";
pub(crate) const CONTRIBUTE_YES: &str = "Agree and contribute";

/// The offer to send what was given before.
pub(crate) fn send_earlier(count: usize) -> String {
    format!(
        "Also send my {}",
        plural(count, "earlier vote", "earlier votes")
    )
}

/// The same, later.
pub(crate) fn send_earlier_now(count: usize) -> String {
    format!("Send my {}", plural(count, "earlier vote", "earlier votes"))
}

pub(crate) const LEAVE_HEADING: &str = "Send nothing any more?";
pub(crate) const LEAVE_TEXT: &str =
    "From now on nothing leaves this device. What becomes of the votes on the server?";
pub(crate) const LEAVE_ERASE_TEXT: &str = "Delete them: votes, profile and consents are removed from the server at once and are in no later release. Releases that are out already still hold votes that were published, and copies that were downloaded cannot be recalled.";
pub(crate) const LEAVE_UNLINK_PUBLISHED: &str = "Keep them without the link: your profile is deleted, and your votes stay in the open data under a new public id that nobody can tie to you, we included. So nobody can change or delete them later. Releases that are out already keep the old id.";
pub(crate) const LEAVE_UNLINK_SYNCED: &str = "Keep them without the link: your profile is deleted, and your votes stay on the server under a new public id that nobody can tie to you, we included. They are not published, and nobody can change or delete them later.";
pub(crate) const LEAVE_ERASE: &str = "Stop and delete them";
pub(crate) const LEAVE_UNLINK: &str = "Stop and keep them without the link";
pub(crate) const ERASE_HEADING: &str = "Delete what the server holds of you?";
pub(crate) const ERASE_TEXT: &str = "Votes, profile and consents are removed from the server at once, and nothing is sent any more. Votes on this device stay. Releases that are out already still hold votes that were published, and copies that were downloaded cannot be recalled.";
pub(crate) const ERASE_YES: &str = "Delete them on the server";
pub(crate) const UNPUBLISH_HEADING: &str = "Stop publishing?";
pub(crate) const UNPUBLISH_TEXT: &str = "Sync goes on. Your votes are in no later release. Releases that are out already still hold them, and copies that were downloaded cannot be recalled.";
pub(crate) const UNPUBLISH_YES: &str = "Stop publishing";
pub(crate) const OWN_UNPUBLISHED: &str = "Your votes are no longer published.";
pub(crate) const OWN_NO_SESSION: &str = "The server does not know this browser any more, so it could not say what became of this. If an earlier try arrived, it is done. If not, votes may still be there: open them with your recovery code and ask again.";
pub(crate) const OWN_PENDING: &str = "Nothing is sent any more. The server has not been told yet, because it did not answer; this page keeps trying, also after you close and reopen it.";
pub(crate) const OWN_PENDING_PUBLISHING: &str =
    "Still to tell the server: stop publishing my votes.";
pub(crate) const OWN_PENDING_UNLINK: &str = "Still to tell the server: cut the link to my votes.";
pub(crate) const OWN_PENDING_ERASE: &str = "Still to tell the server: delete what it holds of me.";

/// After the link was cut.
pub(crate) fn unlinked(judgments: u64, receipt: &str) -> String {
    let count = usize::try_from(judgments).unwrap_or(usize::MAX);
    format!(
        "The link to {} was cut. Receipt: {receipt}",
        plural(count, "vote", "votes")
    )
}

pub(crate) const CONSENTS_HEADING: &str = "What you agreed to";
pub(crate) const CONSENTS_NONE: &str =
    "Nothing that you agreed to is in force in this browser. Nothing is asked of you to rank.";
pub(crate) const CONSENTS_FAILED: &str = "The list could not be loaded.";
pub(crate) const CONSENTS_PURPOSE: &str = "For";
pub(crate) const CONSENTS_STATE: &str = "Your last word";
pub(crate) const CONSENTS_AT: &str = "When";
pub(crate) const CONSENTS_TEXT: &str = "Text";
pub(crate) const CONSENT_GIVEN: &str = "yes";
pub(crate) const CONSENT_WITHDRAWN: &str = "no";
pub(crate) const PURPOSE_SYNC: &str = "Keeping votes and profile on the server";
pub(crate) const PURPOSE_VOTES: &str = "Publishing votes";
pub(crate) const PURPOSE_PROMPTS: &str = "Publishing own prompts";

pub(crate) const DEVICES_HEADING: &str = "Your other devices";
pub(crate) const DEVICES_LEAD: &str = "A recovery code opens your votes and your profile in another browser. Whoever has the code has them too.";
pub(crate) const CODE_MAKE: &str = "Make a recovery code";
pub(crate) const CODE_MAKE_NOTE: &str = "A new code makes the one before void.";
pub(crate) const CODE_SHOWN: &str = "Your recovery code. It is shown only now: write it down.";
pub(crate) const CODE_COPY: &str = "Copy";
pub(crate) const CODE_COPIED: &str = "Copied.";
pub(crate) const CODE_NOT_COPIED: &str =
    "The browser did not allow it. Select the code and copy it by hand.";
pub(crate) const CODE_HAVE: &str = "I have a code";
pub(crate) const CODE_FIELD: &str = "Recovery code";
pub(crate) const CODE_OPEN: &str = "Open";
pub(crate) const CODE_EMPTY: &str = "Type your code first.";
pub(crate) const CODE_NOTE: &str =
    "Votes on this device stay, and those of your account are added.";
pub(crate) const PULL: &str = "Get votes from my other devices";

/// After votes came from the server.
pub(crate) fn pulled(new: usize, mode: &str) -> String {
    format!(
        "{} came from the server. What leaves this device: {mode}.",
        plural(new, "new vote", "new votes")
    )
}

pub(crate) const HERE_HEADING: &str = "Your votes on this device";
pub(crate) const HERE_BADGE: &str = "Kept on this device";
pub(crate) const HERE_BADGE_TAB: &str = "Held by this tab only";
pub(crate) const HERE_RISK: &str = "Some browsers clear such data after a week without a visit, and it is gone when you clear the browser or lose the device. A file, or Sync, keeps it.";
pub(crate) const HERE_PROMISED: &str = "This browser promised not to clear it by itself. Clearing the browser or losing the device still does.";
pub(crate) const IMPORT: &str = "Bring votes back from a file";
pub(crate) const IMPORT_NOTE: &str = "A file that was saved here, “.taste.json” or the older “palate-votes.json”. Nothing that is here is overwritten.";
pub(crate) const IMPORT_NOT_STORED: &str = "Nothing was imported.";
pub(crate) const IMPORT_UNREADABLE: &str = "The browser could not read the file.";
pub(crate) const EXPORT_NAME: &str = "palate.taste.json";
pub(crate) const EXPORTED: &str = "Saved. Keep the file where you will find it.";

/// After an import: what became of the votes in the file.
pub(crate) fn imported(new: usize, known: usize, refused: usize) -> String {
    format!("{new} new, {known} known, {refused} refused.")
}

/// The first refusals, by place.
pub(crate) fn refusal(place: &str, why: &str) -> String {
    format!("{place}: {why}")
}

/// After the refusals that are shown.
pub(crate) fn more_refused(count: usize) -> String {
    format!("and {count} more")
}

pub(crate) const SERVER_HEADING: &str = "On the server";
pub(crate) const SERVER_NOTHING: &str = "This browser has no account on the server.";
pub(crate) const SERVER_ID: &str = "Your public id in the open data";
pub(crate) const SERVER_ROTATE: &str = "Take a new public id";
pub(crate) const SERVER_ROTATE_NOTE: &str = "Later releases show all your votes under the new id. Releases that are out already keep the old one, and equal votes in both can still be matched.";
pub(crate) const SERVER_ROTATED: &str = "You have a new public id.";
pub(crate) const SERVER_EXPORT: &str = "Save everything the server holds";

/// What the server says that it holds.
pub(crate) fn server_holds(judgments: u64, profile: bool, day: &str) -> String {
    let count = usize::try_from(judgments).unwrap_or(usize::MAX);
    let profile = if profile { "a profile" } else { "no profile" };
    format!(
        "The server holds {} and {profile} of you, since {day}.",
        plural(count, "vote", "votes")
    )
}

pub(crate) const MODEL_HEADING: &str = "Downloaded language model";
pub(crate) const MODEL_NOTE: &str =
    "Comparing your own texts downloads a language model once and keeps it in this browser.";
pub(crate) const MODEL_UNKNOWN: &str = "This browser does not say how much it keeps.";

/// What the browser keeps, with the model.
pub(crate) fn model_size(size: &str) -> String {
    format!("This site keeps about {size} in this browser: model, pages, pack and votes together.")
}

/// Reminder to keep a copy.
pub(crate) fn reminder(votes: usize) -> String {
    format!(
        "You have given {votes} votes, and only this browser has them. Save a file or turn on Sync, so that they are not lost."
    )
}
pub(crate) const REMINDER_LINK: &str = "Keep a copy";
pub(crate) const REMINDER_DISMISS: &str = "Not now";

pub(crate) const DATA_OWN_LEAD: &str =
    "What leaves your device, saving and deleting: all that is on a page of its own.";
pub(crate) const DATA_OWN_HEADING: &str = "Your own data";
