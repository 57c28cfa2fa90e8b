//! The order in which writers lock rows that are there already, so that two batches at once wait for each other, but never for ever: ids, contacts,
//! conversations, the parking place, messages, streams; within each by key. Only PostgreSQL has several writers; on SQLite nothing is locked.
//!
//! A conversation's lock also keeps what is read of its messages true until it is written back (reactions, edits, ranks of statuses).

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::{
    Incoming, IncomingUpdate, IngestError, Round, messages::Stored, statuses::read_callback,
};
use crate::{
    ids::{AccountId, ContactId, ConversationId, MessageId, TenantId},
    sql::{Conn, Lend, Rows, batch, execute, fetch_all, id_rows},
};

batch!(
    CONTACTS,
    "SELECT c.id FROM {rows: id TEXT} JOIN contacts c ON c.id = r.id ORDER BY c.id FOR UPDATE OF c"
);

/// Locks contacts.
pub(super) async fn contacts(
    round: &mut Round<'_>,
    ids: impl Iterator<Item = &ContactId>,
) -> Result<(), IngestError> {
    if !has_several_writers(round) {
        return Ok(());
    }
    let ids: BTreeSet<&ContactId> = ids.collect();
    execute!(round.tx, &CONTACTS, Rows(&id_rows(ids)))?;
    Ok(())
}

batch!(
    THERE,
    "SELECT c.id FROM {rows: id TEXT} JOIN contacts c ON c.id = r.id WHERE c.merged_into IS NULL ORDER BY c.id FOR UPDATE OF c"
);

/// Locks contacts that were given ids. Whether they are all there: one that was merged away since it was looked up must not get any.
pub(super) async fn are_there(
    round: &mut Round<'_>,
    ids: &BTreeSet<ContactId>,
) -> Result<bool, IngestError> {
    if ids.is_empty() || !has_several_writers(round) {
        return Ok(true);
    }
    let rows = id_rows(ids);
    let there = fetch_all!(round.tx, (ContactId,), &THERE, Rows(&rows))?;
    Ok(there.len() == ids.len())
}

batch!(
    CONVERSATIONS,
    "SELECT v.id FROM {rows: tenant_id TEXT, account_id TEXT, provider_id TEXT}
     JOIN messages m ON m.account_id = r.account_id AND m.provider_id = r.provider_id AND m.tenant_id = r.tenant_id
     JOIN conversations v ON v.id = m.conversation_id ORDER BY v.id FOR UPDATE OF v"
);

/// A message by the provider's id.
#[derive(Serialize, PartialEq, Eq, PartialOrd, Ord)]
struct Named<'a> {
    tenant_id: &'a TenantId,
    account_id: &'a AccountId,
    provider_id: &'a str,
}

/// Whether all messages that the batch has news of are there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Targets {
    AllThere,
    SomeMissing,
}

/// Locks the conversations of which the batch changes anything, where that is more than counting new messages.
pub(super) async fn conversations(
    round: &mut Round<'_>,
    batch: &[Incoming],
    stored: &Stored<'_>,
) -> Result<Targets, IngestError> {
    let mut named: BTreeSet<Named> = batch.iter().filter_map(target).collect();
    if named.is_empty() || !has_several_writers(round) {
        return Ok(Targets::AllThere);
    }
    // One message stands for its conversation.
    let of_conversation: BTreeMap<&ConversationId, &Incoming> = stored
        .new
        .iter()
        .map(|new| (&new.conversation_id, new.arrival.incoming))
        .collect();
    named.extend(of_conversation.into_values().filter_map(message));
    let rows: Vec<Named> = named.into_iter().collect();
    let found = fetch_all!(round.tx, (ConversationId,), &CONVERSATIONS, Rows(&rows))?;
    if found.len() == rows.len() {
        return Ok(Targets::AllThere);
    }
    // Messages of ours that the provider has taken and whose ids we have not been told: their statuses name them as we do.
    let ours: BTreeSet<MessageId> = batch.iter().filter_map(callback).collect();
    if !ours.is_empty() {
        before_marking(round, ours.iter()).await?;
    }
    Ok(Targets::SomeMissing)
}

fn callback(incoming: &Incoming) -> Option<MessageId> {
    match &incoming.update {
        IncomingUpdate::Status(status) => {
            let (id, _) = read_callback(status.callback.as_deref()?)?;
            Some(id)
        }
        _ => None,
    }
}

/// The message that a status or an amendment speaks of.
fn target(incoming: &Incoming) -> Option<Named<'_>> {
    match &incoming.update {
        IncomingUpdate::Status(status) => Some(named(incoming, &status.provider_id)),
        IncomingUpdate::Amendment(amendment) => Some(named(incoming, &amendment.provider_id)),
        _ => None,
    }
}

fn message(incoming: &Incoming) -> Option<Named<'_>> {
    match &incoming.update {
        IncomingUpdate::Message(message) => Some(named(incoming, &message.provider_id)),
        _ => None,
    }
}

fn named<'a>(incoming: &'a Incoming, provider_id: &'a str) -> Named<'a> {
    Named {
        tenant_id: &incoming.tenant_id,
        account_id: &incoming.account_id,
        provider_id,
    }
}

/// Before something may have to be parked: waits until all who have looked there for their new messages have committed them, so that a message and
/// its status, written at the same moment, do not miss each other. Whoever looks takes a lock that this one excludes.
pub(super) async fn parking_place(
    round: &mut Round<'_>,
    targets: Targets,
) -> Result<(), IngestError> {
    if targets == Targets::SomeMissing {
        let lock = "LOCK TABLE parked_updates IN SHARE ROW EXCLUSIVE MODE";
        execute!(round.tx, lock)?;
    }
    Ok(())
}

/// Locks the conversation of one message, if it is there.
pub(super) async fn conversation_of(
    round: &mut Round<'_>,
    tenant_id: &TenantId,
    account_id: &AccountId,
    provider_id: &str,
) -> Result<(), IngestError> {
    if !has_several_writers(round) {
        return Ok(());
    }
    let rows = [Named {
        tenant_id,
        account_id,
        provider_id,
    }];
    execute!(round.tx, &CONVERSATIONS, Rows(&rows))?;
    Ok(())
}

batch!(
    pub(crate) CONTACTS_OF,
    "SELECT c.id FROM {rows: id TEXT} JOIN conversations v ON v.id = r.id JOIN contacts c ON c.id = v.contact_id
     ORDER BY c.id FOR UPDATE OF c"
);

batch!(
    pub(crate) BY_ID,
    "SELECT v.id FROM {rows: id TEXT} JOIN conversations v ON v.id = r.id ORDER BY v.id FOR UPDATE OF v"
);

/// For who is going to count new messages of ours.
pub(super) async fn before_counting<'a>(
    round: &mut Round<'_>,
    conversations: impl Iterator<Item = &'a ConversationId>,
) -> Result<(), IngestError> {
    if !has_several_writers(round) {
        return Ok(());
    }
    let ids: BTreeSet<&ConversationId> = conversations.collect();
    let rows = id_rows(ids);
    execute!(round.tx, &CONTACTS_OF, Rows(&rows))?;
    execute!(round.tx, &BY_ID, Rows(&rows))?;
    Ok(())
}

batch!(
    pub(crate) OF_MESSAGES,
    "SELECT v.id FROM {rows: id TEXT} JOIN messages m ON m.id = r.id JOIN conversations v ON v.id = m.conversation_id
     ORDER BY v.id FOR UPDATE OF v"
);

/// For who is going to mark messages and then to take out what is parked for them.
pub(super) async fn before_marking<'a>(
    round: &mut Round<'_>,
    messages: impl Iterator<Item = &'a MessageId>,
) -> Result<(), IngestError> {
    if !has_several_writers(round) {
        return Ok(());
    }
    let ids: BTreeSet<&MessageId> = messages.collect();
    execute!(round.tx, &OF_MESSAGES, Rows(&id_rows(ids)))?;
    let lock = "LOCK TABLE parked_updates IN ROW EXCLUSIVE MODE";
    execute!(round.tx, lock)?;
    Ok(())
}

fn has_several_writers(round: &mut Round<'_>) -> bool {
    matches!(round.tx.conn(), Conn::Postgres(_))
}
