//! Numbered streams: appending events inside a transaction, reading them back by cursor, pruning by age.
//!
//! The number is taken by an UPDATE of the stream's row as the last thing before the commit: the row's lock makes numbers gapless and
//! puts commits in the same order, and it is held for the length of one insert and the commit.

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use serde::Serialize;
use serde_json::value::RawValue;

use crate::{
    Db, DbResult, Millis, Tx,
    event::{Committed, Draft, Envelope},
    ids::{AccountId, TenantId, UserId},
    sql::{Rows, batch, execute, fetch_all, fetch_one, fetch_optional, id_rows},
};

/// Most events that one read hands out.
pub const MAX_EVENTS: i64 = 500;

batch!(
    BUMP,
    "INSERT INTO streams (id, tenant_id, head)
     SELECT r.id, r.tenant_id, r.n FROM {rows: id TEXT, tenant_id TEXT, n BIGINT} WHERE true ORDER BY r.id
     ON CONFLICT (id) DO UPDATE SET head = streams.head + excluded.head
     RETURNING id, head"
);

batch!(
    INSERT,
    "INSERT INTO events (stream_id, seq, type, at, data)
     SELECT r.stream_id, r.seq, r.type, r.at, r.data
     FROM {rows: stream_id TEXT, seq BIGINT, type TEXT, at BIGINT, data TEXT}"
);

#[derive(Serialize)]
struct BumpRow<'a> {
    id: &'a str,
    tenant_id: &'a str,
    n: i64,
}

#[derive(Serialize)]
struct EventRow<'a> {
    stream_id: &'a str,
    seq: i64,
    r#type: &'a str,
    at: Millis,
    data: &'a str,
}

/// Numbers and stores events; called by the commit only.
pub(crate) async fn append(
    tx: &mut Tx,
    drafts: Vec<Draft>,
    now: Millis,
) -> DbResult<Vec<Committed>> {
    if drafts.is_empty() {
        return Ok(Vec::new());
    }
    let mut counts: BTreeMap<String, (TenantId, i64)> = BTreeMap::new();
    let mut drafted = Vec::with_capacity(drafts.len());
    for draft in drafts {
        let stream = draft.stream_id();
        let raw: Arc<RawValue> = Arc::from(draft.event.data()?);
        counts
            .entry(stream.clone())
            .or_insert_with(|| (draft.tenant_id.clone(), 0))
            .1 += 1;
        drafted.push((stream, draft.event.name(), raw));
    }
    let mut next = take_numbers(tx, &counts).await?;
    let mut committed = Vec::with_capacity(drafted.len());
    for (stream, kind, data) in drafted {
        let Some((stream_id, seq)) = next.get_mut(&stream) else {
            continue;
        };
        *seq += 1;
        let envelope = Envelope {
            seq: *seq,
            kind: kind.to_owned(),
            at: now,
            data,
        };
        committed.push(Committed {
            stream_id: Arc::clone(stream_id),
            envelope,
        });
    }
    store(tx, &committed).await?;
    Ok(committed)
}

/// For each stream its shared name and the number before the first new event.
async fn take_numbers(
    tx: &mut Tx,
    counts: &BTreeMap<String, (TenantId, i64)>,
) -> DbResult<HashMap<String, (Arc<str>, i64)>> {
    use crate::Id;
    let rows: Vec<BumpRow> = counts
        .iter()
        .map(|(id, (tenant, n))| BumpRow {
            id,
            tenant_id: tenant.as_str(),
            n: *n,
        })
        .collect();
    let heads = fetch_all!(tx, (String, i64), &BUMP, Rows(&rows))?;
    Ok(heads
        .into_iter()
        .map(|(id, head)| {
            let taken = counts.get(&id).map_or(0, |(_, n)| *n);
            (id.clone(), (Arc::from(id), head - taken))
        })
        .collect())
}

async fn store(tx: &mut Tx, committed: &[Committed]) -> DbResult<()> {
    let rows: Vec<EventRow> = committed
        .iter()
        .map(|event| EventRow {
            stream_id: &event.stream_id,
            seq: event.envelope.seq,
            r#type: &event.envelope.kind,
            at: event.envelope.at,
            data: event.envelope.data.get(),
        })
        .collect();
    execute!(tx, &INSERT, Rows(&rows)).map(drop)
}

/// Events of one stream after a cursor.
#[derive(Debug, Clone)]
pub struct Since {
    /// The stream.
    pub stream_id: String,
    /// In number order.
    pub events: Vec<Envelope>,
    /// Number of the stream's last event when this was read.
    pub head: i64,
    /// Whether there is more after these.
    pub more: bool,
    /// The cursor is older than the log: load everything again and go on from `head`.
    pub reset: bool,
}

/// The streams that a user may follow: the tenant's, their own, and those of the accounts they may see.
pub fn visible(tenant_id: &TenantId, user_id: &UserId, accounts: &[AccountId]) -> Vec<String> {
    let fixed = [format!("tenant:{tenant_id}"), format!("user:{user_id}")];
    fixed
        .into_iter()
        .chain(accounts.iter().map(|id| format!("account:{id}")))
        .collect()
}

/// Last numbers of some streams of a tenant; a stream without events has 0.
pub async fn heads(
    db: &Db,
    tenant_id: &TenantId,
    streams: &[String],
) -> DbResult<BTreeMap<String, i64>> {
    batch!(
        HEADS,
        "SELECT s.id, s.head FROM {rows: id TEXT} JOIN streams s ON s.id = r.id WHERE s.tenant_id = $2"
    );
    let mut reader = db.read().await?;
    let found = fetch_all!(
        &mut reader,
        (String, i64),
        &HEADS,
        Rows(&id_rows(streams)),
        tenant_id
    )?;
    let mut heads: BTreeMap<String, i64> =
        streams.iter().map(|stream| (stream.clone(), 0)).collect();
    heads.extend(found);
    Ok(heads)
}

/// What a client with these cursors has missed, at most `limit` events of all streams together. The caller has checked that it may see the streams.
pub async fn since(
    db: &Db,
    tenant_id: &TenantId,
    cursors: &BTreeMap<String, i64>,
    limit: i64,
) -> DbResult<Vec<Since>> {
    let streams: Vec<String> = cursors.keys().cloned().collect();
    let heads = heads(db, tenant_id, &streams).await?;
    let mut missed = Vec::with_capacity(cursors.len());
    let mut budget = limit.clamp(1, MAX_EVENTS);
    for (stream, after) in cursors {
        let head = heads.get(stream).copied().unwrap_or_default();
        let answer = if head == *after || budget == 0 {
            Since {
                stream_id: stream.clone(),
                events: Vec::new(),
                head,
                more: head != *after,
                reset: false,
            }
        } else {
            read_stream(db, stream, *after, head, budget).await?
        };
        budget -= i64::try_from(answer.events.len()).unwrap_or(i64::MAX);
        missed.push(answer);
    }
    Ok(missed)
}

async fn read_stream(db: &Db, stream: &str, after: i64, head: i64, limit: i64) -> DbResult<Since> {
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        (i64, String, Millis, String),
        "SELECT seq, type, at, data FROM events WHERE stream_id = $1 AND seq > $2 ORDER BY seq LIMIT $3",
        stream,
        after,
        limit
    )?;
    // A cursor from the future belongs to another life of the database (a restored backup): nothing can be proven from it.
    let first = rows.first().map(|row| row.0);
    let reset = after > head || after < 0 || first.map_or(head > after, |first| first != after + 1);
    if reset {
        return Ok(Since {
            stream_id: stream.to_owned(),
            events: Vec::new(),
            head,
            more: false,
            reset,
        });
    }
    let events = rows
        .into_iter()
        .map(|(seq, kind, at, data)| {
            Ok(Envelope {
                seq,
                kind,
                at,
                data: Arc::from(RawValue::from_string(data)?),
            })
        })
        .collect::<DbResult<Vec<_>>>()?;
    let last = events.last().map_or(after, |event| event.seq);
    Ok(Since {
        stream_id: stream.to_owned(),
        events,
        head: head.max(last),
        more: last < head,
        reset,
    })
}

/// Heads of all streams with news since the given ones: how a node learns what other nodes committed.
pub async fn moved(db: &Db, known: &HashMap<String, i64>) -> DbResult<Vec<(String, i64)>> {
    batch!(
        MOVED,
        "SELECT s.id, s.head FROM {rows: id TEXT, head BIGINT} JOIN streams s ON s.id = r.id WHERE s.head > r.head"
    );
    #[derive(Serialize)]
    struct Row<'a> {
        id: &'a str,
        head: i64,
    }
    let rows: Vec<Row> = known
        .iter()
        .map(|(id, head)| Row { id, head: *head })
        .collect();
    let mut reader = db.read().await?;
    fetch_all!(&mut reader, (String, i64), &MOVED, Rows(&rows))
}

/// Events of one stream after a number, for the node's own dispatcher.
pub async fn tail(db: &Db, stream: &str, after: i64, head: i64) -> DbResult<Since> {
    read_stream(db, stream, after, head, MAX_EVENTS).await
}

/// Deletes events older than a time; at most `limit` of each stream in one go, so that writers wait little. Returns whether there may be more.
///
/// A stream is in the order of time, so that its oldest events are found by number and times need no index.
pub async fn prune(db: &Db, before: Millis, limit: i64) -> DbResult<bool> {
    let mut reader = db.read().await?;
    let streams = fetch_all!(&mut reader, (String,), "SELECT id FROM streams")?;
    drop(reader);
    let mut more = false;
    for (stream,) in streams {
        let mut tx = db.begin().await?;
        let gone = execute!(
            &mut tx,
            "DELETE FROM events WHERE stream_id = $1 AND at < $2
               AND seq IN (SELECT seq FROM events WHERE stream_id = $1 ORDER BY seq LIMIT $3)",
            &stream,
            before,
            limit
        )?;
        tx.commit(before).await?;
        more |= i64::try_from(gone).is_ok_and(|gone| gone == limit);
    }
    Ok(more)
}

/// Number of events that are kept, for health.
pub async fn count(db: &Db) -> DbResult<i64> {
    let mut reader = db.read().await?;
    let (count,) = fetch_one!(&mut reader, (i64,), "SELECT count(*) FROM events")?;
    Ok(count)
}

/// Number of a stream's last event; 0 before the first.
pub async fn head(db: &Db, stream: &str) -> DbResult<i64> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (i64,),
        "SELECT head FROM streams WHERE id = $1",
        stream
    )?;
    Ok(found.map_or(0, |(head,)| head))
}

/// The cursor before the first event that the log still has of a stream.
pub async fn before_first(db: &Db, stream: &str) -> DbResult<i64> {
    let mut reader = db.read().await?;
    let (first,) = fetch_one!(
        &mut reader,
        (Option<i64>,),
        "SELECT min(seq) FROM events WHERE stream_id = $1",
        stream
    )?;
    Ok(match first {
        Some(first) => first - 1,
        None => head(db, stream).await?,
    })
}

/// Says something to all nodes on one PostgreSQL; on SQLite there is nobody to hear it.
pub async fn notify(db: &Db, channel: &str, payload: &str) -> DbResult<()> {
    let Some(pool) = db.postgres() else {
        return Ok(());
    };
    sqlx::query("SELECT pg_notify($1, $2)")
        .bind(channel)
        .bind(payload)
        .execute(pool)
        .await?;
    Ok(())
}

/// What nodes say to one another, as it is heard.
pub struct Calls(sqlx::postgres::PgListener);

/// Starts to listen.
///
/// # Errors
/// [`DbError::NotFound`](crate::DbError::NotFound) on SQLite.
pub async fn listen(db: &Db, channel: &str) -> DbResult<Calls> {
    let pool = db.postgres().ok_or(crate::DbError::NotFound)?;
    let mut listener = sqlx::postgres::PgListener::connect_with(pool).await?;
    listener.listen(channel).await?;
    Ok(Calls(listener))
}

impl Calls {
    /// The next call.
    ///
    /// # Errors
    /// When the connection is lost; calls may have been missed then.
    pub async fn next(&mut self) -> DbResult<String> {
        Ok(self.0.recv().await?.payload().to_owned())
    }
}
