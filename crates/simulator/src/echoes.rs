//! Messages the business wrote on its own phone (coexistence): `smb_message_echoes`.
//! Called by `Simulator` and by the demo script, where they are the past answers of the team.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::SimError;
use crate::chats::Side;
use crate::customer_acts::{Shown, Written, contact_json};
use crate::engine::Engine;
use crate::outgoing::{Outgoing, SendOptions};

impl Engine {
    /// The business writes on its own phone; returns the wamid. Statuses are to be told separately.
    pub(crate) fn business_phone_sends(
        self: &Arc<Self>,
        number: &str,
        customer: &str,
        what: Outgoing,
        options: SendOptions,
    ) -> Result<String, SimError> {
        let written = self.write(number, customer, Side::Business, what, options)?;
        let value = echo_value(&written);
        let summary = format!("echo {}", written.kind);
        self.deliver(Self::update(
            &written.number,
            &written.customer.id,
            "smb_message_echoes",
            &written.id,
            &summary,
            value,
        ));
        Ok(written.id)
    }
}

fn echo_value(written: &Written) -> Value {
    let mut message = written.message.clone();
    if let Some(object) = message.as_object_mut() {
        object.insert("from".to_owned(), json!(written.number.digits()));
        object.insert("to_user_id".to_owned(), json!(written.customer.user_id));
        if written.shows_phone {
            object.insert("to".to_owned(), json!(written.customer.wa_id));
        }
    }
    let contact = contact_json(
        &written.customer,
        written.shows_phone,
        Shown::NameAndUsername,
    );
    json!({"contacts": [contact], "message_echoes": [message]})
}
