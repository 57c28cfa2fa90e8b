//! The common case on PostgreSQL: a batch of messages, all new, of people of whom nothing is learned. What follows from them is written by the
//! statement that stores them: one round trip instead of three.
//!
//! It counts before it is known that each message is new. Where one is not, [`IngestError::NotAllNew`] has the batch rolled back and written step by
//! step. Rows are locked in the order of [`super::locks`]; what had waited for the messages is no part of it, since a statement locks its tables
//! before any row, and the parking place comes after the conversations.

use std::sync::LazyLock;

use sqlx::Postgres;

use super::{
    Incoming, IncomingUpdate, IngestError, Round,
    messages::{self, New, Stored},
    people::{self, People, SeenRow},
    threads::{self, CountedRow, Threads},
};
use crate::{
    DbResult,
    columns::{Bind as _, Parameters},
    sql::{Conn, Lend as _, Rows},
    together::Together,
};

static STORE: LazyLock<Together> = LazyLock::new(|| {
    Together::new(
        &[
            ("stored", &messages::INSERT),
            ("seen", &people::COUNT),
            ("counted", &threads::COUNT),
        ],
        "SELECT counted.*, (SELECT count(*) FROM stored) AS stored FROM counted",
    )
});

/// A conversation as it stands, beside what the whole statement came to.
#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    counted: CountedRow,
    stored: i64,
}

/// Whether a batch is of this case, as far as can be told without asking.
pub(super) fn suits(
    round: &Round<'_>,
    batch: &[Incoming],
    new: &[New<'_>],
    people: &People,
) -> bool {
    round.tx.is_postgres()
        && !new.is_empty()
        && batch
            .iter()
            .all(|incoming| matches!(incoming.update, IncomingUpdate::Message(_)))
        && !people.have_changed()
}

/// Stores messages and counts them with their people and conversations.
pub(super) async fn store<'a>(
    round: &mut Round<'_>,
    new: Vec<New<'a>>,
    threads: &mut Threads,
    people: &mut People,
) -> Result<Stored<'a>, IngestError> {
    let seen = people.see(&new);
    let conversations = threads::count_rows(&new, people, round.now);
    let seen: Vec<SeenRow> = seen.iter().map(SeenRow::new).collect();
    let rows = run(round, &new, people, &seen, &conversations).await?;
    let stored = rows.first().map_or(0, |row| row.stored);
    if rows.len() != conversations.len() || usize::try_from(stored).ok() != Some(new.len()) {
        return Err(IngestError::NotAllNew);
    }
    drop(conversations);
    let counted = rows.into_iter().map(|row| row.counted).collect();
    threads.take(counted, &new, people)?;
    Stored::with_media(round, new).await
}

async fn run(
    round: &mut Round<'_>,
    new: &[New<'_>],
    people: &People,
    seen: &[SeenRow<'_>],
    conversations: &[threads::CountRow<'_>],
) -> DbResult<Vec<Row>> {
    let mut parameters = Parameters::<Postgres>::default();
    Rows(&messages::rows(new, people)).bind(&mut parameters, &&messages::INSERT)?;
    Rows(seen).bind(&mut parameters, &&people::COUNT)?;
    Rows(conversations).bind(&mut parameters, &&threads::COUNT)?;
    match round.tx.conn() {
        Conn::Postgres(conn) => STORE.fetch_all(conn, parameters).await,
        Conn::Sqlite(_) => Ok(Vec::new()),
    }
}
