//! The tables of both databases are the same, and PostgreSQL's refuse what SQLite's do.

use palate_server::db::Db;
use palate_server::db::place::Place;

use crate::support::Fixture;
use crate::{folder, new_database};

#[tokio::test]
async fn both_have_the_same_columns_and_texts_sort_by_their_bytes() {
    let dir = folder();
    let server = Db::open(&Place::Server(new_database(&dir).await))
        .await
        .expect("opens");
    let file = Db::open(&Place::File(dir.path().join("palate.db")))
        .await
        .expect("opens");
    let there: Vec<(String, String, String, i64)> = server
        .reader()
        .query(
            "SELECT CAST(table_name AS TEXT), CAST(columns.column_name AS TEXT), \
             CASE data_type WHEN 'bigint' THEN 'INTEGER' ELSE UPPER(data_type) END, \
             CASE is_nullable WHEN 'NO' THEN CAST(1 AS BIGINT) ELSE 0 END FROM information_schema.columns \
             JOIN information_schema.tables USING (table_schema, table_name) \
             WHERE table_schema = current_schema() AND table_type = 'BASE TABLE' AND table_name <> '_sqlx_migrations' \
             ORDER BY CAST(table_name AS TEXT) COLLATE \"C\", CAST(columns.column_name AS TEXT) COLLATE \"C\"",
        )
        .all()
        .await
        .expect("reads");
    let here: Vec<(String, String, String, i64)> = file
        .reader()
        .query(
            "SELECT tables.name, columns.name, columns.type, columns.\"notnull\" FROM sqlite_master AS tables \
             JOIN pragma_table_info(tables.name) AS columns \
             WHERE tables.type = 'table' AND tables.name NOT IN ('_sqlx_migrations', 'sqlite_sequence') \
             ORDER BY 1, 2",
        )
        .all()
        .await
        .expect("reads");
    assert_eq!(there, here);
    let by_language: i64 = server
        .reader()
        .query(
            "SELECT COUNT(*) FROM information_schema.columns WHERE table_schema = current_schema() \
             AND table_name <> '_sqlx_migrations' AND data_type = 'text' AND collation_name IS DISTINCT FROM 'C'",
        )
        .scalar()
        .await
        .expect("reads");
    assert_eq!(by_language, 0);
    // Each index of one is an index of the other; constraints have names of their own.
    let named: Vec<String> = server
        .reader()
        .query(
            "SELECT CAST(indexname AS TEXT) FROM pg_indexes WHERE schemaname = current_schema() \
             AND indexname LIKE '%\\_by\\_%' ORDER BY CAST(indexname AS TEXT) COLLATE \"C\"",
        )
        .scalars()
        .await
        .expect("reads");
    let indexes: Vec<String> = file
        .reader()
        .query("SELECT name FROM sqlite_master WHERE type = 'index' AND name LIKE '%\\_by\\_%' ESCAPE '\\' ORDER BY name")
        .scalars()
        .await
        .expect("reads");
    assert_eq!(named, indexes);
}

#[tokio::test]
async fn judgments_and_consents_are_not_emptied() {
    let fixture = Fixture::new().await;
    fixture.contributor().await.vote().await;
    for statement in [
        "TRUNCATE judgments CASCADE",
        "TRUNCATE consents",
        "TRUNCATE users CASCADE",
    ] {
        let mut work = fixture.state.db.write().await.expect("begins");
        let error = work.run(statement).await.expect_err(statement);
        assert!(
            error.to_string().contains("append-only"),
            "{statement}: {error}"
        );
    }
}
