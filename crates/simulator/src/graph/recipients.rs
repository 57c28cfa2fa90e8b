//! Whom a message is for: `to` (a phone number, or a group where the request says so) or `recipient` (a user id); `to` wins.
//! Used by the send handler.

use serde_json::{Value, json};

use super::error::GraphError;
use super::param::Param;
use crate::chats::AddressedBy;
use crate::customers::{Customer, digits};
use crate::ids::looks_like_user_id;

/// The address of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    pub(crate) by: AddressedBy,
    /// Digits, user id, or the group's id.
    pub(crate) value: String,
    /// As it stood in the request.
    pub(crate) input: String,
}

impl Address {
    /// `contacts[]` of the answer: the phone as WhatsApp knows it for phone sends, the user id for user id sends.
    pub(crate) fn to_contact(&self, customer: &Customer) -> Value {
        match self.by {
            AddressedBy::Phone => json!({"input": self.input, "wa_id": customer.wa_id}),
            AddressedBy::UserId => json!({"input": self.input, "user_id": self.value}),
            AddressedBy::Group => self.to_group(),
        }
    }

    /// `contacts[]` of the answer to a message to a group.
    pub(crate) fn to_group(&self) -> Value {
        json!({"input": self.input, "wa_id": self.value})
    }
}

/// Reads and checks the address of a message.
pub(crate) fn read_address(request: &Param<'_>) -> Result<Address, GraphError> {
    if let Some(kind) = request.optional("recipient_type")?
        && kind.one_of(&["individual", "group"])? == "group"
    {
        let group = request.required("to")?.text(128)?;
        return Ok(Address {
            by: AddressedBy::Group,
            value: group.to_owned(),
            input: group.to_owned(),
        });
    }
    if let Some(to) = request.optional("to")? {
        return phone_address(to.text(128)?);
    }
    if let Some(recipient) = request.optional("recipient")? {
        return user_id_address(recipient.text(140)?);
    }
    Err(GraphError::new(100, "(#100) The parameter to is required."))
}

fn phone_address(to: &str) -> Result<Address, GraphError> {
    let number = digits(to);
    let is_phone = to
        .chars()
        .all(|c| c.is_ascii_digit() || "+-(). ".contains(c));
    if looks_like_user_id(to) {
        // Meta is reported to lose such messages without a word; a stand-in had better speak.
        return Err(GraphError::bad_value(
            "A user ID goes into 'recipient'; 'to' takes phone numbers only.",
        ));
    }
    if !is_phone || !(5..=15).contains(&number.len()) {
        return Err(GraphError::bad_value(
            "Param to is not a valid phone number.",
        ));
    }
    Ok(Address {
        by: AddressedBy::Phone,
        value: number,
        input: to.to_owned(),
    })
}

fn user_id_address(recipient: &str) -> Result<Address, GraphError> {
    if !looks_like_user_id(recipient) {
        return Err(GraphError::bad_value(
            "Param recipient is not a valid user ID.",
        ));
    }
    Ok(Address {
        by: AddressedBy::UserId,
        value: recipient.to_owned(),
        input: recipient.to_owned(),
    })
}
