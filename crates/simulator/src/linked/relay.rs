//! Messages, receipts and presence on their way between devices. Messages are encrypted from end to end: only a customer's phone, which lives in here,
//! opens those that are for it. Called by `connection` (companions) and by the mock's public functions (phones).

use anyhow::Context as _;
use whatsapp_rust::{
    NodeBuilder,
    wacore_binary::{Jid, Node, Server},
    waproto::whatsapp::Message,
};

use super::{
    Addressing, Received, SeenReceipt,
    connection::Peer,
    stanza::{attribute, content, grandchildren, lid_jid, phone_jid},
    state::State,
};

/// A companion sends a message.
pub(super) fn message(state: &mut State, peer: &Peer, stanza: &Node) -> anyhow::Result<()> {
    let own = peer.linked()?;
    let (id, to) = (attribute(stanza, "id"), attribute(stanza, "to"));
    let refused = state.phone(&own.0)?.nack.take();
    let ack = NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", id.clone())
        .attr("from", to.parse::<Jid>()?)
        .attr("t", super::now().to_string());
    if let Some(code) = refused {
        peer.line.send(ack.attr("error", code).build());
        return Ok(());
    }
    peer.line.send(ack.build());
    for (jid, sealed) in addressees(stanza, &to) {
        let Some(device) = state.resolve(&jid) else {
            continue;
        };
        if device.1 == 0 {
            read_on_phone(state, own, &device.0, &id, &sealed)?;
        } else {
            forward(state, own, &device, stanza, &jid, sealed)?;
        }
    }
    Ok(())
}

/// For whom a message is, and what is sealed for each device.
fn addressees(stanza: &Node, to: &str) -> Vec<(String, Vec<Node>)> {
    let sealed = |node: &Node| node.get_children_by_tag("enc").cloned().collect();
    match stanza.get_optional_child("participants") {
        Some(list) => list
            .get_children_by_tag("to")
            .map(|device| (attribute(device, "jid"), sealed(device)))
            .collect(),
        None => vec![(to.to_owned(), sealed(stanza))],
    }
}

/// A phone in here opens a message. Its own companions' messages to others reach it too, and it has no need of them.
fn read_on_phone(
    state: &mut State,
    from: &(String, u16),
    number: &str,
    id: &str,
    sealed: &[Node],
) -> anyhow::Result<()> {
    let (sender, device) = from;
    if sender == number {
        return Ok(());
    }
    let phone = state.phone(number)?;
    for part in sealed {
        let kind = attribute(part, "type");
        let opened = phone
            .endpoint
            .decrypt(&phone_jid(sender, *device), &kind, &content(part))
            .with_context(|| format!("{number} could not read {id}"))?;
        phone.inbox.push(Received {
            id: id.to_owned(),
            from: sender.clone(),
            text: text(&opened),
        });
    }
    Ok(())
}

/// The words of a message.
fn text(message: &Message) -> String {
    let extended = message.extended_text_message.as_option();
    message
        .conversation
        .clone()
        .or_else(|| extended.and_then(|message| message.text.clone()))
        .unwrap_or_default()
}

/// Hands a companion's message to another companion.
fn forward(
    state: &mut State,
    from: &(String, u16),
    to: &(String, u16),
    stanza: &Node,
    jid: &str,
    mut sealed: Vec<Node>,
) -> anyhow::Result<()> {
    let (number, device) = from;
    let sender = state.phone(number)?;
    let (lid, name) = (sender.lid.clone(), sender.name.clone());
    let (by_lid, by_phone) = (lid_jid(&lid, *device), phone_jid(number, *device));
    let forwarded = NodeBuilder::new("message")
        .attr("id", attribute(stanza, "id"))
        .attr("type", attribute(stanza, "type"))
        .attr("t", super::now().to_string())
        .attr("notify", name);
    let jid: Jid = jid.parse()?;
    let mut forwarded = if jid.server == Server::Lid {
        forwarded
            .attr("from", by_lid)
            .attr("sender_pn", by_phone.to_non_ad())
    } else {
        forwarded
            .attr("from", by_phone)
            .attr("sender_lid", by_lid.to_non_ad())
    };
    if to.0 == *number {
        forwarded = forwarded.attr("recipient", attribute(stanza, "to").parse::<Jid>()?);
    }
    if sealed.iter().any(|part| attribute(part, "type") == "pkmsg") {
        sealed.extend(stanza.get_optional_child("device-identity").cloned());
    }
    let deaf = state.phone(&to.0)?.deaf;
    if let Ok(device) = state.device(to) {
        device.deliver(forwarded.children(sealed).build(), deaf);
    }
    Ok(())
}

/// A phone writes to the companions of another (or to its own, to one of them).
pub(super) fn send(
    state: &mut State,
    (from, to): (&str, &str),
    only: Option<u16>,
    message: &Message,
    id: &str,
) -> anyhow::Result<()> {
    let receiver = state.phone(to)?;
    let (deaf, companions) = (receiver.deaf, receiver.companions());
    for number in companions {
        if only.is_some_and(|only| only != number) {
            continue;
        }
        let device = (to.to_owned(), number);
        let bundle = state.device(&device)?.bundle();
        let bundle = bundle.context("a companion without keys")?;
        let sender = state.phone(from)?;
        let (kind, sealed, first) =
            sender
                .endpoint
                .encrypt(&phone_jid(to, number), &bundle, message)?;
        let sealed = NodeBuilder::new("enc")
            .attr("v", "2")
            .attr("type", kind)
            .bytes(sealed);
        let stanza = NodeBuilder::new("message")
            .attr("id", id.to_owned())
            .attr("type", "text")
            .attr("t", super::now().to_string())
            .attr("notify", sender.name.clone());
        let (by_phone, by_lid) = (phone_jid(from, 0), lid_jid(&sender.lid, 0));
        let stanza = match sender.addressing {
            _ if from == to => stanza.attr("from", by_phone).attr("category", "peer"),
            Addressing::Phone => stanza.attr("from", by_phone),
            Addressing::Both => stanza.attr("from", by_lid).attr("sender_pn", by_phone),
            Addressing::Lid => stanza.attr("from", by_lid),
        };
        let device = state.device(&device)?;
        if first {
            device.keys.pop_front();
        }
        device.deliver(stanza.children([sealed.build()]).build(), deaf);
    }
    Ok(())
}

/// A phone says what became of a message.
pub(super) fn report(
    state: &mut State,
    (from, to): (&str, &str),
    kind: &'static str,
    id: &str,
) -> anyhow::Result<()> {
    let sender = state.phone(from)?;
    let by = match sender.addressing {
        Addressing::Phone => phone_jid(from, 0),
        Addressing::Both | Addressing::Lid => lid_jid(&sender.lid, 0),
    };
    let receipt = NodeBuilder::new("receipt")
        .attr("id", id.to_owned())
        .attr("t", super::now().to_string())
        .attr("from", by);
    // Delivery is the receipt without a type.
    let receipt = match kind {
        "" => receipt.build(),
        kind => receipt.attr("type", kind).build(),
    };
    let receiver = state.phone(to)?;
    let deaf = receiver.deaf;
    let companions = receiver
        .devices
        .iter_mut()
        .filter(|(number, _)| **number != 0);
    for (_, device) in companions {
        device.deliver(receipt.clone(), deaf);
    }
    Ok(())
}

/// A companion says what became of a message.
pub(super) fn receipt(state: &mut State, peer: &Peer, stanza: &Node) -> anyhow::Result<()> {
    let own = peer.linked()?;
    let (id, kind) = (attribute(stanza, "id"), attribute(stanza, "type"));
    confirm(state, own, stanza)?;
    let ack = NodeBuilder::new("ack")
        .attr("class", "receipt")
        .attr("id", id.clone())
        .attr("from", attribute(stanza, "to").parse::<Jid>()?);
    peer.line.send(match kind.as_str() {
        "" => ack.build(),
        kind => ack.attr("type", kind.to_owned()).build(),
    });
    state.phone(&own.0)?.receipts.push(SeenReceipt { id, kind });
    Ok(())
}

/// A companion confirms messages, by a receipt for one or many, or by a bare acknowledgement.
pub(super) fn confirm(state: &mut State, own: &(String, u16), stanza: &Node) -> anyhow::Result<()> {
    let device = state.device(own)?;
    device.confirm(&attribute(stanza, "id"));
    for item in grandchildren(stanza, "list") {
        device.confirm(&attribute(item, "id"));
    }
    Ok(())
}

/// A companion says whether somebody looks at it.
pub(super) fn presence(state: &mut State, peer: &Peer, stanza: &Node) -> anyhow::Result<()> {
    let kind = attribute(stanza, "type");
    if matches!(kind.as_str(), "available" | "unavailable") {
        state.device(peer.linked()?)?.presence = Some(kind);
    }
    Ok(())
}
