//! Rows that commands add: one insertion for each table and many commands, in the dialect of the database at hand.

use std::fmt::Write;
use std::iter::repeat_n;

use sqlx::error::BoxDynError;
use sqlx::postgres::PgArguments;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments, AssertSqlSafe, Encode, Type};

use super::connection::Connection;
use super::query::Value;

/// Takes back what [`insert`] did before it failed. Of savepoints of one name, the last one counts.
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

    /// Appends the insertion of the rows of `commands` commands, for PostgreSQL, after `bound` parameters. How many there are
    /// then.
    fn write_for_postgres(&self, commands: usize, bound: usize, sql: &mut String) -> usize {
        let values = self.count * commands * self.columns;
        // Writing to a text does not fail, here and below.
        let _ = write!(sql, "INSERT INTO {} VALUES ", self.into);
        for value in 0..values {
            let before = match (value, value % self.columns) {
                (0, _) => "($",
                (_, 0) => "), ($",
                _ => ", $",
            };
            let _ = write!(sql, "{before}{}", bound + value + 1);
        }
        sql.push(')');
        sql.push_str(self.otherwise);
        bound + values
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
            // It goes with the transaction: to release it would be another trip to the server.
            sqlx::raw_sql("SAVEPOINT command")
                .execute(&mut **connection)
                .await?;
            let (sql, bound) = for_postgres(tables, commands, bind);
            sqlx::query_with(AssertSqlSafe(sql), bound.map_err(sqlx::Error::Encode)?)
                .execute(&mut **connection)
                .await?;
        }
    }
    Ok(())
}

/// One statement for all tables, since each is a trip to the server. What it inserts must hold at its end only: keys to rows of
/// other tables are checked then, in whatever order the tables were filled.
fn for_postgres(
    tables: &[Rows],
    commands: usize,
    bind: impl Fn(usize, &mut Values<'_>),
) -> (String, Bound<PgArguments>) {
    let mut sql = String::new();
    let mut arguments = Ok(PgArguments::default());
    let mut bound = 0;
    for (table, rows) in tables.iter().enumerate() {
        let is_last = table + 1 == tables.len();
        let _ = match (table, is_last) {
            (_, true) => Ok(()),
            (0, _) => write!(sql, "WITH table_{table} AS ("),
            _ => write!(sql, "table_{table} AS ("),
        };
        bound = rows.write_for_postgres(commands, bound, &mut sql);
        if !is_last {
            sql.push(')');
            sql.push_str(if table + 2 == tables.len() { " " } else { ", " });
        }
        bind(table, &mut Values::Postgres(&mut arguments));
    }
    (sql, arguments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_once_for_the_rows_of_all_tables() {
        let tables = [
            Rows::one("a (x, y)", 2),
            Rows {
                count: 2,
                ..Rows::one("b (z)", 1)
            },
            Rows {
                otherwise: " ON CONFLICT DO NOTHING",
                ..Rows::one("c (z)", 1)
            },
        ];
        let text = |tables| for_postgres(tables, 1, |_, _| {}).0;
        assert_eq!(
            text(&tables),
            "WITH table_0 AS (INSERT INTO a (x, y) VALUES ($1, $2)), table_1 AS (INSERT INTO b (z) VALUES ($3), ($4)) \
             INSERT INTO c (z) VALUES ($5) ON CONFLICT DO NOTHING"
        );
        assert_eq!(text(&tables[..1]), "INSERT INTO a (x, y) VALUES ($1, $2)");
    }
}
