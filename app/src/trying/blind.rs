//! The blind test: whether one is due, what was said in it, and what all of them say together.

use palate_shared::api::blind_tests::{BlindOutcome, BlindTestRequest, Strategy};
use palate_shared::ids::ComparisonId;
use palate_shared::stats::{Share, wilson};
use serde::{Deserialize, Serialize};

use crate::round::Choice;

/// Every how many generations there may be a test.
pub(crate) const EVERY: usize = 3;

/// Every way to make and pick answers, in the order of the table.
pub(crate) const STRATEGIES: [Strategy; 4] = [
    Strategy::BestOfN,
    Strategy::Steered,
    Strategy::Episode,
    Strategy::Described,
];

/// Name of the tests in the database.
pub(crate) const TESTS: &str = "blind_tests";

/// What this browser keeps of its blind tests.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Tests {
    /// Oldest first.
    pub(crate) tests: Vec<BlindTestRequest>,
    /// How often a test was due and the pick was the default answer itself.
    pub(crate) same: u32,
    /// Generations of those that the server shall still get.
    #[serde(default)]
    pub(crate) unsent: Vec<ComparisonId>,
}

/// Two answers to be told apart by taste alone, by their places among all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pair {
    /// The personal pick.
    pub(crate) personal: usize,
    /// The default answer.
    pub(crate) default: usize,
    /// Whether the pick is shown first.
    pub(crate) personal_first: bool,
}

/// What a generation comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Due {
    /// No test.
    No,
    /// A test was due, but there is nothing to tell apart.
    Same,
    /// A test of these.
    Test(Pair),
}

/// Whether there is a test: only if allowed, not before [`EVERY`] generations since the last. `since` counts them, this one
/// included; `coin` says which comes first.
pub(crate) fn due(
    allowed: bool,
    since: usize,
    personal: usize,
    default: Option<usize>,
    coin: bool,
) -> Due {
    match default {
        Some(default) if allowed && since >= EVERY => {
            if personal == default {
                return Due::Same;
            }
            Due::Test(Pair {
                personal,
                default,
                personal_first: coin,
            })
        }
        _ => Due::No,
    }
}

impl Pair {
    /// The two answers in the order shown.
    pub(crate) fn shown(self) -> [usize; 2] {
        if self.personal_first {
            [self.personal, self.default]
        } else {
            [self.default, self.personal]
        }
    }

    /// What a vote says; `None` for passing.
    pub(crate) fn outcome(self, choice: Choice) -> Option<BlindOutcome> {
        Some(match choice {
            Choice::First if self.personal_first => BlindOutcome::Personal,
            Choice::Second if !self.personal_first => BlindOutcome::Personal,
            Choice::First | Choice::Second => BlindOutcome::Default,
            Choice::Equal => BlindOutcome::Equal,
            Choice::BothBad => BlindOutcome::AllUnacceptable,
            Choice::CantTell => BlindOutcome::CantTell,
            Choice::Skip => return None,
        })
    }
}

/// Tests, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Count {
    /// All.
    pub(crate) tests: u32,
    /// The pick was better.
    pub(crate) personal: u32,
    /// The default answer was better.
    pub(crate) default: u32,
}

impl Count {
    /// Of these tests, those of a strategy, or all.
    pub(crate) fn of(tests: &[BlindTestRequest], strategy: Option<Strategy>) -> Self {
        let mut count = Self::default();
        for test in tests {
            if test.simulated || strategy.is_some_and(|strategy| strategy != test.strategy) {
                continue;
            }
            count.tests += 1;
            count.personal += u32::from(test.outcome == BlindOutcome::Personal);
            count.default += u32::from(test.outcome == BlindOutcome::Default);
        }
        count
    }

    /// Tests that had a winner.
    pub(crate) fn decided(self) -> u32 {
        self.personal + self.default
    }

    /// Tests without a winner.
    pub(crate) fn undecided(self) -> u32 {
        self.tests - self.decided()
    }

    /// Share of the pick among decided tests; `None` without any.
    pub(crate) fn rate(self) -> Option<Share> {
        wilson(f64::from(self.personal), self.decided())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test(outcome: BlindOutcome, strategy: Strategy) -> BlindTestRequest {
        BlindTestRequest {
            generation: "g".into(),
            personal_first: true,
            outcome,
            strategy,
            method: "eb".into(),
            examples: 8,
            candidates: 4,
            simulated: false,
        }
    }

    #[test]
    fn a_test_comes_at_most_every_third_time_and_only_if_allowed() {
        let pair = Pair {
            personal: 2,
            default: 0,
            personal_first: true,
        };
        assert_eq!(due(true, EVERY, 2, Some(0), true), Due::Test(pair));
        assert_eq!(due(true, EVERY - 1, 2, Some(0), true), Due::No);
        assert_eq!(due(false, 9, 2, Some(0), true), Due::No);
        assert_eq!(due(true, EVERY, 2, None, true), Due::No);
        assert_eq!(due(true, EVERY, 1, Some(1), false), Due::Same);
    }

    #[test]
    fn outcomes_are_the_same_whichever_side_the_pick_is_on() {
        let pair = |personal_first| Pair {
            personal: 3,
            default: 1,
            personal_first,
        };
        assert_eq!([pair(true).shown(), pair(false).shown()], [[3, 1], [1, 3]]);
        for (first, second) in [
            (Choice::First, Choice::Second),
            (Choice::Second, Choice::First),
            (Choice::Equal, Choice::Equal),
            (Choice::BothBad, Choice::BothBad),
            (Choice::CantTell, Choice::CantTell),
            (Choice::Skip, Choice::Skip),
        ] {
            assert_eq!(pair(true).outcome(first), pair(false).outcome(second));
        }
        assert_eq!(
            pair(true).outcome(Choice::First),
            Some(BlindOutcome::Personal)
        );
        assert_eq!(pair(true).outcome(Choice::Skip), None);
    }

    #[test]
    fn nulls_are_counted_and_simulated_tests_are_not() {
        use BlindOutcome::{AllUnacceptable, CantTell, Default, Equal, Personal};
        let mut tests: Vec<BlindTestRequest> = [
            Personal,
            Personal,
            Default,
            Equal,
            AllUnacceptable,
            CantTell,
        ]
        .map(|outcome| test(outcome, Strategy::BestOfN))
        .into();
        tests.push(test(Personal, Strategy::Steered));
        tests.push(BlindTestRequest {
            simulated: true,
            ..test(Personal, Strategy::BestOfN)
        });
        let all = Count::of(&tests, None);
        assert_eq!((all.tests, all.decided(), all.undecided()), (7, 4, 3));
        let best = Count::of(&tests, Some(Strategy::BestOfN));
        assert_eq!((best.tests, best.personal, best.default), (6, 2, 1));
        let rate = best.rate().expect("three decided");
        assert!((rate.value - 2.0 / 3.0).abs() < 1e-12 && rate.n == 3);
        assert_eq!(Count::default().rate(), None);
    }
}
