//! Groups: who is in them, and messages for all of them at once, encrypted with a key that their sender has given to each. Called by `queries`, `relay` and
//! the mock's public functions.

use std::collections::HashSet;

use anyhow::Context as _;
use whatsapp_rust::{
    NodeBuilder,
    buffa::MessageField,
    wacore_binary::{Jid, Node, Server},
    waproto::whatsapp::{
        Message, MessageKey,
        message::{ProtocolMessage, SenderKeyDistributionMessage, protocol_message},
    },
};

use super::{
    phones::{self, Letter},
    queries::Answer,
    relay,
    stanza::{attribute, content, grandchildren, lid_jid, phone_jid},
    state::State,
};

/// A group.
#[derive(Debug)]
pub(super) struct Group {
    pub subject: String,
    /// Numbers; the first one made it.
    pub members: Vec<String>,
    /// Whether its members go by their LIDs.
    pub by_lid: bool,
    /// Companions that have a sender's key: sender, receiver, device.
    keyed: HashSet<(String, String, u16)>,
}

impl Group {
    pub(super) fn new(subject: &str, members: &[&str], by_lid: bool) -> Self {
        Self {
            subject: subject.to_owned(),
            members: members.iter().map(|member| (*member).to_owned()).collect(),
            by_lid,
            keyed: HashSet::new(),
        }
    }
}

/// The address of a group.
pub(super) fn jid(id: &str) -> Jid {
    Jid::new(id, Server::Group)
}

fn find<'a>(state: &'a mut State, id: &str) -> anyhow::Result<&'a mut Group> {
    let group = state.groups.get_mut(id);
    group.with_context(|| format!("there is no group {id}"))
}

/// How a member goes in a group, and by which other name.
fn member(state: &mut State, number: &str, by_lid: bool) -> anyhow::Result<(Jid, Jid)> {
    let lid = lid_jid(&state.phone(number)?.lid, 0);
    let phone = phone_jid(number, 0);
    Ok(if by_lid { (lid, phone) } else { (phone, lid) })
}

/// Answers who is in a group, or which groups somebody is in.
pub(super) fn ask(state: &mut State, number: &str, query: &Node) -> anyhow::Result<Answer> {
    let to: Jid = attribute(query, "to").parse()?;
    // Who asks for all their groups asks the server of groups.
    if to.server == Server::Group && !to.user.is_empty() {
        let id = to.user.to_string();
        if !state.groups.contains_key(&id) {
            return Ok(Answer::Refused("404"));
        }
        return Ok(Answer::With(vec![describe(state, &id)?]));
    }
    let mut ids: Vec<String> = state
        .groups
        .iter()
        .filter(|(_, group)| group.members.iter().any(|member| member == number))
        .map(|(id, _)| id.clone())
        .collect();
    ids.sort();
    let groups = ids.iter().map(|id| describe(state, id));
    let groups = groups.collect::<anyhow::Result<Vec<Node>>>()?;
    Ok(Answer::With(vec![
        NodeBuilder::new("groups").children(groups).build(),
    ]))
}

fn describe(state: &mut State, id: &str) -> anyhow::Result<Node> {
    let group = find(state, id)?;
    let (subject, members, by_lid) = (group.subject.clone(), group.members.clone(), group.by_lid);
    let founder = members.first().cloned();
    let participants = members.iter().map(|number| {
        let (jid, other) = member(state, number, by_lid)?;
        let role = (founder.as_ref() == Some(number)).then_some("superadmin");
        let other_name = if by_lid { "phone_number" } else { "lid" };
        let participant = NodeBuilder::new("participant")
            .attr("jid", jid)
            .attr(other_name, other);
        Ok(match role {
            Some(role) => participant.attr("type", role).build(),
            None => participant.build(),
        })
    });
    let participants = participants.collect::<anyhow::Result<Vec<Node>>>()?;
    Ok(NodeBuilder::new("group")
        .attr("id", id.to_owned())
        .attr("subject", subject)
        .attr("creation", "1700000000")
        .attr("addressing_mode", if by_lid { "lid" } else { "pn" })
        .children(participants)
        .build())
}

/// A customer's phone writes to a group: to the companions of all phones that are in it.
pub(super) fn send(
    state: &mut State,
    from: &str,
    id: &str,
    message: &Message,
) -> anyhow::Result<String> {
    let group = find(state, id)?;
    let (members, by_lid) = (group.members.clone(), group.by_lid);
    let message_id = state.next_id();
    let (own, other) = member(state, from, by_lid)?;
    let group_jid = jid(id).to_string();
    let endpoint = &mut state.phone(from)?.endpoint;
    let (key, sealed) = endpoint.encrypt_for_group(&group_jid, &own, message)?;
    let key = Message {
        sender_key_distribution_message: MessageField::some(SenderKeyDistributionMessage {
            group_id: Some(group_jid),
            axolotl_sender_key_distribution_message: Some(key),
        }),
        ..Default::default()
    };
    let mode = if by_lid { "lid" } else { "pn" };
    let other_name = if by_lid {
        "participant_pn"
    } else {
        "participant_lid"
    };
    for to in members {
        let letter = Letter::new(from, &to, &message_id);
        for device in phones::receivers(state, &letter)? {
            let keyed = (from.to_owned(), to.clone(), device);
            let mut parts = Vec::new();
            if find(state, id)?.keyed.insert(keyed) {
                parts.push(phones::seal(state, (from, &to), device, &key)?);
            }
            let all = NodeBuilder::new("enc").attr("v", "2").attr("type", "skmsg");
            parts.push(all.bytes(sealed.clone()).build());
            let stanza = NodeBuilder::new("message")
                .attr("id", message_id.clone())
                .attr("type", "text")
                .attr("t", super::now().to_string())
                .attr("notify", state.phone(from)?.name.clone())
                .attr("from", jid(id))
                .attr("participant", own.clone())
                .attr("addressing_mode", mode)
                .attr(other_name, other.clone());
            phones::deliver(state, (&to, device), stanza.children(parts).build())?;
        }
    }
    Ok(message_id)
}

/// What a phone writes to take back a message of somebody in a group.
pub(super) fn deletion(
    state: &mut State,
    id: &str,
    author: &str,
    message_id: &str,
) -> anyhow::Result<Message> {
    let by_lid = find(state, id)?.by_lid;
    let (participant, _) = member(state, author, by_lid)?;
    let key = MessageKey {
        remote_jid: Some(jid(id).to_string()),
        from_me: Some(false),
        id: Some(message_id.to_owned()),
        participant: Some(participant.to_string()),
    };
    Ok(Message {
        protocol_message: MessageField::some(ProtocolMessage {
            key: MessageField::some(key),
            r#type: Some(protocol_message::Type::REVOKE),
            ..Default::default()
        }),
        ..Default::default()
    })
}

/// A companion writes to a group: the phones that are in it read it.
pub(super) fn read(
    state: &mut State,
    own: &(String, u16),
    id: &str,
    stanza: &Node,
) -> anyhow::Result<()> {
    let group = find(state, id)?;
    let (members, by_lid) = (group.members.clone(), group.by_lid);
    let group_jid = jid(id).to_string();
    let lid = state.phone(&own.0)?.lid.clone();
    let sender = if by_lid {
        lid_jid(&lid, own.1)
    } else {
        phone_jid(&own.0, own.1)
    };
    for device in grandchildren(stanza, "participants") {
        let Some((number, 0)) = state.resolve(&attribute(device, "jid")) else {
            continue;
        };
        let phone = state.phone(&number)?;
        for part in device.get_children_by_tag("enc") {
            let kind = attribute(part, "type");
            let from = phone_jid(&own.0, own.1);
            let opened = phone.endpoint.decrypt(&from, &kind, &content(part))?;
            let key = opened.sender_key_distribution_message.as_option();
            let key = key.and_then(|key| key.axolotl_sender_key_distribution_message.as_ref());
            let key = key.context("no key for the group")?;
            phone.endpoint.learn_key(&group_jid, &sender, key)?;
        }
    }
    let all = stanza
        .get_children_by_tag("enc")
        .find(|part| attribute(part, "type") == "skmsg");
    let sealed = content(all.context("nothing for the group")?);
    let message_id = attribute(stanza, "id");
    for number in members.iter().filter(|number| **number != own.0) {
        let phone = state.phone(number)?;
        let opened = phone
            .endpoint
            .decrypt_of_group(&group_jid, &sender, &sealed)
            .with_context(|| format!("{number} could not read {message_id}"))?;
        relay::keep(phone, &own.0, &message_id, Some(id), opened);
    }
    Ok(())
}

/// A member's phone says what became of a message in a group.
pub(super) fn report(
    state: &mut State,
    (from, to): (&str, &str),
    id: &str,
    kind: &'static str,
    message_id: &str,
) -> anyhow::Result<()> {
    let by_lid = find(state, id)?.by_lid;
    let (participant, _) = member(state, from, by_lid)?;
    let receipt = NodeBuilder::new("receipt")
        .attr("id", message_id.to_owned())
        .attr("t", super::now().to_string())
        .attr("from", jid(id))
        .attr("participant", participant);
    let receipt = match kind {
        "" => receipt.build(),
        kind => receipt.attr("type", kind).build(),
    };
    phones::tell(state, to, &receipt)
}

/// The group is called otherwise.
pub(super) fn rename(state: &mut State, id: &str, by: &str, subject: &str) -> anyhow::Result<()> {
    let group = find(state, id)?;
    subject.clone_into(&mut group.subject);
    let by_lid = group.by_lid;
    let (participant, _) = member(state, by, by_lid)?;
    let changed = NodeBuilder::new("subject")
        .attr("subject", subject.to_owned())
        .attr("s_t", super::now().to_string())
        .attr("s_o", participant)
        .build();
    tell(state, id, by, changed)
}

/// The group was made: whoever is in it is told all of it.
pub(super) fn create(state: &mut State, id: &str) -> anyhow::Result<()> {
    let described = describe(state, id)?;
    let founder = find(state, id)?.members.first().cloned();
    let created = NodeBuilder::new("create").children([described]).build();
    tell(state, id, &founder.context("a group of nobody")?, created)
}

/// Somebody comes (is added, or joins where it is they who do it) or goes.
pub(super) fn change(
    state: &mut State,
    id: &str,
    by: &str,
    whom: &str,
    comes: bool,
) -> anyhow::Result<()> {
    let group = find(state, id)?;
    let by_lid = group.by_lid;
    group.members.retain(|member| member != whom);
    // Who goes hears of it, too.
    group.members.push(whom.to_owned());
    let (jid, other) = member(state, whom, by_lid)?;
    let other_name = if by_lid { "phone_number" } else { "lid" };
    let participant = NodeBuilder::new("participant")
        .attr("jid", jid)
        .attr(other_name, other)
        .build();
    let tag = if comes { "add" } else { "remove" };
    let changed = NodeBuilder::new(tag).children([participant]).build();
    tell(state, id, by, changed)?;
    if !comes {
        let group = find(state, id)?;
        group.members.retain(|member| member != whom);
    }
    Ok(())
}

/// Tells all members what somebody did.
fn tell(state: &mut State, id: &str, by: &str, what: Node) -> anyhow::Result<()> {
    let group = find(state, id)?;
    let (members, by_lid) = (group.members.clone(), group.by_lid);
    let (participant, other) = member(state, by, by_lid)?;
    let notice_id = state.next_id();
    let notice = NodeBuilder::new("notification")
        .attr("type", "w:gp2")
        .attr("id", notice_id)
        .attr("t", super::now().to_string())
        .attr("from", jid(id))
        .attr("participant", participant);
    let notice = if by_lid {
        let notice = notice.attr("participant_pn", other);
        notice.attr("addressing_mode", "lid")
    } else {
        notice
    };
    let notice = notice.children([what]).build();
    members
        .iter()
        .try_for_each(|member| phones::tell(state, member, &notice))
}
