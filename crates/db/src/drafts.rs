//! What users have begun to write: one draft per user and conversation, told to the user's own other screens.

use crate::{
    Db, DbResult, Millis, Tx,
    event::{Audience, Draft, DraftChanged, Event},
    ids::{ConversationId, MessageId, TenantId, UserId},
    model::TextDraft,
    sql::{execute, fetch_one, fetch_optional},
};

/// A user's draft in a conversation.
pub async fn find_draft(
    db: &Db,
    tenant_id: &TenantId,
    user_id: &UserId,
    conversation_id: &ConversationId,
) -> DbResult<Option<TextDraft>> {
    let mut reader = db.read().await?;
    fetch_optional!(
        &mut reader,
        TextDraft,
        "SELECT text, quote_id, updated_at FROM drafts WHERE user_id = $1 AND conversation_id = $2 AND tenant_id = $3",
        user_id,
        conversation_id,
        tenant_id
    )
}

/// Keeps a draft and notes `draft:changed`.
pub async fn upsert_draft(
    tx: &mut Tx,
    tenant_id: &TenantId,
    user_id: &UserId,
    conversation_id: &ConversationId,
    text: &str,
    quote_id: Option<&MessageId>,
    now: Millis,
) -> DbResult<TextDraft> {
    let draft = fetch_one!(
        tx,
        TextDraft,
        "INSERT INTO drafts (user_id, conversation_id, tenant_id, text, quote_id, updated_at) VALUES ($1, $2, $3, $4, $5, $6)
         ON CONFLICT (user_id, conversation_id) DO UPDATE SET text = excluded.text, quote_id = excluded.quote_id,
           updated_at = excluded.updated_at
         RETURNING text, quote_id, updated_at",
        user_id,
        conversation_id,
        tenant_id,
        text,
        quote_id,
        now
    )?;
    announce(tx, tenant_id, user_id, conversation_id, Some(draft.clone()));
    Ok(draft)
}

/// Throws a draft away and notes `draft:changed`, if there is one.
pub async fn delete_draft(
    tx: &mut Tx,
    tenant_id: &TenantId,
    user_id: &UserId,
    conversation_id: &ConversationId,
) -> DbResult<()> {
    let gone = execute!(
        tx,
        "DELETE FROM drafts WHERE user_id = $1 AND conversation_id = $2 AND tenant_id = $3",
        user_id,
        conversation_id,
        tenant_id
    )?;
    if gone > 0 {
        announce(tx, tenant_id, user_id, conversation_id, None);
    }
    Ok(())
}

fn announce(
    tx: &mut Tx,
    tenant_id: &TenantId,
    user_id: &UserId,
    conversation_id: &ConversationId,
    draft: Option<TextDraft>,
) {
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::User(user_id.clone()),
        event: Event::DraftChanged(DraftChanged {
            conversation_id: conversation_id.clone(),
            draft,
        }),
    });
}
