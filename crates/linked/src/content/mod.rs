//! What messages say, from the protocol's words to the project's: the kinds, texts and JSON that the Cloud API's messages are stored as, so that one kind of
//! row holds both. Pure; called by `inbound` and `history`.
//!
//! Nothing is lost for being unknown: what has no kind here is "unsupported", by WhatsApp's name for it. Everything is bounded (`bounds`).

pub(crate) mod bounds;
mod cards;
mod context;
mod files;
mod kinds;
#[cfg(test)]
mod tests;
mod wrapped;

use hoopoe_cloud_api::update::{MessageContent, MessageKind, UnsupportedContent};
use serde_json::{Map, Value};
use whatsapp_rust::{
    Jid,
    waproto::whatsapp::{
        Message, MessageKey, message::ProtocolMessage, message::protocol_message::Type,
    },
};

use crate::{Media, Person, person::Me};
use wrapped::Wrapped;

/// What a message says.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Something to show.
    Shown(Box<Shown>),
    /// A reaction to another message; `None` takes it back.
    Reaction {
        /// To which.
        to: Target,
        /// The emoji.
        emoji: Option<String>,
    },
    /// Another message of the same sender reads otherwise now. Whoever applies it checks that the message is theirs.
    Edit {
        /// Which.
        of: Target,
        /// What it is now.
        now: Box<Shown>,
    },
    /// Another message is taken back: the sender's own, or anybody's where an admin of a group does it. Whoever applies it checks that.
    Deletion {
        /// Which.
        of: Target,
    },
    /// Something happened to the group.
    Group(GroupNews),
}

/// What happened to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupNews {
    /// What; by the message's sender, where that is known.
    pub act: GroupAct,
    /// To whom; nobody by any name is us.
    pub members: Vec<Person>,
}

/// What happens to a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GroupAct {
    /// Members came by themselves.
    Joined,
    /// Members were added.
    Added,
    /// Members went by themselves.
    Left,
    /// Members were removed.
    Removed,
    /// It is called this now.
    Renamed(String),
}

/// Something to show, in the form in which messages are stored.
#[derive(Debug, Clone, PartialEq)]
pub struct Shown {
    /// What it is.
    pub kind: MessageKind,
    /// Text or caption, or what stands for it.
    pub text: Option<String>,
    /// The `content` object of Hoopoe's API. Beyond what the Cloud API has: `view_once`, `live`, `gif` (true), and `poll`.
    pub content: Value,
    /// Its file.
    pub media: Option<Media>,
    /// The message that it answers.
    pub quoted: Option<Target>,
    /// Whether it was forwarded.
    pub forwarded: bool,
}

/// Another message, as one message names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its id.
    pub id: String,
    /// Whether it is ours.
    pub ours: bool,
    /// Who wrote it; nobody where it is ours or that was not told.
    pub author: Person,
}

/// What has to be known of a message besides its content.
pub(crate) struct Scope<'a> {
    pub me: &'a Me,
    pub chat: &'a Jid,
    pub sender: &'a Jid,
    pub from_me: bool,
    pub id: &'a str,
}

/// What a message says; `None` where nothing is to be shown or changed (votes, pins, settings, keys).
pub(crate) fn read(scope: &Scope<'_>, message: &Message) -> Option<Content> {
    let wrapped = Wrapped::open(message);
    let inner = wrapped.message;
    if let Some(protocol) = inner.protocol_message.as_option() {
        return amendment(scope, protocol);
    }
    if let Some(reaction) = inner.reaction_message.as_option() {
        return Some(Content::Reaction {
            to: target(scope, reaction.key.as_option()?)?,
            emoji: bounds::optional_line(reaction.text.as_ref()),
        });
    }
    shown(scope, &wrapped).map(|shown| Content::Shown(Box::new(shown)))
}

fn amendment(scope: &Scope<'_>, protocol: &ProtocolMessage) -> Option<Content> {
    let of = || target(scope, protocol.key.as_option()?);
    if let Some(edited) = protocol.edited_message.as_option() {
        let now = shown(scope, &Wrapped::open(edited))?;
        return Some(Content::Edit {
            of: of()?,
            now: Box::new(now),
        });
    }
    match protocol.r#type {
        Some(Type::REVOKE) => Some(Content::Deletion { of: of()? }),
        // Settings, keys, history: the client has taken them in.
        _ => None,
    }
}

/// The message that a key names. Keys are written from their sender's point of view.
fn target(scope: &Scope<'_>, key: &MessageKey) -> Option<Target> {
    let id = bounds::id(key.id.as_ref()?)?;
    let participant: Option<Jid> = key.participant.as_ref().and_then(|jid| jid.parse().ok());
    let (ours, author) = match (key.from_me.unwrap_or(false), participant) {
        (true, _) => (scope.from_me, Some(scope.sender.clone())),
        (false, Some(author)) => (scope.me.is(&author), Some(author)),
        // In a chat of two, what is not the sender's is the other side's.
        (false, None) => (!scope.from_me, scope.from_me.then(|| scope.chat.clone())),
    };
    Some(Target {
        id,
        ours,
        author: if ours {
            Person::default()
        } else {
            Person::of(&author)
        },
    })
}

fn shown(scope: &Scope<'_>, wrapped: &Wrapped<'_>) -> Option<Shown> {
    let message = wrapped.message;
    let mut shown = match kinds::read(scope, message) {
        Some(shown) => shown,
        None => unknown(message)?,
    };
    context::apply(scope, message, &mut shown);
    if wrapped.view_once {
        shown.mark("view_once", Value::Bool(true));
    }
    Some(shown)
}

/// Fields of a message that WhatsApp's own apps show nothing for.
const QUIET: [&str; 12] = [
    "album_message",
    "call",
    "enc_event_response_message",
    "fast_ratchet_key_sender_key_distribution_message",
    "keep_in_chat_message",
    "message_history_bundle",
    "message_history_notice",
    "pin_in_chat_message",
    "poll_add_option_message",
    "poll_update_message",
    "sender_key_distribution_message",
    "sticker_sync_rmr_message",
];

/// What this version can't show, by WhatsApp's name for it. A message without any field that is known here is one of a later version.
fn unknown(message: &Message) -> Option<Shown> {
    let fields = serde_json::to_value(message).ok()?;
    let set = fields
        .as_object()?
        .iter()
        .filter(|(_, value)| !value.is_null());
    let mut names = set
        .map(|(name, _)| name.as_str())
        .filter(|name| *name != "message_context_info")
        .peekable();
    if names.peek().is_none() {
        return Some(Shown::unsupported(None));
    }
    let loud = names.find(|name| !QUIET.contains(name))?;
    Some(Shown::unsupported(Some(loud.trim_end_matches("_message"))))
}

impl Shown {
    fn new(kind: MessageKind, content: &MessageContent, text: Option<String>) -> Self {
        let content = serde_json::to_value(content).unwrap_or_else(|_| Value::Object(Map::new()));
        Self {
            kind,
            text,
            content,
            media: None,
            quoted: None,
            forwarded: false,
        }
    }

    /// Something that can't be shown.
    pub(crate) fn unsupported(kind: Option<&str>) -> Self {
        let content = UnsupportedContent {
            kind: kind.map(str::to_owned),
            reason: None,
        };
        Self::new(
            MessageKind::Unsupported,
            &MessageContent::Unsupported(content),
            None,
        )
    }

    fn words(text: String) -> Self {
        Self::new(MessageKind::Text, &MessageContent::Text {}, Some(text))
    }

    fn mark(&mut self, name: &str, value: Value) {
        if let Value::Object(fields) = &mut self.content {
            fields.insert(name.to_owned(), value);
        }
    }
}
