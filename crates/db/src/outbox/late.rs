//! Statuses that know our message by what we gave the provider when sending: they come before our own response is stored, or after a crash
//! that lost it. Called by ingest, inside its transaction.

use serde::Serialize;

use super::newest::show;
use crate::{
    DbResult, Millis, Tx,
    ids::{AccountId, ConversationId, MessageId, TenantId},
    sql::{Rows, batch, execute, fetch_all},
};

/// What a status carries of ours (`biz_opaque_callback_data`): one attempt of one message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Callback {
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The account that it went out from.
    pub account_id: AccountId,
    /// The provider's id of the message.
    pub provider_id: String,
    /// Ours.
    pub message_id: MessageId,
    /// Which attempt.
    pub attempt: i64,
}

// An earlier attempt's status says nothing of the attempt that is under way: only the last one's counts.
batch!(
    FINISH,
    "UPDATE outbox SET state = 'done', due_at = NULL, claimed_by = NULL
     FROM {rows: tenant_id TEXT, account_id TEXT, message_id TEXT, attempt BIGINT}
     WHERE outbox.message_id = r.message_id AND outbox.attempt = r.attempt AND outbox.account_id = r.account_id
       AND outbox.tenant_id = r.tenant_id AND outbox.state IN ('sending', 'waiting', 'done')
     RETURNING outbox.message_id"
);

batch!(
    NAME,
    "UPDATE messages SET provider_id = r.provider_id, error = NULL, attempts = r.attempt
     FROM {rows: tenant_id TEXT, message_id TEXT, provider_id TEXT, attempt BIGINT}
     WHERE messages.id = r.message_id AND messages.tenant_id = r.tenant_id AND messages.provider_id IS NULL
     RETURNING messages.id, messages.tenant_id, messages.conversation_id, messages.send_at"
);

#[derive(sqlx::FromRow)]
struct NamedRow {
    id: MessageId,
    tenant_id: TenantId,
    conversation_id: ConversationId,
    send_at: Option<Millis>,
}

// Our own response may never be stored: the attempt is told by the status then.
batch!(
    ACCEPT,
    "INSERT INTO outbox_attempts (message_id, number, tenant_id, started_at, ended_at, outcome)
     SELECT o.message_id, o.attempt, o.tenant_id, o.started_at, $2, 'accepted'
     FROM {rows: tenant_id TEXT, message_id TEXT, attempt BIGINT}
     JOIN outbox o ON o.message_id = r.message_id AND o.tenant_id = r.tenant_id AND o.attempt = r.attempt
     WHERE o.started_at IS NOT NULL
     ON CONFLICT (message_id, number) DO UPDATE SET outcome = 'accepted', code = NULL, title = NULL, detail = NULL
     WHERE outbox_attempts.outcome = 'unknown'"
);

/// Gives messages the provider's id that a status told first; their attempts are settled by it. Whether there is
/// something to be found now that was not before: our own response may have been stored in between, and then it has named the message.
pub(crate) async fn attach(tx: &mut Tx, callbacks: &[Callback], now: Millis) -> DbResult<bool> {
    if callbacks.is_empty() {
        return Ok(false);
    }
    let rows = Rows(callbacks);
    let finished = fetch_all!(tx, (MessageId,), &FINISH, rows)?;
    let current: Vec<&Callback> = callbacks
        .iter()
        .filter(|callback| finished.iter().any(|(id,)| *id == callback.message_id))
        .collect();
    if current.is_empty() {
        return Ok(false);
    }
    let rows = Rows(&current);
    let named = fetch_all!(tx, NamedRow, &NAME, rows)?;
    for row in named.iter().filter(|row| row.send_at.is_some()) {
        let place = (&row.tenant_id, &row.conversation_id);
        show(tx, place, &row.id, now).await?;
    }
    execute!(tx, &ACCEPT, rows, now)?;
    Ok(true)
}
