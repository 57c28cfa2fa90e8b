//! What became of a message of ours: [`StatusUpdate`] and the errors Meta gives with it.
//!
//! Called by the server's `inbound` to move ticks up, and by `outbox` to judge failures.

use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;

use crate::errors::{ErrorClass, classify};
use crate::ids::CustomerIds;

/// What became of a message of ours. Unordered and repeated by nature: merge by [`DeliveryStatus::rank`], and
/// deduplicate by `(id, status, recipient or participant)`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StatusUpdate {
    /// `wamid` of our message.
    pub id: String,
    /// The new status.
    pub status: DeliveryStatus,
    /// Unix milliseconds.
    pub timestamp_ms: i64,
    /// Who received it; for a group the participant this status is about (may be empty).
    pub recipient: CustomerIds,
    /// The group it was sent to, when it was a group.
    pub group_id: Option<String>,
    /// What we gave when sending: how a status finds its message before the send call has answered.
    pub biz_opaque_callback_data: Option<String>,
    /// Why it failed.
    pub errors: Vec<ProviderError>,
    /// `pricing`, as it came.
    pub pricing: Option<Value>,
}

/// How far a message of ours came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryStatus {
    /// Accepted by WhatsApp's servers.
    Sent,
    /// Could not be delivered, so far: `delivered` after `failed` happens with several devices (seen in the field).
    Failed,
    /// On the customer's phone.
    Delivered,
    /// Read.
    Read,
    /// A voice message was played for the first time.
    Played,
    /// Anything else, in lower case (`deleted`, `pending` and nonsense occur).
    Unknown(String),
}

impl DeliveryStatus {
    /// Order in which statuses replace one another: only a higher rank wins.
    pub fn rank(&self) -> u8 {
        match self {
            Self::Unknown(_) => 0,
            Self::Sent => 1,
            Self::Failed => 2,
            Self::Delivered => 3,
            Self::Read => 4,
            Self::Played => 5,
        }
    }

    /// Reads a status of a webhook or of a history entry (`ERROR` there means failed). Case does not matter.
    pub fn from_wire(value: &str) -> Self {
        let value = value.trim().to_ascii_lowercase();
        match value.as_str() {
            "sent" => Self::Sent,
            "delivered" => Self::Delivered,
            "read" => Self::Read,
            "played" => Self::Played,
            "failed" | "error" => Self::Failed,
            _ => Self::Unknown(value),
        }
    }

    /// The word for it, as in the API and the database.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::Delivered => "delivered",
            Self::Read => "read",
            Self::Played => "played",
            Self::Unknown(other) => other,
        }
    }
}

impl Serialize for DeliveryStatus {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// An error as Meta gives it, in webhooks and in answers alike.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ProviderError {
    /// What decides (never the title or the HTTP status).
    pub code: Option<i64>,
    /// Short title.
    pub title: Option<String>,
    /// Sentence for developers.
    pub message: Option<String>,
    /// `error_data.details`: the most telling of the three.
    pub detail: Option<String>,
}

impl ProviderError {
    /// What to do about it.
    pub fn class(&self) -> ErrorClass {
        self.code.map_or(ErrorClass::Unknown, classify)
    }
}
