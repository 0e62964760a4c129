//! Which device runs the encoder, and whether it computes correctly.

pub use burn::tensor::Device;
use burn::tensor::activation::{gelu, softmax};
use burn::tensor::{Tensor, TensorData};

use crate::{Error, Result};

/// Largest difference between a device and the CPU that the self-test accepts.
const TOLERANCE: f32 = 1e-3;

/// The CPU: burn `flex`, with SIMD where the build has it.
pub fn cpu() -> Device {
    Device::flex()
}

/// A GPU and what is known about it.
#[cfg(feature = "webgpu")]
#[derive(Debug)]
pub struct Gpu {
    /// The device, ready for tensors.
    pub device: Device,
    /// Adapter description; may be empty, since browsers hide it.
    pub adapter: String,
}

/// Asks for an adapter and a device. Call once per process: a second call is an error of the runtime.
///
/// `on_lost` is told when the device goes away; everything on it is gone then.
///
/// # Errors
/// When there is no adapter or it gives no device.
#[cfg(feature = "webgpu")]
pub async fn gpu(on_lost: impl Fn(String) + Send + Sync + 'static) -> Result<Gpu> {
    let (device, setup) = Device::wgpu_options()
        .init_with_setup_async()
        .await
        .map_err(|error| Error::Device(format!("no GPU: {error}")))?;
    setup
        .device
        .set_device_lost_callback(move |reason, message| on_lost(format!("{reason:?}: {message}")));
    let info = setup.adapter.get_info();
    let adapter = [
        info.name.as_str(),
        info.driver.as_str(),
        info.driver_info.as_str(),
    ]
    .into_iter()
    .filter(|part| !part.is_empty())
    .collect::<Vec<_>>()
    .join(" ");
    Ok(Gpu { device, adapter })
}

/// Runs a small product, softmax and GELU on `device` and compares with the CPU.
///
/// # Errors
/// When the device fails or computes something else.
pub async fn self_test(device: &Device) -> Result<()> {
    let expected = probe(&cpu()).await?;
    let found = probe(device).await?;
    let worst = expected
        .iter()
        .zip(&found)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    if expected.len() != found.len() || found.iter().any(|x| !x.is_finite()) || worst > TOLERANCE {
        return Err(Error::Device(format!(
            "the self-test is off by {worst:.1e}; at most {TOLERANCE:.0e} is accepted"
        )));
    }
    Ok(())
}

/// `gelu(softmax(A B) A)` of fixed matrices, 48 × 48.
async fn probe(device: &Device) -> Result<Vec<f32>> {
    const SIDE: usize = 48;
    let matrix = |factor: f32| {
        let values = (0..SIDE * SIDE)
            .map(|i| ((i as f32 * factor) % 7.0) - 3.0)
            .collect::<Vec<f32>>();
        Tensor::<2>::from_data(TensorData::new(values, [SIDE, SIDE]), device)
    };
    let (a, b) = (matrix(1.37), matrix(0.71));
    let shares = softmax(a.clone().matmul(b) / (SIDE as f32).sqrt(), 1);
    let data = gelu(shares.matmul(a))
        .into_data_async()
        .await
        .map_err(|error| Error::Device(format!("the self-test failed: {error}")))?;
    data.try_to_vec::<f32>()
        .map_err(|error| Error::Device(format!("the self-test cannot be read: {error:?}")))
}
