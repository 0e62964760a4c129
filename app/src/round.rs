//! One question from showing to reveal: plain state without a page.

use palate_shared::event::{Policy, Prediction, VoteEvent};
use palate_shared::ids::{ComparisonId, PackId, ResponseId};
use palate_shared::infer::Question;
use palate_shared::judgment::{Judgment, Outcome, Reason, Strength};
use palate_shared::pack::{PackItems, PackPrompt};

/// How long a vote can be taken back before it is stored and the names are shown, milliseconds.
pub(crate) const GRACE_MS: u64 = 8_000;

/// What a visitor can say about a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Choice {
    /// The answer shown first.
    First,
    /// The answer shown second.
    Second,
    /// Equally good.
    Equal,
    /// Neither is acceptable.
    BothBad,
    /// No basis to tell.
    CantTell,
    /// Pass.
    Skip,
}

impl Choice {
    /// Every choice, in the order of the buttons.
    pub(crate) const ALL: [Self; 6] = [
        Self::First,
        Self::Second,
        Self::Equal,
        Self::BothBad,
        Self::CantTell,
        Self::Skip,
    ];

    /// The canonical judgment on two answers.
    pub(crate) fn judgment(self, shown: &[ResponseId]) -> Judgment {
        let pane = |at: usize| {
            shown
                .get(at)
                .cloned()
                .unwrap_or_else(|| ResponseId::from(""))
        };
        match self {
            Self::First => Judgment::prefer(pane(0), pane(1)),
            Self::Second => Judgment::prefer(pane(1), pane(0)),
            Self::Equal => Judgment::equal(shown.to_vec()),
            Self::BothBad => Judgment::all_unacceptable(shown.to_vec()),
            Self::CantTell => Judgment::without_preference(Outcome::CantTell),
            Self::Skip => Judgment::without_preference(Outcome::Skip),
        }
    }
}

/// What may be said beside a choice.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct More {
    /// How much better the chosen answer is.
    pub(crate) strength: Option<Strength>,
    /// What decided it.
    pub(crate) reasons: Vec<Reason>,
}

impl More {
    /// Names a reason, or takes it back.
    pub(crate) fn toggle(&mut self, reason: Reason) {
        match self.reasons.iter().position(|held| *held == reason) {
            Some(at) => drop(self.reasons.remove(at)),
            None => self.reasons.push(reason),
        }
    }
}

/// A question on the page.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Asked {
    /// What was asked and forecast.
    pub(crate) question: Question,
    /// Prompt and answers with their texts.
    pub(crate) prompt: PackPrompt,
    /// The pack.
    pub(crate) pack: PackId,
    /// When it was shown, milliseconds since the Unix epoch.
    pub(crate) shown_at_ms: u64,
}

impl Asked {
    /// The answer in a pane.
    pub(crate) fn response(&self, pane: usize) -> Option<&palate_shared::pack::PackResponse> {
        let id = self.question.shown.get(pane)?;
        self.prompt
            .responses
            .iter()
            .find(|response| response.id == *id)
    }

    /// Takes forecasts that arrived after the question was shown but before the vote.
    pub(crate) fn lock(&mut self, predictions: Vec<Prediction>) {
        if self.question.predictions.is_empty() {
            self.question.predictions = predictions;
        }
    }

    /// The event of a vote on two answers.
    pub(crate) fn event(
        &self,
        choice: Choice,
        more: More,
        id: String,
        voted_at_ms: u64,
    ) -> VoteEvent {
        let judgment = choice.judgment(&self.question.shown);
        let judgment = Judgment {
            strength: more
                .strength
                .filter(|_| judgment.outcome == Outcome::Ranked),
            reasons: more.reasons,
            ..judgment
        };
        self.judged(judgment, id, voted_at_ms)
    }

    /// The event of any judgment.
    pub(crate) fn judged(&self, judgment: Judgment, id: String, voted_at_ms: u64) -> VoteEvent {
        VoteEvent {
            id: id.into(),
            comparison: self.question.comparison.clone(),
            supersedes: None,
            withdrawn: false,
            pack: self.pack.clone(),
            prompt: self.question.prompt.clone(),
            shown: self.question.shown.clone(),
            judgment,
            policy: self.question.policy,
            propensity: self.question.propensity,
            topic: self.question.topic.clone(),
            repeat_of: self.question.repeat_of.clone(),
            predictions: self.question.predictions.clone(),
            blind: true,
            simulated: false,
            context: None,
            at_ms: voted_at_ms,
            dwell_ms: u32::try_from(voted_at_ms.saturating_sub(self.shown_at_ms))
                .unwrap_or(u32::MAX),
        }
    }
}

/// The prompts of one topic.
pub(crate) fn of_topic(mut items: PackItems, topic: &str) -> PackItems {
    items.prompts.retain(|prompt| prompt.topic == topic);
    items
}

/// Number of unordered pairs of answers within prompts.
pub(crate) fn pair_count(items: &PackItems) -> u32 {
    let pairs: usize = items
        .prompts
        .iter()
        .map(|prompt| prompt.responses.len() * prompt.responses.len().saturating_sub(1) / 2)
        .sum();
    u32::try_from(pairs).unwrap_or(u32::MAX)
}

/// Pair number `draw` (in `0..pair_count`) as a question without forecasts; `swap` puts the later answer first.
pub(crate) fn random_question(
    items: &PackItems,
    draw: u32,
    swap: bool,
    id: String,
) -> Option<(Question, PackPrompt)> {
    let mut left = usize::try_from(draw).ok()?;
    for prompt in &items.prompts {
        for (at, first) in prompt.responses.iter().enumerate() {
            let later = &prompt.responses[at + 1..];
            let Some(second) = later.get(left) else {
                left -= later.len();
                continue;
            };
            let shown = if swap {
                [second, first]
            } else {
                [first, second]
            };
            let question = Question {
                comparison: ComparisonId::from(id),
                prompt: prompt.id.clone(),
                shown: shown.iter().map(|response| response.id.clone()).collect(),
                policy: Policy::UniformRandom,
                propensity: 1.0 / f64::from(pair_count(items).max(1)),
                topic: None,
                repeat_of: None,
                predictions: Vec::new(),
                information: 0.0,
                why: String::new(),
            };
            return Some((question, prompt.clone()));
        }
    }
    None
}

#[cfg(test)]
pub(crate) mod tests {
    use std::collections::HashSet;

    use palate_shared::pack::PackResponse;

    use super::*;

    pub(crate) fn items(sizes: &[usize]) -> PackItems {
        let prompts = sizes
            .iter()
            .enumerate()
            .map(|(p, size)| PackPrompt {
                id: format!("p{p}").into(),
                topic: "test".to_owned(),
                text: "?".to_owned(),
                responses: (0..*size)
                    .map(|r| PackResponse {
                        id: format!("p{p}-{r}").into(),
                        text: String::new(),
                        made_by: "x".to_owned(),
                        directives: None,
                        parent: None,
                        seed: None,
                    })
                    .collect(),
            })
            .collect();
        PackItems {
            pack: "t".into(),
            prompts,
        }
    }

    #[test]
    fn every_pair_can_be_drawn_exactly_once() {
        let items = items(&[4, 2, 3]);
        let count = pair_count(&items);
        assert_eq!(count, 6 + 1 + 3);
        let drawn: HashSet<Vec<ResponseId>> = (0..count)
            .map(|draw| {
                random_question(&items, draw, false, "c".into())
                    .expect("a pair")
                    .0
                    .shown
            })
            .collect();
        assert_eq!(drawn.len(), count as usize);
        assert!(random_question(&items, count, false, "c".into()).is_none());
    }

    #[test]
    fn swapping_mirrors_the_sides_and_nothing_else() {
        let items = items(&[3]);
        let (plain, _) = random_question(&items, 1, false, "c".into()).expect("a pair");
        let (mut swapped, _) = random_question(&items, 1, true, "c".into()).expect("a pair");
        swapped.shown.reverse();
        assert_eq!(plain, swapped);
        assert!((plain.propensity - 1.0 / 3.0).abs() < 1e-12);
    }

    #[test]
    fn every_choice_is_a_valid_judgment_and_sides_mirror() {
        let shown: Vec<ResponseId> = vec!["a".into(), "b".into()];
        for choice in Choice::ALL {
            assert_eq!(
                choice.judgment(&shown).validate(&shown),
                Ok(()),
                "{choice:?}"
            );
        }
        let mirrored: Vec<ResponseId> = vec!["b".into(), "a".into()];
        assert_eq!(
            Choice::First.judgment(&shown),
            Choice::Second.judgment(&mirrored)
        );
        let distinct: HashSet<String> = Choice::ALL
            .iter()
            .map(|c| format!("{:?}", c.judgment(&shown)))
            .collect();
        assert_eq!(distinct.len(), 6);
    }

    #[test]
    fn forecasts_are_locked_once() {
        let items = items(&[2]);
        let (question, prompt) = random_question(&items, 0, false, "c".into()).expect("a pair");
        let mut asked = Asked {
            question,
            prompt,
            pack: "t".into(),
            shown_at_ms: 1_000,
        };
        let forecast = |p| {
            vec![Prediction {
                method: "eb".into(),
                weights: "w".into(),
                p_first: p,
                margin_sd: 0.0,
                n_fit: 0,
            }]
        };
        asked.lock(forecast(0.7));
        asked.lock(forecast(0.1));
        let event = asked.event(Choice::First, More::default(), "e".into(), 3_500);
        assert_eq!(event.predictions, forecast(0.7));
        assert_eq!(event.dwell_ms, 2_500);
    }

    #[test]
    fn what_is_said_beside_a_choice_is_kept_and_stays_valid() {
        let items = items(&[2]);
        let (question, prompt) = random_question(&items, 0, false, "c".into()).expect("a pair");
        let asked = Asked {
            question,
            prompt,
            pack: "t".into(),
            shown_at_ms: 0,
        };
        let mut more = More {
            strength: Some(Strength::Much),
            ..More::default()
        };
        for reason in [Reason::Tone, Reason::Length, Reason::Tone] {
            more.toggle(reason);
        }
        for choice in Choice::ALL {
            let judgment = asked.event(choice, more.clone(), "e".into(), 1).judgment;
            assert_eq!(judgment.validate(&asked.question.shown), Ok(()));
            assert_eq!(judgment.reasons, [Reason::Length]);
            let is_ranked = matches!(choice, Choice::First | Choice::Second);
            assert_eq!(judgment.strength.is_some(), is_ranked, "{choice:?}");
        }
    }
}
