//! Small things that everything says about stanzas. Used by all of `linked`.

use whatsapp_rust::{
    Jid, NodeBuilder,
    wacore_binary::{Node, NodeContent, Server},
};

/// Where WhatsApp's own stanzas come from, and the server part of phone numbers.
pub(super) const SERVER: &str = "s.whatsapp.net";

/// An attribute as text; empty where there is none.
pub(super) fn attribute(node: &Node, name: &str) -> String {
    let value = node.attrs.get(name);
    value
        .map(|value| value.as_str().into_owned())
        .unwrap_or_default()
}

/// A stanza's content as bytes.
pub(super) fn content(node: &Node) -> Vec<u8> {
    match &node.content {
        Some(NodeContent::Bytes(bytes)) => bytes.clone(),
        Some(NodeContent::String(text)) => text.as_bytes().to_vec(),
        _ => Vec::new(),
    }
}

/// The content of a child; empty where there is none.
pub(super) fn child_content(node: &Node, tag: &str) -> Vec<u8> {
    node.get_optional_child(tag)
        .map(content)
        .unwrap_or_default()
}

/// The children of a child.
pub(super) fn grandchildren<'a>(node: &'a Node, tag: &str) -> &'a [Node] {
    node.get_optional_child(tag)
        .and_then(Node::children)
        .unwrap_or_default()
}

/// A child that is nothing but bytes.
pub(super) fn bytes(tag: &'static str, bytes: impl Into<Vec<u8>>) -> Node {
    NodeBuilder::new(tag).bytes(bytes).build()
}

/// The address of a device by its phone number.
pub(super) fn phone_jid(number: &str, device: u16) -> Jid {
    Jid {
        device,
        ..Jid::new(number, Server::Pn)
    }
}

/// The address of a device by its LID.
pub(super) fn lid_jid(lid: &str, device: u16) -> Jid {
    Jid {
        device,
        ..Jid::new(lid, Server::Lid)
    }
}
