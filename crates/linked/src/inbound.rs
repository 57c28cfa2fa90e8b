//! Messages that arrived, in the project's words. Made for [`Host::receive`](crate::Host::receive) by the client's hook, and by `history`.

use hoopoe_db::Millis;
use whatsapp_rust::{
    Jid, Server,
    wacore::types::{
        events::InboundMessage,
        message::{MessageCategory, MessageInfo, MessageSource},
    },
    wacore_binary::jid::JidExt as _,
};

use crate::{
    Content, Person, Progress,
    content::{self, Scope, Shown, bounds},
    person::Me,
};

/// A message that arrived on an account.
#[derive(Debug, Clone, PartialEq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts that have nothing to do with one another"
)]
pub struct Arrived {
    /// Its id: unique among the messages of one sender in one chat.
    pub id: String,
    /// The chat's address, by which the id is unique and to which answers go.
    pub chat: String,
    /// Whether the chat is a group.
    pub is_group: bool,
    /// Whether the account itself wrote it, on the phone or on another companion.
    pub from_me: bool,
    /// The other side of a chat of two; who wrote, in a group (nobody where we did).
    pub person: Person,
    /// The name that the sender gave themselves.
    pub name: Option<String>,
    /// When it was sent. Unix milliseconds.
    pub sent_at: Millis,
    /// Whether it is of the past: it is no news, and nobody has to read it.
    pub history: bool,
    /// What had become of a message of ours of the past.
    pub progress: Option<Progress>,
    /// Of the deletion of another's message in a group: whether its sender is an admin there.
    pub by_admin: bool,
    /// What it says.
    pub content: Content,
}

impl Arrived {
    /// `None` for what nobody is to see: what the phone tells its companions only (keys, settings), votes, stories.
    pub(crate) fn of(me: &Me, message: &InboundMessage) -> Option<Self> {
        let (info, chat) = (&message.info, chat(&message.info)?);
        let scope = Scope {
            me,
            chat: &chat,
            sender: &info.source.sender,
            from_me: info.source.is_from_me,
            id: &info.id,
        };
        let content = content::read(&scope, &message.message)?;
        Self::with(info, &chat, content)
    }

    /// A message whose content WhatsApp keeps from companions, such as a picture to be seen once.
    pub(crate) fn withheld(info: &MessageInfo, kind: &str) -> Option<Self> {
        let content = Content::Shown(Box::new(Shown::unsupported(Some(kind))));
        Self::with(info, &chat(info)?, content)
    }

    fn with(info: &MessageInfo, chat: &Jid, content: Content) -> Option<Self> {
        let source = &info.source;
        let person = person(source);
        if person.is_unknown() && !chat.is_group() {
            return None;
        }
        let name = Some(&info.push_name).filter(|_| !source.is_from_me);
        Some(Self {
            id: bounds::id(&info.id)?,
            chat: chat.to_string(),
            is_group: chat.is_group(),
            from_me: source.is_from_me,
            person,
            name: bounds::optional_line(name),
            sent_at: info.timestamp.timestamp_millis(),
            history: false,
            progress: None,
            by_admin: false,
            content,
        })
    }
}

/// The chat that a message belongs to, without a device. What was sent to many at once is a message of the sender's to each of them.
fn chat(info: &MessageInfo) -> Option<Jid> {
    if info.category == MessageCategory::Peer {
        return None;
    }
    let chat = &info.source.chat;
    match chat.server {
        Server::Pn | Server::Lid | Server::Group => Some(chat.to_non_ad()),
        Server::Broadcast if !chat.is_status_broadcast() && !info.source.is_from_me => {
            Some(info.source.sender.to_non_ad())
        }
        _ => None,
    }
}

fn person(source: &MessageSource) -> Person {
    let sender = std::iter::once(&source.sender).chain(&source.sender_alt);
    let chat = std::iter::once(&source.chat).chain(&source.recipient_alt);
    match (source.is_from_me, source.chat.is_group()) {
        (true, true) => Person::default(),
        (true, false) => Person::of(chat),
        (false, _) => Person::of(sender),
    }
}
