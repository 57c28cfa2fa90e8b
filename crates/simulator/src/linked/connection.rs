//! One companion's connection: the handshake, who it is, and its stanzas one after the other. Called by the listener in `mod`.

use std::sync::Arc;

use anyhow::Context as _;
use axum::extract::ws::{Message as Frame, WebSocket};
use futures_util::{SinkExt as _, StreamExt as _, stream::SplitSink};
use tokio::sync::mpsc;
use whatsapp_rust::{
    NodeBuilder,
    buffa::Message as _,
    wacore_binary::Node,
    waproto::whatsapp::{ClientPayload, DeviceProps},
};

use super::{
    Refusal, World,
    noise::{Frames, Opener, Writer, shake_hands},
    pairing, queries, relay,
    stanza::{SERVER, bytes, lid_jid},
    state::{Line, Out, State},
};

/// How many QR codes a client may show, one after the other.
const REFERENCES: usize = 6;

/// Who is at the other end of a connection.
pub(super) struct Peer {
    pub line: Line,
    /// Phone and device; `None` while it is not linked yet.
    pub device: Option<(String, u16)>,
}

impl Peer {
    /// The device, of a client that has to be linked for what it does.
    pub(super) fn linked(&self) -> anyhow::Result<&(String, u16)> {
        self.device.as_ref().context("not linked")
    }
}

/// Serves a connection until it ends.
pub(super) async fn serve(world: Arc<World>, socket: WebSocket) {
    let id = world.with(State::next);
    if let Err(error) = talk(&world, id, socket).await {
        tracing::debug!(%error, id, "a companion's connection ended");
    }
    world.change(|state| state.hang_up(id));
}

async fn talk(world: &World, id: u64, socket: WebSocket) -> anyhow::Result<()> {
    let (mut sink, stream) = socket.split();
    let mut frames = Frames::new(stream);
    let (payload, (reading, writing)) = shake_hands(&world.key, &mut frames, &mut sink).await?;
    let (out, outgoing) = mpsc::unbounded_channel();
    let writer = tokio::spawn(write(sink, outgoing, Writer::new(writing)));
    let line = Line { id, out };
    let device = world.change(|state| log_in(state, &line, &payload))?;
    let peer = Peer { line, device };
    let mut opener = Opener::new(reading);
    let talked = async {
        while let Some(frame) = frames.next().await? {
            let stanza = opener.stanza(frame)?;
            world.change(|state| heed(state, &peer, &stanza))?;
        }
        anyhow::Ok(())
    };
    let ended = talked.await;
    drop(peer);
    world.change(|state| state.hang_up(id));
    writer.await?;
    ended
}

async fn write(
    mut sink: SplitSink<WebSocket, Frame>,
    mut outgoing: mpsc::UnboundedReceiver<Out>,
    mut writer: Writer,
) {
    while let Some(Out::Stanza(stanza)) = outgoing.recv().await {
        tracing::trace!(?stanza, "out");
        let Ok(frame) = writer.frame(&stanza) else {
            break;
        };
        if sink.send(frame).await.is_err() {
            break;
        }
    }
    let _ = sink.close().await;
}

/// Lets a client in: one that is linked, or one that wants to be.
fn log_in(
    state: &mut State,
    line: &Line,
    payload: &ClientPayload,
) -> anyhow::Result<Option<(String, u16)>> {
    if let Some(wish) = payload.device_pairing_data.as_option() {
        let props = wish.device_props.clone().unwrap_or_default();
        let props = DeviceProps::decode_from_slice(&props)?;
        let platform = props.platform_type.map(|kind| format!("{kind:?}"));
        state.labels.insert(
            line.id,
            (props.os.unwrap_or_default(), platform.unwrap_or_default()),
        );
        offer_codes(state, line);
        return Ok(None);
    }
    let number = payload.username.context("no phone")?.to_string();
    let device = (number, u16::try_from(payload.device.unwrap_or(0))?);
    welcome(state, line, &device);
    Ok(Some(device))
}

/// Gives a client codes to show, each for a while.
pub(super) fn offer_codes(state: &mut State, line: &Line) {
    let references: Vec<String> = (0..REFERENCES)
        .map(|_| format!("2@mock{}", state.next()))
        .collect();
    for reference in &references {
        state.references.insert(reference.clone(), line.clone());
    }
    let codes = references
        .into_iter()
        .map(|reference| bytes("ref", reference.into_bytes()));
    let offer = NodeBuilder::new("iq")
        .attr("from", SERVER)
        .attr("type", "set")
        .attr("id", format!("pair-device-{}", line.id))
        .children([NodeBuilder::new("pair-device").children(codes).build()])
        .build();
    line.send(offer);
}

/// Wants a passkey before the link goes on.
pub(super) fn ask_passkey(line: &Line) {
    let options = r#"{"challenge":"bW9jaw","rpId":"web.whatsapp.com","allowCredentials":[]}"#;
    let request = NodeBuilder::new("notification")
        .attr("from", SERVER)
        .attr("type", "passkey_prologue_request")
        .attr("id", format!("passkey-{}", line.id))
        .attr("t", super::now().to_string())
        .children([bytes("passkey_request_options", options.as_bytes())]);
    line.send(request.build());
}

/// A companion comes back: it takes the place of a connection of its own that is still there.
fn welcome(state: &mut State, line: &Line, device: &(String, u16)) {
    let phone = state.phones.get_mut(&device.0);
    let found = phone.and_then(|phone| {
        let (lid, refusal) = (phone.lid.clone(), phone.refusal);
        let companion = phone.devices.get_mut(&device.1)?;
        Some((lid, refusal, companion))
    });
    match found {
        Some((_, Some(refusal), _)) => refuse(line, refusal),
        None => refuse(line, Refusal::Unlinked),
        Some((lid, None, companion)) => {
            if let Some(old) = companion.line.replace(line.clone()) {
                old.send(replaced());
                old.close();
            }
            companion.active = false;
            companion.connections += 1;
            let success = NodeBuilder::new("success")
                .attr("t", super::now().to_string())
                .attr("lid", lid_jid(&lid, device.1))
                .attr("creation", "1700000000");
            line.send(success.build());
        }
    }
}

/// What a connection is told whose place another one took.
pub(super) fn replaced() -> Node {
    stream_error("conflict", "replaced")
}

/// What a companion is told that the phone removed.
pub(super) fn removed() -> Node {
    stream_error("conflict", "device_removed")
}

fn stream_error(tag: &'static str, kind: &'static str) -> Node {
    let child = NodeBuilder::new(tag).attr("type", kind).build();
    NodeBuilder::new("stream:error").children([child]).build()
}

/// Asks a client to connect anew, as after a link.
pub(super) fn restart(line: &Line) {
    line.send(NodeBuilder::new("stream:error").attr("code", "515").build());
    line.close();
}

fn refuse(line: &Line, refusal: Refusal) {
    let failure = NodeBuilder::new("failure").attr("location", "mock");
    let failure = match refusal {
        Refusal::Unlinked => failure.attr("reason", "401"),
        Refusal::Banned { seconds } => failure
            .attr("reason", "402")
            .attr("code", "101")
            .attr("expire", seconds.to_string()),
        Refusal::Outdated => failure.attr("reason", "405"),
        Refusal::Unavailable => failure.attr("reason", "503"),
    };
    line.send(failure.build());
    line.close();
}

/// Does what a stanza asks for. A deaf connection takes all in and says nothing.
fn heed(state: &mut State, peer: &Peer, stanza: &Node) -> anyhow::Result<()> {
    tracing::trace!(?stanza, "in");
    if let Some((number, _)) = &peer.device
        && state.phone(number)?.deaf
    {
        return Ok(());
    }
    match stanza.tag.as_ref() {
        "iq" if super::stanza::attribute(stanza, "type") == "result" => {
            pairing::confirm(state, &peer.line, stanza)
        }
        "iq" => queries::answer(state, peer, stanza),
        "message" => relay::message(state, peer, stanza),
        "receipt" => relay::receipt(state, peer, stanza),
        "presence" => relay::presence(state, peer, stanza),
        "chatstate" => relay::typing(state, peer, stanza),
        "ack" if super::stanza::attribute(stanza, "class") == "message" => {
            relay::confirm(state, peer.linked()?, stanza)
        }
        // Other acknowledgements and news of the client's state want nothing.
        _ => Ok(()),
    }
}
