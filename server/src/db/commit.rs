//! Group commit: commands that arrive while the disk is busy share the next commit.
//!
//! One task takes what is queued, inserts the rows of commands of one kind together inside a savepoint, commits once, and
//! only then answers. Where a constraint refuses rows that went in together, each half is tried again, down to the command
//! that it is about; the others are left untouched. When the whole transaction is lost, as on a full disk, each command of
//! it is tried again alone, so that each gets its own answer.

use std::future::Future;
use std::ops::Range;
use std::pin::Pin;

use tokio::sync::{mpsc, oneshot};

use super::connection::{Committed, Connection, Pool, WriteTransaction};
use super::insertion::{self, Rows, Values};

/// Commands that may wait; beyond it, senders wait.
const QUEUE: usize = 1024;
/// Most commands of one commit.
const MOST_TOGETHER: usize = 256;
/// Most commands of one insertion; a power of two.
const MOST_AT_ONCE: usize = 32;
/// Most commits before others who write have their turn.
const MOST_IN_TURN: usize = 16;

/// A change that may share its commit with others.
///
/// It is tried first and explained afterwards: its constraints refuse what must not be, and only then is looked for what
/// stood in the way. So the usual case is one trip to SQLite's thread for many.
pub(super) trait Command: Send + Sync + 'static {
    /// What the sender is told when the change is on disk.
    type Answer: Send + Sync + 'static;

    /// The rows that are the change, table by table in the order of references.
    fn rows(&self) -> Vec<Rows>;

    /// Binds the values of the rows of [`Command::rows`] at `table`.
    fn bind(&self, table: usize, values: &mut Values<'_>);

    /// The answer when the change was made.
    fn done(self) -> Self::Answer;

    /// The answer when a constraint refused the change, which is rolled back; `None` when nothing is in its way.
    fn obstacle(
        &self,
        connection: &mut Connection,
    ) -> impl Future<Output = sqlx::Result<Option<Self::Answer>>> + Send;
}

/// Hands commands to the task that commits; cheap to clone. The task ends with the last of them.
#[derive(Clone, Debug)]
pub(super) struct Committer {
    queue: mpsc::Sender<Box<dyn Pending>>,
}

impl Committer {
    /// Starts the task over the one connection for writing.
    pub(super) fn start(writer: Pool) -> Self {
        let (queue, queued) = mpsc::channel(QUEUE);
        tokio::spawn(commit_all(writer, queued));
        Self { queue }
    }

    /// Applies a command. When this returns an answer, what it changed is on disk.
    ///
    /// # Errors
    /// When the database fails; then the command changed nothing.
    pub(super) async fn run<C: Command>(&self, command: C) -> sqlx::Result<C::Answer> {
        let (reply, replied) = oneshot::channel();
        let waiting = Waiting {
            command,
            refusal: None,
            reply,
        };
        self.queue
            .send(Box::new(waiting))
            .await
            .map_err(|_| sqlx::Error::WorkerCrashed)?;
        replied.await.map_err(|_| sqlx::Error::WorkerCrashed)?
    }
}

/// A boxed step of a command.
type Step<'a, T> = Pin<Box<dyn Future<Output = sqlx::Result<T>> + Send + 'a>>;

/// A queued command of any kind.
trait Pending: Send + Sync {
    /// Whether nobody waits for the answer any more.
    fn is_abandoned(&self) -> bool;
    /// [`Command::rows`].
    fn rows(&self) -> Vec<Rows>;
    /// [`Command::bind`].
    fn bind(&self, table: usize, values: &mut Values<'_>);
    /// Forgets what stood in the way: the change is tried again.
    fn forget(&mut self);
    /// Keeps for an answer what stood in the way, or `error` when there is no such thing.
    fn explain<'a>(
        &'a mut self,
        error: sqlx::Error,
        connection: &'a mut Connection,
    ) -> Step<'a, ()>;
    /// Tells the answer: the commit is done.
    fn acknowledge(self: Box<Self>);
    /// Tells that nothing was changed.
    fn refuse(self: Box<Self>, error: sqlx::Error);
}

struct Waiting<C: Command> {
    command: C,
    /// The answer when the change was not made.
    refusal: Option<sqlx::Result<C::Answer>>,
    reply: oneshot::Sender<sqlx::Result<C::Answer>>,
}

impl<C: Command> Pending for Waiting<C> {
    fn is_abandoned(&self) -> bool {
        self.reply.is_closed()
    }

    fn rows(&self) -> Vec<Rows> {
        self.command.rows()
    }

    fn bind(&self, table: usize, values: &mut Values<'_>) {
        self.command.bind(table, values);
    }

    fn forget(&mut self) {
        self.refusal = None;
    }

    fn explain<'a>(
        &'a mut self,
        error: sqlx::Error,
        connection: &'a mut Connection,
    ) -> Step<'a, ()> {
        Box::pin(async move {
            let obstacle = self.command.obstacle(connection).await?;
            self.refusal = Some(obstacle.ok_or(error));
            Ok(())
        })
    }

    fn acknowledge(self: Box<Self>) {
        let Self {
            command,
            refusal,
            reply,
        } = *self;
        // Whoever asked may be gone; a retry finds what was stored.
        let _ = reply.send(refusal.unwrap_or_else(|| Ok(command.done())));
    }

    fn refuse(self: Box<Self>, error: sqlx::Error) {
        let _ = self.reply.send(Err(error));
    }
}

async fn commit_all(writer: Pool, mut queued: mpsc::Receiver<Box<dyn Pending>>) {
    while let Some(first) = queued.recv().await {
        match WriteTransaction::begin(&writer).await {
            Ok(transaction) => commit_in_turn(&writer, transaction, first, &mut queued).await,
            Err(error) => refuse_waiting(first, error, &mut queued),
        }
    }
}

/// Commits again and again while commands are queued, then leaves the connection to others who write.
async fn commit_in_turn(
    writer: &Pool,
    mut transaction: WriteTransaction,
    mut first: Box<dyn Pending>,
    queued: &mut mpsc::Receiver<Box<dyn Pending>>,
) {
    for _ in 1..MOST_IN_TURN {
        let Some(committed) = commit_together(writer, transaction, first, queued).await else {
            return;
        };
        let Ok(next) = queued.try_recv() else {
            return;
        };
        match committed.begin_again(writer).await {
            Ok(begun) => (transaction, first) = (begun, next),
            Err(error) => return refuse_waiting(next, error, queued),
        }
    }
    commit_together(writer, transaction, first, queued).await;
}

/// One commit for `first` and all that is queued by the time it is applied. The connection, unless the transaction was
/// lost.
async fn commit_together(
    writer: &Pool,
    mut transaction: WriteTransaction,
    first: Box<dyn Pending>,
    queued: &mut mpsc::Receiver<Box<dyn Pending>>,
) -> Option<Committed> {
    let mut applied = Vec::new();
    let mut next = Some(first);
    while next.is_some() {
        // Requests that can run go first: what they queue goes in together.
        tokio::task::yield_now().await;
        let room = MOST_TOGETHER - applied.len();
        let mut commands: Vec<_> = next
            .into_iter()
            .chain(std::iter::from_fn(|| queued.try_recv().ok()))
            .take(room)
            .filter(|command| !command.is_abandoned())
            .collect();
        let outcome = apply_by_kind(&mut transaction, &mut commands).await;
        applied.append(&mut commands);
        if outcome.is_err() {
            drop(transaction);
            commit_alone(writer, applied).await;
            return None;
        }
        next = if applied.len() < MOST_TOGETHER {
            queued.try_recv().ok()
        } else {
            None
        };
    }
    match transaction.commit_and_keep().await {
        Ok(committed) => {
            applied.into_iter().for_each(Pending::acknowledge);
            Some(committed)
        }
        Err(_) => {
            commit_alone(writer, applied).await;
            None
        }
    }
}

/// Applies commands, those of one kind together. A command that cannot be applied keeps its answer.
///
/// # Errors
/// When the transaction is lost.
async fn apply_by_kind(
    transaction: &mut WriteTransaction,
    commands: &mut [Box<dyn Pending>],
) -> sqlx::Result<()> {
    commands.sort_by_cached_key(|command| command.rows());
    let mut begin = 0;
    let mut left = Vec::new();
    for kind in commands.chunk_by(|one, other| one.rows() == other.rows()) {
        let end = begin + kind.len();
        while begin < end {
            // One text for each power of two, so that SQLite prepares few and keeps them.
            let together = 1 << (end - begin).min(MOST_AT_ONCE).ilog2();
            left.push(begin..begin + together);
            begin += together;
        }
    }
    left.reverse();
    while let Some(Range { start, end }) = left.pop() {
        let commands = &mut commands[start..end];
        let Err(error) = insert(transaction, commands).await else {
            continue;
        };
        transaction.run(insertion::TAKE_BACK).await?;
        if let [command] = commands {
            command.explain(error, transaction).await?;
        } else {
            let middle = start.midpoint(end);
            left.extend([middle..end, start..middle]);
        }
    }
    Ok(())
}

/// Inserts the rows of commands of one kind inside a savepoint. When it fails, the savepoint is still open.
async fn insert(connection: &mut Connection, commands: &[Box<dyn Pending>]) -> sqlx::Result<()> {
    let tables = commands
        .first()
        .map(|command| command.rows())
        .unwrap_or_default();
    insertion::insert(connection, &tables, commands.len(), |table, values| {
        for command in commands {
            command.bind(table, values);
        }
    })
    .await
}

/// One commit for each command, after the shared one was lost.
async fn commit_alone(writer: &Pool, commands: Vec<Box<dyn Pending>>) {
    for mut command in commands {
        command.forget();
        let outcome = async {
            let mut transaction = WriteTransaction::begin(writer).await?;
            match insert(&mut transaction, std::slice::from_ref(&command)).await {
                Ok(()) => transaction.commit().await,
                Err(error) => {
                    drop(transaction);
                    let mut connection = writer.acquire().await?;
                    command.explain(error, &mut connection).await
                }
            }
        };
        match outcome.await {
            Ok(()) => command.acknowledge(),
            Err(error) => command.refuse(error),
        }
    }
}

/// No transaction could begin: whoever waits now would wait in vain.
fn refuse_waiting(
    first: Box<dyn Pending>,
    error: sqlx::Error,
    queued: &mut mpsc::Receiver<Box<dyn Pending>>,
) {
    let is_closed = matches!(error, sqlx::Error::PoolClosed);
    first.refuse(error);
    while let Ok(command) = queued.try_recv() {
        command.refuse(if is_closed {
            sqlx::Error::PoolClosed
        } else {
            sqlx::Error::PoolTimedOut
        });
    }
}

#[cfg(test)]
mod tests;
