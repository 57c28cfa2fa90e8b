//! Answers to interactive messages of ours.

use serde::Deserialize;
use serde_json::Value;

use super::content::Found;
use crate::update::{InteractiveReply, MessageContent, MessageKind};
use crate::wire::message::{Choice, FlowReply, Interactive};

/// Reads `interactive`; `None` if it is not an object.
pub(super) fn decode(raw: Value) -> Option<Found> {
    if !raw.is_object() {
        return None;
    }
    let node = Interactive::deserialize(&raw).ok()?;
    let kind = node.kind.0.unwrap_or_default();
    let reply = match kind.as_str() {
        "button_reply" => choice(kind, node.button_reply.or_default()),
        "list_reply" => choice(kind, node.list_reply.or_default()),
        "nfm_reply" => flow(kind, node.nfm_reply.or_default()),
        // `call_permission_reply`, and whatever comes next.
        _ => {
            let response = raw.get(&kind).cloned().or(Some(raw));
            InteractiveReply {
                kind,
                response,
                ..InteractiveReply::default()
            }
        }
    };
    let text = if reply.body.is_some() {
        reply.body.clone()
    } else {
        reply.title.clone()
    };
    Some(Found::new(
        MessageKind::Interactive,
        MessageContent::Interactive(reply),
        text,
    ))
}

fn choice(kind: String, choice: Choice) -> InteractiveReply {
    InteractiveReply {
        kind,
        title: choice.title.0,
        description: choice.description.0,
        id: choice.id.0,
        ..InteractiveReply::default()
    }
}

fn flow(kind: String, reply: FlowReply) -> InteractiveReply {
    let response = reply
        .response_json
        .0
        .map(|text| serde_json::from_str(&text).unwrap_or(Value::String(text)));
    InteractiveReply {
        kind,
        title: reply.name.0,
        body: reply.body.0,
        response,
        ..InteractiveReply::default()
    }
}
