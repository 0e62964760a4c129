//! Rows that commands add: one insertion for each table and many commands, in the dialect of the database at hand.

use std::fmt::Write;
use std::iter::repeat_n;

use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Type};

use super::connection::Connection;
use super::query::Value;

/// Takes back what [`insert`] did before it failed.
pub(super) const TAKE_BACK: &str = "ROLLBACK TO command; RELEASE command";

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
    pub(super) const fn one(into: &'static str, columns: usize) -> Self {
        Self {
            into,
            columns,
            count: 1,
            otherwise: "",
        }
    }

    /// Appends the insertion of the rows of `commands` commands, for SQLite: parameters are counted by `?`, since it looks
    /// names up one by one.
    fn write_for_sqlite(&self, commands: usize, sql: &mut String) {
        sql.push_str("INSERT INTO ");
        sql.push_str(self.into);
        for row in 0..self.count * commands {
            sql.push_str(if row == 0 { " VALUES (?" } else { ", (?" });
            sql.extend(repeat_n(", ?", self.columns - 1));
            sql.push(')');
        }
        sql.push_str(self.otherwise);
        sql.push_str("; ");
    }

    /// The insertion of the rows of `commands` commands, for PostgreSQL.
    fn for_postgres(&self, commands: usize) -> String {
        let mut sql = format!("INSERT INTO {} VALUES ", self.into);
        for parameter in 0..self.count * commands * self.columns {
            let before = match (parameter, parameter % self.columns) {
                (0, _) => "($",
                (_, 0) => "), ($",
                _ => ", $",
            };
            // Writing to a text does not fail.
            let _ = write!(sql, "{before}{}", parameter + 1);
        }
        sql.push(')');
        sql.push_str(self.otherwise);
        sql
    }
}

/// What is bound to the parameters of insertions, in their order, or why it cannot be.
type Bound<A> = Result<A, BoxDynError>;

/// Takes the values of parameters, in their order.
#[derive(Debug)]
pub(super) enum Values<'a> {
    /// In the format of SQLite.
    Sqlite(&'a mut Bound<SqliteArguments>),
    /// In the format of PostgreSQL.
    Postgres(&'a mut Bound<PgArguments>),
}

impl Values<'_> {
    /// Binds the next parameter.
    pub(super) fn bind<'v>(&mut self, value: impl Value<'v>) -> &mut Self {
        match self {
            Values::Sqlite(bound) => add(bound, value),
            Values::Postgres(bound) => add(bound, value),
        }
        self
    }
}

fn add<'v, A, V>(bound: &mut Bound<A>, value: V)
where
    A: Arguments,
    V: Encode<'v, A::Database> + Type<A::Database>,
{
    if let Ok(arguments) = bound
        && let Err(error) = arguments.add(value)
    {
        *bound = Err(error);
    }
}

/// Inserts the rows of `tables` of `commands` commands inside a savepoint; `bind` binds the values of all commands for the
/// table of a number. When it fails, the savepoint is still open.
///
/// # Errors
/// When the database fails or refuses.
pub(super) async fn insert(
    connection: &mut Connection,
    tables: &[Rows],
    commands: usize,
    bind: impl Fn(usize, &mut Values<'_>),
) -> sqlx::Result<()> {
    match connection {
        // All at once: each trip to SQLite's thread costs more than the statement.
        Connection::Sqlite(connection) => {
            let mut sql = "SAVEPOINT command; ".to_owned();
            let mut bound = Ok(SqliteArguments::default());
            for (table, rows) in tables.iter().enumerate() {
                rows.write_for_sqlite(commands, &mut sql);
                bind(table, &mut Values::Sqlite(&mut bound));
            }
            sql.push_str("RELEASE command");
            sqlx::query_with(AssertSqlSafe(sql), bound.map_err(sqlx::Error::Encode)?)
                .execute(&mut **connection)
                .await?;
        }
        Connection::Postgres(connection) => {
            sqlx::raw_sql("SAVEPOINT command")
                .execute(&mut **connection)
                .await?;
            for (table, rows) in tables.iter().enumerate() {
                let mut bound = Ok(PgArguments::default());
                bind(table, &mut Values::Postgres(&mut bound));
                sqlx::query_with(
                    AssertSqlSafe(rows.for_postgres(commands)),
                    bound.map_err(sqlx::Error::Encode)?,
                )
                .execute(&mut **connection)
                .await?;
            }
            sqlx::raw_sql("RELEASE command")
                .execute(&mut **connection)
                .await?;
        }
    }
    Ok(())
}
