//! Edits and deletions of our own messages, from the moment they are asked for until the provider has taken them.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::{MessageError, words};
use crate::{
    Millis,
    ids::{MessageId, UserId},
};

words! {
    /// What is done to a message.
    ChangeKind {
        /// It says something else.
        Edit = "edit",
        /// It is taken back, for everybody.
        Delete = "delete",
    }
}

words! {
    /// Where a change stands.
    ChangeStatus {
        /// On its way to the provider.
        Sending = "sending",
        /// It did not go through; the error says why.
        Failed = "failed",
    }
}

/// An edit or a deletion of a message of ours that the customer does not see (yet).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct MessageChange {
    /// Its own id.
    pub id: MessageId,
    /// What is done.
    pub kind: ChangeKind,
    /// What the message is to say; `null` for deletions.
    pub text: Option<String>,
    /// Which of us asked for it.
    pub author_id: UserId,
    /// The id that the client gave it.
    pub client_id: String,
    /// Where it stands.
    pub status: ChangeStatus,
    /// Why it failed, or why it has to be tried again.
    pub error: Option<MessageError>,
    /// When it was asked for. Unix milliseconds.
    pub at: Millis,
}

impl MessageChange {
    /// Whether it is a deletion that may still happen.
    pub fn is_deleting(&self) -> bool {
        self.kind == ChangeKind::Delete && self.status == ChangeStatus::Sending
    }
}
