//! Webhooks out: where events are told by HTTP. Here the webhooks themselves, which admins make and change; `claims` says which node delivers for
//! one, `feed` takes events of the log into deliveries, `deliveries` sends them and keeps what became of them.

mod claims;
mod cursors;
mod deliveries;
mod feed;
mod row;
mod settle;

use crate::{
    Db, DbError, DbResult, Id as _, Millis, Tx,
    ids::{AccountId, TenantId, WebhookId},
    model::{Webhook, WebhookEventType},
    per_engine::locking,
    sql::{execute, fetch_all, fetch_one},
};

pub use claims::{claim, release_all};
pub use cursors::{Behind, follows, list_behind, reset_cursors};
pub use deliveries::{
    DeliveryFilter, NewDelivery, Replay, find_body, get_delivery, insert_delivery, list_deliveries,
    prune_deliveries, replay, replay_delivery, skip_delivery,
};
pub use feed::{Fed, Page, feed, read};
pub use row::SealedWebhook;
pub use settle::{Due, Ended, Lane, Settled, Waiting, count_waiting, list_due, list_lanes, settle};

use row::{Row, columns};

/// A webhook that is to be added. Its id is made by the caller, since its secret is sealed to it.
#[derive(Debug, Clone)]
pub struct NewWebhook<'a> {
    /// Its id.
    pub id: WebhookId,
    /// Name as admins see it.
    pub name: &'a str,
    /// Where events are posted to.
    pub url: &'a str,
    /// What it is told of.
    pub event_types: &'a [WebhookEventType],
    /// Of which accounts; empty for all.
    pub account_ids: &'a [AccountId],
    /// Whether anything is sent.
    pub enabled: bool,
    /// Sealed.
    pub secret: &'a str,
    /// The life of the log.
    pub epoch: &'a str,
}

/// What is to be changed of a webhook; `None` stays as it is.
#[derive(Debug, Clone, Default)]
pub struct WebhookChange<'a> {
    /// Name as admins see it.
    pub name: Option<&'a str>,
    /// Where events are posted to.
    pub url: Option<&'a str>,
    /// What it is told of.
    pub event_types: Option<&'a [WebhookEventType]>,
    /// Of which accounts; empty for all.
    pub account_ids: Option<&'a [AccountId]>,
    /// Whether anything is sent. Enabling forgets why it was switched off.
    pub enabled: Option<bool>,
}

/// All webhooks of a tenant, oldest first.
pub async fn list_webhooks(db: &Db, tenant_id: &TenantId) -> DbResult<Vec<Webhook>> {
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        Row,
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhooks WHERE tenant_id = $1 ORDER BY id"
        ),
        tenant_id
    )?;
    rows.into_iter()
        .map(|row| Ok(SealedWebhook::try_from(row)?.webhook))
        .collect()
}

/// A webhook with its secrets.
///
/// # Errors
/// [`NotFound`](DbError::NotFound).
pub async fn get_webhook(db: &Db, tenant_id: &TenantId, id: &WebhookId) -> DbResult<SealedWebhook> {
    let mut reader = db.read().await?;
    fetch_one!(
        &mut reader,
        Row,
        concat!(
            "SELECT ",
            columns!(),
            " FROM webhooks WHERE tenant_id = $1 AND id = $2"
        ),
        tenant_id,
        id
    )?
    .try_into()
}

/// Adds a webhook. It is told of what happens from now on.
pub async fn insert_webhook(
    tx: &mut Tx,
    tenant_id: &TenantId,
    new: &NewWebhook<'_>,
    now: Millis,
) -> DbResult<Webhook> {
    let down = list_down(tx, tenant_id).await?;
    let row = fetch_one!(
        tx,
        Row,
        concat!(
            "INSERT INTO webhooks (id, tenant_id, name, url, event_types, account_ids, enabled, version, secret, epoch, down_accounts,
               created_at, updated_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, 1, $8, $9, $10, $11, $11) RETURNING ",
            columns!()
        ),
        &new.id,
        tenant_id,
        new.name,
        new.url,
        serde_json::to_string(new.event_types)?,
        serde_json::to_string(new.account_ids)?,
        new.enabled,
        new.secret,
        new.epoch,
        serde_json::to_string(&down)?,
        now
    )?;
    let sealed = SealedWebhook::try_from(row)?;
    cursors::cover(tx, &sealed, None).await?;
    Ok(sealed.webhook)
}

locking!(
    BEFORE,
    "SELECT account_ids FROM webhooks WHERE tenant_id = $1 AND id = $2"
);

/// Changes a webhook. Of streams that it followed before it goes on where it was; of others it is told of what happens from now on.
///
/// # Errors
/// [`NotFound`](DbError::NotFound).
pub async fn update_webhook(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &WebhookId,
    change: &WebhookChange<'_>,
    now: Millis,
) -> DbResult<Webhook> {
    let json = |list: Option<&[AccountId]>| list.map(serde_json::to_string).transpose();
    let (before,) = fetch_one!(tx, (String,), BEFORE, tenant_id, id)?;
    let before: Vec<AccountId> = serde_json::from_str(&before)?;
    let types = change.event_types.map(serde_json::to_string).transpose()?;
    let row = fetch_one!(
        tx,
        Row,
        concat!(
            "UPDATE webhooks SET name = COALESCE($3, name), url = COALESCE($4, url), event_types = COALESCE($5, event_types),
               account_ids = COALESCE($6, account_ids), enabled = COALESCE($7, enabled), version = version + 1, updated_at = $8,
               disabled_reason = CASE WHEN $7 THEN NULL ELSE disabled_reason END,
               failing_since = CASE WHEN $7 AND NOT enabled THEN NULL ELSE failing_since END
             WHERE tenant_id = $1 AND id = $2 RETURNING ",
            columns!()
        ),
        tenant_id,
        id,
        change.name,
        change.url,
        types,
        json(change.account_ids)?,
        change.enabled,
        now
    )?;
    let sealed = SealedWebhook::try_from(row)?;
    cursors::cover(tx, &sealed, Some(&before)).await?;
    Ok(sealed.webhook)
}

/// Switches a webhook off, with the reason in words, unless somebody changed it meanwhile. Whether it did.
pub async fn disable_webhook(
    tx: &mut Tx,
    of: &SealedWebhook,
    reason: &str,
    now: Millis,
) -> DbResult<bool> {
    let done = execute!(
        tx,
        "UPDATE webhooks SET enabled = FALSE, disabled_reason = $4, version = version + 1, updated_at = $5
         WHERE tenant_id = $1 AND id = $2 AND version = $3 AND enabled",
        &of.tenant_id,
        &of.webhook.id,
        of.version,
        reason,
        now
    )?;
    Ok(done > 0)
}

/// Gives a webhook another secret; the one it had signs as well until a time.
///
/// # Errors
/// [`NotFound`](DbError::NotFound).
pub async fn replace_secret(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &WebhookId,
    sealed: &str,
    old_until: Millis,
    now: Millis,
) -> DbResult<Webhook> {
    let row = fetch_one!(
        tx,
        Row,
        concat!(
            "UPDATE webhooks SET old_secret = secret, old_secret_until = $4, secret = $3, version = version + 1, updated_at = $5
             WHERE tenant_id = $1 AND id = $2 RETURNING ",
            columns!()
        ),
        tenant_id,
        id,
        sealed,
        old_until,
        now
    )?;
    Ok(SealedWebhook::try_from(row)?.webhook)
}

/// Removes a webhook with all of its deliveries.
///
/// # Errors
/// [`NotFound`](DbError::NotFound).
pub async fn delete_webhook(tx: &mut Tx, tenant_id: &TenantId, id: &WebhookId) -> DbResult<()> {
    let gone = execute!(
        tx,
        "DELETE FROM webhooks WHERE tenant_id = $1 AND id = $2",
        tenant_id,
        id
    )?;
    if gone == 0 {
        return Err(DbError::NotFound);
    }
    for rest in [
        "DELETE FROM webhook_cursors WHERE tenant_id = $1 AND webhook_id = $2",
        "DELETE FROM webhook_deliveries WHERE tenant_id = $1 AND webhook_id = $2",
    ] {
        execute!(tx, rest, tenant_id, id)?;
    }
    Ok(())
}

/// The tenant's accounts that do not work now: nobody has to be told of them.
async fn list_down(tx: &mut Tx, tenant_id: &TenantId) -> DbResult<Vec<AccountId>> {
    let rows = fetch_all!(
        tx,
        (String, String),
        "SELECT id, state FROM accounts WHERE tenant_id = $1 AND removed_at IS NULL ORDER BY id",
        tenant_id
    )?;
    let is_down = |state: &str| {
        state
            .parse::<crate::model::AccountState>()
            .is_ok_and(crate::model::AccountState::is_down)
    };
    Ok(rows
        .into_iter()
        .filter(|(_, state)| is_down(state))
        .filter_map(|(id, _)| AccountId::parse(&id))
        .collect())
}
