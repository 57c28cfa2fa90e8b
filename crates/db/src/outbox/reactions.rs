//! Accepting a reaction of ours: it has a row of the outbox, but no message.

use crate::{
    DbResult, Id, Millis, Tx,
    ids::{MessageId, TenantId},
    ingest, messages,
    model::{Conversation, Message, ReactionBy},
};

use super::accept::{QueueRow, enqueue};

/// Puts our reaction on a message and writes its row of the outbox; notes `message:updated`. `None` where the account has this client id
/// already. The provider's refusal takes it off again.
pub async fn accept_reaction(
    tx: &mut Tx,
    tenant_id: &TenantId,
    conversation: &Conversation,
    target: (&MessageId, &str),
    (client_id, emoji): (&str, &str),
    payload: &str,
    now: Millis,
) -> DbResult<Option<Message>> {
    let (target_id, provider_id) = target;
    let id = MessageId::new(now);
    let row = QueueRow {
        message_id: &id,
        tenant_id,
        account_id: &conversation.account_id,
        conversation_id: &conversation.id,
        client_id: Some(client_id),
        target_id: Some(target_id),
        media_id: None,
        payload,
        order_at: now,
        created_at: now,
    };
    if enqueue(tx, &[row]).await? == 0 {
        return Ok(None);
    }
    let change = ingest::Change::Reaction {
        emoji: emoji.to_owned(),
        by: ReactionBy::Us,
        actor: "us".to_owned(),
        name: None,
    };
    let amendment = ingest::Amendment {
        provider_id: provider_id.to_owned(),
        at: now,
        change,
    };
    ingest::amend(tx, tenant_id, &conversation.account_id, amendment, now).await?;
    let target = std::slice::from_ref(target_id);
    Ok(messages::load(tx, tenant_id, target).await?.pop())
}
