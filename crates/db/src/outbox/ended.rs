//! How an attempt ended, in our words.

use crate::{
    Millis,
    ids::{AccountId, MessageId, TenantId},
    model::{AttemptOutcome, MessageError},
};

/// An attempt that ended.
#[derive(Debug, Clone)]
pub struct Ended {
    /// The message.
    pub message_id: MessageId,
    /// Whose it is.
    pub tenant_id: TenantId,
    /// The message that it changes: of reactions, edits and deletions.
    pub target_id: Option<MessageId>,
    /// The account that it went out from.
    pub account_id: AccountId,
    /// Which attempt.
    pub attempt: i64,
    /// Unix milliseconds.
    pub started_at: Millis,
    /// Unix milliseconds.
    pub ended_at: Millis,
    /// How.
    pub outcome: Outcome,
}

/// How an attempt ended.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The provider took it, under this id.
    Accepted {
        /// The provider's id of the message.
        provider_id: String,
    },
    /// It did not take it, and will not.
    Refused(MessageError),
    /// It did not take it; another attempt follows.
    Later {
        /// Why.
        error: MessageError,
        /// When. Unix milliseconds.
        at: Millis,
        /// Because the provider or the account failed, not because of the message.
        held: bool,
    },
    /// It may have taken it: a status is waited for.
    Unknown {
        /// Why.
        error: MessageError,
        /// Until when. Unix milliseconds.
        until: Millis,
    },
}

impl Outcome {
    pub(super) fn word(&self) -> AttemptOutcome {
        match self {
            Self::Accepted { .. } => AttemptOutcome::Accepted,
            Self::Refused(_) | Self::Later { .. } => AttemptOutcome::Refused,
            Self::Unknown { .. } => AttemptOutcome::Unknown,
        }
    }

    pub(super) fn error(&self) -> Option<&MessageError> {
        match self {
            Self::Accepted { .. } => None,
            Self::Refused(error) | Self::Later { error, .. } | Self::Unknown { error, .. } => {
                Some(error)
            }
        }
    }

    /// State of the row afterwards, and when it is due.
    pub(super) fn next(&self) -> (&'static str, Option<Millis>) {
        match self {
            Self::Accepted { .. } | Self::Refused(_) => ("done", None),
            Self::Later { at, .. } => ("queued", Some(*at)),
            Self::Unknown { until, .. } => ("waiting", Some(*until)),
        }
    }
}
