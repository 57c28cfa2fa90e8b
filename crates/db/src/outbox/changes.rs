//! What people do with messages of ours that did not go out: try again, take back.

use crate::{
    DbResult, Millis, Tx,
    event::{Audience, Draft, Event, MessageUpdated},
    ids::{MessageId, TenantId},
    ingest, messages,
    model::{Message, MessageStatus},
    recipients,
    sql::{execute, fetch_all},
};

use super::settle::{MarkedRow, announce};

/// Sends a message again that failed, whose outcome is unknown, or that was taken back; notes `message:updated`. `None` where it stands
/// otherwise, or was sent from elsewhere or so long ago that nobody knows how.
pub async fn retry(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &MessageId,
    now: Millis,
) -> DbResult<Option<Message>> {
    ingest::hold_conversations(tx, std::iter::once(id), now).await?;
    let queued = execute!(
        tx,
        "UPDATE outbox SET state = 'queued', order_at = $3, due_at = $3, held = FALSE, tries = 0, claimed_by = NULL
         WHERE message_id = $1 AND tenant_id = $2 AND state = 'done'
           AND EXISTS (SELECT 1 FROM messages m WHERE m.id = outbox.message_id AND m.status IN ('failed', 'unknown', 'cancelled'))",
        id,
        tenant_id,
        now
    )?;
    if queued == 0 {
        return Ok(None);
    }
    // What is heard of the earlier attempt from now on is of another message: the provider will name this one anew.
    execute!(
        tx,
        "UPDATE messages SET status = 'sending', status_rank = $3, provider_id = NULL, error = NULL, sent_at = NULL, delivered_at = NULL,
           read_at = NULL, played_at = NULL, failed_at = NULL, recipients = NULL, send_at = NULL
         WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id,
        MessageStatus::Sending.rank()
    )?;
    recipients::forget(tx, tenant_id, id).await?;
    let Some(message) = messages::load(tx, tenant_id, std::slice::from_ref(id))
        .await?
        .pop()
    else {
        return Ok(None);
    };
    let tick = (
        message.conversation_id.clone(),
        message.id.clone(),
        message.status,
    );
    ingest::follow_status(tx, &[tick], now).await?;
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Account(message.account_id.clone()),
        event: Event::MessageUpdated(MessageUpdated {
            message: message.clone(),
        }),
    });
    Ok(Some(message))
}

/// Takes back a message of which nothing is under way and nothing went out; notes `message:status`. `None` where it is too late.
pub async fn cancel(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &MessageId,
    now: Millis,
) -> DbResult<Option<Message>> {
    ingest::hold_conversations(tx, std::iter::once(id), now).await?;
    let cancelled = execute!(
        tx,
        "UPDATE outbox SET state = 'done', due_at = NULL, claimed_by = NULL
         WHERE message_id = $1 AND tenant_id = $2 AND state = 'queued' AND target_id IS NULL",
        id,
        tenant_id
    )?;
    if cancelled == 0 {
        return Ok(None);
    }
    let marked = fetch_all!(
        tx,
        MarkedRow,
        "UPDATE messages SET status = 'cancelled', status_rank = $3, error = NULL
         WHERE id = $1 AND tenant_id = $2 AND status = 'sending'
         RETURNING id, tenant_id, account_id, conversation_id, status, error, attempts, send_at",
        id,
        tenant_id,
        MessageStatus::Cancelled.rank()
    )?;
    announce(tx, marked, |_| now, now).await?;
    Ok(messages::load(tx, tenant_id, std::slice::from_ref(id))
        .await?
        .pop())
}
