//! Texts of `/privacy`. The times come from the server.

use palate_shared::api::privacy::Kept;

use super::Section;

texts! {
    privacy_heading = "Privacy";
    privacy_lead = "As long as you stay “On this device”, this server learns nothing of your votes. This page is about what it keeps once you choose otherwise.";
    privacy_kept = "How long things are kept";
    privacy_kept_note = "These are the times that the server’s own clean-up works with, once a day.";
    privacy_failed = "The times could not be loaded.";
    col_what = "What";
    col_until = "How long";
    kept_votes = "Votes, own prompts that you published, and what you agreed to (Sync and Contribute)";
    kept_until_deleted = "until you delete them";
    kept_sessions = "Your session: the hash of the cookie, with its two times";
    kept_spent_tokens = "That the ticket of a vote, or of a session, was used";
    kept_profiles = "Your taste profile, counted from its last change";
    kept_empty_accounts = "An account that nobody can open any more and that holds no vote";
    kept_receipts = "The receipt of a deletion, which names nobody";
    kept_jobs = "What the clean-up did, in numbers";
    kept_ledger = "What an answer of a language model cost, without its text";
    kept_backups = "Copies of the database, made by whoever runs this site";
    no_purge_yet = "The first clean-up has not run yet.";
}

sentences! {
    /// When the clean-up ran and what it removed.
    last_purge(at, removed) = "Last clean-up: {at}. {removed}";
}

counted! {
    /// How long.
    kept_days(count) = "{count} day", "{count} days";
    /// What the clean-up removed.
    purge_removed(count) = "It removed {count} entry.", "It removed {count} entries.";
}

/// What is kept.
pub(crate) fn kept(what: Kept) -> &'static str {
    match what {
        Kept::Sessions => kept_sessions(),
        Kept::SpentTokens => kept_spent_tokens(),
        Kept::Profiles => kept_profiles(),
        Kept::EmptyAccounts => kept_empty_accounts(),
        Kept::Receipts => kept_receipts(),
        Kept::Jobs => kept_jobs(),
        Kept::Ledger => kept_ledger(),
        Kept::Backups => kept_backups(),
    }
}

pub(crate) const PRIVACY_SECTIONS: &[Section] = &[
    Section::new(
        "What leaves this device",
        &[
            "On this device: page loads, and what you ask on “Try” with what you choose to send along. Votes, taste and forecasts stay in this browser.",
            "Sync: also your votes and your taste profile, so that your other devices have them.",
            "Contribute: also, your votes go to the open data under a pseudonym, without name or e-mail. You can stop, and later releases leave them out; copies that were downloaded cannot be recalled.",
            "A question of your own, with answers to it, is kept and published only if you contribute and tick it for that conversation. It waits 14 days before its first release, and you can take it back on “Your data” at any time.",
        ],
    ),
    Section::new(
        "What is never kept",
        &[
            "Your network address. It is used to answer you and then forgotten; it is in no database and in no log. To keep a few from crowding out many, calls are counted per network in memory only, under a number that changes whenever the server starts.",
            "Names, e-mail addresses, passwords: none are asked for. There are no other sites in these pages, no advertising and no counting of visitors.",
            "The log has the kind of a request and how long it took. It has no votes, texts, cookies or codes.",
        ],
    ),
    Section::new(
        "The one cookie",
        &[
            "It is set when you choose Sync or Contribute, or ask for answers on “Try”, and says only that this browser is the same as before. Scripts cannot read it. The server keeps its hash, so nobody who reads the database can use it.",
        ],
    ),
    Section::new(
        "How votes are weighed",
        &[
            "Programs vote too. So votes that come faster than anyone reads, always fall on the same side, or contradict themselves count less where many people are averaged. Nobody is blocked and nothing is deleted for that, and your own taste is learned from all of your votes. What was found about yours is in “Save everything the server holds”.",
        ],
    ),
];
