//! Files that go out: encrypted and uploaded, then described in a message. Used by `outgoing`.

use bytes::Bytes;
use whatsapp_rust::{
    Client, ErrorChainExt as _, UploadOptions,
    buffa::MessageField,
    download::MediaType,
    media::{self, AudioOptions, DocumentOptions, ImageOptions, VideoOptions},
    upload::UploadResponse,
    waproto::whatsapp::{Message, message::StickerMessage},
};

use crate::SendError;

/// A file to send.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct File {
    /// What it is sent as.
    pub kind: FileKind,
    /// The file.
    pub bytes: Bytes,
    /// Its MIME type.
    pub mime: String,
    /// Text below; pictures, videos and documents have one.
    pub caption: Option<String>,
    /// Name of a document.
    pub filename: Option<String>,
    /// Of sounds and videos.
    pub seconds: Option<u32>,
    /// Pixels, of stickers.
    pub size: Option<(u32, u32)>,
}

/// What a file is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileKind {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A sound.
    Audio,
    /// A voice message: OGG with Opus.
    Voice,
    /// Any file.
    Document,
    /// A sticker: WebP, 512 × 512.
    Sticker {
        /// Whether it moves.
        animated: bool,
    },
}

impl FileKind {
    fn media_type(self) -> MediaType {
        match self {
            Self::Image => MediaType::Image,
            Self::Video => MediaType::Video,
            Self::Audio | Self::Voice => MediaType::Audio,
            Self::Document => MediaType::Document,
            Self::Sticker { .. } => MediaType::Sticker,
        }
    }
}

/// Uploads a file and describes it.
pub(super) async fn upload(client: &Client, file: File) -> Result<Message, SendError> {
    let (bytes, kind) = (file.bytes.to_vec(), file.kind.media_type());
    let uploaded = client.upload(bytes, kind, UploadOptions::default()).await;
    let uploaded = uploaded.map_err(|error| {
        tracing::info!(%error, "a file could not be uploaded");
        let cause: &(dyn std::error::Error + 'static) = error.as_ref();
        match cause.http_status() {
            Some(code @ (400 | 413 | 415)) => SendError::Refused {
                code,
                reason: format!("WhatsApp does not take this file (code {code})."),
            },
            // Nothing was sent yet.
            _ => SendError::NotConnected,
        }
    })?;
    Ok(describe(file, uploaded))
}

fn describe(file: File, uploaded: UploadResponse) -> Message {
    let mimetype = Some(file.mime);
    match file.kind {
        FileKind::Image => {
            let options = ImageOptions {
                caption: file.caption,
                mimetype,
                ..Default::default()
            };
            media::image_message(uploaded, options)
        }
        FileKind::Video => {
            let options = VideoOptions {
                caption: file.caption,
                mimetype,
                duration_seconds: file.seconds,
                ..Default::default()
            };
            media::video_message(uploaded, options)
        }
        FileKind::Audio | FileKind::Voice => {
            let options = AudioOptions {
                mimetype,
                duration_seconds: file.seconds,
                ptt: Some(file.kind == FileKind::Voice),
                ..Default::default()
            };
            media::audio_message(uploaded, options)
        }
        FileKind::Document => {
            let options = DocumentOptions {
                mimetype,
                title: file.filename.clone(),
                file_name: file.filename,
                caption: file.caption,
                ..Default::default()
            };
            media::document_message(uploaded, options)
        }
        FileKind::Sticker { animated } => sticker(uploaded, mimetype, file.size, animated),
    }
}

fn sticker(
    uploaded: UploadResponse,
    mimetype: Option<String>,
    size: Option<(u32, u32)>,
    animated: bool,
) -> Message {
    let sticker = StickerMessage {
        url: Some(uploaded.url),
        direct_path: Some(uploaded.direct_path),
        media_key: Some(uploaded.media_key.to_vec()),
        file_sha256: Some(uploaded.file_sha256.to_vec()),
        file_enc_sha256: Some(uploaded.file_enc_sha256.to_vec()),
        file_length: Some(uploaded.file_length),
        media_key_timestamp: Some(uploaded.media_key_timestamp),
        mimetype,
        width: size.map(|(width, _)| width),
        height: size.map(|(_, height)| height),
        is_animated: Some(animated),
        ..Default::default()
    };
    Message {
        sticker_message: MessageField::some(sticker),
        ..Default::default()
    }
}
