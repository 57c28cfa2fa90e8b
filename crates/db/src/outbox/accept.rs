//! Accepting: the message and its row of the outbox are written in one transaction, once per client id, whoever races.

use serde_json::value::RawValue;

use crate::{
    Db, DbError, DbResult, Id, Millis, Tx, conversations,
    event::{Audience, Draft, Event, MessageNew},
    ids::{MediaId, MessageId, TenantId, UserId},
    ingest, messages,
    model::{
        Content, Conversation, Direction, Media, MediaState, Message, MessageSource, MessageStatus,
        Quoted, ReactionBy,
    },
    sql::{execute, fetch_optional},
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

/// Writes a message with its row of the outbox, and `message:new`. `None` where the account has this client id already: then nothing is to
/// be committed, and [`find_by_client`] has the message.
///
/// # Errors
/// [`NotFound`](DbError::NotFound) when the conversation was folded into another meanwhile.
pub async fn accept(
    tx: &mut Tx,
    tenant_id: &TenantId,
    new: &NewMessage<'_>,
    now: Millis,
) -> DbResult<Option<Message>> {
    let id = MessageId::new(now);
    let media_id = new.file.map(|_| MediaId::new(now));
    let message = new.message(id, media_id, now)?;
    if !insert_message(tx, tenant_id, &message).await? {
        return Ok(None);
    }
    if let (Some(file), Some(media)) = (&new.file, &message.media) {
        insert_media(tx, tenant_id, &message, media, file, now).await?;
    }
    let row = Row {
        message_id: &message.id,
        client_id: None,
        target_id: None,
        media_id: message.media.as_ref().map(|media| &media.id),
        payload: new.payload,
        order_at: new.send_at.unwrap_or(now),
    };
    row.insert(tx, tenant_id, new.conversation, now).await?;
    let conversation = count(tx, tenant_id, &message, now).await?;
    tx.record(Draft {
        tenant_id: tenant_id.clone(),
        audience: Audience::Account(message.account_id.clone()),
        event: Event::MessageNew(MessageNew {
            message: message.clone(),
            conversation,
        }),
    });
    Ok(Some(message))
}

impl NewMessage<'_> {
    fn message(&self, id: MessageId, media_id: Option<MediaId>, now: Millis) -> DbResult<Message> {
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
            provider_at: self.send_at.unwrap_or(now),
            received_at: now,
            late: false,
            forwarded: false,
            edited_at: None,
            deleted_at: None,
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

/// Whether it was not there yet. The unique index over account and client id decides races: who comes second waits for the first's commit.
async fn insert_message(tx: &mut Tx, tenant_id: &TenantId, message: &Message) -> DbResult<bool> {
    let quoted = message.quoted.as_ref();
    let inserted = execute!(
        tx,
        "INSERT INTO messages (id, tenant_id, account_id, conversation_id, direction, source, type, text, content, client_id, author_id,
           quoted_provider_id, quoted, media_id, status, status_rank, provider_at, received_at, send_at)
         VALUES ($1, $2, $3, $4, 'out', 'api', $5, $6, $7, $8, $9, $10, $11, $12, 'sending', $13, $14, $15, $16)
         ON CONFLICT DO NOTHING",
        &message.id,
        tenant_id,
        &message.account_id,
        &message.conversation_id,
        &message.kind,
        &message.text,
        message.content.0.get(),
        &message.client_id,
        &message.author_id,
        quoted.and_then(|quoted| quoted.provider_id.clone()),
        quoted.map(serde_json::to_string).transpose()?,
        message.media.as_ref().map(|media| media.id.clone()),
        MessageStatus::Sending.rank(),
        message.provider_at,
        message.received_at,
        message.send_at
    )?;
    Ok(inserted > 0)
}

async fn insert_media(
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

/// A row of the outbox.
struct Row<'a> {
    message_id: &'a MessageId,
    client_id: Option<&'a str>,
    target_id: Option<&'a MessageId>,
    media_id: Option<&'a MediaId>,
    payload: &'a str,
    order_at: Millis,
}

impl Row<'_> {
    /// Whether it was not there yet.
    async fn insert(
        &self,
        tx: &mut Tx,
        tenant_id: &TenantId,
        conversation: &Conversation,
        now: Millis,
    ) -> DbResult<bool> {
        let inserted = execute!(
            tx,
            "INSERT INTO outbox (message_id, tenant_id, account_id, conversation_id, target_id, client_id, payload, media_id, state,
               order_at, due_at, created_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 'queued', $9, $9, $10) ON CONFLICT DO NOTHING",
            self.message_id,
            tenant_id,
            &conversation.account_id,
            &conversation.id,
            self.target_id,
            self.client_id,
            self.payload,
            self.media_id,
            self.order_at,
            now
        )?;
        Ok(inserted > 0)
    }
}

/// Brings the conversation's counter and preview and the contact's counter up to date. A scheduled message becomes the newest when it goes out.
async fn count(
    tx: &mut Tx,
    tenant_id: &TenantId,
    message: &Message,
    now: Millis,
) -> DbResult<Conversation> {
    // The contact first: whoever locks both does it in this order.
    execute!(
        tx,
        "UPDATE contacts SET messages_out = messages_out + 1
         WHERE tenant_id = $2 AND id = (SELECT contact_id FROM conversations WHERE id = $1 AND tenant_id = $2)",
        &message.conversation_id,
        tenant_id
    )?;
    let shows = message.send_at.is_none();
    let changed = execute!(
        tx,
        "UPDATE conversations SET message_count = message_count + 1, updated_at = $9, version = version + 1,
           last_message_id = CASE WHEN $3 AND (last_message_id IS NULL OR $4 >= last_message_at) THEN $5 ELSE last_message_id END,
           last_message_type = CASE WHEN $3 AND (last_message_id IS NULL OR $4 >= last_message_at) THEN $6 ELSE last_message_type END,
           last_message_direction = CASE WHEN $3 AND (last_message_id IS NULL OR $4 >= last_message_at) THEN 'out' ELSE last_message_direction END,
           last_message_text = CASE WHEN $3 AND (last_message_id IS NULL OR $4 >= last_message_at) THEN $7 ELSE last_message_text END,
           last_message_status = CASE WHEN $3 AND (last_message_id IS NULL OR $4 >= last_message_at) THEN $8 ELSE last_message_status END,
           last_message_at = CASE WHEN $3 AND (last_message_id IS NULL OR $4 >= last_message_at) THEN $4 ELSE last_message_at END
         WHERE id = $1 AND tenant_id = $2 AND merged_into IS NULL",
        &message.conversation_id,
        tenant_id,
        shows,
        message.provider_at,
        &message.id,
        &message.kind,
        ingest::preview(message.text.as_deref()),
        message.status.as_str(),
        now
    )?;
    if changed == 0 {
        return Err(DbError::NotFound);
    }
    conversations::load(tx, tenant_id, &message.conversation_id).await
}

/// The message that an account has under a client's id; of a reaction, the message that it is for.
pub async fn find_by_client(
    db: &Db,
    tenant_id: &TenantId,
    account_id: &crate::ids::AccountId,
    client_id: &str,
) -> DbResult<Option<Message>> {
    let mut reader = db.read().await?;
    let found = fetch_optional!(
        &mut reader,
        (MessageId,),
        "SELECT id FROM messages WHERE account_id = $1 AND client_id = $2 AND tenant_id = $3
         UNION ALL
         SELECT target_id FROM outbox WHERE account_id = $1 AND client_id = $2 AND tenant_id = $3 AND target_id IS NOT NULL",
        account_id,
        client_id,
        tenant_id
    )?;
    let Some((id,)) = found else { return Ok(None) };
    Ok(messages::load(&mut reader, tenant_id, &[id]).await?.pop())
}

/// Puts our reaction on a message and writes its row of the outbox; notes `message:updated`. `None` where the account has this client id
/// already. The provider's refusal takes it off again.
pub async fn accept_reaction(
    tx: &mut Tx,
    tenant_id: &TenantId,
    conversation: &Conversation,
    target: (&MessageId, &str),
    (client_id, emoji): (&str, &str),
    payload: &str,
    now: Millis,
) -> DbResult<Option<Message>> {
    let (target_id, provider_id) = target;
    let id = MessageId::new(now);
    let row = Row {
        message_id: &id,
        client_id: Some(client_id),
        target_id: Some(target_id),
        media_id: None,
        payload,
        order_at: now,
    };
    if !row.insert(tx, tenant_id, conversation, now).await? {
        return Ok(None);
    }
    let change = ingest::Change::Reaction {
        emoji: emoji.to_owned(),
        by: ReactionBy::Us,
        actor: "us".to_owned(),
        name: None,
    };
    let amendment = ingest::Amendment {
        provider_id: provider_id.to_owned(),
        at: now,
        change,
    };
    ingest::amend(tx, tenant_id, &conversation.account_id, amendment, now).await?;
    let target = std::slice::from_ref(target_id);
    Ok(messages::load(tx, tenant_id, target).await?.pop())
}
