//! Votes on their way to the server: plain state without a page.

use palate_shared::ids::{BallotId, JudgmentId};
use serde::{Deserialize, Serialize};

use crate::error::Error;

/// Where a vote stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Standing {
    /// To be sent, or to be tried again.
    Waiting,
    /// The server acknowledged it.
    Sent,
    /// The server refused it for good.
    Failed,
}

/// One vote in the outbox. The idempotency key is the event's id; the ballot is kept before the first try, so that
/// every retry is the same request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Entry {
    /// The event.
    pub(crate) event: JudgmentId,
    /// Where it stands.
    pub(crate) standing: Standing,
    /// Tries so far.
    pub(crate) attempts: u32,
    /// Not before this time, milliseconds since the Unix epoch.
    pub(crate) due_ms: u64,
    /// The ballot that it will spend.
    pub(crate) ballot: Option<BallotId>,
    /// What the last try said.
    pub(crate) said: Option<String>,
}

/// What to do after a try failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Wait and send the same again.
    Later,
    /// Take another ballot and send again.
    NewBallot,
    /// Start the session anew, with new ballots.
    NewSession,
    /// The server will never take it.
    GiveUp,
}

/// Tries with a fresh ballot or session before giving up.
const FRESH_TRIES: u32 = 5;

/// Reads what an error asks for.
pub(crate) fn remedy(error: &Error, attempts: u32) -> Remedy {
    let Error::Api(problem) = error else {
        return Remedy::Later;
    };
    match problem.status {
        408 | 425 | 429 | 500..=599 => Remedy::Later,
        _ if attempts >= FRESH_TRIES => Remedy::GiveUp,
        _ if problem.code.starts_with("ballot") => Remedy::NewBallot,
        401 => Remedy::NewSession,
        _ => Remedy::GiveUp,
    }
}

/// Wait before try number `attempts + 1`, milliseconds: doubles from 2 s to 5 min; `jitter` in [0, 1) adds up to half.
pub(crate) fn back_off_ms(attempts: u32, jitter: f64) -> u64 {
    let base = 2_000_u64 << attempts.saturating_sub(1).min(10);
    let base = base.min(300_000);
    base + (base as f64 * 0.5 * jitter.clamp(0.0, 1.0)) as u64
}

impl Entry {
    /// A vote to be sent now.
    pub(crate) fn new(event: JudgmentId) -> Self {
        Self {
            event,
            standing: Standing::Waiting,
            attempts: 0,
            due_ms: 0,
            ballot: None,
            said: None,
        }
    }

    /// The server acknowledged it.
    pub(crate) fn acknowledge(&mut self) {
        self.standing = Standing::Sent;
        self.said = None;
        self.ballot = None;
    }

    /// A try failed.
    pub(crate) fn fail(&mut self, error: &Error, now_ms: u64, jitter: f64) -> Remedy {
        self.attempts += 1;
        self.said = Some(error.to_string());
        let remedy = remedy(error, self.attempts);
        match remedy {
            Remedy::Later => self.due_ms = now_ms + back_off_ms(self.attempts, jitter),
            Remedy::NewBallot | Remedy::NewSession => self.ballot = None,
            Remedy::GiveUp => self.standing = Standing::Failed,
        }
        remedy
    }

    /// The visitor wants another try.
    pub(crate) fn retry(&mut self) {
        if self.standing == Standing::Failed {
            self.standing = Standing::Waiting;
            self.ballot = None;
        }
        self.attempts = 0;
        self.due_ms = 0;
    }
}

/// Votes by standing: waiting, sent, failed.
pub(crate) fn count(entries: &[Entry]) -> (usize, usize, usize) {
    let of = |standing| {
        entries
            .iter()
            .filter(|entry| entry.standing == standing)
            .count()
    };
    (
        of(Standing::Waiting),
        of(Standing::Sent),
        of(Standing::Failed),
    )
}

/// The next vote to send at this time, or how long to wait for one, milliseconds; `None` when nothing waits.
pub(crate) fn next(entries: &[Entry], now_ms: u64) -> Option<Result<Entry, u64>> {
    let earliest = entries
        .iter()
        .filter(|entry| entry.standing == Standing::Waiting)
        .min_by_key(|entry| entry.due_ms)?;
    Some(if earliest.due_ms <= now_ms {
        Ok(earliest.clone())
    } else {
        Err(earliest.due_ms - now_ms)
    })
}

#[cfg(test)]
mod tests {
    use palate_shared::problem::Problem;

    use super::*;

    fn refusal(status: u16, code: &str) -> Error {
        Error::Api(Problem {
            code: code.to_owned(),
            status,
            title: "No".to_owned(),
            detail: None,
        })
    }

    #[test]
    fn a_broken_network_is_tried_again_with_the_same_ballot() {
        let mut entry = Entry::new("e".into());
        entry.ballot = Some("b".into());
        for _ in 0..20 {
            assert_eq!(entry.fail(&Error::Network, 1_000, 0.0), Remedy::Later);
        }
        assert_eq!(entry.ballot, Some("b".into()));
        assert_eq!(entry.standing, Standing::Waiting);
        assert_eq!(entry.due_ms, 1_000 + 300_000);
    }

    #[test]
    fn a_spent_ballot_is_replaced_but_not_for_ever() {
        let mut entry = Entry::new("e".into());
        entry.ballot = Some("b".into());
        assert_eq!(
            entry.fail(&refusal(409, "ballot_spent"), 0, 0.0),
            Remedy::NewBallot
        );
        assert_eq!(entry.ballot, None);
        for _ in 0..10 {
            entry.fail(&refusal(409, "ballot_spent"), 0, 0.0);
        }
        assert_eq!(entry.standing, Standing::Failed);
        entry.retry();
        assert_eq!((entry.standing, entry.attempts), (Standing::Waiting, 0));
    }

    #[test]
    fn refusals_are_final_and_overload_is_not() {
        assert_eq!(remedy(&refusal(422, "judgment_invalid"), 1), Remedy::GiveUp);
        assert_eq!(
            remedy(&refusal(401, "session_missing"), 1),
            Remedy::NewSession
        );
        assert_eq!(remedy(&refusal(503, "busy"), 50), Remedy::Later);
        assert_eq!(remedy(&refusal(429, "slow_down"), 50), Remedy::Later);
    }

    #[test]
    fn back_off_doubles_up_to_five_minutes() {
        assert_eq!(
            [1, 2, 3, 9, 60].map(|n| back_off_ms(n, 0.0)),
            [2_000, 4_000, 8_000, 300_000, 300_000]
        );
        assert_eq!(back_off_ms(1, 1.0), 3_000);
    }

    #[test]
    fn the_earliest_waiting_vote_goes_first() {
        let mut late = Entry::new("late".into());
        late.due_ms = 500;
        let mut sent = Entry::new("sent".into());
        sent.acknowledge();
        assert_eq!(next(&[sent.clone(), late.clone()], 100), Some(Err(400)));
        assert_eq!(
            next(&[late.clone(), Entry::new("now".into())], 100),
            Some(Ok(Entry::new("now".into())))
        );
        assert_eq!(next(&[sent.clone()], 100), None);
        assert_eq!(count(&[sent, late]), (1, 1, 0));
    }
}
