//! How far each webhook has taken each stream.

use serde::Serialize;

use super::SealedWebhook;
use crate::{
    Db, DbResult, Engine, Id, Millis, Tx,
    ids::{AccountId, TenantId, WebhookId},
    sql::{Rows, batch, execute, fetch_all, id_rows},
};

/// A stream with news for a webhook.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Behind {
    /// The webhook.
    pub webhook_id: WebhookId,
    /// The stream.
    pub stream_id: String,
    /// Number of the stream's last event.
    pub head: i64,
    /// Number of the last event that was taken; `None` for a stream that is new to the webhook.
    pub cursor: Option<i64>,
}

/// Whether a webhook that is told of these accounts (none: all) follows a stream. Streams of users are their own business.
pub fn follows(account_ids: &[AccountId], stream: &str) -> bool {
    match stream.split_once(':') {
        Some(("tenant", _)) => true,
        Some(("account", id)) => {
            account_ids.is_empty() || account_ids.iter().any(|one| one.as_str() == id)
        }
        _ => false,
    }
}

/// Streams with news for a node's webhooks, over all tenants. One read, whatever their number.
pub async fn list_behind(db: &Db, node_id: &str) -> DbResult<Vec<Behind>> {
    let mut reader = db.read().await?;
    let alone = db.engine() == Engine::Sqlite;
    fetch_all!(
        &mut reader,
        Behind,
        "SELECT w.id AS webhook_id, s.id AS stream_id, s.head, c.seq AS cursor FROM webhooks w
         JOIN streams s ON s.tenant_id = w.tenant_id
         LEFT JOIN webhook_cursors c ON c.webhook_id = w.id AND c.stream_id = s.id
         WHERE w.enabled AND ($2 OR w.claimed_by = $1) AND s.id NOT LIKE 'user:%' AND s.head > COALESCE(c.seq, 0)
         ORDER BY w.id, s.id",
        node_id,
        alone
    )
}

#[derive(Serialize)]
pub(super) struct CursorRow<'a> {
    pub stream_id: &'a str,
    pub seq: i64,
}

batch!(
    INSERT,
    "INSERT INTO webhook_cursors (webhook_id, stream_id, tenant_id, seq)
     SELECT $2, r.stream_id, $3, r.seq FROM {rows: stream_id TEXT, seq BIGINT} WHERE true ON CONFLICT (webhook_id, stream_id) DO NOTHING"
);
batch!(
    DELETE,
    "DELETE FROM webhook_cursors WHERE webhook_id = $2 AND tenant_id = $3 AND stream_id IN (SELECT r.id FROM {rows: id TEXT})"
);

/// The streams of a tenant that webhooks may follow, with their heads.
async fn heads(tx: &mut Tx, tenant_id: &TenantId) -> DbResult<Vec<(String, i64)>> {
    fetch_all!(
        tx,
        (String, i64),
        "SELECT id, head FROM streams WHERE tenant_id = $1 AND id NOT LIKE 'user:%' ORDER BY id",
        tenant_id
    )
}

/// Gives a webhook a cursor at the head of every stream that it begins to follow, and takes away those of streams that it follows no more. A stream that
/// it followed before and has no cursor for is one that began meanwhile: it is read from its beginning.
pub(super) async fn cover(
    tx: &mut Tx,
    sealed: &SealedWebhook,
    before: Option<&[AccountId]>,
) -> DbResult<()> {
    let (tenant_id, id) = (&sealed.tenant_id, &sealed.webhook.id);
    let (mut followed, left): (Vec<_>, Vec<_>) = heads(tx, tenant_id)
        .await?
        .into_iter()
        .partition(|(stream, _)| follows(&sealed.webhook.account_ids, stream));
    if let Some(before) = before {
        followed.retain(|(stream, _)| !follows(before, stream));
    }
    let rows: Vec<CursorRow> = followed
        .iter()
        .map(|(stream_id, seq)| CursorRow {
            stream_id,
            seq: *seq,
        })
        .collect();
    if !rows.is_empty() {
        execute!(tx, &INSERT, Rows(&rows), id, tenant_id)?;
    }
    let left: Vec<&str> = left.iter().map(|(stream, _)| stream.as_str()).collect();
    if !left.is_empty() {
        execute!(tx, &DELETE, Rows(&id_rows(left)), id, tenant_id)?;
    }
    Ok(())
}

/// Sets a webhook's cursors to the heads of their streams, because they are of another life of the log. The streams with their heads: of each the
/// other side has to be told that it has to load again.
pub async fn reset_cursors(
    tx: &mut Tx,
    sealed: &SealedWebhook,
    epoch: &str,
    now: Millis,
) -> DbResult<Vec<(String, i64)>> {
    let (tenant_id, id) = (&sealed.tenant_id, &sealed.webhook.id);
    let done = execute!(
        tx,
        "UPDATE webhooks SET epoch = $3, updated_at = $4 WHERE tenant_id = $1 AND id = $2 AND epoch <> $3",
        tenant_id,
        id,
        epoch,
        now
    )?;
    if done == 0 {
        return Ok(Vec::new());
    }
    execute!(
        tx,
        "DELETE FROM webhook_cursors WHERE tenant_id = $1 AND webhook_id = $2",
        tenant_id,
        id
    )?;
    cover(tx, sealed, None).await?;
    let mut heads = heads(tx, tenant_id).await?;
    heads.retain(|(stream, _)| follows(&sealed.webhook.account_ids, stream));
    Ok(heads)
}
