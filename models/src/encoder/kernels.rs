//! What runs between matrix products when the tensors live in host memory.
//!
//! burn's CPU backend evaluates `erf` and `exp` one number at a time, which costs a third of the encoder's time in
//! wasm. These loops are written so that the compiler turns them into SIMD, and fuse steps that would each pass over
//! memory.

/// Lanes of the manual reductions; two wasm vectors.
const LANES: usize = 8;

/// `x + bias`: one bias for each row of `tokens` values.
pub(super) fn add_bias(values: &mut [f32], tokens: usize, bias: &[f32]) {
    for (row, b) in values.chunks_exact_mut(tokens).zip(bias) {
        for x in row {
            *x += b;
        }
    }
}

/// `x + bias + residual`.
pub(super) fn add_bias_residual(values: &mut [f32], tokens: usize, bias: &[f32], residual: &[f32]) {
    let rows = values
        .chunks_exact_mut(tokens)
        .zip(residual.chunks_exact(tokens));
    for ((row, rest), b) in rows.zip(bias) {
        for (x, r) in row.iter_mut().zip(rest) {
            *x += b + r;
        }
    }
}

/// `gelu(x + bias)`.
pub(super) fn add_bias_gelu(values: &mut [f32], tokens: usize, bias: &[f32]) {
    for (row, b) in values.chunks_exact_mut(tokens).zip(bias) {
        for x in row {
            *x = gelu(*x + b);
        }
    }
}

/// Layer norm of each column: `values` is `[features, tokens]`, `scale` and `shift` have one value per feature.
pub(super) fn norm(values: &mut [f32], tokens: usize, scale: &[f32], shift: &[f32], epsilon: f32) {
    let share = 1.0 / scale.len() as f32;
    let mut means = vec![0.0; tokens];
    for row in values.chunks_exact(tokens) {
        for (mean, x) in means.iter_mut().zip(row) {
            *mean += x;
        }
    }
    for mean in &mut means {
        *mean *= share;
    }
    let mut factors = vec![0.0; tokens];
    for row in values.chunks_exact(tokens) {
        for ((variance, mean), x) in factors.iter_mut().zip(&means).zip(row) {
            *variance += (x - mean) * (x - mean);
        }
    }
    for factor in &mut factors {
        *factor = 1.0 / (*factor * share + epsilon).sqrt();
    }
    for ((row, a), b) in values.chunks_exact_mut(tokens).zip(scale).zip(shift) {
        for ((x, mean), factor) in row.iter_mut().zip(&means).zip(&factors) {
            *x = (*x - mean) * factor * a + b;
        }
    }
}

/// The exact GELU, `x Φ(x)`, within 2e-6 absolute.
///
/// `Φ(x) − ½ = x P(x²) / Q(x²)` on |x| ≤ 5.5, coefficients fitted by reweighted least squares on Chebyshev points;
/// beyond it Φ is 0 or 1 to f32 precision and set so. Selects instead of branches, no call: loops over it vectorise.
#[inline(always)]
fn gelu(x: f32) -> f32 {
    const P: [f32; 5] = [
        3.989_411_6e-1,
        6.835_469_4e-2,
        6.874_231_6e-3,
        5.282_739e-4,
        9.478_381e-6,
    ];
    const Q: [f32; 6] = [
        1.0,
        3.379_826_7e-1,
        4.860_322_4e-2,
        3.919_439e-3,
        1.922_285_4e-4,
        7.631_66e-7,
    ];
    const LIMIT: f32 = 5.5;
    let c = if x > LIMIT { LIMIT } else { x };
    let c = if c < -LIMIT { -LIMIT } else { c };
    let z = c * c;
    let p = (((P[4] * z + P[3]) * z + P[2]) * z + P[1]) * z + P[0];
    let q = ((((Q[5] * z + Q[4]) * z + Q[3]) * z + Q[2]) * z + Q[1]) * z + Q[0];
    let half = c * p / q;
    let half = if x >= LIMIT { 0.5 } else { half };
    let half = if x <= -LIMIT { -0.5 } else { half };
    x * (0.5 + half)
}

/// Softmax of each row of `width` scores over its first `real` entries; the others become 0.
///
/// `rows_per_sequence` rows belong to each entry of `lengths`.
pub(super) fn masked_softmax(
    scores: &mut [f32],
    width: usize,
    rows_per_sequence: usize,
    lengths: &[usize],
) {
    for (rows, &real) in scores
        .chunks_exact_mut(width * rows_per_sequence)
        .zip(lengths)
    {
        for row in rows.chunks_exact_mut(width) {
            let (real_scores, padding) = row.split_at_mut(real);
            softmax(real_scores);
            padding.fill(0.0);
        }
    }
}

fn softmax(row: &mut [f32]) {
    let mut highest = [f32::NEG_INFINITY; LANES];
    let (chunks, tail) = row.as_chunks::<LANES>();
    for chunk in chunks {
        for (high, &x) in highest.iter_mut().zip(chunk) {
            *high = if x > *high { x } else { *high };
        }
    }
    let highest =
        highest.iter().chain(tail).fold(
            f32::NEG_INFINITY,
            |high, &x| if x > high { x } else { high },
        );

    let mut sums = [0.0; LANES];
    let (chunks, tail) = row.as_chunks_mut::<LANES>();
    for chunk in chunks {
        for (sum, x) in sums.iter_mut().zip(chunk) {
            *x = exp_of_nonpositive(*x - highest);
            *sum += *x;
        }
    }
    let mut total: f32 = sums.iter().sum();
    for x in tail {
        *x = exp_of_nonpositive(*x - highest);
        total += *x;
    }
    let scale = 1.0 / total;
    for x in row {
        *x *= scale;
    }
}

/// `exp(x)` for `x ≤ 0`, within 2e-7 relative; 0 far below.
///
/// `exp(x) = 2^n exp(r)` with `|r| ≤ ln 2 / 2`; `n` is rounded by adding 1.5 · 2²³, and `exp(r)` is its Taylor
/// polynomial of degree 6.
#[inline(always)]
fn exp_of_nonpositive(x: f32) -> f32 {
    const LOWEST: f32 = -87.0;
    const ROUND: f32 = 12_582_912.0;
    const LN2_HIGH: f32 = 0.693_359_4;
    const LN2_LOW: f32 = -2.121_944_4e-4;
    let x = if x < LOWEST { LOWEST } else { x };
    let shifted = x * std::f32::consts::LOG2_E + ROUND;
    let n = shifted - ROUND;
    let r = (x - n * LN2_HIGH) - n * LN2_LOW;
    let tail = ((r * (1.0 / 720.0) + 1.0 / 120.0) * r + 1.0 / 24.0) * r + 1.0 / 6.0;
    let series = ((tail * r + 0.5) * r + 1.0) * r + 1.0;
    let power = f32::from_bits((shifted.to_bits() << 23).wrapping_add(1.0f32.to_bits()));
    series * power
}

#[cfg(test)]
mod tests {
    use super::*;
    use burn::tensor::{Device, Tensor, TensorData};

    #[test]
    fn gelu_is_the_exact_one() {
        let mut values: Vec<f32> = (-40_000..=40_000).map(|i| i as f32 * 2.5e-4).collect();
        values.extend([-60.0, 60.0, 0.0]);
        let input = Tensor::<1>::from_data(
            TensorData::new(values.clone(), [values.len()]),
            &Device::flex(),
        );
        let expected = burn::tensor::activation::gelu(input)
            .into_data()
            .try_to_vec::<f32>()
            .expect("f32");
        for (x, reference) in values.iter().zip(expected) {
            assert!(
                (gelu(*x) - reference).abs() <= 2e-6,
                "gelu({x}) = {} and not {reference}",
                gelu(*x)
            );
        }
    }

    #[test]
    fn exp_is_exact_to_a_few_units_in_the_last_place() {
        for i in 0..870_000 {
            let x = i as f32 * -1e-4;
            let reference = f64::from(x).exp();
            assert!(
                (f64::from(exp_of_nonpositive(x)) - reference).abs() <= 3e-7 * reference,
                "exp({x})"
            );
        }
        assert!(exp_of_nonpositive(f32::NEG_INFINITY) < 1e-37);
    }

    #[test]
    fn softmax_ignores_padding() {
        let mut scores = vec![1.0, 2.0, 3.0, 99.0, 0.5, 0.5, 99.0, 99.0];
        masked_softmax(&mut scores, 4, 1, &[3, 2]);
        let total = 1f32.exp() + 2f32.exp() + 3f32.exp();
        for (found, x) in scores[..3].iter().zip([1f32, 2.0, 3.0]) {
            assert!((found - x.exp() / total).abs() < 1e-6);
        }
        assert_eq!(scores[3..], [0.0, 0.5, 0.5, 0.0, 0.0]);
    }

    #[test]
    fn biases_and_residuals_are_added_by_feature() {
        let mut values = vec![1.0, 2.0, 3.0, 4.0];
        add_bias_residual(&mut values, 2, &[10.0, 20.0], &[0.1, 0.2, 0.3, 0.4]);
        assert_eq!(values, [11.1, 12.2, 23.3, 24.4]);
        add_bias(&mut values, 2, &[-11.1, -23.3]);
        assert_eq!((values[0], values[2]), (0.0, 0.0));
    }

    #[test]
    fn norm_is_the_layer_norm_of_each_token() {
        let (features, tokens) = (24, 5);
        let values: Vec<f32> = (0..features * tokens)
            .map(|i| ((i * 37) % 101) as f32 * 0.3 - 9.0)
            .collect();
        let scale: Vec<f32> = (0..features).map(|i| 0.5 + i as f32 * 0.1).collect();
        let shift: Vec<f32> = (0..features).map(|i| i as f32 * -0.2).collect();
        let device = Device::flex();
        let vector =
            |of: &[f32]| Tensor::<1>::from_data(TensorData::new(of.to_vec(), [features]), &device);
        let input =
            Tensor::<2>::from_data(TensorData::new(values.clone(), [features, tokens]), &device)
                .transpose();
        let expected =
            burn::tensor::module::layer_norm(input, vector(&scale), Some(vector(&shift)), 1e-12)
                .transpose();
        let expected = expected.into_data().try_to_vec::<f32>().expect("f32");
        let mut found = values;
        norm(&mut found, tokens, &scale, &shift, 1e-12);
        for (a, b) in found.iter().zip(expected) {
            assert!((a - b).abs() < 1e-4, "{a} and not {b}");
        }
    }
}
