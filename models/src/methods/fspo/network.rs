//! The set transformer of FSPO-embed in plain loops: what the page needs to encode shots and to score an item.
//!
//! Norms have no weights of their own ("RMS", Zhang and Sennrich 2019): every norm is followed by a linear layer.

use crate::heads::Heads;
use crate::{Error, Result};

/// Added to mean squares before the root.
pub(super) const EPSILON: f32 = 1e-5;

/// A linear layer.
#[derive(Clone, Debug)]
pub(super) struct Dense {
    /// `[input, output]`, row-major.
    weight: Vec<f32>,
    /// `[output]`.
    bias: Vec<f32>,
}

impl Dense {
    /// Reads `{name}.weight` and `{name}.bias`; the sizes are those of the tables.
    pub(super) fn read(heads: &Heads, name: &str, input: usize) -> Result<Self> {
        let bias = heads.table(&format!("{name}.bias"))?.data.clone();
        let weight = heads
            .data(&format!("{name}.weight"), &[input, bias.len()])?
            .to_vec();
        Ok(Self { weight, bias })
    }

    /// Reads one with a given output width.
    pub(super) fn read_to(heads: &Heads, name: &str, sizes: [usize; 2]) -> Result<Self> {
        let layer = Self::read(heads, name, sizes[0])?;
        if layer.width() != sizes[1] {
            return Err(Error::Weights(format!(
                "layer {name} gives {} numbers instead of {}",
                layer.width(),
                sizes[1]
            )));
        }
        Ok(layer)
    }

    /// Width of the output.
    pub(super) fn width(&self) -> usize {
        self.bias.len()
    }

    /// `[input] -> [output]`.
    pub(super) fn apply(&self, input: &[f32], output: &mut Vec<f32>) {
        output.clear();
        output.extend_from_slice(&self.bias);
        for (x, row) in input.iter().zip(self.weight.chunks_exact(self.width())) {
            if *x != 0.0 {
                for (sum, weight) in output.iter_mut().zip(row) {
                    *sum += x * weight;
                }
            }
        }
    }
}

/// Sets negative numbers to zero.
pub(super) fn relu(values: &mut [f32]) {
    for value in values {
        *value = value.max(0.0);
    }
}

/// Divides by the root mean square.
pub(super) fn normalise(values: &mut [f32]) {
    let squares: f32 = values.iter().map(|value| value * value).sum();
    let scale = (squares / values.len() as f32 + EPSILON).sqrt().recip();
    for value in values {
        *value *= scale;
    }
}

/// `x += attention(norm x, tokens)`, then `x += down((up norm x)_1 * (up norm x)_2)`, the bilinear layer of Shazeer 2020
/// ("GLU variants"): products of what an item is and what the shots say are what a reward is made of.
#[derive(Clone, Debug)]
pub(super) struct Block {
    heads: usize,
    query: Dense,
    /// Keys, then values.
    memory: Dense,
    output: Dense,
    up: Dense,
    down: Dense,
}

/// Buffers of one pass through a block.
#[derive(Default)]
pub(super) struct Work {
    normed: Vec<f32>,
    query: Vec<f32>,
    folded: Vec<f32>,
    scores: Vec<f32>,
    mixed: Vec<f32>,
    hidden: Vec<f32>,
}

impl Block {
    /// Reads tables `{name}.*` of a block as wide as `width`.
    pub(super) fn read(heads: &Heads, name: &str, width: usize, count: usize) -> Result<Self> {
        let square = |part: &str| Dense::read_to(heads, &format!("{name}.{part}"), [width, width]);
        Ok(Self {
            heads: count,
            query: square("query")?,
            memory: Dense::read_to(heads, &format!("{name}.memory"), [width, 2 * width])?,
            output: square("output")?,
            up: Dense::read_to(heads, &format!("{name}.up"), [width, 2 * width])?,
            down: square("down")?,
        })
    }

    /// One item through the block. Keys are not made: the query is carried into the space of the tokens instead, and
    /// values are mixed there, so that one item costs little however many shots there are.
    pub(super) fn apply(&self, x: &mut [f32], tokens: &[f32], work: &mut Work) {
        let width = x.len();
        let head = width / self.heads;
        work.normed.clear();
        work.normed.extend_from_slice(x);
        normalise(&mut work.normed);
        self.query.apply(&work.normed, &mut work.query);
        work.hidden.clear();
        for at in 0..self.heads {
            let columns = at * head..(at + 1) * head;
            let query = &work.query[columns.clone()];
            let rows = self.memory.weight.chunks_exact(2 * width);
            work.folded.clear();
            work.folded
                .extend(rows.map(|row| dot(&row[columns.clone()], query) / (head as f32).sqrt()));
            let tokens = || tokens.chunks_exact(width);
            work.scores.clear();
            work.scores
                .extend(tokens().map(|token| dot(token, &work.folded)));
            softmax(&mut work.scores);
            work.mixed.clear();
            work.mixed.resize(width, 0.0);
            for (token, share) in tokens().zip(&work.scores) {
                for (sum, value) in work.mixed.iter_mut().zip(token) {
                    *sum += share * value;
                }
            }
            let columns = width + columns.start..width + columns.end;
            let start = work.hidden.len();
            work.hidden
                .extend_from_slice(&self.memory.bias[columns.clone()]);
            let rows = self.memory.weight.chunks_exact(2 * width);
            for (value, row) in work.mixed.iter().zip(rows) {
                let sums = work.hidden[start..].iter_mut();
                for (sum, weight) in sums.zip(&row[columns.clone()]) {
                    *sum += value * weight;
                }
            }
        }
        self.output.apply(&work.hidden, &mut work.mixed);
        add(x, &work.mixed);
        work.normed.clear();
        work.normed.extend_from_slice(x);
        normalise(&mut work.normed);
        self.up.apply(&work.normed, &mut work.hidden);
        let (gates, values) = work.hidden.split_at_mut(width);
        for (gate, value) in gates.iter_mut().zip(values) {
            *gate *= *value;
        }
        work.hidden.truncate(width);
        self.down.apply(&work.hidden, &mut work.mixed);
        add(x, &work.mixed);
    }
}

/// Two layers with a rectifier between.
#[derive(Clone, Debug)]
pub(super) struct Perceptron {
    pub(super) first: Dense,
    pub(super) second: Dense,
}

impl Perceptron {
    /// Reads `{name}-hidden` and `{name}`, both `width` wide but for the given ends.
    pub(super) fn read(
        heads: &Heads,
        name: &str,
        [input, hidden, output]: [usize; 3],
    ) -> Result<Self> {
        Ok(Self {
            first: Dense::read_to(heads, &format!("{name}-hidden"), [input, hidden])?,
            second: Dense::read_to(heads, name, [hidden, output])?,
        })
    }

    /// `[input] -> [output]`.
    pub(super) fn apply(&self, input: &[f32]) -> Vec<f32> {
        let (mut hidden, mut output) = (Vec::new(), Vec::new());
        self.first.apply(input, &mut hidden);
        relu(&mut hidden);
        self.second.apply(&hidden, &mut output);
        output
    }
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

pub(super) fn add(to: &mut [f32], what: &[f32]) {
    for (sum, value) in to.iter_mut().zip(what) {
        *sum += value;
    }
}

fn softmax(scores: &mut [f32]) {
    let largest = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let mut sum = 0.0;
    for score in scores.iter_mut() {
        *score = (*score - largest).exp();
        sum += *score;
    }
    for score in scores {
        *score /= sum;
    }
}
