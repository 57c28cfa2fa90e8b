//! The common case on PostgreSQL: a batch of messages, all new, of people of whom nothing is learned. What follows from them is written by the
//! statement that stores them: one round trip instead of four.
//!
//! It counts before it is known that each message is new. Where one is not, [`IngestError::NotAllNew`] has the batch rolled back and written step by
//! step. Locks are taken in the order of [`super::locks`].

use std::sync::LazyLock;

use sqlx::Postgres;

use super::{
    Incoming, IncomingUpdate, IngestError, Round,
    messages::{self, New, Stored},
    parked::{self, TakenRow, Waited},
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
            ("waited", &parked::TAKE),
        ],
        "SELECT counted.*, (SELECT count(*) FROM stored) AS stored,
           (SELECT CAST(json_agg(json_build_array(tenant_id, account_id, provider_id, kind, at, detail)) AS TEXT) FROM waited) AS waited
         FROM counted",
    )
});

/// A conversation as it stands, beside what the whole statement came to.
#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    counted: CountedRow,
    stored: i64,
    /// Rows of what had waited, as JSON.
    waited: Option<String>,
}

/// Whether a batch is of this case, as far as can be told without asking.
pub(super) fn suits(
    round: &mut Round<'_>,
    batch: &[Incoming],
    new: &[New<'_>],
    people: &People,
) -> bool {
    matches!(round.tx.conn(), Conn::Postgres(_))
        && !new.is_empty()
        && batch
            .iter()
            .all(|incoming| matches!(incoming.update, IncomingUpdate::Message(_)))
        && !people.have_changed()
}

/// Stores messages and counts them with their people and conversations; returns besides what had waited for them.
pub(super) async fn store<'a>(
    round: &mut Round<'_>,
    new: Vec<New<'a>>,
    threads: &mut Threads,
    people: &mut People,
) -> Result<(Stored<'a>, Waited), IngestError> {
    let seen = people.see(&new);
    let conversations = threads::count_rows(&new, people, round.now);
    let seen: Vec<SeenRow> = seen.iter().map(SeenRow::new).collect();
    let rows = run(round, &new, people, &seen, &conversations).await?;
    let stored = rows.first().map_or(0, |row| row.stored);
    if rows.len() != conversations.len() || usize::try_from(stored).ok() != Some(new.len()) {
        return Err(IngestError::NotAllNew);
    }
    drop(conversations);
    let waited = rows.first().and_then(|row| row.waited.as_deref());
    let waited: Vec<TakenRow> = serde_json::from_str(waited.unwrap_or("[]"))?;
    let counted = rows.into_iter().map(|row| row.counted).collect();
    threads.take(counted, &new, people)?;
    let stored = Stored::with_media(round, new).await?;
    Ok((stored, parked::sort(waited)?))
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
    Rows(&parked::keys(new)).bind(&mut parameters, &&parked::TAKE)?;
    match round.tx.conn() {
        Conn::Postgres(conn) => STORE.fetch_all(conn, parameters).await,
        Conn::Sqlite(_) => Ok(Vec::new()),
    }
}
