//! A generation in memory: what its panes wrote, as frames of server-sent events that can be read again from any place.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::Duration;

use palate_shared::api::blind_tests::Strategy;
use palate_shared::api::generation::{Finish, Generation, Reveal, RevealedPane, StreamEvent};
use palate_shared::ids::ModelId;
use tokio::sync::watch;
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

/// Most bytes that a reader takes at once.
const MOST_AT_ONCE: usize = 64 * 1024;
/// What a frame needs beside its bytes.
const FRAME_OVERHEAD: usize = 32;

/// What a generation is, as the request made it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Who asked.
    pub owner: String,
    /// SHA-256 of the request, hex.
    pub request_hash: String,
    /// What the client is told.
    pub generation: Generation,
    /// The catalogue entry that answers.
    pub model: ModelId,
    /// Who writes each pane: told at the reveal.
    pub made_by: Vec<String>,
    /// The prompt that the person typed; none where it is of a pack or nothing is answered.
    pub typed: Option<Typed>,
}

/// A prompt that a person typed. It is written nowhere unless the person publishes it.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The prompt.
    pub text: String,
    /// How candidates were made personal.
    pub strategy: Strategy,
}

/// A generation that runs, or ran a while ago.
#[derive(Debug)]
pub struct Run {
    plan: Plan,
    began: Instant,
    log: Mutex<Log>,
    grown: watch::Sender<usize>,
    listeners: watch::Sender<Readers>,
    stops: Vec<Stop>,
    /// Bytes that all generations hold.
    held: Arc<AtomicUsize>,
}

#[derive(Debug, Default)]
struct Log {
    frames: Vec<Vec<u8>>,
    panes: Vec<Option<Written>>,
    is_ended: bool,
    bytes: usize,
}

/// A finished pane.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Written {
    text: String,
    finish: Finish,
}

/// Ends a pane from outside, for a reason that is said once.
#[derive(Debug, Default)]
struct Stop {
    token: CancellationToken,
    reason: OnceLock<Finish>,
}

/// Who reads a generation.
#[derive(Clone, Copy, Debug, Default)]
struct Readers {
    now: usize,
    /// Whether there was one, though it may have left before anybody looked.
    came: bool,
}

/// What a reader finds after the frames that it has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// More frames, and the number of the last of them.
    Frames(Vec<u8>, usize),
    /// Nothing yet.
    Wait,
    /// Nothing, and nothing will follow.
    End,
}

impl Run {
    /// A generation of which nothing is written yet; `held` counts bytes of all generations.
    pub fn new(plan: Plan, held: Arc<AtomicUsize>) -> Self {
        let panes = plan.generation.panes.len();
        let bytes = plan.typed.as_ref().map_or(0, |typed| typed.text.len());
        held.fetch_add(bytes, Ordering::Relaxed);
        Self {
            plan,
            began: Instant::now(),
            log: Mutex::new(Log {
                panes: vec![None; panes],
                bytes,
                ..Log::default()
            }),
            grown: watch::Sender::new(0),
            listeners: watch::Sender::default(),
            stops: (0..panes).map(|_| Stop::default()).collect(),
            held,
        }
    }

    /// What it is.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// How long ago it was asked for.
    pub fn age(&self) -> Duration {
        self.began.elapsed()
    }

    /// Whether all panes are finished.
    pub fn is_ended(&self) -> bool {
        self.log().is_ended
    }

    /// Appends an event.
    pub fn say(&self, event: &StreamEvent) {
        let mut log = self.log();
        let number = log.frames.len() + 1;
        let mut frame = format!("id: {number}\ndata: ").into_bytes();
        // Strings and numbers always become JSON.
        if serde_json::to_writer(&mut frame, event).is_err() {
            return;
        }
        frame.extend_from_slice(b"\n\n");
        self.count(&mut log, frame.len() + FRAME_OVERHEAD);
        frame.shrink_to_fit();
        log.frames.push(frame);
        log.is_ended |= *event == StreamEvent::End;
        drop(log);
        self.grown.send_replace(number);
    }

    /// Keeps the whole text of a pane and says that it is finished.
    pub fn finish(&self, pane: u8, text: String, done: &StreamEvent) {
        let StreamEvent::Done { finish, .. } = done else {
            return;
        };
        let mut log = self.log();
        self.count(&mut log, text.len());
        if let Some(slot) = log.panes.get_mut(usize::from(pane)) {
            *slot = Some(Written {
                text,
                finish: *finish,
            });
        }
        drop(log);
        self.say(done);
    }

    /// Numbers of panes that are not finished.
    pub fn unfinished(&self) -> Vec<u8> {
        let log = self.log();
        let panes = (0u8..).zip(&log.panes);
        panes
            .filter(|(_, written)| written.is_none())
            .map(|(pane, _)| pane)
            .collect()
    }

    /// What follows frame `after`.
    pub fn next(&self, after: usize) -> Next {
        let log = self.log();
        let mut taken = Vec::new();
        let mut last = after;
        for frame in log.frames.iter().skip(after) {
            if !taken.is_empty() && taken.len() + frame.len() > MOST_AT_ONCE {
                break;
            }
            taken.extend_from_slice(frame);
            last += 1;
        }
        if !taken.is_empty() {
            Next::Frames(taken, last)
        } else if log.is_ended {
            Next::End
        } else {
            Next::Wait
        }
    }

    /// Who wrote what; `None` while a pane is running.
    pub fn reveal(&self) -> Option<Reveal> {
        let log = self.log();
        if !log.is_ended {
            return None;
        }
        let panes = (0u8..).zip(&log.panes).zip(&self.plan.made_by);
        let panes: Option<Vec<RevealedPane>> = panes
            .map(|((pane, written), made_by)| {
                let Written { text, finish } = written.clone()?;
                Some(RevealedPane {
                    pane,
                    made_by: made_by.clone(),
                    model: self.plan.model.clone(),
                    text,
                    finish,
                })
            })
            .collect();
        panes.map(|panes| Reveal { panes })
    }

    /// Ends a pane; the first reason counts. `false` when there is no such pane.
    pub fn stop(&self, pane: u8, reason: Finish) -> bool {
        let Some(stop) = self.stops.get(usize::from(pane)) else {
            return false;
        };
        stop.reason.get_or_init(|| reason);
        stop.token.cancel();
        true
    }

    /// Ends all panes.
    pub fn stop_all(&self, reason: Finish) {
        for pane in (0u8..).take(self.stops.len()) {
            self.stop(pane, reason);
        }
    }

    /// Waits until a pane is ended from outside; says why.
    pub async fn stopped(&self, pane: u8) -> Finish {
        let Some(stop) = self.stops.get(usize::from(pane)) else {
            return Finish::StoppedEarly;
        };
        stop.token.cancelled().await;
        stop.reason.get().copied().unwrap_or(Finish::StoppedEarly)
    }

    /// Counts one more reader until the handle is dropped; `None` when there are `most`.
    pub fn listen(self: &Arc<Self>, most: usize) -> Option<Listener> {
        let joined = self.listeners.send_if_modified(|readers| {
            let joins = readers.now < most;
            readers.now += usize::from(joins);
            readers.came |= joins;
            joins
        });
        joined.then(|| Listener {
            run: self.clone(),
            grown: self.grown.subscribe(),
        })
    }

    /// Waits until nobody reads any more: nobody came in `unclaimed`, or the last one left and nobody came in `grace`.
    pub async fn abandoned(&self, unclaimed: Duration, grace: Duration) {
        let mut listeners = self.listeners.subscribe();
        if timeout(unclaimed, listeners.wait_for(|readers| readers.came))
            .await
            .is_err()
        {
            return;
        }
        loop {
            // The sender is part of this generation, so it cannot be gone.
            let _ = listeners.wait_for(|readers| readers.now == 0).await;
            let back = timeout(grace, listeners.wait_for(|readers| readers.now > 0)).await;
            if back.is_err() {
                return;
            }
        }
    }

    fn count(&self, log: &mut Log, bytes: usize) {
        log.bytes += bytes;
        self.held.fetch_add(bytes, Ordering::Relaxed);
    }

    fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Run {
    fn drop(&mut self) {
        let bytes = self.log().bytes;
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }
}

/// One who reads a generation. When the last one is gone, the generation is ended.
#[derive(Debug)]
pub struct Listener {
    run: Arc<Run>,
    grown: watch::Receiver<usize>,
}

impl Listener {
    /// The generation.
    pub fn run(&self) -> &Run {
        &self.run
    }

    /// Waits until there may be more than frame `after`.
    pub async fn more(&mut self, after: usize) {
        let _ = self.grown.wait_for(|frames| *frames > after).await;
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        self.run.listeners.send_modify(|readers| readers.now -= 1);
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use palate_shared::api::generation::Pane;

    use super::*;

    /// A generation of `panes` candidates.
    pub(crate) fn run(panes: u8) -> Arc<Run> {
        let plan = Plan {
            owner: "ann".to_owned(),
            request_hash: String::new(),
            generation: Generation {
                id: "g".into(),
                panes: (0..panes)
                    .map(|pane| Pane {
                        pane,
                        response: format!("r{pane}").into(),
                        is_default: false,
                        directive: None,
                    })
                    .collect(),
            },
            model: "m".into(),
            made_by: (0..panes).map(|_| "Somebody".to_owned()).collect(),
            typed: None,
        };
        Arc::new(Run::new(plan, Arc::default()))
    }

    pub(crate) fn done(pane: u8, finish: Finish) -> StreamEvent {
        StreamEvent::Done {
            pane,
            finish,
            first_token_ms: None,
            duration_ms: 1,
            leaks: false,
        }
    }

    fn delta(text: &str) -> StreamEvent {
        StreamEvent::Delta {
            pane: 0,
            text: text.to_owned(),
        }
    }

    #[test]
    fn a_reader_goes_on_from_any_frame_and_learns_the_end() {
        let run = run(1);
        assert_eq!(run.next(0), Next::Wait);
        run.say(&delta("a\nb"));
        run.say(&delta("c"));
        let Next::Frames(all, 2) = run.next(0) else {
            panic!("two frames");
        };
        let text = String::from_utf8(all).expect("is text");
        assert_eq!(
            text,
            "id: 1\ndata: {\"type\":\"delta\",\"pane\":0,\"text\":\"a\\nb\"}\n\nid: 2\ndata: {\"type\":\"delta\",\"pane\":0,\"text\":\"c\"}\n\n"
        );
        assert!(matches!(run.next(1), Next::Frames(_, 2)));
        assert_eq!(run.next(2), Next::Wait);
        assert_eq!(run.reveal(), None);
        run.finish(0, "a\nbc".to_owned(), &done(0, Finish::Stop));
        run.say(&StreamEvent::End);
        assert!(matches!(run.next(2), Next::Frames(_, 4)));
        assert_eq!(run.next(4), Next::End);
        assert_eq!(run.next(99), Next::End, "a place that never was");
        assert_eq!(run.reveal().expect("is ended").panes[0].text, "a\nbc");
    }

    #[test]
    fn large_logs_are_read_in_parts() {
        let run = run(1);
        for _ in 0..40 {
            run.say(&delta(&"x".repeat(10_000)));
        }
        let (mut at, mut parts) = (0, 0);
        while let Next::Frames(bytes, last) = run.next(at) {
            assert!(bytes.len() <= MOST_AT_ONCE);
            (at, parts) = (last, parts + 1);
        }
        assert_eq!((at, parts), (40, 7));
    }

    #[test]
    fn bytes_are_counted_while_they_are_held() {
        let held = Arc::new(AtomicUsize::new(0));
        let run = Run::new(run(1).plan.clone(), held.clone());
        run.say(&delta("some text"));
        run.finish(0, "some text".to_owned(), &done(0, Finish::Stop));
        assert!(held.load(Ordering::Relaxed) > 18);
        drop(run);
        assert_eq!(held.load(Ordering::Relaxed), 0);
    }

    #[tokio::test]
    async fn the_first_reason_to_stop_counts() {
        let run = run(2);
        assert!(run.stop(1, Finish::StoppedEarly));
        run.stop_all(Finish::ShuttingDown);
        assert!(!run.stop(2, Finish::StoppedEarly), "no such pane");
        assert_eq!(run.stopped(0).await, Finish::ShuttingDown);
        assert_eq!(run.stopped(1).await, Finish::StoppedEarly);
    }

    #[tokio::test]
    async fn a_reader_who_was_gone_before_anybody_looked_is_not_waited_for() {
        let run = run(1);
        drop(run.listen(1).expect("is the first"));
        let begin = Instant::now();
        run.abandoned(Duration::from_secs(60), Duration::from_millis(20))
            .await;
        assert!(begin.elapsed() < Duration::from_secs(10));
    }

    #[tokio::test]
    async fn a_reader_who_comes_back_in_time_keeps_it_going() {
        let (unclaimed, grace) = (Duration::from_millis(60), Duration::from_millis(200));
        let run = run(1);
        let begin = Instant::now();
        run.abandoned(unclaimed, grace).await;
        assert!(begin.elapsed() >= unclaimed, "nobody ever came");
        let first = run.listen(1).expect("is the first");
        assert!(run.listen(1).is_none(), "one too many");
        let waiting = tokio::spawn({
            let run = run.clone();
            async move { run.abandoned(unclaimed, grace).await }
        });
        tokio::time::sleep(unclaimed * 2).await;
        drop(first);
        let back = run.listen(1).expect("is free again");
        tokio::time::sleep(grace * 2).await;
        assert!(!waiting.is_finished());
        drop(back);
        let begin = Instant::now();
        waiting.await.expect("ends");
        assert!(begin.elapsed() >= grace / 2);
    }
}
