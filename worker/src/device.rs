//! Which device runs the encoder: adapter, self-test, one timed run; the CPU whenever a step fails or is slower.

use palate_shared::infer::{DeviceKind, DevicePreference, DeviceReport};

/// The device that was chosen, and why.
#[derive(Clone)]
pub(crate) struct Choice {
    /// For the page.
    pub(crate) report: DeviceReport,
    /// What the person asked for.
    #[cfg(feature = "webgpu")]
    pub(crate) preference: DevicePreference,
    /// A GPU that passed its self-test.
    #[cfg(feature = "webgpu")]
    pub(crate) gpu: Option<std::rc::Rc<palate_models::device::Gpu>>,
}

fn on_cpu(reason: &str, adapter: Option<String>) -> DeviceReport {
    DeviceReport {
        device: DeviceKind::Cpu,
        reason: reason.to_owned(),
        adapter,
    }
}

/// This build has no WebGPU.
#[cfg(not(feature = "webgpu"))]
pub(crate) async fn choose(_preference: DevicePreference) -> Choice {
    Choice {
        report: on_cpu("This build runs on the CPU.", None),
    }
}

#[cfg(feature = "webgpu")]
pub(crate) use with_gpu::{choose, faster, place};

#[cfg(feature = "webgpu")]
mod with_gpu {
    use std::rc::Rc;

    use palate_models::encoder::Encoder;
    use palate_models::{Error, device};
    use palate_shared::infer::Response;

    use super::{Choice, DeviceKind, DevicePreference, DeviceReport, on_cpu};
    use crate::state::State;
    use crate::{failure, js, messages};

    /// Tokens of the text that is timed on both devices.
    const TIMED_TOKENS: u32 = 64;

    /// Asks for a GPU and tests it, unless the person wants the CPU.
    pub(crate) async fn choose(preference: DevicePreference) -> Choice {
        if preference == DevicePreference::Cpu {
            return Choice {
                report: on_cpu("You chose the CPU.", None),
                preference,
                gpu: None,
            };
        }
        let gpu = match device::gpu(lost).await {
            Ok(gpu) => gpu,
            Err(error) => {
                return Choice {
                    report: on_cpu(&format!("WebGPU is not usable here ({error})."), None),
                    preference,
                    gpu: None,
                };
            }
        };
        let adapter = Some(gpu.adapter.clone()).filter(|name| !name.is_empty());
        if let Err(error) = device::self_test(&gpu.device).await {
            let reason = format!(
                "WebGPU gave wrong numbers in its self-test ({error}), so the CPU is used."
            );
            return Choice {
                report: on_cpu(&reason, adapter),
                preference,
                gpu: None,
            };
        }
        let reason = match preference {
            DevicePreference::WebGpu => "You chose WebGPU, and it passed its self-test.",
            _ => {
                "WebGPU passed its self-test; it is timed against the CPU when the first text is read."
            }
        };
        let report = DeviceReport {
            device: DeviceKind::WebGpu,
            reason: reason.to_owned(),
            adapter,
        };
        Choice {
            report,
            preference,
            gpu: Some(Rc::new(gpu)),
        }
    }

    /// Runs one text on both and keeps the faster; the GPU's first run, which compiles, does not count.
    pub(crate) async fn faster(
        gpu: Encoder,
        cpu: Encoder,
        adapter: Option<String>,
    ) -> Result<(Encoder, DeviceReport), Error> {
        let ids = vec![(1000..1000 + TIMED_TOKENS).collect::<Vec<u32>>()];
        gpu.encode_ids(&ids).await?;
        let start = js::now();
        gpu.encode_ids(&ids).await?;
        let gpu_ms = js::now() - start;
        let start = js::now();
        cpu.encode_ids(&ids).await?;
        let cpu_ms = js::now() - start;
        let times =
            format!("A test text took {gpu_ms:.0} ms on WebGPU and {cpu_ms:.0} ms on the CPU");
        Ok(if gpu_ms < cpu_ms {
            (
                gpu,
                DeviceReport {
                    device: DeviceKind::WebGpu,
                    reason: format!("{times}."),
                    adapter,
                },
            )
        } else {
            (
                cpu,
                on_cpu(&format!("{times}, so the CPU is used."), adapter),
            )
        })
    }

    /// The device for tensors other than the encoder's, and why.
    pub(crate) fn place(state: &State) -> (device::Device, DeviceReport) {
        let choice = state.choice.borrow();
        let report = choice.as_ref().map(|choice| choice.report.clone());
        let gpu = choice.as_ref().and_then(|choice| choice.gpu.clone());
        match (gpu, report) {
            (Some(gpu), Some(report)) => (gpu.device.clone(), report),
            (None, Some(report)) => (device::cpu(), report),
            (_, None) => (device::cpu(), on_cpu("The CPU is used.", None)),
        }
    }

    /// Everything on the device is gone: the page must start a new worker.
    fn lost(reason: String) {
        messages::tell(Response::Failed(failure::device(&format!(
            "the graphics device was lost ({reason})"
        ))));
    }
}
