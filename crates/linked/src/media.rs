//! Files of messages: what is known of them, and where and with which key they are to be had. Made by `content`, used again when a file is fetched.

use serde::{Deserialize, Serialize};
use whatsapp_rust::download::{DownloadParams, Downloadable, MediaType};

use crate::content::{Scope, bounds};

/// A file of a message, not fetched yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Media {
    /// MIME type, as the sender says.
    pub mime: String,
    /// Bytes, as the sender says.
    pub size: Option<u64>,
    /// SHA-256 of the file, hex, as the sender says; checked when it is fetched.
    pub sha256: Option<String>,
    /// Name of a document.
    pub filename: Option<String>,
    /// Pixels.
    pub width: Option<u32>,
    /// Pixels.
    pub height: Option<u32>,
    /// Of sounds and videos.
    pub duration_ms: Option<u64>,
    /// What [`Handle::fetch_media`](crate::Handle::fetch_media) wants, now or months later, on any node. At most 4 KiB. It holds the file's key.
    pub reference: String,
}

/// Where a file is and what opens it, and the message that it came with, whose phone is asked when it is there no more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Reference {
    /// The kind, which the key depends on.
    #[serde(rename = "t")]
    kind: Kind,
    #[serde(rename = "p")]
    pub path: String,
    #[serde(rename = "k", with = "bytes_as_text")]
    pub key: Vec<u8>,
    #[serde(rename = "h", with = "bytes_as_text")]
    sha256: Vec<u8>,
    #[serde(rename = "e", with = "bytes_as_text")]
    sealed_sha256: Vec<u8>,
    #[serde(rename = "n")]
    pub size: u64,
    #[serde(rename = "i")]
    pub id: String,
    #[serde(rename = "c")]
    pub chat: String,
    #[serde(rename = "m")]
    pub from_me: bool,
    #[serde(rename = "s")]
    pub sender: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Image,
    Video,
    Audio,
    Document,
    Sticker,
}

impl Kind {
    fn of(kind: MediaType) -> Option<Self> {
        Some(match kind {
            MediaType::Image => Self::Image,
            MediaType::Video => Self::Video,
            MediaType::Audio => Self::Audio,
            MediaType::Document => Self::Document,
            MediaType::Sticker => Self::Sticker,
            _ => return None,
        })
    }

    fn media_type(self) -> MediaType {
        match self {
            Self::Image => MediaType::Image,
            Self::Video => MediaType::Video,
            Self::Audio => MediaType::Audio,
            Self::Document => MediaType::Document,
            Self::Sticker => MediaType::Sticker,
        }
    }
}

impl Reference {
    /// `None` where the message does not say enough for its file to be had.
    pub(crate) fn of(scope: &Scope<'_>, source: &dyn Downloadable) -> Option<Self> {
        let path = source.direct_path().filter(|path| is_path(path))?;
        let hash = |hash: Option<&[u8]>| hash.filter(|hash| hash.len() == 32).map(<[u8]>::to_vec);
        Some(Self {
            kind: Kind::of(source.app_info())?,
            path: path.to_owned(),
            key: hash(source.media_key())?,
            sha256: hash(source.file_sha256())?,
            sealed_sha256: hash(source.file_enc_sha256())?,
            size: source.file_length().unwrap_or_default(),
            id: bounds::id(scope.id)?,
            chat: scope.chat.to_non_ad().to_string(),
            from_me: scope.from_me,
            sender: scope.sender.to_non_ad().to_string(),
        })
    }

    pub(crate) fn to_text(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }

    pub(crate) fn parse(text: &str) -> Option<Self> {
        let reference: Self = serde_json::from_str(text).ok()?;
        let hashes = [&reference.key, &reference.sha256, &reference.sealed_sha256];
        let whole = hashes.iter().all(|hash| hash.len() == 32);
        (whole && is_path(&reference.path)).then_some(reference)
    }

    pub(crate) fn params(&self) -> DownloadParams {
        DownloadParams::encrypted(
            self.path.clone(),
            &self.key,
            &self.sha256,
            &self.sealed_sha256,
            self.size,
            self.kind.media_type(),
        )
    }
}

/// A path, and not something that leads to another host when it is put behind one.
pub(crate) fn is_path(path: &str) -> bool {
    path.starts_with('/')
        && path.len() <= bounds::PATH
        && path.bytes().all(|byte| byte.is_ascii_graphic())
}

mod bytes_as_text {
    use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64};
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&BASE64.encode(bytes))
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(from)?;
        BASE64.decode(text).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reference_that_leads_elsewhere_is_none() {
        let reference = Reference {
            kind: Kind::Image,
            path: "/v/t62.7118-24/1?ccb=11-4".into(),
            key: vec![1; 32],
            sha256: vec![2; 32],
            sealed_sha256: vec![3; 32],
            size: 4,
            id: "A".into(),
            chat: "1@s.whatsapp.net".into(),
            from_me: false,
            sender: "1@s.whatsapp.net".into(),
        };
        assert_eq!(
            Reference::parse(&reference.to_text()),
            Some(reference.clone())
        );
        for path in ["", "@elsewhere.example/", "//", "/a b"] {
            let other = Reference {
                path: path.into(),
                ..reference.clone()
            };
            assert_eq!(
                Reference::parse(&other.to_text()).is_some(),
                path == "//",
                "{path}"
            );
        }
        let short = Reference {
            key: vec![1; 31],
            ..reference
        };
        assert_eq!(Reference::parse(&short.to_text()), None);
        assert_eq!(Reference::parse("{}"), None);
    }
}
