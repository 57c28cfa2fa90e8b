//! Customers whose phone number or user id changes, and the webhooks that tell of it.
//! Called by `Simulator` and the admin API.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::customer_acts::{Shown, contact_json};
use crate::customers::{Customer, digits};
use crate::engine::{Engine, PageEvent, seconds};
use crate::outgoing::without_nulls;
use crate::{SimError, SimNumber, ids};

impl Engine {
    /// A new phone number, and with it a new user id: a system message and a `user_id_update`, to every
    /// number the customer has a chat with.
    pub(crate) fn change_phone(
        self: &Arc<Self>,
        customer: &str,
        new_phone: &str,
    ) -> Result<Customer, SimError> {
        let wa_id = digits(new_phone);
        if wa_id.is_empty() {
            return Err(SimError::Invalid("a phone number has digits".to_owned()));
        }
        let user_id = ids::new_user_id(ids::country_of(&wa_id));
        self.change_ids(customer, Some(wa_id), user_id)
    }

    /// A new user id with the same phone number.
    pub(crate) fn change_user_id(self: &Arc<Self>, customer: &str) -> Result<Customer, SimError> {
        let country = self.world.with(|world| {
            let customer = world.customer(customer)?;
            Ok(ids::country_of(&customer.wa_id))
        })?;
        self.change_ids(customer, None, ids::new_user_id(country))
    }

    fn change_ids(
        self: &Arc<Self>,
        customer: &str,
        new_wa_id: Option<String>,
        user_id: String,
    ) -> Result<Customer, SimError> {
        let now_ms = self.clock.now_ms();
        let (before, after, numbers) = self.world.with(|world| {
            let before = world.customer(customer)?.clone();
            let mut after = before.clone();
            after.user_id = user_id;
            if let Some(wa_id) = new_wa_id {
                if world.customers.find(&wa_id).is_some() {
                    return Err(SimError::Invalid(format!("{wa_id} is somebody else's")));
                }
                world.customers.release(&before.wa_id);
                after.wa_id = wa_id;
            }
            world.customers.put(after.clone());
            let numbers: Vec<(SimNumber, bool)> = world
                .chats
                .numbers_of(&after.id)
                .iter()
                .filter_map(|id| world.number(id).ok().cloned())
                .map(|number| {
                    let shows = world.shows_phone(&number, &after, now_ms);
                    (number, shows)
                })
                .collect();
            Ok((before, after, numbers))
        })?;
        for (number, shows_phone) in &numbers {
            self.tell_of_change(number, &before, &after, *shows_phone, now_ms);
        }
        self.announce(PageEvent::Customer {
            customer: after.clone(),
        });
        Ok(after)
    }

    fn tell_of_change(
        self: &Arc<Self>,
        number: &SimNumber,
        before: &Customer,
        after: &Customer,
        shows_phone: bool,
        now_ms: i64,
    ) {
        let id = ids::new_wamid(&after.wa_id);
        let message = system_message(&id, before, after, shows_phone, now_ms);
        let value = json!({"messages": [message]});
        let system = Self::update(number, &after.id, "messages", &id, "system", value);
        self.deliver(system);
        let change = without_nulls(json!({
            "wa_id": shows_phone.then_some(&after.wa_id),
            "detail": "The user ID of this user changed.",
            "user_id": {"previous": before.user_id, "current": after.user_id},
            "timestamp": seconds(now_ms),
        }));
        let value = json!({
            "contacts": [contact_json(after, shows_phone, Shown::NameAndUsername)],
            "user_id_update": [change],
        });
        let field = "user_id_update";
        self.deliver(Self::update(number, &after.id, field, &id, field, value));
    }
}

fn system_message(
    id: &str,
    before: &Customer,
    after: &Customer,
    shows_phone: bool,
    now_ms: i64,
) -> Value {
    let name = after.name.as_deref().unwrap_or("The user");
    let new_number = before.wa_id != after.wa_id;
    let (kind, body) = if new_number {
        let body = format!("{name} changed from {} to {}", before.wa_id, after.wa_id);
        ("user_changed_number", body)
    } else {
        (
            "user_changed_user_id",
            format!("{name} changed the user ID"),
        )
    };
    let system = json!({
        "body": body,
        "type": kind,
        "wa_id": shows_phone.then_some(&after.wa_id),
        "user_id": after.user_id,
    });
    without_nulls(json!({
        "id": id,
        "timestamp": seconds(now_ms),
        "type": "system",
        "from": shows_phone.then_some(&before.wa_id),
        "from_user_id": before.user_id,
        "system": without_nulls(system),
    }))
}
