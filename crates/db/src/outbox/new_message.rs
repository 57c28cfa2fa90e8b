//! A message that is to be sent, as the server hands it in, and as clients are told of it; and its file, which we have.

use serde_json::value::RawValue;

use crate::{
    DbResult, Millis, Tx,
    ids::{MediaId, MessageId, TenantId, UserId},
    model::{
        Content, Conversation, Direction, Media, MediaState, Message, MessageSource, MessageStatus,
        Quoted,
    },
    sql::execute,
};

/// A message that is to be sent.
#[derive(Debug, Clone)]
pub struct NewMessage<'a> {
    /// Its conversation, as it was found.
    pub conversation: &'a Conversation,
    /// Who wrote it.
    pub author_id: &'a UserId,
    /// The client's own id of it.
    pub client_id: &'a str,
    /// Type, as in [`Message::kind`].
    pub kind: &'a str,
    /// Text or caption.
    pub text: Option<&'a str>,
    /// What else it holds: JSON text.
    pub content: &'a str,
    /// What it answers.
    pub quoted: Option<Quoted>,
    /// Its file.
    pub file: Option<NewFile<'a>>,
    /// When it is to go out; at once where left out.
    pub send_at: Option<Millis>,
    /// What is to be said to the provider: JSON text.
    pub payload: &'a str,
}

/// The file of a message, which we have.
#[derive(Debug, Clone, Copy)]
pub struct NewFile<'a> {
    /// MIME type by its content.
    pub mime: &'a str,
    /// Bytes.
    pub size: i64,
    /// Hex SHA-256 of its content.
    pub sha256: &'a str,
    /// Its name.
    pub filename: Option<&'a str>,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Length of sound in milliseconds.
    pub duration_ms: Option<i64>,
    /// Where it is kept.
    pub object_key: &'a str,
    /// Where its small picture is kept.
    pub thumbnail_key: Option<&'a str>,
}

impl NewMessage<'_> {
    pub(super) fn message(
        &self,
        id: MessageId,
        media_id: Option<MediaId>,
        now: Millis,
    ) -> DbResult<Message> {
        Ok(Message {
            id,
            account_id: self.conversation.account_id.clone(),
            conversation_id: self.conversation.id.clone(),
            direction: Direction::Out,
            kind: self.kind.to_owned(),
            text: self.text.map(str::to_owned),
            content: Content(RawValue::from_string(self.content.to_owned())?),
            sender: None,
            author_id: Some(self.author_id.clone()),
            client_id: Some(self.client_id.to_owned()),
            quoted: self.quoted.clone(),
            reactions: Vec::new(),
            media: media_id.zip(self.file).map(|(id, file)| file.announced(id)),
            status: MessageStatus::Sending,
            error: None,
            sent_at: None,
            delivered_at: None,
            read_at: None,
            failed_at: None,
            recipients: None,
            provider_at: self.send_at.unwrap_or(now),
            received_at: now,
            late: false,
            forwarded: false,
            edited_at: None,
            deleted_at: None,
            change: None,
            source: MessageSource::Api,
            send_at: self.send_at,
            attempts: 0,
        })
    }
}

impl NewFile<'_> {
    fn announced(&self, id: MediaId) -> Media {
        let url = format!("/api/v1/media/{id}");
        Media {
            state: MediaState::Ready,
            mime: self.mime.to_owned(),
            size: Some(self.size),
            filename: self.filename.map(str::to_owned),
            width: self.width,
            height: self.height,
            duration_ms: self.duration_ms,
            failure: None,
            thumbnail_url: self.thumbnail_key.map(|_| format!("{url}/thumbnail")),
            url,
            id,
        }
    }
}

/// The row of a message's file.
pub(super) async fn insert_file(
    tx: &mut Tx,
    tenant_id: &TenantId,
    message: &Message,
    media: &Media,
    file: &NewFile<'_>,
    now: Millis,
) -> DbResult<()> {
    execute!(
        tx,
        "INSERT INTO media (id, tenant_id, account_id, conversation_id, message_id, state, mime, size, sha256, filename, width, height,
           duration_ms, object_key, thumbnail_key, created_at)
         VALUES ($1, $2, $3, $4, $5, 'ready', $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)",
        &media.id,
        tenant_id,
        &message.account_id,
        &message.conversation_id,
        &message.id,
        file.mime,
        file.size,
        file.sha256,
        file.filename,
        file.width,
        file.height,
        file.duration_ms,
        file.object_key,
        file.thumbnail_key,
        now
    )
    .map(drop)
}
