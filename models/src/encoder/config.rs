//! Sizes of the encoder.

/// Architecture of a BERT encoder.
#[derive(Clone, Debug, PartialEq)]
pub struct EncoderConfig {
    /// Layers.
    pub layers: usize,
    /// Width of a token's vector.
    pub width: usize,
    /// Attention heads; divides the width.
    pub heads: usize,
    /// Width of the feed-forward layer.
    pub inner: usize,
    /// Word pieces known.
    pub vocabulary: usize,
    /// Longest sequence, marks included.
    pub max_positions: usize,
    /// Added to the variance in layer norms.
    pub epsilon: f64,
}

impl EncoderConfig {
    /// sentence-transformers/all-MiniLM-L6-v2.
    pub fn minilm_l6() -> Self {
        Self {
            layers: 6,
            width: 384,
            heads: 12,
            inner: 1536,
            vocabulary: 30522,
            max_positions: 512,
            epsilon: 1e-12,
        }
    }

    /// Width of one attention head.
    pub fn head_width(&self) -> usize {
        self.width / self.heads
    }
}
