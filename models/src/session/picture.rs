//! The taste in words: traits, place among others, lessons, comparisons of free texts.

use palate_shared::event::VoteEvent;
use palate_shared::features::FEATURES;
use palate_shared::infer::{TasteMap, Trait};

use super::{Comparison, Session};
use crate::explain::reasons;
use crate::{Error, Result};

/// A lesson names a trait that moved by at least this many log-odds per standard deviation.
const NOTABLE: f64 = 0.02;

impl Session {
    /// Ranks free texts. `vectors` holds one embedding per text. Texts are compared with each other, as answers to one
    /// prompt; the prompt itself is not used by this methods.
    ///
    /// # Errors
    /// When there are fewer than two texts, or vectors do not fit.
    pub fn compare(
        &self,
        _prompt: &str,
        texts: &[String],
        vectors: &[Vec<f32>],
    ) -> Result<Comparison> {
        if texts.len() < 2 || texts.len() != vectors.len() {
            return Err(Error::Input(format!(
                "a comparison needs two texts or more and one vector each, not {} and {}",
                texts.len(),
                vectors.len()
            )));
        }
        let rows = self.read(texts, vectors)?;
        let mut predictions = Vec::with_capacity(self.players.len());
        for player in &self.players {
            let views = player.model.view((&rows).into())?;
            predictions.push(self.prediction(player, &views[0], &views[1]));
        }
        let player = &self.players[self.default];
        let views = player.model.view((&rows).into())?;
        let over_first: Vec<f64> = views
            .iter()
            .map(|view| player.model.margin(&player.state, view, &views[0]).mean)
            .collect();
        let mut ranking: Vec<usize> = (0..texts.len()).collect();
        ranking.sort_by(|a, b| over_first[*b].total_cmp(&over_first[*a]));
        let margin = player.model.margin(&player.state, &views[0], &views[1]);
        let effects = self.explainer.effects(&player.state.values);
        Ok(Comparison {
            predictions,
            ranking,
            margin: (margin.mean, margin.variance.sqrt()),
            reasons: reasons(&effects, &rows[0], &rows[1], margin.mean),
        })
    }

    /// Traits, strongest first.
    pub(super) fn traits(&self) -> Vec<Trait> {
        let mut effects = self.explainer.effects(&self.default_state().values);
        effects.sort_by(|a, b| b.mean.abs().total_cmp(&a.mean.abs()));
        effects
            .into_iter()
            .map(|effect| effect.to_trait())
            .collect()
    }

    /// Where the person is among those who trained the method of the map.
    pub(super) fn map(&self) -> Option<TasteMap> {
        let map = self.map.as_ref()?;
        let player = self.player(map.method())?;
        let place = |state| map.place(&player.model.latent(state));
        Some(TasteMap {
            method: map.method().clone(),
            people: map.people().to_vec(),
            now: place(&player.state),
            before: place(&player.prior),
            words: map.words().to_vec(),
        })
    }

    /// What a vote taught: the trait that moved most, against how unsure it was before.
    pub(super) fn lesson(&self, event: &VoteEvent, before: &[f64]) -> String {
        if event.withdrawn || event.judgment.pairs().is_empty() {
            return String::new();
        }
        if event.policy.is_held_out() {
            return "Kept aside: this vote only tests the predictions.".to_owned();
        }
        if let Some(earlier) = &event.repeat_of {
            return match self.history.agrees(event, earlier) {
                Some(true) => "You said the same last time.".to_owned(),
                Some(false) => "Last time you said something else.".to_owned(),
                None => String::new(),
            };
        }
        let before = self.explainer.effects(before);
        let after = self.explainer.effects(&self.default_state().values);
        let moved = before
            .iter()
            .zip(&after)
            .map(|(old, new)| (new.mean - old.mean, old, new))
            .max_by(|a, b| a.0.abs().total_cmp(&b.0.abs()));
        match moved {
            Some((change, old, new)) if change.abs() >= NOTABLE => {
                let feature = FEATURES[new.feature];
                let towards = if change > 0.0 {
                    feature.more
                } else {
                    feature.less
                };
                if old.mean * change >= 0.0 {
                    format!("A little more sure that you like {towards}.")
                } else if new.mean * change >= 0.0 {
                    format!("Changed its mind: you may like {towards}.")
                } else {
                    let away = if change > 0.0 {
                        feature.less
                    } else {
                        feature.more
                    };
                    format!("Less sure now that you like {away}.")
                }
            }
            _ => "As expected; nothing changed much.".to_owned(),
        }
    }
}
