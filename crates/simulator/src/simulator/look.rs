//! Looking at what happened: chats, what was sent, deliveries.

use std::sync::atomic::Ordering;

use super::Simulator;
use crate::{ChatEntry, Delivery, DeliveryState, SentMessage, SentSummary, SimError};

/// Looking at what happened.
impl Simulator {
    /// The chat between a number and a customer as the phone shows it, oldest first.
    pub fn chat(&self, phone_number_id: &str, customer: &str) -> Result<Vec<ChatEntry>, SimError> {
        self.engine.world.with(|world| {
            let id = world.customer(customer)?.id.clone();
            Ok(world.chats.thread(phone_number_id, &id))
        })
    }

    /// One message as the phone shows it.
    pub fn message(&self, message_id: &str) -> Result<ChatEntry, SimError> {
        self.engine
            .world
            .with(|world| world.entry(message_id).cloned())
    }

    /// What the Graph API accepted for sending, oldest first (the last 10,000).
    pub fn sent_messages(&self) -> Vec<SentMessage> {
        self.engine
            .world
            .with(|world| world.sent.iter().cloned().collect())
    }

    /// The same in figures: how often each callback was accepted, and in which order.
    pub fn sent_summary(&self) -> SentSummary {
        self.engine.world.with(|world| SentSummary::of(&world.sent))
    }

    /// The newest deliveries, newest first; all states if `state` is `None`.
    pub fn deliveries(&self, state: Option<DeliveryState>, limit: usize) -> Vec<Delivery> {
        let wanted = |delivery: &Delivery| state.is_none_or(|state| state == delivery.state);
        self.engine.log.with(|log| log.newest(limit, wanted))
    }

    /// The deliveries about one message (the message itself and its statuses), newest first.
    pub fn deliveries_of(&self, message_id: &str) -> Vec<Delivery> {
        let wanted = |delivery: &Delivery| delivery.message_id == message_id;
        self.engine.log.with(|log| log.newest(usize::MAX, wanted))
    }

    /// How many POSTs went to callbacks so far, retries and copies included.
    pub fn posts(&self) -> u64 {
        self.engine.posted.load(Ordering::Relaxed)
    }

    /// How many updates and status timers are not through yet.
    pub fn pending(&self) -> usize {
        self.engine.pending()
    }

    /// Returns once every webhook was accepted (or given up) and every status timer has run out.
    pub async fn settled(&self) {
        self.engine.settled().await;
    }
}
