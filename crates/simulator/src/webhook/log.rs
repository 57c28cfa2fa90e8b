//! The log of webhook deliveries: one record per update, with its state and attempts.
//! Written by the deliverer, read by the phone page, the admin API and tests.

use std::collections::BTreeMap;

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use super::update::Update;

/// Where a delivery stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeliveryState {
    /// Not tried yet.
    Queued,
    /// Tried in vain; will be tried again.
    Retrying,
    /// Answered with 200.
    Delivered,
    /// Lost on purpose, see `Switches::drop`.
    Dropped,
    /// Given up after the most attempts allowed.
    GaveUp,
}

impl DeliveryState {
    /// Whether nothing more will happen.
    pub fn is_final(self) -> bool {
        !matches!(self, Self::Queued | Self::Retrying)
    }
}

/// One update on its way to the business.
#[derive(Debug, Clone, Serialize)]
pub struct Delivery {
    /// Rising number of the delivery.
    pub id: u64,
    /// Index of the app.
    pub app: usize,
    /// The business number concerned.
    pub phone_number_id: String,
    /// The customer concerned.
    pub customer: String,
    /// The message it is about.
    pub message_id: String,
    /// The webhook field.
    pub field: &'static str,
    /// What it is, e.g. `text` or `status read`.
    pub summary: String,
    /// Where it stands.
    pub state: DeliveryState,
    /// How many POSTs carried it, extra copies included.
    pub attempts: u32,
    /// HTTP status of the last answer.
    pub last_status: Option<u16>,
    /// What went wrong last.
    pub last_error: Option<String>,
    /// When it came up, Unix milliseconds.
    pub created_at: i64,
    /// When it was accepted, Unix milliseconds.
    pub delivered_at: Option<i64>,
    /// The exact bytes of the last POST.
    #[serde(skip)]
    pub body: Bytes,
}

/// How many records are kept; the oldest finished ones go first.
const KEPT: usize = 5_000;

/// All deliveries, oldest first.
#[derive(Debug, Default)]
pub(crate) struct DeliveryLog {
    records: BTreeMap<u64, Delivery>,
    last_id: u64,
}

impl DeliveryLog {
    pub(crate) fn open(&mut self, update: &Update, now_ms: i64) -> Delivery {
        self.last_id += 1;
        let delivery = Delivery {
            id: self.last_id,
            app: update.app,
            phone_number_id: update.phone_number_id.clone(),
            customer: update.customer.clone(),
            message_id: update.message_id.clone(),
            field: update.field,
            summary: update.summary.clone(),
            state: DeliveryState::Queued,
            attempts: 0,
            last_status: None,
            last_error: None,
            created_at: now_ms,
            delivered_at: None,
            body: Bytes::new(),
        };
        self.records.insert(delivery.id, delivery.clone());
        self.forget_oldest();
        delivery
    }

    /// Changes a record and returns it as it is now.
    pub(crate) fn change(
        &mut self,
        id: u64,
        change: impl FnOnce(&mut Delivery),
    ) -> Option<Delivery> {
        let record = self.records.get_mut(&id)?;
        change(record);
        Some(record.clone())
    }

    pub(crate) fn get(&self, id: u64) -> Option<&Delivery> {
        self.records.get(&id)
    }

    /// Newest first, at most `limit`.
    pub(crate) fn newest(&self, limit: usize, wanted: impl Fn(&Delivery) -> bool) -> Vec<Delivery> {
        let newest = self.records.values().rev();
        newest.filter(|d| wanted(d)).take(limit).cloned().collect()
    }

    fn forget_oldest(&mut self) {
        while self.records.len() > KEPT {
            match self.records.first_entry() {
                Some(oldest) if oldest.get().state.is_final() => drop(oldest.remove()),
                _ => return,
            }
        }
    }
}
