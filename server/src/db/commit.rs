//! Group commit: commands that arrive while the disk is busy share the next commit.
//!
//! One task takes what is queued, inserts the rows of commands of one kind together inside a savepoint, commits once, and
//! only then answers. Where a constraint refuses rows that went in together, each half is tried again, down to the command
//! that it is about; the others are left untouched. When the whole transaction is lost, as on a full disk, each command of
//! it is tried again alone, so that each gets its own answer.

use std::future::Future;
use std::iter::repeat_n;
use std::ops::Range;
use std::pin::Pin;

use sqlx::query::Query;
use sqlx::sqlite::SqliteArguments;
use sqlx::{AssertSqlSafe, Sqlite, SqliteConnection, SqlitePool};
use tokio::sync::{mpsc, oneshot};

use super::{Committed, WriteTransaction};

/// Commands that may wait; beyond it, senders wait.
const QUEUE: usize = 1024;
/// Most commands of one commit.
const MOST_TOGETHER: usize = 256;
/// Most commands of one insertion; a power of two.
const MOST_AT_ONCE: usize = 32;
/// Most commits before others who write have their turn.
const MOST_IN_TURN: usize = 16;

/// Statements with what is bound to them.
pub(super) type Statements<'q> = Query<'q, Sqlite, SqliteArguments>;

/// Rows that a command adds to a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Rows {
    /// The table and its columns.
    pub into: &'static str,
    /// How many columns.
    pub columns: usize,
    /// How many rows.
    pub count: usize,
    /// What is done about rows that are there, if anything: an `ON CONFLICT` clause.
    pub otherwise: &'static str,
}

impl Rows {
    /// One row that must be new.
    pub(super) fn one(into: &'static str, columns: usize) -> Self {
        Self {
            into,
            columns,
            count: 1,
            otherwise: "",
        }
    }

    /// Appends the insertion of the rows of `commands` commands.
    fn write_insertion(&self, commands: usize, sql: &mut String) {
        let Self {
            into,
            columns,
            count,
            otherwise,
        } = self;
        sql.push_str("INSERT INTO ");
        sql.push_str(into);
        for row in 0..count * commands {
            sql.push_str(if row == 0 { " VALUES (?" } else { ", (?" });
            sql.extend(repeat_n(", ?", columns - 1));
            sql.push(')');
        }
        sql.push_str(otherwise);
        sql.push_str("; ");
    }
}

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
    fn bind<'q>(&'q self, table: usize, statements: Statements<'q>) -> Statements<'q>;

    /// The answer when the change was made.
    fn done(self) -> Self::Answer;

    /// The answer when a constraint refused the change, which is rolled back; `None` when nothing is in its way.
    fn obstacle(
        &self,
        connection: &mut SqliteConnection,
    ) -> impl Future<Output = sqlx::Result<Option<Self::Answer>>> + Send;
}

/// Hands commands to the task that commits; cheap to clone. The task ends with the last of them.
#[derive(Clone, Debug)]
pub(super) struct Committer {
    queue: mpsc::Sender<Box<dyn Pending>>,
}

impl Committer {
    /// Starts the task over the one connection for writing.
    pub(super) fn start(writer: SqlitePool) -> Self {
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
    fn bind<'q>(&'q self, table: usize, statements: Statements<'q>) -> Statements<'q>;
    /// Forgets what stood in the way: the change is tried again.
    fn forget(&mut self);
    /// Keeps for an answer what stood in the way, or `error` when there is no such thing.
    fn explain<'a>(
        &'a mut self,
        error: sqlx::Error,
        connection: &'a mut SqliteConnection,
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

    fn bind<'q>(&'q self, table: usize, statements: Statements<'q>) -> Statements<'q> {
        self.command.bind(table, statements)
    }

    fn forget(&mut self) {
        self.refusal = None;
    }

    fn explain<'a>(
        &'a mut self,
        error: sqlx::Error,
        connection: &'a mut SqliteConnection,
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

async fn commit_all(writer: SqlitePool, mut queued: mpsc::Receiver<Box<dyn Pending>>) {
    while let Some(first) = queued.recv().await {
        match WriteTransaction::begin(&writer).await {
            Ok(transaction) => commit_in_turn(&writer, transaction, first, &mut queued).await,
            Err(error) => refuse_waiting(first, error, &mut queued),
        }
    }
}

/// Commits again and again while commands are queued, then leaves the connection to others who write.
async fn commit_in_turn(
    writer: &SqlitePool,
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
        match committed.begin_again().await {
            Ok(begun) => (transaction, first) = (begun, next),
            Err(error) => return refuse_waiting(next, error, queued),
        }
    }
    commit_together(writer, transaction, first, queued).await;
}

/// One commit for `first` and all that is queued by the time it is applied. The connection, unless the transaction was
/// lost.
async fn commit_together(
    writer: &SqlitePool,
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
        sqlx::raw_sql("ROLLBACK TO command; RELEASE command")
            .execute(&mut **transaction)
            .await?;
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
async fn insert(
    connection: &mut SqliteConnection,
    commands: &[Box<dyn Pending>],
) -> sqlx::Result<()> {
    let tables = commands
        .first()
        .map(|command| command.rows())
        .unwrap_or_default();
    let mut sql = "SAVEPOINT command; ".to_owned();
    for rows in &tables {
        rows.write_insertion(commands.len(), &mut sql);
    }
    sql.push_str("RELEASE command");
    let mut statements = sqlx::query(AssertSqlSafe(sql));
    for table in 0..tables.len() {
        for command in commands {
            statements = command.bind(table, statements);
        }
    }
    statements.execute(connection).await.map(drop)
}

/// One commit for each command, after the shared one was lost.
async fn commit_alone(writer: &SqlitePool, commands: Vec<Box<dyn Pending>>) {
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
mod tests {
    use super::super::Db;
    use super::*;

    /// Inserts an erasure and then, when told to, breaks a constraint.
    struct Note {
        id: String,
        fails: bool,
    }

    impl Command for Note {
        type Answer = String;

        fn rows(&self) -> Vec<Rows> {
            vec![
                Rows::one("erasures (receipt_id, mode, judgments, at_ms)", 4),
                Rows::one("jobs (id, kind, started_at, ended_at, result_json)", 5),
            ]
        }

        fn bind<'q>(&'q self, table: usize, statements: Statements<'q>) -> Statements<'q> {
            let statements = statements.bind(&self.id);
            if table == 0 {
                return statements.bind("erase").bind(0).bind(0);
            }
            let kind = if self.fails { "no kind" } else { "purge" };
            statements.bind(kind).bind(0).bind(0).bind("")
        }

        fn done(self) -> String {
            self.id
        }

        async fn obstacle(
            &self,
            connection: &mut SqliteConnection,
        ) -> sqlx::Result<Option<String>> {
            sqlx::query_scalar(
                "SELECT 'another ' || receipt_id FROM erasures WHERE receipt_id = $1",
            )
            .bind(&self.id)
            .fetch_optional(connection)
            .await
        }
    }

    async fn database() -> (tempfile::TempDir, Db) {
        let dir = tempfile::tempdir().expect("has a temporary folder");
        let db = Db::open(&dir.path().join("palate.db"))
            .await
            .expect("opens");
        (dir, db)
    }

    async fn notes(db: &Db) -> Vec<String> {
        sqlx::query_scalar("SELECT receipt_id FROM erasures ORDER BY receipt_id")
            .fetch_all(db.reader())
            .await
            .expect("reads")
    }

    /// Queues commands while the writer is held, so that they share a commit; returns their answers.
    async fn together(db: &Db, commands: Vec<Note>) -> Vec<sqlx::Result<String>> {
        let held = db.write().await.expect("begins");
        let tasks: Vec<_> = commands
            .into_iter()
            .map(|note| {
                let committer = db.committer.clone();
                tokio::spawn(async move { committer.run(note).await })
            })
            .collect();
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        assert!(tasks.iter().all(|task| !task.is_finished()));
        drop(held);
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(task.await.expect("ends"));
        }
        answers
    }

    fn note(id: &str, fails: bool) -> Note {
        Note {
            id: id.to_owned(),
            fails,
        }
    }

    #[tokio::test]
    async fn a_failing_command_leaves_its_neighbours_untouched() {
        let (_dir, db) = database().await;
        let answers = together(
            &db,
            vec![
                note("a", false),
                note("b", true),
                note("a", false),
                note("c", false),
            ],
        )
        .await;
        assert!(matches!(&answers[0], Ok(id) if id == "a"));
        assert!(matches!(&answers[1], Err(sqlx::Error::Database(_))));
        assert!(
            matches!(&answers[2], Ok(id) if id == "another a"),
            "told what is in the way"
        );
        assert!(matches!(&answers[3], Ok(id) if id == "c"));
        assert_eq!(notes(&db).await, ["a", "c"]);
    }

    #[tokio::test]
    async fn a_lost_transaction_answers_each_command_for_itself() {
        let (_dir, db) = database().await;
        let pages: i64 = sqlx::query_scalar("PRAGMA page_count")
            .fetch_one(db.writer())
            .await
            .expect("reads");
        let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
        sqlx::query(limit)
            .execute(db.writer())
            .await
            .expect("is set");
        let huge = "x".repeat(100_000);
        let answers = together(
            &db,
            vec![note("a", false), note(&huge, false), note("c", false)],
        )
        .await;
        assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
        assert!(
            matches!(&answers[1], Err(sqlx::Error::Database(error)) if error.code().as_deref() == Some("13"))
        );
        assert_eq!(notes(&db).await, ["a", "c"]);
    }

    #[tokio::test]
    async fn nothing_is_applied_for_whoever_left_before_its_turn() {
        let (_dir, db) = database().await;
        let held = db.write().await.expect("begins");
        let waiting = {
            let committer = db.committer.clone();
            tokio::spawn(async move { committer.run(note("a", false)).await })
        };
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
        waiting.abort();
        assert!(waiting.await.is_err());
        drop(held);
        db.committer.run(note("b", false)).await.expect("is stored");
        assert_eq!(notes(&db).await, ["b"]);
    }

    #[tokio::test]
    async fn a_closed_database_refuses_at_once() {
        let (_dir, db) = database().await;
        db.close().await;
        assert!(matches!(
            db.committer.run(note("a", false)).await,
            Err(sqlx::Error::PoolClosed)
        ));
    }
}
