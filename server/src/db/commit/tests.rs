use super::super::Db;
use super::super::place::Place;
use super::*;

#[path = "../../../tests/common/database.rs"]
mod database;

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

    fn bind(&self, table: usize, values: &mut Values<'_>) {
        values.bind(&self.id);
        if table == 0 {
            values.bind("erase").bind(0i64).bind(0i64);
            return;
        }
        let kind = if self.fails { "no kind" } else { "purge" };
        values.bind(kind).bind(0i64).bind(0i64).bind("");
    }

    fn done(self) -> String {
        self.id
    }

    async fn obstacle(&self, connection: &mut Connection) -> sqlx::Result<Option<String>> {
        connection
            .query("SELECT 'another ' || receipt_id FROM erasures WHERE receipt_id = $1")
            .bind(&self.id)
            .optional_scalar()
            .await
    }
}

async fn new_database() -> (tempfile::TempDir, Db) {
    let dir = tempfile::tempdir().expect("has a temporary folder");
    let url = database::url(dir.path()).await;
    let db = Db::open(&Place::of(dir.path(), url.as_ref()))
        .await
        .expect("opens");
    (dir, db)
}

async fn notes(db: &Db) -> Vec<String> {
    db.reader()
        .query("SELECT receipt_id FROM erasures ORDER BY receipt_id")
        .scalars()
        .await
        .expect("reads")
}

/// From now on no commit ends: SQLite's only writer is taken, and on PostgreSQL the first table is.
async fn hold_up(db: &Db) -> WriteTransaction {
    let mut held = db.write().await.expect("begins");
    if let Pool::Postgres(_) = db.writer() {
        held.run("LOCK TABLE erasures IN EXCLUSIVE MODE")
            .await
            .expect("is locked");
    }
    held
}

/// Queues commands while commits are held up, so that they share one; returns their answers. When the transaction shall be
/// lost, the server ends the connection that waits.
async fn together(db: &Db, commands: Vec<Note>, is_lost: bool) -> Vec<sqlx::Result<String>> {
    let mut held = hold_up(db).await;
    let tasks: Vec<_> = commands
        .into_iter()
        .map(|note| {
            let committer = db.committer.clone();
            tokio::spawn(async move { committer.run(note).await })
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    assert!(tasks.iter().all(|task| !task.is_finished()));
    if is_lost {
        let blocked = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity \
             WHERE pg_blocking_pids(pid) @> ARRAY[pg_backend_pid()]";
        let ended: Vec<bool> = held.query(blocked).scalars().await.expect("asks");
        assert_eq!(ended, [true]);
    }
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
    let (_dir, db) = new_database().await;
    let answers = together(
        &db,
        vec![
            note("a", false),
            note("b", true),
            note("a", false),
            note("c", false),
        ],
        false,
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
    let (_dir, db) = new_database().await;
    if let Pool::Postgres(_) = db.writer() {
        let notes_to_keep = vec![note("a", false), note("b", true), note("c", false)];
        let answers = together(&db, notes_to_keep, true).await;
        assert!(answers[0].is_ok() && answers[2].is_ok(), "{answers:?}");
        assert!(matches!(&answers[1], Err(sqlx::Error::Database(_))));
        assert_eq!(notes(&db).await, ["a", "c"]);
        return;
    }
    let pages: i64 = db
        .writer()
        .query("PRAGMA page_count")
        .scalar()
        .await
        .expect("reads");
    let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {pages}"));
    db.writer().query(limit).execute().await.expect("is set");
    let huge = "x".repeat(100_000);
    let answers = together(
        &db,
        vec![note("a", false), note(&huge, false), note("c", false)],
        false,
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
    let (_dir, db) = new_database().await;
    let held = hold_up(&db).await;
    let run = |note: Note| {
        let committer = db.committer.clone();
        tokio::spawn(async move { committer.run(note).await })
    };
    let first = run(note("first", false));
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    let waiting = run(note("a", false));
    tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    waiting.abort();
    assert!(waiting.await.is_err());
    drop(held);
    first.await.expect("ends").expect("is stored");
    db.committer.run(note("b", false)).await.expect("is stored");
    assert_eq!(notes(&db).await, ["b", "first"]);
}

#[tokio::test]
async fn a_closed_database_refuses_at_once() {
    let (_dir, db) = new_database().await;
    db.close().await;
    assert!(matches!(
        db.committer.run(note("a", false)).await,
        Err(sqlx::Error::PoolClosed)
    ));
}
