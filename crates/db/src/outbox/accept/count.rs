//! What accepted messages change of their conversations and contacts: counters, and what a list shows of the last message.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::Accepting;
use crate::{
    DbError, DbResult, Millis, Tx, conversations,
    ids::{ConversationId, MessageId, TenantId},
    ingest,
    model::{Conversation, Message, MessageStatus},
    sql::{Rows, batch, execute},
};

batch!(
    pub(super) COUNT_CONTACTS,
    "UPDATE contacts SET messages_out = contacts.messages_out + n.n
     FROM (SELECT v.contact_id, v.tenant_id, CAST(sum(r.n) AS BIGINT) AS n
       FROM {rows: id TEXT, tenant_id TEXT, n BIGINT} JOIN conversations v ON v.id = r.id AND v.tenant_id = r.tenant_id
       GROUP BY v.contact_id, v.tenant_id) AS n
     WHERE contacts.id = n.contact_id AND contacts.tenant_id = n.tenant_id RETURNING contacts.id"
);

batch!(
    pub(super) COUNT,
    "UPDATE conversations SET message_count = conversations.message_count + r.n, updated_at = r.now, version = conversations.version + 1,
       last_message_id = CASE WHEN r.at IS NOT NULL AND (conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at) THEN r.last_id ELSE conversations.last_message_id END,
       last_message_type = CASE WHEN r.at IS NOT NULL AND (conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at) THEN r.type ELSE conversations.last_message_type END,
       last_message_direction = CASE WHEN r.at IS NOT NULL AND (conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at) THEN 'out' ELSE conversations.last_message_direction END,
       last_message_text = CASE WHEN r.at IS NOT NULL AND (conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at) THEN r.text ELSE conversations.last_message_text END,
       last_message_status = CASE WHEN r.at IS NOT NULL AND (conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at) THEN r.status ELSE conversations.last_message_status END,
       last_message_at = CASE WHEN r.at IS NOT NULL AND (conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at) THEN r.at ELSE conversations.last_message_at END
     FROM {rows: id TEXT, tenant_id TEXT, n BIGINT, last_id TEXT, type TEXT, text TEXT, status TEXT, at BIGINT, now BIGINT}
     WHERE conversations.id = r.id AND conversations.tenant_id = r.tenant_id AND COALESCE(conversations.merged_into, '') = ''
     RETURNING conversations.id"
);

#[derive(Serialize)]
pub(super) struct CountRow<'a> {
    pub id: &'a ConversationId,
    tenant_id: &'a TenantId,
    n: i64,
    last_id: Option<&'a MessageId>,
    r#type: Option<&'a str>,
    text: String,
    status: MessageStatus,
    /// When the last one that shows was accepted: a scheduled message becomes the newest when it goes out.
    at: Option<Millis>,
    now: Millis,
}

impl<'a> CountRow<'a> {
    fn new(one: &'a Accepting<'_>, now: Millis) -> Self {
        Self {
            id: &one.message.conversation_id,
            tenant_id: one.tenant_id,
            n: 0,
            last_id: None,
            r#type: None,
            text: String::new(),
            status: one.message.status,
            at: None,
            now,
        }
    }

    fn add(&mut self, message: &'a Message) {
        self.n += 1;
        if message.send_at.is_none() {
            self.last_id = Some(&message.id);
            self.r#type = Some(&message.kind);
            self.text = ingest::preview(message.text.as_deref());
            self.at = Some(message.provider_at);
        }
    }
}

/// Brings the conversations' counters and previews and the contacts' counters up to date; the conversations as they are then.
pub(super) async fn count(
    tx: &mut Tx,
    new: &[&Accepting<'_>],
    now: Millis,
) -> DbResult<HashMap<ConversationId, Conversation>> {
    let rows = count_rows(new.iter().copied(), now);
    // The statements below take the locks of one in the right order.
    if rows.len() > 1 {
        ingest::hold_people(tx, rows.iter().map(|row| row.id), now).await?;
    }
    execute!(tx, &COUNT_CONTACTS, Rows(&rows))?;
    let changed = execute!(tx, &COUNT, Rows(&rows))?;
    if usize::try_from(changed).ok() != Some(rows.len()) {
        return Err(DbError::NotFound);
    }
    load_threads(tx, &rows).await
}

/// What messages come to, by conversation.
pub(super) fn count_rows<'a>(
    new: impl Iterator<Item = &'a Accepting<'a>>,
    now: Millis,
) -> Vec<CountRow<'a>> {
    let mut rows: BTreeMap<&ConversationId, CountRow> = BTreeMap::new();
    for one in new {
        rows.entry(&one.message.conversation_id)
            .or_insert_with(|| CountRow::new(one, now))
            .add(&one.message);
    }
    rows.into_values().collect()
}

/// The conversations as they are after the messages.
pub(super) async fn load_threads(
    tx: &mut Tx,
    rows: &[CountRow<'_>],
) -> DbResult<HashMap<ConversationId, Conversation>> {
    let ids: Vec<_> = rows.iter().map(|row| (row.tenant_id, row.id)).collect();
    let threads = conversations::load_many(tx, &ids).await?;
    Ok(threads
        .into_iter()
        .map(|thread| (thread.id.clone(), thread))
        .collect())
}
