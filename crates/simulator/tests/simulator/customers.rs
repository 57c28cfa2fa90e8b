//! Customers: identities and their changes, quotes, reactions, kinds of messages, echoes.

use bytes::Bytes;
use hoopoe_simulator::{
    MessageStatus, NewCustomer, OrderItem, Outgoing, SendOptions, SharedContact,
};
use serde_json::json;

use crate::stage::{NUMBER, Stage};

#[tokio::test]
async fn a_new_number_is_told_by_a_system_message_and_an_update() {
    let stage = Stage::new().await;
    let hello = Outgoing::text("Hi");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, hello)
        .unwrap();
    let after = stage
        .simulator
        .change_phone(&stage.ana.id, "+40 721 999 999")
        .unwrap();
    let system = stage.received_items("messages").await.pop().unwrap();
    assert_eq!(system["type"], "system");
    assert_eq!(system["from"], "40721000001");
    assert_eq!(system["system"]["type"], "user_changed_number");
    assert_eq!(system["system"]["wa_id"], "40721999999");
    assert_eq!(system["system"]["user_id"], json!(after.user_id));
    let update = stage.received_items("user_id_update").await.remove(0);
    let ids = json!({"previous": stage.ana.user_id, "current": after.user_id});
    assert_eq!(update["user_id"], ids);

    let stranger = NewCustomer::named("Stranger", "40721000001");
    assert_ne!(stage.simulator.add_customer(stranger).id, stage.ana.id);
    assert!(
        stage
            .simulator
            .change_phone(&stage.ana.id, "40721000001")
            .is_err()
    );
}

#[tokio::test]
async fn a_new_user_id_keeps_the_number() {
    let stage = Stage::new().await;
    let hello = Outgoing::text("Hi");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, hello)
        .unwrap();
    let after = stage.simulator.change_user_id(&stage.ana.id).unwrap();
    assert_eq!(after.wa_id, stage.ana.wa_id);
    let system = stage.received_items("messages").await.pop().unwrap();
    assert_eq!(system["system"]["type"], "user_changed_user_id");
    assert_eq!(system["from_user_id"], json!(stage.ana.user_id));
    let old_id_still_finds_her = stage.simulator.customer(&stage.ana.user_id);
    assert_eq!(old_id_still_finds_her.unwrap().id, stage.ana.id);
}

#[tokio::test]
async fn quotes_and_reactions_point_at_their_message() {
    let stage = Stage::new().await;
    let hello = Outgoing::text("Hi");
    let first = stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, hello)
        .unwrap();
    let more = Outgoing::text("As I said");
    let options = SendOptions::quoting(&first);
    let ana = &stage.ana.id;
    stage
        .simulator
        .customer_sends_with(NUMBER, ana, more, options)
        .unwrap();
    stage.simulator.customer_reacts(&first, "👍").unwrap();
    let messages = stage.received_items("messages").await;
    assert_eq!(messages[1]["context"]["id"], json!(first));
    assert_eq!(messages[2]["type"], "reaction");
    assert_eq!(
        messages[2]["reaction"],
        json!({"message_id": first, "emoji": "👍"})
    );
    assert_eq!(stage.simulator.message(&first).unwrap().reactions.len(), 1);
    stage.simulator.customer_reacts(&first, "").unwrap();
    assert_eq!(stage.simulator.message(&first).unwrap().reactions.len(), 0);
}

/// One of every kind, with its wire type.
#[allow(clippy::too_many_lines, reason = "a list")]
fn one_of_every_kind() -> Vec<(Outgoing, &'static str)> {
    let file = || Bytes::from_static(b"file");
    let mime = |mime: &str| mime.to_owned();
    let title = || "Blue".to_owned();
    let card = SharedContact {
        name: "Bo".to_owned(),
        phone: Some("+1 555 010 2222".to_owned()),
        ..SharedContact::default()
    };
    let item = OrderItem {
        product_retailer_id: "fern-1".to_owned(),
        quantity: 2,
        item_price: 12.5,
        currency: "EUR".to_owned(),
    };
    vec![
        (
            Outgoing::Voice {
                bytes: file(),
                mime: mime("audio/ogg"),
            },
            "audio",
        ),
        (
            Outgoing::Video {
                bytes: file(),
                mime: mime("video/mp4"),
                caption: None,
            },
            "video",
        ),
        (
            Outgoing::Sticker {
                bytes: file(),
                mime: mime("image/webp"),
                animated: false,
            },
            "sticker",
        ),
        (
            Outgoing::Document {
                bytes: file(),
                mime: mime("application/pdf"),
                filename: Some("a.pdf".to_owned()),
                caption: None,
            },
            "document",
        ),
        (
            Outgoing::Location {
                latitude: 44.4,
                longitude: 26.1,
                name: None,
                address: None,
            },
            "location",
        ),
        (Outgoing::Contacts(vec![card]), "contacts"),
        (
            Outgoing::ButtonReply {
                id: "b".to_owned(),
                title: title(),
            },
            "interactive",
        ),
        (
            Outgoing::ListReply {
                id: "l".to_owned(),
                title: title(),
                description: None,
            },
            "interactive",
        ),
        (
            Outgoing::TemplateButton {
                text: title(),
                payload: "p".to_owned(),
            },
            "button",
        ),
        (
            Outgoing::Order {
                catalog_id: "c".to_owned(),
                text: None,
                items: vec![item],
            },
            "order",
        ),
        (
            Outgoing::Unsupported {
                kind: "poll_creation".to_owned(),
            },
            "unsupported",
        ),
        (
            Outgoing::Raw {
                kind: "hologram".to_owned(),
                node: json!({"x": 1}),
            },
            "hologram",
        ),
    ]
}

#[tokio::test]
async fn every_kind_goes_out_under_its_wire_type() {
    let stage = Stage::new().await;
    let kinds = one_of_every_kind();
    let expected: Vec<&str> = kinds.iter().map(|(_, kind)| *kind).collect();
    for (what, _) in kinds.clone() {
        stage
            .simulator
            .customer_sends(NUMBER, &stage.ana.id, what)
            .unwrap();
    }
    let messages = stage.received_items("messages").await;
    let types: Vec<&str> = messages
        .iter()
        .map(|m| m["type"].as_str().unwrap())
        .collect();
    assert_eq!(types, expected);
    assert_eq!(messages[0]["audio"]["voice"], true);
    assert_eq!(
        messages[5]["contacts"][0]["phones"][0]["wa_id"],
        "15550102222"
    );
    assert_eq!(messages[10]["errors"][0]["code"], 131_051);
}

#[tokio::test]
async fn the_business_phone_is_echoed_with_statuses() {
    let stage = Stage::new().await;
    let at = 1_789_000_000_000;
    let text = Outgoing::text("From the shop's phone");
    let options = SendOptions::at(at);
    let ana = &stage.ana.id;
    let wamid = stage
        .simulator
        .business_phone_sends(NUMBER, ana, text, options)
        .unwrap();
    stage
        .simulator
        .send_status(&wamid, MessageStatus::Read, Some(at + 5_000))
        .unwrap();
    let echo = stage.received_items("message_echoes").await.remove(0);
    assert_eq!(echo["from"], "15550100001");
    assert_eq!(echo["to"], "40721000001");
    assert_eq!(echo["to_user_id"], json!(stage.ana.user_id));
    assert_eq!(echo["timestamp"], "1789000000");
    let status = stage.received_items("statuses").await.remove(0);
    assert_eq!(status["timestamp"], "1789000005");
}
