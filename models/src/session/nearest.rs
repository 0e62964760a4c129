//! Prompts of a pack near to a text: by embedding where there is one, else by the words that they share.

use std::collections::{HashMap, HashSet};

use palate_shared::ids::PromptId;
use palate_shared::pack::PackItems;

use super::Session;

/// Words shorter than this say little, characters.
const SHORTEST: usize = 3;

/// Words of every prompt, each weighed by how few prompts have it: `ln(1 + prompts / prompts with it)`.
#[derive(Debug)]
pub(super) struct Words {
    weights: HashMap<String, f64>,
    prompts: Vec<HashSet<String>>,
}

impl Words {
    /// Of the prompts and topics of a pack, in its order.
    pub(super) fn new(items: &PackItems) -> Self {
        let prompts: Vec<HashSet<String>> = items
            .prompts
            .iter()
            .map(|prompt| words(&format!("{} {}", prompt.text, prompt.topic)))
            .collect();
        let mut counts: HashMap<String, f64> = HashMap::new();
        for word in prompts.iter().flatten() {
            *counts.entry(word.clone()).or_default() += 1.0;
        }
        let all = prompts.len() as f64;
        let weights = counts
            .into_iter()
            .map(|(word, count)| (word, (1.0 + all / count).ln()))
            .collect();
        Self { weights, prompts }
    }

    /// Cosine of the text with every prompt, in [0, 1].
    fn likeness(&self, text: &str) -> Vec<f64> {
        let asked = words(text);
        let norm = |words: &HashSet<String>| {
            let squares = words
                .iter()
                .filter_map(|word| self.weights.get(word))
                .map(|w| w * w);
            squares.sum::<f64>().sqrt()
        };
        let of_asked = norm(&asked);
        self.prompts
            .iter()
            .map(|prompt| {
                let shared = asked
                    .intersection(prompt)
                    .filter_map(|word| self.weights.get(word));
                let dot: f64 = shared.map(|w| w * w).sum();
                dot / (of_asked * norm(prompt)).max(f64::MIN_POSITIVE)
            })
            .collect()
    }
}

impl Session {
    /// The prompts that are nearest to a text, nearest first: by its embedding (L2 norm 1) where it is given. By words, those
    /// that share none are left out.
    pub fn nearest(&self, text: &str, vector: Option<&[f32]>, count: usize) -> Vec<PromptId> {
        let likeness = match vector {
            Some(vector) => self.pool.likeness_of_prompts(vector),
            None => self.words.likeness(text),
        };
        let mut order: Vec<usize> = (0..likeness.len())
            .filter(|at| likeness[*at] > 0.0)
            .collect();
        order.sort_by(|a, b| likeness[*b].total_cmp(&likeness[*a]));
        order.truncate(count);
        order
            .into_iter()
            .map(|at| self.pool.prompts[at].clone())
            .collect()
    }
}

/// Words in lower case without endings that only number or time add.
fn words(text: &str) -> HashSet<String> {
    text.split(|c: char| !c.is_alphanumeric())
        .filter(|word| word.chars().count() >= SHORTEST)
        .map(|word| stem(&word.to_lowercase()).to_owned())
        .collect()
}

fn stem(word: &str) -> &str {
    let stems = ["ing", "es", "ed", "s"]
        .iter()
        .filter_map(|ending| word.strip_suffix(ending));
    stems
        .into_iter()
        .find(|stem| stem.chars().count() >= SHORTEST)
        .unwrap_or(word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_compared_without_case_and_endings() {
        assert_eq!(
            words("Cooking PASTA, and the cooks'"),
            words("pastas cooked and the cook")
        );
        assert_eq!(stem("is"), "is");
        assert_eq!(stem("gas"), "gas", "too little would be left");
    }
}
