//! What agents do with a conversation, and time: assign, resolve, snooze, read, wake.

use std::collections::BTreeSet;

use super::load;
use crate::{
    Db, DbError, DbResult, Millis, Tx,
    event::{Audience, ConversationChanged, ConversationRead, Draft, Event},
    ids::{ConversationId, MessageId, TenantId, UserId},
    messages,
    model::{Conversation, ConversationStatus},
    sql::{execute, fetch_all, fetch_one},
};

/// What an agent changes of a conversation; `None` leaves it as it is.
#[derive(Debug, Clone, Default)]
pub struct Changes {
    /// Open, resolve, snooze.
    pub status: Option<ConversationStatus>,
    /// Until when, with a snooze.
    pub snoozed_until: Option<Millis>,
    /// Assign, or with `Some(None)` unassign.
    pub assignee_id: Option<Option<UserId>>,
}

/// Changes a conversation and notes `conversation:updated`. What is as it should be already is no change, and nobody is told.
pub async fn update(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &ConversationId,
    changes: &Changes,
    now: Millis,
) -> DbResult<Conversation> {
    let status = changes.status.map(ConversationStatus::as_str);
    let keeps_assignee = i64::from(changes.assignee_id.is_none());
    let changed = execute!(
        tx,
        "UPDATE conversations SET
           status = COALESCE($3, status),
           snoozed_until = CASE WHEN $3 IS NULL THEN snoozed_until WHEN $3 = 'snoozed' THEN $4 ELSE NULL END,
           assignee_id = CASE WHEN $5 = 1 THEN assignee_id ELSE $6 END,
           updated_at = $7, version = version + 1
         WHERE id = $1 AND tenant_id = $2 AND merged_into IS NULL
           AND (status <> COALESCE($3, status) OR ($3 = 'snoozed' AND snoozed_until IS DISTINCT FROM $4)
             OR ($5 = 0 AND assignee_id IS DISTINCT FROM $6))",
        id,
        tenant_id,
        status,
        changes.snoozed_until,
        keeps_assignee,
        changes.assignee_id.clone().flatten(),
        now
    )?;
    if changed == 0 {
        return load(tx, tenant_id, id).await;
    }
    announce_updated(tx, tenant_id, id).await
}

/// Notes `conversation:updated` with the conversation as it is now.
pub(crate) async fn announce_updated(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &ConversationId,
) -> DbResult<Conversation> {
    let conversation = load(tx, tenant_id, id).await?;
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Account(conversation.account_id.clone()),
        event: Event::ConversationUpdated(ConversationChanged {
            conversation: conversation.clone(),
        }),
    });
    Ok(conversation)
}

/// Closes windows that the provider says are closed, and notes `conversation:updated` where that is news.
pub(crate) async fn close_windows(
    tx: &mut Tx,
    conversations: &BTreeSet<(TenantId, ConversationId)>,
    now: Millis,
) -> DbResult<()> {
    for (tenant_id, id) in conversations {
        let closed = execute!(
            tx,
            "UPDATE conversations SET window_expires_at = $3, updated_at = $3, version = version + 1
             WHERE id = $1 AND tenant_id = $2 AND window_expires_at > $3 AND merged_into IS NULL",
            id,
            tenant_id,
            now
        )?;
        if closed > 0 {
            announce_updated(tx, tenant_id, id).await?;
        }
    }
    Ok(())
}

/// Marks a conversation as read up to a message, by one of us or (nobody) on the phone, and notes `conversation:read`. Reading what is read changes nothing.
///
/// # Errors
/// [`DbError::NotFound`] when the message is not of this conversation.
pub async fn mark_read(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &ConversationId,
    up_to: &MessageId,
    user_id: Option<&UserId>,
    now: Millis,
) -> DbResult<Conversation> {
    let place = messages::find_place(tx, tenant_id, id, up_to)
        .await?
        .ok_or(DbError::NotFound)?;
    let held = load(tx, tenant_id, id).await?;
    if held.unread_count == 0 {
        return Ok(held);
    }
    let (newer,) = fetch_one!(
        tx,
        (i64,),
        "SELECT count(*) FROM (SELECT 1 FROM messages WHERE conversation_id = $1 AND tenant_id = $2
           AND (provider_at, id) > ($3, $4) AND direction = 'in' AND source = 'live' LIMIT $5) AS newer",
        id,
        tenant_id,
        place.at,
        &place.id,
        held.unread_count
    )?;
    if newer >= held.unread_count {
        return Ok(held);
    }
    let (version,) = fetch_one!(
        tx,
        (i64,),
        "UPDATE conversations SET unread_count = $3, updated_at = $4, version = version + 1
         WHERE id = $1 AND tenant_id = $2 RETURNING version",
        id,
        tenant_id,
        newer,
        now
    )?;
    let event = Event::ConversationRead(ConversationRead {
        conversation_id: id.clone(),
        unread_count: newer,
        user_id: user_id.cloned(),
        version,
    });
    let audience = Audience::Account(held.account_id.clone());
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience,
        event,
    });
    Ok(Conversation {
        unread_count: newer,
        updated_at: now,
        version,
        ..held
    })
}

/// When the next snooze is over.
pub async fn next_snooze(db: &Db) -> DbResult<Option<Millis>> {
    let mut reader = db.read().await?;
    let (next,) = fetch_one!(
        &mut reader,
        (Option<Millis>,),
        "SELECT min(snoozed_until) FROM conversations WHERE snoozed_until IS NOT NULL"
    )?;
    Ok(next)
}

/// Opens conversations whose snooze is over, at most 200 at once.
pub async fn wake_snoozed(tx: &mut Tx, now: Millis) -> DbResult<()> {
    let due = fetch_all!(
        tx,
        (TenantId, ConversationId),
        "UPDATE conversations SET status = 'open', snoozed_until = NULL, updated_at = $1, version = version + 1
         WHERE id IN (SELECT id FROM conversations WHERE snoozed_until <= $1 ORDER BY snoozed_until LIMIT 200)
         RETURNING tenant_id, id",
        now
    )?;
    for (tenant_id, id) in due {
        announce_updated(tx, &tenant_id, &id).await?;
    }
    Ok(())
}
