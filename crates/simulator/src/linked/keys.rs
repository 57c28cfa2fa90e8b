//! The keys that companions publish for first messages to them, and what a phone shares with a companion that has published its own. Called by
//! `queries`.

use anyhow::Context as _;
use whatsapp_rust::{
    NodeBuilder,
    buffa::MessageField,
    wacore::prekeys::compute_key_bundle_digest,
    wacore_binary::Node,
    waproto::whatsapp::{
        Message,
        message::{
            AppStateSyncKey, AppStateSyncKeyData, AppStateSyncKeyFingerprint, AppStateSyncKeyId,
            AppStateSyncKeyShare, ProtocolMessage, protocol_message,
        },
    },
};

use super::{
    connection::Peer,
    endpoint::SignedKey,
    phones::{self, Letter},
    queries::Answer,
    settings,
    stanza::{attribute, bytes, child_content},
    state::{Device, State},
};

/// A companion publishes keys.
pub(super) fn publish(state: &mut State, peer: &Peer, query: &Node) -> anyhow::Result<Answer> {
    let device = state.device(peer.linked()?)?;
    if let Some(list) = query.get_optional_child("list") {
        device.registration = child_content(query, "registration");
        device.identity = child_content(query, "identity");
        let keys = list.get_children_by_tag("key");
        device
            .keys
            .extend(keys.map(|key| (child_content(key, "id"), child_content(key, "value"))));
    }
    let rotated = query.get_optional_child("rotate").unwrap_or(query);
    if let Some(key) = rotated.get_optional_child("skey") {
        device.signed_key = Some(SignedKey {
            id: child_content(key, "id"),
            key: child_content(key, "value"),
            signature: child_content(key, "signature"),
        });
    }
    Ok(Answer::With(Vec::new()))
}

/// A companion asks for its own count of keys, whether its keys are right, or for the keys of others.
pub(super) fn ask(state: &mut State, peer: &Peer, query: &Node) -> anyhow::Result<Answer> {
    if query.get_optional_child("count").is_some() {
        let left = state.device(peer.linked()?)?.keys.len();
        let count = NodeBuilder::new("count").attr("value", left.to_string());
        return Ok(Answer::With(vec![count.build()]));
    }
    if query.get_optional_child("digest").is_some() {
        let device = state.device(peer.linked()?)?;
        let digest = device.signed_key.as_ref().map(|key| digest(device, key));
        return Ok(digest.map_or(Answer::Refused("404"), |digest| Answer::With(vec![digest])));
    }
    let Some(asked) = query.get_optional_child("key") else {
        return Ok(Answer::With(Vec::new()));
    };
    let users = asked.get_children_by_tag("user");
    let users = users.map(|user| bundle(state, &attribute(user, "jid")));
    let users = users.collect::<anyhow::Result<Vec<Node>>>()?;
    Ok(Answer::With(vec![
        NodeBuilder::new("list").children(users).build(),
    ]))
}

fn published(device: &Device, key: &SignedKey) -> Vec<Node> {
    vec![
        bytes("registration", device.registration.clone()),
        bytes("type", [5]),
        bytes("identity", device.identity.clone()),
        NodeBuilder::new("skey")
            .children([
                bytes("id", key.id.clone()),
                bytes("value", key.key.clone()),
                bytes("signature", key.signature.clone()),
            ])
            .build(),
    ]
}

fn digest(device: &Device, key: &SignedKey) -> Node {
    let keys: Vec<&[u8]> = device.keys.iter().map(|(_, key)| key.as_slice()).collect();
    let hash = compute_key_bundle_digest(&device.identity, &key.key, &key.signature, &keys);
    let ids = device.keys.iter().map(|(id, _)| bytes("id", id.clone()));
    let mut children = published(device, key);
    children.push(NodeBuilder::new("list").children(ids).build());
    children.push(bytes("hash", hash));
    NodeBuilder::new("digest").children(children).build()
}

/// What one needs to write to a device for the first time. Each one-time key is given out once.
fn bundle(state: &mut State, jid: &str) -> anyhow::Result<Node> {
    let user = NodeBuilder::new("user").attr("jid", jid.parse::<whatsapp_rust::Jid>()?);
    let device = match state.resolve(jid) {
        Some(device) => state.device(&device).ok(),
        None => None,
    };
    let Some((device, key)) = device.and_then(|device| {
        let key = device.signed_key.clone()?;
        Some((device, key))
    }) else {
        let error = NodeBuilder::new("error")
            .attr("code", "406")
            .attr("text", "not-acceptable");
        return Ok(user.children([error.build()]).build());
    };
    let mut children = published(device, &key);
    if let Some((id, key)) = device.keys.pop_front() {
        let key = [bytes("id", id), bytes("value", key)];
        children.push(NodeBuilder::new("key").children(key).build());
    }
    if !device.certificate.is_empty() {
        children.push(bytes("device-identity", device.certificate.clone()));
    }
    Ok(user.children(children).build())
}

/// Once a companion can be written to, its phone shares the key of its settings with it.
pub(super) fn greet(state: &mut State, peer: &Peer) -> anyhow::Result<()> {
    let Some(own) = &peer.device else {
        return Ok(());
    };
    let device = state.device(own)?;
    if device.greeted || device.signed_key.is_none() {
        return Ok(());
    }
    device.greeted = true;
    let (number, device) = own;
    let key = state.phone(number)?.settings.key;
    let id = format!("KEY{}", state.next());
    let letter = Letter {
        only: Some(*device),
        ..Letter::new(number, number, &id)
    };
    phones::send(state, &letter, &key_share(&key))
        .context("the phone could not share its settings' key")
}

fn key_share(key: &[u8; 32]) -> Message {
    let key = AppStateSyncKey {
        key_id: MessageField::some(AppStateSyncKeyId {
            key_id: Some(settings::KEY_ID.to_vec()),
        }),
        key_data: MessageField::some(AppStateSyncKeyData {
            key_data: Some(key.to_vec()),
            fingerprint: MessageField::some(AppStateSyncKeyFingerprint {
                raw_id: Some(1),
                current_index: Some(1),
                device_indexes: vec![0, 1],
            }),
            timestamp: Some(1),
        }),
    };
    let share = ProtocolMessage {
        r#type: Some(protocol_message::Type::APP_STATE_SYNC_KEY_SHARE),
        app_state_sync_key_share: MessageField::some(AppStateSyncKeyShare { keys: vec![key] }),
        ..Default::default()
    };
    Message {
        protocol_message: MessageField::some(share),
        ..Default::default()
    }
}
