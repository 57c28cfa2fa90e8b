//! The common case on PostgreSQL: a batch of messages, all new, of people of whom nothing is learned. Two statements write it: one the messages and
//! what follows from them, one their events, which also looks for what had waited for them.
//!
//! It counts before it is known that each message is new. Where one is not, [`IngestError::NotAllNew`] has the batch rolled back and written step by
//! step. Rows are locked in the order of [`super::locks`]. What had waited is no part of the first statement, since a statement locks its tables before
//! any row, and the parking place comes after the conversations. It comes before the streams, and concerns the new messages only, which nobody else
//! can lock: so it may be applied behind them.

use std::sync::LazyLock;

use sqlx::Postgres;

use super::{
    Incoming, IncomingUpdate, IngestError, Round,
    messages::{self, New, Stored},
    parked::{self, TakenRow, Waited},
    people::{self, People, SeenRow},
    tally::{self, CountedRow},
    threads::Threads,
};
use crate::{
    DbError, DbResult, Millis,
    columns::{Bind as _, Parameters},
    ids::{AccountId, TenantId},
    sql::{Conn, Lend as _, Rows},
    streams::{BUMP, INSERT_BUMPED, Unnumbered},
    together::Together,
};

static STORE: LazyLock<Together> = LazyLock::new(|| {
    Together::new(
        &[
            ("stored", &messages::INSERT),
            ("seen", &people::COUNT),
            ("counted", &tally::COUNT),
        ],
        "SELECT counted.*, (SELECT count(*) FROM stored) AS stored, (SELECT count(*) FROM seen) AS seen FROM counted",
    )
});

/// A conversation as it stands, beside what the whole statement came to.
#[derive(sqlx::FromRow)]
struct Row {
    #[sqlx(flatten)]
    counted: CountedRow,
    stored: i64,
    seen: i64,
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
    let conversations = tally::count_rows(&new, people, round.now);
    let seen: Vec<SeenRow> = seen.iter().map(SeenRow::new).collect();
    let rows = run(round, &new, people, &seen, &conversations).await?;
    let (stored, counted) = rows.first().map_or((0, 0), |row| (row.stored, row.seen));
    if people.are_recalled() && usize::try_from(counted).ok() != Some(seen.len()) {
        return Err(IngestError::Outdated);
    }
    if rows.len() != conversations.len() || usize::try_from(stored).ok() != Some(new.len()) {
        return Err(IngestError::NotAllNew);
    }
    tally::check(&conversations, rows.iter().map(|row| &row.counted))?;
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
    conversations: &[tally::CountRow<'_>],
) -> DbResult<Vec<Row>> {
    let mut parameters = Parameters::<Postgres>::default();
    Rows(&messages::rows(new, people)).bind(&mut parameters, &&messages::INSERT)?;
    Rows(seen).bind(&mut parameters, &&people::COUNT)?;
    Rows(conversations).bind(&mut parameters, &&tally::COUNT)?;
    match round.tx.conn() {
        Conn::Postgres(conn) => STORE.fetch_all(conn, parameters).await,
        Conn::Sqlite(_) => Ok(Vec::new()),
    }
}

static ANNOUNCE: LazyLock<Together> = LazyLock::new(|| {
    Together::new(
        &[
            ("taken", &parked::TAKE),
            ("bumped", &BUMP),
            ("inserted", &INSERT_BUMPED),
        ],
        "SELECT id AS stream_id, head, NULL::text AS tenant_id, NULL::text AS account_id, NULL::text AS provider_id, NULL::text AS kind,
           NULL::bigint AS at, NULL::text AS detail FROM bumped
         UNION ALL SELECT NULL, NULL, tenant_id, account_id, provider_id, kind, at, detail FROM taken",
    )
});

/// The head of a stream, or what had waited for a message.
#[derive(sqlx::FromRow)]
struct Told {
    stream_id: Option<String>,
    head: Option<i64>,
    tenant_id: Option<TenantId>,
    account_id: Option<AccountId>,
    provider_id: Option<String>,
    kind: Option<String>,
    at: Option<Millis>,
    detail: Option<String>,
}

impl Told {
    fn head(&self) -> Option<(String, i64)> {
        Some((self.stream_id.clone()?, self.head?))
    }

    fn taken(self) -> Option<TakenRow> {
        let (tenant_id, account_id) = (self.tenant_id?, self.account_id?);
        let (provider_id, kind) = (self.provider_id?, self.kind?);
        Some((
            tenant_id,
            account_id,
            provider_id,
            kind,
            self.at?,
            self.detail,
        ))
    }
}

/// Stores the events recorded so far; returns what had waited for the messages.
pub(super) async fn announce(
    round: &mut Round<'_>,
    stored: &Stored<'_>,
) -> Result<Waited, IngestError> {
    let events = Unnumbered::new(round.tx.take_drafts(), round.now)?;
    let mut parameters = Parameters::<Postgres>::default();
    let keys = Rows(&parked::keys(stored)).bind(&mut parameters, &&parked::TAKE);
    keys.map_err(DbError::from)?;
    events.bind(&mut parameters)?;
    let told: Vec<Told> = match round.tx.conn() {
        Conn::Postgres(conn) => ANNOUNCE.fetch_all(conn, parameters).await?,
        Conn::Sqlite(_) => Vec::new(),
    };
    let heads = told.iter().filter_map(Told::head).collect();
    round.tx.hold(events.numbered(heads));
    Waited::sorted(told.into_iter().filter_map(Told::taken))
}
