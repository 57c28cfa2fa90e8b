//! A webhook as its row holds it.

use crate::{
    DbError, DbResult, Millis,
    ids::{AccountId, TenantId, WebhookId},
    model::{Webhook, WebhookEventType},
};

/// A webhook with what only the server knows of it.
#[derive(Debug, Clone)]
pub struct SealedWebhook {
    /// The webhook.
    pub webhook: Webhook,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// Rises with every change by hand.
    pub version: i64,
    /// Sealed, bound to `webhooks/<id>/secret`.
    pub secret: String,
    /// The one before it, which signs as well until [`Webhook::old_secret_until`].
    pub old_secret: Option<String>,
    /// The life of the log that its cursors are of.
    pub epoch: String,
    /// Accounts that it was told are down.
    pub down_accounts: Vec<AccountId>,
}

/// The columns of a [`Row`].
macro_rules! columns {
    () => {
        "id, tenant_id, name, url, event_types, account_ids, enabled, version, secret, old_secret, old_secret_until, epoch, down_accounts, \
         disabled_reason, failing_since, last_error, last_success_at, created_at, updated_at, \
         (SELECT count(*) FROM webhook_deliveries d WHERE d.webhook_id = webhooks.id AND d.due_at IS NOT NULL) AS waiting, \
         (SELECT min(d.created_at) FROM webhook_deliveries d WHERE d.webhook_id = webhooks.id AND d.due_at IS NOT NULL) AS waiting_since"
    };
}
pub(super) use columns;

/// The row.
#[derive(sqlx::FromRow)]
pub(super) struct Row {
    id: WebhookId,
    tenant_id: TenantId,
    name: String,
    url: String,
    event_types: String,
    account_ids: String,
    enabled: bool,
    version: i64,
    secret: String,
    old_secret: Option<String>,
    old_secret_until: Option<Millis>,
    epoch: String,
    down_accounts: String,
    disabled_reason: Option<String>,
    failing_since: Option<Millis>,
    last_error: Option<String>,
    last_success_at: Option<Millis>,
    created_at: Millis,
    updated_at: Millis,
    waiting: i64,
    waiting_since: Option<Millis>,
}

impl TryFrom<Row> for SealedWebhook {
    type Error = DbError;

    fn try_from(row: Row) -> DbResult<Self> {
        let event_types: Vec<WebhookEventType> = serde_json::from_str(&row.event_types)?;
        Ok(Self {
            webhook: Webhook {
                id: row.id,
                name: row.name,
                url: row.url,
                event_types,
                account_ids: serde_json::from_str(&row.account_ids)?,
                enabled: row.enabled,
                disabled_reason: row.disabled_reason,
                failing_since: row.failing_since,
                last_error: row.last_error,
                last_success_at: row.last_success_at,
                old_secret_until: row.old_secret_until,
                waiting: row.waiting,
                waiting_since: row.waiting_since,
                created_at: row.created_at,
                updated_at: row.updated_at,
            },
            tenant_id: row.tenant_id,
            version: row.version,
            secret: row.secret,
            old_secret: row.old_secret,
            epoch: row.epoch,
            down_accounts: serde_json::from_str(&row.down_accounts)?,
        })
    }
}
