//! What a person moves by hand: weights of traits, kept as edits and never as votes.

use palate_shared::infer::{Reranked, Trait};

/// An edit of one trait.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Edit {
    /// The trait, by its feature.
    pub(crate) feature: String,
    /// What it does, in hundredths of log-odds.
    pub(crate) change: Change,
}

/// What an edit does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Adds to what votes say.
    Moved(i32),
    /// Takes the place of what votes say.
    Locked(i32),
}

/// All edits; at most one of a trait.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Edits(Vec<Edit>);

/// Hundredths of a weight.
fn hundredths(weight: f64) -> i32 {
    // A number that is none becomes 0.
    (weight * 100.0).round() as i32
}

impl Edits {
    /// Reads [`Edits::text`]; what is not understood is left out.
    pub(crate) fn parse(text: &str) -> Self {
        let edit = |line: &str| {
            let (kind, rest) = line.split_at_checked(1)?;
            let (amount, feature) = rest.split_once(' ')?;
            let amount = amount.parse().ok()?;
            let change = match kind {
                "+" => Change::Moved(amount),
                "=" => Change::Locked(amount),
                _ => return None,
            };
            Some(Edit {
                feature: feature.to_owned(),
                change,
            })
        };
        Self(text.lines().filter_map(edit).collect())
    }

    /// As they are kept, a line each.
    pub(crate) fn text(&self) -> String {
        let line = |edit: &Edit| match edit.change {
            Change::Moved(amount) => format!("+{amount} {}", edit.feature),
            Change::Locked(amount) => format!("={amount} {}", edit.feature),
        };
        self.0.iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// Whether there are none.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn of(&self, feature: &str) -> Option<Change> {
        let edit = self.0.iter().find(|edit| edit.feature == feature)?;
        Some(edit.change)
    }

    fn set(&mut self, feature: &str, change: Option<Change>) {
        self.0.retain(|edit| edit.feature != feature);
        if let Some(change) = change {
            self.0.push(Edit {
                feature: feature.to_owned(),
                change,
            });
        }
    }

    /// The weight that counts for a trait.
    pub(crate) fn weight(&self, of: &Trait) -> f64 {
        match self.of(&of.feature) {
            None => of.weight,
            Some(Change::Moved(by)) => of.weight + f64::from(by) / 100.0,
            Some(Change::Locked(at)) => f64::from(at) / 100.0,
        }
    }

    /// Whether a trait keeps its weight whatever the votes say.
    pub(crate) fn is_locked(&self, of: &Trait) -> bool {
        matches!(self.of(&of.feature), Some(Change::Locked(_)))
    }

    /// Whether a trait differs from what votes say.
    pub(crate) fn is_edited(&self, of: &Trait) -> bool {
        self.of(&of.feature).is_some()
    }

    /// Gives a trait another weight; a lock stays one.
    pub(crate) fn put(&mut self, of: &Trait, weight: f64) {
        let change = if self.is_locked(of) {
            Change::Locked(hundredths(weight))
        } else {
            Change::Moved(hundredths(weight - of.weight))
        };
        self.set(
            &of.feature,
            Some(change).filter(|change| *change != Change::Moved(0)),
        );
    }

    /// Locks a trait where it stands, or lets go of it there.
    pub(crate) fn toggle_lock(&mut self, of: &Trait) {
        let weight = self.weight(of);
        if self.is_locked(of) {
            self.set(&of.feature, None);
            self.put(of, weight);
        } else {
            self.set(&of.feature, Some(Change::Locked(hundredths(weight))));
        }
    }

    /// Score of each candidate with these weights.
    pub(crate) fn scores(&self, found: &Reranked) -> Vec<f64> {
        let moved: Vec<f64> = found
            .traits
            .iter()
            .map(|of| self.weight(of) - of.weight)
            .collect();
        let of = |scored: &palate_shared::infer::Scored| {
            let by_hand = moved.iter().zip(&scored.features);
            scored.score + by_hand.map(|(by, value)| by * value).sum::<f64>()
        };
        found.scores.iter().map(of).collect()
    }
}

/// Places of scores, highest first; equal ones stay as they were in `before`.
pub(crate) fn ranked(before: &[usize], scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = Vec::with_capacity(before.len());
    for at in before {
        let score = scores.get(*at).copied().unwrap_or_default();
        let is_lower = |held: &usize| scores.get(*held).copied().unwrap_or_default() < score;
        let place = order.iter().position(is_lower).unwrap_or(order.len());
        order.insert(place, *at);
    }
    order
}

#[cfg(test)]
mod tests {
    use palate_shared::infer::Scored;

    use super::*;

    fn of(feature: &str, weight: f64) -> Trait {
        Trait {
            feature: feature.to_owned(),
            name: String::new(),
            words: String::new(),
            weight,
            low: 0.0,
            high: 0.0,
        }
    }

    fn found() -> Reranked {
        let scored = |score, features: [f64; 2]| Scored {
            score,
            sd: 0.1,
            features: features.into(),
            reasons: vec![],
            receipts: vec![],
            to_win: None,
        };
        Reranked {
            ranking: vec![1, 0, 2],
            scores: vec![
                scored(0.1, [1.0, 0.0]),
                scored(0.4, [-1.0, 0.0]),
                scored(-0.5, [0.0, 1.0]),
            ],
            traits: vec![of("length", 0.2), of("lists", -0.1)],
            examples: 4,
            method: "eb".into(),
        }
    }

    #[test]
    fn moving_a_trait_moves_the_ranking() {
        let found = found();
        let mut edits = Edits::default();
        assert_eq!(ranked(&found.ranking, &edits.scores(&found)), [1, 0, 2]);
        edits.put(&found.traits[0], 0.7);
        let scores = edits.scores(&found);
        for (score, wanted) in scores.iter().zip([0.6, -0.1, -0.5]) {
            assert!((score - wanted).abs() < 1e-9, "{scores:?}");
        }
        assert_eq!(ranked(&found.ranking, &scores), [0, 1, 2]);
        edits.put(&found.traits[1], 2.0);
        assert_eq!(ranked(&found.ranking, &edits.scores(&found)), [2, 0, 1]);
        edits.put(&found.traits[0], 0.2);
        edits.put(&found.traits[1], -0.1);
        assert!(edits.is_empty(), "back where the votes are");
    }

    #[test]
    fn a_locked_trait_keeps_its_weight_when_votes_change_and_a_moved_one_its_distance() {
        let mut edits = Edits::default();
        let (before, after) = (of("length", 0.5), of("length", -0.25));
        edits.put(&before, 1.0);
        assert!((edits.weight(&after) - 0.25).abs() < 1e-9);
        edits.toggle_lock(&before);
        assert!(edits.is_locked(&after));
        assert!((edits.weight(&after) - 1.0).abs() < 1e-9);
        edits.put(&after, 0.75);
        assert!(edits.is_locked(&after), "a lock stays one");
        edits.toggle_lock(&after);
        assert!(!edits.is_locked(&after));
        assert!(
            (edits.weight(&after) - 0.75).abs() < 1e-9,
            "let go where it stands"
        );
    }

    #[test]
    fn edits_round_trip_and_what_is_not_understood_is_left_out() {
        let mut edits = Edits::default();
        edits.put(&of("says i", 0.0), -1.25);
        edits.toggle_lock(&of("length", 0.4));
        assert_eq!(edits.text(), "+-125 says i\n=40 length");
        assert_eq!(Edits::parse(&edits.text()), edits);
        assert_eq!(
            Edits::parse("?\n+x length\n=1\n\n~3 a\nä"),
            Edits::default()
        );
    }

    #[test]
    fn equal_scores_stay_in_their_order() {
        assert_eq!(ranked(&[2, 0, 1], &[0.5, 0.5, 0.5]), [2, 0, 1]);
        assert_eq!(ranked(&[0, 1, 2], &[0.0, f64::NAN, 1.0]), [2, 0, 1]);
    }
}
