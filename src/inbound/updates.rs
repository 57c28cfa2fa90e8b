//! What each kind of update comes to: messages, statuses, changes of identity, history, the business's address book. Pure; called by `receive`.

use hoopoe_cloud_api::{
    UpdateKind,
    ids::CustomerIds,
    update::{
        ContactSync, ContactSyncAction, DeliveryStatus, HistoryThread, InboundMessage,
        MessageContent, MessageKind, ProviderError, StatusUpdate,
    },
};
use hoopoe_db::{
    ingest::{
        Amendment, Change, IdentityChange, IdentityKey, IncomingMedia, IncomingMessage,
        IncomingStatus, IncomingUpdate, Person,
    },
    model::{
        DeadLetterReason, Direction, IdentityKind, MessageError, MessageSource, MessageStatus,
        ReactionBy,
    },
};

/// Longest text that is kept, in characters: far above what WhatsApp lets anyone send.
const MAX_TEXT_CHARS: usize = 65_536;

/// Why an update can't be written.
pub(super) type Refused = (DeadLetterReason, String);

/// What an update comes to. `scope` is that of business-scoped user ids.
pub(super) fn of(kind: &UpdateKind, scope: &str) -> Result<Vec<IncomingUpdate>, Refused> {
    Ok(match kind {
        UpdateKind::Message(message) => vec![inbound(message, scope)?],
        UpdateKind::Echo(echo) => vec![message_of_ours(
            &echo.message,
            scope,
            MessageSource::Echo,
            MessageStatus::Sent,
        )?],
        UpdateKind::Status(status) => delivery_status(status, scope)?,
        UpdateKind::UserIdChange(change) => vec![IncomingUpdate::IdentityChange(IdentityChange {
            previous: keys(&change.previous, scope),
            current: known(person(&change.current, scope))?,
        })],
        UpdateKind::History(thread) => history(thread, scope)?,
        UpdateKind::ContactSync(contact) => address_book(contact, scope)?,
        _ => Vec::new(),
    })
}

fn key(kind: IdentityKind, scope: &str, value: Option<&str>) -> Option<IdentityKey> {
    let value: String = value?
        .chars()
        .filter(|c| !c.is_control())
        .take(256)
        .collect();
    (!value.is_empty()).then(|| IdentityKey {
        kind,
        scope: scope.to_owned(),
        value,
    })
}

/// Ids of a person, the phone first: it is where answers go if there is one.
fn keys(ids: &CustomerIds, scope: &str) -> Vec<IdentityKey> {
    [
        key(IdentityKind::Phone, "", ids.wa_id.as_deref()),
        key(IdentityKind::Bsuid, scope, ids.bsuid.as_deref()),
        // A parent id is valid over several portfolios: its own form keeps it apart.
        key(IdentityKind::ParentBsuid, "", ids.parent_bsuid.as_deref()),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn person(ids: &CustomerIds, scope: &str) -> Person {
    Person {
        keys: keys(ids, scope),
        profile_name: ids.profile_name.clone(),
        username: ids.username.clone(),
        book_name: None,
        is_group: false,
    }
}

fn known(person: Person) -> Result<Person, Refused> {
    if person.keys.is_empty() {
        let detail = "it names nobody: no phone and no user id".to_owned();
        return Err((DeadLetterReason::Undecodable, detail));
    }
    Ok(person)
}

/// Without the one character that PostgreSQL can't keep, and of bounded length.
fn text(text: Option<&str>) -> Option<String> {
    text.map(|text| {
        text.chars()
            .filter(|c| *c != '\0')
            .take(MAX_TEXT_CHARS)
            .collect()
    })
}

/// A group is a person of its own kind; who wrote is then the sender.
fn parties(message: &InboundMessage, scope: &str) -> Result<(Person, Option<Person>), Refused> {
    let customer = person(&message.customer, scope);
    match key(IdentityKind::Group, "", message.group_id.as_deref()) {
        None => Ok((known(customer)?, None)),
        Some(group) => {
            let chat = Person {
                keys: vec![group],
                is_group: true,
                ..Person::default()
            };
            Ok((
                chat,
                Some(customer).filter(|customer| !customer.keys.is_empty()),
            ))
        }
    }
}

fn inbound(message: &InboundMessage, scope: &str) -> Result<IncomingUpdate, Refused> {
    if let Some(amendment) = amendment(message, ReactionBy::Customer) {
        return Ok(IncomingUpdate::Amendment(amendment));
    }
    let is_news = message.kind != MessageKind::System;
    let mut written = plain(
        message,
        scope,
        Direction::In,
        MessageSource::Live,
        MessageStatus::Received,
    )?;
    written.is_news = is_news;
    written.opens_window = is_news && message.group_id.is_none();
    Ok(IncomingUpdate::Message(Box::new(written)))
}

fn message_of_ours(
    message: &InboundMessage,
    scope: &str,
    source: MessageSource,
    status: MessageStatus,
) -> Result<IncomingUpdate, Refused> {
    if let Some(amendment) = amendment(message, ReactionBy::Us) {
        return Ok(IncomingUpdate::Amendment(amendment));
    }
    Ok(IncomingUpdate::Message(Box::new(plain(
        message,
        scope,
        Direction::Out,
        source,
        status,
    )?)))
}

/// A message that neither opens the window nor calls for attention.
fn plain(
    message: &InboundMessage,
    scope: &str,
    direction: Direction,
    source: MessageSource,
    status: MessageStatus,
) -> Result<IncomingMessage, Refused> {
    let (chat, sender) = parties(message, scope)?;
    let context = message.context.as_ref();
    Ok(IncomingMessage {
        chat,
        sender,
        direction,
        source,
        provider_id: provider_id(&message.id)?,
        kind: message.kind.as_str().to_owned(),
        text: text(message.text.as_deref()),
        content: message.content_json().to_string(),
        quoted_provider_id: context.and_then(|context| text(context.quoted_id.as_deref())),
        forwarded: context.is_some_and(|context| context.forwarded || context.frequently_forwarded),
        provider_at: message.timestamp_ms,
        media: message.media.as_ref().map(|media| IncomingMedia {
            provider_media_id: media.id.clone(),
            mime: text(media.mime.as_deref())
                .unwrap_or_else(|| "application/octet-stream".to_owned()),
            sha256: media.sha256.clone(),
            filename: text(media.filename.as_deref()),
        }),
        status,
        opens_window: false,
        is_news: false,
    })
}

fn provider_id(id: &str) -> Result<String, Refused> {
    let id = text(Some(id)).unwrap_or_default();
    if id.is_empty() || id.len() > 512 {
        return Err((
            DeadLetterReason::Undecodable,
            "it has no usable message id".to_owned(),
        ));
    }
    Ok(id)
}

/// Reactions, edits and deletions change another message.
fn amendment(message: &InboundMessage, by: ReactionBy) -> Option<Amendment> {
    let (provider_id, change) = match &message.content {
        MessageContent::Reaction(reaction) => {
            let ids = &message.customer;
            let actor = match by {
                ReactionBy::Us => Some("us"),
                ReactionBy::Customer => ids.wa_id.as_deref().or(ids.bsuid.as_deref()),
            };
            let change = Change::Reaction {
                emoji: text(reaction.emoji.as_deref())
                    .unwrap_or_default()
                    .chars()
                    .take(32)
                    .collect(),
                by,
                actor: actor.unwrap_or("customer").to_owned(),
                name: message
                    .group_id
                    .as_ref()
                    .and_then(|_| ids.profile_name.clone()),
            };
            (&reaction.message_id, change)
        }
        MessageContent::Edit(edit) => {
            let content = serde_json::to_string(&edit.content).unwrap_or_else(|_| "{}".to_owned());
            (
                &edit.original_message_id,
                Change::Edit {
                    text: text(edit.text.as_deref()),
                    content,
                },
            )
        }
        MessageContent::Revoke(revoke) => (&revoke.original_message_id, Change::Revoke),
        _ => return None,
    };
    Some(Amendment {
        provider_id: provider_id.clone(),
        at: message.timestamp_ms,
        change,
    })
}

fn delivery_status(status: &StatusUpdate, scope: &str) -> Result<Vec<IncomingUpdate>, Refused> {
    let word = message_status(&status.status).ok_or_else(|| {
        let detail = format!(
            "the status {:?} is not known to this version",
            status.status.as_str()
        );
        (DeadLetterReason::Unhandled, detail)
    })?;
    let person = person(&status.recipient, scope);
    // In a group one member's receipt is not the message's status.
    let (recipient, member) = match status.group_id {
        Some(_) => (Person::default(), Some(person)),
        None => (person, None),
    };
    Ok(vec![IncomingUpdate::Status(IncomingStatus {
        provider_id: provider_id(&status.id)?,
        status: word,
        at: status.timestamp_ms,
        error: status.errors.first().map(message_error),
        callback: status.biz_opaque_callback_data.clone(),
        recipient,
        member,
    })])
}

fn message_status(status: &DeliveryStatus) -> Option<MessageStatus> {
    match status {
        DeliveryStatus::Sent => Some(MessageStatus::Sent),
        DeliveryStatus::Delivered => Some(MessageStatus::Delivered),
        DeliveryStatus::Read => Some(MessageStatus::Read),
        DeliveryStatus::Played => Some(MessageStatus::Played),
        DeliveryStatus::Failed => Some(MessageStatus::Failed),
        DeliveryStatus::Unknown(_) => None,
    }
}

fn message_error(error: &ProviderError) -> MessageError {
    let code = error.code.unwrap_or_default();
    let words = hoopoe_cloud_api::errors::plain_words(code);
    MessageError {
        code,
        title: text(error.title.as_deref().or(error.message.as_deref())).unwrap_or_default(),
        detail: text(error.detail.as_deref())
            .map_or_else(|| words.to_owned(), |detail| format!("{words} ({detail})")),
    }
}

fn history(thread: &HistoryThread, scope: &str) -> Result<Vec<IncomingUpdate>, Refused> {
    thread
        .messages
        .iter()
        .map(|past| {
            if past.from_us {
                let status = past
                    .status
                    .as_ref()
                    .and_then(message_status)
                    .unwrap_or(MessageStatus::Sent);
                return message_of_ours(&past.message, scope, MessageSource::History, status);
            }
            if let Some(amendment) = amendment(&past.message, ReactionBy::Customer) {
                return Ok(IncomingUpdate::Amendment(amendment));
            }
            plain(
                &past.message,
                scope,
                Direction::In,
                MessageSource::History,
                MessageStatus::Received,
            )
            .map(|message| IncomingUpdate::Message(Box::new(message)))
        })
        .collect()
}

/// Names from the business's own address book. A removal there leaves our contact as it is.
fn address_book(contact: &ContactSync, scope: &str) -> Result<Vec<IncomingUpdate>, Refused> {
    if contact.action == ContactSyncAction::Remove {
        return Ok(Vec::new());
    }
    let mut known = known(person(&contact.customer, scope))?;
    known.book_name = known
        .profile_name
        .take()
        .or_else(|| contact.first_name.clone());
    Ok(vec![IncomingUpdate::Contact(known)])
}
