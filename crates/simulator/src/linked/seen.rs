//! The words in which tests tell the mock what to do, and are told what it saw.

/// By which names a phone is told of to others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Addressing {
    /// By its number, as of old.
    Phone,
    /// By its LID, with the number beside it.
    Both,
    /// By its LID alone: the number stays hidden.
    Lid,
}

/// Why WhatsApp lets the companions of a phone in no more.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    /// The id that its sender gave it.
    pub id: String,
    /// Number of the phone whose companion sent it.
    pub from: String,
    /// Its words.
    pub text: String,
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
#[derive(Debug, Clone, PartialEq, Eq)]
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
}
