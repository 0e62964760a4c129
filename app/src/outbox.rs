//! Votes on their way to the server: plain state without a page.

use std::collections::{HashMap, HashSet};

use palate_shared::event::{VoteEvent, current};
use palate_shared::ids::{BallotId, ComparisonId, JudgmentId};
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
    /// The server has it, cut loose from this person: nobody can change or delete it.
    Unlinked,
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
    /// The contributed event that this one revises; that one is sent first.
    #[serde(default)]
    pub(crate) revises: Option<JudgmentId>,
    /// The server's id of the revision to replace; kept before the first try, like the ballot.
    #[serde(default)]
    pub(crate) base: Option<JudgmentId>,
    /// Whether the server must be asked which revision is its current one.
    #[serde(default)]
    pub(crate) stale: bool,
    /// The server's id of this event, from its acknowledgement.
    #[serde(default)]
    pub(crate) server: Option<JudgmentId>,
}

/// What to do after a try failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Remedy {
    /// Wait and send the same again.
    Later,
    /// Take another ballot and send again.
    NewBallot,
    /// Keep it until the person has opened their account here again, or another one.
    Rejoin,
    /// Ask which revision is the current one and replace that.
    NewBase,
    /// The server will never take it.
    GiveUp,
}

/// Tries with a fresh ballot before giving up.
const FRESH_TRIES: u32 = 5;

/// Reads what an error asks for.
pub(crate) fn remedy(error: &Error, attempts: u32) -> Remedy {
    let problem = match error {
        Error::Api(problem) => problem,
        Error::Lost => return Remedy::Rejoin,
        _ => return Remedy::Later,
    };
    match problem.status {
        408 | 425 | 429 | 500..=599 => Remedy::Later,
        // Work for a session that came too late: the next try asks for new work.
        _ if problem.code.starts_with("pow") => Remedy::Later,
        _ if attempts >= FRESH_TRIES => Remedy::GiveUp,
        _ if problem.code.starts_with("ballot") => Remedy::NewBallot,
        _ if problem.code == "judgment_superseded" => Remedy::NewBase,
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
            revises: None,
            base: None,
            stale: false,
            server: None,
        }
    }

    /// A change or withdrawal of the contributed event `revises`, to be sent after it.
    pub(crate) fn revision(event: JudgmentId, revises: JudgmentId) -> Self {
        Self {
            revises: Some(revises),
            ..Self::new(event)
        }
    }

    /// An event that came from the server; under which id it holds it is asked when that matters.
    pub(crate) fn held(event: &VoteEvent) -> Self {
        Self {
            standing: Standing::Sent,
            revises: event.supersedes.clone(),
            ..Self::new(event.id.clone())
        }
    }

    /// The server acknowledged it under this id.
    pub(crate) fn acknowledge(&mut self, server: JudgmentId) {
        self.standing = Standing::Sent;
        self.said = None;
        self.ballot = None;
        self.base = None;
        self.server = Some(server);
    }

    /// A try failed.
    pub(crate) fn fail(&mut self, error: &Error, now_ms: u64, jitter: f64) -> Remedy {
        self.attempts += 1;
        self.said = Some(error.to_string());
        let remedy = remedy(error, self.attempts);
        match remedy {
            Remedy::Later => self.due_ms = now_ms + back_off_ms(self.attempts, jitter),
            Remedy::NewBallot => self.ballot = None,
            Remedy::Rejoin => self.attempts -= 1,
            Remedy::NewBase => self.forget_base(),
            Remedy::GiveUp => self.standing = Standing::Failed,
        }
        remedy
    }

    /// The visitor wants another try.
    pub(crate) fn retry(&mut self) {
        if self.standing == Standing::Failed {
            self.standing = Standing::Waiting;
            self.ballot = None;
            self.forget_base();
        }
        self.attempts = 0;
        self.due_ms = 0;
    }

    /// This browser is another account from now on: what was prepared for a try is void.
    pub(crate) fn renew(&mut self) {
        if self.standing == Standing::Waiting {
            self.ballot = None;
            if self.revises.is_some() {
                self.forget_base();
            }
            self.retry();
        }
    }

    fn forget_base(&mut self) {
        self.base = None;
        self.stale = true;
    }
}

/// Puts entries in their places; there is one for each event.
pub(crate) fn place(entries: &mut Vec<Entry>, more: Vec<Entry>) {
    let ids: HashSet<&JudgmentId> = more.iter().map(|entry| &entry.event).collect();
    entries.retain(|held| !ids.contains(&held.event));
    entries.extend(more);
}

/// The place of a new event in the outbox: a vote has one, a revision only when an earlier word on the same showing has.
pub(crate) fn enlist(entries: &[Entry], events: &[VoteEvent], event: &VoteEvent) -> Option<Entry> {
    let earlier = last_sent_to(
        entries,
        events.iter().filter(|held| held.id != event.id),
        event,
    );
    match (earlier, &event.supersedes) {
        (Some(earlier), _) if earlier.standing == Standing::Unlinked => None,
        (Some(earlier), _) => Some(Entry::revision(event.id.clone(), earlier.event.clone())),
        (None, None) => Some(Entry::new(event.id.clone())),
        (None, Some(_)) => None,
    }
}

/// The places of every vote that the server has not: current votes given while nothing was sent, and later words on votes
/// that it has.
pub(crate) fn enlist_earlier(entries: &[Entry], events: &[VoteEvent]) -> Vec<Entry> {
    let counted: HashSet<&ComparisonId> = current(events)
        .into_iter()
        .map(|event| &event.comparison)
        .collect();
    let held: HashMap<&JudgmentId, Standing> = entries
        .iter()
        .map(|entry| (&entry.event, entry.standing))
        .collect();
    let mut last: HashMap<&ComparisonId, (&JudgmentId, Standing)> = HashMap::new();
    let mut more = Vec::new();
    for event in events {
        if let Some(standing) = held.get(&event.id) {
            last.insert(&event.comparison, (&event.id, *standing));
            continue;
        }
        let entry = match (last.get(&event.comparison), &event.supersedes) {
            (Some((_, Standing::Unlinked)), _) => None,
            (Some((earlier, _)), _) => Some(Entry::revision(event.id.clone(), (*earlier).clone())),
            (None, None) if counted.contains(&event.comparison) && !event.simulated => {
                Some(Entry::new(event.id.clone()))
            }
            (None, _) => None,
        };
        if let Some(entry) = entry {
            last.insert(&event.comparison, (&event.id, Standing::Waiting));
            more.push(entry);
        }
    }
    more
}

/// The last entry among the events on the same showing as `event`.
fn last_sent_to<'a>(
    entries: &'a [Entry],
    events: impl DoubleEndedIterator<Item = &'a VoteEvent>,
    event: &VoteEvent,
) -> Option<&'a Entry> {
    events
        .rev()
        .filter(|held| held.comparison == event.comparison)
        .find_map(|held| entries.iter().find(|entry| entry.event == held.id))
}

/// The server's id of what a revision replaces, as far as this device knows it.
pub(crate) fn base(entries: &[Entry], entry: &Entry) -> Option<JudgmentId> {
    if entry.base.is_some() || entry.stale {
        return entry.base.clone();
    }
    let earlier = entry.revises.as_ref()?;
    entries
        .iter()
        .find(|held| held.event == *earlier)?
        .server
        .clone()
}

/// Whether what an entry revises has reached the server, or will never.
fn is_free(entries: &[Entry], entry: &Entry) -> bool {
    let Some(earlier) = &entry.revises else {
        return true;
    };
    entries
        .iter()
        .find(|held| held.event == *earlier)
        .is_none_or(|held| matches!(held.standing, Standing::Sent | Standing::Unlinked))
}

/// By standing: waiting, sent, failed. A revision that arrived is not another vote.
pub(crate) fn count(entries: &[Entry]) -> (usize, usize, usize) {
    let of = |standing| {
        entries
            .iter()
            .filter(move |entry| entry.standing == standing)
    };
    (
        of(Standing::Waiting).count(),
        of(Standing::Sent)
            .chain(of(Standing::Unlinked))
            .filter(|entry| entry.revises.is_none())
            .count(),
        of(Standing::Failed).count(),
    )
}

/// The next vote to send at this time, or how long to wait for one, milliseconds; `None` when nothing waits. A revision
/// waits for what it revises.
pub(crate) fn next(entries: &[Entry], now_ms: u64) -> Option<Result<Entry, u64>> {
    let earliest = entries
        .iter()
        .filter(|entry| entry.standing == Standing::Waiting && is_free(entries, entry))
        .min_by_key(|entry| entry.due_ms)?;
    Some(if earliest.due_ms <= now_ms {
        Ok(earliest.clone())
    } else {
        Err(earliest.due_ms - now_ms)
    })
}

#[cfg(test)]
pub(crate) mod tests {
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
        assert_eq!(remedy(&Error::Lost, 50), Remedy::Rejoin);
        assert_eq!(remedy(&refusal(503, "busy"), 50), Remedy::Later);
        assert_eq!(remedy(&refusal(429, "slow_down"), 50), Remedy::Later);
        assert_eq!(remedy(&refusal(403, "pow_expired"), 50), Remedy::Later);
    }

    #[test]
    fn a_lost_account_keeps_the_vote_and_voids_what_was_prepared_for_it() {
        let mut entry = Entry::new("e".into());
        entry.ballot = Some("b".into());
        let before = entry.clone();
        for _ in 0..20 {
            assert_eq!(entry.fail(&Error::Lost, 1_000, 0.0), Remedy::Rejoin);
        }
        entry.said = None;
        assert_eq!(entry, before, "the account may come back");
        entry.renew();
        assert_eq!(entry, Entry::new("e".into()));
        let mut revision = Entry::revision("2".into(), "e".into());
        revision.base = Some("s".into());
        revision.renew();
        assert_eq!((revision.base, revision.stale), (None, true));
        let mut sent = Entry::new("e".into());
        sent.acknowledge("s".into());
        let before = sent.clone();
        sent.renew();
        assert_eq!(sent, before);
    }

    #[test]
    fn an_event_has_one_place() {
        let mut entries = vec![Entry::new("1".into())];
        let mut sent = Entry::new("1".into());
        sent.acknowledge("s".into());
        place(&mut entries, vec![sent.clone(), Entry::new("2".into())]);
        assert_eq!(entries, [sent, Entry::new("2".into())]);
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
        sent.acknowledge("s".into());
        assert_eq!(next(&[sent.clone(), late.clone()], 100), Some(Err(400)));
        assert_eq!(
            next(&[late.clone(), Entry::new("now".into())], 100),
            Some(Ok(Entry::new("now".into())))
        );
        assert_eq!(next(&[sent.clone()], 100), None);
        assert_eq!(count(&[sent, late]), (1, 1, 0));
    }

    pub(crate) fn vote(id: &str, comparison: &str) -> VoteEvent {
        let shown = vec!["a".into(), "b".into()];
        VoteEvent {
            id: id.into(),
            comparison: comparison.into(),
            supersedes: None,
            withdrawn: false,
            pack: "t".into(),
            prompt: "p".into(),
            judgment: palate_shared::judgment::Judgment::equal(shown.clone()),
            shown,
            policy: palate_shared::event::Policy::ExpectedInformation,
            propensity: 0.1,
            topic: None,
            repeat_of: None,
            predictions: vec![],
            blind: true,
            simulated: false,
            context: None,
            at_ms: 0,
            dwell_ms: 0,
        }
    }

    #[test]
    fn a_revision_is_sent_only_where_the_vote_was_contributed() {
        let (mine, kept) = (vote("1", "c1"), vote("2", "c2"));
        let log = [mine.clone(), kept.clone()];
        let entries = [enlist(&[], &log, &mine).expect("a vote is sent")];
        assert_eq!(entries[0], Entry::new("1".into()));
        let changed = kept.withdrawal("3".into(), 1);
        assert_eq!(enlist(&entries, &log, &changed), None);
        let changed = mine.withdrawal("4".into(), 1);
        let second = enlist(&entries, &log, &changed).expect("a revision is sent");
        assert_eq!(second, Entry::revision("4".into(), "1".into()));
        // A change made while nothing was sent is passed over: the next one replaces what the server has.
        let unsent = mine.withdrawal("5".into(), 1);
        let log = [mine, unsent.clone()];
        let later = unsent.revision("6".into(), unsent.judgment.clone(), 2);
        assert_eq!(
            enlist(&entries, &log, &later),
            Some(Entry::revision("6".into(), "1".into()))
        );
    }

    #[test]
    fn a_revision_waits_for_what_it_revises_and_replaces_that() {
        let mut first = Entry::new("1".into());
        first.due_ms = 500;
        let second = Entry::revision("2".into(), "1".into());
        let third = Entry::revision("3".into(), "2".into());
        let all = |first: &Entry, second: &Entry| [third.clone(), second.clone(), first.clone()];
        assert_eq!(next(&all(&first, &second), 100), Some(Err(400)));
        first.acknowledge("s1".into());
        assert_eq!(next(&all(&first, &second), 100), Some(Ok(second.clone())));
        assert_eq!(base(&all(&first, &second), &second), Some("s1".into()));
        assert_eq!(base(&all(&first, &second), &third), None);
        let mut sent = second.clone();
        sent.acknowledge("s2".into());
        assert_eq!(base(&all(&first, &sent), &third), Some("s2".into()));
        assert_eq!(next(&all(&first, &sent), 100), Some(Ok(third.clone())));
        assert_eq!(count(&all(&first, &sent)), (1, 1, 0), "one vote, one waits");
        first.standing = Standing::Failed;
        assert_eq!(next(&all(&first, &second), 9_999), None);
    }

    #[test]
    fn retries_of_a_revision_are_the_same_request_until_the_server_has_another() {
        let mut first = Entry::new("1".into());
        first.acknowledge("s1".into());
        let mut second = Entry::revision("2".into(), "1".into());
        second.base = Some("s1".into());
        assert_eq!(second.fail(&Error::Network, 0, 0.0), Remedy::Later);
        assert_eq!(second.base, Some("s1".into()));
        let superseded = refusal(409, "judgment_superseded");
        assert_eq!(second.fail(&superseded, 0, 0.0), Remedy::NewBase);
        assert_eq!(base(&[first.clone(), second.clone()], &second), None);
        second.base = Some("s9".into());
        assert_eq!(base(&[first, second.clone()], &second), Some("s9".into()));
        for _ in 0..10 {
            second.fail(&superseded, 0, 0.0);
        }
        assert_eq!(second.standing, Standing::Failed);
    }

    #[test]
    fn earlier_votes_are_sent_with_their_last_word_and_never_twice() {
        let (mine, sent, gone) = (vote("1", "c1"), vote("2", "c2"), vote("3", "c3"));
        let changed = mine.revision("4".into(), mine.judgment.clone(), 1);
        let taken_back = gone.withdrawal("5".into(), 1);
        let later = sent.withdrawal("6".into(), 1);
        let log = [mine, sent.clone(), gone, changed, taken_back, later];
        let entries = [Entry::held(&sent)];
        let more = enlist_earlier(&entries, &log);
        assert_eq!(
            more,
            [
                Entry::new("1".into()),
                Entry::revision("4".into(), "1".into()),
                Entry::revision("6".into(), "2".into())
            ]
        );
        let all = [entries.to_vec(), more].concat();
        assert_eq!(enlist_earlier(&all, &log), []);
    }

    #[test]
    fn an_unlinked_vote_counts_as_sent_and_is_left_alone() {
        let mine = vote("1", "c1");
        let mut entry = Entry::held(&mine);
        entry.standing = Standing::Unlinked;
        let entries = [entry];
        assert_eq!(count(&entries), (0, 1, 0));
        let log = [mine.clone(), mine.withdrawal("2".into(), 1)];
        assert_eq!(enlist(&entries, &log, &log[1]), None);
        assert_eq!(enlist_earlier(&entries, &log), []);
    }

    #[test]
    fn entries_of_earlier_versions_are_read() {
        let text =
            r#"{"event":"e","standing":"sent","attempts":1,"due_ms":0,"ballot":null,"said":null}"#;
        let entry: Entry = serde_json::from_str(text).expect("parses");
        assert_eq!(entry.server, None);
        assert_eq!(
            base(
                std::slice::from_ref(&entry),
                &Entry::revision("2".into(), "e".into())
            ),
            None
        );
    }
}
