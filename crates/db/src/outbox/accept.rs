//! Accepting: messages and their rows of the outbox are written in one transaction, once per client id, whoever races. Many are accepted together,
//! with a number of statements that does not depend on how many.

mod at_once;
mod count;

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use crate::{
    Db, DbError, DbResult, Engine, Id, Millis, Tx,
    event::{Audience, Committed, Draft, Event, MessageNew},
    ids::{AccountId, ConversationId, MediaId, MessageId, TenantId, UserId},
    messages,
    model::{Conversation, Message, MessageStatus},
    sql::{Rows, batch, execute, fetch_all, fetch_optional},
};

use super::{NewMessage, new_message::insert_file};
use count::count;

/// How often a batch is written that the engine broke off: two nodes may wait for each other.
const TRIES: usize = 3;

/// What became of a batch.
#[derive(Debug)]
pub struct Accepted {
    /// The messages, in the batch's order. `None` where the account has the client id already: [`find_by_client`] has the message.
    pub messages: Vec<Option<Message>>,
    /// `message:new` of each that is new, to be announced.
    pub events: Vec<Committed>,
}

/// Writes messages with their rows of the outbox, and `message:new`, in one transaction that does not wait for the disk: call [`Db::flush`] before
/// anybody is told.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when one of the conversations was folded into another meanwhile. Nothing was written then.
pub async fn accept_unflushed(
    db: &Db,
    batch: &[(&TenantId, NewMessage<'_>)],
    now: Millis,
) -> DbResult<Accepted> {
    let mut tries = 1;
    loop {
        match write(db, batch, now).await {
            Err(error) if error.is_transient() && tries < TRIES => tries += 1,
            other => return other,
        }
    }
}

async fn write(db: &Db, batch: &[(&TenantId, NewMessage<'_>)], now: Millis) -> DbResult<Accepted> {
    if db.engine() == Engine::Postgres
        && let Some(accepted) = at_once::write(db, batch, now).await?
    {
        return Ok(accepted);
    }
    let mut tx = db.begin_unflushed().await?;
    let messages = accept_all(&mut tx, batch, now).await?;
    let events = tx.commit_unflushed(now).await?;
    Ok(Accepted { messages, events })
}

/// Writes a message with its row of the outbox, and `message:new`. `None` where the account has this client id already: then nothing is to
/// be committed, and [`find_by_client`] has the message.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the conversation was folded into another meanwhile.
pub async fn accept(
    tx: &mut Tx,
    tenant_id: &TenantId,
    new: &NewMessage<'_>,
    now: Millis,
) -> DbResult<Option<Message>> {
    let batch = [(tenant_id, new.clone())];
    Ok(accept_all(tx, &batch, now).await?.pop().flatten())
}

/// One of a batch.
struct Accepting<'a> {
    tenant_id: &'a TenantId,
    new: &'a NewMessage<'a>,
    message: Message,
}

/// The messages of a batch, with ids.
fn prepare<'a>(
    batch: &'a [(&TenantId, NewMessage<'_>)],
    now: Millis,
) -> DbResult<Vec<Accepting<'a>>> {
    let prepared = batch.iter().map(|(tenant_id, new)| {
        let media_id = new.file.map(|_| MediaId::new(now));
        Ok(Accepting {
            tenant_id,
            new,
            message: new.message(MessageId::new(now), media_id, now)?,
        })
    });
    prepared.collect()
}

async fn accept_all(
    tx: &mut Tx,
    batch: &[(&TenantId, NewMessage<'_>)],
    now: Millis,
) -> DbResult<Vec<Option<Message>>> {
    let all = prepare(batch, now)?;
    let rows = insert_rows(&all)?;
    let stored = fetch_all!(tx, (MessageId,), &INSERT, Rows(&rows))?;
    let stored: HashSet<MessageId> = stored.into_iter().map(|(id,)| id).collect();
    drop(rows);
    let new: Vec<&Accepting> = all
        .iter()
        .filter(|one| stored.contains(&one.message.id))
        .collect();
    if !new.is_empty() {
        insert_files(tx, &new, now).await?;
        let rows: Vec<QueueRow> = new.iter().map(|one| one.queue_row(now)).collect();
        enqueue(tx, &rows).await?;
        let threads = count(tx, &new, now).await?;
        announce(tx, &new, &threads)?;
    }
    let accepted = all.into_iter().map(|one| one.message);
    Ok(accepted
        .map(|message| stored.contains(&message.id).then_some(message))
        .collect())
}

batch!(
    INSERT,
    "INSERT INTO messages (id, tenant_id, account_id, conversation_id, direction, source, type, text, content, client_id, author_id,
       quoted_provider_id, quoted, media_id, status, status_rank, provider_at, received_at, send_at)
     SELECT r.id, r.tenant_id, r.account_id, r.conversation_id, 'out', 'api', r.type, r.text, r.content, r.client_id, r.author_id,
       r.quoted_provider_id, r.quoted, r.media_id, r.status, r.status_rank, r.provider_at, r.received_at, r.send_at
     FROM {rows: id TEXT, tenant_id TEXT, account_id TEXT, conversation_id TEXT, type TEXT, text TEXT, content TEXT, client_id TEXT,
       author_id TEXT, quoted_provider_id TEXT, quoted TEXT, media_id TEXT, status TEXT, status_rank BIGINT, provider_at BIGINT,
       received_at BIGINT, send_at BIGINT}
     WHERE true ON CONFLICT DO NOTHING RETURNING id"
);

#[derive(Serialize)]
struct InsertRow<'a> {
    id: &'a MessageId,
    tenant_id: &'a TenantId,
    account_id: &'a AccountId,
    conversation_id: &'a ConversationId,
    r#type: &'a str,
    text: Option<&'a str>,
    content: &'a str,
    client_id: Option<&'a str>,
    author_id: Option<&'a UserId>,
    quoted_provider_id: Option<&'a str>,
    quoted: Option<String>,
    media_id: Option<&'a MediaId>,
    status: MessageStatus,
    status_rank: i64,
    provider_at: Millis,
    received_at: Millis,
    send_at: Option<Millis>,
}

impl Accepting<'_> {
    fn insert_row(&self) -> DbResult<InsertRow<'_>> {
        let message = &self.message;
        let quoted = message.quoted.as_ref();
        Ok(InsertRow {
            id: &message.id,
            tenant_id: self.tenant_id,
            account_id: &message.account_id,
            conversation_id: &message.conversation_id,
            r#type: &message.kind,
            text: message.text.as_deref(),
            content: message.content.0.get(),
            client_id: message.client_id.as_deref(),
            author_id: message.author_id.as_ref(),
            quoted_provider_id: quoted.and_then(|quoted| quoted.provider_id.as_deref()),
            quoted: quoted.map(serde_json::to_string).transpose()?,
            media_id: message.media.as_ref().map(|media| &media.id),
            status: message.status,
            status_rank: message.status.rank(),
            provider_at: message.provider_at,
            received_at: message.received_at,
            send_at: message.send_at,
        })
    }

    fn queue_row(&self, now: Millis) -> QueueRow<'_> {
        let message = &self.message;
        QueueRow {
            message_id: &message.id,
            tenant_id: self.tenant_id,
            account_id: &message.account_id,
            conversation_id: &message.conversation_id,
            target_id: None,
            client_id: None,
            payload: self.new.payload,
            media_id: message.media.as_ref().map(|media| &media.id),
            order_at: message.send_at.unwrap_or(now),
            created_at: now,
        }
    }
}

/// The unique index over account and client id decides races: who comes second waits for the first's commit. In one order, so that two nodes that
/// are asked the same wait for each other rather than block each other.
fn insert_rows<'a>(all: &'a [Accepting<'_>]) -> DbResult<Vec<InsertRow<'a>>> {
    let rows: DbResult<Vec<InsertRow>> = all.iter().map(Accepting::insert_row).collect();
    let mut rows = rows?;
    rows.sort_by_key(|row| (row.account_id, row.client_id));
    Ok(rows)
}

async fn insert_files(tx: &mut Tx, new: &[&Accepting<'_>], now: Millis) -> DbResult<()> {
    for one in new {
        if let (Some(file), Some(media)) = (&one.new.file, &one.message.media) {
            insert_file(tx, one.tenant_id, &one.message, media, file, now).await?;
        }
    }
    Ok(())
}

batch!(
    ENQUEUE,
    "INSERT INTO outbox (message_id, tenant_id, account_id, conversation_id, target_id, client_id, payload, media_id, state, order_at, due_at,
       created_at)
     SELECT r.message_id, r.tenant_id, r.account_id, r.conversation_id, r.target_id, r.client_id, r.payload, r.media_id, 'queued', r.order_at,
       r.order_at, r.created_at
     FROM {rows: message_id TEXT, tenant_id TEXT, account_id TEXT, conversation_id TEXT, target_id TEXT, client_id TEXT, payload TEXT,
       media_id TEXT, order_at BIGINT, created_at BIGINT}
     WHERE true ON CONFLICT DO NOTHING RETURNING message_id"
);

/// A row of the outbox.
#[derive(Serialize)]
pub(super) struct QueueRow<'a> {
    pub message_id: &'a MessageId,
    pub tenant_id: &'a TenantId,
    pub account_id: &'a AccountId,
    pub conversation_id: &'a ConversationId,
    pub target_id: Option<&'a MessageId>,
    pub client_id: Option<&'a str>,
    pub payload: &'a str,
    pub media_id: Option<&'a MediaId>,
    pub order_at: Millis,
    pub created_at: Millis,
}

/// How many were not there yet.
pub(super) async fn enqueue(tx: &mut Tx, rows: &[QueueRow<'_>]) -> DbResult<u64> {
    execute!(tx, &ENQUEUE, Rows(rows))
}

/// Notes `message:new`, in the order in which they were asked for.
fn announce(
    tx: &mut Tx,
    new: &[&Accepting<'_>],
    threads: &HashMap<ConversationId, Conversation>,
) -> DbResult<()> {
    for one in new {
        let message = &one.message;
        let conversation = threads
            .get(&message.conversation_id)
            .ok_or(DbError::NotFound)?;
        tx.record(Draft {
            tenant_id: one.tenant_id.clone(),
            audience: Audience::Account(message.account_id.clone()),
            event: Event::MessageNew(MessageNew {
                message: message.clone(),
                conversation: conversation.clone(),
            }),
        });
    }
    Ok(())
}

/// The message that an account has under a client's id; of a reaction, the message that it is for.
pub async fn find_by_client(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &crate::ids::AccountId,
    client_id: &str,
) -> DbResult<Option<Message>> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (MessageId,),
        "SELECT id FROM messages WHERE account_id = $1 AND client_id = $2 AND tenant_id = $3
         UNION ALL
         SELECT target_id FROM outbox WHERE account_id = $1 AND client_id = $2 AND tenant_id = $3 AND target_id IS NOT NULL",
        account_id,
        client_id,
        tenant_id
    )?;
    let Some((id,)) = found else { return Ok(None) };
    Ok(messages::load(&mut reader, tenant_id, &[id]).await?.pop())
}
