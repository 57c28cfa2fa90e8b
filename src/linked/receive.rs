//! Messages that arrived on linked devices, on the way that all messages take: decided here (pure), written and announced by `inbound`.

use anyhow::Context as _;
use hoopoe_db::{
    DbError, accounts,
    dead_letters::NewDeadLetter,
    ingest::{IdentityKey, Incoming, IncomingMessage, IncomingUpdate, Person},
    linked::Holder,
    model::{DeadLetterReason, Direction, IdentityKind, MessageSource, MessageStatus},
};
use hoopoe_linked::{Arrived, Content};

use super::ids;
use crate::{app::App, inbound};

/// Where inputs of linked devices come from, as dead letters name it.
const SOURCE: &str = "linked";

/// Longest text that is kept, in characters: far above what WhatsApp lets anyone send.
const MAX_TEXT_CHARS: usize = 65_536;

/// Stores messages of an account, all or none; what was stored before is left out.
pub(super) async fn store(
    app: &App,
    holder: &Holder,
    mut messages: Vec<Arrived>,
) -> anyhow::Result<()> {
    if messages.iter().any(|message| message.is_group) && ignores_groups(app, holder).await? {
        messages.retain(|message| !message.is_group);
    }
    let now = app.clock.now();
    let incoming = |update| Incoming {
        tenant_id: holder.tenant_id.clone(),
        account_id: holder.account_id.clone(),
        received_at: now,
        update,
    };
    let batch: Vec<Incoming> = messages
        .iter()
        .filter_map(decide)
        .map(|message| incoming(IncomingUpdate::Message(Box::new(message))))
        .collect();
    let letter = |update: &Incoming, error: &DbError| NewDeadLetter {
        tenant_id: holder.tenant_id.clone(),
        meta_app_id: None,
        account_id: Some(holder.account_id.clone()),
        source: SOURCE.to_owned(),
        reason: DeadLetterReason::Failed,
        detail: error.to_string(),
        raw: format!("{:?}", update.update),
        received_at: now,
    };
    let stored = inbound::store(app, batch, letter).await;
    stored.context("the messages were not stored")
}

async fn ignores_groups(app: &App, holder: &Holder) -> anyhow::Result<bool> {
    let account = accounts::get_account(&app.db, &holder.tenant_id, &holder.account_id).await;
    Ok(account?.ignore_groups)
}

/// What is to be written of a message. `None` where it names nobody: it could not be shown anywhere.
fn decide(arrived: &Arrived) -> Option<IncomingMessage> {
    let other = person(arrived);
    let (chat, sender) = if arrived.is_group {
        (ids::group(&arrived.chat)?, Some(other))
    } else {
        (other, None)
    };
    if chat.keys.is_empty() {
        return None;
    }
    let (kind, text, content) = content(&arrived.content);
    let (direction, source, status) = if arrived.from_me {
        (Direction::Out, MessageSource::Echo, MessageStatus::Sent)
    } else {
        (Direction::In, MessageSource::Live, MessageStatus::Received)
    };
    Some(IncomingMessage {
        chat,
        // Who wrote for us is us.
        sender: sender.filter(|sender| !arrived.from_me && !sender.keys.is_empty()),
        direction,
        source,
        provider_id: ids::of(arrived),
        kind,
        text,
        content,
        quoted_provider_id: None,
        forwarded: false,
        provider_at: arrived.sent_at,
        media: None,
        status,
        // There is no window.
        opens_window: false,
        is_news: !arrived.from_me,
    })
}

/// The phone first: it is where answers go if there is one.
fn person(arrived: &Arrived) -> Person {
    let key = |kind, value: &Option<String>| {
        Some(IdentityKey {
            kind,
            scope: String::new(),
            value: value.clone().filter(|value| !value.is_empty())?,
        })
    };
    let keys = [
        key(IdentityKind::Phone, &arrived.person.phone),
        key(IdentityKind::Lid, &arrived.person.lid),
    ];
    Person {
        keys: keys.into_iter().flatten().collect(),
        profile_name: arrived.name.clone().filter(|_| !arrived.from_me),
        ..Person::default()
    }
}

/// Type, text and what else it holds, as messages of the Cloud API are stored.
fn content(content: &Content) -> (String, Option<String>, String) {
    match content {
        Content::Text(text) => ("text".to_owned(), Some(kept(text)), "{}".to_owned()),
        Content::Other(_) => ("unsupported".to_owned(), None, "{}".to_owned()),
    }
}

/// Without the one character that PostgreSQL can't keep, and of bounded length.
fn kept(text: &str) -> String {
    text.chars()
        .filter(|c| *c != '\0')
        .take(MAX_TEXT_CHARS)
        .collect()
}
