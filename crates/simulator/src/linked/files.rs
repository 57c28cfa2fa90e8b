//! WhatsApp's file servers: what companions upload, what customers send, history and pictures. Files are encrypted as in life; the mock has the keys of those
//! that its own phones sent. Over HTTP on the mock's own port, at `/mms/…` and `/pictures/…`.

use std::sync::Arc;

use anyhow::Context as _;
use axum::{
    Json, Router,
    body::Bytes,
    extract::{DefaultBodyLimit, Path, State as Extracted},
    http::StatusCode,
    routing::get,
};
use serde_json::{Value, json};
use whatsapp_rust::{
    NodeBuilder,
    buffa::{Message as _, MessageField},
    wacore::{
        crypto::hkdf_sha256_into,
        download::MediaType,
        libsignal::crypto::aes_256_gcm_encrypt,
        upload::{EncryptedMedia, encrypt_media},
    },
    wacore_binary::Node,
    waproto::whatsapp::{
        MediaRetryNotification, Message,
        media_retry_notification::ResultType,
        message::{AudioMessage, DocumentMessage, ImageMessage, StickerMessage, VideoMessage},
    },
};

use super::{
    FileToSend, SentAs, World, phones,
    stanza::{bytes, phone_jid},
    state::State,
};

/// The largest upload.
const UPLOAD_LIMIT: usize = 110 * 1024 * 1024;

/// What WhatsApp binds the key of a file's second coming to.
const AGAIN: &[u8] = b"WhatsApp Media Retry Notification";

/// The routes of the file servers.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/mms/{kind}/{name}", get(download).post(upload))
        .layer(DefaultBodyLimit::max(UPLOAD_LIMIT))
        .route("/pictures/{number}/{name}", get(download))
}

async fn upload(
    Extracted(world): Extracted<Arc<World>>,
    Path((kind, name)): Path<(String, String)>,
    body: Bytes,
) -> (StatusCode, Json<Value>) {
    let path = format!("/mms/{kind}/{name}");
    // Whether an earlier upload was broken off, which none is here.
    if body.is_empty() {
        return (StatusCode::OK, Json(json!({})));
    }
    let host = world.change(|state| {
        state.files.insert(path.clone(), body.to_vec());
        state.host.clone()
    });
    let url = format!("https://{host}{path}");
    (
        StatusCode::OK,
        Json(json!({ "url": url, "direct_path": path })),
    )
}

async fn download(
    Extracted(world): Extracted<Arc<World>>,
    uri: axum::http::Uri,
) -> Result<Vec<u8>, StatusCode> {
    let found = world.with(|state| state.files.get(uri.path()).cloned());
    found.ok_or(StatusCode::NOT_FOUND)
}

/// Where files go to, for a companion that asks.
pub(super) fn servers(state: &State) -> Node {
    let host = NodeBuilder::new("host")
        .attr("hostname", state.host.clone())
        .attr("type", "primary")
        .build();
    NodeBuilder::new("media_conn")
        .attr("auth", "mock")
        .attr("ttl", "3600")
        .attr("auth_ttl", "3600")
        .attr("max_buckets", "12")
        .children([host])
        .build()
}

/// A file on the server.
pub(super) struct Stored {
    pub path: String,
    pub sealed: EncryptedMedia,
    pub size: u64,
}

/// Encrypts a file and puts it on the server.
pub(super) fn put(state: &mut State, kind: MediaType, plain: &[u8]) -> anyhow::Result<Stored> {
    let sealed = encrypt_media(plain, kind)?;
    let path = format!("{}/mock{}", kind.upload_path(), state.next());
    state
        .files
        .insert(path.clone(), sealed.data_to_upload.clone());
    Ok(Stored {
        path,
        sealed,
        size: u64::try_from(plain.len())?,
    })
}

/// A customer's file, on the server, as a message.
pub(super) fn message(state: &mut State, file: &FileToSend) -> anyhow::Result<(Message, Stored)> {
    let kind = match file.kind {
        SentAs::Image => MediaType::Image,
        SentAs::Video => MediaType::Video,
        SentAs::Audio | SentAs::Voice => MediaType::Audio,
        SentAs::Document => MediaType::Document,
        SentAs::Sticker => MediaType::Sticker,
    };
    let stored = put(state, kind, &file.bytes)?;
    Ok((describe(file, &stored), stored))
}

/// Fills the fields that all kinds of files have.
macro_rules! described {
    ($kind:ident, $file:ident, $stored:ident, { $($field:ident: $value:expr),* $(,)? }) => {
        MessageField::some($kind {
            direct_path: Some($stored.path.clone()),
            media_key: Some($stored.sealed.media_key.to_vec()),
            file_sha256: Some($stored.sealed.file_sha256.to_vec()),
            file_enc_sha256: Some($stored.sealed.file_enc_sha256.to_vec()),
            file_length: Some($stored.size),
            mimetype: Some($file.mime.clone()),
            $($field: $value,)*
            ..Default::default()
        })
    };
}

fn describe(file: &FileToSend, stored: &Stored) -> Message {
    let caption = file.caption.clone();
    let mut message = Message::default();
    match file.kind {
        SentAs::Image => {
            message.image_message = described!(ImageMessage, file, stored, { caption: caption });
        }
        SentAs::Video => {
            message.video_message = described!(VideoMessage, file, stored, { caption: caption });
        }
        SentAs::Audio | SentAs::Voice => {
            let ptt = Some(file.kind == SentAs::Voice);
            message.audio_message = described!(AudioMessage, file, stored, { ptt: ptt });
        }
        SentAs::Document => {
            let file_name = file.filename.clone();
            message.document_message = described!(DocumentMessage, file, stored, { caption: caption, file_name: file_name });
        }
        SentAs::Sticker => {
            message.sticker_message = described!(StickerMessage, file, stored, {});
        }
    }
    message
}

/// A file that a phone sent, for as long as the phone has it.
pub(super) struct Kept {
    pub key: Vec<u8>,
    pub sealed: Vec<u8>,
}

/// A companion misses a file: the phone that sent it brings it again, or says that it has it no more.
pub(super) fn bring_again(state: &mut State, own: &(String, u16), id: &str) -> anyhow::Result<()> {
    let notice = NodeBuilder::new("notification")
        .attr("type", "mediaretry")
        .attr("id", id.to_owned())
        .attr("t", super::now().to_string())
        .attr("from", phone_jid(&own.0, 0));
    let Some(kept) = state.kept.get(id) else {
        let error = NodeBuilder::new("error").attr("code", "2").build();
        return phones::deliver(state, (&own.0, own.1), notice.children([error]).build());
    };
    let (key, sealed) = (kept.key.clone(), kept.sealed.clone());
    let path = format!("/mms/image/again{}", state.next());
    state.files.insert(path.clone(), sealed);
    let told = MediaRetryNotification {
        stanza_id: Some(id.to_owned()),
        direct_path: Some(path),
        result: Some(ResultType::SUCCESS),
        ..Default::default()
    };
    let (iv, words) = seal_notice(&key, id, &told.encode_to_vec())?;
    let encrypted = NodeBuilder::new("encrypt")
        .children([bytes("enc_p", words), bytes("enc_iv", iv.to_vec())])
        .build();
    phones::deliver(state, (&own.0, own.1), notice.children([encrypted]).build())
}

fn seal_notice(key: &[u8], id: &str, plain: &[u8]) -> anyhow::Result<([u8; 12], Vec<u8>)> {
    let mut derived = [0; 32];
    hkdf_sha256_into(key, None, AGAIN, &mut derived)
        .ok()
        .context("no key")?;
    let iv: [u8; 12] = rand::random();
    let mut sealed = Vec::new();
    aes_256_gcm_encrypt(&derived, &iv, id.as_bytes(), plain, &mut sealed)
        .ok()
        .context("not encrypted")?;
    Ok((iv, sealed))
}
