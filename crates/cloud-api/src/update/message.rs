//! A message as Meta delivers it: who, when, what.
//!
//! [`MessageContent`] serialises to the `content` object of Hoopoe's own API, by message type. Called by the server's
//! `inbound`; filled by the decoders in [`crate::webhook`].

use serde::Serialize;
use serde_json::Value;

use super::ProviderError;
use crate::ids::CustomerIds;

/// A message, from a customer or (inside [`EchoMessage`] and history) between a customer and the business's phone.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InboundMessage {
    /// `wamid`: unique together with the phone number id; the same one comes again on redelivery, and also
    /// twice inside one delivery.
    pub id: String,
    /// Unix milliseconds (Meta gives whole seconds). May lie a week back.
    pub timestamp_ms: i64,
    /// The customer. In a group, the participant who wrote.
    pub customer: CustomerIds,
    /// The group it was written in.
    pub group_id: Option<String>,
    /// What kind of message.
    pub kind: MessageKind,
    /// What it holds, by kind.
    pub content: MessageContent,
    /// What search and preview use: the body or caption, or what stands for it (button title, place name,
    /// names of shared contacts, system text).
    pub text: Option<String>,
    /// What it answers to, and whether it was forwarded.
    pub context: Option<Context>,
    /// The advertisement that led here, as it came.
    pub referral: Option<Value>,
    /// The file that belongs to it. Ids live 7 days: download at once.
    pub media: Option<InboundMedia>,
    /// Errors given with it (unsupported messages).
    pub errors: Vec<ProviderError>,
}

impl InboundMessage {
    /// The `content` object of Hoopoe's API: [`MessageContent`] plus `referral` if there is one.
    pub fn content_json(&self) -> Value {
        let mut content = serde_json::to_value(&self.content)
            .unwrap_or_else(|_| Value::Object(serde_json::Map::new()));
        if let (Value::Object(fields), Some(referral)) = (&mut content, &self.referral) {
            fields.insert("referral".to_owned(), referral.clone());
        }
        content
    }
}

/// A message that the business sent from its own phone. Must not open the 24-hour window.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EchoMessage {
    /// The message; its `customer` is the person it was sent to.
    pub message: InboundMessage,
}

/// What kind of message. Everything unknown is [`MessageKind::Unsupported`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MessageKind {
    /// Plain text.
    Text,
    /// Picture.
    Image,
    /// Video.
    Video,
    /// Audio file.
    Audio,
    /// Voice note: type `audio` with `voice: true`, or the legacy type `voice`.
    Voice,
    /// File.
    Document,
    /// Sticker (webp).
    Sticker,
    /// Place; a live location has coordinates only.
    Location,
    /// Address cards.
    Contacts,
    /// Answer to a list, buttons, a flow, a call permission request.
    Interactive,
    /// Template quick reply.
    Button,
    /// Order from a catalogue.
    Order,
    /// Notice about the customer.
    System,
    /// Something WhatsApp does not hand over, or that this version does not know.
    Unsupported,
    /// Reaction to a message, or its removal.
    Reaction,
    /// An earlier message was edited (coexistence only).
    Edit,
    /// An earlier message was deleted (coexistence only).
    Revoke,
}

impl MessageKind {
    /// The word for it, as in the API and the database.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Image => "image",
            Self::Video => "video",
            Self::Audio => "audio",
            Self::Voice => "voice",
            Self::Document => "document",
            Self::Sticker => "sticker",
            Self::Location => "location",
            Self::Contacts => "contacts",
            Self::Interactive => "interactive",
            Self::Button => "button",
            Self::Order => "order",
            Self::System => "system",
            Self::Unsupported => "unsupported",
            Self::Reaction => "reaction",
            Self::Edit => "edit",
            Self::Revoke => "revoke",
        }
    }
}

/// What a message holds; serialises to the `content` object of Hoopoe's API.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum MessageContent {
    /// Nothing beyond [`InboundMessage::text`].
    Text {},
    /// Image, video, audio, voice, document, sticker.
    Media(MediaDetails),
    /// Location.
    Location(Location),
    /// Contacts.
    Contacts(SharedContacts),
    /// Interactive.
    Interactive(InteractiveReply),
    /// Button.
    Button(ButtonReply),
    /// Order.
    Order(Order),
    /// System.
    System(SystemNotice),
    /// Unsupported.
    Unsupported(UnsupportedContent),
    /// Reaction.
    Reaction(ReactionContent),
    /// Edit.
    Edit(Box<EditedMessage>),
    /// Revoke.
    Revoke(RevokedMessage),
}

/// What is shown of a file besides the file itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct MediaDetails {
    /// Caption.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub caption: Option<String>,
    /// Name of a document.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
    /// Whether a sticker moves.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub animated: Option<bool>,
}

/// A place.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Location {
    /// Degrees.
    pub latitude: Option<f64>,
    /// Degrees.
    pub longitude: Option<f64>,
    /// Name of the place.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Web address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

/// Address cards that the customer shared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SharedContacts {
    /// The cards.
    pub contacts: Vec<SharedContact>,
    /// `contact_request` when the customer answered our request for their number: only then is it evidence of
    /// their number. Seen on the message and inside the cards; both are read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// One address card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SharedContact {
    /// Name; when the card has none, its first phone number, or empty.
    pub name: String,
    /// Phone numbers.
    pub phones: Vec<ContactPhone>,
    /// Addresses.
    pub emails: Vec<String>,
    /// Company.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
}

/// A phone number on a card.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ContactPhone {
    /// As written on the card.
    pub phone: String,
    /// `CELL`, `HOME`, …
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub label: Option<String>,
    /// The number's WhatsApp id (digits), if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub wa_id: Option<String>,
}

/// Answer to an interactive message of ours.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct InteractiveReply {
    /// `button_reply`, `list_reply`, `nfm_reply`, `call_permission_reply`, or one that this version does not know.
    pub kind: String,
    /// What the customer chose.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Second line of a list row.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Our id of the choice.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
    /// Text that comes with a flow's answer.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// A flow's answer (parsed where it is JSON, else as text); for unknown kinds the node as it came.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub response: Option<Value>,
}

/// Template quick reply.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ButtonReply {
    /// What the button said.
    pub text: String,
    /// What we hid behind it.
    pub payload: String,
}

/// Order from a catalogue.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Order {
    /// Catalogue.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub catalog_id: Option<String>,
    /// The customer's remark.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// What was ordered.
    pub items: Vec<OrderItem>,
}

/// One line of an order. Numbers come as strings in old samples; both are read.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct OrderItem {
    /// Our id of the product.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub product_retailer_id: Option<String>,
    /// How many.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quantity: Option<f64>,
    /// Price of one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item_price: Option<f64>,
    /// ISO 4217 code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<String>,
}

/// Notice about the customer.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SystemNotice {
    /// `user_changed_number`, `user_changed_user_id`, `customer_identity_changed`, …
    pub kind: String,
    /// Sentence for people.
    pub body: String,
}

/// Something that cannot be shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct UnsupportedContent {
    /// What it was, if told (`poll_creation`, `pin`, …), or the unknown message type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// Why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// Reaction to a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReactionContent {
    /// `wamid` of the message.
    pub message_id: String,
    /// The emoji; `None` takes the reaction back.
    pub emoji: Option<String>,
}

/// An earlier message, as it reads now.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct EditedMessage {
    /// `wamid` of the message that was edited.
    pub original_message_id: String,
    /// Kind of the new content.
    pub kind: MessageKind,
    /// New content.
    pub content: MessageContent,
    /// New text or caption.
    pub text: Option<String>,
    /// New file.
    #[serde(skip)]
    pub media: Option<InboundMedia>,
}

/// An earlier message that was deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RevokedMessage {
    /// `wamid` of the message that was deleted.
    pub original_message_id: String,
}

/// What a message answers to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Context {
    /// `wamid` of the quoted message; a forwarded message has none.
    pub quoted_id: Option<String>,
    /// Who wrote the quoted message: a customer's ids, or our own number as `wa_id`.
    pub quoted_from: CustomerIds,
    /// Whether the quoted message is ours, where the payload lets us tell.
    pub from_us: Option<bool>,
    /// Forwarded (also true when forwarded often).
    pub forwarded: bool,
    /// Forwarded more than five times.
    pub frequently_forwarded: bool,
    /// The product the message asks about.
    pub referred_product: Option<ReferredProduct>,
}

/// A product of the catalogue.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ReferredProduct {
    /// Catalogue.
    pub catalog_id: Option<String>,
    /// Our id of the product.
    pub product_retailer_id: Option<String>,
}

/// The file that belongs to a message.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct InboundMedia {
    /// Media id, to be exchanged for an address with [`crate::graph`].
    pub id: String,
    /// MIME type as given (`audio/ogg; codecs=opus`).
    pub mime: Option<String>,
    /// Lower-case hex; base64 in webhooks and hex in some descriptors, both are read.
    pub sha256: Option<String>,
    /// Name of a document.
    pub filename: Option<String>,
    /// Address given along (new and optional); needs the token, and expires.
    pub url: Option<String>,
    /// Voice note.
    pub voice: bool,
    /// Moving sticker.
    pub animated: bool,
}
