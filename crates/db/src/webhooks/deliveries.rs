//! Deliveries as admins see them: listed, looked at, sent again, skipped; and deleted by age and number.

use serde::Serialize;

use super::SealedWebhook;
use crate::{
    Db, DbError, DbResult, Id as _, Millis, Tx,
    ids::{DeliveryId, TenantId, WebhookId},
    model::{Delivery, DeliveryState},
    sql::{Rows, batch, execute, fetch_all, fetch_one},
};

/// The columns of a [`Delivery`].
macro_rules! columns {
    () => {
        "id, webhook_id, type, stream_id, seq, state, attempts, due_at, attempted_at, status, response, error, duration_ms, created_at"
    };
}

/// An event on its way to a webhook.
#[derive(Debug, Clone, Serialize)]
pub struct NewDelivery {
    /// Its id, which the body holds as well.
    pub id: DeliveryId,
    /// Its place in its stream; several may be made of one event.
    pub position: i64,
    /// The stream.
    pub stream_id: String,
    /// The event's number.
    pub seq: i64,
    /// The event's type.
    #[serde(rename = "type")]
    pub kind: String,
    /// JSON, as it is sent.
    pub body: String,
    /// When the event happened. Unix milliseconds.
    pub created_at: Millis,
}

// In order within the stream: the stream is the lane.
batch!(
    INSERT,
    "INSERT INTO webhook_deliveries (id, tenant_id, webhook_id, lane, position, stream_id, seq, type, body, state, due_at, attempts, tries, created_at)
     SELECT r.id, $2, $3, r.stream_id, r.position, r.stream_id, r.seq, r.type, r.body, 'waiting', CAST($4 AS BIGINT), 0, 0, r.created_at
     FROM {rows: id TEXT, position BIGINT, stream_id TEXT, seq BIGINT, type TEXT, body TEXT, created_at BIGINT} WHERE true"
);

/// Adds deliveries that are to be made now.
pub(super) async fn insert_waiting(
    tx: &mut Tx,
    sealed: &SealedWebhook,
    new: &[NewDelivery],
    now: Millis,
) -> DbResult<()> {
    if new.is_empty() {
        return Ok(());
    }
    let (tenant_id, id) = (&sealed.tenant_id, &sealed.webhook.id);
    execute!(tx, &INSERT, Rows(new), tenant_id, id, now).map(drop)
}

/// Adds a delivery whose only attempt has been made already.
pub async fn insert_delivery(
    db: &Db,
    tenant_id: &TenantId,
    delivery: &Delivery,
    body: &str,
    now: Millis,
) -> DbResult<()> {
    let mut tx = db.begin().await?;
    execute!(
        &mut tx,
        "INSERT INTO webhook_deliveries (id, tenant_id, webhook_id, lane, position, stream_id, seq, type, body, state, attempts, tries, attempted_at,
           status, response, error, duration_ms, created_at, settled_at)
         SELECT $1, tenant_id, id, 'test', 0, $4, $5, $6, $7, $8, 1, 1, $9, $10, $11, $12, $13, $14, $15 FROM webhooks WHERE tenant_id = $2 AND id = $3",
        &delivery.id,
        tenant_id,
        &delivery.webhook_id,
        &delivery.stream_id,
        delivery.seq,
        &delivery.kind,
        body,
        delivery.state.as_str(),
        delivery.attempted_at,
        delivery.status,
        &delivery.response,
        &delivery.error,
        delivery.duration_ms,
        delivery.created_at,
        now
    )?;
    tx.commit(now).await.map(drop)
}

/// What the list shows.
#[derive(Debug, Clone, Default)]
pub struct DeliveryFilter<'a> {
    /// Only in this state.
    pub state: Option<DeliveryState>,
    /// Only of this type.
    pub kind: Option<&'a str>,
    /// After this one.
    pub after: Option<&'a DeliveryId>,
    /// At most this many.
    pub limit: i64,
}

/// A page of a webhook's deliveries, newest first, and the one after which it goes on.
pub async fn list_deliveries(
    db: &Db,
    tenant_id: &TenantId,
    webhook_id: &WebhookId,
    filter: &DeliveryFilter<'_>,
) -> DbResult<(Vec<Delivery>, Option<DeliveryId>)> {
    let mut reader = db.read().await?;
    let mut found = fetch_all!(
        &mut reader,
        Delivery,
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2 AND id < $3 AND ($4 = '' OR state = $4) AND ($5 = '' OR type = $5)
             ORDER BY id DESC LIMIT $6"
        ),
        tenant_id,
        webhook_id,
        filter.after.map_or("~", |id| id.as_str()),
        filter.state.map_or("", DeliveryState::as_str),
        filter.kind.unwrap_or_default(),
        filter.limit + 1
    )?;
    let limit = usize::try_from(filter.limit).unwrap_or_default();
    let more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| more).map(|last| last.id.clone());
    Ok((found, next))
}

/// A delivery.
///
/// # Errors
/// [`NotFound`](DbError::NotFound).
pub async fn get_delivery(
    db: &Db,
    tenant_id: &TenantId,
    webhook_id: &WebhookId,
    id: &DeliveryId,
) -> DbResult<Delivery> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        Delivery,
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2 AND id = $3"
        ),
        tenant_id,
        webhook_id,
        id
    )
}

/// What a delivery sends.
///
/// # Errors
/// [`NotFound`](DbError::NotFound).
pub async fn find_body(
    db: &Db,
    tenant_id: &TenantId,
    webhook_id: &WebhookId,
    id: &DeliveryId,
) -> DbResult<String> {
    let mut reader = db.read().await?;
    let (body,) = fetch_one!(
        &mut reader,
        (String,),
        "SELECT body FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2 AND id = $3",
        tenant_id,
        webhook_id,
        id
    )?;
    Ok(body)
}

/// Has a delivery sent again, or at once if it waits. What is sent again keeps its order apart from what is new, so that neither holds the other up.
///
/// # Errors
/// [`NotFound`](DbError::NotFound).
pub async fn replay_delivery(
    tx: &mut Tx,
    tenant_id: &TenantId,
    webhook_id: &WebhookId,
    id: &DeliveryId,
    now: Millis,
) -> DbResult<Delivery> {
    fetch_one!(
        tx,
        Delivery,
        concat!(
            "UPDATE webhook_deliveries SET lane = CASE WHEN due_at IS NULL THEN 'again:' || stream_id ELSE lane END, state = 'waiting', due_at = $4,
               tries = 0, settled_at = NULL
             WHERE tenant_id = $1 AND webhook_id = $2 AND id = $3 RETURNING ",
            columns!()
        ),
        tenant_id,
        webhook_id,
        id,
        now
    )
}

/// What is to be sent again of a webhook's settled deliveries.
#[derive(Debug, Clone, Copy)]
pub struct Replay {
    /// From events of this time on. Unix milliseconds.
    pub from: Millis,
    /// Up to events of this time. Unix milliseconds.
    pub to: Millis,
    /// Also what was delivered; else only what was given up.
    pub delivered: bool,
}

/// Has settled deliveries of a span of time sent again. How many.
pub async fn replay(
    tx: &mut Tx,
    tenant_id: &TenantId,
    webhook_id: &WebhookId,
    range: Replay,
    now: Millis,
) -> DbResult<u64> {
    execute!(
        tx,
        "UPDATE webhook_deliveries SET lane = 'again:' || stream_id, state = 'waiting', due_at = $6, tries = 0, settled_at = NULL
         WHERE tenant_id = $1 AND webhook_id = $2 AND due_at IS NULL AND lane <> 'test' AND (state = 'failed' OR ($5 AND state = 'delivered'))
           AND created_at >= $3 AND created_at <= $4",
        tenant_id,
        webhook_id,
        range.from,
        range.to,
        range.delivered,
        now
    )
}

/// Gives up a delivery that waits, so that what is behind it goes on.
///
/// # Errors
/// [`NotFound`](DbError::NotFound); [`Conflict`](DbError::Conflict) where it does not wait.
pub async fn skip_delivery(
    tx: &mut Tx,
    tenant_id: &TenantId,
    webhook_id: &WebhookId,
    id: &DeliveryId,
    now: Millis,
) -> DbResult<Delivery> {
    let delivery = fetch_one!(
        tx,
        Delivery,
        concat!(
            "UPDATE webhook_deliveries SET state = CASE WHEN due_at IS NULL THEN state ELSE 'skipped' END,
               settled_at = CASE WHEN due_at IS NULL THEN settled_at ELSE $4 END, due_at = NULL
             WHERE tenant_id = $1 AND webhook_id = $2 AND id = $3 RETURNING ",
            columns!()
        ),
        tenant_id,
        webhook_id,
        id,
        now
    )?;
    if delivery.state == DeliveryState::Skipped {
        return Ok(delivery);
    }
    Err(DbError::Conflict("state"))
}

/// Deletes settled deliveries older than a time, and of each webhook all but the newest so many; at most `limit` of either in one go. Whether there may
/// be more.
pub async fn prune_deliveries(db: &Db, before: Millis, keep: i64, limit: i64) -> DbResult<bool> {
    let mut tx = db.begin().await?;
    let old = execute!(
        &mut tx,
        "DELETE FROM webhook_deliveries WHERE id IN (
           SELECT id FROM webhook_deliveries WHERE due_at IS NULL AND settled_at < $1 LIMIT $2)",
        before,
        limit
    )?;
    let webhooks = fetch_all!(
        &mut tx,
        (WebhookId, TenantId),
        "SELECT id, tenant_id FROM webhooks"
    )?;
    let mut most = old;
    for (webhook_id, tenant_id) in webhooks {
        let surplus = execute!(
            &mut tx,
            "DELETE FROM webhook_deliveries WHERE due_at IS NULL AND tenant_id = $2 AND id IN (
               SELECT id FROM webhook_deliveries WHERE webhook_id = $1 ORDER BY id DESC LIMIT $4 OFFSET $3)",
            &webhook_id,
            &tenant_id,
            keep,
            limit
        )?;
        most = most.max(surplus);
    }
    tx.commit(before).await?;
    Ok(i64::try_from(most).is_ok_and(|most| most >= limit))
}
