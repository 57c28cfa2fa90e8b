//! Switches by which a test makes webhooks misbehave, all off at first.
//! Read by the deliverer before every attempt, so that turning one off heals what is being retried.

use serde::{Deserialize, Serialize};

/// How webhooks misbehave.
#[allow(clippy::struct_excessive_bools, reason = "independent switches")]
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Switches {
    /// After a delivery was accepted, the same bytes are posted this many times more.
    pub extra_copies: u32,
    /// Every message and status stands twice inside its POST.
    pub twice_inside_post: bool,
    /// Up to this many updates go into one POST (1 = one each). Order is kept per app.
    pub batch: usize,
    /// Statuses of one message come in another order than they happened.
    pub shuffle_statuses: bool,
    /// Sign with a wrong secret.
    pub wrong_signature: bool,
    /// Do not deliver at all; updates are logged as dropped and lost.
    pub drop: bool,
    /// Statuses are lost, messages are not.
    pub drop_statuses: bool,
    /// Keep updates back until this is turned off; nothing is lost.
    pub hold: bool,
    /// Deliver the status `sent` before answering the request that sends the message.
    pub status_before_response: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            extra_copies: 0,
            twice_inside_post: false,
            batch: 1,
            shuffle_statuses: false,
            wrong_signature: false,
            drop: false,
            drop_statuses: false,
            hold: false,
            status_before_response: false,
        }
    }
}
