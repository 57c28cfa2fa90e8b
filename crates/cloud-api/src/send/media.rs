//! Which files WhatsApp takes, as what, and how large.
//!
//! Used by the server's uploads before a file is kept, and by [`crate::graph`] for the type it uploads a file as.

use super::check::Invalid;
use super::limits;

/// What a file is sent as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MediaKind {
    /// Picture.
    Image,
    /// Film.
    Video,
    /// Sound.
    Audio,
    /// Voice note; `audio` on the wire.
    Voice,
    /// File.
    Document,
    /// Sticker that does not move.
    Sticker,
    /// Sticker that moves; `sticker` on the wire.
    AnimatedSticker,
}

/// What Meta says about files of one kind ("Supported media types").
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MediaRule {
    /// The kind.
    pub kind: MediaKind,
    /// MIME types without parameters; empty: any.
    pub mimes: &'static [&'static str],
    /// The most a file may have.
    pub max_bytes: u64,
}

const IMAGE: MediaRule = MediaRule {
    kind: MediaKind::Image,
    mimes: &["image/jpeg", "image/png"],
    max_bytes: limits::IMAGE_BYTES,
};
const VIDEO: MediaRule = MediaRule {
    kind: MediaKind::Video,
    mimes: &["video/mp4", "video/3gpp"],
    max_bytes: limits::VIDEO_BYTES,
};
const AUDIO: MediaRule = MediaRule {
    kind: MediaKind::Audio,
    mimes: &[
        "audio/aac",
        "audio/amr",
        "audio/mpeg",
        "audio/mp4",
        "audio/ogg",
    ],
    max_bytes: limits::AUDIO_BYTES,
};
const VOICE: MediaRule = MediaRule {
    kind: MediaKind::Voice,
    mimes: &["audio/ogg"],
    max_bytes: limits::AUDIO_BYTES,
};
const DOCUMENT: MediaRule = MediaRule {
    kind: MediaKind::Document,
    mimes: &[],
    max_bytes: limits::DOCUMENT_BYTES,
};
const STICKER: MediaRule = MediaRule {
    kind: MediaKind::Sticker,
    mimes: &["image/webp"],
    max_bytes: limits::STICKER_BYTES,
};
const ANIMATED_STICKER: MediaRule = MediaRule {
    kind: MediaKind::AnimatedSticker,
    mimes: &["image/webp"],
    max_bytes: limits::ANIMATED_STICKER_BYTES,
};

/// Types that the upload takes by name; other documents go as `application/octet-stream`.
const UPLOADABLE: [&str; 20] = [
    "application/msword",
    "application/pdf",
    "application/vnd.ms-excel",
    "application/vnd.ms-powerpoint",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "audio/aac",
    "audio/amr",
    "audio/mp4",
    "audio/mpeg",
    "audio/ogg",
    "image/jpeg",
    "image/png",
    "image/webp",
    "text/csv",
    "text/plain",
    "video/3gpp",
    "video/mp4",
    "application/zip",
];

impl MediaKind {
    /// The word for it in Hoopoe's API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Document => "document",
            Self::Sticker | Self::AnimatedSticker => "sticker",
        }
    }

    /// The kind that a file of this type is sent as, if nobody asks for another: pictures as pictures, and whatever
    /// WhatsApp does not show itself as a document.
    pub fn for_mime(mime: &str) -> Self {
        let mime = essence(mime);
        [IMAGE, VIDEO, AUDIO]
            .iter()
            .find(|rule| rule.mimes.contains(&mime.as_str()))
            .map_or(Self::Document, |rule| rule.kind)
    }

    /// What Meta says about files of this kind.
    pub fn rule(self) -> &'static MediaRule {
        match self {
            Self::Image => &IMAGE,
            Self::Video => &VIDEO,
            Self::Audio => &AUDIO,
            Self::Voice => &VOICE,
            Self::Document => &DOCUMENT,
            Self::Sticker => &STICKER,
            Self::AnimatedSticker => &ANIMATED_STICKER,
        }
    }
}

impl MediaRule {
    /// Whether a file of this type and size may be sent as this kind. `field` is `media`.
    pub fn check(&self, mime: &str, bytes: u64) -> Result<(), Invalid> {
        let kind = self.kind.as_str();
        let mime = essence(mime);
        if !self.mimes.is_empty() && !self.mimes.contains(&mime.as_str()) {
            let reason = format!(
                "of type {mime} cannot be sent as {kind}: WhatsApp takes {}",
                self.mimes.join(", ")
            );
            return Err(Invalid::new("media", reason));
        }
        if bytes == 0 {
            return Err(Invalid::new("media", "must not be empty"));
        }
        if bytes > self.max_bytes {
            let reason = format!(
                "is too large to be sent as {kind}: at most {}",
                size_words(self.max_bytes)
            );
            return Err(Invalid::new("media", reason));
        }
        Ok(())
    }
}

/// A MIME type in lower case without parameters: `audio/ogg; codecs=opus` → `audio/ogg`.
pub fn essence(mime: &str) -> String {
    let bare = mime.split(';').next().unwrap_or_default();
    bare.trim().to_ascii_lowercase()
}

/// The type to name in the upload: Meta refuses those it has no name for, but takes them as plain bytes.
pub fn upload_mime(mime: &str) -> String {
    let bare = essence(mime);
    if UPLOADABLE.contains(&bare.as_str()) {
        bare
    } else {
        "application/octet-stream".to_owned()
    }
}

fn size_words(bytes: u64) -> String {
    const KB: u64 = 1024;
    if bytes >= KB * KB {
        format!("{} MB", bytes / KB / KB)
    } else {
        format!("{} KB", bytes / KB)
    }
}
