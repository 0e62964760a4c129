//! `[limits]`, `[budget]` and `[allow]` of the models file.

use std::time::Duration;

use serde::Deserialize;

use super::runs::Bounds;

/// How much at once, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LimitSettings {
    /// Generations of one person that run or wait.
    pub per_person: usize,
    /// Generations that run at once.
    pub together: usize,
    /// Generations that wait.
    pub queue: usize,
    /// Readers of one generation.
    pub readers: usize,
    /// Bytes of one answer.
    pub answer_bytes: usize,
    /// Bytes of one event of a model's server.
    pub event_bytes: usize,
    /// Generations that are held in memory.
    pub buffers: usize,
    /// Bytes of all of them.
    pub buffer_bytes: usize,
    /// Calls again after a failure before the first byte.
    pub retries: u32,
    /// Milliseconds until a connection stands.
    pub connect_ms: u64,
    /// Milliseconds until the first byte.
    pub first_byte_ms: u64,
    /// Milliseconds between two bytes.
    pub idle_ms: u64,
    /// Milliseconds of a whole answer.
    pub total_ms: u64,
    /// Milliseconds in which a reader whose connection broke may come back.
    pub grace_ms: u64,
    /// Milliseconds in which the first reader must come.
    pub unclaimed_ms: u64,
}

impl Default for LimitSettings {
    fn default() -> Self {
        Self {
            per_person: 2,
            together: 32,
            queue: 64,
            readers: 4,
            answer_bytes: 256 * 1024,
            event_bytes: 64 * 1024,
            buffers: 1_000,
            buffer_bytes: 64 * 1024 * 1024,
            retries: 2,
            connect_ms: 5_000,
            first_byte_ms: 30_000,
            idle_ms: 20_000,
            total_ms: 120_000,
            grace_ms: 700,
            unclaimed_ms: 15_000,
        }
    }
}

impl LimitSettings {
    /// What may be held.
    pub fn bounds(&self) -> Bounds {
        Bounds {
            buffers: self.buffers,
            bytes: self.buffer_bytes,
            per_person: self.per_person,
        }
    }

    /// The first setting that must be 1 or more and is not.
    pub(super) fn zero(&self) -> Option<&'static str> {
        let counts = [
            ("per_person", self.per_person),
            ("together", self.together),
            ("readers", self.readers),
            ("answer_bytes", self.answer_bytes),
            ("event_bytes", self.event_bytes),
            ("buffers", self.buffers),
            ("buffer_bytes", self.buffer_bytes),
        ];
        let times = [
            ("connect_ms", self.connect_ms),
            ("first_byte_ms", self.first_byte_ms),
            ("idle_ms", self.idle_ms),
            ("total_ms", self.total_ms),
            ("unclaimed_ms", self.unclaimed_ms),
        ];
        let count = counts.iter().find(|(_, value)| *value == 0);
        let time = times.iter().find(|(_, value)| *value == 0);
        count.map(|(name, _)| *name).or(time.map(|(name, _)| *name))
    }

    /// In which a reader may come back.
    pub fn grace(&self) -> Duration {
        Duration::from_millis(self.grace_ms)
    }

    /// In which the first reader must come.
    pub fn unclaimed(&self) -> Duration {
        Duration::from_millis(self.unclaimed_ms)
    }
}

/// What may be spent in a day (UTC), in millionths of the operator's currency, and how many generations. What is left out
/// has no limit, except the numbers of generations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BudgetSettings {
    /// No model is called.
    pub off: bool,
    /// Money of one person.
    pub person_micro: Option<u64>,
    /// Money of one network.
    pub network_micro: Option<u64>,
    /// Money of all.
    pub total_micro: Option<u64>,
    /// Generations of one person.
    pub person_generations: u64,
    /// Generations of one network.
    pub network_generations: u64,
    /// Generations of all.
    pub total_generations: u64,
}

impl Default for BudgetSettings {
    fn default() -> Self {
        Self {
            off: false,
            person_micro: None,
            network_micro: None,
            total_micro: None,
            person_generations: 200,
            network_generations: 1_000,
            total_generations: 20_000,
        }
    }
}

/// Hosts with private addresses that may be called.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct AllowSettings {
    /// As they stand in `base_url`.
    pub hosts: Vec<String>,
}

/// The built-in library.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LibrarySettings {
    /// It is left out.
    pub off: bool,
}
