//! The queue before the models: so many generations run at once, of all models and of each; the others wait in order and know
//! their place. A person has few generations at once, so nobody fills the queue alone.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use palate_shared::ids::ModelId;
use tokio::sync::watch;

/// The queue; cheap to clone.
#[derive(Clone, Debug)]
pub struct Queue(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    together: usize,
    longest: usize,
    line: Mutex<Line>,
}

#[derive(Debug, Default)]
struct Line {
    next: u64,
    running: usize,
    running_by_model: HashMap<ModelId, usize>,
    waiting: Vec<Waiting>,
}

#[derive(Debug)]
struct Waiting {
    number: u64,
    model: ModelId,
    together: usize,
    place: watch::Sender<u32>,
}

/// A place in the queue or, once [`Ticket::place`] is 0, the right to run. Dropped, it is free for the next.
#[derive(Debug)]
pub struct Ticket {
    queue: Queue,
    number: u64,
    model: ModelId,
    place: watch::Receiver<u32>,
}

impl Queue {
    /// `together` run at once, `longest` wait.
    pub fn new(together: usize, longest: usize) -> Self {
        Self(Arc::new(Shared {
            together,
            longest,
            line: Mutex::default(),
        }))
    }

    /// Takes the last place for a model of which `together` run at once; `None` when the queue is full.
    pub fn enter(&self, model: &ModelId, together: usize) -> Option<Ticket> {
        let mut line = self.line();
        let number = line.next;
        line.next += 1;
        let (place, seen) = watch::channel(u32::MAX);
        line.waiting.push(Waiting {
            number,
            model: model.clone(),
            together,
            place,
        });
        line.advance(self.0.together);
        if line.waiting.len() > self.0.longest {
            line.waiting.pop();
            return None;
        }
        Some(Ticket {
            queue: self.clone(),
            number,
            model: model.clone(),
            place: seen,
        })
    }

    /// How many run and how many wait.
    pub fn load(&self) -> (usize, usize) {
        let line = self.line();
        (line.running, line.waiting.len())
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.0.line.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Line {
    /// Lets those run for whom there is room, first come first, and tells the others their places.
    fn advance(&mut self, together: usize) {
        let waiting = std::mem::take(&mut self.waiting);
        for one in waiting {
            let of_model = self.running_by_model.entry(one.model.clone()).or_default();
            if self.running < together && *of_model < one.together {
                self.running += 1;
                *of_model += 1;
                one.place.send_replace(0);
            } else {
                self.waiting.push(one);
            }
        }
        for (place, one) in (1u32..).zip(&self.waiting) {
            one.place.send_if_modified(|known| {
                let moved = *known != place;
                *known = place;
                moved
            });
        }
    }

    fn leave(&mut self, number: u64, model: &ModelId) {
        let before = self.waiting.len();
        self.waiting.retain(|one| one.number != number);
        if self.waiting.len() == before {
            self.running -= 1;
            if let Some(of_model) = self.running_by_model.get_mut(model) {
                *of_model -= 1;
            }
        }
        self.running_by_model.retain(|_, count| *count > 0);
    }
}

impl Ticket {
    /// Generations that run or wait before this one can; 0 when it may run.
    pub fn place(&mut self) -> u32 {
        *self.place.borrow_and_update()
    }

    /// Waits until the place changes.
    pub async fn moved(&mut self) {
        if self.place.changed().await.is_err() {
            // The sender is dropped once the ticket may run: nothing changes any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let mut line = self.queue.line();
        line.leave(self.number, &self.model);
        line.advance(self.queue.0.together);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(tickets: &mut [Ticket]) -> Vec<u32> {
        tickets.iter_mut().map(Ticket::place).collect()
    }

    #[test]
    fn who_waits_knows_the_place_and_moves_up() {
        let queue = Queue::new(2, 2);
        let enter = || queue.enter(&"m".into(), 9);
        let mut tickets: Vec<Ticket> = (0..4).map(|_| enter().expect("has room")).collect();
        assert_eq!(places(&mut tickets), [0, 0, 1, 2]);
        assert!(enter().is_none(), "the queue is full");
        tickets.remove(0);
        assert_eq!(places(&mut tickets), [0, 0, 1]);
        tickets.remove(2);
        tickets.push(enter().expect("has room"));
        assert_eq!(places(&mut tickets), [0, 0, 1]);
        tickets.clear();
        let line = queue.line();
        assert_eq!((line.running, line.running_by_model.len()), (0, 0));
    }

    #[test]
    fn a_slow_model_holds_up_no_other() {
        let queue = Queue::new(3, 9);
        let mut tickets: Vec<Ticket> = ["slow", "slow", "fast"]
            .map(|model| queue.enter(&model.into(), 1).expect("has room"))
            .into();
        assert_eq!(places(&mut tickets), [0, 1, 0]);
        tickets.remove(0);
        assert_eq!(places(&mut tickets), [0, 0]);
    }

    #[tokio::test]
    async fn a_ticket_that_waits_is_woken() {
        let queue = Queue::new(1, 9);
        let first = queue.enter(&"m".into(), 1);
        let mut second = queue.enter(&"m".into(), 1).expect("has room");
        assert_eq!(second.place(), 1);
        let waiting = tokio::spawn(async move {
            second.moved().await;
            second.place()
        });
        drop(first);
        assert_eq!(waiting.await.expect("ends"), 0);
    }
}
