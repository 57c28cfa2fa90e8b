//! What the business asked the Graph API to send: the record tests compare with.
//! Written by the send handler.

use serde::Serialize;
use serde_json::Value;

use crate::engine::World;

/// One accepted send request.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct SentMessage {
    /// The id it was given.
    pub wamid: String,
    /// The number it was sent from.
    pub phone_number_id: String,
    /// The customer it went to, by our id.
    pub customer: String,
    /// The request body.
    pub request: Value,
    /// When, Unix milliseconds.
    pub at: i64,
}

/// How many are remembered.
const KEPT: usize = 10_000;

impl World {
    pub(crate) fn remember_sent(&mut self, sent: SentMessage) {
        self.sent.push_back(sent);
        if self.sent.len() > KEPT {
            self.sent.pop_front();
        }
    }
}
