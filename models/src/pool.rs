//! A pack as the models see it: every answer represented, every pair listed.

use std::collections::HashMap;

use palate_shared::ids::{PromptId, ResponseId};
use palate_shared::pack::PackItems;

use crate::heads::decode_f16;
use crate::preference::{Items, PreferenceModel};
use crate::representation::{Answer, EMBEDDING, Representation};
use crate::{Error, Result};

/// One answer of the pool.
#[derive(Clone, Debug)]
pub struct PoolItem {
    /// Its id.
    pub id: ResponseId,
    /// Index of its prompt.
    pub prompt: usize,
}

/// A pair of answers to one prompt, by index; `first < second`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair {
    /// The earlier item.
    pub first: usize,
    /// The later item.
    pub second: usize,
}

impl Pair {
    /// The unordered pair of two items.
    pub fn of(a: usize, b: usize) -> Self {
        Self {
            first: a.min(b),
            second: a.max(b),
        }
    }
}

/// All answers of a pack.
#[derive(Clone, Debug)]
pub struct Pool {
    /// Prompts in pack order.
    pub prompts: Vec<PromptId>,
    /// Topics of the prompts, in the same order.
    pub topics: Vec<String>,
    /// Answers in pack order.
    pub items: Vec<PoolItem>,
    /// Represented answers, in the same order.
    pub rows: Vec<Vec<f32>>,
    /// Embedding of each prompt, in the order of `prompts`.
    prompt_vectors: Vec<Vec<f32>>,
    /// All pairs within prompts.
    pub pairs: Vec<Pair>,
    by_id: HashMap<ResponseId, usize>,
}

impl Pool {
    /// Represents a pack. `vectors_f16`: one little-endian f16 vector per answer, then one per prompt.
    ///
    /// # Errors
    /// When there are too few vectors, an id occurs twice, or no prompt has two answers.
    pub fn new(
        items: &PackItems,
        vectors_f16: &[u8],
        representation: &dyn Representation,
    ) -> Result<Self> {
        let answers: usize = items
            .prompts
            .iter()
            .map(|prompt| prompt.responses.len())
            .sum();
        let expected = (answers + items.prompts.len()) * EMBEDDING * 2;
        if vectors_f16.len() != expected {
            return Err(Error::Weights(format!(
                "the pack has {} bytes of vectors instead of {expected} for {answers} answers and {} prompts",
                vectors_f16.len(),
                items.prompts.len()
            )));
        }
        let vectors = decode_f16(vectors_f16);
        let (vectors, of_prompts) = vectors.split_at(answers * EMBEDDING);
        let residuals = representation.residuals(&items.pack);
        if residuals.is_some_and(|residuals| residuals.len() != answers) {
            return Err(Error::Weights(format!(
                "the heads know another number of answers than the {answers} of the pack"
            )));
        }
        let mut pool = Self {
            prompt_vectors: of_prompts
                .chunks_exact(EMBEDDING)
                .map(<[f32]>::to_vec)
                .collect(),
            prompts: Vec::new(),
            topics: Vec::new(),
            items: Vec::new(),
            rows: Vec::new(),
            pairs: Vec::new(),
            by_id: HashMap::new(),
        };
        let mut vectors = vectors.chunks_exact(EMBEDDING);
        for (prompt_index, prompt) in items.prompts.iter().enumerate() {
            pool.prompts.push(prompt.id.clone());
            pool.topics.push(prompt.topic.clone());
            let group: Vec<Answer<'_>> = prompt
                .responses
                .iter()
                .zip(&mut vectors)
                .map(|(response, vector)| Answer {
                    text: &response.text,
                    vector,
                })
                .collect();
            let start = pool.items.len();
            for response in &prompt.responses {
                if pool
                    .by_id
                    .insert(response.id.clone(), pool.items.len())
                    .is_some()
                {
                    return Err(Error::Weights(format!(
                        "the pack has answer {} twice",
                        response.id
                    )));
                }
                pool.items.push(PoolItem {
                    id: response.id.clone(),
                    prompt: prompt_index,
                });
            }
            pool.rows.extend(representation.represent(&group)?);
            for first in start..pool.items.len() {
                pool.pairs
                    .extend((first + 1..pool.items.len()).map(|second| Pair { first, second }));
            }
        }
        if pool.pairs.is_empty() {
            return Err(Error::Weights(
                "no prompt of the pack has two answers".into(),
            ));
        }
        for (row, residual) in pool.rows.iter_mut().zip(residuals.unwrap_or_default()) {
            for (value, more) in row.iter_mut().rev().zip(residual.iter().rev()) {
                *value += more;
            }
        }
        Ok(pool)
    }

    /// Every answer as a method views it, by the CPU, which is the faster device for every method: all answers of the
    /// starter pack take it 1 to 17 ms, WebGPU on Chromium's software adapter 120 to 890 ms, and four answers hardly less,
    /// since reading back takes most of that. `cargo xtask bench refit` measures both by the adapter that a browser has.
    ///
    /// # Errors
    /// When rows do not fit the method.
    pub fn viewed_by(&self, model: &dyn PreferenceModel) -> Result<Vec<Vec<f32>>> {
        model.view(Items {
            rows: &self.rows,
            prompts: &self.prompts_of_items(),
        })
    }

    /// Embedding of every answer's prompt, in the order of `items`.
    pub fn prompts_of_items(&self) -> Vec<Vec<f32>> {
        let of_prompt = |item: &PoolItem| self.prompt_vectors[item.prompt].clone();
        self.items.iter().map(of_prompt).collect()
    }

    /// Cosine of an embedding (L2 norm 1) with that of each prompt.
    pub fn likeness_of_prompts(&self, vector: &[f32]) -> Vec<f64> {
        let cosine = |prompt: &Vec<f32>| {
            let dot: f64 = prompt
                .iter()
                .zip(vector)
                .map(|(a, b)| f64::from(a * b))
                .sum();
            let squares: f64 = prompt.iter().map(|a| f64::from(a * a)).sum();
            dot / squares.sqrt().max(f64::MIN_POSITIVE)
        };
        self.prompt_vectors.iter().map(cosine).collect()
    }

    /// Index of an answer.
    pub fn find(&self, id: &ResponseId) -> Option<usize> {
        self.by_id.get(id).copied()
    }
}
