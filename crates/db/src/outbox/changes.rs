//! What people do with messages of ours that did not go out: try again, take back, look at what was tried.

use crate::{
    Db, DbResult, Millis, Tx,
    event::{Audience, Draft, Event, MessageUpdated},
    ids::{MessageId, TenantId},
    ingest, messages,
    model::{Attempt, AttemptOutcome, Message, MessageStatus},
    recipients,
    sql::{execute, fetch_all, fetch_optional},
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

#[derive(sqlx::FromRow)]
struct AttemptRow {
    number: i64,
    started_at: Millis,
    ended_at: Millis,
    #[sqlx(try_from = "String")]
    outcome: AttemptOutcome,
    code: Option<i64>,
    title: Option<String>,
    detail: Option<String>,
    retry_at: Option<Millis>,
}

/// All attempts at sending a message, the one that is under way included.
pub async fn list_attempts(
    db: &Db,
    tenant_id: &TenantId,
    id: &MessageId,
) -> DbResult<Vec<Attempt>> {
    let mut reader = db.read().await?;
    let ended = fetch_all!(
        &mut reader,
        AttemptRow,
        "SELECT number, started_at, ended_at, outcome, code, title, detail, retry_at FROM outbox_attempts
         WHERE message_id = $1 AND tenant_id = $2 ORDER BY number",
        id,
        tenant_id
    )?;
    let under_way = fetch_optional!(
        &mut reader,
        (i64, Option<Millis>),
        "SELECT attempt, started_at FROM outbox WHERE message_id = $1 AND tenant_id = $2 AND state IN ('preparing', 'sending')",
        id,
        tenant_id
    )?;
    let mut all: Vec<Attempt> = ended.into_iter().map(Attempt::from).collect();
    if let Some((number, Some(started_at))) = under_way {
        all.push(Attempt {
            number,
            started_at,
            ended_at: None,
            outcome: None,
            code: None,
            title: None,
            detail: None,
            retry_at: None,
        });
    }
    Ok(all)
}

impl From<AttemptRow> for Attempt {
    fn from(row: AttemptRow) -> Self {
        Self {
            number: row.number,
            started_at: row.started_at,
            ended_at: Some(row.ended_at),
            outcome: Some(row.outcome),
            code: row.code,
            title: row.title,
            detail: row.detail,
            retry_at: row.retry_at,
        }
    }
}
