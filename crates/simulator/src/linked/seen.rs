//! The words in which tests tell the mock what to do, and are told what it saw.

use serde::{Deserialize, Serialize};
use whatsapp_rust::waproto::whatsapp::Message;

/// By which names a phone is told of to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Addressing {
    /// By its number, as of old.
    Phone,
    /// By its LID, with the number beside it.
    Both,
    /// By its LID alone: the number stays hidden.
    Lid,
}

/// Why WhatsApp lets the companions of a phone in no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Refusal {
    /// The phone ended the link.
    Unlinked,
    /// The number is kept out for so many seconds.
    Banned {
        /// How long.
        seconds: u32,
    },
    /// The client is too old.
    Outdated,
    /// WhatsApp is not available just now.
    Unavailable,
}

/// A message that a customer's phone received.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// The id that its sender gave it.
    pub id: String,
    /// Number of the phone whose companion sent it.
    pub from: String,
    /// The group that it was written in.
    pub group: Option<String>,
    /// Its words.
    pub text: String,
    /// All that it says, in the protocol's form.
    pub message: Message,
}

/// What a companion reported of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenReceipt {
    /// Of which message.
    pub id: String,
    /// `read`, …; empty for a delivery.
    pub kind: String,
}

/// A companion, as the phone lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Companion {
    /// Its number among the phone's devices.
    pub number: u16,
    /// The name under which it is listed.
    pub name: String,
    /// Its kind, a `DeviceProps.PlatformType` by name.
    pub platform: String,
    /// Whether it is connected and wants what comes in.
    pub active: bool,
    /// How often it has come back since it was linked.
    pub connections: usize,
    /// `available` or `unavailable`, where it said so.
    pub presence: Option<String>,
    /// Numbers of those of whom it asked whether they are there.
    pub watching: Vec<String>,
}

/// A file that a customer sends.
#[derive(Debug, Clone)]
pub struct FileToSend {
    /// What it is sent as.
    pub kind: SentAs,
    /// The file.
    pub bytes: Vec<u8>,
    /// MIME type.
    pub mime: String,
    /// Text below.
    pub caption: Option<String>,
    /// Name of a document.
    pub filename: Option<String>,
}

/// What a file is sent as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SentAs {
    /// A picture.
    Image,
    /// A video.
    Video,
    /// A sound.
    Audio,
    /// A voice message.
    Voice,
    /// Any file.
    Document,
    /// A sticker.
    Sticker,
}
