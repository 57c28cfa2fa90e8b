//! What a simulated customer can send, and how each kind looks on the wire.
//! Used by tests, the phone page, the demo script and the load tests.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::media_store::NewMedia;

/// One message of a customer (or of the business's own phone, as an echo).
#[derive(Debug, Clone, PartialEq)]
#[expect(missing_docs, reason = "the fields are named as on the wire")]
pub enum Outgoing {
    /// Plain text.
    Text(String),
    /// A picture: JPEG or PNG.
    Image {
        bytes: Bytes,
        mime: String,
        caption: Option<String>,
    },
    /// A film: MP4 or 3GP.
    Video {
        bytes: Bytes,
        mime: String,
        caption: Option<String>,
    },
    /// A voice note recorded in WhatsApp: OGG/Opus.
    Voice { bytes: Bytes, mime: String },
    /// A sound file.
    Audio { bytes: Bytes, mime: String },
    /// Any file.
    Document {
        bytes: Bytes,
        mime: String,
        filename: Option<String>,
        caption: Option<String>,
    },
    /// A sticker: WebP.
    Sticker {
        bytes: Bytes,
        mime: String,
        animated: bool,
    },
    /// A place.
    Location {
        latitude: f64,
        longitude: f64,
        name: Option<String>,
        address: Option<String>,
    },
    /// Contact cards.
    Contacts(Vec<SharedContact>),
    /// A reaction; an empty emoji takes it back.
    Reaction { message_id: String, emoji: String },
    /// A tap on a reply button of an interactive message.
    ButtonReply { id: String, title: String },
    /// A choice from the list of an interactive message.
    ListReply {
        id: String,
        title: String,
        description: Option<String>,
    },
    /// A filled-in form (flow); `response_json` is passed on as it is.
    FlowReply {
        name: String,
        body: String,
        response_json: String,
    },
    /// A tap on a quick-reply button of a template.
    TemplateButton { text: String, payload: String },
    /// An order from the catalogue.
    Order {
        catalog_id: String,
        text: Option<String>,
        items: Vec<OrderItem>,
    },
    /// A change of an earlier text (only numbers with coexistence get these).
    Edit { message_id: String, text: String },
    /// Deletion of an earlier message (only numbers with coexistence get these).
    Revoke { message_id: String },
    /// Something the API cannot carry, e.g. `poll_creation`, `edit`, `gif`.
    Unsupported { kind: String },
    /// Any type with any node: for types nobody knows yet.
    Raw { kind: String, node: Value },
}

/// One contact card.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SharedContact {
    /// Full name.
    pub name: String,
    /// Phone number as written.
    pub phone: Option<String>,
    /// E-mail address.
    pub email: Option<String>,
    /// Where the person works.
    pub organisation: Option<String>,
    /// Sent in answer to a request for the number (`origin: contact_request`).
    pub answers_request: bool,
}

/// One line of an order.
#[derive(Debug, Clone, PartialEq)]
pub struct OrderItem {
    /// The shop's own article id.
    pub product_retailer_id: String,
    /// How many.
    pub quantity: u32,
    /// Price of one.
    pub item_price: f64,
    /// ISO currency code.
    pub currency: String,
}

/// Circumstances of a message; `SendOptions::default()` is an ordinary one, now.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct SendOptions {
    /// The message that is answered.
    pub quote: Option<String>,
    /// Marked as forwarded.
    pub forwarded: bool,
    /// When it was written, Unix milliseconds; default: now.
    pub at_ms: Option<i64>,
    /// A message id to use instead of a new one (to send the same message again).
    pub id: Option<String>,
    /// The advertisement that led here.
    pub referral: Option<Value>,
    /// The group that it is written into, by its id.
    pub group: Option<String>,
}

impl SendOptions {
    /// An answer to an earlier message.
    pub fn quoting(message_id: &str) -> Self {
        Self {
            quote: Some(message_id.to_owned()),
            ..Self::default()
        }
    }

    /// A message written at a given time, Unix milliseconds.
    pub fn at(at_ms: i64) -> Self {
        Self {
            at_ms: Some(at_ms),
            ..Self::default()
        }
    }
}

/// A message taken apart for the wire.
pub(crate) struct WireParts {
    pub(crate) kind: String,
    pub(crate) node: Value,
    pub(crate) media: Option<NewMedia>,
    pub(crate) text: String,
    pub(crate) errors: Option<Value>,
}

impl WireParts {
    fn new(kind: &str, node: Value, text: impl Into<String>) -> Self {
        Self {
            kind: kind.to_owned(),
            node,
            media: None,
            text: text.into(),
            errors: None,
        }
    }

    fn with_media(mut self, bytes: Bytes, mime: String, filename: Option<String>) -> Self {
        self.media = Some(NewMedia {
            bytes,
            mime,
            filename,
        });
        self
    }
}

/// Media with a caption.
fn captioned(kind: &str, bytes: Bytes, mime: String, caption: Option<String>) -> WireParts {
    let text = caption.clone().unwrap_or_default();
    WireParts::new(kind, without_nulls(json!({"caption": caption})), text)
        .with_media(bytes, mime, None)
}

fn interactive(kind: &str, node: Value, text: String) -> WireParts {
    let content = json!({"type": kind, kind: without_nulls(node)});
    WireParts::new("interactive", content, text)
}

impl Outgoing {
    /// A plain text.
    pub fn text(body: &str) -> Self {
        Self::Text(body.to_owned())
    }

    pub(crate) fn into_parts(self) -> WireParts {
        match self {
            Self::Text(body) => WireParts::new("text", json!({"body": body}), body),
            Self::Image {
                bytes,
                mime,
                caption,
            } => captioned("image", bytes, mime, caption),
            Self::Video {
                bytes,
                mime,
                caption,
            } => captioned("video", bytes, mime, caption),
            Self::Voice { bytes, mime } => {
                WireParts::new("audio", json!({"voice": true}), "").with_media(bytes, mime, None)
            }
            Self::Audio { bytes, mime } => {
                WireParts::new("audio", json!({"voice": false}), "").with_media(bytes, mime, None)
            }
            Self::Document {
                bytes,
                mime,
                filename,
                caption,
            } => {
                let node = without_nulls(json!({"filename": filename, "caption": caption}));
                WireParts::new("document", node, caption.unwrap_or_default())
                    .with_media(bytes, mime, filename)
            }
            Self::Sticker {
                bytes,
                mime,
                animated,
            } => WireParts::new("sticker", json!({"animated": animated}), "")
                .with_media(bytes, mime, None),
            Self::Order {
                catalog_id,
                text,
                items,
            } => order_parts(&catalog_id, text, &items),
            Self::Unsupported { kind } => unsupported_parts(&kind),
            other => other.into_plain_parts(),
        }
    }

    /// The kinds without files.
    fn into_plain_parts(self) -> WireParts {
        match self {
            Self::Location {
                latitude,
                longitude,
                name,
                address,
            } => {
                let text = name.clone().unwrap_or_default();
                let node = json!({"latitude": latitude, "longitude": longitude,
                    "name": name, "address": address});
                WireParts::new("location", without_nulls(node), text)
            }
            Self::Contacts(contacts) => {
                let names: Vec<&str> = contacts.iter().map(|c| c.name.as_str()).collect();
                let text = names.join(", ");
                let cards = contacts.iter().map(SharedContact::to_wire).collect();
                WireParts::new("contacts", Value::Array(cards), text)
            }
            Self::Reaction { message_id, emoji } => WireParts::new(
                "reaction",
                json!({"message_id": message_id, "emoji": emoji}),
                emoji,
            ),
            Self::ButtonReply { id, title } => {
                interactive("button_reply", json!({"id": id, "title": title}), title)
            }
            Self::ListReply {
                id,
                title,
                description,
            } => interactive(
                "list_reply",
                json!({"id": id, "title": title, "description": description}),
                title,
            ),
            Self::FlowReply {
                name,
                body,
                response_json,
            } => interactive(
                "nfm_reply",
                json!({"name": name, "body": body, "response_json": response_json}),
                body,
            ),
            Self::TemplateButton { text, payload } => {
                WireParts::new("button", json!({"text": text, "payload": payload}), text)
            }
            Self::Edit { message_id, text } => WireParts::new(
                "edit",
                json!({"original_message_id": message_id,
                    "message": {"type": "text", "text": {"body": text}}}),
                text,
            ),
            Self::Revoke { message_id } => {
                WireParts::new("revoke", json!({"original_message_id": message_id}), "")
            }
            Self::Raw { kind, node } => WireParts::new(&kind, node, ""),
            _ => WireParts::new("unknown", Value::Null, ""),
        }
    }
}

impl SharedContact {
    fn to_wire(&self) -> Value {
        let first = self.name.split_whitespace().next().unwrap_or_default();
        let phones: Vec<Value> = self
            .phone
            .iter()
            .map(|phone| {
                let wa_id = crate::customers::digits(phone);
                json!({"phone": phone, "wa_id": wa_id, "type": "CELL"})
            })
            .collect();
        let emails: Vec<Value> = self
            .email
            .iter()
            .map(|email| json!({"email": email, "type": "WORK"}))
            .collect();
        without_nulls(json!({
            "name": {"formatted_name": self.name, "first_name": first},
            "phones": phones,
            "emails": if emails.is_empty() { Value::Null } else { Value::Array(emails) },
            "org": self.organisation.as_ref().map(|company| json!({"company": company})),
            "origin": self.answers_request.then_some("contact_request"),
        }))
    }
}

fn order_parts(catalog_id: &str, text: Option<String>, items: &[OrderItem]) -> WireParts {
    let lines: Vec<Value> = items
        .iter()
        .map(|item| {
            json!({
                "product_retailer_id": item.product_retailer_id,
                "quantity": item.quantity,
                "item_price": item.item_price,
                "currency": item.currency,
            })
        })
        .collect();
    let order = json!({"catalog_id": catalog_id, "text": text, "product_items": lines});
    WireParts::new("order", without_nulls(order), text.unwrap_or_default())
}

fn unsupported_parts(kind: &str) -> WireParts {
    let mut parts = WireParts::new("unsupported", json!({"type": kind}), "");
    parts.errors = Some(json!([{
        "code": 131_051,
        "title": "Message type unknown",
        "message": "Message type unknown",
        "error_data": {"details": "Message type is currently not supported."},
    }]));
    parts
}

/// Removes the members of an object that are null.
pub(crate) fn without_nulls(mut value: Value) -> Value {
    if let Some(object) = value.as_object_mut() {
        object.retain(|_, member| !member.is_null());
    }
    value
}
