//! On which pairs people disagree, and what a forecast that knows no person could reach at best.
//!
//! A pair is *divergent* if at least two people order it and a quarter of them or more are in the minority, *shared* if at
//! least two order it and fewer are. Who orders a pair depends on the data ([`Rule`]), the same for all pairs of a data set.
//! All votes count, those of tests too: this sorts tests, and no method sees it.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::data::Dataset;

/// Least share of the minority on a divergent pair.
const MINORITY: f64 = 0.25;

/// Who orders a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rule {
    /// Whoever voted on it (where at least half of the votes are on pairs with two votes or more).
    Votes,
    /// Whoever voted on both its items, in any pairs, and chose one in a larger share of them (where pairs hardly repeat).
    ItemOrder,
}

impl Rule {
    /// The rule in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Votes => "people who voted on the pair",
            Self::ItemOrder => {
                "people who voted on both its items and chose one of them in a larger share of their votes (pairs hardly repeat here)"
            }
        }
    }
}

/// What people say of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// They disagree.
    Divergent,
    /// They mostly agree.
    Shared,
    /// Fewer than two order it.
    Unknown,
}

/// Everybody's order of items.
#[derive(Clone, Debug)]
pub struct Orders {
    rule: Rule,
    /// Votes for the lower and for the higher index of a pair.
    votes: HashMap<(usize, usize), [u32; 2]>,
    /// People with their share of choices, by item; sorted by person.
    shares: Vec<Vec<(usize, f32)>>,
}

impl Orders {
    /// Reads all votes.
    pub fn new(data: &Dataset) -> Self {
        let mut votes: HashMap<(usize, usize), [u32; 2]> = HashMap::new();
        let mut chosen: Vec<HashMap<usize, [u32; 2]>> = vec![HashMap::new(); data.items.len()];
        let mut count = 0;
        for pair in data.pairs.iter().filter(|pair| !pair.tie) {
            let (a, b) = (pair.chosen, pair.rejected);
            votes.entry((a.min(b), a.max(b))).or_default()[usize::from(a > b)] += 1;
            chosen[a].entry(pair.user).or_default()[0] += 1;
            chosen[b].entry(pair.user).or_default()[1] += 1;
            count += 1;
        }
        let repeated: u32 = votes
            .values()
            .map(|[a, b]| a + b)
            .filter(|sum| *sum > 1)
            .sum();
        let rule = if repeated * 2 >= count {
            Rule::Votes
        } else {
            Rule::ItemOrder
        };
        let shares = chosen
            .into_iter()
            .map(|people| {
                let share = |[won, lost]: [u32; 2]| won as f32 / (won + lost) as f32;
                let mut people: Vec<(usize, f32)> = people
                    .into_iter()
                    .map(|(user, counts)| (user, share(counts)))
                    .collect();
                people.sort_by_key(|(user, _)| *user);
                people
            })
            .collect();
        Self {
            rule,
            votes,
            shares,
        }
    }

    /// Who orders a pair in this data set.
    pub fn rule(&self) -> Rule {
        self.rule
    }

    /// How many order the first item before the second, and the other way round.
    pub fn of(&self, first: usize, second: usize) -> [u32; 2] {
        if self.rule == Rule::Votes {
            let pair = (first.min(second), first.max(second));
            let [low, high] = self.votes.get(&pair).copied().unwrap_or_default();
            return if first < second {
                [low, high]
            } else {
                [high, low]
            };
        }
        let mut counts = [0, 0];
        let (mut a, mut b) = (
            self.shares[first].iter().peekable(),
            self.shares[second].iter().peekable(),
        );
        while let (Some((left, x)), Some((right, y))) = (a.peek(), b.peek()) {
            if left == right {
                if x > y {
                    counts[0] += 1;
                } else if x < y {
                    counts[1] += 1;
                }
            }
            let (step_a, step_b) = (left <= right, right <= left);
            if step_a {
                a.next();
            }
            if step_b {
                b.next();
            }
        }
        counts
    }

    /// Whether people disagree on a pair.
    pub fn kind(&self, first: usize, second: usize) -> Kind {
        let [a, b] = self.of(first, second);
        if a + b < 2 {
            Kind::Unknown
        } else if f64::from(a.min(b)) >= MINORITY * f64::from(a + b) {
            Kind::Divergent
        } else {
            Kind::Shared
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{Comparison, Item, User};

    fn data(votes: &[(usize, usize, usize)]) -> Dataset {
        let item = |at: usize| Item {
            id: at.to_string(),
            prompt: None,
            text: Some(String::new()),
            vector: None,
        };
        let user = |at: usize| User {
            id: at.to_string(),
            attributes: vec![],
        };
        Dataset {
            items: (0..6).map(item).collect(),
            users: (0..6).map(user).collect(),
            pairs: votes
                .iter()
                .map(|(user, chosen, rejected)| Comparison {
                    user: *user,
                    chosen: *chosen,
                    rejected: *rejected,
                    tie: false,
                    context: None,
                    split: None,
                })
                .collect(),
            ..Dataset::default()
        }
    }

    #[test]
    fn repeated_pairs_are_sorted_by_their_votes() {
        let orders = Orders::new(&data(&[
            (0, 0, 1),
            (1, 1, 0),
            (2, 0, 1),
            (0, 2, 3),
            (1, 2, 3),
            (2, 2, 3),
            (3, 2, 3),
            (4, 3, 2),
            (5, 4, 5),
        ]));
        assert_eq!(orders.rule(), Rule::Votes);
        assert_eq!((orders.of(0, 1), orders.of(1, 0)), ([2, 1], [1, 2]));
        assert_eq!(orders.kind(1, 0), Kind::Divergent);
        assert_eq!(orders.kind(2, 3), Kind::Shared);
        assert_eq!(orders.kind(4, 5), Kind::Unknown);
    }

    #[test]
    fn where_pairs_do_not_repeat_items_order_them() {
        // 0 likes items 0 and 1, not 2 and 3; 1 the other way round; both dislike 5.
        let orders = Orders::new(&data(&[
            (0, 0, 2),
            (0, 1, 5),
            (0, 1, 3),
            (1, 3, 0),
            (1, 2, 5),
        ]));
        assert_eq!(orders.rule(), Rule::ItemOrder);
        assert_eq!(orders.of(0, 2), [1, 1]);
        assert_eq!(orders.kind(0, 2), Kind::Divergent);
        assert_eq!(orders.of(1, 5), [1, 0]);
        assert_eq!(orders.kind(1, 5), Kind::Unknown);
    }
}
