//! Carries a generation from the queue to its last event, whatever happens to its panes, its readers or the server.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::FuturesUnordered;
use futures_util::{FutureExt, StreamExt};
use palate_shared::api::generation::{Finish, StreamEvent};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep, sleep_until};

use super::bill::Bill;
use super::mask::Mask;
use super::pane::{Account, PaneWriter};
use super::provider::{Provider, WAITING};
use super::queue::Ticket;
use super::run::Run;
use crate::clock::now_ms;
use crate::db::ledger::{Reservation, Reserved};
use crate::metrics;
use crate::state::AppState;

/// How often is looked for the kill switch while a model is called.
const SWITCH_CHECK: Duration = Duration::from_millis(500);

/// What writes one pane.
#[derive(Debug)]
pub struct Lane {
    /// Who answers.
    pub provider: Box<dyn Provider>,
    /// Hides names until the reveal.
    pub mask: Option<Mask>,
    /// Who pays, where a model is called: the person and for what.
    pub bill: Option<Bill>,
}

/// A generation that is to be carried.
#[derive(Debug)]
pub struct Work {
    /// What is written.
    pub run: Arc<Run>,
    /// What writes each pane.
    pub lanes: Vec<Lane>,
    /// The place in the queue, where a model is called.
    pub ticket: Option<Ticket>,
    /// `answer` or `describe`, for the ledger.
    pub purpose: &'static str,
}

/// Starts a generation and returns at once.
pub fn start(state: &AppState, work: Work) {
    let tasks = state.llm.tasks.clone();
    tasks.spawn(drive(state.clone(), work));
}

async fn drive(state: AppState, work: Work) {
    let Work {
        run,
        lanes,
        ticket,
        purpose,
    } = work;
    let last_words = LastWords(&run);
    let limits = &state.llm.limits;
    let calls_model = ticket.is_some();
    let watch = async {
        tokio::select! {
            () = run.abandoned(limits.unclaimed(), limits.grace()) => run.stop_all(Finish::StoppedEarly),
            () = state.llm.stopping.cancelled() => run.stop_all(Finish::ShuttingDown),
            () = switched_off(&state), if calls_model => run.stop_all(Finish::BudgetSpent),
        }
        std::future::pending::<()>().await;
    };
    let work = async {
        let ticket = match ticket {
            Some(ticket) => Some(wait_for_turn(&run, ticket).await),
            None => None,
        };
        let panes = (0u8..).zip(lanes);
        let mut writing: FuturesUnordered<_> = panes
            .map(|(pane, lane)| write(&state, &run, pane, lane, purpose))
            .collect();
        while writing.next().await.is_some() {}
        drop(ticket);
    };
    tokio::select! {
        () = work => {}
        () = watch => {}
    }
    drop(last_words);
}

/// Waits until the operator pulls the kill switch.
async fn switched_off(state: &AppState) {
    while !state.llm.is_off() {
        sleep(SWITCH_CHECK).await;
    }
}

/// Waits in the queue and tells the place. Returns early when all panes are stopped.
async fn wait_for_turn(run: &Run, mut ticket: Ticket) -> Ticket {
    let panes = run.unfinished();
    let all_stopped = async {
        for pane in panes {
            run.stopped(pane).await;
        }
    };
    let turn = async {
        loop {
            let position = ticket.place();
            if position == 0 {
                break;
            }
            run.say(&StreamEvent::Queued { position });
            ticket.moved().await;
        }
    };
    tokio::select! {
        biased;
        () = all_stopped => {}
        () = turn => {}
    }
    ticket
}

/// Writes one pane to its end and settles what it cost.
async fn write(state: &AppState, run: &Run, pane: u8, lane: Lane, purpose: &'static str) {
    let Lane {
        provider,
        mask,
        bill,
    } = lane;
    let mut writer = PaneWriter::new(
        run,
        pane,
        state.llm.limits.answer_bytes,
        mask,
        Instant::now(),
    );
    let mut stopped = pin!(run.stopped(pane));
    // What was stopped in the queue calls nobody.
    if let Some(reason) = stopped.as_mut().now_or_never() {
        writer.end(reason, Instant::now());
        return;
    }
    let reservation = bill.as_ref().map(|bill| reservation(run, bill, purpose));
    // The call is on disk before anything of its answer is passed on; its server is called meanwhile.
    let mut reserved = pin!(reserve(state, reservation.clone()).fuse());
    let mut is_reserved = false;
    let (out, mut pieces) = mpsc::channel(WAITING);
    let mut answer = provider.answer(out);
    let mut ended: Option<Finish> = None;
    let finish = loop {
        let due = writer.due();
        tokio::select! {
            biased;
            reason = &mut stopped => break reason,
            refused = &mut reserved, if !is_reserved => {
                is_reserved = true;
                if let Some(finish) = refused {
                    break finish;
                }
            }
            piece = pieces.recv(), if is_reserved => match (piece, ended) {
                (Some(piece), _) => {
                    if let Err(finish) = writer.take(&piece, Instant::now()) {
                        break finish;
                    }
                }
                (None, Some(finish)) => break finish,
                (None, None) => ended = Some((&mut answer).await),
            },
            finish = &mut answer, if ended.is_none() => ended = Some(finish),
            () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => writer.send_if_due(Instant::now()),
        }
    };
    if ended.is_none() {
        // What has come through is counted, as the model's server has sent it.
        while (&mut answer).now_or_never().is_none() {
            match pieces.try_recv() {
                Ok(piece) => writer.count(&piece),
                Err(_) => break,
            }
        }
    }
    drop(answer);
    while let Ok(piece) = pieces.try_recv() {
        writer.count(&piece);
    }
    let account = writer.end(finish, Instant::now());
    if !is_reserved {
        reserved.await;
    }
    if let (Some(bill), Some(reservation)) = (bill, reservation) {
        settle(state, bill, reservation, &account).await;
    }
}

fn reservation(run: &Run, bill: &Bill, purpose: &'static str) -> Reservation {
    let plan = run.plan();
    Reservation {
        id: bill.id.clone(),
        user_id: Some(plan.owner.clone()),
        generation: Some(plan.generation.id.0.clone()),
        model: plan.model.0.clone(),
        purpose,
        reserved_micro: bill.set_aside.micro(),
        at_ms: now_ms(),
    }
}

/// Writes the call down; how the pane ends where that fails.
async fn reserve(state: &AppState, reservation: Option<Reservation>) -> Option<Finish> {
    match state.db.reserve(reservation?).await {
        Ok(Reserved::Done) => None,
        Ok(Reserved::Gone) => Some(Finish::StoppedEarly),
        Err(error) => {
            tracing::error!(%error, "a call could not be written down and was broken off");
            Some(Finish::UpstreamFailed)
        }
    }
}

async fn settle(state: &AppState, bill: Bill, reservation: Reservation, account: &Account) {
    let settled = bill.settled(account);
    bill.set_aside.settle(settled.micro);
    let settlement = settled.of(reservation, account);
    metrics::count_call(&settlement);
    if let Err(error) = state.db.settle(settlement).await {
        tracing::error!(%error, "what a call cost could not be written down; it counts in full after the next start");
    }
}

/// Says the end of every pane that has not said it, and of the generation.
struct LastWords<'a>(&'a Run);

impl Drop for LastWords<'_> {
    fn drop(&mut self) {
        for pane in self.0.unfinished() {
            let done = StreamEvent::Done {
                pane,
                finish: Finish::UpstreamFailed,
                first_token_ms: None,
                duration_ms: 0,
                leaks: false,
            };
            self.0.finish(pane, String::new(), &done);
        }
        self.0.say(&StreamEvent::End);
    }
}
