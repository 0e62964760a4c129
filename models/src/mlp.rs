//! Linear layers of burn to and from tables of a heads file.
//!
//! What ends in `_later` reads numbers of any device, also of WebGPU, where they come later; the others read at once.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

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
    now(write_linear_later(tables, name, layer))
}

/// [`write_linear`] from any device.
pub(crate) async fn write_linear_later(
    tables: &mut Tables,
    name: &str,
    layer: &Linear,
) -> Result<()> {
    let weight = layer.weight.val();
    let shape = weight.dims();
    tables.insert(
        format!("{name}.weight"),
        Table::new(&shape, numbers_later(weight).await?),
    );
    let bias = match &layer.bias {
        Some(bias) => numbers_later(bias.val()).await?,
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
#[cfg(feature = "training")]
pub(crate) fn numbers<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    now(numbers_later(tensor))
}

/// The numbers of a tensor on any device, row-major.
pub(crate) async fn numbers_later<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>> {
    let data = tensor.into_data_async().await;
    data.map_err(|error| Error::Device(format!("a tensor could not be read back: {error}")))?
        .try_to_vec::<f32>()
        .map_err(|error| Error::Device(format!("a tensor could not be read back: {error:?}")))
}

/// What a future gives on a device that answers at once, or that another thread drives.
///
/// # Errors
/// Those of the future, and in a browser also when its device answers later.
pub(crate) fn now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let mut future = pin!(future);
    let mut context = Context::from_waker(Waker::noop());
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
            return done;
        }
        if cfg!(target_family = "wasm") {
            return Err(Error::Device(
                "numbers of this device come later; only the CPU gives them at once".into(),
            ));
        }
        std::thread::yield_now();
    }
}
