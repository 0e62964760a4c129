//! A ranking of four answers while it is being made: plain state without a page.

use palate_shared::ids::ResponseId;
use palate_shared::judgment::Judgment;

/// Answers of one question.
pub(crate) const FOUR: usize = 4;

/// Ranks from 1 (best) to 4, equal ranks tie; and which answers are unacceptable.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ranks {
    /// By place on the page; `None` until the visitor says.
    pub(crate) ranks: [Option<u8>; FOUR],
    /// By place on the page.
    pub(crate) unacceptable: [bool; FOUR],
}

impl Ranks {
    /// Gives an answer a rank; anything outside 1 to 4 takes it away.
    pub(crate) fn set(&mut self, at: usize, rank: Option<u8>) {
        if let Some(held) = self.ranks.get_mut(at) {
            *held = rank.filter(|rank| (1..=FOUR as u8).contains(rank));
        }
    }

    /// One rank better or worse. An answer without a rank enters in the middle.
    pub(crate) fn shift(&mut self, at: usize, better: bool) {
        let Some(held) = self.ranks.get(at).copied() else {
            return;
        };
        let rank = match held {
            None => 2,
            Some(rank) if better => rank.saturating_sub(1).max(1),
            Some(rank) => (rank + 1).min(FOUR as u8),
        };
        self.set(at, Some(rank));
    }

    /// All equally good.
    pub(crate) fn equal(&mut self) {
        *self = Self {
            ranks: [Some(1); FOUR],
            unacceptable: [false; FOUR],
        };
    }

    /// None acceptable.
    pub(crate) fn all_bad(&mut self) {
        *self = Self {
            ranks: [None; FOUR],
            unacceptable: [true; FOUR],
        };
    }

    /// Answers that still have no rank.
    pub(crate) fn missing(&self) -> usize {
        if self.unacceptable == [true; FOUR] {
            return 0;
        }
        self.ranks.iter().filter(|rank| rank.is_none()).count()
    }

    /// The canonical judgment; `None` while an answer has no rank.
    pub(crate) fn judgment(&self, shown: &[ResponseId]) -> Option<Judgment> {
        if shown.len() != FOUR || self.missing() > 0 {
            return None;
        }
        let unacceptable: Vec<ResponseId> = shown
            .iter()
            .zip(self.unacceptable)
            .filter(|(_, bad)| *bad)
            .map(|(id, _)| id.clone())
            .collect();
        if self.ranks.contains(&None) {
            return Some(Judgment::all_unacceptable(shown.to_vec()));
        }
        let groups: Vec<Vec<ResponseId>> = (1..=FOUR as u8)
            .map(|rank| {
                shown
                    .iter()
                    .zip(self.ranks)
                    .filter(|(_, held)| *held == Some(rank))
                    .map(|(id, _)| id.clone())
                    .collect()
            })
            .filter(|group: &Vec<ResponseId>| !group.is_empty())
            .collect();
        let judgment = match groups.len() {
            1 => Judgment::equal(shown.to_vec()),
            _ => Judgment::ranked(groups),
        };
        Some(Judgment {
            unacceptable,
            ..judgment
        })
    }
}

#[cfg(test)]
mod tests {
    use palate_shared::judgment::Outcome;

    use super::*;

    fn shown() -> Vec<ResponseId> {
        ["a", "b", "c", "d"].map(ResponseId::from).to_vec()
    }

    #[test]
    fn nothing_can_be_sent_before_every_answer_has_a_rank() {
        let mut ranks = Ranks::default();
        for at in 0..FOUR {
            assert_eq!(ranks.missing(), FOUR - at);
            assert_eq!(ranks.judgment(&shown()), None);
            ranks.set(at, Some(at as u8 + 1));
        }
        let judgment = ranks.judgment(&shown()).expect("all are ranked");
        assert_eq!(judgment.pairs().len(), 6);
        assert_eq!(judgment.validate(&shown()), Ok(()));
        ranks.set(2, Some(9));
        assert_eq!(ranks.missing(), 1);
    }

    #[test]
    fn ties_gaps_and_unacceptable_answers_are_kept() {
        let mut ranks = Ranks::default();
        for (at, rank) in [4, 1, 4, 2].into_iter().enumerate() {
            ranks.set(at, Some(rank));
        }
        ranks.unacceptable[0] = true;
        let judgment = ranks.judgment(&shown()).expect("all are ranked");
        let groups: Vec<Vec<&str>> = judgment
            .groups
            .iter()
            .map(|group| group.iter().map(ResponseId::as_str).collect())
            .collect();
        assert_eq!(groups, [vec!["b"], vec!["d"], vec!["a", "c"]]);
        assert_eq!(judgment.unacceptable, [ResponseId::from("a")]);
        assert_eq!(judgment.validate(&shown()), Ok(()));
    }

    #[test]
    fn equal_and_all_bad_are_outcomes_of_their_own() {
        let mut ranks = Ranks::default();
        ranks.equal();
        let equal = ranks.judgment(&shown()).expect("is complete");
        assert_eq!(equal.outcome, Outcome::Equal);
        ranks.all_bad();
        let bad = ranks.judgment(&shown()).expect("is complete");
        assert_eq!(bad.outcome, Outcome::AllUnacceptable);
        for judgment in [equal, bad] {
            assert_eq!(judgment.validate(&shown()), Ok(()));
        }
    }

    #[test]
    fn shifting_stays_within_the_ranks() {
        let mut ranks = Ranks::default();
        ranks.shift(0, true);
        assert_eq!(ranks.ranks[0], Some(2));
        for _ in 0..9 {
            ranks.shift(0, true);
        }
        assert_eq!(ranks.ranks[0], Some(1));
        for _ in 0..9 {
            ranks.shift(0, false);
        }
        assert_eq!(ranks.ranks[0], Some(4));
    }
}
