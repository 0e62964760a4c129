//! How much a vote counts where many people are averaged. The rules weigh; they delete nothing and block nobody.
//!
//! Rules of [`RULE_VERSION`]:
//! - A judgment given in under 700 ms weighs a quarter; one that contradicts the same question asked earlier weighs half.
//! - A person's votes weigh 1 each up to 50, then √(50/n): the person's total grows with the square root.
//! - A person is new until they voted on two days and a week has passed since they came. All new people together weigh at
//!   most a tenth of the total, as soon as there is anyone who is not new.
//! - Quarantine weighs 0: of 20 or more ranked votes, 95 % for the same side; or of 20 or more votes, 80 % too fast.

/// Version of the rules, stored with everything that they said.
pub const RULE_VERSION: i64 = 1;

/// Faster than anyone reads two answers, milliseconds.
const DWELL_FLOOR_MS: i64 = 700;
/// Weight of a judgment under the floor.
const TOO_FAST_WEIGHT: f64 = 0.25;
/// Weight of a judgment that contradicts itself.
const CONTRADICTION_WEIGHT: f64 = 0.5;
/// Votes of a person that count in full.
const FULL_VOTES: f64 = 50.0;
/// Most that new people weigh together, as a share of the total.
const NEW_SHARE: f64 = 0.1;
/// Votes before a pattern is called one.
const PATTERN_VOTES: u64 = 20;
/// Share of ranked votes for one side that no random order of sides brings about.
const ONE_SIDE_SHARE: f64 = 0.95;
/// Share of votes under the floor that is no slip.
const TOO_FAST_SHARE: f64 = 0.8;
/// Days until a person is no longer new.
const SETTLED_AFTER_DAYS: i64 = 7;

/// Which check of a judgment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Check {
    /// Time from showing to vote.
    Dwell,
    /// The same question, asked again.
    Repeat,
}

impl Check {
    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Check::Dwell => "dwell",
            Check::Repeat => "repeat",
        }
    }

    /// Weight of a judgment by whether it passed.
    pub fn weight(self, passed: bool) -> f64 {
        match (self, passed) {
            (_, true) => 1.0,
            (Check::Dwell, false) => TOO_FAST_WEIGHT,
            (Check::Repeat, false) => CONTRADICTION_WEIGHT,
        }
    }
}

/// Whether a judgment took as long as reading takes.
pub fn passes_dwell(dwell_ms: i64) -> bool {
    dwell_ms >= DWELL_FLOOR_MS
}

/// Why a person's votes weigh nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quarantine {
    /// Nearly always the same side, though sides are random.
    OneSide,
    /// Nearly always faster than reading.
    TooFast,
}

impl Quarantine {
    /// Its name in the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Quarantine::OneSide => "one_side",
            Quarantine::TooFast => "too_fast",
        }
    }
}

/// What is known of a person's current votes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// Current votes.
    pub votes: u64,
    /// Of them under the dwell floor.
    pub too_fast: u64,
    /// Of them ranked, with two answers.
    pub ranked: u64,
    /// Of those, for the answer shown first.
    pub first: u64,
    /// Days since the account was made.
    pub age_days: i64,
    /// Distinct days with a vote.
    pub days: u64,
}

/// How much each vote of a person counts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Influence {
    /// In [0, 1].
    pub weight: f64,
    /// Whether the person is no longer new.
    pub is_settled: bool,
    /// Why the weight is 0.
    pub quarantine: Option<Quarantine>,
}

/// The influence of each person among all of them.
pub fn influences(people: &[Facts]) -> Vec<Influence> {
    let mut influences: Vec<Influence> = people.iter().map(alone).collect();
    let total = |settled: bool| -> f64 {
        people
            .iter()
            .zip(&influences)
            .filter(|(_, influence)| influence.is_settled == settled)
            .map(|(facts, influence)| influence.weight * facts.votes as f64)
            .sum()
    };
    let (settled, new) = (total(true), total(false));
    let most = settled * NEW_SHARE / (1.0 - NEW_SHARE);
    if settled > 0.0 && new > most {
        for influence in influences.iter_mut().filter(|one| !one.is_settled) {
            influence.weight *= most / new;
        }
    }
    influences
}

fn alone(facts: &Facts) -> Influence {
    let quarantine = quarantine(facts);
    let weight = match quarantine {
        Some(_) => 0.0,
        None => (FULL_VOTES / facts.votes.max(1) as f64).sqrt().min(1.0),
    };
    Influence {
        weight,
        is_settled: facts.age_days >= SETTLED_AFTER_DAYS && facts.days >= 2,
        quarantine,
    }
}

fn quarantine(facts: &Facts) -> Option<Quarantine> {
    let share = |part: u64, whole: u64| part as f64 / whole as f64;
    if facts.votes >= PATTERN_VOTES && share(facts.too_fast, facts.votes) >= TOO_FAST_SHARE {
        return Some(Quarantine::TooFast);
    }
    let one_side = facts.first.max(facts.ranked.saturating_sub(facts.first));
    (facts.ranked >= PATTERN_VOTES && share(one_side, facts.ranked) >= ONE_SIDE_SHARE)
        .then_some(Quarantine::OneSide)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn person(votes: u64) -> Facts {
        Facts {
            votes,
            ranked: votes,
            first: votes / 2,
            age_days: 30,
            days: 5,
            ..Facts::default()
        }
    }

    fn weights(people: &[Facts]) -> Vec<f64> {
        influences(people).iter().map(|one| one.weight).collect()
    }

    #[test]
    fn a_person_grows_with_the_square_root_beyond_fifty_votes() {
        let found = weights(&[person(1), person(50), person(200), person(5000)]);
        assert_eq!(found, [1.0, 1.0, 0.5, 0.1]);
    }

    #[test]
    fn row_5_ten_thousand_votes_of_new_people_weigh_a_tenth() {
        let new = Facts {
            age_days: 0,
            days: 1,
            ..person(10)
        };
        let mut people = vec![person(50); 20];
        people.extend(vec![new; 1000]);
        let found = influences(&people);
        let weigh = |range: std::ops::Range<usize>| -> f64 {
            range
                .map(|at| found[at].weight * people[at].votes as f64)
                .sum()
        };
        let (settled, new) = (weigh(0..20), weigh(20..1020));
        assert_eq!(settled, 1000.0, "the others count as before");
        assert!((new / (settled + new) - 0.1).abs() < 1e-9, "{new}");
        assert_eq!(
            weights(&people[20..])[0],
            1.0,
            "on a new site nobody is cut"
        );
    }

    #[test]
    fn row_15_patterns_weigh_nothing_and_slips_are_forgiven() {
        let found = |facts: Facts| influences(&[facts])[0].quarantine;
        assert_eq!(
            found(Facts {
                first: 20,
                ..person(20)
            }),
            Some(Quarantine::OneSide)
        );
        assert_eq!(
            found(Facts {
                first: 0,
                ..person(20)
            }),
            Some(Quarantine::OneSide)
        );
        assert_eq!(
            found(Facts {
                first: 19,
                ..person(19)
            }),
            None,
            "too early to tell"
        );
        assert_eq!(
            found(Facts {
                first: 90,
                ..person(100)
            }),
            None
        );
        assert_eq!(
            found(Facts {
                too_fast: 16,
                ..person(20)
            }),
            Some(Quarantine::TooFast)
        );
        assert_eq!(
            found(Facts {
                too_fast: 10,
                ..person(20)
            }),
            None
        );
        assert_eq!(
            weights(&[Facts {
                first: 40,
                ..person(40)
            }]),
            [0.0]
        );
        assert_eq!(influences(&[Facts::default()])[0].weight, 1.0);
    }
}
