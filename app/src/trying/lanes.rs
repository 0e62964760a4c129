//! The answers of a generation while they arrive: none is shown further than the slowest that still writes, so that speed
//! says nothing about an answer.

use palate_shared::api::generation::Finish;

/// Milliseconds after which the others do not wait any longer for an answer that writes nothing.
const PATIENCE_MS: u64 = 3_000;
/// Most bytes that an answer grows by between two paints.
pub(crate) const STEP: usize = 1_600;

/// How an answer ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Ended {
    /// How.
    pub(crate) finish: Finish,
    /// Milliseconds from the call to the first text.
    pub(crate) first_ms: Option<u32>,
    /// Milliseconds from the call to the end.
    pub(crate) all_ms: u32,
}

/// One answer.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lane {
    /// What arrived.
    pub(crate) text: String,
    /// Bytes of it that are shown.
    pub(crate) shown: usize,
    /// How it ended, once it did.
    pub(crate) ended: Option<Ended>,
    wrote_at_ms: u64,
    is_told: bool,
}

impl Lane {
    /// What is shown.
    pub(crate) fn visible(&self) -> &str {
        &self.text[..self.shown]
    }

    /// Whether all of it is shown and nothing follows.
    pub(crate) fn is_ready(&self) -> bool {
        self.ended.is_some() && self.shown == self.text.len()
    }

    /// Whether it is an answer that can be ranked.
    pub(crate) fn is_answer(&self) -> bool {
        self.ended.is_some_and(|ended| ended.finish.is_answer()) && !self.text.trim().is_empty()
    }
}

/// All answers of a generation.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes(pub(crate) Vec<Lane>);

impl Lanes {
    /// So many answers of which nothing arrived yet.
    pub(crate) fn new(count: usize, now_ms: u64) -> Self {
        let lane = Lane {
            wrote_at_ms: now_ms,
            ..Lane::default()
        };
        Self(vec![lane; count])
    }

    /// More text of an answer.
    pub(crate) fn write(&mut self, lane: usize, text: &str, now_ms: u64) {
        if let Some(lane) = self.0.get_mut(lane).filter(|lane| lane.ended.is_none()) {
            lane.text.push_str(text);
            lane.wrote_at_ms = now_ms;
        }
    }

    /// An answer is finished. The first word on it counts.
    pub(crate) fn end(&mut self, lane: usize, ended: Ended) {
        if let Some(lane) = self.0.get_mut(lane) {
            lane.ended.get_or_insert(ended);
        }
    }

    /// Ends every answer that still writes.
    pub(crate) fn end_all(&mut self, finish: Finish) {
        for lane in &mut self.0 {
            lane.ended.get_or_insert(Ended {
                finish,
                first_ms: None,
                all_ms: 0,
            });
        }
    }

    /// Whether every answer is finished and shown.
    pub(crate) fn are_ready(&self) -> bool {
        self.0.iter().all(Lane::is_ready)
    }

    /// Moves what is shown one paint further; gives the answers that became ready by it.
    pub(crate) fn advance(&mut self, now_ms: u64) -> Vec<usize> {
        let is_awaited = |lane: &&Lane| {
            lane.ended.is_none() && now_ms.saturating_sub(lane.wrote_at_ms) < PATIENCE_MS
        };
        let front = self.0.iter().filter(is_awaited).map(|lane| lane.text.len());
        let front = front.min().unwrap_or(usize::MAX);
        let mut ready = Vec::new();
        for (at, lane) in self.0.iter_mut().enumerate() {
            let to = lane.text.len().min(front).min(lane.shown + STEP);
            lane.shown = lane.shown.max(lane.text.floor_char_boundary(to));
            if lane.is_ready() && !std::mem::replace(&mut lane.is_told, true) {
                ready.push(at);
            }
        }
        ready
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FINE: Ended = Ended {
        finish: Finish::Stop,
        first_ms: Some(1),
        all_ms: 2,
    };

    fn shown(lanes: &Lanes) -> Vec<usize> {
        lanes.0.iter().map(|lane| lane.shown).collect()
    }

    #[test]
    fn row_10_no_answer_is_ahead_of_the_slowest_that_writes() {
        let mut lanes = Lanes::new(3, 0);
        lanes.write(0, &"a".repeat(100), 1);
        lanes.write(1, "bbb", 1);
        assert!(lanes.advance(10).is_empty());
        assert_eq!(shown(&lanes), [0, 0, 0]);
        lanes.write(2, "cc", 20);
        lanes.advance(20);
        assert_eq!(shown(&lanes), [2, 2, 2]);
        lanes.end(2, FINE);
        assert_eq!(lanes.advance(21), [2], "told once");
        assert_eq!(shown(&lanes), [3, 3, 2]);
        lanes.end(1, FINE);
        assert_eq!(lanes.advance(22), [1]);
        assert_eq!(shown(&lanes), [100, 3, 2]);
        lanes.end_all(Finish::BrokeOff);
        assert_eq!(lanes.advance(23), [0]);
        assert!(lanes.are_ready() && !lanes.0[0].is_answer() && lanes.0[1].is_answer());
    }

    #[test]
    fn an_answer_that_stalls_holds_the_others_for_a_while_only() {
        let mut lanes = Lanes::new(2, 0);
        lanes.write(0, "abc", 100);
        lanes.advance(PATIENCE_MS - 1);
        assert_eq!(shown(&lanes), [0, 0]);
        lanes.write(0, "d", PATIENCE_MS);
        lanes.advance(PATIENCE_MS);
        assert_eq!(shown(&lanes), [4, 0]);
    }

    #[test]
    fn steps_are_bounded_and_keep_letters_whole() {
        let mut lanes = Lanes::new(1, 0);
        lanes.write(0, &"€".repeat(STEP), 1);
        lanes.advance(2);
        let first = lanes.0[0].visible().len();
        assert!(first <= STEP && first > STEP - 3);
        lanes.end(0, FINE);
        lanes.write(0, "late", 3);
        let mut paints = 1;
        while lanes.advance(4).is_empty() {
            paints += 1;
        }
        assert_eq!(paints, 3, "three bytes a letter");
        assert!(
            lanes.0[0].visible().ends_with('€'),
            "nothing follows the end"
        );
    }

    #[test]
    fn an_empty_answer_is_none() {
        let mut lanes = Lanes::new(1, 0);
        lanes.end(0, FINE);
        assert!(!lanes.0[0].is_answer());
        lanes.end(7, FINE);
        lanes.write(7, "nobody", 0);
    }
}
