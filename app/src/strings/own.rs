//! Texts of `/me/data`: modes, consents, recovery, the portable file.

texts! {
    own_heading = "Your data";
    own_link = "All your data and what is sent";
    own_mode = "What leaves this device";
    mode_local_text = "Nothing but page loads. Votes, taste and forecasts stay in this browser.";
    mode_sync_text = "Your votes and your taste profile are kept on this server, so that your other devices have them. They are not in the open data.";
    mode_contribute_text = "Your votes and your taste profile are kept on this server, and your votes go to the open data, without your name.";
    sync_on = "Turn on Sync…";
    contribute_on = "Contribute my votes…";
    sync_off = "Turn off Sync…";
    contribute_off = "Stop sending votes…";
    unpublish = "Stop publishing, keep Sync…";
    sync_heading = "Turn on Sync?";
    contribute_heading = "Contribute your votes?";
    consent_sync = "Keep my taste profile and votes on your server so I can use them on other devices. You can delete them any time.";
    consent_publish = "Publish my votes, without name or e-mail, under CC BY 4.0 so researchers can use them. Votes can show what kind of answers I like. I can stop and have them removed from later releases; copies already downloaded cannot be recalled.";
    consent_age = "For people of 16 and older.";
    consent_need_sync = "Tick the first to go on. Ranking works the same without this.";
    consent_need_both = "Tick the first two to go on. Ranking works the same without this.";
    consent_all_published = "This includes the votes that Sync has already put on the server.";
    sync_yes = "Agree and turn on Sync";
    contribute_yes = "Agree and contribute";
    leave_heading = "Send nothing any more?";
    leave_text = "From now on nothing leaves this device. What becomes of the votes on the server?";
    leave_erase_text = "Delete them: votes, profile and consents are removed from the server at once and are in no later release. Releases that are out already still hold votes that were published, and copies that were downloaded cannot be recalled.";
    leave_unlink_published = "Keep them without the link: your profile is deleted, and your votes stay in the open data under a new public id that nobody can tie to you, we included. So nobody can change or delete them later. Releases that are out already keep the old id.";
    leave_unlink_synced = "Keep them without the link: your profile is deleted, and your votes stay on the server under a new public id that nobody can tie to you, we included. They are not published, and nobody can change or delete them later.";
    leave_erase = "Stop and delete them";
    leave_unlink = "Stop and keep them without the link";
    erase_heading = "Delete what the server holds of you?";
    erase_text = "Votes, profile and consents are removed from the server at once, and nothing is sent any more. Votes on this device stay. Releases that are out already still hold votes that were published, and copies that were downloaded cannot be recalled.";
    erase_yes = "Delete them on the server";
    unpublish_heading = "Stop publishing?";
    unpublish_text = "Sync goes on. Your votes are in no later release. Releases that are out already still hold them, and copies that were downloaded cannot be recalled.";
    unpublish_yes = "Stop publishing";
    own_unpublished = "Your votes are no longer published.";
    own_no_session = "The server does not know this browser any more, so it could not say what became of this. If an earlier try arrived, it is done. If not, votes may still be there: open them with your recovery code and ask again.";
    lost = "The server no longer has an account of this browser, or your consent: its cookie was cleared or has run out.";
    lost_help = "Open your account with its recovery code. Or start anew: you are asked for your consent again, and the votes that wait go to a new account.";
    lost_link = "What you can do";
    lost_code = "Use my recovery code";
    lost_anew = "Start anew…";
    own_pending = "Nothing is sent any more. The server has not been told yet, because it did not answer; this page keeps trying, also after you close and reopen it.";
    own_pending_publishing = "Still to tell the server: stop publishing my votes.";
    own_pending_unlink = "Still to tell the server: cut the link to my votes.";
    own_pending_erase = "Still to tell the server: delete what it holds of me.";
    consents_heading = "What you agreed to";
    consents_none = "Nothing that you agreed to is in force in this browser. Nothing is asked of you to rank.";
    consents_failed = "The list could not be loaded.";
    consents_purpose = "For";
    consents_state = "Your last word";
    consents_at = "When";
    consents_text = "Text";
    consent_given = "yes";
    consent_withdrawn = "no";
    purpose_sync = "Keeping votes and profile on the server";
    purpose_votes = "Publishing votes";
    purpose_prompts = "Publishing own prompts";
    devices_heading = "Your other devices";
    devices_lead = "A recovery code opens your votes and your profile in another browser. Whoever has the code has them too.";
    code_make = "Make a recovery code";
    code_make_note = "A new code makes the one before void.";
    code_shown = "Your recovery code. It is shown only now: write it down.";
    code_copy = "Copy";
    code_copied = "Copied.";
    code_not_copied = "The browser did not allow it. Select the code and copy it by hand.";
    code_have = "I have a code";
    code_field = "Recovery code";
    code_open = "Open";
    code_empty = "Type your code first.";
    code_note = "Votes on this device stay, and those of your account are added.";
    pull = "Get votes from my other devices";
    here_heading = "Your votes on this device";
    here_badge = "Kept on this device";
    here_badge_tab = "Held by this tab only";
    here_risk = "Some browsers clear such data after a week without a visit, and it is gone when you clear the browser or lose the device. A file, or Sync, keeps it.";
    here_promised = "This browser promised not to clear it by itself. Clearing the browser or losing the device still does.";
    import = "Bring votes back from a file";
    import_note = "A file that was saved here, “.taste.json” or the older “palate-votes.json”. Nothing that is here is overwritten.";
    import_waiting = "The part that reads files is still loading…";
    import_reading = "Reading the file…";
    exported = "Saved. Keep the file where you will find it.";
    server_heading = "On the server";
    server_nothing = "This browser has no account on the server.";
    server_id = "Your public id in the open data";
    server_rotate = "Take a new public id";
    server_rotate_note = "What you are shown from now on is published under the new id. Earlier votes keep the old one, and nothing ties the two.";
    server_rotated = "You have a new public id.";
    server_export = "Save everything the server holds";
    model_heading = "Downloaded language model";
    model_note = "Comparing your own texts downloads a language model once and keeps it in this browser.";
    model_unknown = "This browser does not say how much it keeps.";
    reminder_link = "Keep a copy";
    reminder_dismiss = "Not now";
    data_own_lead = "What leaves your device, saving and deleting: all that is on a page of its own.";
    data_own_heading = "Your own data";
}

sentences! {
    /// After an import: what became of the votes in the file.
    imported(new, known, refused) = "{new} new, {known} known, {refused} refused.";
    /// A file that was not taken, and why.
    not_imported(why) = "{why} Nothing was imported.";
    /// A file that the browser could not read, and why.
    import_unreadable(why) = "The browser could not read the file. ({why})";
    /// What the browser keeps, with the model.
    model_size(size) = "This site keeps about {size} in this browser: model, pages, pack and votes together.";
}

counted! {
    /// The offer to send what was given before.
    send_earlier(count) = "Also send my {count} earlier vote", "Also send my {count} earlier votes";
    /// The same, later.
    send_earlier_now(count) = "Send my {count} earlier vote", "Send my {count} earlier votes";
    /// What waits while the account is lost.
    lost_waiting(count) = "Nothing is lost: {count} vote or change waits on this device.", "Nothing is lost: {count} votes or changes wait on this device.";
    /// After the link was cut.
    unlinked(count, receipt) = "The link to {count} vote was cut. Receipt: {receipt}", "The link to {count} votes was cut. Receipt: {receipt}";
    /// After votes came from the server.
    pulled(count, mode) = "{count} new vote came from the server. What leaves this device: {mode}.", "{count} new votes came from the server. What leaves this device: {mode}.";
    /// After the refusals that are shown.
    more_refused(count) = "and {count} more", "and {count} more";
    /// What the server says that it holds, with a profile.
    server_holds_profile(count, day) = "The server holds {count} vote and a profile of you, since {day}.", "The server holds {count} votes and a profile of you, since {day}.";
    /// What the server says that it holds, without a profile.
    server_holds_votes(count, day) = "The server holds {count} vote and no profile of you, since {day}.", "The server holds {count} votes and no profile of you, since {day}.";
    /// Reminder to keep a copy.
    reminder(count) = "You have given {count} vote, and only this browser has it. Save a file or turn on Sync, so that it is not lost.", "You have given {count} votes, and only this browser has them. Save a file or turn on Sync, so that they are not lost.";
}

/// Name of the portable file.
pub(crate) const EXPORT_NAME: &str = "palate.taste.json";

/// What the server says that it holds.
pub(crate) fn server_holds(votes: usize, profile: bool, day: &str) -> String {
    if profile {
        server_holds_profile(votes, day)
    } else {
        server_holds_votes(votes, day)
    }
}
