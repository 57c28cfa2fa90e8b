//! What a conversation shows as its last message, once a scheduled message has gone out.

use crate::{
    DbResult, Millis, Tx, conversations,
    ids::{ConversationId, MessageId, TenantId},
    sql::execute,
};

/// A scheduled message that went out is the newest of its conversation now.
pub(super) async fn show(
    tx: &mut Tx,
    (tenant_id, conversation_id): (&TenantId, &ConversationId),
    id: &MessageId,
    now: Millis,
) -> DbResult<()> {
    let shown = execute!(
        tx,
        "UPDATE conversations SET last_message_id = m.id, last_message_type = m.type, last_message_direction = 'out',
           last_message_text = substr(COALESCE(m.text, ''), 1, 160), last_message_status = m.status,
           last_message_at = m.provider_at, updated_at = $3, version = version + 1
         FROM (SELECT id, type, text, status, provider_at FROM messages WHERE id = $1 AND tenant_id = $4) AS m
         WHERE conversations.id = $2 AND conversations.tenant_id = $4
           AND (conversations.last_message_id IS NULL OR conversations.last_message_id <> m.id AND conversations.last_message_at <= m.provider_at)",
        id,
        conversation_id,
        now,
        tenant_id
    )?;
    if shown > 0 {
        conversations::announce_updated(tx, tenant_id, conversation_id).await?;
    }
    Ok(())
}
