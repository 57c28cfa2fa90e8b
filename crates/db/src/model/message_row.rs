//! A message as it is read from its row, with its media and its sender.

use serde_json::value::RawValue;

use super::{
    ContactSummary, Content, Direction, Media, MediaState, Message, MessageSource, MessageStatus,
    NameSource, avatar_url,
};
use crate::{
    DbError, DbResult, Millis,
    ids::{AccountId, ContactId, ConversationId, MediaId, MessageId, UserId},
};

/// Columns of a message `m` with its media `d` and its sender `s`, as [`MessageRow`] reads them.
pub(crate) const MESSAGE_COLUMNS: &str = "m.id, m.account_id, m.conversation_id, m.direction, m.type AS kind, m.text, m.content, m.author_id, m.client_id, \
     m.quoted, m.reactions, m.status, m.error, m.sent_at, m.delivered_at, m.read_at, m.failed_at, m.recipients, m.provider_at, m.received_at, m.late, \
     m.forwarded, m.edited_at, m.deleted_at, m.change, m.source, m.send_at, m.attempts, \
     d.id AS media_id, d.state AS media_state, d.mime AS media_mime, d.size AS media_size, d.filename AS media_filename, \
     d.width AS media_width, d.height AS media_height, d.duration_ms AS media_duration_ms, d.failure AS media_failure, \
     d.thumbnail_key AS media_thumbnail_key, \
     s.id AS sender_id, s.name AS sender_name, s.name_source AS sender_name_source, s.phone AS sender_phone, s.username AS sender_username, \
     s.picture AS sender_picture";

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
    pub recipients: Option<String>,
    pub provider_at: Millis,
    pub received_at: Millis,
    pub late: bool,
    pub forwarded: bool,
    pub edited_at: Option<Millis>,
    pub deleted_at: Option<Millis>,
    pub change: Option<String>,
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
    pub sender_picture: Option<String>,
}

impl SenderColumns {
    fn into_summary(self) -> Option<ContactSummary> {
        let id = self.sender_id?;
        Some(ContactSummary {
            avatar_url: avatar_url(&id, self.sender_picture.as_deref()),
            id,
            name: self.sender_name.unwrap_or_default(),
            name_source: self
                .sender_name_source
                .and_then(|word| word.parse().ok())
                .unwrap_or(NameSource::Number),
            phone: self.sender_phone,
            username: self.sender_username,
            is_group: false,
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
            change: read_json(row.change.as_deref())?,
            recipients: read_json(row.recipients.as_deref())?,
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
