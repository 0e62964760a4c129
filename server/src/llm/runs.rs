//! All generations of the last hour, in memory only and bounded.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use palate_shared::api::generation::Finish;
use palate_shared::ids::ComparisonId;

use super::run::{Plan, Run};

/// How long a finished generation can be read again. It is looked for what is older every ten minutes, so nothing is kept
/// for more than an hour.
pub const KEPT: Duration = Duration::from_secs(50 * 60);

/// How much may be held.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Generations.
    pub buffers: usize,
    /// Bytes of all of them.
    pub bytes: usize,
    /// Generations of one person that run or wait.
    pub per_person: usize,
}

/// Why no generation was begun.
#[derive(Clone, Debug)]
pub enum Refusal {
    /// It is there already.
    Known(Arc<Run>),
    /// Another one has the id.
    Taken,
    /// The person has enough of them.
    TooMany,
    /// Too many are held, and none of them is finished.
    Full,
}

/// The generations.
#[derive(Debug)]
pub struct Runs {
    bounds: Bounds,
    held: Arc<AtomicUsize>,
    runs: Mutex<HashMap<ComparisonId, Arc<Run>>>,
}

impl Runs {
    /// None.
    pub fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            held: Arc::default(),
            runs: Mutex::default(),
        }
    }

    /// Begins a generation, or says what is in the way.
    ///
    /// # Errors
    /// When the id is known, the person has too many, or too much is held.
    pub fn begin(&self, plan: Plan) -> Result<Arc<Run>, Refusal> {
        let mut runs = self.runs();
        self.check_in(&runs, &plan)?;
        self.make_room(&mut runs)?;
        let id = plan.generation.id.clone();
        let run = Arc::new(Run::new(plan, self.held.clone()));
        runs.insert(id, run.clone());
        Ok(run)
    }

    /// Whether [`Runs::begin`] would find something in the way, before anything is spent on it.
    ///
    /// # Errors
    /// As [`Runs::begin`].
    pub fn check(&self, plan: &Plan) -> Result<(), Refusal> {
        self.check_in(&self.runs(), plan)
    }

    /// The generation of this person.
    pub fn get(&self, id: &ComparisonId, owner: &str) -> Option<Arc<Run>> {
        let runs = self.runs();
        let run = runs.get(id)?;
        (run.plan().owner == owner).then(|| run.clone())
    }

    /// Ends and forgets all generations of a person.
    pub fn forget_person(&self, owner: &str) {
        self.runs().retain(|_, run| {
            let stays = run.plan().owner != owner;
            if !stays {
                run.stop_all(Finish::StoppedEarly);
            }
            stays
        });
    }

    /// Forgets finished generations that were begun before `age`, usually [`KEPT`].
    pub fn forget_old(&self, age: Duration) {
        self.runs()
            .retain(|_, run| !run.is_ended() || run.age() < age);
    }

    /// Ends all panes.
    pub fn stop_all(&self, reason: Finish) {
        for run in self.runs().values() {
            run.stop_all(reason);
        }
    }

    fn check_in(&self, runs: &HashMap<ComparisonId, Arc<Run>>, plan: &Plan) -> Result<(), Refusal> {
        if let Some(run) = runs.get(&plan.generation.id) {
            let known = run.plan();
            let same = known.owner == plan.owner && known.request_hash == plan.request_hash;
            return Err(if same {
                Refusal::Known(run.clone())
            } else {
                Refusal::Taken
            });
        }
        let running = runs
            .values()
            .filter(|run| run.plan().owner == plan.owner && !run.is_ended())
            .count();
        if running >= self.bounds.per_person {
            return Err(Refusal::TooMany);
        }
        Ok(())
    }

    /// Forgets the oldest finished generations until one more fits.
    fn make_room(&self, runs: &mut HashMap<ComparisonId, Arc<Run>>) -> Result<(), Refusal> {
        while runs.len() >= self.bounds.buffers
            || self.held.load(Ordering::Relaxed) >= self.bounds.bytes
        {
            let oldest = runs
                .iter()
                .filter(|(_, run)| run.is_ended())
                .max_by_key(|(_, run)| run.age())
                .map(|(id, _)| id.clone());
            let Some(oldest) = oldest else {
                return Err(Refusal::Full);
            };
            runs.remove(&oldest);
        }
        Ok(())
    }

    fn runs(&self) -> MutexGuard<'_, HashMap<ComparisonId, Arc<Run>>> {
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use palate_shared::api::generation::StreamEvent;

    use super::super::run::tests::{done, run};
    use super::*;

    const BOUNDS: Bounds = Bounds {
        buffers: 3,
        bytes: 10_000,
        per_person: 2,
    };

    fn plan(id: &str, owner: &str) -> Plan {
        let mut plan = run(1).plan().clone();
        plan.generation.id = id.into();
        plan.owner = owner.to_owned();
        plan
    }

    fn end(run: &Run, text: &str) {
        run.finish(0, text.to_owned(), &done(0, Finish::Stop));
        run.say(&StreamEvent::End);
    }

    #[test]
    fn the_same_request_finds_its_generation_and_any_other_is_refused() {
        let runs = Runs::new(BOUNDS);
        runs.begin(plan("a", "ann")).expect("begins");
        assert!(matches!(
            runs.begin(plan("a", "ann")),
            Err(Refusal::Known(_))
        ));
        assert!(matches!(runs.begin(plan("a", "bob")), Err(Refusal::Taken)));
        assert!(runs.get(&"a".into(), "ann").is_some());
        assert!(runs.get(&"a".into(), "bob").is_none());
    }

    #[test]
    fn a_person_has_two_at_once_and_another_after_one_ended() {
        let runs = Runs::new(BOUNDS);
        let first = runs.begin(plan("a", "ann")).expect("begins");
        runs.begin(plan("b", "ann")).expect("begins");
        assert!(matches!(
            runs.begin(plan("c", "ann")),
            Err(Refusal::TooMany)
        ));
        end(&first, "");
        runs.begin(plan("c", "ann")).expect("begins");
    }

    #[test]
    fn the_oldest_finished_one_makes_room_and_running_ones_never() {
        let runs = Runs::new(BOUNDS);
        let first = runs.begin(plan("a", "ann")).expect("begins");
        runs.begin(plan("b", "bob")).expect("begins");
        runs.begin(plan("c", "cec")).expect("begins");
        assert!(matches!(runs.begin(plan("d", "dan")), Err(Refusal::Full)));
        end(&first, &"x".repeat(9_000));
        runs.begin(plan("d", "dan")).expect("begins");
        assert!(runs.get(&"a".into(), "ann").is_none());
        drop(first);
        let b = runs.get(&"b".into(), "bob").expect("is there");
        end(&b, &"x".repeat(20_000));
        drop(b);
        runs.begin(plan("e", "eve")).expect("begins");
        assert_eq!(runs.runs().len(), 3);
    }

    #[tokio::test]
    async fn nothing_is_kept_for_long_and_nothing_of_who_leaves() {
        let runs = Runs::new(BOUNDS);
        let first = runs.begin(plan("a", "ann")).expect("begins");
        end(&first, "");
        let second = runs.begin(plan("b", "bob")).expect("begins");
        runs.forget_old(KEPT);
        assert!(runs.get(&"a".into(), "ann").is_some());
        runs.forget_old(Duration::ZERO);
        assert!(runs.get(&"a".into(), "ann").is_none());
        runs.forget_person("bob");
        assert!(runs.get(&"b".into(), "bob").is_none());
        assert_eq!(second.stopped(0).await, Finish::StoppedEarly);
    }
}
