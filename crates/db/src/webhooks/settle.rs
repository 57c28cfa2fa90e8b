//! Deliveries as they are sent: what is due, and what became of it.

use serde::Serialize;

use super::SealedWebhook;
use crate::{
    Db, DbResult, Millis,
    ids::{DeliveryId, TenantId},
    model::DeliveryState,
    sql::{Rows, batch, execute, fetch_all, fetch_one},
};

/// A sequence of deliveries that keep their order: those of a stream.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Lane {
    /// Which.
    pub lane: String,
    /// When its first delivery is due. Unix milliseconds.
    pub due_at: Millis,
    /// How many wait in it.
    pub waiting: i64,
}

/// What waits for a webhook, by lanes.
pub async fn list_lanes(db: &Db, of: &SealedWebhook) -> DbResult<Vec<Lane>> {
    let mut reader = db.read().await?;
    fetch_all!(
        &mut reader,
        Lane,
        "SELECT l.lane, min(d.due_at) AS due_at, l.waiting FROM (
           SELECT lane, min(position) AS position, count(*) AS waiting FROM webhook_deliveries
           WHERE tenant_id = $1 AND webhook_id = $2 AND due_at IS NOT NULL GROUP BY lane) l
         JOIN webhook_deliveries d ON d.webhook_id = $2 AND d.lane = l.lane AND d.position = l.position AND d.due_at IS NOT NULL
         GROUP BY l.lane, l.waiting ORDER BY 2, 1",
        &of.tenant_id,
        &of.webhook.id
    )
}

/// A delivery that is due.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Due {
    /// Its id.
    pub id: DeliveryId,
    /// The event's type.
    #[sqlx(rename = "type")]
    pub kind: String,
    /// What is sent.
    pub body: String,
    /// Attempts since it was queued.
    pub tries: i64,
    /// When it is due. Unix milliseconds.
    pub due_at: Millis,
}

/// The first deliveries of a lane, in order, up to the first that is not due.
pub async fn list_due(
    db: &Db,
    of: &SealedWebhook,
    lane: &str,
    now: Millis,
    limit: i64,
) -> DbResult<Vec<Due>> {
    let mut reader = db.read().await?;
    let first = fetch_all!(
        &mut reader,
        Due,
        "SELECT id, type, body, tries, due_at FROM webhook_deliveries
         WHERE tenant_id = $1 AND webhook_id = $2 AND lane = $3 AND due_at IS NOT NULL ORDER BY position, id LIMIT $4",
        &of.tenant_id,
        &of.webhook.id,
        lane,
        limit
    )?;
    Ok(first
        .into_iter()
        .take_while(|due| due.due_at <= now)
        .collect())
}

/// How an attempt ended.
#[derive(Debug, Clone, Serialize)]
pub struct Ended {
    /// The delivery.
    pub id: DeliveryId,
    /// What became of it.
    pub state: DeliveryState,
    /// When it is tried again, where it still waits. Unix milliseconds.
    pub due_at: Option<Millis>,
    /// When the attempt began. Unix milliseconds.
    pub attempted_at: Millis,
    /// The status of the answer.
    pub status: Option<i64>,
    /// Its first bytes.
    pub response: Option<String>,
    /// What went wrong, in words.
    pub error: Option<String>,
    /// How long it took.
    pub duration_ms: i64,
}

// One that was skipped meanwhile, or is to be sent again, stays as it is.
batch!(
    SETTLE,
    "UPDATE webhook_deliveries SET state = r.state, due_at = r.due_at, attempts = attempts + 1, tries = tries + 1, attempted_at = r.attempted_at,
       status = r.status, response = r.response, error = r.error, duration_ms = r.duration_ms,
       settled_at = CASE WHEN r.due_at IS NULL THEN CAST($4 AS BIGINT) ELSE NULL END
     FROM {rows: id TEXT, state TEXT, due_at BIGINT, attempted_at BIGINT, status BIGINT, response TEXT, error TEXT, duration_ms BIGINT}
     WHERE webhook_deliveries.id = r.id AND webhook_deliveries.tenant_id = $2 AND webhook_deliveries.webhook_id = $3
       AND webhook_deliveries.due_at IS NOT NULL"
);

/// How a webhook is after attempts.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub struct Settled {
    /// Since when nothing arrives. Unix milliseconds.
    pub failing_since: Option<Millis>,
}

/// Notes how attempts ended, each delivery at most once, and how the webhook is since the last of them.
pub async fn settle(
    db: &Db,
    of: &SealedWebhook,
    ended: &[Ended],
    now: Millis,
) -> DbResult<Settled> {
    let (tenant_id, id) = (&of.tenant_id, &of.webhook.id);
    let succeeded = ended.iter().any(|one| one.error.is_none());
    let error = ended.last().and_then(|last| last.error.as_deref());
    let mut tx = db.begin().await?;
    if !ended.is_empty() {
        execute!(&mut tx, &SETTLE, Rows(ended), tenant_id, id, now)?;
    }
    let settled = fetch_one!(
        &mut tx,
        Settled,
        "UPDATE webhooks SET last_success_at = CASE WHEN $3 THEN $5 ELSE last_success_at END,
           failing_since = CASE WHEN CAST($4 AS TEXT) IS NULL THEN NULL WHEN $3 THEN $5 ELSE COALESCE(failing_since, $5) END,
           last_error = $4
         WHERE tenant_id = $1 AND id = $2 RETURNING failing_since",
        tenant_id,
        id,
        succeeded,
        error,
        now
    )?;
    tx.commit(now).await?;
    Ok(settled)
}

/// What waits for webhooks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, sqlx::FromRow)]
pub struct Waiting {
    /// How many deliveries.
    pub deliveries: i64,
    /// When the oldest of them happened. Unix milliseconds.
    pub since: Option<Millis>,
    /// Webhooks to which nothing arrives, or that were switched off for that.
    pub failing: i64,
}

/// What waits for a tenant's webhooks, or with `None` for those of all, which only the operator's metrics ask for.
pub async fn count_waiting(db: &Db, tenant_id: Option<&TenantId>) -> DbResult<Waiting> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        Waiting,
        "SELECT count(*) AS deliveries, min(created_at) AS since,
           (SELECT count(*) FROM webhooks WHERE (CAST($1 AS TEXT) IS NULL OR tenant_id = $1)
              AND (disabled_reason IS NOT NULL OR (enabled AND failing_since IS NOT NULL))) AS failing
         FROM webhook_deliveries WHERE due_at IS NOT NULL AND (CAST($1 AS TEXT) IS NULL OR tenant_id = $1)",
        tenant_id
    )
}
