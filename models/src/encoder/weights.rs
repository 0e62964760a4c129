//! A safetensors file to tensors on a device.

use burn::tensor::{Device, Tensor, TensorData};
use half::f16;
use safetensors::tensor::{Dtype, SafeTensors};

use crate::{Error, Result};

/// Weights by name, cast to f32 on reading.
pub(super) struct Weights<'a> {
    file: SafeTensors<'a>,
    device: &'a Device,
}

impl<'a> Weights<'a> {
    pub(super) fn parse(bytes: &'a [u8], device: &'a Device) -> Result<Self> {
        let file = SafeTensors::deserialize(bytes).map_err(|error| {
            Error::Weights(format!("the encoder's weights do not parse: {error}"))
        })?;
        Ok(Self { file, device })
    }

    pub(super) fn device(&self) -> &Device {
        self.device
    }

    /// The values of one tensor, row by row.
    pub(super) fn values(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>> {
        let view = self
            .file
            .tensor(name)
            .map_err(|error| Error::Weights(format!("the encoder lacks tensor {name}: {error}")))?;
        if view.shape() != shape {
            return Err(Error::Weights(format!(
                "tensor {name} has shape {:?}, expected {shape:?}",
                view.shape()
            )));
        }
        match view.dtype() {
            Dtype::F32 => {
                let (chunks, _) = view.data().as_chunks::<4>();
                Ok(chunks
                    .iter()
                    .map(|bytes| f32::from_le_bytes(*bytes))
                    .collect())
            }
            Dtype::F16 => {
                let (chunks, _) = view.data().as_chunks::<2>();
                Ok(chunks
                    .iter()
                    .map(|bytes| f16::from_le_bytes(*bytes).to_f32())
                    .collect())
            }
            other => Err(Error::Weights(format!(
                "tensor {name} has type {other:?}, expected F32 or F16"
            ))),
        }
    }

    pub(super) fn tensor<const D: usize>(&self, values: Vec<f32>, shape: [usize; D]) -> Tensor<D> {
        Tensor::from_data(TensorData::new(values, shape), self.device)
    }
}
