//! Statuses of messages to groups: a row per member, from which the message's own status and the counts follow ([`super::ledger`] says how).
//!
//! Two to four statements for a batch, and none for a batch without such statuses. Rows are read, folded and written back: the conversation's lock
//! ([`super::locks`]) keeps what was read true.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{
    IngestError, Round,
    by_provider_id::MessageKey,
    ledger::{Entry, Ledger, Member, Standing},
    parked::ParkedStatus,
    stamps::Stamps,
    statuses::{Moved, Target},
};
use crate::{
    Millis,
    event::MessageStatusChanged,
    ids::{MessageId, TenantId},
    model::{MessageStatus, RecipientCounts},
    sql::{Rows, batch, execute, fetch_all},
};

/// The statuses of messages to groups, by message.
pub(super) type News<'a> = BTreeMap<MessageKey, Vec<(&'a ParkedStatus, &'a Member)>>;

/// Applies statuses of messages to groups. The messages whose status or counts changed.
pub(super) async fn apply(
    round: &mut Round<'_>,
    news: &News<'_>,
    found: &BTreeMap<MessageKey, Target>,
) -> Result<Vec<Moved>, IngestError> {
    let ours = found
        .iter()
        .filter(|(key, target)| news.contains_key(*key) && target.is_ours());
    let ours: Vec<(&MessageKey, &Target)> = ours.collect();
    if ours.is_empty() {
        return Ok(Vec::new());
    }
    let mut held = read(round, &ours).await?;
    let mut written = Written::default();
    let mut moved = Vec::new();
    for (key, target) in ours {
        let mut ledger = Ledger::new(held.remove(&target.id).unwrap_or_default());
        let before = ledger.standing().and_then(|standing| standing.counts);
        for (status, member) in news.get(key).into_iter().flatten() {
            ledger.note(member, status.status, status.at, status.error.as_ref());
        }
        let Some(after) = ledger.standing() else {
            continue;
        };
        written.add(key, target, &ledger, &after)?;
        if before != after.counts || after.status.rank() != target.status_rank {
            moved.push(announcement(key, target, &after));
        }
    }
    written.write(round).await?;
    Ok(moved)
}

fn announcement(key: &MessageKey, target: &Target, after: &Standing) -> Moved {
    Moved {
        tenant_id: key.0.clone(),
        account_id: key.1.clone(),
        change: MessageStatusChanged {
            message_id: target.id.clone(),
            conversation_id: target.conversation_id.clone(),
            status: after.status,
            at: match &after.failure {
                Some((at, _)) => *at,
                None => after.at.unwrap_or_default(),
            },
            error: after.failure.clone().and_then(|(_, error)| error),
            attempts: None,
            recipients: after.counts,
            send_at: None,
        },
    }
}

batch!(
    READ,
    "SELECT p.message_id, p.recipient, p.tenant_id, p.ids, p.name, p.sent_at, p.delivered_at, p.read_at, p.played_at, p.failed_at, p.error
     FROM {rows: message_id TEXT, tenant_id TEXT}
     JOIN message_recipients p ON p.message_id = r.message_id AND p.tenant_id = r.tenant_id"
);

/// A member's row, as it is read and written.
#[derive(Serialize, sqlx::FromRow)]
struct EntryRow {
    message_id: MessageId,
    recipient: String,
    tenant_id: TenantId,
    ids: String,
    name: Option<String>,
    sent_at: Option<Millis>,
    delivered_at: Option<Millis>,
    read_at: Option<Millis>,
    played_at: Option<Millis>,
    failed_at: Option<Millis>,
    error: Option<String>,
}

#[derive(Serialize)]
struct OfMessage<'a> {
    message_id: &'a MessageId,
    tenant_id: &'a TenantId,
}

async fn read(
    round: &mut Round<'_>,
    ours: &[(&MessageKey, &Target)],
) -> Result<BTreeMap<MessageId, Vec<Entry>>, IngestError> {
    let messages: Vec<OfMessage> = ours
        .iter()
        .map(|(key, target)| OfMessage {
            message_id: &target.id,
            tenant_id: &key.0,
        })
        .collect();
    let mut held: BTreeMap<MessageId, Vec<Entry>> = BTreeMap::new();
    for row in fetch_all!(round.tx, EntryRow, &READ, Rows(&messages))? {
        let error = row.error.as_deref().map(serde_json::from_str).transpose()?;
        let entry = Entry {
            recipient: row.recipient,
            member: Member {
                keys: serde_json::from_str(&row.ids)?,
                name: row.name,
            },
            stamps: Stamps {
                sent_at: row.sent_at,
                delivered_at: row.delivered_at,
                read_at: row.read_at,
                played_at: row.played_at,
                failed_at: row.failed_at,
                error,
            },
        };
        held.entry(row.message_id).or_default().push(entry);
    }
    Ok(held)
}

batch!(
    DELETE,
    "DELETE FROM message_recipients WHERE (tenant_id, message_id, recipient) IN
       (SELECT r.tenant_id, r.message_id, r.recipient FROM {rows: message_id TEXT, tenant_id TEXT, recipient TEXT})"
);

batch!(
    UPSERT,
    "INSERT INTO message_recipients (message_id, recipient, tenant_id, ids, name, sent_at, delivered_at, read_at, played_at, failed_at, error)
     SELECT r.message_id, r.recipient, r.tenant_id, r.ids, r.name, r.sent_at, r.delivered_at, r.read_at, r.played_at, r.failed_at, r.error
     FROM {rows: message_id TEXT, recipient TEXT, tenant_id TEXT, ids TEXT, name TEXT, sent_at BIGINT, delivered_at BIGINT, read_at BIGINT,
       played_at BIGINT, failed_at BIGINT, error TEXT} WHERE true
     ON CONFLICT (message_id, recipient) DO UPDATE SET ids = excluded.ids, name = excluded.name, sent_at = excluded.sent_at,
       delivered_at = excluded.delivered_at, read_at = excluded.read_at, played_at = excluded.played_at, failed_at = excluded.failed_at,
       error = excluded.error"
);

// Members have their own times: the message keeps none but when it was sent, and when it failed for good.
batch!(
    MARK,
    "UPDATE messages SET status = r.status, status_rank = r.rank, sent_at = COALESCE(messages.sent_at, r.sent_at), failed_at = r.failed_at,
       error = r.error, recipients = r.recipients
     FROM {rows: id TEXT, tenant_id TEXT, status TEXT, rank BIGINT, sent_at BIGINT, failed_at BIGINT, error TEXT, recipients TEXT}
     WHERE messages.id = r.id AND messages.tenant_id = r.tenant_id AND messages.direction = 'out'"
);

#[derive(Serialize)]
struct GoneRow {
    message_id: MessageId,
    tenant_id: TenantId,
    recipient: String,
}

#[derive(Serialize)]
struct MarkRow {
    id: MessageId,
    tenant_id: TenantId,
    status: MessageStatus,
    rank: i64,
    sent_at: Option<Millis>,
    failed_at: Option<Millis>,
    error: Option<String>,
    recipients: Option<String>,
}

/// What a batch changes.
#[derive(Default)]
struct Written {
    gone: Vec<GoneRow>,
    entries: Vec<EntryRow>,
    marks: Vec<MarkRow>,
}

impl Written {
    fn add(
        &mut self,
        key: &MessageKey,
        target: &Target,
        ledger: &Ledger,
        after: &Standing,
    ) -> Result<(), IngestError> {
        let (id, tenant_id) = (&target.id, &key.0);
        self.gone.extend(ledger.gone().map(|recipient| GoneRow {
            message_id: id.clone(),
            tenant_id: tenant_id.clone(),
            recipient: recipient.to_owned(),
        }));
        let entries = self.entries.len();
        for entry in ledger.changed() {
            self.entries.push(entry_row(id, tenant_id, entry)?);
        }
        if self.entries.len() == entries {
            return Ok(());
        }
        let failure = after.failure.as_ref();
        let error = failure.and_then(|(_, error)| error.as_ref());
        let counts = after.counts.as_ref();
        self.marks.push(MarkRow {
            id: id.clone(),
            tenant_id: tenant_id.clone(),
            status: after.status,
            rank: after.status.rank(),
            sent_at: after.sent_at,
            failed_at: failure.map(|(at, _)| *at),
            error: error.map(serde_json::to_string).transpose()?,
            recipients: counts.map(json).transpose()?,
        });
        Ok(())
    }

    async fn write(&self, round: &mut Round<'_>) -> Result<(), IngestError> {
        if !self.gone.is_empty() {
            execute!(round.tx, &DELETE, Rows(&self.gone))?;
        }
        if !self.entries.is_empty() {
            execute!(round.tx, &UPSERT, Rows(&self.entries))?;
            execute!(round.tx, &MARK, Rows(&self.marks))?;
        }
        Ok(())
    }
}

fn json(counts: &RecipientCounts) -> Result<String, serde_json::Error> {
    serde_json::to_string(counts)
}

fn entry_row(id: &MessageId, tenant_id: &TenantId, entry: &Entry) -> Result<EntryRow, IngestError> {
    let Stamps {
        sent_at,
        delivered_at,
        read_at,
        played_at,
        failed_at,
        error,
    } = &entry.stamps;
    Ok(EntryRow {
        message_id: id.clone(),
        recipient: entry.recipient.clone(),
        tenant_id: tenant_id.clone(),
        ids: serde_json::to_string(&entry.member.keys)?,
        name: entry.member.name.clone(),
        sent_at: *sent_at,
        delivered_at: *delivered_at,
        read_at: *read_at,
        played_at: *played_at,
        failed_at: *failed_at,
        error: error.as_ref().map(serde_json::to_string).transpose()?,
    })
}
