//! Whom a message to a group has reached.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{ContactSummary, MessageError, MessageStatus};
use crate::Millis;

/// How many members of a group a message has reached, by what the provider told. Who has read it has it too: the numbers contain one another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, ToSchema)]
pub struct RecipientCounts {
    /// Members that something is known of.
    pub total: i64,
    /// To whom it went.
    pub sent: i64,
    /// On whose phone it is.
    pub delivered: i64,
    /// Who has read or played it.
    pub read: i64,
    /// Whom it could not be delivered to.
    pub failed: i64,
}

/// What became of a message to a group at one of its members.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Recipient {
    /// Who, where we know them.
    pub contact: Option<ContactSummary>,
    /// The name to show.
    pub name: String,
    /// E.164, where known.
    pub phone: Option<String>,
    /// Where it stands at this member.
    pub status: MessageStatus,
    /// Why it failed.
    pub error: Option<MessageError>,
    /// Unix milliseconds.
    pub sent_at: Option<Millis>,
    /// Unix milliseconds.
    pub delivered_at: Option<Millis>,
    /// Unix milliseconds.
    pub read_at: Option<Millis>,
    /// Of a voice message. Unix milliseconds.
    pub played_at: Option<Millis>,
    /// Unix milliseconds.
    pub failed_at: Option<Millis>,
}
