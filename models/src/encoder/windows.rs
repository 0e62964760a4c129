//! Text to windows of word pieces, and window vectors back to one vector per text.

use tokenizers::Tokenizer;

use super::normalised;
use crate::{Error, Result};

/// Word pieces of one window, without its two marks.
pub const WINDOW: usize = 254;

/// The encoder's word-piece tokenizer.
#[derive(Debug)]
pub struct TextTokenizer {
    tokenizer: Tokenizer,
    begin: u32,
    end: u32,
}

impl TextTokenizer {
    /// Reads a `tokenizer.json`. Its truncation and padding are ignored.
    ///
    /// # Errors
    /// When it does not parse or lacks `[CLS]` or `[SEP]`.
    pub fn from_json(json: &[u8]) -> Result<Self> {
        let mut tokenizer = Tokenizer::from_bytes(json)
            .map_err(|error| Error::Weights(format!("the tokenizer does not parse: {error}")))?;
        tokenizer.with_padding(None);
        tokenizer
            .with_truncation(None)
            .map_err(|error| Error::Weights(error.to_string()))?;
        let mark = |name: &str| {
            tokenizer
                .token_to_id(name)
                .ok_or_else(|| Error::Weights(format!("the tokenizer does not know {name}")))
        };
        let (begin, end) = (mark("[CLS]")?, mark("[SEP]")?);
        Ok(Self {
            tokenizer,
            begin,
            end,
        })
    }

    /// Token ids of each window of a text: `[CLS]`, up to 254 word pieces, `[SEP]`; no overlap. The empty text has
    /// one window without word pieces.
    ///
    /// # Errors
    /// When the tokenizer refuses the text.
    pub fn windows(&self, text: &str) -> Result<Vec<Vec<u32>>> {
        let pieces = self
            .tokenizer
            .encode_fast(text, false)
            .map_err(|error| Error::Input(format!("the text cannot be tokenised: {error}")))?;
        Ok(cut(pieces.get_ids(), self.begin, self.end))
    }
}

fn cut(pieces: &[u32], begin: u32, end: u32) -> Vec<Vec<u32>> {
    if pieces.is_empty() {
        return vec![vec![begin, end]];
    }
    pieces
        .chunks(WINDOW)
        .map(|window| {
            std::iter::once(begin)
                .chain(window.iter().copied())
                .chain(std::iter::once(end))
                .collect()
        })
        .collect()
}

/// One vector per text: the mean of its windows' vectors, weighted by their word pieces, L2 norm 1.
pub(super) fn join(windows: &[Vec<u32>], vectors: &[Vec<f32>]) -> Vec<f32> {
    if let [only] = vectors {
        return only.clone();
    }
    let mut sum = vec![0.0; vectors.first().map_or(0, Vec::len)];
    for (window, vector) in windows.iter().zip(vectors) {
        let pieces = (window.len() - 2) as f32;
        for (total, value) in sum.iter_mut().zip(vector) {
            *total += pieces * value;
        }
    }
    normalised(&sum)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_cover_every_piece_once() {
        let pieces: Vec<u32> = (1000..1600).collect();
        let windows = cut(&pieces, 101, 102);
        assert_eq!(
            windows.iter().map(Vec::len).collect::<Vec<_>>(),
            [256, 256, 94]
        );
        let joined: Vec<u32> = windows
            .iter()
            .flat_map(|window| window[1..window.len() - 1].to_vec())
            .collect();
        assert_eq!(joined, pieces);
        assert!(
            windows
                .iter()
                .all(|window| window[0] == 101 && window[window.len() - 1] == 102)
        );
        assert_eq!(cut(&[], 101, 102), [[101, 102]]);
    }

    #[test]
    fn longer_windows_weigh_more() {
        let windows = [vec![0; 256], vec![0; 2 + 127]];
        let joined = join(&windows, &[vec![1.0, 0.0], vec![0.0, 1.0]]);
        assert!((joined[0] / joined[1] - 2.0).abs() < 1e-6);
        assert!((joined[0] * joined[0] + joined[1] * joined[1] - 1.0).abs() < 1e-6);
    }
}
