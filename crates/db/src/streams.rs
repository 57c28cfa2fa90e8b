//! Numbered streams: appending events inside a transaction, reading them back by cursor, pruning by age.
//!
//! The number is taken by an UPDATE of the stream's row as the last thing before the commit: the row's lock makes numbers gapless and
//! puts commits in the same order, and it is held for the length of one insert and the commit.

mod append;
mod calls;
mod epoch;

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use crate::{
    Db, DbResult, Millis,
    event::Envelope,
    ids::{AccountId, TenantId, UserId},
    sql::{Rows, batch, execute, fetch_all, fetch_one, fetch_optional, id_rows},
};

pub(crate) use append::append;
pub use calls::{Calls, listen, notify};
pub use epoch::{ensure_epoch, replace_epoch, reset};

/// Most events that one read hands out.
pub const MAX_EVENTS: i64 = 500;

/// Most bytes of events that one answer holds, beyond its first event: an answer is one packet in somebody's queue.
const MAX_BYTES: usize = 4 * 1024 * 1024;

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

impl Since {
    /// Leaves out what goes beyond a budget of bytes, which is used up by the rest; one event always fits, so that everybody gets on.
    fn within(mut self, budget: &mut usize) -> Self {
        let mut kept = 0;
        for event in &self.events {
            let bytes = event.data.get().len();
            if kept > 0 && bytes > *budget {
                break;
            }
            *budget = budget.saturating_sub(bytes);
            kept += 1;
        }
        if kept < self.events.len() {
            self.events.truncate(kept);
            self.more = true;
            *budget = 0;
        }
        self
    }
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
    let mut bytes = MAX_BYTES;
    for (stream, after) in cursors {
        let head = heads.get(stream).copied().unwrap_or_default();
        let answer = if head == *after || budget == 0 || bytes == 0 {
            Since {
                stream_id: stream.clone(),
                events: Vec::new(),
                head,
                more: head != *after,
                reset: false,
            }
        } else {
            read_stream(db, stream, *after, head, budget)
                .await?
                .within(&mut bytes)
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
        .map(|(seq, kind, at, data)| Envelope::stored(seq, kind, at, data))
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

/// Number of events that are kept, for health. Numbers have no gaps, so each stream's head and its oldest event tell without counting.
pub async fn count(db: &Db) -> DbResult<i64> {
    let mut reader = db.read().await?;
    let (count,) = fetch_one!(
        &mut reader,
        (i64,),
        "SELECT CAST(COALESCE(sum(s.head + 1 - (SELECT min(e.seq) FROM events e WHERE e.stream_id = s.id)), 0) AS BIGINT) FROM streams s"
    )?;
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
