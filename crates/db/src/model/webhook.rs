//! Webhooks out: where events are told by HTTP, and what became of each delivery.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{ObjectBuilder, Schema, Type},
    },
};

use super::words;
use crate::{
    Millis, event,
    ids::{AccountId, DeliveryId, WebhookId},
};

/// What a webhook can be told of: an event's name, an alert made of one, or `*` for all of them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct WebhookEventType(String);

impl WebhookEventType {
    /// All of them, those that will come as well.
    pub const ALL: &str = "*";
    /// An account that worked does not any more.
    pub const ACCOUNT_DOWN: &str = "account:down";
    /// An account that was down works again.
    pub const ACCOUNT_UP: &str = "account:up";

    /// Events on the streams of users: their own business.
    const PERSONAL: [&str; 2] = ["membership:changed", "draft:changed"];

    /// Every word that can be chosen.
    pub fn words() -> impl Iterator<Item = &'static str> {
        let events = event::NAMES.iter().copied();
        [Self::ALL, Self::ACCOUNT_DOWN, Self::ACCOUNT_UP]
            .into_iter()
            .chain(events.filter(|name| !Self::PERSONAL.contains(name)))
    }

    /// The word, if it can be chosen.
    pub fn parse(word: &str) -> Option<Self> {
        Self::words()
            .any(|known| known == word)
            .then(|| Self(word.to_owned()))
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialSchema for WebhookEventType {
    fn schema() -> RefOr<Schema> {
        ObjectBuilder::new()
            .schema_type(Type::String)
            .enum_values(Some(Self::words()))
            .into()
    }
}

impl ToSchema for WebhookEventType {}

/// Where events are told by HTTP. Its secret is shown when it is made, and never again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Webhook {
    /// Its id.
    pub id: WebhookId,
    /// Name as admins see it.
    pub name: String,
    /// Where events are posted to.
    pub url: String,
    /// What it is told of.
    pub event_types: Vec<WebhookEventType>,
    /// Of which accounts; empty for all. What is not about an account is told either way.
    pub account_ids: Vec<AccountId>,
    /// Whether anything is sent. What happens meanwhile is sent once it is enabled again, as far as the log reaches back.
    pub enabled: bool,
    /// Why the server switched it off, in words.
    pub disabled_reason: Option<String>,
    /// Since when nothing arrives. Unix milliseconds.
    pub failing_since: Option<Millis>,
    /// Why, in words.
    pub last_error: Option<String>,
    /// When something arrived last. Unix milliseconds.
    pub last_success_at: Option<Millis>,
    /// Until when the secret before this one signs as well. Unix milliseconds.
    pub old_secret_until: Option<Millis>,
    /// Deliveries that wait.
    pub waiting: i64,
    /// When the oldest of them happened. Unix milliseconds.
    pub waiting_since: Option<Millis>,
    /// Unix milliseconds.
    pub created_at: Millis,
    /// Unix milliseconds.
    pub updated_at: Millis,
}

words! {
    /// What became of a delivery.
    DeliveryState {
        /// It is still to be sent, for the first time or again.
        Waiting = "waiting",
        /// It was answered with a status of 200 to 299.
        Delivered = "delivered",
        /// It was given up.
        Failed = "failed",
        /// Somebody decided that it is not to be sent.
        Skipped = "skipped",
    }
}

/// One event on its way to a webhook.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema, sqlx::FromRow)]
pub struct Delivery {
    /// Its id, also in the header `webhook-id`: the same however often it is sent.
    pub id: DeliveryId,
    /// The webhook.
    pub webhook_id: WebhookId,
    /// The event's type.
    #[sqlx(rename = "type")]
    #[serde(rename = "type")]
    pub kind: String,
    /// The stream that numbers the event; empty for a test.
    pub stream_id: String,
    /// The event's number in the stream.
    pub seq: i64,
    /// What became of it.
    #[sqlx(try_from = "String")]
    pub state: DeliveryState,
    /// How often it was sent.
    pub attempts: i64,
    /// When it is sent next. Unix milliseconds.
    pub due_at: Option<Millis>,
    /// When it was sent last. Unix milliseconds.
    pub attempted_at: Option<Millis>,
    /// The status of the last answer.
    pub status: Option<i64>,
    /// The first bytes of the last answer.
    pub response: Option<String>,
    /// What went wrong the last time, in words.
    pub error: Option<String>,
    /// How long the last attempt took.
    pub duration_ms: Option<i64>,
    /// When the event happened. Unix milliseconds.
    pub created_at: Millis,
}

/// A delivery with what is sent.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct DeliveryDetail {
    /// The delivery.
    #[serde(flatten)]
    #[schema(inline)]
    pub delivery: Delivery,
    /// The request's body.
    #[schema(value_type = Object)]
    pub body: Arc<RawValue>,
}
