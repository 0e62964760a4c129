//! What generation cost: one row for each call, reserved before its answer is passed on and settled after it. No text.

use std::collections::HashMap;
use std::sync::Arc;

use palate_shared::ids::ModelId;
use sqlx::FromRow;

use super::Db;
use super::commit::Command;
use super::connection::Connection;
use super::insertion::{Rows, Values};
use super::users::has_left;
use crate::llm::budget::Sum;

/// A call that is about to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reservation {
    /// UUIDv7.
    pub id: String,
    /// Who asked; nobody for calls that the server makes by itself.
    pub user_id: Option<String>,
    /// For which generation.
    pub generation: Option<String>,
    /// The model.
    pub model: String,
    /// `answer`, `describe` or `probe`.
    pub purpose: &'static str,
    /// What it costs at most, as far as can be known.
    pub reserved_micro: u64,
    /// Now, milliseconds since the Unix epoch.
    pub at_ms: i64,
}

/// How storing a reservation ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It is on disk.
    Done,
    /// The person is not there any more.
    Gone,
}

/// A call that ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settlement {
    /// What was reserved.
    pub reservation: Reservation,
    /// What it cost.
    pub settled_micro: u64,
    /// Tokens read.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Whether tokens are our own estimate.
    pub is_estimated: bool,
    /// How it ended, as on the wire.
    pub finish: String,
    /// From the call to the first text, milliseconds.
    pub first_token_ms: Option<u32>,
    /// From the call to the end, milliseconds.
    pub duration_ms: u32,
}

/// A call as its person sees it.
#[derive(Clone, Debug, PartialEq, Eq, FromRow)]
pub struct LedgerRow {
    /// When, milliseconds since the Unix epoch.
    pub at_ms: i64,
    /// The model.
    pub model: String,
    /// `answer` or `describe`.
    pub purpose: String,
    /// Tokens read.
    pub input_tokens: i64,
    /// Tokens written.
    pub output_tokens: i64,
    /// What it cost.
    pub settled_micro: i64,
}

const COLUMNS: &str = "ledger (id, user_id, generation, model, purpose, state, reserved_micro, settled_micro, input_tokens, \
     output_tokens, is_estimated, finish, first_token_ms, duration_ms, at_ms, server)";

/// Databases count up to here.
fn whole(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

impl Reservation {
    fn bind_call(&self, values: &mut Values<'_>, user_id: Option<&String>) {
        values
            .bind(&self.id)
            .bind(user_id)
            .bind(self.generation.as_ref())
            .bind(&self.model)
            .bind(self.purpose);
    }
}

/// A reservation of a server.
struct Reserve {
    call: Reservation,
    server: Arc<str>,
}

impl Command for Reserve {
    type Answer = Reserved;

    fn rows(&self) -> Vec<Rows> {
        vec![Rows::one(COLUMNS, 16)]
    }

    fn bind(&self, _table: usize, values: &mut Values<'_>) {
        self.call.bind_call(values, self.call.user_id.as_ref());
        values
            .bind("reserved")
            .bind(whole(self.call.reserved_micro))
            .bind(0i64)
            .bind(0i64)
            .bind(0i64)
            .bind(0i64)
            .bind(None::<String>)
            .bind(None::<i64>)
            .bind(None::<i64>)
            .bind(self.call.at_ms)
            .bind(&*self.server);
    }

    fn done(self) -> Reserved {
        Reserved::Done
    }

    async fn obstacle(&self, connection: &mut Connection) -> sqlx::Result<Option<Reserved>> {
        let Some(user_id) = &self.call.user_id else {
            return Ok(None);
        };
        Ok(has_left(connection, user_id)
            .await?
            .then_some(Reserved::Gone))
    }
}

impl Command for Settlement {
    type Answer = ();

    fn rows(&self) -> Vec<Rows> {
        vec![Rows {
            otherwise: " ON CONFLICT (id) DO UPDATE SET state = excluded.state, settled_micro = excluded.settled_micro, \
                 input_tokens = excluded.input_tokens, output_tokens = excluded.output_tokens, \
                 is_estimated = excluded.is_estimated, finish = excluded.finish, \
                 first_token_ms = excluded.first_token_ms, duration_ms = excluded.duration_ms",
            ..Rows::one(COLUMNS, 16)
        }]
    }

    fn bind(&self, _table: usize, values: &mut Values<'_>) {
        // The row is there with its person, unless that person has left.
        self.reservation.bind_call(values, None);
        values
            .bind("settled")
            .bind(whole(self.reservation.reserved_micro))
            .bind(whole(self.settled_micro))
            .bind(whole(self.input_tokens))
            .bind(whole(self.output_tokens))
            .bind(i64::from(self.is_estimated))
            .bind(&self.finish)
            .bind(self.first_token_ms.map(i64::from))
            .bind(i64::from(self.duration_ms))
            .bind(self.reservation.at_ms)
            .bind(None::<String>);
    }

    fn done(self) {}

    async fn obstacle(&self, _: &mut Connection) -> sqlx::Result<Option<()>> {
        Ok(None)
    }
}

impl Db {
    /// Writes down a call before its answer is passed on.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn reserve(&self, reservation: Reservation) -> sqlx::Result<Reserved> {
        let server = self.server.clone();
        let call = reservation;
        self.committer.run(Reserve { call, server }).await
    }

    /// Writes down what a call cost.
    ///
    /// # Errors
    /// When the database fails; then it stays reserved.
    pub async fn settle(&self, settlement: Settlement) -> sqlx::Result<()> {
        self.committer.run(settlement).await
    }

    /// Counts in full what servers had reserved that ended without settling it. Says how many calls.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_lost(&self) -> sqlx::Result<u64> {
        let open = "SELECT DISTINCT server FROM ledger WHERE state = 'reserved'";
        let servers: Vec<Option<String>> = self.reader().query(open).scalars().await?;
        let mut lost = 0;
        for server in servers {
            if let Some(name) = &server
                && self.is_present(name).await?
            {
                continue;
            }
            let mut tx = self.write().await?;
            lost += tx
                .query(
                    "UPDATE ledger SET state = 'lost', settled_micro = reserved_micro, is_estimated = 1 \
                     WHERE state = 'reserved' AND server IS NOT DISTINCT FROM $1",
                )
                .bind(server)
                .execute()
                .await?;
            tx.commit().await?;
        }
        Ok(lost)
    }

    /// What others than this process have spent and set aside from `since_ms` on: in all, by person and by model.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn spent_elsewhere_since(
        &self,
        since_ms: i64,
    ) -> sqlx::Result<(Sum, HashMap<String, Sum>, HashMap<ModelId, Sum>)> {
        let rows: Vec<(Option<String>, String, i64, i64)> = self.reader().query(
            "SELECT user_id, model, \
             CAST(SUM(CASE WHEN state = 'reserved' THEN reserved_micro ELSE settled_micro END) AS BIGINT), \
             COUNT(DISTINCT generation) FROM ledger \
             WHERE at_ms >= $1 AND server IS DISTINCT FROM $2 GROUP BY user_id, model",
        )
        .bind(since_ms)
        .bind(&*self.server)
        .all()
        .await?;
        let (mut total, mut persons, mut models) = (Sum::default(), HashMap::new(), HashMap::new());
        for (person, model, micro, generations) in rows {
            let add = |sum: &mut Sum| {
                sum.micro += micro.unsigned_abs();
                sum.generations += generations.unsigned_abs();
            };
            add(&mut total);
            add(models.entry(ModelId(model)).or_default());
            if let Some(person) = person {
                add(persons.entry(person).or_default());
            }
        }
        Ok((total, persons, models))
    }

    /// Calls that a person asked for, oldest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn calls_of(&self, user_id: &str) -> sqlx::Result<Vec<LedgerRow>> {
        self.reader().query(
            "SELECT at_ms, model, purpose, input_tokens, output_tokens, settled_micro FROM ledger \
             WHERE user_id = $1 ORDER BY at_ms, id",
        )
        .bind(user_id)
        .all()
        .await
    }
}
