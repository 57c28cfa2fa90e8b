//! What phones send to the companions of others, and of their own. Called by the mock's public functions, and by `keys` when a companion is new.

use anyhow::Context as _;
use whatsapp_rust::{
    NodeBuilder,
    buffa::MessageField,
    wacore_binary::{Jid, Node},
    waproto::whatsapp::{Message, message::DeviceSentMessage},
};

use super::{
    Addressing,
    endpoint::Endpoint,
    stanza::{SERVER, bytes, lid_jid, phone_jid},
    state::{Away, Phone, State},
};

/// From whom a message is, and to whom.
pub(super) struct Letter<'a> {
    pub from: &'a str,
    /// The phone whose companions get it.
    pub to: &'a str,
    /// One of them alone.
    pub only: Option<u16>,
    /// To whom it went, where a phone tells its own companions what was written on it.
    pub recipient: Option<&'a Jid>,
    pub id: &'a str,
}

impl<'a> Letter<'a> {
    pub(super) fn new(from: &'a str, to: &'a str, id: &'a str) -> Self {
        Self {
            from,
            to,
            only: None,
            recipient: None,
            id,
        }
    }

    /// The stanza around what is sealed.
    fn envelope(&self, sender: &Phone) -> NodeBuilder {
        let stanza = NodeBuilder::new("message")
            .attr("id", self.id.to_owned())
            .attr("type", "text")
            .attr("t", super::now().to_string())
            .attr("notify", sender.name.clone());
        let (by_phone, by_lid) = (phone_jid(self.from, 0), lid_jid(&sender.lid, 0));
        match (self.recipient, sender.addressing) {
            (Some(recipient), _) => stanza
                .attr("from", by_phone)
                .attr("recipient", recipient.clone()),
            _ if self.from == self.to => stanza.attr("from", by_phone).attr("category", "peer"),
            (None, Addressing::Phone) => stanza.attr("from", by_phone),
            (None, Addressing::Both) => stanza.attr("from", by_lid).attr("sender_pn", by_phone),
            (None, Addressing::Lid) => stanza.attr("from", by_lid),
        }
    }
}

/// A phone writes to the companions of another, or to its own.
pub(super) fn send(
    state: &mut State,
    letter: &Letter<'_>,
    message: &Message,
) -> anyhow::Result<()> {
    for number in receivers(state, letter)? {
        let sealed = seal(state, (letter.from, letter.to), number, message)?;
        let envelope = letter.envelope(state.phone(letter.from)?);
        deliver(
            state,
            (letter.to, number),
            envelope.children([sealed]).build(),
        )?;
    }
    Ok(())
}

/// Somebody has written on a phone: it tells its own companions.
pub(super) fn send_own(
    state: &mut State,
    number: &str,
    to: &str,
    message: &Message,
    id: &str,
) -> anyhow::Result<()> {
    let receiver = state.phone(to)?;
    let recipient = match receiver.addressing {
        Addressing::Phone => phone_jid(to, 0),
        Addressing::Both | Addressing::Lid => lid_jid(&receiver.lid, 0),
    };
    let told = Message {
        device_sent_message: MessageField::some(DeviceSentMessage {
            destination_jid: Some(recipient.to_string()),
            message: MessageField::some(message.clone()),
            ..Default::default()
        }),
        ..Default::default()
    };
    let letter = Letter {
        recipient: Some(&recipient),
        ..Letter::new(number, number, id)
    };
    send(state, &letter, &told)
}

/// The companions that get a message.
pub(super) fn receivers(state: &mut State, letter: &Letter<'_>) -> anyhow::Result<Vec<u16>> {
    let mut companions = state.phone(letter.to)?.companions();
    companions.retain(|number| letter.only.is_none_or(|only| only == *number));
    Ok(companions)
}

/// Seals a message for one companion.
pub(super) fn seal(
    state: &mut State,
    (from, to): (&str, &str),
    number: u16,
    message: &Message,
) -> anyhow::Result<Node> {
    let device = (to.to_owned(), number);
    let bundle = state.device(&device)?.bundle();
    let bundle = bundle.context("a companion without keys")?;
    let sender = state.phone(from)?;
    let jid = phone_jid(to, number);
    let (kind, sealed, first) = sender.endpoint.encrypt(&jid, &bundle, message)?;
    if first {
        state.device(&device)?.keys.pop_front();
    }
    Ok(NodeBuilder::new("enc")
        .attr("v", "2")
        .attr("type", kind)
        .bytes(sealed)
        .build())
}

/// Hands a stanza to one companion, now or as soon as it asks.
pub(super) fn deliver(
    state: &mut State,
    (to, number): (&str, u16),
    stanza: Node,
) -> anyhow::Result<()> {
    let deaf = state.phone(to)?.deaf;
    let device = (to.to_owned(), number);
    state.device(&device)?.deliver(stanza, deaf);
    Ok(())
}

/// Hands a stanza to all companions of a phone.
pub(super) fn tell(state: &mut State, to: &str, stanza: &Node) -> anyhow::Result<()> {
    let receiver = state.phone(to)?;
    let deaf = receiver.deaf;
    let devices = receiver.devices.iter_mut();
    for (_, device) in devices.filter(|(number, _)| **number != 0) {
        device.deliver(stanza.clone(), deaf);
    }
    Ok(())
}

/// The address by which others are told of a phone.
pub(super) fn address(state: &mut State, number: &str) -> anyhow::Result<Jid> {
    let phone = state.phone(number)?;
    Ok(match phone.addressing {
        Addressing::Phone => phone_jid(number, 0),
        Addressing::Both | Addressing::Lid => lid_jid(&phone.lid, 0),
    })
}

/// A phone says what became of a message.
pub(super) fn report(
    state: &mut State,
    (from, to): (&str, &str),
    kind: &'static str,
    id: &str,
) -> anyhow::Result<()> {
    let receipt = NodeBuilder::new("receipt")
        .attr("id", id.to_owned())
        .attr("t", super::now().to_string())
        .attr("from", address(state, from)?);
    // Delivery is the receipt without a type.
    let receipt = match kind {
        "" => receipt.build(),
        kind => receipt.attr("type", kind).build(),
    };
    tell(state, to, &receipt)
}

/// What companions are told of whether somebody looks at a phone.
pub(super) fn presence(state: &mut State, number: &str) -> anyhow::Result<Node> {
    let from = address(state, number)?;
    let phone = state.phone(number)?;
    let there = NodeBuilder::new("presence").attr("from", from);
    Ok(match phone.away {
        None => there.build(),
        Some(Away { last_seen: None }) => there.attr("type", "unavailable").build(),
        Some(Away {
            last_seen: Some(last),
        }) => {
            let there = there.attr("type", "unavailable");
            there.attr("last", last.to_string()).build()
        }
    })
}

/// Somebody begins to look at a phone, or does no more: companions that asked for it and are looked at themselves are told.
pub(super) fn show_presence(state: &mut State, number: &str) -> anyhow::Result<()> {
    let told = presence(state, number)?;
    let phones = state.phones.values_mut();
    for device in phones.flat_map(|phone| phone.devices.values_mut()) {
        if device.watching.contains(number) && device.is_available() {
            device.deliver(told.clone(), false);
        }
    }
    Ok(())
}

/// A phone shows that somebody types, to those companions that somebody looks at.
pub(super) fn type_to(
    state: &mut State,
    (from, to): (&str, &str),
    activity: &str,
) -> anyhow::Result<()> {
    let child = match activity {
        "recording" => NodeBuilder::new("composing").attr("media", "audio").build(),
        "composing" => NodeBuilder::new("composing").build(),
        _ => NodeBuilder::new("paused").build(),
    };
    let stanza = NodeBuilder::new("chatstate")
        .attr("from", address(state, from)?)
        .children([child])
        .build();
    let receiver = state.phone(to)?;
    let deaf = receiver.deaf;
    for device in receiver.devices.values_mut() {
        if device.is_available() {
            device.deliver(stanza.clone(), deaf);
        }
    }
    Ok(())
}

/// A phone could not read a companion's message, and asks for it once more.
pub(super) fn ask_again(
    state: &mut State,
    number: &str,
    from: &(String, u16),
    id: &str,
) -> anyhow::Result<()> {
    let retry = NodeBuilder::new("retry")
        .attr("v", "1")
        .attr("count", "1")
        .attr("id", id.to_owned())
        .attr("t", super::now().to_string())
        .build();
    let registration = bytes("registration", Endpoint::registration());
    let receipt = NodeBuilder::new("receipt")
        .attr("id", id.to_owned())
        .attr("type", "retry")
        .attr("t", super::now().to_string())
        .attr("from", address(state, number)?)
        .children([retry, registration])
        .build();
    deliver(state, (&from.0, from.1), receipt)
}

/// A phone has another picture, or none: the companions of another are told.
pub(super) fn show_picture(state: &mut State, number: &str, to: &str) -> anyhow::Result<()> {
    let (from, id) = (address(state, number)?, state.next_id());
    let picture = state.phone(number)?.picture.clone();
    let child = match picture {
        Some(picture) => NodeBuilder::new("set").attr("id", picture),
        None => NodeBuilder::new("delete"),
    };
    let notice = NodeBuilder::new("notification")
        .attr("type", "picture")
        .attr("id", id)
        .attr("t", super::now().to_string())
        .attr("from", from.clone())
        .children([child.attr("jid", from).build()]);
    tell(state, to, &notice.build())
}

/// A phone sends something to be seen once: companions are told that it is there, and nothing else.
pub(super) fn withhold(state: &mut State, letter: &Letter<'_>) -> anyhow::Result<()> {
    let kept = NodeBuilder::new("unavailable")
        .attr("type", "view_once")
        .build();
    let envelope = letter.envelope(state.phone(letter.from)?);
    tell(state, letter.to, &envelope.children([kept]).build())
}

/// Somebody reads messages on a phone: its companions are told.
pub(super) fn read_on_phone(
    state: &mut State,
    number: &str,
    from: &str,
    id: &str,
) -> anyhow::Result<()> {
    let receipt = NodeBuilder::new("receipt")
        .attr("id", id.to_owned())
        .attr("type", "read-self")
        .attr("t", super::now().to_string())
        .attr("from", phone_jid(number, 0))
        .attr("recipient", address(state, from)?);
    tell(state, number, &receipt.build())
}

/// Somebody marks a chat as read on a phone: its companions are told that its settings have changed.
pub(super) fn mark_read(
    state: &mut State,
    number: &str,
    whom: &str,
    until: i64,
) -> anyhow::Result<()> {
    let chat = address(state, whom)?.to_string();
    let (collection, version) = state.phone(number)?.settings.mark_read(&chat, until)?;
    let changed = NodeBuilder::new("collection")
        .attr("name", collection)
        .attr("version", version.to_string())
        .build();
    let id = state.next_id();
    let notice = NodeBuilder::new("notification")
        .attr("type", "server_sync")
        .attr("id", id)
        .attr("t", super::now().to_string())
        .attr("from", SERVER.parse::<Jid>()?)
        .children([changed]);
    tell(state, number, &notice.build())
}
