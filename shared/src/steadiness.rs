//! How steady a person's answers are: the same question asked twice, with the sides swapped.

use std::collections::HashMap;

use crate::event::{VoteEvent, current};
use crate::ids::ComparisonId;
use crate::stats::{Share, wilson};

/// Whether each repeated question with two stated answers was answered the same both times, oldest first. Only what
/// stands now counts: changed answers in their last form, withdrawn ones not at all.
pub fn repeats(events: &[VoteEvent]) -> Vec<bool> {
    let current = current(events);
    let by_comparison: HashMap<&ComparisonId, &VoteEvent> = current
        .iter()
        .map(|event| (&event.comparison, *event))
        .collect();
    current
        .iter()
        .filter_map(|event| {
            let earlier = by_comparison.get(event.repeat_of.as_ref()?)?;
            let [first, second] = event.shown.as_slice() else {
                return None;
            };
            let now = event.judgment.label(first, second)?;
            Some(earlier.judgment.label(first, second)? == now)
        })
        .collect()
}

/// The share of repeated questions that were answered the same, with its 95 % interval; `None` without repeats.
pub fn agreement(repeats: &[bool]) -> Option<Share> {
    let same = repeats.iter().filter(|same| **same).count();
    wilson(same as f64, u32::try_from(repeats.len()).ok()?)
}

/// The most that any method can be right on this person's votes. Someone whose every answer flips with probability e
/// agrees with themselves with probability a = 1 − 2e(1 − e), and a method that knows their taste is right with
/// probability 1 − e = (1 + √(2a − 1)) / 2. Agreement below one half says that nothing can be known: one half.
pub fn ceiling(agreement: Share) -> Share {
    let most = |share: f64| (1.0 + (2.0 * share - 1.0).max(0.0).sqrt()) / 2.0;
    Share {
        value: most(agreement.value),
        low: most(agreement.low),
        high: most(agreement.high),
        n: agreement.n,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::event::{Policy, tests::vote};
    use crate::judgment::{Judgment, Outcome};

    fn repeat(id: &str, earlier: &VoteEvent, judgment: Judgment) -> VoteEvent {
        VoteEvent {
            policy: Policy::Repeat,
            repeat_of: Some(earlier.comparison.clone()),
            shown: earlier.shown.iter().rev().cloned().collect(),
            judgment,
            ..vote(id)
        }
    }

    #[test]
    fn agreement_is_about_answers_not_about_sides() {
        let earlier = vote("1");
        let same = repeat("2", &earlier, earlier.judgment.clone());
        let other = repeat("3", &earlier, Judgment::prefer("b".into(), "a".into()));
        let tie = repeat("4", &earlier, Judgment::equal(earlier.shown.clone()));
        let skip = Judgment::without_preference(Outcome::Skip);
        let silent = repeat("5", &earlier, skip);
        let lost = repeat("6", &vote("elsewhere"), earlier.judgment.clone());
        let log = [earlier.clone(), same, other, tie, silent, lost, vote("7")];
        assert_eq!(repeats(&log), [true, false, false]);
    }

    #[test]
    fn changed_and_withdrawn_answers_count_as_they_stand() {
        let earlier = vote("1");
        let same = repeat("2", &earlier, earlier.judgment.clone());
        let changed = earlier.revision("3".into(), Judgment::prefer("b".into(), "a".into()), 9);
        let log = [earlier.clone(), same.clone(), changed];
        assert_eq!(repeats(&log), [false]);
        let gone = same.withdrawal("3".into(), 9);
        assert_eq!(repeats(&[earlier, same, gone]), Vec::<bool>::new());
        assert_eq!(agreement(&[]), None);
    }

    #[test]
    fn the_ceiling_undoes_the_noise_of_both_answers() {
        let at = |value| {
            let share = Share {
                value,
                low: 0.0,
                high: 1.0,
                n: 9,
            };
            ceiling(share)
        };
        assert_eq!(at(1.0).value, 1.0);
        // Ten of a hundred answers flip: 82 % agree.
        assert!((at(0.82).value - 0.9).abs() < 1e-12);
        assert_eq!((at(0.5).value, at(0.2).value), (0.5, 0.5));
        assert_eq!((at(0.9).low, at(0.9).high), (0.5, 1.0));
    }
}
