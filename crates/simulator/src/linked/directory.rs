//! Who is on WhatsApp, under which LID, with which devices (`usync`). Called by `queries`.

use anyhow::Context as _;
use whatsapp_rust::{
    Jid, NodeBuilder,
    buffa::Message as _,
    wacore_binary::Node,
    waproto::whatsapp::{ADVKeyIndexList, ADVSignedKeyIndexList},
};

use super::{
    Addressing,
    queries::Answer,
    stanza::{SERVER, attribute, grandchildren, lid_jid},
    state::{Phone, State},
};

/// What precedes the list of devices where the phone signs it.
const SIGNED_LIST: [u8; 2] = [6, 2];

/// Looks people up.
pub(super) fn look_up(state: &mut State, query: &Node) -> anyhow::Result<Answer> {
    let query = query.get_optional_child("usync").context("no question")?;
    let wanted: Vec<String> = grandchildren(query, "query")
        .iter()
        .map(|field| field.tag.to_string())
        .collect();
    let users = grandchildren(query, "list");
    let users = users.iter().map(|user| about(state, user, &wanted));
    let users = users.collect::<anyhow::Result<Vec<Node>>>()?;
    let list = NodeBuilder::new("list").children(users).build();
    let found = NodeBuilder::new("usync")
        .attr("sid", attribute(query, "sid"))
        .children([list]);
    Ok(Answer::With(vec![found.build()]))
}

fn about(state: &State, user: &Node, wanted: &[String]) -> anyhow::Result<Node> {
    let number = user
        .get_optional_child("contact")
        .and_then(Node::content_as_string);
    let jid = match (attribute(user, "jid"), number) {
        (jid, _) if !jid.is_empty() => jid,
        (_, Some(number)) => format!("{}@{SERVER}", number.trim_start_matches('+')),
        _ => String::new(),
    };
    let phone = state
        .resolve(&jid)
        .and_then(|(number, _)| state.phones.get(&number));
    let fields = wanted
        .iter()
        .map(|field| match (field.as_str(), phone) {
            ("contact", found) => {
                let known = if found.is_some() { "in" } else { "out" };
                Ok(Some(
                    NodeBuilder::new("contact").attr("type", known).build(),
                ))
            }
            ("lid", Some(phone)) if phone.addressing != Addressing::Phone => {
                let lid = lid_jid(&phone.lid, 0);
                Ok(Some(NodeBuilder::new("lid").attr("val", lid).build()))
            }
            ("devices", Some(phone)) => devices(phone).map(Some),
            _ => Ok(None),
        })
        .collect::<anyhow::Result<Vec<Option<Node>>>>()?;
    let jid: Jid = jid.parse()?;
    Ok(NodeBuilder::new("user")
        .attr("jid", jid.to_non_ad())
        .children(fields.into_iter().flatten())
        .build())
}

/// The phone's devices, with its signature.
fn devices(phone: &Phone) -> anyhow::Result<Node> {
    let mut numbers = vec![0];
    numbers.extend(phone.companions());
    let list = numbers.iter().map(|number| {
        let device = NodeBuilder::new("device").attr("id", number.to_string());
        match number {
            0 => device.build(),
            number => device.attr("key-index", number.to_string()).build(),
        }
    });
    let list = NodeBuilder::new("device-list").children(list).build();
    let valid: Vec<u32> = numbers.iter().map(|number| u32::from(*number)).collect();
    let index = ADVKeyIndexList {
        raw_id: Some(1),
        timestamp: Some(super::now()),
        current_index: valid.last().copied(),
        valid_indexes: valid,
        ..Default::default()
    };
    let index = index.encode_to_vec();
    let signed = [&SIGNED_LIST[..], &index].concat();
    let signature = phone
        .identity
        .private_key
        .calculate_signature(&signed, &mut rand::rng())?;
    let signed = ADVSignedKeyIndexList {
        details: Some(index),
        account_signature: Some(signature.to_vec()),
        ..Default::default()
    };
    let signed = NodeBuilder::new("key-index-list")
        .attr("ts", super::now().to_string())
        .bytes(signed.encode_to_vec())
        .build();
    Ok(NodeBuilder::new("devices").children([list, signed]).build())
}
