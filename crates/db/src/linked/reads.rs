//! What was read on the phone of an account, or on another of its devices.

use serde::Serialize;

use crate::{
    DbResult, Millis, Tx, conversations,
    ids::{ConversationId, MessageId},
    sql::{Rows, batch, fetch_all, fetch_optional},
};

use super::Holder;

/// Up to where a chat was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadMark {
    /// Messages that were read, by WhatsApp's ids; who wrote them was not told.
    pub ids: Vec<String>,
    /// All that was sent until then was read. Unix milliseconds.
    pub until: Option<Millis>,
}

/// Marks a conversation as read up to the newest message that a mark speaks of, and notes `conversation:read`. What came after it stays unread. Returns
/// whether all messages that it names are here.
pub async fn mark_read(
    tx: &mut Tx,
    holder: &Holder,
    conversation_id: &ConversationId,
    mark: &ReadMark,
    now: Millis,
) -> DbResult<bool> {
    // Each id is followed by what names its author: '|' is the sign between, '}' the one behind it.
    batch!(
        NAMED,
        "SELECT m.id, m.provider_at FROM {rows: low TEXT, high TEXT}
         JOIN messages m ON m.account_id = $3 AND m.provider_id >= r.low AND m.provider_id < r.high
         WHERE m.tenant_id = $2 AND m.conversation_id = $4 AND m.direction = 'in'"
    );
    #[derive(Serialize)]
    struct Row {
        low: String,
        high: String,
    }
    let rows: Vec<Row> = mark
        .ids
        .iter()
        .map(|id| Row {
            low: format!("{id}|"),
            high: format!("{id}}}"),
        })
        .collect();
    let mut found = fetch_all!(
        tx,
        (MessageId, Millis),
        &NAMED,
        Rows(&rows),
        &holder.tenant_id,
        &holder.account_id,
        conversation_id
    )?;
    let all_there = found.len() >= rows.len();
    if let Some(until) = mark.until {
        found.extend(fetch_optional!(
            tx,
            (MessageId, Millis),
            "SELECT id, provider_at FROM messages WHERE conversation_id = $1 AND tenant_id = $2 AND provider_at <= $3
             ORDER BY provider_at DESC, id DESC LIMIT 1",
            conversation_id,
            &holder.tenant_id,
            until
        )?);
    }
    let newest = found.into_iter().max_by_key(|(id, at)| (*at, id.clone()));
    if let Some((newest, _)) = newest {
        let tenant_id = &holder.tenant_id;
        conversations::mark_read(tx, tenant_id, conversation_id, &newest, None, now).await?;
    }
    Ok(all_there)
}
