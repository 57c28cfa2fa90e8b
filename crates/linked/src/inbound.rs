//! Messages that arrived, in the project's words. Made by `session` for [`Host::receive`](crate::Host::receive).

use hoopoe_db::Millis;
use whatsapp_rust::{
    Jid, Server,
    wacore::types::{
        events::InboundMessage,
        message::{MessageCategory, MessageSource},
    },
};

/// Somebody by the names that WhatsApp told: at least one. Both are the same person's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Person {
    /// Phone number, digits only.
    pub phone: Option<String>,
    /// LID, digits only: never a phone number.
    pub lid: Option<String>,
}

impl Person {
    fn of<'a>(jids: impl IntoIterator<Item = &'a Jid>) -> Self {
        let mut person = Self::default();
        for jid in jids {
            let name = Some(jid.user.to_string());
            match jid.server {
                Server::Pn => person.phone = person.phone.or(name),
                Server::Lid => person.lid = person.lid.or(name),
                _ => {}
            }
        }
        person
    }
}

/// What a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Content {
    /// Words.
    Text(String),
    /// Something else, by WhatsApp's name for it.
    Other(String),
}

/// A message that arrived on an account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrived {
    /// Its id: unique among the messages of one sender in one chat.
    pub id: String,
    /// The chat's address, by which the id is unique and to which answers go.
    pub chat: String,
    /// Whether the chat is a group.
    pub is_group: bool,
    /// Whether the account itself wrote it, on the phone or on another companion.
    pub from_me: bool,
    /// The other side of a chat of two; who wrote, in a group.
    pub person: Person,
    /// The name that the sender gave themselves.
    pub name: Option<String>,
    /// When it was sent. Unix milliseconds.
    pub sent_at: Millis,
    /// What it says.
    pub content: Content,
}

impl Arrived {
    /// `None` for what the phone tells its companions only (keys, settings): the client has taken it in.
    pub(crate) fn of(message: &InboundMessage) -> Option<Self> {
        let (info, body) = (&message.info, &message.message);
        if info.category == MessageCategory::Peer {
            return None;
        }
        let source = &info.source;
        let extended = body.extended_text_message.as_option();
        let text = body.conversation.clone();
        let text = text.or_else(|| extended.and_then(|extended| extended.text.clone()));
        Some(Self {
            id: info.id.clone(),
            chat: source.chat.to_non_ad().to_string(),
            is_group: source.is_group,
            from_me: source.is_from_me,
            person: person(source),
            name: Some(info.push_name.clone())
                .filter(|name| !name.is_empty() && !source.is_from_me),
            sent_at: info.timestamp.timestamp_millis(),
            content: text.map_or_else(|| Content::Other(info.r#type.clone()), Content::Text),
        })
    }
}

fn person(source: &MessageSource) -> Person {
    let sender = std::iter::once(&source.sender).chain(&source.sender_alt);
    let chat = std::iter::once(&source.chat).chain(&source.recipient_alt);
    if source.is_from_me && !source.is_group {
        Person::of(chat)
    } else {
        Person::of(sender)
    }
}
