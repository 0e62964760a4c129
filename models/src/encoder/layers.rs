//! BERT's layers (Devlin et al. 2019), post-norm, inference only.
//!
//! Written twice: once plainly with burn's operations, `[tokens, features]`, for GPUs; once for host memory with
//! features first, `[features, tokens]`, where every product finds its operands in order, heads need no copies, and what
//! stands between products goes through [`super::kernels`]. The tests hold both to the same reference.

use burn::tensor::activation::{gelu, softmax};
use burn::tensor::module::layer_norm;
use burn::tensor::{Device, Int, Tensor, TensorData};

use super::weights::Weights;
use super::{EncoderConfig, Padded, kernels};
use crate::{Error, Result};

/// The transformer without pooling.
#[derive(Debug)]
pub(super) struct Bert {
    config: EncoderConfig,
    device: Device,
    on_host: bool,
    words: Tensor<2>,
    /// Position embeddings plus the embedding of segment 0, the only one used.
    positions: Tensor<2>,
    norm: Norm,
    layers: Vec<Layer>,
}

#[derive(Debug)]
struct Layer {
    /// Query, key and value in one; the query carries the factor `1 / sqrt(head width)`.
    qkv: Linear,
    attended: Linear,
    attended_norm: Norm,
    expand: Linear,
    contract: Linear,
    contract_norm: Norm,
}

/// `W x + b`. `W` is `[out, in]` row by row, as published: a product with columns of `x` reads it front to back,
/// once, without packing.
#[derive(Debug)]
struct Linear {
    weight: Tensor<2>,
    bias: Tensor<1>,
    host_bias: Vec<f32>,
}

#[derive(Debug)]
struct Norm {
    scale: Tensor<1>,
    shift: Tensor<1>,
    host_scale: Vec<f32>,
    host_shift: Vec<f32>,
    epsilon: f64,
}

impl Bert {
    pub(super) fn load(bytes: &[u8], config: EncoderConfig, device: &Device) -> Result<Self> {
        let weights = Weights::parse(bytes, device)?;
        let width = config.width;
        let mut positions = weights.values(
            "embeddings.position_embeddings.weight",
            &[config.max_positions, width],
        )?;
        let segments = weights.values("embeddings.token_type_embeddings.weight", &[2, width])?;
        for row in positions.chunks_exact_mut(width) {
            for (value, segment) in row.iter_mut().zip(&segments) {
                *value += segment;
            }
        }
        let words = weights.values(
            "embeddings.word_embeddings.weight",
            &[config.vocabulary, width],
        )?;
        let layers = (0..config.layers)
            .map(|index| Layer::load(&weights, &format!("encoder.layer.{index}"), &config))
            .collect::<Result<_>>()?;
        Ok(Self {
            words: weights.tensor(words, [config.vocabulary, width]),
            positions: weights.tensor(positions, [config.max_positions, width]),
            norm: Norm::load(&weights, "embeddings.LayerNorm", &config)?,
            layers,
            on_host: *weights.device() == Device::flex(),
            device: device.clone(),
            config,
        })
    }

    pub(super) fn config(&self) -> &EncoderConfig {
        &self.config
    }

    pub(super) fn is_on_host(&self) -> bool {
        self.on_host
    }

    /// Padded ids -> hidden states `[batch, length, width]`.
    pub(super) fn forward(&self, batch: &Padded) -> Result<Tensor<3>> {
        let (count, length, width) = (batch.lengths.len(), batch.length, self.config.width);
        let ids = Tensor::<1, Int>::from_data(
            TensorData::new(batch.ids.clone(), [count * length]),
            &self.device,
        );
        let words = self
            .words
            .clone()
            .select(0, ids)
            .reshape([count, length, width]);
        let positions = self
            .positions
            .clone()
            .slice([0..length, 0..width])
            .unsqueeze::<3>();
        let mut hidden = self
            .norm
            .forward((words + positions).reshape([count * length, width]));
        if self.on_host {
            hidden = hidden.transpose();
            for layer in &self.layers {
                hidden = layer.forward_on_host(hidden, batch, &self.config)?;
            }
            return Ok(hidden.reshape([width, count, length]).permute([1, 2, 0]));
        }
        let bias = batch.has_padding().then(|| {
            let bias = TensorData::new(batch.attention_bias(), [count, 1, 1, length]);
            Tensor::<4>::from_data(bias, &self.device)
        });
        for layer in &self.layers {
            hidden = layer.forward(hidden, bias.as_ref(), [count, length], &self.config);
        }
        Ok(hidden.reshape([count, length, width]))
    }
}

impl Layer {
    fn load(weights: &Weights<'_>, prefix: &str, config: &EncoderConfig) -> Result<Self> {
        let (width, inner) = (config.width, config.inner);
        let linear = |name: &str, from, to| {
            Linear::load(weights, &[&format!("{prefix}.{name}")], from, to, 1.0)
        };
        let norm = |name: &str| Norm::load(weights, &format!("{prefix}.{name}"), config);
        let qkv = ["query", "key", "value"].map(|name| format!("{prefix}.attention.self.{name}"));
        let query_scale = 1.0 / (config.head_width() as f32).sqrt();
        Ok(Self {
            qkv: Linear::load(
                weights,
                &[&qkv[0], &qkv[1], &qkv[2]],
                width,
                width,
                query_scale,
            )?,
            attended: linear("attention.output.dense", width, width)?,
            attended_norm: norm("attention.output.LayerNorm")?,
            expand: linear("intermediate.dense", width, inner)?,
            contract: linear("output.dense", inner, width)?,
            contract_norm: norm("output.LayerNorm")?,
        })
    }

    /// `[batch * length, width]` -> the same, any device. `bias` is added to the scores, `[batch, 1, 1, length]`.
    fn forward(
        &self,
        input: Tensor<2>,
        bias: Option<&Tensor<4>>,
        shape: [usize; 2],
        config: &EncoderConfig,
    ) -> Tensor<2> {
        let [query, key, value] = heads(self.qkv.forward(input.clone()), shape, config);
        let mut scores = query.matmul(key.transpose());
        if let Some(bias) = bias {
            scores = scores + bias.clone();
        }
        let context = merged(softmax(scores, 3).matmul(value), shape, config);
        let attended = self
            .attended_norm
            .forward(self.attended.forward(context) + input);
        let inner = gelu(self.expand.forward(attended.clone()));
        self.contract_norm
            .forward(self.contract.forward(inner) + attended)
    }

    /// `[width, batch * length]` -> the same, in host memory.
    fn forward_on_host(
        &self,
        input: Tensor<2>,
        batch: &Padded,
        config: &EncoderConfig,
    ) -> Result<Tensor<2>> {
        let (count, length) = (batch.lengths.len(), batch.length);
        let tokens = count * length;
        let mixed = on_host(self.qkv.weight.clone().matmul(input.clone()), |values| {
            kernels::add_bias(values, tokens, &self.qkv.host_bias);
        })?;
        let mixed = mixed.reshape([3 * config.heads, config.head_width(), count, length]);
        let part = |index: usize| {
            let first = index * config.heads;
            mixed.clone().slice([
                first..first + config.heads,
                0..config.head_width(),
                0..count,
                0..length,
            ])
        };
        // [batch, heads, length, head width], twice [batch, heads, head width, length]: views, nothing moves.
        let query = part(0).permute([2, 0, 3, 1]);
        let [key, value] = [1, 2].map(|index| part(index).permute([2, 0, 1, 3]));
        let shares = on_host(query.matmul(key), |scores| {
            kernels::masked_softmax(scores, length, config.heads * length, &batch.lengths);
        })?;
        let context = value
            .matmul(shares.transpose())
            .permute([1, 2, 0, 3])
            .reshape([config.width, tokens]);
        let attended = self
            .attended_norm
            .of_sum_on_host(&self.attended, context, input)?;
        let inner = on_host(
            self.expand.weight.clone().matmul(attended.clone()),
            |values| {
                kernels::add_bias_gelu(values, tokens, &self.expand.host_bias);
            },
        )?;
        self.contract_norm
            .of_sum_on_host(&self.contract, inner, attended)
    }
}

impl Linear {
    /// Reads one or more `[out, in]` matrices with their biases and sets them side by side; the first is scaled.
    fn load(
        weights: &Weights<'_>,
        names: &[&str],
        from: usize,
        to: usize,
        first_scale: f32,
    ) -> Result<Self> {
        let total = to * names.len();
        let mut weight = Vec::with_capacity(from * total);
        let mut host_bias = Vec::with_capacity(total);
        for (part, name) in names.iter().enumerate() {
            let scale = if part == 0 { first_scale } else { 1.0 };
            let scaled = |values: Vec<f32>| values.into_iter().map(move |value| value * scale);
            weight.extend(scaled(
                weights.values(&format!("{name}.weight"), &[to, from])?,
            ));
            host_bias.extend(scaled(weights.values(&format!("{name}.bias"), &[to])?));
        }
        Ok(Self {
            weight: weights.tensor(weight, [total, from]),
            bias: weights.tensor(host_bias.clone(), [total]),
            host_bias,
        })
    }

    fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        input.matmul(self.weight.clone().transpose()) + self.bias.clone().unsqueeze::<2>()
    }
}

impl Norm {
    fn load(weights: &Weights<'_>, prefix: &str, config: &EncoderConfig) -> Result<Self> {
        let width = config.width;
        let host_scale = weights.values(&format!("{prefix}.weight"), &[width])?;
        let host_shift = weights.values(&format!("{prefix}.bias"), &[width])?;
        Ok(Self {
            scale: weights.tensor(host_scale.clone(), [width]),
            shift: weights.tensor(host_shift.clone(), [width]),
            host_scale,
            host_shift,
            epsilon: config.epsilon,
        })
    }

    /// The norm of `W x + b + residual`, features first, in host memory.
    fn of_sum_on_host(
        &self,
        linear: &Linear,
        input: Tensor<2>,
        residual: Tensor<2>,
    ) -> Result<Tensor<2>> {
        let [_, tokens] = residual.dims();
        let residual = read(residual)?;
        let residual = slice(&residual)?;
        on_host(linear.weight.clone().matmul(input), |values| {
            kernels::add_bias_residual(values, tokens, &linear.host_bias, residual);
            kernels::norm(
                values,
                tokens,
                &self.host_scale,
                &self.host_shift,
                self.epsilon as f32,
            );
        })
    }

    fn forward(&self, input: Tensor<2>) -> Tensor<2> {
        layer_norm(
            input,
            self.scale.clone(),
            Some(self.shift.clone()),
            self.epsilon,
        )
    }
}

/// `[batch * length, 3 * width]` -> query, key and value, each `[batch, heads, length, head width]`, as views.
fn heads(mixed: Tensor<2>, [count, length]: [usize; 2], config: &EncoderConfig) -> [Tensor<4>; 3] {
    let mixed = mixed.reshape([count, length, 3 * config.heads, config.head_width()]);
    [0, 1, 2].map(|part| {
        let first = part * config.heads;
        mixed
            .clone()
            .slice([
                0..count,
                0..length,
                first..first + config.heads,
                0..config.head_width(),
            ])
            .swap_dims(1, 2)
    })
}

/// `[batch, heads, length, head width]` -> `[batch * length, width]`.
fn merged(context: Tensor<4>, [count, length]: [usize; 2], config: &EncoderConfig) -> Tensor<2> {
    context
        .swap_dims(1, 2)
        .reshape([count * length, config.width])
}

/// Changes the values of a tensor in host memory in place; nothing is copied when nobody else holds it.
fn on_host<const D: usize>(
    tensor: Tensor<D>,
    kernel: impl FnOnce(&mut [f32]),
) -> Result<Tensor<D>> {
    let device = tensor.device();
    let mut data = read(tensor)?;
    kernel(
        data.as_mut_slice::<f32>()
            .map_err(|error| Error::Device(format!("{error:?}")))?,
    );
    Ok(Tensor::from_data(data, &device))
}

fn read<const D: usize>(tensor: Tensor<D>) -> Result<TensorData> {
    tensor
        .try_into_data()
        .map_err(|error| Error::Device(error.to_string()))
}

fn slice(data: &TensorData) -> Result<&[f32]> {
    data.as_slice::<f32>()
        .map_err(|error| Error::Device(format!("{error:?}")))
}
