//! Conversations of a batch: found with their people, opened where there is none, and how they stand after it ([`tally`](super::tally)).

use std::collections::HashMap;

use serde::Serialize;

use super::{
    IngestError, Round,
    messages::{Arrival, New},
    people::{People, Resolved},
    tally::CountedRow,
};
use crate::{
    Id, Millis,
    event::{Audience, ConversationChanged, Draft, Event},
    ids::{AccountId, ContactId, ConversationId, GroupId, TenantId},
    model::{Conversation, IdentityKind},
    sql::{Rows, batch, execute},
};

/// Conversations of a batch.
#[derive(Debug, Default)]
pub(super) struct Threads {
    ids: HashMap<(AccountId, GroupId), ConversationId>,
    opened: Vec<ConversationId>,
    current: HashMap<ConversationId, (TenantId, Conversation)>,
}

impl Threads {
    /// The conversation a message belongs to.
    pub(super) fn id_of(&self, arrival: &Arrival<'_>, people: &People) -> Option<ConversationId> {
        let group = people.get(arrival.person)?.group_id.clone();
        self.ids
            .get(&(arrival.incoming.account_id.clone(), group))
            .cloned()
    }

    /// The conversation as it stands after the batch.
    pub(super) fn conversation(&self, id: &ConversationId) -> Option<&Conversation> {
        self.current.get(id).map(|(_, conversation)| conversation)
    }

    /// Takes over how conversations stand after new messages.
    pub(super) fn take(
        &mut self,
        counted: Vec<CountedRow>,
        new: &[New<'_>],
        people: &People,
    ) -> Result<(), IngestError> {
        let owners: HashMap<&ContactId, &Resolved> = new
            .iter()
            .filter_map(|new| people.get(new.arrival.person))
            .map(|contact| (&contact.summary.id, contact))
            .collect();
        for row in counted {
            let Some(contact) = owners.get(&row.contact_id) else {
                return Err(IngestError::Raced);
            };
            let conversation = (contact.tenant_id.clone(), row.into_conversation(contact));
            self.current.insert(conversation.1.id.clone(), conversation);
        }
        Ok(())
    }

    /// Notes `conversation:new`.
    pub(super) fn announce_new(&self, round: &mut Round<'_>) {
        for (tenant_id, conversation) in self.opened.iter().filter_map(|id| self.current.get(id)) {
            round.tx.record(Draft {
                tenant_id: tenant_id.clone(),
                audience: Audience::Account(conversation.account_id.clone()),
                event: Event::ConversationNew(ConversationChanged {
                    conversation: conversation.clone(),
                }),
            });
        }
    }
}

/// Where answers go: to the phone where it is contact (that keeps it visible in later webhooks), else to the business-scoped id.
pub(super) fn reply_address<'a>(arrival: &Arrival<'a>) -> Option<(IdentityKind, &'a str)> {
    let keys = &arrival.message.chat.keys;
    let by_rank = |kind: IdentityKind| keys.iter().find(|key| key.kind == kind);
    [
        IdentityKind::Group,
        IdentityKind::Phone,
        IdentityKind::Lid,
        IdentityKind::Bsuid,
        IdentityKind::ParentBsuid,
    ]
    .into_iter()
    .find_map(by_rank)
    .map(|key| (key.kind, key.value.as_str()))
}

batch!(
    OPEN,
    "INSERT INTO conversations (id, tenant_id, account_id, contact_id, group_id, reply_kind, reply_value, is_group, last_message_at,
       created_at, updated_at)
     SELECT r.id, r.tenant_id, r.account_id, r.contact_id, r.group_id, r.reply_kind, r.reply_value, r.is_group, r.last_at, r.at, r.at
     FROM {rows: id TEXT, tenant_id TEXT, account_id TEXT, contact_id TEXT, group_id TEXT, reply_kind TEXT, reply_value TEXT,
       is_group BOOLEAN, last_at BIGINT, at BIGINT}
     WHERE true ON CONFLICT DO NOTHING"
);

#[derive(Serialize)]
struct OpenRow<'a> {
    id: ConversationId,
    tenant_id: &'a TenantId,
    account_id: &'a AccountId,
    contact_id: &'a ContactId,
    group_id: &'a GroupId,
    reply_kind: IdentityKind,
    reply_value: &'a str,
    is_group: bool,
    last_at: Millis,
    at: Millis,
}

/// Finds the conversation of every message, or opens it.
pub(super) async fn open(
    round: &mut Round<'_>,
    arrivals: &[Arrival<'_>],
    people: &People,
) -> Result<Threads, IngestError> {
    let mut threads = Threads::default();
    let mut rows = Vec::new();
    for arrival in arrivals {
        let Some(contact) = people.get(arrival.person) else {
            continue;
        };
        let key = (
            arrival.incoming.account_id.clone(),
            contact.group_id.clone(),
        );
        if threads.ids.contains_key(&key) {
            continue;
        }
        if let Some(found) = people.threads.get(&key) {
            threads.ids.insert(key, found.id.clone());
            continue;
        }
        let Some(row) = open_row(arrival, contact, round.now) else {
            continue;
        };
        threads.ids.insert(key, row.id.clone());
        threads.opened.push(row.id.clone());
        rows.push(row);
    }
    // In one order, as all nodes do.
    rows.sort_unstable_by_key(|row| (row.group_id, row.account_id));
    if !rows.is_empty() {
        let opened = execute!(round.tx, &OPEN, Rows(&rows))?;
        if usize::try_from(opened).ok() != Some(rows.len()) {
            return Err(IngestError::Raced);
        }
    }
    Ok(threads)
}

fn open_row<'a>(arrival: &Arrival<'a>, contact: &'a Resolved, now: Millis) -> Option<OpenRow<'a>> {
    let (reply_kind, reply_value) = reply_address(arrival)?;
    Some(OpenRow {
        id: ConversationId::new(now),
        tenant_id: &arrival.incoming.tenant_id,
        account_id: &arrival.incoming.account_id,
        contact_id: &contact.summary.id,
        group_id: &contact.group_id,
        reply_kind,
        reply_value,
        is_group: contact.summary.is_group,
        last_at: arrival.message.provider_at,
        at: now,
    })
}
