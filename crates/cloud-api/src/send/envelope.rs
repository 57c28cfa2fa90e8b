//! A message with its address, as the body of `POST /{phone_number_id}/messages`.

use serde::{Deserialize, Serialize};

use super::check::{self, Invalid};
use super::{Outgoing, limits};
use crate::ids;

/// Whom a message goes to.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Recipient {
    /// Phone number in digits; goes into `to`. To be preferred where it is known: only then do webhooks keep showing it.
    Phone(String),
    /// Business-scoped user id; goes into `recipient` (in `to` Meta is reported to drop it without a word).
    Bsuid(String),
    /// Group id.
    Group(String),
}

/// A message on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Envelope {
    /// Whom it goes to.
    pub to: Recipient,
    /// `wamid` of the message that it answers to.
    pub context: Option<String>,
    /// Ours; comes back in every status (`biz_opaque_callback_data`). By this the outcome of a send is found when its
    /// answer was lost, so it must name one attempt of one message.
    pub callback: String,
    /// What it says.
    pub message: Outgoing,
}

impl Recipient {
    /// Whether it looks like what it is said to be.
    pub fn check(&self) -> Result<(), Invalid> {
        let is_good = match self {
            Self::Phone(digits) => {
                (5..=15).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())
            }
            // Some user ids in the field do not have Meta's form; what is certainly wrong is a phone number.
            Self::Bsuid(id) => {
                ids::is_bsuid(id)
                    || (!id.trim().is_empty() && id.contains(|char: char| !char.is_ascii_digit()))
            }
            Self::Group(id) => !id.trim().is_empty(),
        };
        if is_good {
            return Ok(());
        }
        let what = match self {
            Self::Phone(_) => "a phone number in digits",
            Self::Bsuid(_) => "a user id of WhatsApp",
            Self::Group(_) => "a group id",
        };
        Err(Invalid::new("to", format!("must be {what}")))
    }
}

impl Envelope {
    /// Checks address, quote, callback and message.
    pub fn check(&self) -> Result<(), Invalid> {
        self.to.check()?;
        check::optional_words("quote_id", self.context.as_deref(), limits::LINE)?;
        check::words("callback", &self.callback, limits::CALLBACK)?;
        self.message.check()
    }

    /// The request's body, exactly as Meta takes it.
    pub fn to_body(&self) -> serde_json::Result<Vec<u8>> {
        let (recipient_type, to, recipient) = match &self.to {
            Recipient::Phone(phone) => ("individual", Some(phone), None),
            Recipient::Bsuid(id) => ("individual", None, Some(id)),
            Recipient::Group(id) => ("group", Some(id), None),
        };
        serde_json::to_vec(&Body {
            messaging_product: "whatsapp",
            recipient_type,
            to,
            recipient,
            context: self.context.as_ref().map(|id| Context { message_id: id }),
            biz_opaque_callback_data: &self.callback,
            kind: self.message.kind(),
            message: &self.message,
        })
    }
}

#[derive(Serialize)]
struct Body<'a> {
    messaging_product: &'static str,
    recipient_type: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    recipient: Option<&'a String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    context: Option<Context<'a>>,
    #[serde(skip_serializing_if = "str::is_empty")]
    biz_opaque_callback_data: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(flatten)]
    message: &'a Outgoing,
}

#[derive(Serialize)]
struct Context<'a> {
    message_id: &'a str,
}
