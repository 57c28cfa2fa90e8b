//! Pictures, videos, sounds, documents and stickers. Pure; used by `kinds`.

use hoopoe_cloud_api::update::{MediaDetails, MessageContent, MessageKind};
use serde_json::Value;
use whatsapp_rust::{
    download::{Downloadable, MediaType},
    waproto::whatsapp::{
        Message,
        message::{AudioMessage, DocumentMessage, ImageMessage, StickerMessage, VideoMessage},
    },
};

use super::{Scope, Shown, bounds};
use crate::{Media, media::Reference};

/// The file that a message is, if it is one.
pub(super) fn read(scope: &Scope<'_>, message: &Message) -> Option<Shown> {
    if let Some(image) = message.image_message.as_option() {
        return Some(picture(scope, image));
    }
    if let Some(film) = message.video_message.as_option() {
        return Some(video(scope, film));
    }
    // A video note: round, and played in place.
    if let Some(film) = message.ptv_message.as_option() {
        return Some(video(scope, film));
    }
    if let Some(sound) = message.audio_message.as_option() {
        return Some(audio(scope, sound));
    }
    if let Some(file) = message.document_message.as_option() {
        return Some(document(scope, file));
    }
    let sticker = message.sticker_message.as_option()?;
    Some(self::sticker(scope, sticker))
}

/// What is known of a file besides where it is.
#[derive(Default)]
struct About<'a> {
    mime: Option<&'a String>,
    caption: Option<&'a String>,
    filename: Option<&'a String>,
    pixels: (Option<u32>, Option<u32>),
    seconds: Option<u32>,
    animated: Option<bool>,
}

fn picture(scope: &Scope<'_>, image: &ImageMessage) -> Shown {
    let about = About {
        mime: image.mimetype.as_ref(),
        caption: image.caption.as_ref(),
        pixels: (image.width, image.height),
        ..About::default()
    };
    file(scope, MessageKind::Image, image, &about)
}

fn video(scope: &Scope<'_>, film: &VideoMessage) -> Shown {
    let about = About {
        mime: film.mimetype.as_ref(),
        caption: film.caption.as_ref(),
        pixels: (film.width, film.height),
        seconds: film.seconds,
        ..About::default()
    };
    let mut shown = file(scope, MessageKind::Video, film, &about);
    if film.gif_playback == Some(true) {
        shown.mark("gif", Value::Bool(true));
    }
    shown
}

fn audio(scope: &Scope<'_>, sound: &AudioMessage) -> Shown {
    let kind = if sound.ptt == Some(true) {
        MessageKind::Voice
    } else {
        MessageKind::Audio
    };
    let about = About {
        mime: sound.mimetype.as_ref(),
        seconds: sound.seconds,
        ..About::default()
    };
    file(scope, kind, sound, &about)
}

fn document(scope: &Scope<'_>, document: &DocumentMessage) -> Shown {
    let about = About {
        mime: document.mimetype.as_ref(),
        caption: document.caption.as_ref(),
        filename: document.file_name.as_ref().or(document.title.as_ref()),
        ..About::default()
    };
    file(scope, MessageKind::Document, document, &about)
}

fn sticker(scope: &Scope<'_>, sticker: &StickerMessage) -> Shown {
    let about = About {
        mime: sticker.mimetype.as_ref(),
        pixels: (sticker.width, sticker.height),
        animated: Some(sticker.is_animated == Some(true) || sticker.is_lottie == Some(true)),
        ..About::default()
    };
    file(scope, MessageKind::Sticker, sticker, &about)
}

fn file(
    scope: &Scope<'_>,
    kind: MessageKind,
    source: &dyn Downloadable,
    about: &About<'_>,
) -> Shown {
    let caption = about
        .caption
        .and_then(|words| bounds::text(words, bounds::TEXT));
    let details = MediaDetails {
        caption: caption.clone(),
        filename: bounds::optional_line(about.filename),
        animated: about.animated,
    };
    let filename = details.filename.clone();
    let mut shown = Shown::new(kind, &MessageContent::Media(details), caption);
    // What may be looked at once comes without its file.
    shown.media = Reference::of(scope, source).map(|reference| Media {
        mime: bounds::optional_line(about.mime)
            .unwrap_or_else(|| mime(source.app_info()).to_owned()),
        size: source.file_length(),
        sha256: source
            .file_sha256()
            .filter(|hash| hash.len() == 32)
            .map(hex::encode),
        filename,
        width: about.pixels.0,
        height: about.pixels.1,
        duration_ms: about.seconds.map(|seconds| u64::from(seconds) * 1000),
        reference: reference.to_text(),
    });
    shown
}

/// What a file is that does not say it.
fn mime(kind: MediaType) -> &'static str {
    match kind {
        MediaType::Image => "image/jpeg",
        MediaType::Video => "video/mp4",
        MediaType::Audio => "audio/ogg",
        MediaType::Sticker => "image/webp",
        _ => "application/octet-stream",
    }
}
