//! The description of a person that FSPO guesses from votes, and that the person may correct.

use palate_shared::infer::Described;

use super::Session;
use crate::heads::Heads;
use crate::methods::fspo::Fspo;
use crate::preference::PreferenceModel;
use crate::{Error, Result};

/// Weights beyond this say nothing more.
const MOST_WEIGHT: f64 = 2.0;

/// What reads a description from votes.
pub(super) struct Describer {
    fspo: Fspo,
    /// What each number of a description means: liked where it is positive, and where it is negative.
    words: Vec<[String; 2]>,
    /// What the person said, number by number; may be shorter than a description.
    pub(super) corrections: Vec<Option<f64>>,
}

impl Describer {
    /// Reads tables `fspo.*`, and from the card's `described` what the numbers mean; `None` where the file has none.
    pub(super) fn from_heads(heads: &Heads, dimension: usize) -> Result<Option<Self>> {
        let Some(named) = heads.card()["described"].as_array() else {
            return Ok(None);
        };
        let word = |pair: &serde_json::Value, at: usize| pair[at].as_str().map(str::to_owned);
        let words: Option<Vec<[String; 2]>> = named
            .iter()
            .map(|pair| Some([word(pair, 0)?, word(pair, 1)?]))
            .collect();
        let fspo = Fspo::from_heads(heads, "fspo", dimension)?;
        let words = words.filter(|words| words.len() == fspo.described());
        Ok(Some(Self {
            words: words.ok_or_else(|| {
                Error::Weights("the card has other words than the description has numbers".into())
            })?,
            fspo,
            corrections: vec![],
        }))
    }
}

impl Session {
    /// What a description says, number by number.
    pub(super) fn description(&self) -> Vec<Described> {
        let Some(describer) = &self.describer else {
            return vec![];
        };
        let Some(player) = self.player(&describer.fspo.id()) else {
            return vec![];
        };
        describer
            .fspo
            .description(&player.state)
            .iter()
            .zip(&describer.words)
            .enumerate()
            .map(|(at, (weight, [more, less]))| Described {
                more: more.clone(),
                less: less.clone(),
                weight: *weight,
                corrected: matches!(describer.corrections.get(at), Some(Some(_))),
            })
            .collect()
    }

    /// What the person says of themselves: one entry for each number of the description, `None` where the guess stands.
    /// It replaces what was said before and holds until [`Session::forget`].
    ///
    /// # Errors
    /// When there is no description, it has another length, or a number is not finite. Nothing changes then.
    pub fn correct(&mut self, corrections: &[Option<f64>]) -> Result<()> {
        let described = self.describer.as_ref().map_or(0, |it| it.fspo.described());
        let is_fine = corrections
            .iter()
            .flatten()
            .all(|weight| weight.is_finite());
        let Some(describer) = self
            .describer
            .as_mut()
            .filter(|_| is_fine && (corrections.is_empty() || corrections.len() == described))
        else {
            return Err(Error::Input(format!(
                "a description here has {described} finite numbers, not {}",
                corrections.len()
            )));
        };
        describer.corrections = corrections
            .iter()
            .map(|weight| weight.map(|weight| weight.clamp(-MOST_WEIGHT, MOST_WEIGHT)))
            .collect();
        self.refit()
    }

    /// Puts what the person said in place of what was guessed.
    pub(super) fn apply_corrections(&mut self) -> Result<()> {
        let Some(describer) = &self.describer else {
            return Ok(());
        };
        if describer.corrections.iter().all(Option::is_none) {
            return Ok(());
        }
        let id = describer.fspo.id();
        for player in self.players.iter_mut().filter(|one| one.model.id() == id) {
            let guessed = describer.fspo.description(&player.state);
            let said: Vec<f64> = guessed
                .iter()
                .zip(&describer.corrections)
                .map(|(guess, said)| said.unwrap_or(*guess))
                .collect();
            player.state = describer.fspo.with_description(&player.state, &said)?;
        }
        Ok(())
    }
}
