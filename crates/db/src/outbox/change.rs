//! Edits and deletions of our own messages. Each has a row of the outbox but no message; what it changes shows it from the moment it is asked for
//! (`Message::change`), and becomes what it says once the provider has taken it.

use super::{
    Ended, Outcome,
    accept::{QueueRow, enqueue},
};
use crate::{
    DbResult, Id, Millis, Tx,
    event::{Audience, Draft, Event, MessageUpdated},
    ids::{MessageId, TenantId, UserId},
    ingest, messages,
    model::{ChangeKind, ChangeStatus, Direction, Message, MessageChange},
    sql::{execute, fetch_optional},
};

/// A change that is asked for.
#[derive(Debug, Clone, Copy)]
pub struct NewChange<'a> {
    /// The message.
    pub target_id: &'a MessageId,
    /// The provider's id of it, as the payload names it.
    pub provider_id: &'a str,
    /// What is done.
    pub kind: ChangeKind,
    /// What it is to say.
    pub text: Option<&'a str>,
    /// Who asks.
    pub author_id: &'a UserId,
    /// The client's own id of the change.
    pub client_id: &'a str,
    /// What is to be said to the provider: JSON text.
    pub payload: &'a str,
}

/// What became of what was asked for.
#[derive(Debug, Clone, PartialEq)]
pub enum AcceptedChange {
    /// It is on its way; the message that shows it.
    New(Box<Message>),
    /// The account has this client id already: nothing is to be committed.
    Known,
    /// The message is deleted or being deleted, or is not the one any more that was looked at: nothing is to be committed.
    Late,
}

/// Writes a change with its row of the outbox and notes `message:updated`. An earlier one that has not gone out yet does not go out any more.
pub async fn accept_change(
    tx: &mut Tx,
    tenant_id: &TenantId,
    new: NewChange<'_>,
    now: Millis,
) -> DbResult<AcceptedChange> {
    ingest::hold_conversations(tx, std::iter::once(new.target_id), now).await?;
    let Some(target) = load(tx, tenant_id, new.target_id).await? else {
        return Ok(AcceptedChange::Late);
    };
    let change = new.change(MessageId::new(now), now);
    let row = QueueRow {
        message_id: &change.id,
        tenant_id,
        account_id: &target.account_id,
        conversation_id: &target.conversation_id,
        client_id: Some(new.client_id),
        target_id: Some(new.target_id),
        media_id: None,
        payload: new.payload,
        order_at: now,
        created_at: now,
    };
    if enqueue(tx, &[row]).await? == 0 {
        return Ok(AcceptedChange::Known);
    }
    if !may_change(tx, tenant_id, &target, new.provider_id).await? {
        return Ok(AcceptedChange::Late);
    }
    withdraw(tx, tenant_id, new.target_id, &change.id).await?;
    execute!(
        tx,
        "UPDATE outbox SET change = $3 WHERE message_id = $1 AND tenant_id = $2",
        &change.id,
        tenant_id,
        serde_json::to_string(&change)?
    )?;
    let shown = show(tx, tenant_id, new.target_id, Some(&change)).await?;
    Ok(shown.map_or(AcceptedChange::Late, |message| {
        AcceptedChange::New(Box::new(message))
    }))
}

impl NewChange<'_> {
    fn change(&self, id: MessageId, now: Millis) -> MessageChange {
        MessageChange {
            id,
            kind: self.kind,
            text: self.text.map(str::to_owned),
            author_id: self.author_id.clone(),
            client_id: self.client_id.to_owned(),
            status: ChangeStatus::Sending,
            error: None,
            at: now,
        }
    }
}

/// Whether the message is still what was looked at: ours, known to the provider by that id, there, and not about to go.
async fn may_change(
    tx: &mut Tx,
    tenant_id: &TenantId,
    target: &Message,
    provider_id: &str,
) -> DbResult<bool> {
    let named = provider_id_of(tx, tenant_id, &target.id).await?;
    let is_going = target
        .change
        .as_ref()
        .is_some_and(MessageChange::is_deleting);
    Ok(target.direction == Direction::Out
        && target.deleted_at.is_none()
        && !is_going
        && named.as_deref() == Some(provider_id))
}

/// Earlier changes of a message that wait to be sent are settled: a later one says all that they would.
async fn withdraw(
    tx: &mut Tx,
    tenant_id: &TenantId,
    target_id: &MessageId,
    but: &MessageId,
) -> DbResult<u64> {
    execute!(
        tx,
        "UPDATE outbox SET state = 'done', due_at = NULL, claimed_by = NULL
         WHERE target_id = $1 AND tenant_id = $2 AND message_id <> $3 AND state = 'queued' AND change IS NOT NULL",
        target_id,
        tenant_id,
        but
    )
}

/// Takes back a change that nothing is under way of, or forgets one that failed; notes `message:updated`. `None` where there is none, or it is
/// too late.
pub async fn cancel_change(
    tx: &mut Tx,
    tenant_id: &TenantId,
    target_id: &MessageId,
    now: Millis,
) -> DbResult<Option<Message>> {
    ingest::hold_conversations(tx, std::iter::once(target_id), now).await?;
    let target = load(tx, tenant_id, target_id).await?;
    let Some(change) = target.and_then(|target| target.change) else {
        return Ok(None);
    };
    if change.status == ChangeStatus::Sending {
        let withdrawn = execute!(
            tx,
            "UPDATE outbox SET state = 'done', due_at = NULL, claimed_by = NULL
             WHERE message_id = $1 AND tenant_id = $2 AND state = 'queued'",
            &change.id,
            tenant_id
        )?;
        if withdrawn == 0 {
            return Ok(None);
        }
    }
    show(tx, tenant_id, target_id, None).await
}

/// How an attempt at a change ended. Whether the row was one of a change.
pub(super) async fn settle(
    tx: &mut Tx,
    ended: &Ended,
    target_id: &MessageId,
    now: Millis,
) -> DbResult<bool> {
    let found = fetch_optional!(
        tx,
        (Option<String>,),
        "SELECT change FROM outbox WHERE message_id = $1 AND tenant_id = $2",
        &ended.message_id,
        &ended.tenant_id
    )?;
    let Some((Some(change),)) = found else {
        return Ok(false);
    };
    let mut change: MessageChange = serde_json::from_str(&change)?;
    let Some(target) = load(tx, &ended.tenant_id, target_id).await? else {
        return Ok(true);
    };
    // A later one is shown instead.
    let is_shown = target.change.is_some_and(|shown| shown.id == change.id);
    match &ended.outcome {
        Outcome::Accepted { .. } => {
            if is_shown {
                put(tx, &ended.tenant_id, target_id, None).await?;
            }
            if !apply(tx, ended, target_id, change, now).await? && is_shown {
                show(tx, &ended.tenant_id, target_id, None).await?;
            }
            return Ok(true);
        }
        Outcome::Refused(error) => {
            change.status = ChangeStatus::Failed;
            change.error = Some(error.clone());
        }
        Outcome::Later { error, .. } | Outcome::Unknown { error, .. } => {
            change.error = Some(error.clone());
        }
    }
    if is_shown {
        show(tx, &ended.tenant_id, target_id, Some(&change)).await?;
    }
    Ok(true)
}

/// The message is now what the change says. Whether it was not before.
async fn apply(
    tx: &mut Tx,
    ended: &Ended,
    target_id: &MessageId,
    change: MessageChange,
    now: Millis,
) -> DbResult<bool> {
    let tenant_id = &ended.tenant_id;
    let Some(provider_id) = provider_id_of(tx, tenant_id, target_id).await? else {
        return Ok(false);
    };
    let change = match change.kind {
        ChangeKind::Edit => ingest::Change::Edit {
            text: change.text,
            content: "{}".to_owned(),
        },
        ChangeKind::Delete => ingest::Change::Revoke,
    };
    let amendment = ingest::Amendment {
        provider_id,
        at: ended.ended_at,
        change,
    };
    ingest::amend(tx, tenant_id, &ended.account_id, amendment, now).await
}

async fn load(tx: &mut Tx, tenant_id: &TenantId, id: &MessageId) -> DbResult<Option<Message>> {
    let found = messages::load(tx, tenant_id, std::slice::from_ref(id)).await?;
    Ok(found.into_iter().next())
}

pub(super) async fn provider_id_of(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &MessageId,
) -> DbResult<Option<String>> {
    let found = fetch_optional!(
        tx,
        (Option<String>,),
        "SELECT provider_id FROM messages WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id
    )?;
    Ok(found.and_then(|(provider_id,)| provider_id))
}

async fn put(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &MessageId,
    change: Option<&MessageChange>,
) -> DbResult<u64> {
    execute!(
        tx,
        "UPDATE messages SET change = $3 WHERE id = $1 AND tenant_id = $2",
        id,
        tenant_id,
        change.map(serde_json::to_string).transpose()?
    )
}

/// The message with a change, or without one; notes `message:updated`.
async fn show(
    tx: &mut Tx,
    tenant_id: &TenantId,
    id: &MessageId,
    change: Option<&MessageChange>,
) -> DbResult<Option<Message>> {
    put(tx, tenant_id, id, change).await?;
    let message = load(tx, tenant_id, id).await?;
    if let Some(message) = &message {
        tx.record(Draft {
            tenant_id: tenant_id.clone(),
            audience: Audience::Account(message.account_id.clone()),
            event: Event::MessageUpdated(MessageUpdated {
                message: message.clone(),
            }),
        });
    }
    Ok(message)
}
