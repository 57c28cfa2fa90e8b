//! Messages of a batch: which are new, and their `message:new` events. Quotes come from [`super::quotes`], media rows from [`super::media`].

use std::collections::{HashMap, HashSet};

use serde::Serialize;

use super::{
    Incoming, IncomingMessage, IncomingUpdate, IngestError, Round, media,
    people::People,
    quotes::{self, unseen},
    threads::Threads,
};
use crate::{
    Id, Millis,
    event::{Audience, Draft, Event, MessageNew},
    ids::{AccountId, ContactId, ConversationId, MediaId, MessageId, TenantId},
    model::{Content, Direction, Media, MediaState, Message, MessageSource, MessageStatus, Quoted},
    sql::{Rows, batch, fetch_all},
};

/// A message that arrives later than this after it was sent is marked as late. Milliseconds.
const LATE_AFTER_MS: Millis = 60_000;

/// A message of the batch with the people it concerns (as indexes into [`People`]).
#[derive(Debug, Clone)]
pub(super) struct Arrival<'a> {
    pub incoming: &'a Incoming,
    pub message: &'a IncomingMessage,
    pub person: usize,
    pub sender: Option<usize>,
}

/// A message that was not there before.
#[derive(Debug)]
pub(super) struct New<'a> {
    pub id: MessageId,
    pub arrival: Arrival<'a>,
    pub conversation_id: ConversationId,
    pub media_id: Option<MediaId>,
    quoted: Option<Quoted>,
}

/// What was stored.
#[derive(Debug, Default)]
pub(super) struct Stored<'a> {
    pub new: Vec<New<'a>>,
    pub has_media: bool,
}

/// Messages of the batch, each provider id once, in the order they came.
pub(super) fn collect<'a>(batch: &'a [Incoming], people: &People) -> Vec<Arrival<'a>> {
    let mut seen: HashSet<(&AccountId, &str)> = HashSet::new();
    let mut arrivals = Vec::with_capacity(batch.len());
    for incoming in batch {
        let IncomingUpdate::Message(message) = &incoming.update else {
            continue;
        };
        let Some(person) = people.find(&incoming.tenant_id, &message.chat) else {
            continue;
        };
        if !seen.insert((&incoming.account_id, &message.provider_id)) {
            continue;
        }
        let sender = message
            .sender
            .as_ref()
            .and_then(|sender| people.find(&incoming.tenant_id, sender));
        arrivals.push(Arrival {
            incoming,
            message,
            person,
            sender,
        });
    }
    arrivals
}

batch!(
    pub(super) INSERT,
    "INSERT INTO messages (id, tenant_id, account_id, conversation_id, direction, source, type, text, content, provider_id,
       sender_contact_id, quoted_provider_id, quoted, media_id, status, status_rank, sent_at, provider_at, received_at, late, forwarded)
     SELECT r.id, r.tenant_id, r.account_id, r.conversation_id, r.direction, r.source, r.type, r.text, r.content, r.provider_id,
       r.sender_contact_id, r.quoted_provider_id, r.quoted, r.media_id, r.status, r.status_rank, r.sent_at, r.provider_at, r.received_at,
       r.late, r.forwarded
     FROM {rows: id TEXT, tenant_id TEXT, account_id TEXT, conversation_id TEXT, direction TEXT, source TEXT, type TEXT, text TEXT,
       content TEXT, provider_id TEXT, sender_contact_id TEXT, quoted_provider_id TEXT, quoted TEXT, media_id TEXT, status TEXT,
       status_rank BIGINT, sent_at BIGINT, provider_at BIGINT, received_at BIGINT, late BOOLEAN, forwarded BOOLEAN}
     WHERE true ON CONFLICT DO NOTHING RETURNING id"
);

#[derive(Serialize)]
pub(super) struct MessageRow<'a> {
    id: &'a MessageId,
    tenant_id: &'a TenantId,
    account_id: &'a AccountId,
    conversation_id: &'a ConversationId,
    direction: Direction,
    source: MessageSource,
    r#type: &'a str,
    text: Option<&'a str>,
    content: &'a str,
    provider_id: &'a str,
    sender_contact_id: Option<&'a ContactId>,
    quoted_provider_id: Option<&'a str>,
    quoted: Option<String>,
    media_id: Option<&'a MediaId>,
    status: MessageStatus,
    status_rank: i64,
    sent_at: Option<Millis>,
    provider_at: Millis,
    received_at: Millis,
    late: bool,
    forwarded: bool,
}

impl New<'_> {
    fn is_late(&self) -> bool {
        let arrival = &self.arrival;
        arrival.message.source == MessageSource::Live
            && arrival.incoming.received_at - arrival.message.provider_at > LATE_AFTER_MS
    }

    fn sent_at(&self) -> Option<Millis> {
        let message = self.arrival.message;
        (message.direction == Direction::Out).then_some(message.provider_at)
    }

    fn row<'a>(&'a self, people: &'a People) -> MessageRow<'a> {
        let Arrival {
            incoming,
            message,
            sender,
            ..
        } = &self.arrival;
        MessageRow {
            id: &self.id,
            tenant_id: &incoming.tenant_id,
            account_id: &incoming.account_id,
            conversation_id: &self.conversation_id,
            direction: message.direction,
            source: message.source,
            r#type: &message.kind,
            text: message.text.as_deref(),
            content: &message.content,
            provider_id: &message.provider_id,
            sender_contact_id: sender
                .and_then(|index| people.get(index))
                .map(|contact| &contact.summary.id),
            quoted_provider_id: message.quoted_provider_id.as_deref(),
            quoted: self
                .quoted
                .as_ref()
                .and_then(|quoted| serde_json::to_string(quoted).ok()),
            media_id: self.media_id.as_ref(),
            status: message.status,
            status_rank: message.status.rank(),
            sent_at: self.sent_at(),
            provider_at: message.provider_at,
            received_at: incoming.received_at,
            late: self.is_late(),
            forwarded: message.forwarded,
        }
    }

    /// The message as clients are told of it: what was stored, without reading it again.
    fn announced(&self, people: &People) -> Result<Message, IngestError> {
        let Arrival {
            incoming,
            message,
            sender,
            ..
        } = &self.arrival;
        Ok(Message {
            id: self.id.clone(),
            account_id: incoming.account_id.clone(),
            conversation_id: self.conversation_id.clone(),
            direction: message.direction,
            kind: message.kind.clone(),
            text: message.text.clone(),
            content: Content(serde_json::value::RawValue::from_string(
                message.content.clone(),
            )?),
            sender: sender
                .and_then(|index| people.get(index))
                .map(|contact| contact.summary.clone()),
            author_id: None,
            client_id: None,
            quoted: self.quoted.clone(),
            reactions: Vec::new(),
            media: self.media(),
            status: message.status,
            error: None,
            sent_at: self.sent_at(),
            delivered_at: None,
            read_at: None,
            failed_at: None,
            recipients: None,
            provider_at: message.provider_at,
            received_at: incoming.received_at,
            late: self.is_late(),
            forwarded: message.forwarded,
            edited_at: None,
            deleted_at: None,
            change: None,
            source: message.source,
            send_at: None,
            attempts: 0,
        })
    }

    fn media(&self) -> Option<Media> {
        let id = self.media_id.clone()?;
        let media = self.arrival.message.media.as_ref()?;
        Some(Media {
            url: format!("/api/v1/media/{id}"),
            id,
            state: MediaState::Pending,
            mime: media.mime.clone(),
            size: None,
            filename: media.filename.clone(),
            width: None,
            height: None,
            duration_ms: None,
            failure: None,
            thumbnail_url: None,
        })
    }
}

/// Messages as they are to be stored, with what they quote.
pub(super) async fn prepare<'a>(
    round: &mut Round<'_>,
    arrivals: &[Arrival<'a>],
    threads: &Threads,
    people: &People,
) -> Result<Vec<New<'a>>, IngestError> {
    let quotes = quotes::find(round, arrivals).await?;
    let mut new: Vec<New<'a>> = Vec::with_capacity(arrivals.len());
    let mut in_batch: HashMap<(&AccountId, &str), usize> = HashMap::new();
    for arrival in arrivals {
        let Some(conversation_id) = threads.id_of(arrival, people) else {
            continue;
        };
        let key = |id: &'a str| (&arrival.incoming.account_id, id);
        let quoted = arrival
            .message
            .quoted_provider_id
            .as_deref()
            .map(|quoted_id| {
                let earlier = in_batch
                    .get(&key(quoted_id))
                    .and_then(|index| new.get(*index))
                    .map(New::as_quoted);
                earlier
                    .or_else(|| quotes.get(&quotes::key_of(arrival, quoted_id)).cloned())
                    .unwrap_or_else(|| unseen(quoted_id))
            });
        in_batch.insert(key(&arrival.message.provider_id), new.len());
        new.push(New {
            id: MessageId::new(round.now),
            arrival: arrival.clone(),
            conversation_id,
            media_id: arrival
                .message
                .media
                .as_ref()
                .map(|_| MediaId::new(round.now)),
            quoted,
        });
    }
    Ok(new)
}

/// In one order, so that two writers of the same redelivered messages wait for each other rather than block each other.
pub(super) fn rows<'a>(new: &'a [New<'_>], people: &'a People) -> Vec<MessageRow<'a>> {
    let mut rows: Vec<MessageRow> = new.iter().map(|new| new.row(people)).collect();
    rows.sort_unstable_by_key(|row| (row.account_id, row.provider_id));
    rows
}

/// Stores what is not there yet.
pub(super) async fn store<'a>(
    round: &mut Round<'_>,
    mut new: Vec<New<'a>>,
    people: &People,
) -> Result<Stored<'a>, IngestError> {
    if new.is_empty() {
        return Ok(Stored::default());
    }
    let stored: HashSet<MessageId> =
        fetch_all!(round.tx, (MessageId,), &INSERT, Rows(&rows(&new, people)))?
            .into_iter()
            .map(|(id,)| id)
            .collect();
    new.retain(|new| stored.contains(&new.id));
    Stored::with_media(round, new).await
}

impl<'a> Stored<'a> {
    /// Adds the media of messages that were stored.
    pub(super) async fn with_media(
        round: &mut Round<'_>,
        new: Vec<New<'a>>,
    ) -> Result<Self, IngestError> {
        let has_media = media::store(round, &new).await?;
        Ok(Self { new, has_media })
    }
}

/// Notes `message:new`, in the order the messages came.
pub(super) fn announce(
    round: &mut Round<'_>,
    stored: &Stored<'_>,
    threads: &Threads,
    people: &People,
) -> Result<(), IngestError> {
    for new in &stored.new {
        let Some(conversation) = threads.conversation(&new.conversation_id) else {
            continue;
        };
        let message = new.announced(people)?;
        let Incoming {
            tenant_id,
            account_id,
            ..
        } = new.arrival.incoming;
        round.tx.record(Draft {
            tenant_id: tenant_id.clone(),
            audience: Audience::Account(account_id.clone()),
            event: Event::MessageNew(MessageNew {
                message,
                conversation: conversation.clone(),
            }),
        });
    }
    Ok(())
}
