//! Attempts on linked devices: the stored message in the protocol's words, over the connection of the account's supervisor, which is on this node. Each
//! message goes out under one id however often it is tried, so that trying again never doubles it.

use std::time::Duration;

use bytes::Bytes;
use futures_util::TryStreamExt as _;
use hoopoe_cloud_api::send::{Outgoing, Reaction};
use hoopoe_db::{
    Millis,
    model::ChangeKind,
    outbox::{Due, Job},
};
use hoopoe_linked::{File, FileKind, Outgoing as Message, Quoted, Said, SendError};

use super::{
    payload::{self, Changing, Payload, Stored},
    verdict::Failure,
};
use crate::{
    app::App,
    linked::{self, ids},
};

/// How long a connection that is being restored is waited for, before the message goes back to wait for it.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(10);

/// Sends a message; its name at the provider.
pub(super) async fn send(app: &App, job: &Job, due: &Due) -> Result<String, Failure> {
    let stored: Stored = serde_json::from_str(&job.payload)
        .map_err(|error| broken(&format!("The stored message can't be read: {error}")))?;
    let chat = ids::chat(due.reply_kind, &due.reply_value)
        .ok_or_else(|| broken("Nothing can be sent to this kind of address."))?;
    let away = || Failure::Linked(SendError::NotConnected);
    let handle = linked::handle(app, &job.account_id).ok_or_else(away)?;
    let connected = tokio::time::timeout(CONNECTION_TIMEOUT, handle.connected());
    connected.await.map_err(|_| away())?;
    let message = match stored {
        Stored::Change(change) => Message::from(changed(change, app.clock.now())?),
        Stored::Message(payload) => Message {
            quoted: quoted(&payload),
            content: said(app, *payload).await?,
        },
    };
    let id = ids::outgoing(&job.message_id);
    let sent = handle.send(&id, &chat, message).await;
    sent.map_err(Failure::Linked)?;
    Ok(id)
}

/// A change that comes too late would be taken by WhatsApp and heeded by no phone.
fn changed(change: Changing, now: Millis) -> Result<Said, Failure> {
    if now > change.until {
        return Err(broken(
            "The connection was away for too long: phones heed the change no more.",
        ));
    }
    let id = ids::read(&change.of).id;
    Ok(match change.change {
        ChangeKind::Edit => Said::Edit {
            id,
            text: change.text.unwrap_or_default(),
        },
        ChangeKind::Delete => Said::Deletion { id },
    })
}

fn quoted(payload: &Payload) -> Option<Quoted> {
    payload.context.as_deref().map(|context| Quoted {
        target: ids::read(context),
        text: payload.context_text.clone().unwrap_or_default(),
    })
}

async fn said(app: &App, payload: Payload) -> Result<Said, Failure> {
    let Payload { message, file, .. } = payload;
    let (kind, caption, filename) = match message {
        Outgoing::Text(text) => return Ok(Said::Text(text.body)),
        Outgoing::Location(place) => return Ok(Said::Location(place)),
        Outgoing::Contacts(cards) => return Ok(Said::Contacts(cards)),
        Outgoing::Reaction(Reaction { message_id, emoji }) => {
            return Ok(Said::Reaction {
                to: ids::read(&message_id),
                emoji: Some(emoji).filter(|emoji| !emoji.is_empty()),
            });
        }
        Outgoing::Image(media) => (FileKind::Image, media.caption, None),
        Outgoing::Video(media) => (FileKind::Video, media.caption, None),
        Outgoing::Audio(audio) if audio.voice => (FileKind::Voice, None, None),
        Outgoing::Audio(_) => (FileKind::Audio, None, None),
        Outgoing::Document(document) => (FileKind::Document, document.caption, document.filename),
        // Whether it moves is seen once it is read.
        Outgoing::Sticker(_) => (FileKind::Sticker { animated: false }, None, None),
        Outgoing::Interactive(_) | Outgoing::Template(_) => {
            return Err(broken("Linked devices can't send this kind of message."));
        }
    };
    let file = file.ok_or_else(|| broken("The message has lost its file."))?;
    let bytes = read(app, &file).await?;
    let kind = match kind {
        FileKind::Sticker { .. } => FileKind::Sticker {
            animated: moves(&bytes),
        },
        kind => kind,
    };
    Ok(Said::File(Box::new(File {
        kind,
        bytes,
        mime: file.mime.clone(),
        caption,
        filename: filename.or(Some(file.filename)),
        seconds: file.seconds,
        size: file.size_px,
    })))
}

/// Whether a picture in the form WebP moves: a bit of its extended header (RIFF container, chunk `VP8X`) says so.
fn moves(webp: &[u8]) -> bool {
    webp.get(12..16) == Some(b"VP8X") && webp.get(20).is_some_and(|flags| flags & 0x02 != 0)
}

async fn read(app: &App, file: &payload::File) -> Result<Bytes, Failure> {
    let stored = match app.media.get(&file.object_key, None).await {
        Ok((parts, _)) => parts.try_collect::<Vec<Bytes>>().await,
        Err(error) => Err(error),
    };
    let parts = stored.map_err(|error| {
        tracing::warn!(%error, "a file that is to be sent can't be read");
        Failure::File {
            reason: "The file can't be read.".to_owned(),
            passes: !matches!(error, object_store::Error::NotFound { .. }),
        }
    })?;
    Ok(parts.concat().into())
}

fn broken(reason: &str) -> Failure {
    Failure::File {
        reason: reason.to_owned(),
        passes: false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    fn change(kind: ChangeKind) -> Changing {
        Changing {
            change: kind,
            of: "3EB0".to_owned(),
            text: Some("Yes".to_owned()),
            until: 5,
        }
    }

    #[test]
    fn a_change_goes_out_as_long_as_phones_heed_it() {
        let edit = changed(change(ChangeKind::Edit), 5).unwrap();
        assert!(matches!(edit, Said::Edit { id, text } if id == "3EB0" && text == "Yes"));
        let deletion = changed(change(ChangeKind::Delete), 5).unwrap();
        assert!(matches!(deletion, Said::Deletion { id } if id == "3EB0"));
        let late = changed(change(ChangeKind::Edit), 6);
        assert!(matches!(late, Err(Failure::File { passes: false, .. })));
    }

    #[test]
    fn only_stickers_that_move_say_so() {
        let still = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x10\x00";
        let moving = b"RIFF\x00\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x12\x00";
        assert!(!moves(still) && moves(moving) && !moves(b"RIFF") && !moves(b""));
    }
}
