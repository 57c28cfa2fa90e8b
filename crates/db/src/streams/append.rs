//! Appending: numbers are taken and events stored as the last thing before a commit. On PostgreSQL that is one statement, one round trip for which the
//! streams' rows are locked.

use std::{
    collections::{BTreeMap, HashMap},
    sync::{Arc, LazyLock},
};

use serde::Serialize;
use serde_json::value::RawValue;
use sqlx::Postgres;

use crate::{
    DbResult, Id, Millis, Tx,
    columns::{Bind, Parameters},
    event::{Committed, Draft, Envelope},
    ids::TenantId,
    sql::{Conn, Lend, Rows, batch, execute, fetch_all},
    together::Together,
};

batch!(
    pub(crate) BUMP,
    "INSERT INTO streams (id, tenant_id, head)
     SELECT r.id, r.tenant_id, r.n FROM {rows: id TEXT, tenant_id TEXT, n BIGINT} WHERE true ORDER BY r.id
     ON CONFLICT (id) DO UPDATE SET head = streams.head + excluded.head
     RETURNING id, head"
);

/// An event's number is its stream's head as it is now, less the events that come behind it.
macro_rules! insert {
    ($visibility:vis $name:ident, $streams:literal) => {
        batch!(
            $visibility $name,
            concat!(
                "INSERT INTO events (stream_id, seq, type, at, data)
                 SELECT r.stream_id, s.head - r.behind, r.type, r.at, r.data
                 FROM {rows: stream_id TEXT, behind BIGINT, type TEXT, at BIGINT, data TEXT} JOIN ",
                $streams,
                " s ON s.id = r.stream_id"
            )
        );
    };
}
insert!(INSERT, "streams");
// Behind a part of the same statement that is named `bumped`.
insert!(pub(crate) INSERT_BUMPED, "bumped");

static BUMP_AND_INSERT: LazyLock<Together> = LazyLock::new(|| {
    Together::new(
        &[("bumped", &BUMP), ("inserted", &INSERT_BUMPED)],
        "SELECT id, head FROM bumped",
    )
});

#[derive(Serialize)]
struct BumpRow<'a> {
    id: &'a str,
    tenant_id: &'a str,
    n: i64,
}

#[derive(Serialize)]
struct EventRow<'a> {
    stream_id: &'a str,
    behind: i64,
    r#type: &'a str,
    at: Millis,
    data: &'a str,
}

/// An event on its way into its stream.
struct Drafted {
    stream: String,
    name: &'static str,
    data: Arc<RawValue>,
    /// Its place among the new events of its stream, from 1.
    place: i64,
}

/// A stream that gets events: whose it is, and how many.
type Counts = BTreeMap<String, (TenantId, i64)>;

/// Events that are to be numbered and stored.
pub(crate) struct Unnumbered {
    counts: Counts,
    drafted: Vec<Drafted>,
    now: Millis,
}

impl Unnumbered {
    pub(crate) fn new(drafts: Vec<Draft>, now: Millis) -> DbResult<Self> {
        let mut counts = Counts::new();
        let mut drafted = Vec::with_capacity(drafts.len());
        for draft in drafts {
            let stream = draft.stream_id();
            let data: Arc<RawValue> = Arc::from(draft.event.data()?);
            let (_, count) = counts
                .entry(stream.clone())
                .or_insert_with(|| (draft.tenant_id.clone(), 0));
            *count += 1;
            drafted.push(Drafted {
                stream,
                name: draft.event.name(),
                data,
                place: *count,
            });
        }
        Ok(Self {
            counts,
            drafted,
            now,
        })
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.drafted.is_empty()
    }

    /// As parameters of [`BUMP`] and behind it [`INSERT_BUMPED`], parts of one statement.
    pub(crate) fn bind(&self, parameters: &mut Parameters<Postgres>) -> DbResult<()> {
        Rows(&self.bumps()).bind(parameters, &&BUMP)?;
        Rows(&self.events()).bind(parameters, &&INSERT_BUMPED)?;
        Ok(())
    }

    /// With their numbers, by their streams' new heads.
    pub(crate) fn numbered(self, heads: Vec<(String, i64)>) -> Vec<Committed> {
        let heads: HashMap<String, (Arc<str>, i64)> = heads
            .into_iter()
            .map(|(id, head)| (id.clone(), (Arc::from(id), head)))
            .collect();
        let counts = self.counts;
        let committed = self.drafted.into_iter().filter_map(|drafted| {
            let (stream_id, head) = heads.get(&drafted.stream)?;
            Some(Committed {
                stream_id: Arc::clone(stream_id),
                envelope: Envelope {
                    seq: head - behind(&drafted, &counts),
                    kind: drafted.name.to_owned(),
                    at: self.now,
                    data: drafted.data,
                },
            })
        });
        committed.collect()
    }

    fn bumps(&self) -> Vec<BumpRow<'_>> {
        let counts = self.counts.iter();
        counts
            .map(|(id, (tenant, n))| BumpRow {
                id,
                tenant_id: tenant.as_str(),
                n: *n,
            })
            .collect()
    }

    fn events(&self) -> Vec<EventRow<'_>> {
        let drafted = self.drafted.iter();
        drafted
            .map(|drafted| EventRow {
                stream_id: &drafted.stream,
                behind: behind(drafted, &self.counts),
                r#type: drafted.name,
                at: self.now,
                data: drafted.data.get(),
            })
            .collect()
    }
}

/// Numbers and stores events, as the last thing before a commit.
pub(crate) async fn append(
    tx: &mut Tx,
    drafts: Vec<Draft>,
    now: Millis,
) -> DbResult<Vec<Committed>> {
    let events = Unnumbered::new(drafts, now)?;
    if events.is_empty() {
        return Ok(Vec::new());
    }
    let heads = store(tx, &events).await?;
    Ok(events.numbered(heads))
}

/// How many of its stream's new events come behind an event.
fn behind(drafted: &Drafted, counts: &Counts) -> i64 {
    let count = counts.get(&drafted.stream).map_or(0, |(_, count)| *count);
    count - drafted.place
}

/// Returns the streams' new heads.
async fn store(tx: &mut Tx, events: &Unnumbered) -> DbResult<Vec<(String, i64)>> {
    if let Conn::Postgres(conn) = tx.conn() {
        let mut parameters = Parameters::<Postgres>::default();
        events.bind(&mut parameters)?;
        return BUMP_AND_INSERT.fetch_all(conn, parameters).await;
    }
    let heads = fetch_all!(tx, (String, i64), &BUMP, Rows(&events.bumps()))?;
    execute!(tx, &INSERT, Rows(&events.events()))?;
    Ok(heads)
}
