//! Starting with a PostgreSQL server: what is made, and what is said when it cannot be.

use std::process::Command;

use palate_server::db::Db;
use palate_server::db::place::Place;

use crate::{folder, new_database, url};

async fn refusal(text: &str) -> String {
    let error = Db::open(&Place::Server(url(text)))
        .await
        .expect_err("is refused");
    format!("{error:#}")
}

#[tokio::test]
async fn servers_that_start_at_once_make_the_tables_once() {
    let dir = folder();
    let place = Place::Server(new_database(&dir).await);
    let mut starts = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let place = place.clone();
        starts.spawn(async move { Db::open(&place).await });
    }
    for db in starts.join_all().await {
        let db = db.expect("opens");
        db.ping().await.expect("answers");
        db.close().await;
    }
}

#[tokio::test]
async fn a_url_that_cannot_be_used_is_told_without_its_password() {
    for (text, words) in [
        ("mysql://ann:hunter2@db/palate", "begin with postgres://"),
        ("hunter2", "begin with postgres://"),
        ("postgres://ann:hunter2@:x/palate", "cannot be read"),
        ("postgres://ann:hunter2@127.0.0.1:1", "names no database"),
        (
            "postgres://ann:hunter2@127.0.0.1:1/palate",
            "cannot connect to the database \"palate\" of the PostgreSQL server at 127.0.0.1:1",
        ),
        (
            "postgres://ann:hunter2@127.0.0.1:1/palate?sslmode=hunter2",
            "cannot be read",
        ),
        (
            "postgres://ann:hunter2@127.0.0.1:1/palate?sslrootcert=/hunter2",
            "cannot connect",
        ),
    ] {
        let error = refusal(text).await;
        assert!(error.contains(words), "{text}: {error}");
        let shown = format!("{error} {:?}", Place::Server(url(text)));
        let said = shown.replace("/hunter2\"", "");
        assert!(!said.contains("hunter2"), "{shown}");
    }
}

#[tokio::test]
async fn a_missing_database_is_named() {
    let server = crate::database::server().expect("there is one");
    let missing = server.replacen("///postgres", "///nowhere", 1);
    let error = refusal(&missing).await;
    assert!(
        error.contains("\"nowhere\"") && error.contains("does not exist"),
        "{error}"
    );
}

#[tokio::test]
async fn a_database_of_a_newer_version_is_left_alone() {
    let dir = folder();
    let place = Place::Server(new_database(&dir).await);
    let db = Db::open(&place).await.expect("opens");
    let newer = "INSERT INTO _sqlx_migrations (version, description, success, checksum, execution_time) \
         VALUES (9999, 'of tomorrow', TRUE, '', 0)";
    db.writer().query(newer).execute().await.expect("is stored");
    db.close().await;
    let Place::Server(url) = &place else {
        unreachable!("it is a server");
    };
    let error = Db::open(&Place::Server(url.clone()))
        .await
        .expect_err("is refused");
    assert!(
        format!("{error:#}").contains("start a newer one"),
        "{error:#}"
    );
}

#[test]
fn the_command_line_never_repeats_the_url() {
    let palate = |arguments: &[&str]| {
        let out = Command::new(env!("CARGO_BIN_EXE_palate"))
            .args(arguments)
            .env(
                "PALATE_DATABASE_URL",
                "postgres://ann:hunter2@127.0.0.1:1/palate",
            )
            .env("RUST_LOG", "trace")
            .output()
            .expect("runs");
        let text = [out.stdout, out.stderr].concat();
        (
            out.status.success(),
            String::from_utf8_lossy(&text).into_owned(),
        )
    };
    for (arguments, words) in [
        (&["serve", "--help"][..], "PALATE_DATABASE_URL"),
        (&["purge"][..], "cannot connect"),
        (&["serve", "--nonsense"][..], "--nonsense"),
        (
            &["assess", "--database-url", "nonsense:hunter2"][..],
            "begin with postgres://",
        ),
        (
            &["backup", "--data-dir", "nowhere", "--out", "nowhere/file"][..],
            "pg_dump",
        ),
    ] {
        let (_, said) = palate(arguments);
        assert!(said.contains(words), "{arguments:?}: {said}");
        assert!(!said.contains("hunter2"), "{arguments:?}: {said}");
    }
}
