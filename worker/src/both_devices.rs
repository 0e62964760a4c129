//! Compares what methods say by the CPU and by the worker's device; for tests and benches.

use palate_shared::infer::Response;

use crate::failure::{Result, of_session};
use crate::state::State;
use crate::{device, js};

/// Answers [`palate_shared::infer::Request::CompareDevices`]: numbers of answers, votes and repetitions.
pub(crate) async fn compare(state: &State, sizes: [usize; 3]) -> Result<Response> {
    let (device, report) = device::place(state);
    let session = state.take_session()?;
    let found = session.compare_devices(&device, sizes, &js::now).await;
    state.session.borrow_mut().get_or_insert(session);
    Ok(Response::ComparedDevices {
        device: report,
        methods: found.map_err(of_session)?,
    })
}
