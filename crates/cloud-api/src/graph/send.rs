//! Sending a message, and what is certain about it afterwards.
//!
//! The Cloud API has no idempotency key: who asks twice sends twice. So the answer to "may this be tried again?" is in the
//! type: [`SendError::may_retry`]. Called by the server's `outbox`.

use std::time::Duration;

use reqwest::{Response, StatusCode};
use serde::Deserialize;
use serde_json::json;
use thiserror::Error;

use super::error::refusal_of;
use super::{GraphClient, GraphError, Refusal, read_answer};
use crate::errors::{ErrorClass, classify, plain_words};
use crate::ids::CustomerIds;
use crate::send::{Envelope, Invalid};
use crate::wire::loose::{List, Node, Text};

/// An accepted message. Accepted is not delivered: the outcome comes by webhook, sometimes before this answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Meta's id of the message.
    pub wamid: String,
    /// The recipient's phone, for messages to a phone; may differ from the number dialled (Brazil, Mexico, Argentina).
    pub wa_id: Option<String>,
    /// The recipient's BSUID, for messages to a BSUID.
    pub user_id: Option<String>,
    /// `accepted`, `held_for_quality_assessment` or `paused`; mostly absent.
    pub message_status: Option<String>,
}

/// Why there is no `wamid`, by what is certain about the message.
#[derive(Debug, Error)]
pub enum SendError {
    /// The message breaks a limit; nothing was asked.
    #[error("{0}")]
    Invalid(Invalid),
    /// No byte of the request left this machine.
    #[error("the Graph API cannot be reached: {0}")]
    NotSent(String),
    /// The Graph API said no: the message was surely not accepted.
    #[error("the Graph API refused: {0}")]
    Refused(Box<Refusal>),
    /// The Graph API said "not now": surely not accepted either.
    #[error("the Graph API limits: {refusal}")]
    RateLimited {
        /// How long to wait, if it said so.
        retry_after: Option<Duration>,
        /// What it said; by its code the limit of the pair (131056) is told from that of the number.
        refusal: Box<Refusal>,
    },
    /// The request was written, at least in part, and no clear answer came: the message may have been accepted. Only a
    /// status that carries the callback, or a person, can decide.
    #[error("it is not known whether the message was accepted: {0}")]
    Unknown(String),
}

impl SendError {
    /// Whether the same message can be sent again without any danger that it arrives twice, and with a chance of success.
    pub fn may_retry(&self) -> bool {
        match self {
            Self::NotSent(_) | Self::RateLimited { .. } => true,
            Self::Refused(_) => self.class() == ErrorClass::Retry,
            Self::Invalid(_) | Self::Unknown(_) => false,
        }
    }

    /// What to do about it.
    pub fn class(&self) -> ErrorClass {
        match self {
            Self::Invalid(_) => ErrorClass::Request,
            Self::NotSent(_) | Self::RateLimited { .. } => ErrorClass::Retry,
            Self::Refused(refusal) => refusal.error.class(),
            Self::Unknown(_) => ErrorClass::Unknown,
        }
    }

    /// Meta's error code, if it gave one.
    pub fn code(&self) -> Option<i64> {
        self.refusal()?.error.code
    }

    /// The refusal, where there is one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) | Self::RateLimited { refusal, .. } => Some(refusal),
            _ => None,
        }
    }

    /// What an agent is told.
    pub fn plain_words(&self) -> String {
        match self {
            Self::Invalid(invalid) => invalid.to_string(),
            Self::NotSent(_) => "WhatsApp cannot be reached. Sending goes on by itself.".to_owned(),
            Self::Unknown(_) => {
                "WhatsApp did not answer clearly: the message may or may not have been sent."
                    .to_owned()
            }
            Self::Refused(refusal) => refusal.plain_words(),
            Self::RateLimited { refusal, .. } => match refusal.error.code {
                Some(_) => refusal.plain_words(),
                None => plain_words(80007).to_owned(),
            },
        }
    }
}

impl Refusal {
    /// What an agent is told: our words for a known code, else Meta's own.
    pub fn plain_words(&self) -> String {
        let code = self.error.code.unwrap_or(-1);
        if classify(code) != ErrorClass::Unknown {
            return plain_words(code).to_owned();
        }
        let told = self.error.detail.as_ref().or(self.error.message.as_ref());
        told.map_or_else(|| plain_words(code).to_owned(), String::clone)
    }
}

impl GraphClient {
    /// Sends a message from a number of ours.
    pub async fn send(
        &self,
        token: &str,
        phone_number_id: &str,
        envelope: &Envelope,
    ) -> Result<Sent, SendError> {
        envelope.check().map_err(SendError::Invalid)?;
        let not_sent = |error: &dyn std::fmt::Display| SendError::NotSent(error.to_string());
        let body = envelope.to_body().map_err(|error| not_sent(&error))?;
        let url = self
            .edge(phone_number_id, "messages")
            .map_err(|error| not_sent(&error))?;
        let response = self
            .posting(token, url)
            .header(reqwest::header::CONTENT_TYPE, "application/json")
            .body(body)
            .send()
            .await
            .map_err(|error| outcome_of(&error))?;
        read_outcome(response).await
    }

    /// Marks a message of the customer, and all before it, as read; with `typing` also shows for up to 25 seconds that we
    /// are typing. Asking twice does no harm.
    pub async fn mark_read(
        &self,
        token: &str,
        phone_number_id: &str,
        wamid: &str,
        typing: bool,
    ) -> Result<(), GraphError> {
        let mut body =
            json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid});
        if let (true, Some(members)) = (typing, body.as_object_mut()) {
            members.insert("typing_indicator".to_owned(), json!({"type": "text"}));
        }
        let url = self.edge(phone_number_id, "messages")?;
        self.succeed(self.posting(token, url).json(&body)).await
    }
}

/// What follows from a request that has no answer. Before there is a connection, nothing can have been written; after
/// that nobody on this side knows how far it got.
fn outcome_of(error: &reqwest::Error) -> SendError {
    if error.is_connect() || error.is_builder() {
        return SendError::NotSent(GraphError::from_transport(error).to_string());
    }
    SendError::Unknown(GraphError::from_transport(error).to_string())
}

async fn read_outcome(response: Response) -> Result<Sent, SendError> {
    let (status, headers) = (response.status(), response.headers().clone());
    let body = read_answer(response).await;
    if status == StatusCode::TOO_MANY_REQUESTS {
        // The one status that says by itself that nothing was done, even when a proxy in between gives it.
        let refusal = refusal_of(status, &headers, &body.unwrap_or_default());
        return Err(limited(refusal));
    }
    let body = body.map_err(|error| SendError::Unknown(format!("HTTP {status}, then {error}")))?;
    if status.is_success() {
        return read_sent(&body);
    }
    let refusal = refusal_of(status, &headers, &body);
    if !status.is_client_error() || refusal.error.code.is_none() {
        return Err(SendError::Unknown(refusal.to_string()));
    }
    if is_limit(refusal.error.code) {
        return Err(limited(refusal));
    }
    Err(SendError::Refused(Box::new(refusal)))
}

fn limited(refusal: Refusal) -> SendError {
    SendError::RateLimited {
        retry_after: refusal.retry_after_s.map(Duration::from_secs),
        refusal: Box::new(refusal),
    }
}

/// Codes that say "too much": of the app, the account, the number, the pair, and the number while it is being moved.
fn is_limit(code: Option<i64>) -> bool {
    matches!(
        code,
        Some(4 | 80007 | 130_429 | 131_048 | 131_056 | 131_057)
    )
}

fn read_sent(body: &[u8]) -> Result<Sent, SendError> {
    let answer: Node<SendAnswer> = serde_json::from_slice(body).unwrap_or_default();
    let answer = answer.or_default();
    let message = answer.messages.objects().next().unwrap_or_default();
    let Some(wamid) = message.id.0 else {
        let reason = "the answer to an accepted message names no message";
        return Err(SendError::Unknown(reason.to_owned()));
    };
    let contact = answer.contacts.objects().next().unwrap_or_default();
    let mut ids = CustomerIds::default();
    ids.add_phone_field(contact.wa_id.get());
    ids.add_user_id_field(contact.user_id.get());
    Ok(Sent {
        wamid,
        wa_id: ids.wa_id,
        user_id: ids.bsuid,
        message_status: message.message_status.0,
    })
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct SendAnswer {
    contacts: List<Node<AnswerContact>>,
    messages: List<Node<AnswerMessage>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AnswerContact {
    wa_id: Text,
    user_id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AnswerMessage {
    id: Text,
    message_status: Text,
}
