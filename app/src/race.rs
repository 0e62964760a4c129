//! How well each method foresaw this person's votes. Plain functions of the event log.

use palate_shared::event::{Policy, VoteEvent, current};
use palate_shared::ids::MethodId;
use palate_shared::stats::{Share, TOO_EARLY, correct, wilson};

/// The coin's id; it is always drawn.
pub(crate) const COIN: &str = "coin";

/// One method on the votes that it forecast.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Score {
    /// Which method.
    pub(crate) method: MethodId,
    /// Share of votes foreseen, with its 95 % Wilson interval.
    pub(crate) share: Share,
}

impl Score {
    /// Whether there are too few votes to say anything.
    pub(crate) fn is_too_early(&self) -> bool {
        self.share.n < TOO_EARLY
    }
}

/// Whether the answer shown first won; `None` for ties and votes without a preference.
pub(crate) fn first_won(event: &VoteEvent) -> Option<bool> {
    let [first, second] = event.shown.as_slice() else {
        return None;
    };
    match event.judgment.label(first, second)? {
        label if label > 0.5 => Some(true),
        label if label < 0.5 => Some(false),
        _ => None,
    }
}

/// Votes, and votes held out, as they stand now.
pub(crate) fn counts(events: &[VoteEvent]) -> (usize, usize) {
    let current = current(events);
    (
        current.len(),
        current
            .iter()
            .filter(|event| event.policy.is_held_out())
            .count(),
    )
}

/// Decided, forecast votes: the event and whether the first answer won.
fn decided(events: &[VoteEvent], only_held_out: bool) -> Vec<(&VoteEvent, bool)> {
    current(events)
        .into_iter()
        .filter(|event| !event.simulated && !event.predictions.is_empty())
        // The answer to a repeated question was learned from before it was forecast.
        .filter(|event| event.policy != Policy::Repeat)
        .filter(|event| !only_held_out || event.policy.is_held_out())
        .filter_map(|event| Some((event, first_won(event)?)))
        .collect()
}

fn methods(votes: &[(&VoteEvent, bool)]) -> Vec<MethodId> {
    let mut found: Vec<MethodId> = vec![COIN.into()];
    for prediction in votes.iter().flat_map(|(event, _)| &event.predictions) {
        if !found.contains(&prediction.method) {
            found.push(prediction.method.clone());
        }
    }
    found
}

fn hit(event: &VoteEvent, won: bool, method: &MethodId) -> Option<f64> {
    match event
        .predictions
        .iter()
        .find(|prediction| prediction.method == *method)
    {
        Some(prediction) => Some(correct(prediction.p_first, won)),
        None if method.as_str() == COIN => Some(0.5),
        None => None,
    }
}

/// Every method on the votes that were never learned from.
pub(crate) fn held_out(events: &[VoteEvent]) -> Vec<Score> {
    let votes = decided(events, true);
    methods(&votes)
        .into_iter()
        .filter_map(|method| {
            let hits: Vec<f64> = votes
                .iter()
                .filter_map(|(event, won)| hit(event, *won, &method))
                .collect();
            let share = wilson(hits.iter().sum(), u32::try_from(hits.len()).ok()?)?;
            Some(Score { method, share })
        })
        .collect()
}

/// Running share of votes foreseen over all votes, each forecast before it was learned from.
pub(crate) fn prequential(events: &[VoteEvent]) -> Vec<(MethodId, Vec<f64>)> {
    let votes = decided(events, false);
    methods(&votes)
        .into_iter()
        .map(|method| {
            let (mut sum, mut n) = (0.0, 0.0);
            let curve = votes
                .iter()
                .filter_map(|(event, won)| hit(event, *won, &method))
                .map(|hit| {
                    sum += hit;
                    n += 1.0;
                    sum / n
                })
                .collect();
            (method, curve)
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use palate_shared::event::Prediction;
    use palate_shared::judgment::Judgment;

    use super::*;
    use crate::round::Choice;

    fn vote(id: u32, choice: Choice, policy: Policy, p: Option<f64>) -> VoteEvent {
        let shown = vec!["a".into(), "b".into()];
        let judgment: Judgment = choice.judgment(&shown);
        VoteEvent {
            id: format!("e{id}").into(),
            comparison: format!("c{id}").into(),
            supersedes: None,
            withdrawn: false,
            pack: "t".into(),
            prompt: "p".into(),
            shown,
            judgment,
            policy,
            propensity: 0.1,
            topic: None,
            repeat_of: None,
            predictions: p
                .map(|p_first| Prediction {
                    method: "eb".into(),
                    weights: "w".into(),
                    p_first,
                    margin_sd: 0.1,
                    n_fit: 0,
                })
                .into_iter()
                .collect(),
            blind: true,
            simulated: false,
            context: None,
            at_ms: u64::from(id),
            dwell_ms: 1,
        }
    }

    #[test]
    fn only_random_decided_forecast_votes_are_held_out() {
        let random = Policy::UniformRandom;
        let events = [
            vote(1, Choice::First, random, Some(0.9)),
            vote(2, Choice::Second, random, Some(0.8)),
            vote(3, Choice::Equal, random, Some(0.8)),
            vote(4, Choice::First, random, None),
            vote(5, Choice::First, Policy::ExpectedInformation, Some(0.9)),
        ];
        let scores = held_out(&events);
        assert_eq!(scores.len(), 2);
        assert_eq!(
            (
                scores[0].method.as_str(),
                scores[0].share.value,
                scores[0].share.n
            ),
            ("coin", 0.5, 2)
        );
        assert_eq!(
            (
                scores[1].method.as_str(),
                scores[1].share.value,
                scores[1].share.n
            ),
            ("eb", 0.5, 2)
        );
        assert!(scores[1].is_too_early());
        assert_eq!(prequential(&events)[1].1, vec![1.0, 0.5, 2.0 / 3.0]);
        assert_eq!(counts(&events), (5, 4));
    }

    #[test]
    fn a_revision_replaces_what_it_revises() {
        let first = vote(1, Choice::First, Policy::UniformRandom, Some(0.9));
        let mut second = vote(2, Choice::Second, Policy::UniformRandom, Some(0.9));
        second.supersedes = Some(first.id.clone());
        let scores = held_out(&[first, second]);
        assert_eq!((scores[1].share.value, scores[1].share.n), (0.0, 1));
    }

    #[test]
    fn mirrored_sides_give_mirrored_winners() {
        let won = |choice| first_won(&vote(1, choice, Policy::UniformRandom, None));
        assert_eq!(
            (won(Choice::First), won(Choice::Second)),
            (Some(true), Some(false))
        );
        assert_eq!(
            [
                won(Choice::Equal),
                won(Choice::BothBad),
                won(Choice::CantTell),
                won(Choice::Skip)
            ],
            [None; 4]
        );
    }
}
