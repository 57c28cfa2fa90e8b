//! What was read on the phone of an account, or on another of its devices.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    DbResult, Millis, Tx, conversations,
    ids::{ConversationId, MessageId},
    sql::{Rows, batch, fetch_all, fetch_optional},
};

use super::Holder;

/// A message by its conversation and its place there.
type Place = (ConversationId, Millis, MessageId);

/// Up to where a chat was read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ReadMark {
    /// Messages that were read, by WhatsApp's ids; who wrote them was not told.
    pub ids: Vec<String>,
    /// All that was sent until then was read. Unix milliseconds.
    pub until: Option<Millis>,
}

/// Marks a conversation as read up to the newest message that a mark speaks of, and notes `conversation:read`. What came after it stays unread. Where the
/// conversation was not told, its messages tell. Returns whether all messages that the mark names are here.
pub async fn mark_read(
    tx: &mut Tx,
    holder: &Holder,
    conversation_id: Option<&ConversationId>,
    mark: &ReadMark,
    now: Millis,
) -> DbResult<bool> {
    // Each id is followed by what names its author: '|' is the sign between, '}' the one behind it.
    batch!(
        NAMED,
        "SELECT m.conversation_id, m.provider_at, m.id FROM {rows: low TEXT, high TEXT}
         JOIN messages m ON m.account_id = $3 AND m.provider_id >= r.low AND m.provider_id < r.high
         WHERE m.tenant_id = $2 AND m.direction = 'in'"
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
        Place,
        &NAMED,
        Rows(&rows),
        &holder.tenant_id,
        &holder.account_id
    )?;
    found.retain(|(id, ..)| conversation_id.is_none_or(|told| told == id));
    let all_there = found.len() >= rows.len();
    if let (Some(until), Some(conversation_id)) = (mark.until, conversation_id) {
        found.extend(fetch_optional!(
            tx,
            Place,
            "SELECT conversation_id, provider_at, id FROM messages WHERE conversation_id = $1 AND tenant_id = $2 AND provider_at <= $3
             ORDER BY provider_at DESC, id DESC LIMIT 1",
            conversation_id,
            &holder.tenant_id,
            until
        )?);
    }
    found.sort_unstable();
    // The last of a conversation stands.
    let newest: BTreeMap<ConversationId, MessageId> =
        found.into_iter().map(|(of, _, id)| (of, id)).collect();
    for (conversation_id, newest) in newest {
        let tenant_id = &holder.tenant_id;
        conversations::mark_read(tx, tenant_id, &conversation_id, &newest, None, now).await?;
    }
    Ok(all_there)
}
