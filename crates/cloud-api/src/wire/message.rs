//! `messages[]` and `message_echoes[]`, with the content node of every type.

use serde::Deserialize;
use serde_json::Value;

use super::loose::{Flag, Float, Int, List, Node, Text};
use super::status::Error;

/// One message: who and when, and one content node named like its type.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Message {
    pub(crate) id: Text,
    pub(crate) from: Text,
    pub(crate) from_user_id: Text,
    pub(crate) from_parent_user_id: Text,
    pub(crate) to: Text,
    pub(crate) to_user_id: Text,
    pub(crate) to_parent_user_id: Text,
    pub(crate) group_id: Text,
    pub(crate) timestamp: Int,
    #[serde(rename = "type")]
    pub(crate) kind: Text,
    pub(crate) context: Node<Context>,
    pub(crate) referral: Option<Value>,
    pub(crate) errors: List<Node<Error>>,
    pub(crate) history_context: Node<HistoryContext>,
    pub(crate) origin: Text,
    pub(crate) text: Node<Body>,
    pub(crate) image: Node<Media>,
    pub(crate) video: Node<Media>,
    pub(crate) audio: Node<Media>,
    pub(crate) voice: Node<Media>,
    pub(crate) document: Node<Media>,
    pub(crate) sticker: Node<Media>,
    pub(crate) location: Node<Place>,
    pub(crate) contacts: List<Node<Card>>,
    pub(crate) interactive: Option<Value>,
    pub(crate) button: Node<Button>,
    pub(crate) reaction: Node<Reaction>,
    pub(crate) order: Node<Order>,
    pub(crate) system: Node<System>,
    pub(crate) unsupported: Node<Unsupported>,
    pub(crate) edit: Node<Edit>,
    pub(crate) revoke: Node<Revoke>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Context {
    pub(crate) from: Text,
    pub(crate) from_user_id: Text,
    pub(crate) from_parent_user_id: Text,
    pub(crate) id: Text,
    pub(crate) forwarded: Flag,
    pub(crate) frequently_forwarded: Flag,
    pub(crate) referred_product: Node<Product>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Product {
    pub(crate) catalog_id: Text,
    pub(crate) product_retailer_id: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct HistoryContext {
    pub(crate) status: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Body {
    pub(crate) body: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Media {
    pub(crate) id: Text,
    pub(crate) mime_type: Text,
    pub(crate) sha256: Text,
    pub(crate) caption: Text,
    pub(crate) filename: Text,
    pub(crate) url: Text,
    pub(crate) voice: Flag,
    pub(crate) animated: Flag,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Place {
    pub(crate) latitude: Float,
    pub(crate) longitude: Float,
    pub(crate) name: Text,
    pub(crate) address: Text,
    pub(crate) url: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Card {
    pub(crate) name: Node<CardName>,
    pub(crate) phones: List<Node<CardPhone>>,
    pub(crate) emails: List<Node<CardEmail>>,
    pub(crate) org: Node<CardCompany>,
    pub(crate) origin: Text,
    pub(crate) vcard: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CardName {
    pub(crate) formatted_name: Text,
    pub(crate) first_name: Text,
    pub(crate) last_name: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CardPhone {
    pub(crate) phone: Text,
    pub(crate) wa_id: Text,
    #[serde(rename = "type")]
    pub(crate) label: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CardEmail {
    pub(crate) email: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct CardCompany {
    pub(crate) company: Text,
}

/// `interactive`, read out of its raw value, which is kept for the kinds that are not known.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Interactive {
    #[serde(rename = "type")]
    pub(crate) kind: Text,
    pub(crate) button_reply: Node<Choice>,
    pub(crate) list_reply: Node<Choice>,
    pub(crate) nfm_reply: Node<FlowReply>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Choice {
    pub(crate) id: Text,
    pub(crate) title: Text,
    pub(crate) description: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct FlowReply {
    pub(crate) name: Text,
    pub(crate) body: Text,
    /// JSON inside a string; may not parse, or not be an object (seen in the field).
    pub(crate) response_json: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Button {
    pub(crate) payload: Text,
    pub(crate) text: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Reaction {
    pub(crate) message_id: Text,
    pub(crate) emoji: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Order {
    pub(crate) catalog_id: Text,
    pub(crate) text: Text,
    pub(crate) product_items: List<Node<OrderLine>>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct OrderLine {
    pub(crate) product_retailer_id: Text,
    pub(crate) quantity: Float,
    pub(crate) item_price: Float,
    pub(crate) currency: Text,
}

/// `system`; the ids in it are the new ones.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct System {
    pub(crate) body: Text,
    #[serde(rename = "type")]
    pub(crate) kind: Text,
    pub(crate) wa_id: Text,
    pub(crate) new_wa_id: Text,
    pub(crate) user_id: Text,
    pub(crate) parent_user_id: Text,
    pub(crate) previous_user_id: Text,
    pub(crate) customer: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Unsupported {
    #[serde(rename = "type")]
    pub(crate) kind: Text,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Edit {
    pub(crate) original_message_id: Text,
    pub(crate) message: Node<Message>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Revoke {
    pub(crate) original_message_id: Text,
}
