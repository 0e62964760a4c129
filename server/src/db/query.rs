//! One query for both databases: its text and its values are written once, and the driver of the database at hand is called
//! with its own types.

use sqlx::postgres::{PgArguments, PgRow};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Database, Decode, Encode, FromRow, Postgres, SqlSafeStr, Sqlite, Type};

/// What can be bound to a parameter.
pub trait Value<'v>:
    Encode<'v, Sqlite> + Type<Sqlite> + Encode<'v, Postgres> + Type<Postgres>
{
}

impl<'v, T> Value<'v> for T where
    T: Encode<'v, Sqlite> + Type<Sqlite> + Encode<'v, Postgres> + Type<Postgres>
{
}

/// What a row can be read as.
pub trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// What the only column of a row can be read as.
pub trait Scalar:
    for<'r> Decode<'r, Sqlite>
    + Type<Sqlite>
    + for<'r> Decode<'r, Postgres>
    + Type<Postgres>
    + Send
    + Unpin
{
}

impl<T> Scalar for T where
    T: for<'r> Decode<'r, Sqlite>
        + Type<Sqlite>
        + for<'r> Decode<'r, Postgres>
        + Type<Postgres>
        + Send
        + Unpin
{
}

/// A statement with what is bound to it, and where it runs.
///
/// Statements are portable: parameters are `$1`, `$2`…; whole numbers are `BIGINT`, so they are bound and read as `i64`;
/// sums are `CAST(SUM(…) AS BIGINT)`.
#[must_use = "a query does nothing until it is run"]
pub struct Query<'a>(Inner<'a>);

type OnSqlite = sqlx::query::Query<'static, Sqlite, SqliteArguments>;
type OnPostgres = sqlx::query::Query<'static, Postgres, PgArguments>;

enum Inner<'a> {
    Sqlite(OnSqlite, On<'a, Sqlite>),
    Postgres(OnPostgres, On<'a, Postgres>),
}

/// Where a query runs.
pub(super) enum On<'a, D: Database> {
    /// On any connection of a pool.
    Pool(&'a sqlx::Pool<D>),
    /// On this one.
    Connection(&'a mut D::Connection),
}

/// Runs a query, changed by `$change`, by the method of sqlx that is called `$method`.
macro_rules! run {
    ($query:ident, $method:ident, |$prepared:ident| $change:expr) => {
        match $query.0 {
            Inner::Sqlite($prepared, On::Pool(pool)) => $change.$method(pool).await?,
            Inner::Sqlite($prepared, On::Connection(connection)) => {
                $change.$method(connection).await?
            }
            Inner::Postgres($prepared, On::Pool(pool)) => $change.$method(pool).await?,
            Inner::Postgres($prepared, On::Connection(connection)) => {
                $change.$method(connection).await?
            }
        }
    };
}

impl<'a> Query<'a> {
    pub(super) fn on_sqlite(sql: impl SqlSafeStr, on: On<'a, Sqlite>) -> Self {
        Self(Inner::Sqlite(sqlx::query(sql), on))
    }

    pub(super) fn on_postgres(sql: impl SqlSafeStr, on: On<'a, Postgres>) -> Self {
        Self(Inner::Postgres(sqlx::query(sql), on))
    }

    /// Binds the next parameter.
    pub fn bind<'v>(self, value: impl Value<'v>) -> Self {
        Self(match self.0 {
            Inner::Sqlite(query, on) => Inner::Sqlite(query.bind(value), on),
            Inner::Postgres(query, on) => Inner::Postgres(query.bind(value), on),
        })
    }

    /// Runs it; says how many rows it changed.
    ///
    /// # Errors
    /// When the database fails or refuses.
    pub async fn execute(self) -> sqlx::Result<u64> {
        Ok(match self.0 {
            Inner::Sqlite(query, On::Pool(pool)) => query.execute(pool).await?.rows_affected(),
            Inner::Sqlite(query, On::Connection(connection)) => {
                query.execute(connection).await?.rows_affected()
            }
            Inner::Postgres(query, On::Pool(pool)) => query.execute(pool).await?.rows_affected(),
            Inner::Postgres(query, On::Connection(connection)) => {
                query.execute(connection).await?.rows_affected()
            }
        })
    }

    /// All rows.
    ///
    /// # Errors
    /// When the database fails, or does not hold what was written.
    pub async fn all<T: Record>(self) -> sqlx::Result<Vec<T>> {
        Ok(run!(self, fetch_all, |query| query
            .try_map(|row| T::from_row(&row))))
    }

    /// The only row.
    ///
    /// # Errors
    /// As [`Query::all`], or when there is no row.
    pub async fn one<T: Record>(self) -> sqlx::Result<T> {
        Ok(run!(self, fetch_one, |query| query
            .try_map(|row| T::from_row(&row))))
    }

    /// The only row, if there is one.
    ///
    /// # Errors
    /// As [`Query::all`].
    pub async fn optional<T: Record>(self) -> sqlx::Result<Option<T>> {
        Ok(run!(self, fetch_optional, |query| query
            .try_map(|row| T::from_row(&row))))
    }

    /// The first column of all rows.
    ///
    /// # Errors
    /// As [`Query::all`].
    pub async fn scalars<T: Scalar>(self) -> sqlx::Result<Vec<T>> {
        let rows = self.all::<(T,)>().await?;
        Ok(rows.into_iter().map(|(value,)| value).collect())
    }

    /// The first column of the only row.
    ///
    /// # Errors
    /// As [`Query::one`].
    pub async fn scalar<T: Scalar>(self) -> sqlx::Result<T> {
        self.one::<(T,)>().await.map(|(value,)| value)
    }

    /// The first column of the only row, if there is one.
    ///
    /// # Errors
    /// As [`Query::all`].
    pub async fn optional_scalar<T: Scalar>(self) -> sqlx::Result<Option<T>> {
        Ok(self.optional::<(T,)>().await?.map(|(value,)| value))
    }
}
