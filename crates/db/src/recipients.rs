//! What became of a message to a group at each member, to be read. Written by ingest ([`crate::ingest`]), forgotten when the message is sent anew.

use std::{cmp::Reverse, collections::HashMap};

use serde::Serialize;

use crate::{
    Db, DbResult, Millis, Tx,
    ids::{MessageId, TenantId},
    ingest::{self, IdentityKey},
    model::{ContactSummary, IdentityKind, MessageStatus, Recipient, SummaryRow},
    sql::{Rows, batch, execute, fetch_all},
};

#[derive(sqlx::FromRow)]
struct RecipientRow {
    ids: String,
    name: Option<String>,
    error: Option<String>,
    sent_at: Option<Millis>,
    delivered_at: Option<Millis>,
    read_at: Option<Millis>,
    played_at: Option<Millis>,
    failed_at: Option<Millis>,
}

batch!(
    KNOWN,
    "SELECT r.n, c.id AS contact_id, c.name AS contact_name, c.name_source AS contact_name_source, c.phone AS contact_phone,
       c.username AS contact_username, c.is_group AS contact_is_group, c.picture AS contact_picture
     FROM {rows: n BIGINT, tenant_id TEXT, kind TEXT, scope TEXT, value TEXT}
     JOIN identities i ON i.tenant_id = r.tenant_id AND i.kind = r.kind AND i.scope = r.scope AND i.value = r.value
     JOIN contacts c ON c.id = i.contact_id AND c.tenant_id = r.tenant_id"
);

#[derive(Serialize)]
struct Question<'a> {
    n: i64,
    tenant_id: &'a TenantId,
    kind: IdentityKind,
    scope: &'a str,
    value: &'a str,
}

#[derive(sqlx::FromRow)]
struct Answer {
    n: i64,
    #[sqlx(flatten)]
    contact: SummaryRow,
}

/// The members that something is known of: who has read it first, then by time. Empty for messages to one person.
pub async fn list_recipients(
    db: &Db,
    tenant_id: &TenantId,
    id: &MessageId,
) -> DbResult<Vec<Recipient>> {
    let mut reader = db.read().await?;
    let rows = fetch_all!(
        &mut reader,
        RecipientRow,
        "SELECT ids, name, error, sent_at, delivered_at, read_at, played_at, failed_at FROM message_recipients
         WHERE message_id = $1 AND tenant_id = $2 AND recipient <> ''",
        id,
        tenant_id
    )?;
    let mut members = Vec::with_capacity(rows.len());
    for row in rows {
        let ids: Vec<IdentityKey> = serde_json::from_str(&row.ids)?;
        members.push((ids, row));
    }
    let questions: Vec<Question> = (0..)
        .zip(&members)
        .flat_map(|(n, (ids, _))| ids.iter().map(move |id| (n, id)))
        .map(|(n, id)| Question {
            n,
            tenant_id,
            kind: id.kind,
            scope: &id.scope,
            value: &id.value,
        })
        .collect();
    let answers = fetch_all!(&mut reader, Answer, &KNOWN, Rows(&questions))?;
    let mut contacts: HashMap<i64, ContactSummary> = answers
        .into_iter()
        .map(|answer| (answer.n, answer.contact.into()))
        .collect();
    let mut all = Vec::with_capacity(members.len());
    for (n, (ids, row)) in (0..).zip(members) {
        all.push(row.shown(&ids, contacts.remove(&n))?);
    }
    all.sort_by_key(|one| (Reverse(one.status.rank()), one.latest(), one.name.clone()));
    Ok(all)
}

impl RecipientRow {
    fn shown(self, ids: &[IdentityKey], contact: Option<ContactSummary>) -> DbResult<Recipient> {
        let phone = match &contact {
            Some(contact) => contact.phone.clone(),
            None => ids.iter().find_map(ingest::phone_of),
        };
        let name = contact.as_ref().map(|contact| contact.name.clone());
        let name = name.or(self.name).unwrap_or_else(|| {
            let id = ids.first().map(|id| id.value.as_str());
            ingest::stand_in(phone.as_deref(), id)
        });
        let error = self
            .error
            .as_deref()
            .map(serde_json::from_str)
            .transpose()?;
        let mut recipient = Recipient {
            contact,
            name,
            phone,
            status: MessageStatus::Sent,
            error,
            sent_at: self.sent_at,
            delivered_at: self.delivered_at,
            read_at: self.read_at,
            played_at: self.played_at,
            failed_at: self.failed_at,
        };
        recipient.status = recipient.highest();
        if recipient.status != MessageStatus::Failed {
            recipient.error = None;
        }
        Ok(recipient)
    }
}

impl Recipient {
    fn highest(&self) -> MessageStatus {
        let told = [
            (MessageStatus::Played, self.played_at),
            (MessageStatus::Read, self.read_at),
            (MessageStatus::Delivered, self.delivered_at),
            (MessageStatus::Failed, self.failed_at),
        ];
        let mut told = told.into_iter().filter(|(_, at)| at.is_some());
        told.next()
            .map_or(MessageStatus::Sent, |(status, _)| status)
    }

    fn latest(&self) -> Option<Millis> {
        self.played_at
            .or(self.read_at)
            .or(self.delivered_at)
            .or(self.failed_at)
            .or(self.sent_at)
    }
}

/// What was told of an attempt says nothing of the next one, which goes out under an id of its own.
pub(crate) async fn forget(tx: &mut Tx, tenant_id: &TenantId, id: &MessageId) -> DbResult<()> {
    execute!(
        tx,
        "DELETE FROM message_recipients WHERE message_id = $1 AND tenant_id = $2",
        id,
        tenant_id
    )?;
    Ok(())
}
