//! Linear layers of burn to and from tables of a heads file.

use burn::module::Param;
use burn::nn::{Linear, LinearConfig};
use burn::tensor::{Device, Tensor, TensorData};

use crate::heads::{Heads, Table, Tables};
use crate::{Error, Result};

/// Reads `{name}.weight` `[input, output]` and `{name}.bias` `[output]`.
pub(crate) fn read_linear(
    heads: &Heads,
    name: &str,
    sizes: [usize; 2],
    device: &Device,
) -> Result<Linear> {
    let [input, output] = sizes;
    let weight = heads.data(&format!("{name}.weight"), &sizes)?.to_vec();
    let bias = heads.data(&format!("{name}.bias"), &[output])?.to_vec();
    let mut layer = LinearConfig::new(input, output).init(device);
    layer.weight = Param::from_data(TensorData::new(weight, sizes), device);
    layer.bias = Some(Param::from_data(TensorData::new(bias, [output]), device));
    Ok(layer)
}

/// Writes what [`read_linear`] reads, as f32.
pub(crate) fn write_linear(tables: &mut Tables, name: &str, layer: &Linear) -> Result<()> {
    let weight = layer.weight.val();
    let shape = weight.dims();
    tables.insert(
        format!("{name}.weight"),
        Table::new(&shape, numbers(weight)?),
    );
    let bias = match &layer.bias {
        Some(bias) => numbers(bias.val())?,
        None => vec![0.0; shape[1]],
    };
    tables.insert(format!("{name}.bias"), Table::new(&[shape[1]], bias));
    Ok(())
}

/// Rows as a tensor `[rows, width]`.
pub(crate) fn rows_to_tensor(rows: &[Vec<f32>], width: usize, device: &Device) -> Tensor<2> {
    let flat: Vec<f32> = rows.iter().flatten().copied().collect();
    Tensor::from_data(TensorData::new(flat, [rows.len(), width]), device)
}

/// The numbers of a tensor, row-major.
#[allow(
    clippy::disallowed_methods,
    reason = "heads run on flex only, where a synchronous read is free"
)]
pub(crate) fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    tensor
        .into_data()
        .try_to_vec::<f32>()
        .map_err(|error| Error::Device(format!("a tensor could not be read back: {error:?}")))
}
