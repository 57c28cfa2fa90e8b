//! Reactions, edits and deletions: applied to their message, or parked until it comes.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use serde::Serialize;

use super::{
    Change, Incoming, IncomingUpdate, IngestError, Round,
    messages::{ProviderKeyRow, preview},
    parked::{self, PlacedAmendment},
    threads::{self, NewText},
};
use crate::{
    Millis,
    event::{Audience, Draft, Event, MessageUpdated},
    ids::{AccountId, ConversationId, MessageId, TenantId},
    messages,
    model::Reaction,
    sql::{Rows, batch, execute, fetch_all},
};

type MessageKey = (TenantId, AccountId, String);

/// Messages that changed, by tenant.
pub(super) type Amended = BTreeMap<TenantId, BTreeSet<MessageId>>;

batch!(
    FIND,
    "SELECT m.tenant_id, m.account_id, m.provider_id, m.id, m.conversation_id, m.text, m.content, m.reactions, m.edited_at, m.deleted_at
     FROM {rows: tenant_id TEXT, account_id TEXT, provider_id TEXT}
     JOIN messages m ON m.account_id = r.account_id AND m.provider_id = r.provider_id AND m.tenant_id = r.tenant_id"
);

#[derive(sqlx::FromRow)]
struct FoundRow {
    tenant_id: TenantId,
    account_id: AccountId,
    provider_id: String,
    id: MessageId,
    conversation_id: ConversationId,
    text: Option<String>,
    content: String,
    reactions: Option<String>,
    edited_at: Option<Millis>,
    deleted_at: Option<Millis>,
}

/// Applies the batch's amendments and those that had waited.
pub(super) async fn apply(
    round: &mut Round<'_>,
    batch: &[Incoming],
    waited: Vec<PlacedAmendment>,
) -> Result<Amended, IngestError> {
    let mut all = waited;
    all.extend(batch.iter().filter_map(|incoming| match &incoming.update {
        IncomingUpdate::Amendment(amendment) => Some(PlacedAmendment {
            tenant_id: incoming.tenant_id.clone(),
            account_id: incoming.account_id.clone(),
            amendment: amendment.clone(),
        }),
        _ => None,
    }));
    if all.is_empty() {
        return Ok(Amended::new());
    }
    let mut found = find(round, &all).await?;
    let mut orphans = Vec::new();
    let mut changed = BTreeSet::new();
    for placed in &all {
        let key = key_of(placed);
        match found.get_mut(&key) {
            None => orphans.push(placed),
            Some(row) => {
                if row.amend(placed)? {
                    changed.insert(key);
                }
            }
        }
    }
    parked::park(round, &[], &orphans).await?;
    found.retain(|key, _| changed.contains(key));
    write(round, &found).await?;
    threads::follow_texts(round, found.values().filter_map(FoundRow::new_text)).await?;
    let mut amended = Amended::new();
    for row in found.into_values() {
        amended.entry(row.tenant_id).or_default().insert(row.id);
    }
    Ok(amended)
}

fn key_of(placed: &PlacedAmendment) -> MessageKey {
    (
        placed.tenant_id.clone(),
        placed.account_id.clone(),
        placed.amendment.provider_id.clone(),
    )
}

async fn find(
    round: &mut Round<'_>,
    all: &[PlacedAmendment],
) -> Result<HashMap<MessageKey, FoundRow>, IngestError> {
    let keys: BTreeSet<MessageKey> = all.iter().map(key_of).collect();
    let rows: Vec<ProviderKeyRow> = keys
        .iter()
        .map(|(tenant_id, account_id, provider_id)| ProviderKeyRow {
            tenant_id,
            account_id,
            provider_id,
        })
        .collect();
    let found = fetch_all!(round.tx, FoundRow, &FIND, Rows(&rows))?;
    Ok(found
        .into_iter()
        .map(|row| {
            (
                (
                    row.tenant_id.clone(),
                    row.account_id.clone(),
                    row.provider_id.clone(),
                ),
                row,
            )
        })
        .collect())
}

impl FoundRow {
    /// What its conversation's preview says from now on, where that may have changed.
    fn new_text(&self) -> Option<NewText<'_>> {
        let text = match (self.deleted_at, self.edited_at) {
            (Some(_), _) => None,
            (None, Some(_)) => self.text.as_deref(),
            (None, None) => return None,
        };
        Some(NewText {
            conversation_id: &self.conversation_id,
            message_id: &self.id,
            text: preview(text),
        })
    }

    /// Applies one change; returns whether anything is different. Repeats and older changes leave the message as it is.
    fn amend(&mut self, placed: &PlacedAmendment) -> Result<bool, IngestError> {
        let at = placed.amendment.at;
        match &placed.amendment.change {
            Change::Revoke if self.deleted_at.is_some() => Ok(false),
            Change::Revoke => {
                self.deleted_at = Some(at);
                Ok(true)
            }
            Change::Edit { .. } if self.edited_at.is_some_and(|held| held >= at) => Ok(false),
            Change::Edit { text, content } => {
                self.edited_at = Some(at);
                self.text.clone_from(text);
                self.content.clone_from(content);
                Ok(true)
            }
            Change::Reaction {
                emoji,
                by,
                actor,
                name,
            } => {
                let reaction = Reaction {
                    emoji: emoji.clone(),
                    by: *by,
                    name: name.clone(),
                    at,
                    actor: actor.clone(),
                };
                self.react(reaction)
            }
        }
    }

    fn react(&mut self, reaction: Reaction) -> Result<bool, IngestError> {
        let mut held: Vec<Reaction> =
            serde_json::from_str(self.reactions.as_deref().unwrap_or("[]"))?;
        let before = held.clone();
        if held
            .iter()
            .any(|other| other.actor == reaction.actor && other.at > reaction.at)
        {
            return Ok(false);
        }
        held.retain(|other| other.actor != reaction.actor);
        if !reaction.emoji.is_empty() {
            held.push(reaction);
        }
        if held == before {
            return Ok(false);
        }
        self.reactions = Some(serde_json::to_string(&held)?);
        Ok(true)
    }
}

batch!(
    WRITE,
    "UPDATE messages SET text = r.text, content = r.content, reactions = r.reactions, edited_at = r.edited_at, deleted_at = r.deleted_at
     FROM {rows: id TEXT, text TEXT, content TEXT, reactions TEXT, edited_at BIGINT, deleted_at BIGINT}
     WHERE messages.id = r.id"
);

async fn write(
    round: &mut Round<'_>,
    found: &HashMap<MessageKey, FoundRow>,
) -> Result<(), IngestError> {
    #[derive(Serialize)]
    struct Row<'a> {
        id: &'a MessageId,
        text: Option<&'a str>,
        content: &'a str,
        reactions: Option<&'a str>,
        edited_at: Option<Millis>,
        deleted_at: Option<Millis>,
    }
    if found.is_empty() {
        return Ok(());
    }
    let rows: Vec<Row> = found
        .values()
        .map(|row| Row {
            id: &row.id,
            text: row.text.as_deref(),
            content: &row.content,
            reactions: row.reactions.as_deref(),
            edited_at: row.edited_at,
            deleted_at: row.deleted_at,
        })
        .collect();
    execute!(round.tx, &WRITE, Rows(&rows))?;
    Ok(())
}

/// Notes `message:updated` with the message as it is now.
pub(super) async fn announce(round: &mut Round<'_>, amended: &Amended) -> Result<(), IngestError> {
    for (tenant_id, ids) in amended {
        let ids: Vec<MessageId> = ids.iter().cloned().collect();
        for message in messages::load(round.tx, tenant_id, &ids).await? {
            round.tx.record(Draft {
                tenant_id: tenant_id.clone(),
                audience: Audience::Account(message.account_id.clone()),
                event: Event::MessageUpdated(MessageUpdated { message }),
            });
        }
    }
    Ok(())
}
