//! The preview of a conversation's last message: its text and tick follow the message.

use std::collections::HashSet;

use serde::Serialize;

use super::{IngestError, Round};
use crate::{
    Millis, conversations,
    event::{Audience, ConversationChanged, Draft, Event},
    ids::{ConversationId, MessageId, TenantId},
    model::MessageStatus,
    sql::{Rows, batch, execute, fetch_all},
};

/// Characters of a preview.
const PREVIEW_CHARS: usize = 160;

/// First characters of a text, for previews.
pub(super) fn preview(text: Option<&str>) -> String {
    text.unwrap_or_default()
        .chars()
        .take(PREVIEW_CHARS)
        .collect()
}

batch!(
    LAST_STATUS,
    "UPDATE conversations SET last_message_status = r.status FROM {rows: id TEXT, message_id TEXT, status TEXT}
     WHERE conversations.id = r.id AND conversations.last_message_id = r.message_id"
);

/// The tick beside a conversation's last message follows the message's status. Clients draw it from `message:status`, which carries no version:
/// the conversation's stays, so that what they hold is what a fresh reading gives.
pub(super) async fn follow_status(
    round: &mut Round<'_>,
    moved: &[(ConversationId, MessageId, MessageStatus)],
) -> Result<(), IngestError> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: &'a ConversationId,
        message_id: &'a MessageId,
        status: MessageStatus,
    }
    let seen: HashSet<&MessageId> = moved.iter().map(|(_, id, _)| id).collect();
    debug_assert_eq!(seen.len(), moved.len(), "one status per message");
    let rows: Vec<Row> = moved
        .iter()
        .map(|(id, message_id, status)| Row {
            id,
            message_id,
            status: *status,
        })
        .collect();
    execute!(round.tx, &LAST_STATUS, Rows(&rows))?;
    Ok(())
}

batch!(
    LAST_TEXT,
    "UPDATE conversations SET last_message_text = r.text, updated_at = r.now, version = conversations.version + 1
     FROM {rows: conversation_id TEXT, message_id TEXT, text TEXT, now BIGINT}
     WHERE conversations.id = r.conversation_id AND conversations.last_message_id = r.message_id AND conversations.last_message_text <> r.text
     RETURNING conversations.tenant_id, conversations.id"
);

/// What a message says now.
#[derive(Debug)]
pub(super) struct NewText<'a> {
    pub conversation_id: &'a ConversationId,
    pub message_id: &'a MessageId,
    pub text: String,
}

/// The preview of a conversation's last message follows its edits; of a deleted message nothing is left. Notes `conversation:updated`.
pub(super) async fn follow_texts(
    round: &mut Round<'_>,
    texts: impl Iterator<Item = NewText<'_>>,
) -> Result<(), IngestError> {
    #[derive(Serialize)]
    struct Row<'a> {
        conversation_id: &'a ConversationId,
        message_id: &'a MessageId,
        text: String,
        now: Millis,
    }
    let rows: Vec<Row> = texts
        .map(|new| Row {
            conversation_id: new.conversation_id,
            message_id: new.message_id,
            text: new.text,
            now: round.now,
        })
        .collect();
    if rows.is_empty() {
        return Ok(());
    }
    let changed = fetch_all!(
        round.tx,
        (TenantId, ConversationId),
        &LAST_TEXT,
        Rows(&rows)
    )?;
    for (tenant_id, id) in changed {
        let conversation = conversations::load(round.tx, &tenant_id, &id).await?;
        round.tx.record(Draft {
            tenant_id,
            audience: Audience::Account(conversation.account_id.clone()),
            event: Event::ConversationUpdated(ConversationChanged { conversation }),
        });
    }
    Ok(())
}
