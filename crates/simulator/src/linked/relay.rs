//! Messages, receipts and presence of companions, on their way to others. Messages are encrypted from end to end: only a customer's phone, which lives in
//! here, opens those that are for it. Called by `connection`.

use anyhow::Context as _;
use whatsapp_rust::{
    NodeBuilder,
    wacore_binary::{Jid, Node, Server},
    waproto::whatsapp::Message,
};

use super::{
    Received, SeenReceipt,
    connection::Peer,
    files, groups, phones,
    stanza::{attribute, content, grandchildren, lid_jid, phone_jid},
    state::{Phone, State},
};

/// A companion sends a message.
pub(super) fn message(state: &mut State, peer: &Peer, stanza: &Node) -> anyhow::Result<()> {
    let own = peer.linked()?;
    let (id, to) = (attribute(stanza, "id"), attribute(stanza, "to"));
    let refused = state.phone(&own.0)?.nack.take();
    let silent = std::mem::take(&mut state.phone(&own.0)?.silent);
    let ack = NodeBuilder::new("ack")
        .attr("class", "message")
        .attr("id", id.clone())
        .attr("from", to.parse::<Jid>()?)
        .attr("t", super::now().to_string());
    if let Some(code) = refused {
        peer.line.send(ack.attr("error", code).build());
        return Ok(());
    }
    if !silent {
        peer.line.send(ack.build());
    }
    let to_jid: Jid = to.parse()?;
    if to_jid.server == Server::Group {
        return groups::read(state, own, to_jid.user.as_str(), stanza);
    }
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
    if std::mem::take(&mut state.phone(number)?.garbled) {
        return phones::ask_again(state, number, from, id);
    }
    let phone = state.phone(number)?;
    for part in sealed {
        let kind = attribute(part, "type");
        let opened = phone
            .endpoint
            .decrypt(&phone_jid(sender, *device), &kind, &content(part))
            .with_context(|| format!("{number} could not read {id}"))?;
        keep(phone, sender, id, None, opened);
    }
    Ok(())
}

/// A phone shows a message; what comes twice once.
pub(super) fn keep(phone: &mut Phone, from: &str, id: &str, group: Option<&str>, message: Message) {
    let mut inbox = phone.inbox.iter();
    if inbox.any(|seen| seen.id == id && seen.from == from) {
        return;
    }
    phone.inbox.push(Received {
        id: id.to_owned(),
        from: from.to_owned(),
        group: group.map(str::to_owned),
        text: text(&message),
        message,
    });
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
    if kind == "server-error" {
        return files::bring_again(state, own, &id);
    }
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

/// A companion says whether somebody looks at it, or asks whether somebody looks at a phone.
pub(super) fn presence(state: &mut State, peer: &Peer, stanza: &Node) -> anyhow::Result<()> {
    let own = peer.linked()?;
    let kind = attribute(stanza, "type");
    if matches!(kind.as_str(), "available" | "unavailable") {
        state.device(own)?.presence = Some(kind);
        return Ok(());
    }
    let Some((number, _)) = state.resolve(&attribute(stanza, "to")) else {
        return Ok(());
    };
    match kind.as_str() {
        "subscribe" => {
            state.device(own)?.watching.insert(number.clone());
            let there = phones::presence(state, &number)?;
            peer.line.send(there);
        }
        "unsubscribe" => {
            state.device(own)?.watching.remove(&number);
        }
        _ => {}
    }
    Ok(())
}

/// A companion shows that somebody types: others see it where somebody looks at the companion.
pub(super) fn typing(state: &mut State, peer: &Peer, stanza: &Node) -> anyhow::Result<()> {
    let Some((number, _)) = state.resolve(&attribute(stanza, "to")) else {
        return Ok(());
    };
    if !state.device(peer.linked()?)?.is_available() {
        return Ok(());
    }
    let child = stanza.children().and_then(<[Node]>::first);
    let child = child.context("no activity")?;
    let activity = match (child.tag.as_ref(), attribute(child, "media").as_str()) {
        ("composing", "audio") => "recording",
        ("composing", _) => "composing",
        _ => "paused",
    };
    state.phone(&number)?.typing.push(activity.to_owned());
    Ok(())
}
