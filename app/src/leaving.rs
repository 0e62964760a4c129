//! What the server must still be told when a person sends less: plain state without a page.

use palate_shared::api::consents::{Consent, Purpose};
use serde::{Deserialize, Serialize};

use crate::outbox::{Entry, Standing};
use crate::state::Mode;

/// One thing to tell the server; kept on this device until it is acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Withdrawal {
    /// Take the consent to publish back.
    Publishing,
    /// Keep the votes, cut the link to the person.
    Unlink,
    /// Delete everything.
    Erase,
}

/// What is to be told after `next` was asked for too, in order. Erasing makes the rest needless.
pub(crate) fn queue(mut pending: Vec<Withdrawal>, next: Withdrawal) -> Vec<Withdrawal> {
    match next {
        Withdrawal::Erase => vec![Withdrawal::Erase],
        _ if pending.contains(&next) || pending.contains(&Withdrawal::Erase) => pending,
        _ => {
            pending.push(next);
            pending
        }
    }
}

/// The outbox once the device sends nothing more: what has not arrived never will.
pub(crate) fn stopped(entries: &[Entry]) -> Vec<Entry> {
    entries
        .iter()
        .filter(|entry| matches!(entry.standing, Standing::Sent | Standing::Unlinked))
        .cloned()
        .collect()
}

/// The outbox after the server acknowledged a withdrawal.
pub(crate) fn settled(entries: &[Entry], done: Withdrawal) -> Vec<Entry> {
    match done {
        Withdrawal::Publishing => entries.to_vec(),
        Withdrawal::Erase => entries
            .iter()
            .filter(|entry| entry.standing == Standing::Unlinked)
            .cloned()
            .collect(),
        Withdrawal::Unlink => stopped(entries)
            .into_iter()
            .map(|entry| Entry {
                standing: Standing::Unlinked,
                ..entry
            })
            .collect(),
    }
}

/// The mode that consents allow; of several words on a purpose the last counts.
pub(crate) fn mode(consents: &[Consent]) -> Mode {
    let given = |purpose| {
        consents
            .iter()
            .rev()
            .find(|consent| consent.purpose == purpose)
            .is_some_and(|consent| consent.granted)
    };
    if given(Purpose::PublishVotes) {
        Mode::Contribute
    } else if given(Purpose::Sync) {
        Mode::Sync
    } else {
        Mode::Local
    }
}

/// After how many votes a reminder to keep a copy is due; `dismissed` is the last one that was seen.
pub(crate) fn reminder(votes: usize, dismissed: usize) -> Option<usize> {
    [30, 10]
        .into_iter()
        .find(|after| votes >= *after)
        .filter(|after| *after > dismissed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: &str, standing: Standing) -> Entry {
        Entry {
            standing,
            ..Entry::new(id.into())
        }
    }

    fn all() -> [Entry; 4] {
        [
            entry("sent", Standing::Sent),
            entry("waiting", Standing::Waiting),
            entry("failed", Standing::Failed),
            entry("loose", Standing::Unlinked),
        ]
    }

    fn ids(entries: &[Entry]) -> Vec<&str> {
        entries.iter().map(|entry| entry.event.as_str()).collect()
    }

    #[test]
    fn withdrawals_are_told_in_order_and_erasing_replaces_them() {
        use Withdrawal::{Erase, Publishing, Unlink};
        assert_eq!(queue(vec![], Publishing), [Publishing]);
        assert_eq!(queue(vec![Publishing], Publishing), [Publishing]);
        assert_eq!(queue(vec![Publishing], Unlink), [Publishing, Unlink]);
        assert_eq!(queue(vec![Publishing, Unlink], Erase), [Erase]);
        assert_eq!(queue(vec![Erase], Unlink), [Erase]);
    }

    #[test]
    fn the_counter_stays_true_until_the_server_has_answered() {
        let stopped = stopped(&all());
        assert_eq!(ids(&stopped), ["sent", "loose"]);
        assert_eq!(ids(&settled(&stopped, Withdrawal::Erase)), ["loose"]);
        let loose = settled(&stopped, Withdrawal::Unlink);
        assert_eq!(ids(&loose), ["sent", "loose"]);
        assert!(loose.iter().all(|e| e.standing == Standing::Unlinked));
        assert_eq!(settled(&all(), Withdrawal::Publishing), all());
    }

    #[test]
    fn the_mode_follows_the_last_word_on_each_purpose() {
        let consent = |purpose, granted| Consent {
            purpose,
            granted,
            text_version: "1".to_owned(),
            locale: "en".to_owned(),
            at: String::new(),
        };
        let sync = consent(Purpose::Sync, true);
        let publish = consent(Purpose::PublishVotes, true);
        let stopped = consent(Purpose::PublishVotes, false);
        assert_eq!(mode(&[]), Mode::Local);
        assert_eq!(mode(std::slice::from_ref(&sync)), Mode::Sync);
        assert_eq!(mode(&[sync.clone(), publish.clone()]), Mode::Contribute);
        assert_eq!(mode(&[sync, publish, stopped.clone()]), Mode::Sync);
        assert_eq!(mode(&[stopped]), Mode::Local);
    }

    #[test]
    fn reminders_come_after_ten_and_thirty_votes_once_each() {
        assert_eq!(reminder(9, 0), None);
        assert_eq!(reminder(10, 0), Some(10));
        assert_eq!(reminder(29, 10), None);
        assert_eq!(reminder(30, 10), Some(30));
        assert_eq!(reminder(31, 30), None);
        assert_eq!(reminder(40, 0), Some(30));
    }
}
