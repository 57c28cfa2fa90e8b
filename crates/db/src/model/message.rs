//! Messages as threads show them.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::ToSchema;

use super::{ContactSummary, Media, MediaState, NameSource, words};
use crate::{
    DbError, DbResult, Millis,
    ids::{AccountId, ContactId, ConversationId, MediaId, MessageId, UserId},
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
    /// Unix milliseconds.
    pub delivered_at: Option<Millis>,
    /// Unix milliseconds.
    pub read_at: Option<Millis>,
    /// Unix milliseconds.
    pub failed_at: Option<Millis>,
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
    /// How it came to us.
    pub source: MessageSource,
    /// When it is to go out, where it was scheduled. Unix milliseconds.
    pub send_at: Option<Millis>,
    /// How many attempts at sending it came to an end; 0 for the customer's.
    pub attempts: i64,
}

/// Columns of a message `m` with its media `d` and its sender `s`, as [`MessageRow`] reads them.
pub(crate) const MESSAGE_COLUMNS: &str = "m.id, m.account_id, m.conversation_id, m.direction, m.type AS kind, m.text, m.content, m.author_id, m.client_id, \
     m.quoted, m.reactions, m.status, m.error, m.sent_at, m.delivered_at, m.read_at, m.failed_at, m.provider_at, m.received_at, m.late, \
     m.forwarded, m.edited_at, m.deleted_at, m.source, m.send_at, m.attempts, \
     d.id AS media_id, d.state AS media_state, d.mime AS media_mime, d.size AS media_size, d.filename AS media_filename, \
     d.width AS media_width, d.height AS media_height, d.duration_ms AS media_duration_ms, d.failure AS media_failure, \
     d.thumbnail_key AS media_thumbnail_key, \
     s.id AS sender_id, s.name AS sender_name, s.name_source AS sender_name_source, s.phone AS sender_phone, s.username AS sender_username";

/// Joins that [`MESSAGE_COLUMNS`] needs behind `messages m`.
pub(crate) const MESSAGE_JOINS: &str =
    "LEFT JOIN media d ON d.id = m.media_id LEFT JOIN contacts s ON s.id = m.sender_contact_id";

#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct MessageRow {
    pub id: MessageId,
    pub account_id: AccountId,
    pub conversation_id: ConversationId,
    #[sqlx(try_from = "String")]
    pub direction: Direction,
    pub kind: String,
    pub text: Option<String>,
    pub content: String,
    pub author_id: Option<UserId>,
    pub client_id: Option<String>,
    pub quoted: Option<String>,
    pub reactions: Option<String>,
    #[sqlx(try_from = "String")]
    pub status: MessageStatus,
    pub error: Option<String>,
    pub sent_at: Option<Millis>,
    pub delivered_at: Option<Millis>,
    pub read_at: Option<Millis>,
    pub failed_at: Option<Millis>,
    pub provider_at: Millis,
    pub received_at: Millis,
    pub late: bool,
    pub forwarded: bool,
    pub edited_at: Option<Millis>,
    pub deleted_at: Option<Millis>,
    #[sqlx(try_from = "String")]
    pub source: MessageSource,
    pub send_at: Option<Millis>,
    pub attempts: i64,
    #[sqlx(flatten)]
    pub media: MediaColumns,
    #[sqlx(flatten)]
    pub sender: SenderColumns,
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct MediaColumns {
    pub media_id: Option<MediaId>,
    pub media_state: Option<String>,
    pub media_mime: Option<String>,
    pub media_size: Option<i64>,
    pub media_filename: Option<String>,
    pub media_width: Option<i64>,
    pub media_height: Option<i64>,
    pub media_duration_ms: Option<i64>,
    pub media_failure: Option<String>,
    pub media_thumbnail_key: Option<String>,
}

impl MediaColumns {
    fn into_media(self) -> Option<Media> {
        let id = self.media_id?;
        let url = format!("/api/v1/media/{id}");
        Some(Media {
            state: self
                .media_state
                .and_then(|word| word.parse().ok())
                .unwrap_or(MediaState::Pending),
            mime: self.media_mime.unwrap_or_default(),
            size: self.media_size,
            filename: self.media_filename,
            width: self.media_width,
            height: self.media_height,
            duration_ms: self.media_duration_ms,
            failure: self.media_failure,
            thumbnail_url: self.media_thumbnail_key.map(|_| format!("{url}/thumbnail")),
            url,
            id,
        })
    }
}

#[derive(Debug, Clone, sqlx::FromRow)]
pub(crate) struct SenderColumns {
    pub sender_id: Option<ContactId>,
    pub sender_name: Option<String>,
    pub sender_name_source: Option<String>,
    pub sender_phone: Option<String>,
    pub sender_username: Option<String>,
}

impl SenderColumns {
    fn into_summary(self) -> Option<ContactSummary> {
        Some(ContactSummary {
            id: self.sender_id?,
            name: self.sender_name.unwrap_or_default(),
            name_source: self
                .sender_name_source
                .and_then(|word| word.parse().ok())
                .unwrap_or(NameSource::Number),
            phone: self.sender_phone,
            username: self.sender_username,
            is_group: false,
            avatar_url: None,
        })
    }
}

fn read_json<T: serde::de::DeserializeOwned>(text: Option<&str>) -> DbResult<Option<T>> {
    text.map(serde_json::from_str)
        .transpose()
        .map_err(DbError::from)
}

impl TryFrom<MessageRow> for Message {
    type Error = DbError;

    fn try_from(row: MessageRow) -> DbResult<Self> {
        Ok(Self {
            content: Content(RawValue::from_string(row.content)?),
            quoted: read_json(row.quoted.as_deref())?,
            reactions: read_json(row.reactions.as_deref())?.unwrap_or_default(),
            error: read_json(row.error.as_deref())?,
            media: row.media.into_media(),
            sender: row.sender.into_summary(),
            id: row.id,
            account_id: row.account_id,
            conversation_id: row.conversation_id,
            direction: row.direction,
            kind: row.kind,
            text: row.text,
            author_id: row.author_id,
            client_id: row.client_id,
            status: row.status,
            sent_at: row.sent_at,
            delivered_at: row.delivered_at,
            read_at: row.read_at,
            failed_at: row.failed_at,
            provider_at: row.provider_at,
            received_at: row.received_at,
            late: row.late,
            forwarded: row.forwarded,
            edited_at: row.edited_at,
            deleted_at: row.deleted_at,
            source: row.source,
            send_at: row.send_at,
            attempts: row.attempts,
        })
    }
}
