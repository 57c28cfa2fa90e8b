//! The content of a message, by type, in the shape of Hoopoe's API.
//!
//! A known type without its node, and an unknown type, become "unsupported": shown as such rather than lost.

use super::cards;
use crate::digest;
use crate::update::{
    ButtonReply, EditedMessage, InboundMedia, Location, MediaDetails, MessageContent, MessageKind,
    Order, OrderItem, ProviderError, ReactionContent, RevokedMessage, SystemNotice,
    UnsupportedContent,
};
use crate::webhook::interactive;
use crate::wire::message as wire;

/// What [`decode`] finds.
pub(super) struct Found {
    pub(super) kind: MessageKind,
    pub(super) content: MessageContent,
    pub(super) text: Option<String>,
    pub(super) media: Option<InboundMedia>,
}

impl Found {
    pub(super) fn new(kind: MessageKind, content: MessageContent, text: Option<String>) -> Self {
        Self {
            kind,
            content,
            text,
            media: None,
        }
    }
}

/// Reads the node that the message's type names.
pub(super) fn decode(mut message: wire::Message, errors: &[ProviderError]) -> Found {
    let kind = std::mem::take(&mut message.kind).0.unwrap_or_default();
    let found = match kind.as_str() {
        "text" => message.text.object().map(text),
        "image" => message
            .image
            .object()
            .map(|node| media(MessageKind::Image, node)),
        "video" => message
            .video
            .object()
            .map(|node| media(MessageKind::Video, node)),
        "audio" => message.audio.object().map(audio),
        "voice" => message.voice.object().or(message.audio.object()).map(voice),
        "document" => message
            .document
            .object()
            .map(|node| media(MessageKind::Document, node)),
        "sticker" => message
            .sticker
            .object()
            .map(|node| media(MessageKind::Sticker, node)),
        "location" => message.location.object().map(location),
        "contacts" => cards::decode(message.contacts, message.origin),
        "interactive" => message.interactive.and_then(interactive::decode),
        "button" => message.button.object().map(button),
        "reaction" => message.reaction.object().and_then(reaction),
        "order" => message.order.object().map(order),
        "system" => message.system.object().map(system),
        "unsupported" | "unknown" => {
            return unsupported(message.unsupported.or_default().kind.0, errors);
        }
        "edit" => message.edit.object().and_then(edit),
        "revoke" => message.revoke.object().and_then(revoke),
        _ => None,
    };
    found.unwrap_or_else(|| unsupported((!kind.is_empty()).then_some(kind), errors))
}

fn unsupported(kind: Option<String>, errors: &[ProviderError]) -> Found {
    let reason = errors.first().and_then(|error| {
        let told = error
            .detail
            .as_ref()
            .or(error.message.as_ref())
            .or(error.title.as_ref());
        told.cloned()
    });
    Found::new(
        MessageKind::Unsupported,
        MessageContent::Unsupported(UnsupportedContent { kind, reason }),
        None,
    )
}

fn text(node: wire::Body) -> Found {
    Found::new(MessageKind::Text, MessageContent::Text {}, node.body.0)
}

fn audio(node: wire::Media) -> Found {
    if node.voice.0 {
        voice(node)
    } else {
        media(MessageKind::Audio, node)
    }
}

fn voice(mut node: wire::Media) -> Found {
    node.voice.0 = true;
    media(MessageKind::Voice, node)
}

fn media(kind: MessageKind, node: wire::Media) -> Found {
    let animated = node.animated.0;
    let details = MediaDetails {
        caption: node.caption.0,
        filename: node.filename.0,
        animated: (kind == MessageKind::Sticker).then_some(animated),
    };
    let media = node.id.0.map(|id| InboundMedia {
        id,
        mime: node.mime_type.0,
        sha256: node.sha256.get().and_then(digest::sha256_hex),
        filename: details.filename.clone(),
        url: node.url.0,
        voice: node.voice.0,
        animated,
    });
    let text = details.caption.clone();
    Found {
        kind,
        content: MessageContent::Media(details),
        text,
        media,
    }
}

fn location(node: wire::Place) -> Found {
    let text = node.name.0.clone().or_else(|| node.address.0.clone());
    let place = Location {
        latitude: node.latitude.0,
        longitude: node.longitude.0,
        name: node.name.0,
        address: node.address.0,
        url: node.url.0,
    };
    Found::new(MessageKind::Location, MessageContent::Location(place), text)
}

fn button(node: wire::Button) -> Found {
    let reply = ButtonReply {
        text: node.text.0.clone().unwrap_or_default(),
        payload: node.payload.0.unwrap_or_default(),
    };
    Found::new(
        MessageKind::Button,
        MessageContent::Button(reply),
        node.text.0,
    )
}

fn reaction(node: wire::Reaction) -> Option<Found> {
    let reaction = ReactionContent {
        message_id: node.message_id.0?,
        emoji: node.emoji.0,
    };
    Some(Found::new(
        MessageKind::Reaction,
        MessageContent::Reaction(reaction),
        None,
    ))
}

fn order(node: wire::Order) -> Found {
    let text = node.text.0.clone();
    let items = node.product_items.objects().map(|line| OrderItem {
        product_retailer_id: line.product_retailer_id.0,
        quantity: line.quantity.0,
        item_price: line.item_price.0,
        currency: line.currency.0,
    });
    let order = Order {
        catalog_id: node.catalog_id.0,
        text: node.text.0,
        items: items.collect(),
    };
    Found::new(MessageKind::Order, MessageContent::Order(order), text)
}

fn system(node: wire::System) -> Found {
    let text = node.body.0.clone();
    let notice = SystemNotice {
        kind: node.kind.0.unwrap_or_default(),
        body: node.body.0.unwrap_or_default(),
    };
    Found::new(MessageKind::System, MessageContent::System(notice), text)
}

fn edit(node: wire::Edit) -> Option<Found> {
    let original_message_id = node.original_message_id.0?;
    let edited = decode(node.message.object()?, &[]);
    let text = edited.text.clone();
    let edited = EditedMessage {
        original_message_id,
        kind: edited.kind,
        content: edited.content,
        text: edited.text,
        media: edited.media,
    };
    Some(Found::new(
        MessageKind::Edit,
        MessageContent::Edit(Box::new(edited)),
        text,
    ))
}

fn revoke(node: wire::Revoke) -> Option<Found> {
    let revoked = RevokedMessage {
        original_message_id: node.original_message_id.0?,
    };
    Some(Found::new(
        MessageKind::Revoke,
        MessageContent::Revoke(revoked),
        None,
    ))
}
