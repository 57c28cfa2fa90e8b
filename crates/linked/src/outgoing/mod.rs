//! Messages that go out, from the project's words to the protocol's. Called by `handle`.

mod cards;
mod files;

use hoopoe_cloud_api::send::{Card, Place};
use whatsapp_rust::{
    Client, Jid,
    buffa::MessageField,
    wacore::{chrono::Utc, proto_helpers::MessageExt as _},
    wacore_binary::jid::JidExt as _,
    waproto::whatsapp::{
        ContextInfo, Message, MessageKey,
        message::{
            ExtendedTextMessage, LocationMessage, ProtocolMessage, ReactionMessage,
            protocol_message::Type,
        },
    },
};

use crate::{Person, SendError, Target, handle::is_by_lid, person::Me};

pub use files::{File, FileKind};

/// A message to send.
#[derive(Debug, Clone, PartialEq)]
pub struct Outgoing {
    /// What it says.
    pub content: Said,
    /// What it answers. Reactions, edits and deletions answer nothing.
    pub quoted: Option<Quoted>,
}

/// The message that is answered, as the other side is shown it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quoted {
    /// Which.
    pub target: Target,
    /// Its words, or what stands for them: phones show these.
    pub text: String,
}

/// What we say.
#[derive(Debug, Clone, PartialEq)]
pub enum Said {
    /// Words.
    Text(String),
    /// A picture, video, sound, voice message, document or sticker.
    File(Box<File>),
    /// A place.
    Location(Place),
    /// Address cards: one at least.
    Contacts(Vec<Card>),
    /// A reaction; `None` takes it back.
    Reaction {
        /// To which message.
        to: Target,
        /// The emoji.
        emoji: Option<String>,
    },
    /// An earlier message of ours reads otherwise now. WhatsApp takes that for about fifteen minutes.
    Edit {
        /// Its id.
        id: String,
        /// What it says now.
        text: String,
    },
    /// An earlier message of ours is taken back, for everybody. WhatsApp takes that for about two days.
    Deletion {
        /// Its id.
        id: String,
    },
}

impl From<Said> for Outgoing {
    fn from(content: Said) -> Self {
        Self {
            content,
            quoted: None,
        }
    }
}

/// Builds a message, and uploads its file.
pub(crate) async fn prepare(
    client: &Client,
    me: &Me,
    to: &Jid,
    message: Outgoing,
) -> Result<Message, SendError> {
    let by_lid = is_by_lid(client, to).await;
    let naming = Naming {
        me,
        chat: to,
        by_lid,
    };
    let mut built = match message.content {
        Said::Text(text) => words(text),
        Said::File(file) => files::upload(client, *file).await?,
        Said::Location(place) => location(place),
        Said::Contacts(cards) => cards::message(&cards)?,
        Said::Reaction { to, emoji } => naming.reaction(&to, emoji)?,
        Said::Edit { id, text } => naming.edit(id, text),
        Said::Deletion { id } => naming.deletion(id),
    };
    if let Some(quoted) = message.quoted {
        let context = naming.quote(quoted)?;
        built.set_context_info(context);
    }
    Ok(built)
}

fn words(text: String) -> Message {
    Message {
        extended_text_message: MessageField::some(ExtendedTextMessage {
            text: Some(text),
            ..Default::default()
        }),
        ..Default::default()
    }
}

fn location(place: Place) -> Message {
    Message {
        location_message: MessageField::some(LocationMessage {
            degrees_latitude: Some(place.latitude),
            degrees_longitude: Some(place.longitude),
            name: place.name,
            address: place.address,
            ..Default::default()
        }),
        ..Default::default()
    }
}

/// How other messages are named in a chat.
struct Naming<'a> {
    me: &'a Me,
    chat: &'a Jid,
    by_lid: bool,
}

impl Naming<'_> {
    /// Who wrote a message, where that has to be said.
    fn author(&self, target: &Target) -> Result<Jid, SendError> {
        if target.ours {
            return self.me.jid(self.by_lid).ok_or(SendError::NotConnected);
        }
        let known = Some(&target.author).filter(|author| !author.is_unknown());
        match known.and_then(|author: &Person| author.jid(self.by_lid)) {
            Some(author) => Ok(author),
            None if !self.chat.is_group() => Ok(self.chat.clone()),
            None => Err(SendError::invalid("Who wrote that message is not known.")),
        }
    }

    fn key(&self, target: &Target) -> Result<MessageKey, SendError> {
        let told = self.chat.is_group() && !target.ours;
        let author = told.then(|| self.author(target)).transpose()?;
        Ok(MessageKey {
            remote_jid: Some(self.chat.to_string()),
            from_me: Some(target.ours),
            id: Some(target.id.clone()),
            participant: author.map(|author| author.to_string()),
        })
    }

    fn own(&self, id: String) -> MessageKey {
        MessageKey {
            remote_jid: Some(self.chat.to_string()),
            from_me: Some(true),
            id: Some(id),
            participant: None,
        }
    }

    fn reaction(&self, to: &Target, emoji: Option<String>) -> Result<Message, SendError> {
        let reaction = ReactionMessage {
            key: MessageField::some(self.key(to)?),
            text: Some(emoji.unwrap_or_default()),
            sender_timestamp_ms: Some(now()),
            ..Default::default()
        };
        Ok(Message {
            reaction_message: MessageField::some(reaction),
            ..Default::default()
        })
    }

    fn edit(&self, id: String, text: String) -> Message {
        protocol(ProtocolMessage {
            key: MessageField::some(self.own(id)),
            r#type: Some(Type::MESSAGE_EDIT),
            edited_message: MessageField::some(words(text)),
            timestamp_ms: Some(now()),
            ..Default::default()
        })
    }

    fn deletion(&self, id: String) -> Message {
        protocol(ProtocolMessage {
            key: MessageField::some(self.own(id)),
            r#type: Some(Type::REVOKE),
            ..Default::default()
        })
    }

    fn quote(&self, quoted: Quoted) -> Result<ContextInfo, SendError> {
        let author = self.author(&quoted.target)?;
        let original = Message {
            conversation: Some(quoted.text),
            ..Default::default()
        };
        Ok(ContextInfo {
            stanza_id: Some(quoted.target.id),
            participant: Some(author.to_string()),
            quoted_message: MessageField::some(original),
            ..Default::default()
        })
    }
}

fn protocol(message: ProtocolMessage) -> Message {
    Message {
        protocol_message: MessageField::some(message),
        ..Default::default()
    }
}

/// The protocol wants the sender's clock. Unix milliseconds.
fn now() -> i64 {
    Utc::now().timestamp_millis()
}
