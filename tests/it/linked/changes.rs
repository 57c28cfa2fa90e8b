//! Our own messages are changed and taken back: as phones see it, as agents see it, and what stands in the way.

use hoopoe_simulator::linked::Received;
use serde_json::{Value, json};

use super::{
    messages::{inbox, send, shop, thread, until_status},
    world::{ANA, SHOP, World, on_engines, until},
};
use crate::support::{Answer, Person, sockets::SocketClient};

/// WhatsApp's numbers for what a message does to another one.
const REVOKE: i32 = 0;
const MESSAGE_EDIT: i32 = 14;

/// A message of ours that Ana's phone has; she wrote before.
async fn sent(world: &World, account: &str, text: &str) -> (Value, Value) {
    world.mock.write(ANA, SHOP, "Hello").unwrap();
    let (conversation, _) = thread(world, account, 1).await;
    let body = json!({ "client_id": "first", "text": { "body": text } });
    let message = send(world, &conversation, body).await;
    let message = until_status(world, &message, "sent").await;
    (conversation, message)
}

fn path(message: &Value) -> String {
    format!("/messages/{}", message["id"].as_str().unwrap())
}

async fn edit(who: &Person, message: &Value, client_id: &str, text: &str) -> Answer {
    let body = json!({ "client_id": client_id, "text": text });
    who.patch(&path(message), body).await
}

/// The message, once it is as is wanted.
async fn until_message(
    who: &Person,
    message: &Value,
    what: &str,
    fits: impl Fn(&Value) -> bool,
) -> Value {
    until(what, async || {
        let message = who.get(&path(message)).await.expect(200).json;
        fits(&message).then_some(message)
    })
    .await
}

/// What a received message does to another: what, and to which.
fn done(received: &Received) -> Option<(i32, String)> {
    let protocol = received.message.protocol_message.as_option()?;
    let key = protocol.key.as_option()?;
    Some((protocol.r#type? as i32, key.id.clone()?))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_is_changed_on_the_customers_phone_and_shown_as_edited() {
    on_engines(async |world| {
        let account = shop(world).await;
        let (_, message) = sent(world, &account, "Yess").await;
        let manager = &world.shop.manager;
        let answer = edit(manager, &message, "e1", "Yes").await.expect(200).json;
        assert_eq!(answer["change"]["client_id"], "e1", "{answer}");
        let shown = until_message(manager, &message, "the edit", |message| {
            message["text"] == "Yes"
        })
        .await;
        assert!(
            shown["edited_at"].is_i64() && shown["change"].is_null(),
            "{shown}"
        );
        let received = inbox(world, 2).await;
        let (what, of) = done(&received[1]).unwrap();
        assert_eq!((what, &of), (MESSAGE_EDIT, &received[0].id));
        // The same once more is done already; late or not.
        world.server.advance(16 * 60 * 1000);
        let manager = world.server.log_in(&manager.id).await;
        let again = edit(&manager, &message, "e1", "Yes").await.expect(200).json;
        assert_eq!(again["text"], "Yes");
        edit(&manager, &message, "e2", "No")
            .await
            .refused(409, "conflict");
        assert_eq!(world.mock.inbox(ANA).unwrap().len(), 2);
        let attempts = manager
            .get(&format!("{}/attempts", path(&message)))
            .await
            .expect(200)
            .json;
        let told: Vec<&Value> = attempts["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["change"])
            .collect();
        assert_eq!(told, [&Value::Null, &json!("edit")]);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_is_taken_back_for_everybody_within_two_days() {
    on_engines(async |world| {
        let account = shop(world).await;
        let (conversation, message) = sent(world, &account, "Oops").await;
        let late = send(
            world,
            &conversation,
            json!({ "client_id": "second", "text": { "body": "Stays" } }),
        )
        .await;
        until_status(world, &late, "sent").await;
        let manager = &world.shop.manager;
        manager
            .delete(&format!("{}?client_id=d1", path(&message)))
            .await
            .expect(200);
        until_message(manager, &message, "the deletion", |message| {
            message["deleted_at"].is_i64()
        })
        .await;
        let received = inbox(world, 3).await;
        assert_eq!(done(&received[2]), Some((REVOKE, received[0].id.clone())));
        // It is gone, and stays so; nothing more can be said of it.
        manager.delete(&path(&message)).await.expect(200);
        edit(manager, &message, "e1", "Hm")
            .await
            .refused(409, "conflict");
        world.server.advance(48 * 60 * 60 * 1000 + 60_000);
        let manager = world.server.log_in(&manager.id).await;
        manager.delete(&path(&late)).await.refused(409, "conflict");
        assert_eq!(world.mock.inbox(ANA).unwrap().len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_keep_their_place_and_what_whatsapp_refuses_is_said() {
    on_engines(async |world| {
        let account = shop(world).await;
        let (conversation, message) = sent(world, &account, "One").await;
        let manager = &world.shop.manager;
        // The first of three is held up: WhatsApp wants it later.
        world.mock.refuse_next_message(SHOP, "503").unwrap();
        let between = json!({ "client_id": "between", "text": { "body": "Between" } });
        let between = send(world, &conversation, between).await;
        until_message(manager, &between, "the first try", |message| {
            message["attempts"] == 1
        })
        .await;
        edit(manager, &message, "e1", "Two").await.expect(200);
        send(
            world,
            &conversation,
            json!({ "client_id": "after", "text": { "body": "After" } }),
        )
        .await;
        world.server.advance(4_000);
        let received = inbox(world, 4).await;
        let order: Vec<(&str, bool)> = received
            .iter()
            .map(|one| (one.text.as_str(), done(one).is_some()))
            .collect();
        assert_eq!(
            order,
            [
                ("One", false),
                ("Between", false),
                ("", true),
                ("After", false)
            ]
        );
        until_message(manager, &message, "the edit", |message| {
            message["text"] == "Two"
        })
        .await;

        world.mock.refuse_next_message(SHOP, "400").unwrap();
        edit(manager, &message, "e2", "Three").await.expect(200);
        let refused = until_message(manager, &message, "the refusal", |message| {
            message["change"]["status"] == "failed"
        })
        .await;
        assert_eq!(
            (&refused["text"], &refused["change"]["error"]["code"]),
            (&json!("Two"), &json!(400))
        );
        let forgotten = manager
            .delete(&format!("{}/change", path(&message)))
            .await
            .expect(200)
            .json;
        assert!(forgotten["change"].is_null());
        manager
            .delete(&format!("{}/change", path(&message)))
            .await
            .refused(409, "conflict");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn only_our_own_texts_that_went_out_can_be_changed() {
    on_engines(async |world| {
        let account = shop(world).await;
        let (conversation, message) = sent(world, &account, "One").await;
        let manager = &world.shop.manager;
        let thread = world.shop.thread(&conversation).await;
        let theirs = thread
            .into_iter()
            .find(|one| one["direction"] == "in")
            .unwrap();
        edit(manager, &theirs, "e1", "x")
            .await
            .refused(409, "conflict");
        let place = json!({ "client_id": "p", "location": { "latitude": 1.0, "longitude": 2.0 } });
        let place = send(world, &conversation, place).await;
        until_status(world, &place, "sent").await;
        edit(manager, &place, "e2", "x")
            .await
            .refused(409, "conflict");
        edit(manager, &message, "e3", "")
            .await
            .refused_field("text");
        edit(manager, &message, "e 4", "x")
            .await
            .refused_field("client_id");
        let scheduled = world.server.app.clock.now() + 60_000;
        let later = json!({ "client_id": "l", "send_at": scheduled, "text": { "body": "Later" } });
        let later = send(world, &conversation, later).await;
        edit(manager, &later, "e5", "x")
            .await
            .refused(409, "conflict");
        let stranger = world.server.organisation("other").await;
        edit(&stranger.manager, &message, "e6", "x")
            .await
            .refused(404, "not_found");
        stranger
            .manager
            .delete(&path(&message))
            .await
            .refused(404, "not_found");
        // What was written on the phone is ours too.
        world
            .mock
            .write_on_phone(SHOP, ANA, &hoopoe_simulator::linked::words("On the road"))
            .unwrap();
        let mine = until("the phone's message", async || {
            let messages = world.shop.thread(&conversation).await;
            messages
                .into_iter()
                .find(|one| one["text"] == "On the road")
        })
        .await;
        edit(manager, &mine, "e7", "At home").await.expect(200);
        until_message(manager, &mine, "the edit", |message| {
            message["text"] == "At home"
        })
        .await;
    })
    .await;
}

/// The messages that a packet of events says are different now.
fn updates(packet: &Value) -> impl Iterator<Item = &Value> {
    let events = packet["events"].as_array().into_iter().flatten();
    let updates = events.filter(|event| event["type"] == "message:updated");
    updates.map(|event| &event["data"]["message"])
}

#[tokio::test(flavor = "multi_thread")]
async fn everybody_who_looks_is_told_of_a_change() {
    let Some(sockets) = SocketClient::start() else {
        return;
    };
    on_engines(async |world| {
        let account = shop(world).await;
        let (_, message) = sent(world, &account, "One").await;
        let mut socket = sockets.connect(&world.server, &world.shop.admin);
        socket.next("hello").await;
        edit(&world.shop.manager, &message, "e1", "Two")
            .await
            .expect(200);
        let packets = socket
            .all_until("events", |packet| {
                updates(packet).any(|message| message["text"] == "Two")
            })
            .await;
        let told: Vec<&Value> = packets
            .iter()
            .flat_map(|(_, packet)| updates(packet))
            .collect();
        let told: Vec<_> = told
            .iter()
            .map(|message| (&message["text"], &message["change"]["text"]))
            .collect();
        assert_eq!(
            told,
            [
                (&json!("One"), &json!("Two")),
                (&json!("Two"), &Value::Null)
            ]
        );
    })
    .await;
}
