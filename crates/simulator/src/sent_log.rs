//! What the business asked the Graph API to send: the record tests compare with.
//! Written by the send handler.

use std::collections::BTreeMap;

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
    /// `biz_opaque_callback_data`: what the business calls it.
    pub callback: Option<String>,
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

/// The accepted requests in figures: was each message accepted once, and in order?
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SentSummary {
    /// How many were accepted.
    pub total: usize,
    /// How often each callback was accepted.
    pub by_callback: BTreeMap<String, usize>,
    /// Callbacks that were accepted more than once.
    pub repeated: Vec<String>,
    /// Callbacks in the order of acceptance, by number and customer (`number/customer`).
    pub order: BTreeMap<String, Vec<String>>,
}

impl SentSummary {
    pub(crate) fn of<'a>(sent: impl IntoIterator<Item = &'a SentMessage>) -> Self {
        let mut summary = Self::default();
        for message in sent {
            summary.total += 1;
            let callback = message.callback.clone().unwrap_or_default();
            let chat = format!("{}/{}", message.phone_number_id, message.customer);
            summary
                .order
                .entry(chat)
                .or_default()
                .push(callback.clone());
            *summary.by_callback.entry(callback).or_default() += 1;
        }
        let repeated = summary.by_callback.iter().filter(|(_, count)| **count > 1);
        summary.repeated = repeated.map(|(callback, _)| callback.clone()).collect();
        summary
    }
}
