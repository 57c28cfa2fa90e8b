//! The questions of companions (`iq`): keys, settings, who has which devices, and the many that are just answered. Called by `connection`.

use anyhow::Context as _;
use whatsapp_rust::{
    NodeBuilder,
    buffa::{Message as _, MessageField},
    wacore_binary::Node,
    waproto::whatsapp::{SyncdPatch, SyncdVersion},
};

use super::{
    connection::Peer,
    directory, files, groups, keys, pairing,
    stanza::{SERVER, attribute, bytes, grandchildren, phone_jid},
    state::State,
};

/// What becomes of a question.
pub(super) enum Answer {
    /// It is answered with these children.
    With(Vec<Node>),
    /// It is refused with this code.
    Refused(&'static str),
}

/// Answers a question.
pub(super) fn answer(state: &mut State, peer: &Peer, query: &Node) -> anyhow::Result<()> {
    if query
        .get_optional_child("remove-companion-device")
        .is_some()
    {
        return leave(state, peer, query);
    }
    let kind = attribute(query, "type");
    let answer = match (attribute(query, "xmlns").as_str(), kind.as_str()) {
        ("encrypt", "set") => keys::publish(state, peer, query)?,
        ("encrypt", "get") => keys::ask(state, peer, query)?,
        ("md", _) => link_code(state, peer, query)?,
        ("usync", _) => directory::look_up(state, query)?,
        ("abt", _) => Answer::With(vec![
            NodeBuilder::new("props")
                .attr("protocol", "1")
                .attr("hash", "mock")
                .build(),
        ]),
        ("blocklist", _) => Answer::With(vec![blocked(state, peer)?]),
        ("privacy", "get") => Answer::With(vec![NodeBuilder::new("privacy").build()]),
        ("w:sync:app:state", _) => Answer::With(vec![settings(state, peer, query)?]),
        ("w:g2", _) => groups::ask(state, &peer.linked()?.0, query)?,
        ("w:m", _) => Answer::With(vec![files::servers(state)]),
        ("w:profile:picture", _) => picture(state, query),
        _ => Answer::With(Vec::new()),
    };
    let id = attribute(query, "id");
    peer.line.send(reply(id, answer));
    if query.get_optional_child("active").is_some() {
        hand_over(state, peer)?;
    }
    keys::greet(state, peer)
}

/// A companion ends its link: the phone lists it no more.
fn leave(state: &mut State, peer: &Peer, query: &Node) -> anyhow::Result<()> {
    let (number, device) = peer.linked()?;
    state.phone(number)?.devices.remove(device);
    let id = attribute(query, "id");
    peer.line.send(reply(id, Answer::With(Vec::new())));
    Ok(())
}

/// Whom the phone blocks.
fn blocked(state: &mut State, peer: &Peer) -> anyhow::Result<Node> {
    let blocked = &state.phone(&peer.linked()?.0)?.blocked;
    let items = blocked.iter().map(|number| {
        let item = NodeBuilder::new("item").attr("jid", phone_jid(number, 0));
        item.build()
    });
    Ok(NodeBuilder::new("list").children(items).build())
}

/// Somebody's picture.
fn picture(state: &mut State, query: &Node) -> Answer {
    let whose = [attribute(query, "target"), attribute(query, "to")];
    let found = whose.iter().find_map(|jid| {
        let (number, _) = state.resolve(jid)?;
        let phone = state.phones.get_mut(&number)?;
        phone.asked += 1;
        let id = phone.picture.clone()?;
        Some((number, id))
    });
    let Some((number, id)) = found else {
        return Answer::Refused("404");
    };
    let path = format!("/pictures/{number}/{id}");
    let picture = NodeBuilder::new("picture")
        .attr("id", id)
        .attr("type", "preview")
        .attr("url", format!("https://{}{path}", state.host))
        .attr("direct_path", path);
    Answer::With(vec![picture.build()])
}

fn reply(id: String, answer: Answer) -> Node {
    let reply = NodeBuilder::new("iq").attr("from", SERVER).attr("id", id);
    match answer {
        Answer::With(children) if children.is_empty() => reply.attr("type", "result").build(),
        Answer::With(children) => reply.attr("type", "result").children(children).build(),
        Answer::Refused(code) => {
            let error = NodeBuilder::new("error")
                .attr("code", code)
                .attr("text", "item-not-found");
            reply
                .attr("type", "error")
                .children([error.build()])
                .build()
        }
    }
}

fn link_code(state: &mut State, peer: &Peer, query: &Node) -> anyhow::Result<Answer> {
    let Some(step) = query.get_optional_child("link_code_companion_reg") else {
        return Ok(Answer::With(Vec::new()));
    };
    let reply = pairing::code_step(state, &peer.line, step)?;
    Ok(Answer::With(reply.into_iter().collect()))
}

/// A companion is ready for what comes in: first what waited for it.
fn hand_over(state: &mut State, peer: &Peer) -> anyhow::Result<()> {
    let device = state.device(peer.linked()?)?;
    device.active = true;
    let waiting = device.hand_over();
    let count = NodeBuilder::new("offline")
        .attr("count", waiting.len().to_string())
        .build();
    for mut stanza in waiting {
        stanza.attrs.insert("offline", "0");
        peer.line.send(stanza);
    }
    peer.line
        .send(NodeBuilder::new("ib").children([count]).build());
    Ok(())
}

/// The phone's settings, as encrypted patches; what companions change is not kept.
fn settings(state: &mut State, peer: &Peer, query: &Node) -> anyhow::Result<Node> {
    let (number, _) = peer.linked()?;
    let phone = state.phone(number)?;
    let collections = grandchildren(query, "sync").iter().map(|asked| {
        let name = attribute(asked, "name");
        let have: usize = attribute(asked, "version").parse().unwrap_or(0);
        let (version, patches) = phone.settings.patches(&name, have);
        let collection = NodeBuilder::new("collection")
            .attr("name", name)
            .attr("version", version.to_string());
        if patches.is_empty() {
            return Ok(collection.build());
        }
        let patches = (have + 1..).zip(patches).map(|(version, patch)| {
            // The server stamps the version into what it stores.
            let mut patch = SyncdPatch::decode_from_slice(patch).context("a patch")?;
            patch.version = MessageField::some(SyncdVersion {
                version: Some(u64::try_from(version)?),
            });
            Ok(bytes("patch", patch.encode_to_vec()))
        });
        let patches = patches.collect::<anyhow::Result<Vec<Node>>>()?;
        let patches = NodeBuilder::new("patches").children(patches).build();
        Ok(collection.children([patches]).build())
    });
    let collections = collections.collect::<anyhow::Result<Vec<Node>>>()?;
    Ok(NodeBuilder::new("sync").children(collections).build())
}
