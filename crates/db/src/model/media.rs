//! Media of messages.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::words;
use crate::ids::MediaId;

words! {
    /// Whether the bytes are here.
    MediaState {
        /// They are being fetched.
        Pending = "pending",
        /// They are here.
        Ready = "ready",
        /// They could not be fetched.
        Failed = "failed",
    }
}

/// A picture, voice note, video or file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Media {
    /// Its id.
    pub id: MediaId,
    /// Whether the bytes are here.
    pub state: MediaState,
    /// MIME type: as measured once fetched, before that as the provider says.
    pub mime: String,
    /// Bytes.
    pub size: Option<i64>,
    /// Name the sender gave it.
    pub filename: Option<String>,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Length of sound and video in milliseconds.
    pub duration_ms: Option<i64>,
    /// Why it could not be fetched, in words.
    pub failure: Option<String>,
    /// Path to the bytes.
    pub url: String,
    /// Path to a small picture, where there is one.
    pub thumbnail_url: Option<String>,
}
