//! Messages as threads show them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{ContactSummary, Media, MessageChange, RecipientCounts, words};
use crate::{
    Millis,
    ids::{AccountId, ConversationId, MessageId, UserId},
};

words! {
    /// Which way a message went.
    Direction {
        /// From the customer.
        In = "in",
        /// From us.
        Out = "out",
    }
}

words! {
    /// How a message came to us.
    MessageSource {
        /// As it happened.
        Live = "live",
        /// Sent by us from the phone's own app.
        Echo = "echo",
        /// From the past of a number that was connected later.
        History = "history",
        /// Sent through Hoopoe.
        Api = "api",
    }
}

words! {
    /// What a message is; kept as text, so that a later version may know more.
    MessageType {
        /// Text.
        Text = "text",
        /// A picture.
        Image = "image",
        /// A video.
        Video = "video",
        /// A sound file.
        Audio = "audio",
        /// A voice note.
        Voice = "voice",
        /// A file.
        Document = "document",
        /// A sticker.
        Sticker = "sticker",
        /// A place.
        Location = "location",
        /// Contact cards.
        Contacts = "contacts",
        /// An answer to buttons, a list or a form.
        Interactive = "interactive",
        /// A tap on a template's button.
        Button = "button",
        /// An order from a catalogue.
        Order = "order",
        /// A notice of WhatsApp.
        System = "system",
        /// A reaction without its message.
        Reaction = "reaction",
        /// A template of ours.
        Template = "template",
        /// What this version does not show.
        Unsupported = "unsupported",
    }
}

words! {
    /// Where a message stands.
    MessageStatus {
        /// From the customer, stored.
        Received = "received",
        /// Ours, on its way to the provider.
        Sending = "sending",
        /// Ours, and whether the provider has it is not known: the answer was lost. Any later status settles it.
        Unknown = "unknown",
        /// Taken by the provider.
        Sent = "sent",
        /// On the customer's phone.
        Delivered = "delivered",
        /// Read by the customer.
        Read = "read",
        /// A voice message, played by the customer.
        Played = "played",
        /// It did not go through; the error says why.
        Failed = "failed",
        /// Ours, taken back before it went out.
        Cancelled = "cancelled",
    }
}

impl MessageStatus {
    /// Order in which statuses replace one another: only upwards. A failure outranks `sent` but not a proof of delivery.
    pub fn rank(self) -> i64 {
        match self {
            Self::Received => 100,
            Self::Sending => -1,
            Self::Unknown => 0,
            Self::Sent => 1,
            Self::Failed | Self::Cancelled => 2,
            Self::Delivered => 3,
            Self::Read => 4,
            Self::Played => 5,
        }
    }
}

words! {
    /// Who reacted.
    ReactionBy {
        /// The customer.
        Customer = "customer",
        /// One of us.
        Us = "us",
    }
}

/// A reaction to a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Reaction {
    /// The emoji.
    pub emoji: String,
    /// Whose side.
    pub by: ReactionBy,
    /// Name of the one who reacted, in groups.
    pub name: Option<String>,
    /// Unix milliseconds.
    pub at: Millis,
    /// Identity of the one who reacted: each has one reaction per message.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub actor: String,
}

/// The message that a message answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Quoted {
    /// Its id, where we have it.
    pub message_id: Option<MessageId>,
    /// The provider's id.
    pub provider_id: Option<String>,
    /// At most 160 characters of its text.
    pub text: String,
    /// Its type.
    #[serde(rename = "type")]
    #[schema(value_type = MessageType)]
    pub kind: String,
    /// In or out.
    pub direction: Direction,
}

/// Why a message failed, by the provider's word.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageError {
    /// The provider's code.
    pub code: i64,
    /// The provider's title.
    pub title: String,
    /// What it means and what can be done, in plain words.
    pub detail: String,
}

/// JSON that is passed on as it was stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Content(pub Box<RawValue>);

impl PartialEq for Content {
    fn eq(&self, other: &Self) -> bool {
        self.0.get() == other.0.get()
    }
}

/// One entry of a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Message {
    /// Its id.
    pub id: MessageId,
    /// Our number.
    pub account_id: AccountId,
    /// Its conversation.
    pub conversation_id: ConversationId,
    /// Which way it went.
    pub direction: Direction,
    /// `text`, `image`, `video`, `audio`, `voice`, `document`, `sticker`, `location`, `contacts`, `interactive`, `button`, `order`,
    /// `system`, `template` or `unsupported`.
    #[serde(rename = "type")]
    #[schema(value_type = MessageType)]
    pub kind: String,
    /// Text or caption.
    pub text: Option<String>,
    /// What else it holds, by type.
    #[schema(value_type = Object)]
    pub content: Content,
    /// Who wrote it, in groups.
    pub sender: Option<ContactSummary>,
    /// Which of us wrote it.
    pub author_id: Option<UserId>,
    /// The id that the sending client gave it.
    pub client_id: Option<String>,
    /// What it answers.
    pub quoted: Option<Quoted>,
    /// Reactions to it.
    pub reactions: Vec<Reaction>,
    /// Its picture, voice note or file.
    pub media: Option<Media>,
    /// Where it stands.
    pub status: MessageStatus,
    /// Why it failed.
    pub error: Option<MessageError>,
    /// Unix milliseconds.
    pub sent_at: Option<Millis>,
    /// `null` in groups, where every member has a time of their own. Unix milliseconds.
    pub delivered_at: Option<Millis>,
    /// `null` in groups, where every member has a time of their own. Unix milliseconds.
    pub read_at: Option<Millis>,
    /// Unix milliseconds.
    pub failed_at: Option<Millis>,
    /// How many members of a group it has reached; `null` for messages to one person, and as long as nothing is known of any member.
    pub recipients: Option<RecipientCounts>,
    /// By the provider's clock: threads sort by it, then by id. Unix milliseconds.
    pub provider_at: Millis,
    /// By our clock. Unix milliseconds.
    pub received_at: Millis,
    /// It reached us long after it was sent.
    pub late: bool,
    /// It was forwarded.
    pub forwarded: bool,
    /// Unix milliseconds.
    pub edited_at: Option<Millis>,
    /// Unix milliseconds.
    pub deleted_at: Option<Millis>,
    /// An edit or a deletion of ours that the customer does not see yet, or that failed. Until it is done the message stays as it was.
    #[serde(default)]
    pub change: Option<MessageChange>,
    /// How it came to us.
    pub source: MessageSource,
    /// When it is to go out, where it was scheduled. Unix milliseconds.
    pub send_at: Option<Millis>,
    /// How many attempts at sending it came to an end; 0 for the customer's.
    pub attempts: i64,
}
