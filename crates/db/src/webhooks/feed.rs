//! From the log into deliveries. Events are read without a lock; what becomes of them is written together with the cursors, if those still stand
//! where they were read from and nobody changed the webhook: so an event becomes one delivery, whoever else reads the same.

use super::{NewDelivery, SealedWebhook, deliveries};
use crate::{
    Db, DbResult, Millis, Tx,
    event::Envelope,
    ids::{AccountId, TenantId},
    sql::{execute, fetch_all, fetch_one},
};

/// Events of a stream after a cursor.
#[derive(Debug)]
pub struct Page {
    /// Those of the wanted types, in number order.
    pub events: Vec<Envelope>,
    /// What is behind this number was not looked at.
    pub until: i64,
    /// The cursor is older than the log: what was between is gone.
    pub reset: bool,
}

/// Events of a tenant's stream after a number and up to another, of some types: a list as `,one,two,`, or `*`. At most `limit`.
pub async fn read(
    db: &Db,
    tenant_id: &TenantId,
    stream: &str,
    (after, head): (i64, i64),
    types: &str,
    limit: i64,
) -> DbResult<Page> {
    let mut reader = db.read().await?;
    let (first,) = fetch_one!(
        &mut reader,
        (Option<i64>,),
        "SELECT min(seq) FROM events WHERE stream_id = $1",
        stream
    )?;
    if first.is_none_or(|first| first > after + 1) {
        return Ok(Page {
            events: Vec::new(),
            until: first.map_or(head, |first| first - 1),
            reset: true,
        });
    }
    let rows = fetch_all!(
        &mut reader,
        (i64, String, Millis, String),
        "SELECT e.seq, e.type, e.at, e.data FROM events e JOIN streams s ON s.id = e.stream_id AND s.tenant_id = $6
         WHERE e.stream_id = $1 AND e.seq > $2 AND e.seq <= $3 AND ($4 = '*' OR $4 LIKE '%,' || e.type || ',%') ORDER BY e.seq LIMIT $5",
        stream,
        after,
        head,
        types,
        limit,
        tenant_id
    )?;
    let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows >= limit);
    let until = rows.last().map_or(head, |row| row.0);
    let events = rows
        .into_iter()
        .map(|(seq, kind, at, data)| Envelope::stored(seq, kind, at, data))
        .collect::<DbResult<Vec<_>>>()?;
    Ok(Page {
        events,
        until: if is_full { until } else { head },
        reset: false,
    })
}

/// What was read for a webhook.
#[derive(Debug, Default)]
pub struct Fed {
    /// Streams, from where they were read (`None`: the webhook had no cursor), and up to where.
    pub cursors: Vec<(String, Option<i64>, i64)>,
    /// What it is to be told.
    pub deliveries: Vec<NewDelivery>,
    /// Accounts that it will have been told are down.
    pub down_accounts: Vec<AccountId>,
}

/// Writes what was read for a webhook. `false` where it was changed, or claimed by another node, or fed otherwise meanwhile: then nothing may be
/// committed, and it is read again.
pub async fn feed(
    tx: &mut Tx,
    sealed: &SealedWebhook,
    node_id: &str,
    fed: &Fed,
    now: Millis,
) -> DbResult<bool> {
    let (tenant_id, id) = (&sealed.tenant_id, &sealed.webhook.id);
    let alone = !tx.is_postgres();
    let held = execute!(
        tx,
        "UPDATE webhooks SET down_accounts = $5 WHERE tenant_id = $1 AND id = $2 AND version = $3 AND enabled AND ($6 OR claimed_by = $4)",
        tenant_id,
        id,
        sealed.version,
        node_id,
        serde_json::to_string(&fed.down_accounts)?,
        alone
    )?;
    if held == 0 {
        return Ok(false);
    }
    for (stream, from, until) in &fed.cursors {
        let moved = match from {
            Some(from) => execute!(
                tx,
                "UPDATE webhook_cursors SET seq = $5 WHERE webhook_id = $1 AND stream_id = $2 AND tenant_id = $3 AND seq = $4",
                id,
                stream,
                tenant_id,
                *from,
                *until
            )?,
            None => execute!(
                tx,
                "INSERT INTO webhook_cursors (webhook_id, stream_id, tenant_id, seq) VALUES ($1, $2, $3, $4)
                 ON CONFLICT (webhook_id, stream_id) DO NOTHING",
                id,
                stream,
                tenant_id,
                *until
            )?,
        };
        if moved == 0 {
            return Ok(false);
        }
    }
    deliveries::insert_waiting(tx, sealed, &fed.deliveries, now).await?;
    Ok(true)
}
