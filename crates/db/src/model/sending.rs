//! What sending needs beside messages: attempts, files put in, templates, saved replies, drafts.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ChangeKind, Content, words};
use crate::{
    Millis,
    ids::{MessageId, SavedReplyId, TemplateId, UploadId},
};

words! {
    /// How an attempt at sending ended.
    AttemptOutcome {
        /// The provider took it.
        Accepted = "accepted",
        /// The provider surely did not take it.
        Refused = "refused",
        /// The provider may have taken it: the answer was lost.
        Unknown = "unknown",
        /// It ended before anything was said to the provider.
        Abandoned = "abandoned",
    }
}

/// One attempt at sending a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Attempt {
    /// 1, 2, 3…; counted anew for each change.
    pub number: i64,
    /// Of which change of the message; of none where it was the message itself.
    pub change: Option<ChangeKind>,
    /// Unix milliseconds.
    pub started_at: Millis,
    /// `null` while it is under way. Unix milliseconds.
    pub ended_at: Option<Millis>,
    /// `null` while it is under way.
    pub outcome: Option<AttemptOutcome>,
    /// The provider's code; 0 where the reason is ours.
    pub code: Option<i64>,
    /// The provider's title.
    pub title: Option<String>,
    /// What it means and what can be done, in plain words.
    pub detail: Option<String>,
    /// When the next attempt is due, where one follows by itself. Unix milliseconds.
    pub retry_at: Option<Millis>,
}

words! {
    /// As what a file is sent.
    UploadKind {
        /// A picture.
        Image = "image",
        /// A video.
        Video = "video",
        /// A sound file.
        Audio = "audio",
        /// A voice note.
        Voice = "voice",
        /// A file.
        Document = "document",
        /// A sticker.
        Sticker = "sticker",
    }
}

/// A file that an agent has put in, to be sent.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Upload {
    /// Its id.
    pub id: UploadId,
    /// As what it can be sent.
    pub kind: UploadKind,
    /// MIME type by its content.
    pub mime: String,
    /// Bytes, as it will be sent.
    pub size: i64,
    /// Its name.
    pub filename: Option<String>,
    /// Pixels.
    pub width: Option<i64>,
    /// Pixels.
    pub height: Option<i64>,
    /// Length of sound in milliseconds.
    pub duration_ms: Option<i64>,
    /// Path to the bytes, for the one who put it in.
    pub preview_url: String,
}

words! {
    /// How a template names its gaps.
    ParameterFormat {
        /// `{{1}}`, `{{2}}`, …
        Positional = "positional",
        /// `{{order_number}}`, …
        Named = "named",
    }
}

/// A message template of a WhatsApp Business Account.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Template {
    /// Its id.
    pub id: TemplateId,
    /// The WhatsApp Business Account whose it is.
    pub waba_id: String,
    /// The provider's id of it.
    pub provider_id: String,
    /// Its name; the same in all of its languages.
    pub name: String,
    /// Such as `en_US`.
    pub language: String,
    /// Such as `UTILITY`.
    pub category: String,
    /// Such as `APPROVED`; only those can be sent.
    pub status: String,
    /// Such as `GREEN`, where the provider says.
    pub quality: Option<String>,
    /// How its gaps are named.
    pub parameter_format: ParameterFormat,
    /// Header, body, footer and buttons, as the provider gives them.
    #[schema(value_type = Vec<Object>)]
    pub components: Content,
    /// Why it was rejected.
    pub rejected_reason: Option<String>,
    /// Unix milliseconds.
    pub updated_at: Millis,
}

/// A text that is often needed.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub struct SavedReply {
    /// Its id.
    pub id: SavedReplyId,
    /// What is typed behind `/` to find it.
    pub shortcut: String,
    /// Its name.
    pub title: String,
    /// With variables such as `{{contact.first_name}}`, which the web app fills in.
    pub text: String,
    /// Unix milliseconds.
    pub updated_at: Millis,
}

/// What a user has begun to write in a conversation.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub struct TextDraft {
    /// The text so far.
    pub text: String,
    /// The message it answers.
    pub quote_id: Option<MessageId>,
    /// Unix milliseconds.
    pub updated_at: Millis,
}
