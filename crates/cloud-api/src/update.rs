//! What [`crate::webhook::parse`] yields: one [`Update`] for each thing that happened.
//!
//! Owns the shape of updates other than messages (those have a file of their own). Called by the server's `inbound`,
//! which turns each update into rows, or into a dead letter.

mod message;
mod status;

use std::fmt;

use serde::Serialize;
use serde_json::Value;

pub use message::{
    ButtonReply, ContactPhone, Context, EchoMessage, EditedMessage, InboundMedia, InboundMessage,
    InteractiveReply, Location, MediaDetails, MessageContent, MessageKind, Order, OrderItem,
    ReactionContent, ReferredProduct, RevokedMessage, SharedContact, SharedContacts, SystemNotice,
    UnsupportedContent,
};
pub use status::{DeliveryStatus, ProviderError, StatusUpdate};

use crate::ids::CustomerIds;
use crate::replay::Source;

/// One thing that happened, taken out of a webhook delivery.
#[derive(Clone)]
pub struct Update {
    /// The WhatsApp Business Account (`entry[].id`); empty when the delivery did not say.
    pub waba_id: String,
    /// The webhook field (`changes[].field`); empty when the delivery did not say.
    pub field: String,
    /// The number of ours it concerns; what accounts are found by. Absent from account-wide fields.
    pub phone_number_id: Option<String>,
    /// `entry[].time` in Unix milliseconds, present on management fields.
    pub entry_time_ms: Option<i64>,
    /// What happened.
    pub kind: UpdateKind,
    pub(crate) source: Source,
}

impl Update {
    /// A complete webhook body holding this update alone, for the dead letters: fed to [`crate::webhook::parse`] it
    /// yields an equal update (and its sibling, when one message makes two updates). The kept pieces are byte for
    /// byte what Meta sent. Made on demand: the way of a good message does not pay for it.
    pub fn replayable_json(&self) -> String {
        self.source.replayable_json()
    }
}

/// Equal when they say the same; where in which delivery they stood does not matter.
impl PartialEq for Update {
    fn eq(&self, other: &Self) -> bool {
        self.waba_id == other.waba_id
            && self.field == other.field
            && self.phone_number_id == other.phone_number_id
            && self.entry_time_ms == other.entry_time_ms
            && self.kind == other.kind
    }
}

impl fmt::Debug for Update {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Update")
            .field("waba_id", &self.waba_id)
            .field("field", &self.field)
            .field("phone_number_id", &self.phone_number_id)
            .field("entry_time_ms", &self.entry_time_ms)
            .field("kind", &self.kind)
            .finish_non_exhaustive()
    }
}

/// What happened. Unknown is not an error: it has its own arms.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum UpdateKind {
    /// Field `messages`: a customer wrote, reacted, edited, deleted, or the system tells something about them.
    Message(Box<InboundMessage>),
    /// Field `messages`: what became of a message of ours.
    Status(Box<StatusUpdate>),
    /// Field `user_id_update`, or a system message `user_changed_number` / `user_changed_user_id` (which is also
    /// delivered as a [`UpdateKind::Message`], just before this).
    UserIdChange(Box<IdentityChange>),
    /// Field `smb_message_echoes`: sent from the business's own phone (coexistence).
    Echo(Box<EchoMessage>),
    /// Field `history`: one thread of the past of a coexistence number.
    History(Box<HistoryThread>),
    /// Field `smb_app_state_sync`: an address book entry of the business's own phone.
    ContactSync(Box<ContactSync>),
    /// Field `user_preferences`: a customer stopped or resumed marketing messages.
    Preference(Box<PreferenceChange>),
    /// Errors reported for the number as a whole (`value.errors`), such as a declined history.
    Errors(Vec<ProviderError>),
    /// A known field about the account, its templates, calls or groups, kept as it came.
    Management(Box<ManagementUpdate>),
    /// A field, or the content of a known field, that this version does not know.
    UnknownField,
    /// A known field whose content makes no sense; its neighbours are not affected.
    Undecodable {
        /// What is wrong, for the person who reads the dead letters.
        detail: String,
    },
}

/// A customer is now known by other ids. Either side may be incomplete; `previous` may even be empty, as
/// `user_changed_user_id` does not always tell the old id (seen in the field).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct IdentityChange {
    /// The ids until now.
    pub previous: CustomerIds,
    /// The ids from now on; never empty.
    pub current: CustomerIds,
    /// Unix milliseconds.
    pub timestamp_ms: i64,
    /// Which payload told it.
    pub source: IdentityChangeSource,
}

/// Which payload told of an identity change. They come in any order, and more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentityChangeSource {
    /// The field `user_id_update`, the only one with an explicit pair.
    UserIdUpdate,
    /// A system message `user_changed_number` (or the legacy `customer_changed_number`).
    ChangedNumber,
    /// A system message `user_changed_user_id`.
    ChangedUserId,
}

/// One thread of a history post (or a single message, for the later posts that carry media ids).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryThread {
    /// 0, 1 or 2: the last day, the last 90 days, the last 180 days.
    pub phase: Option<i64>,
    /// Number of this piece within the phase.
    pub chunk_order: Option<i64>,
    /// Percentage of the history delivered so far.
    pub progress: Option<i64>,
    /// The other side of the thread.
    pub customer: CustomerIds,
    /// In the order given.
    pub messages: Vec<HistoryMessage>,
}

/// A message of the past. Must not open the 24-hour window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HistoryMessage {
    /// The message; its `customer` is the other side of the thread, whoever wrote it.
    pub message: InboundMessage,
    /// Whether the business wrote it.
    pub from_us: bool,
    /// What had become of it (`history_context.status`).
    pub status: Option<DeliveryStatus>,
}

/// An address book entry of the business's own phone was added (or edited) or removed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContactSync {
    /// What happened to it.
    pub action: ContactSyncAction,
    /// Ids, and `full_name` as the profile name.
    pub customer: CustomerIds,
    /// First name.
    pub first_name: Option<String>,
    /// Unix milliseconds.
    pub timestamp_ms: Option<i64>,
}

/// What happened to an address book entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ContactSyncAction {
    /// Added or edited.
    Add,
    /// Removed.
    Remove,
    /// Anything else.
    Unknown(String),
}

/// A customer's preference about what they want to be sent.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PreferenceChange {
    /// Whose.
    pub customer: CustomerIds,
    /// `marketing_messages`, so far the only one.
    pub category: String,
    /// `stop` or `resume`.
    pub value: String,
    /// Sentence for people.
    pub detail: Option<String>,
    /// Unix milliseconds.
    pub timestamp_ms: Option<i64>,
}

/// A management event, kept as it came.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ManagementUpdate {
    /// `value.event`, where the field has one; `user_actions` for that undocumented addition to `messages`.
    pub event: Option<String>,
    /// The whole `value`.
    pub value: Value,
}
