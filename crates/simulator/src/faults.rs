//! Faults that a test orders for the Graph API's next requests.
//! Set through `Simulator`, consumed by the send and download handlers.

use std::collections::VecDeque;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What happens to one send request instead of success.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum SendFault {
    /// Refused with an error body; nothing is sent.
    Refuse {
        /// HTTP status of the answer.
        http_status: u16,
        /// Meta's error code.
        code: i64,
        /// Error text.
        message: String,
        /// Seconds of a `Retry-After` header.
        retry_after_s: Option<u64>,
    },
    /// Accepted, but the message fails afterwards by a status.
    FailLater {
        /// Meta's error code.
        code: i64,
        /// Error title.
        title: String,
    },
    /// Accepted and delivered, but the answer is an HTTP 500 without a body: the outcome is unknown to the sender.
    LoseAnswer,
    /// Not accepted, and the answer is an HTTP 500 all the same.
    LoseRequest,
    /// Accepted at once, but the answer comes this many milliseconds late.
    Delay {
        /// How late.
        ms: u64,
    },
    /// Accepted and delivered, but the connection breaks in the middle of the answer; how much of it arrives is chance.
    CutAnswer,
    /// Not accepted, and nothing is ever answered.
    Silence,
}

/// Decides by the request what happens to a send; `None`: nothing.
pub(crate) type SendPlan = Box<dyn FnMut(&Value) -> Option<SendFault> + Send>;

/// Faults that are still to happen.
#[derive(Default)]
pub(crate) struct Faults {
    /// For the next sends, first come first served.
    pub(crate) sends: VecDeque<SendFault>,
    /// For the sends after those, as a test has planned.
    pub(crate) plan: Option<SendPlan>,
    /// For every send that no fault is planned for.
    pub(crate) every_send: Option<SendFault>,
    /// So many downloads fail with HTTP 500.
    pub(crate) downloads: u32,
}

impl Faults {
    /// What happens to this send.
    pub(crate) fn next_send(&mut self, request: &Value) -> Option<SendFault> {
        self.sends
            .pop_front()
            .or_else(|| self.plan.as_mut()?(request))
            .or_else(|| self.every_send.clone())
    }

    /// Whether this download is to fail.
    pub(crate) fn fails_download(&mut self) -> bool {
        let fails = self.downloads > 0;
        self.downloads = self.downloads.saturating_sub(1);
        fails
    }
}
