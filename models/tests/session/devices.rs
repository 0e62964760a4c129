//! Methods by two devices. Natively both are the CPU; the browser tests compare it with WebGPU.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use palate_models::Result;
use palate_models::device;
use palate_shared::infer::OnBoth;

use crate::pack::pack;

/// The CPU answers at once.
fn now<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(done) => done,
        Poll::Pending => panic!("the CPU answers at once"),
    }
}

#[test]
fn every_method_that_plays_is_compared_and_the_cpu_differs_nowhere_from_itself() {
    let session = pack().session(6);
    let compare = |sizes| now(session.compare_devices(&device::cpu(), sizes, &|| 0.0));
    let found: Vec<OnBoth> = compare([90, 30, 2]).expect("the pack fits");
    let ids: Vec<_> = found.iter().map(|one| one.method.clone()).collect();
    let playing: Vec<_> = session.methods().into_iter().map(|one| one.id).collect();
    assert_eq!(ids, playing);
    for one in &found {
        assert_eq!(
            (one.same_state, one.own_state),
            (0.0, 0.0),
            "{}",
            one.method
        );
        assert_eq!((one.cpu_ms.len(), one.device_ms.len()), (2, 2));
    }
    // One answer has no pair, and more answers than there are is all of them.
    for answers in [1, 1_000_000] {
        compare([answers, 5, 1]).expect("the pack fits");
    }
}
