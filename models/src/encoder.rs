//! Text to vectors: the sentence encoder all-MiniLM-L6-v2 (BERT, six layers, mean pooling).
//!
//! Owns windows, batching and pooling. Must not know where the weights come from.

mod config;
mod kernels;
mod layers;
mod weights;
mod windows;

use burn::tensor::{Device, Tensor, TensorData};

pub use config::EncoderConfig;
pub use windows::TextTokenizer;

use crate::{Error, Result};
use layers::Bert;

/// Texts run together at most; more gains nothing on a CPU and costs memory.
const BATCH: usize = 8;
/// Padding that a batch may carry, as a share of its tokens: sequences are sorted by length, and a batch ends
/// where one more sequence would waste more than this.
const PADDING: f64 = 0.1;
/// Sequence lengths on a GPU are padded to a multiple of this, so that few shapes are ever compiled.
const GPU_LENGTH_STEP: usize = 16;

/// A loaded encoder on one device.
#[derive(Debug)]
pub struct Encoder {
    tokenizer: TextTokenizer,
    bert: Bert,
}

impl Encoder {
    /// Reads a safetensors file (f32 or f16) and a `tokenizer.json`, and puts the weights on `device` as f32.
    ///
    /// # Errors
    /// When either does not parse, or a tensor is missing or has the wrong shape.
    pub fn from_safetensors(
        weights: &[u8],
        tokenizer_json: &[u8],
        device: &Device,
    ) -> Result<Self> {
        let config = EncoderConfig::minilm_l6();
        Ok(Self {
            tokenizer: TextTokenizer::from_json(tokenizer_json)?,
            bert: Bert::load(weights, config, device)?,
        })
    }

    /// The architecture.
    pub fn config(&self) -> &EncoderConfig {
        self.bert.config()
    }

    /// Word pieces of each window of a text, marks included; see [`TextTokenizer::windows`].
    ///
    /// # Errors
    /// When the tokenizer refuses the text.
    pub fn token_ids(&self, text: &str) -> Result<Vec<Vec<u32>>> {
        self.tokenizer.windows(text)
    }

    /// Encodes texts: `n` texts -> `n` vectors of 384, L2 norm 1.
    ///
    /// A text longer than one window is the mean of its windows' vectors, weighted by their word pieces,
    /// scaled to norm 1.
    ///
    /// # Errors
    /// When the tokenizer refuses a text or the device fails.
    pub async fn encode<T: AsRef<str>>(&self, texts: &[T]) -> Result<Vec<Vec<f32>>> {
        let mut windows = Vec::new();
        let mut counts = Vec::with_capacity(texts.len());
        for text in texts {
            let of_text = self.token_ids(text.as_ref())?;
            counts.push(of_text.len());
            windows.extend(of_text);
        }
        let vectors = self.encode_ids(&windows).await?;
        let mut at = 0;
        let mut out = Vec::with_capacity(texts.len());
        for count in counts {
            out.push(windows::join(
                &windows[at..at + count],
                &vectors[at..at + count],
            ));
            at += count;
        }
        Ok(out)
    }

    /// Encodes sequences of token ids as they are: `n` sequences -> `n` vectors of 384, L2 norm 1.
    ///
    /// Sequences of similar length run together, padded and masked; the order of the answer is that of the input.
    ///
    /// # Errors
    /// When a sequence is empty, longer than 512 or has an unknown id, or the device fails.
    pub async fn encode_ids(&self, sequences: &[Vec<u32>]) -> Result<Vec<Vec<f32>>> {
        for sequence in sequences {
            self.check(sequence)?;
        }
        let mut out = vec![Vec::new(); sequences.len()];
        for batch in batches(sequences) {
            let ids: Vec<&[u32]> = batch
                .iter()
                .map(|&index| sequences[index].as_slice())
                .collect();
            for (index, vector) in batch.iter().zip(self.run(&ids).await?) {
                out[*index] = vector;
            }
        }
        Ok(out)
    }

    fn check(&self, sequence: &[u32]) -> Result<()> {
        let config = self.config();
        if sequence.is_empty() || sequence.len() > config.max_positions {
            return Err(Error::Input(format!(
                "a sequence of {} tokens cannot be encoded; from 1 to {} can",
                sequence.len(),
                config.max_positions
            )));
        }
        match sequence
            .iter()
            .find(|&&id| id as usize >= config.vocabulary)
        {
            Some(id) => Err(Error::Input(format!(
                "token id {id} is not in the vocabulary of {}",
                config.vocabulary
            ))),
            None => Ok(()),
        }
    }

    /// One padded batch: up to [`BATCH`] sequences -> their vectors.
    async fn run(&self, sequences: &[&[u32]]) -> Result<Vec<Vec<f32>>> {
        let batch = Padded::new(
            sequences,
            if self.bert.is_on_host() {
                1
            } else {
                GPU_LENGTH_STEP
            },
        );
        let hidden = self.bert.forward(&batch)?;
        let device = hidden.device();
        let [count, length, width] = hidden.dims();
        let pooling = Tensor::<3>::from_data(
            TensorData::new(batch.pooling(), [count, 1, length]),
            &device,
        );
        let pooled = pooling.matmul(hidden);
        let data = pooled
            .into_data_async()
            .await
            .map_err(|error| Error::Device(error.to_string()))?;
        let values = data
            .as_slice::<f32>()
            .map_err(|error| Error::Device(format!("{error:?}")))?;
        Ok(values.chunks_exact(width).map(normalised).collect())
    }
}

/// Indices of sequences that run together: sorted by length, at most [`BATCH`], with little padding.
fn batches(sequences: &[Vec<u32>]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..sequences.len()).collect();
    order.sort_by_key(|&index| sequences[index].len());
    let mut out: Vec<Vec<usize>> = Vec::new();
    let mut real = 0;
    for index in order {
        let length = sequences[index].len();
        match out.last_mut() {
            Some(batch)
                if batch.len() < BATCH
                    && (real + length) as f64
                        >= (1.0 - PADDING) * ((batch.len() + 1) * length) as f64 =>
            {
                batch.push(index);
                real += length;
            }
            _ => {
                out.push(vec![index]);
                real = length;
            }
        }
    }
    out
}

/// Sequences of one batch, padded with id 0 to one length.
#[derive(Debug)]
struct Padded {
    /// `[batch * length]`, row by row.
    ids: Vec<i32>,
    /// Real tokens of each sequence.
    lengths: Vec<usize>,
    /// Common length.
    length: usize,
}

impl Padded {
    fn new(sequences: &[&[u32]], step: usize) -> Self {
        let lengths: Vec<usize> = sequences.iter().map(|ids| ids.len()).collect();
        let length = lengths
            .iter()
            .copied()
            .max()
            .unwrap_or(1)
            .next_multiple_of(step);
        let mut ids = vec![0; sequences.len() * length];
        for (row, sequence) in ids.chunks_exact_mut(length).zip(sequences) {
            for (place, &id) in row.iter_mut().zip(*sequence) {
                *place = id as i32;
            }
        }
        Self {
            ids,
            lengths,
            length,
        }
    }

    fn has_padding(&self) -> bool {
        self.lengths.iter().any(|&real| real < self.length)
    }

    /// Weights of the mean over real tokens, `[batch, 1, length]`.
    fn pooling(&self) -> Vec<f32> {
        self.per_token(|real, at| if at < real { 1.0 / real as f32 } else { 0.0 })
    }

    /// What is added to attention scores, `[batch, 1, 1, length]`: 0 on real tokens, very negative on padding.
    fn attention_bias(&self) -> Vec<f32> {
        self.per_token(|real, at| if at < real { 0.0 } else { -1e9 })
    }

    fn per_token(&self, value: impl Fn(usize, usize) -> f32) -> Vec<f32> {
        self.lengths
            .iter()
            .flat_map(|&real| (0..self.length).map(move |at| (real, at)))
            .map(|(r, a)| value(r, a))
            .collect()
    }
}

/// Scales to L2 norm 1; the null vector stays.
fn normalised(vector: &[f32]) -> Vec<f32> {
    let norm = vector
        .iter()
        .map(|&x| f64::from(x) * f64::from(x))
        .sum::<f64>()
        .sqrt();
    let scale = if norm > 0.0 { 1.0 / norm } else { 0.0 };
    vector
        .iter()
        .map(|&x| (f64::from(x) * scale) as f32)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_lengths(lengths: &[usize]) -> Vec<Vec<u32>> {
        lengths.iter().map(|&length| vec![1; length]).collect()
    }

    #[test]
    fn batches_hold_every_sequence_once_with_little_padding() {
        let sequences = of_lengths(&[256, 3, 250, 100, 3, 3, 98, 7, 256, 255, 3, 3, 3, 3, 3, 3]);
        let batches = batches(&sequences);
        let mut seen: Vec<usize> = batches.iter().flatten().copied().collect();
        seen.sort_unstable();
        assert_eq!(seen, (0..sequences.len()).collect::<Vec<_>>());
        for batch in batches {
            assert!(batch.len() <= BATCH);
            let longest = batch
                .iter()
                .map(|&index| sequences[index].len())
                .max()
                .unwrap_or(0);
            let real: usize = batch.iter().map(|&index| sequences[index].len()).sum();
            assert!(real as f64 >= 0.9 * (longest * batch.len()) as f64);
        }
    }

    #[test]
    fn padding_is_masked_and_not_pooled() {
        let batch = Padded::new(&[&[5, 6, 7], &[8]], 2);
        assert_eq!(batch.ids, [5, 6, 7, 0, 8, 0, 0, 0]);
        assert!(batch.has_padding());
        assert_eq!(batch.pooling()[..4], [1.0 / 3.0, 1.0 / 3.0, 1.0 / 3.0, 0.0]);
        assert_eq!(batch.attention_bias()[4..], [0.0, -1e9, -1e9, -1e9]);
    }
}
