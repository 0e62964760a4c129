//! Who voted a moment ago: the two requests of a vote, and votes sent one after another, ask for the person once.
//!
//! Everything is forgotten whenever this process commits anything but votes, so a session that is ended or a consent that
//! is taken back is in force before that is acknowledged. What another process changes is seen after [`KEPT`]; where several
//! servers share a database, nobody is kept.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::users::Voter;

/// How long a person is known without asking again.
const KEPT: Duration = Duration::from_secs(5);
/// Most people known at once.
const MOST: usize = 10_000;

/// People by the hash of their session's token; cheap to clone.
#[derive(Clone, Debug, Default)]
pub(super) struct Lately(Arc<Mutex<People>>);

#[derive(Debug, Default)]
struct People {
    changes: u64,
    known: HashMap<String, Known>,
}

#[derive(Debug)]
struct Known {
    voter: Voter,
    expires_at: i64,
    since: Instant,
}

impl Lately {
    /// The person of a session; `Err` with how often all were forgotten when nobody is known by it.
    pub(super) fn voter(&self, token_hash: &str, now_ms: i64) -> Result<Voter, u64> {
        let people = self.people();
        people
            .known
            .get(token_hash)
            .filter(|known| known.expires_at > now_ms && known.since.elapsed() < KEPT)
            .map(|known| known.voter.clone())
            .ok_or(people.changes)
    }

    /// Keeps what was read after [`Lately::voter`] said `changes`, unless all were forgotten since.
    pub(super) fn keep(&self, changes: u64, token_hash: &str, voter: &Voter, expires_at: i64) {
        let mut people = self.people();
        if people.changes != changes {
            return;
        }
        if people.known.len() >= MOST {
            people.known.clear();
        }
        let known = Known {
            voter: voter.clone(),
            expires_at,
            since: Instant::now(),
        };
        people.known.insert(token_hash.to_owned(), known);
    }

    /// Forgets everybody.
    pub(super) fn forget(&self) {
        let mut people = self.people();
        people.changes += 1;
        people.known.clear();
    }

    fn people(&self) -> MutexGuard<'_, People> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::super::users::User;
    use super::*;

    fn voter() -> Voter {
        Voter {
            user: User {
                id: "ann".to_owned(),
                created_day: "2026-11-26".to_owned(),
                public_id_epoch: 0,
            },
            agrees: true,
        }
    }

    #[test]
    fn a_person_is_known_until_the_session_expires_or_anything_changes() {
        let lately = Lately::default();
        let changes = lately.voter("a", 1).expect_err("is nobody yet");
        lately.keep(changes, "a", &voter(), 5);
        assert_eq!(lately.voter("a", 4), Ok(voter()));
        assert!(lately.voter("a", 5).is_err(), "expired");
        assert!(lately.voter("b", 4).is_err(), "another session");
        lately.forget();
        assert!(lately.voter("a", 4).is_err(), "forgotten");
    }

    #[test]
    fn what_was_read_before_a_change_is_not_kept() {
        let lately = Lately::default();
        let changes = lately.voter("a", 1).expect_err("is nobody yet");
        lately.forget();
        lately.keep(changes, "a", &voter(), 5);
        assert!(lately.voter("a", 1).is_err());
    }
}
