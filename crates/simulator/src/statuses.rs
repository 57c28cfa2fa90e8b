//! The life of a message the business sent: sent, delivered, read, played or failed, told by webhooks.
//! Started by the Graph API's send; driven on by timers and by customers looking at their phones.

use std::sync::Arc;
use std::time::Duration;

use serde_json::{Value, json};

use crate::chats::{AddressedBy, ChatEntry, MessageStatus};
use crate::customer_acts::{Shown, contact_json};
use crate::customers::Customer;
use crate::engine::{Engine, seconds};
use crate::outgoing::without_nulls;
use crate::webhook::update::Update;
use crate::{SimError, SimNumber, ids};

/// Why a message fails, as in `statuses[].errors[]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Failure {
    pub(crate) code: i64,
    pub(crate) title: String,
    pub(crate) details: String,
}

impl Failure {
    pub(crate) fn window_closed() -> Self {
        Self {
            code: 131_047,
            title: "Re-engagement message".to_owned(),
            details:
                "Message failed to send because more than 24 hours have passed since the customer \
                      last replied to this number."
                    .to_owned(),
        }
    }

    pub(crate) fn undeliverable() -> Self {
        Self {
            code: 131_026,
            title: "Message undeliverable".to_owned(),
            details: "Message Undeliverable.".to_owned(),
        }
    }
}

impl Engine {
    /// Lets an accepted message go its way on timers of its own.
    pub(crate) fn start_statuses(self: &Arc<Self>, wamid: &str, failure: Option<Failure>) {
        let engine = Arc::clone(self);
        let wamid = wamid.to_owned();
        self.work_begins();
        self.spawn(async move {
            engine.run_statuses(&wamid, failure).await;
            engine.work_ends();
        });
    }

    async fn run_statuses(self: &Arc<Self>, wamid: &str, failure: Option<Failure>) {
        let timing = self.timing();
        self.pause(Duration::from_millis(timing.sent_after_ms))
            .await;
        if let Some(failure) = failure {
            let _ = self.fail(wamid, failure);
            return;
        }
        let shuffle = self.switches().shuffle_statuses;
        let mut steps = vec![(0, MessageStatus::Sent)];
        if self.phone_of_is_on(wamid) {
            steps.push((timing.delivered_after_ms, MessageStatus::Delivered));
            if let Some(read_after_ms) = timing.read_after_ms {
                steps.push((read_after_ms, MessageStatus::Read));
            }
        }
        if shuffle {
            let middle = usize::try_from(ids::random_below(2)).unwrap_or(0) + 1;
            let by = middle.min(steps.len().saturating_sub(1));
            steps.rotate_left(by);
        }
        for (wait_ms, status) in steps {
            if wait_ms > 0 && !shuffle {
                self.pause(Duration::from_millis(wait_ms)).await;
            }
            let _ = self.set_status(wamid, status, None);
        }
    }

    fn phone_of_is_on(&self, wamid: &str) -> bool {
        self.world.with(|world| {
            let customer = world.chats.find(wamid).map(|entry| &entry.customer);
            customer
                .and_then(|id| world.customers.find(id))
                .is_none_or(|customer| customer.phone_on)
        })
    }

    /// Moves a business's message on to a status and tells of it; `at_ms` default: now.
    pub(crate) fn set_status(
        self: &Arc<Self>,
        wamid: &str,
        status: MessageStatus,
        at_ms: Option<i64>,
    ) -> Result<(), SimError> {
        if let Some(told) = self.group_status(wamid, None, status, at_ms, None) {
            return told;
        }
        let update = self.status_update(wamid, status, at_ms, None)?;
        self.deliver(update);
        Ok(())
    }

    /// Lets a business's message fail and tells of it.
    pub(crate) fn fail(self: &Arc<Self>, wamid: &str, failure: Failure) -> Result<(), SimError> {
        let failed = MessageStatus::Failed;
        if let Some(told) = self.group_status(wamid, None, failed, None, Some(&failure)) {
            return told;
        }
        let update = self.status_update(wamid, failed, None, Some(failure))?;
        self.deliver(update);
        Ok(())
    }

    fn status_update(
        &self,
        wamid: &str,
        status: MessageStatus,
        at_ms: Option<i64>,
        failure: Option<Failure>,
    ) -> Result<Update, SimError> {
        let now_ms = self.clock.now_ms();
        let (update, entry) = self.world.with(|world| {
            let entry = world
                .chats
                .find_mut(wamid)
                .filter(|entry| entry.status.is_some())
                .ok_or_else(|| SimError::UnknownMessage(wamid.to_owned()))?;
            entry.status = entry.status.max(Some(status));
            if let Some(failure) = &failure {
                entry.failure = Some(format!("{}: {}", failure.code, failure.title));
            }
            let entry = entry.clone();
            let number = world.number(&entry.phone_number_id)?;
            let customer = world.customer(&entry.customer)?;
            let shows_phone = world.shows_phone(number, customer, now_ms);
            let told = Told {
                entry: &entry,
                status,
                customer,
                shows_phone,
                at_ms: at_ms.unwrap_or(now_ms),
            };
            Ok((told.update(number, failure), entry))
        })?;
        self.announce_entry(entry);
        Ok(update)
    }
}

/// A status about to be told.
struct Told<'a> {
    entry: &'a ChatEntry,
    status: MessageStatus,
    customer: &'a Customer,
    shows_phone: bool,
    at_ms: i64,
}

impl Told<'_> {
    fn update(&self, number: &SimNumber, failure: Option<Failure>) -> Update {
        let summary = format!("status {}", self.status.as_str());
        Engine::update(
            number,
            &self.customer.id,
            "messages",
            &self.entry.id,
            &summary,
            self.value(failure),
        )
    }

    fn value(&self, failure: Option<Failure>) -> Value {
        let failed = self.status == MessageStatus::Failed;
        let to_phone = self.entry.addressed_by == AddressedBy::Phone;
        let shows_phone = self.shows_phone || to_phone;
        let pricing = (!failed).then(|| self.pricing());
        let errors = failure.map(|failure| json!([failure_json(&failure)]));
        let status = without_nulls(json!({
            "id": self.entry.id,
            "status": self.status.as_str(),
            "timestamp": seconds(self.at_ms),
            "recipient_id": shows_phone.then_some(&self.customer.wa_id),
            "recipient_user_id": (!failed || !to_phone).then_some(&self.customer.user_id),
            "biz_opaque_callback_data": self.entry.opaque,
            "pricing": pricing,
            "errors": errors,
        }));
        let shown = match self.status {
            MessageStatus::Sent => Shown::Nothing,
            _ => Shown::Username,
        };
        let contact = contact_json(self.customer, shows_phone, shown);
        without_nulls(json!({
            "contacts": (!failed).then(|| json!([contact])),
            "statuses": [status],
        }))
    }

    fn pricing(&self) -> Value {
        if self.entry.is_template {
            json!({"billable": true, "pricing_model": "PMP", "type": "regular", "category": "utility"})
        } else {
            json!({"billable": false, "pricing_model": "PMP", "type": "free_customer_service",
                "category": "service"})
        }
    }
}

pub(crate) fn failure_json(failure: &Failure) -> Value {
    json!({
        "code": failure.code,
        "title": failure.title,
        "message": failure.title,
        "error_data": {"details": failure.details},
        "href": "/documentation/business-messaging/whatsapp/support/error-codes",
    })
}
