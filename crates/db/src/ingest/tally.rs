//! What new messages change of their conversations: counters, last message, window, status and address, once per batch.

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::{
    IngestError, Round,
    messages::{Arrival, New, Stored},
    people::{KnownThread, People, Resolved},
    previews::preview,
    threads::{Threads, reply_address},
};
use crate::{
    Millis,
    ids::{AccountId, ContactId, ConversationId, MessageId, TeamId, UserId},
    model::{
        Conversation, ConversationRow, ConversationStatus, Direction, IdentityKind, MessageStatus,
        SummaryRow,
    },
    sql::{Rows, batch, fetch_all},
};

/// After a customer's message free text may be sent for 24 hours. Source: Meta, customer service windows.
const WINDOW_MS: Millis = 24 * 60 * 60 * 1000;

// Not `merged_into IS NULL`: without statistics PostgreSQL takes that for so rare that it would read a partial index from end to end.
batch!(
    pub(super) COUNT,
    "UPDATE conversations SET
       message_count = conversations.message_count + r.n,
       unread_count = conversations.unread_count + r.unread,
       status = CASE WHEN r.news THEN 'open' ELSE conversations.status END,
       snoozed_until = CASE WHEN r.news THEN NULL ELSE conversations.snoozed_until END,
       window_expires_at = CASE WHEN r.until IS NOT NULL AND (conversations.window_expires_at IS NULL OR conversations.window_expires_at < r.until)
         THEN r.until ELSE conversations.window_expires_at END,
       reply_kind = CASE WHEN r.reply_value IS NOT NULL THEN r.reply_kind ELSE conversations.reply_kind END,
       reply_value = CASE WHEN r.reply_value IS NOT NULL THEN r.reply_value ELSE conversations.reply_value END,
       last_message_id = CASE WHEN conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at THEN r.last_id ELSE conversations.last_message_id END,
       last_message_type = CASE WHEN conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at THEN r.type ELSE conversations.last_message_type END,
       last_message_direction = CASE WHEN conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at THEN r.direction ELSE conversations.last_message_direction END,
       last_message_text = CASE WHEN conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at THEN r.text ELSE conversations.last_message_text END,
       last_message_status = CASE WHEN conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at THEN r.status ELSE conversations.last_message_status END,
       last_message_at = CASE WHEN conversations.last_message_id IS NULL OR r.at >= conversations.last_message_at THEN r.at ELSE conversations.last_message_at END,
       updated_at = r.now, version = conversations.version + 1
     FROM {rows: id TEXT, n BIGINT, unread BIGINT, news BOOLEAN, until BIGINT, reply_kind TEXT, reply_value TEXT, last_id TEXT,
       type TEXT, direction TEXT, text TEXT, status TEXT, at BIGINT, now BIGINT}
     WHERE conversations.id = r.id AND COALESCE(conversations.merged_into, '') = ''
     RETURNING conversations.id, conversations.account_id, conversations.contact_id, conversations.reply_kind, conversations.reply_value, conversations.is_group, conversations.status, conversations.snoozed_until, conversations.assignee_id, conversations.team_id,
       conversations.unread_count, conversations.message_count, conversations.window_expires_at, conversations.last_message_id, conversations.last_message_type, conversations.last_message_direction, conversations.last_message_text,
       conversations.last_message_status, conversations.last_message_at, conversations.created_at, conversations.updated_at, conversations.version"
);

#[derive(Serialize)]
pub(super) struct CountRow<'a> {
    id: &'a ConversationId,
    n: i64,
    unread: i64,
    news: bool,
    until: Option<Millis>,
    reply_kind: Option<IdentityKind>,
    reply_value: Option<&'a str>,
    last_id: &'a MessageId,
    r#type: &'a str,
    direction: Direction,
    text: String,
    status: MessageStatus,
    at: Millis,
    now: Millis,
    /// Where answers went a moment ago, if that is from memory.
    #[serde(skip)]
    recalled: Option<&'a KnownThread>,
}

#[derive(sqlx::FromRow)]
pub(super) struct CountedRow {
    id: ConversationId,
    account_id: AccountId,
    pub contact_id: ContactId,
    #[sqlx(try_from = "String")]
    reply_kind: IdentityKind,
    reply_value: String,
    is_group: bool,
    #[sqlx(try_from = "String")]
    status: ConversationStatus,
    snoozed_until: Option<Millis>,
    assignee_id: Option<UserId>,
    team_id: Option<TeamId>,
    unread_count: i64,
    message_count: i64,
    window_expires_at: Option<Millis>,
    last_message_id: Option<MessageId>,
    last_message_type: Option<String>,
    last_message_direction: Option<String>,
    last_message_text: Option<String>,
    last_message_status: Option<String>,
    last_message_at: Millis,
    created_at: Millis,
    updated_at: Millis,
    version: i64,
}

/// Brings counters, last message, window and status of every conversation with a new message up to date: one statement.
pub(super) async fn count(
    round: &mut Round<'_>,
    stored: &Stored<'_>,
    threads: &mut Threads,
    people: &People,
) -> Result<(), IngestError> {
    if stored.new.is_empty() {
        return Ok(());
    }
    let rows = count_rows(&stored.new, people, round.now);
    let counted = fetch_all!(round.tx, CountedRow, &COUNT, Rows(&rows))?;
    if counted.len() != rows.len() {
        // A merge folded one of them meanwhile: its messages belong elsewhere now.
        return Err(IngestError::Raced);
    }
    check(&rows, counted.iter())?;
    drop(rows);
    threads.take(counted, &stored.new, people)
}

/// Whether answers of conversations from memory still go where they went.
pub(super) fn check<'a>(
    rows: &[CountRow<'_>],
    counted: impl Iterator<Item = &'a CountedRow>,
) -> Result<(), IngestError> {
    let recalled: HashMap<&ConversationId, (&str, &str)> = rows
        .iter()
        .filter_map(|row| Some((row.id, row.address()?)))
        .collect();
    let mut counted = counted;
    let is_so = |row: &CountedRow| {
        let told = recalled.get(&row.id);
        told.is_none_or(|(kind, value)| {
            row.reply_kind.as_str() == *kind && row.reply_value == *value
        })
    };
    if counted.all(is_so) {
        Ok(())
    } else {
        Err(IngestError::Outdated)
    }
}

/// What new messages come to, by conversation.
pub(super) fn count_rows<'a>(
    new: &'a [New<'_>],
    people: &'a People,
    now: Millis,
) -> Vec<CountRow<'a>> {
    let mut rows: BTreeMap<&ConversationId, CountRow> = BTreeMap::new();
    for new in new {
        let Some(contact) = people.get(new.arrival.person) else {
            continue;
        };
        let row = rows
            .entry(&new.conversation_id)
            .or_insert_with(|| CountRow {
                id: &new.conversation_id,
                n: 0,
                unread: 0,
                news: false,
                until: None,
                reply_kind: None,
                reply_value: None,
                last_id: &new.id,
                r#type: &new.arrival.message.kind,
                direction: new.arrival.message.direction,
                text: String::new(),
                status: new.arrival.message.status,
                at: Millis::MIN,
                now,
                recalled: None,
            });
        row.add(&new.arrival, &new.id, contact, people);
    }
    rows.into_values().collect()
}

impl<'a> CountRow<'a> {
    /// Where answers go once the batch is counted, for a conversation from memory.
    fn address(&self) -> Option<(&str, &str)> {
        let held = self.recalled?;
        Some(match (self.reply_kind, self.reply_value) {
            (Some(kind), Some(value)) => (kind.as_str(), value),
            _ => (&held.reply_kind, &held.reply_value),
        })
    }

    fn add(
        &mut self,
        arrival: &Arrival<'a>,
        id: &'a MessageId,
        contact: &Resolved,
        people: &'a People,
    ) {
        let message = arrival.message;
        self.n += 1;
        self.recalled = people.recalled_thread(arrival, contact);
        if message.is_news && !contact.blocked {
            self.unread += 1;
            self.news = true;
        }
        if message.opens_window {
            let until = message.provider_at + WINDOW_MS;
            self.until = Some(self.until.map_or(until, |held| held.max(until)));
        }
        if let Some((kind, value)) = better_address(arrival, contact, people) {
            self.reply_kind = Some(kind);
            self.reply_value = Some(value);
        }
        if message.provider_at >= self.at {
            self.at = message.provider_at;
            self.last_id = id;
            self.r#type = &message.kind;
            self.direction = message.direction;
            self.text = preview(message.text.as_deref());
            self.status = message.status;
        }
    }
}

/// A new address, where the message brought one: a phone replaces anything older, an id without a phone replaces only another id.
fn better_address<'a>(
    arrival: &Arrival<'a>,
    contact: &Resolved,
    people: &People,
) -> Option<(IdentityKind, &'a str)> {
    let (kind, value) = reply_address(arrival)?;
    let held = people.threads.get(&(
        arrival.incoming.account_id.clone(),
        contact.group_id.clone(),
    ))?;
    let keeps_phone =
        held.reply_kind == IdentityKind::Phone.as_str() && kind != IdentityKind::Phone;
    let is_same = held.reply_kind == kind.as_str() && held.reply_value == value;
    (!keeps_phone && !is_same).then_some((kind, value))
}

impl CountedRow {
    pub(super) fn into_conversation(self, contact: &Resolved) -> Conversation {
        let summary = &contact.summary;
        let row = ConversationRow {
            contact: SummaryRow {
                contact_id: summary.id.clone(),
                contact_name: summary.name.clone(),
                contact_name_source: summary.name_source,
                contact_phone: summary.phone.clone(),
                contact_username: summary.username.clone(),
                contact_is_group: summary.is_group,
                contact_picture: None,
            },
            id: self.id,
            account_id: self.account_id,
            reply_kind: self.reply_kind,
            reply_value: self.reply_value,
            is_group: self.is_group,
            status: self.status,
            snoozed_until: self.snoozed_until,
            assignee_id: self.assignee_id,
            team_id: self.team_id,
            unread_count: self.unread_count,
            message_count: self.message_count,
            window_expires_at: self.window_expires_at,
            last_message_id: self.last_message_id,
            last_message_type: self.last_message_type,
            last_message_direction: self.last_message_direction,
            last_message_text: self.last_message_text,
            last_message_status: self.last_message_status,
            last_message_at: self.last_message_at,
            created_at: self.created_at,
            updated_at: self.updated_at,
            version: self.version,
        };
        let mut conversation = Conversation::from(row);
        conversation
            .contact
            .avatar_url
            .clone_from(&summary.avatar_url);
        conversation
    }
}
