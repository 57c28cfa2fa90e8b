//! Messages in and out, through the API, to and from simulated phones.

use hoopoe_simulator::linked::{Addressing, FileToSend, SentAs, words};
use serde_json::{Value, json};

use super::world::{ANA, SHOP, World, on_engines, until};

pub const BEN: &str = "40721000002";

/// An account that is linked and sends as fast as it is asked to.
pub async fn shop(world: &World) -> String {
    let id = world.linked().await;
    let path = format!("/accounts/{id}");
    let change = json!({ "rate_per_second": 1000 });
    world.shop.admin.patch(&path, change).await.expect(200);
    world
        .until_companions("the connection", |all| all.iter().any(|one| one.active))
        .await;
    id
}

/// The account's only conversation, once it has so many messages.
pub async fn thread(world: &World, account: &str, count: usize) -> (Value, Vec<Value>) {
    until("messages", async || {
        let found = world.shop.conversations().await;
        let mut found = found.into_iter().filter(|one| one["account_id"] == account);
        let conversation = found.next()?;
        assert!(found.next().is_none(), "one conversation");
        let path = format!("/conversations/{}", conversation["id"].as_str().unwrap());
        let messages = world.shop.thread(&conversation).await;
        // As it is with these messages.
        let conversation = world.shop.manager.get(&path).await.expect(200).json;
        (messages.len() >= count).then_some((conversation, messages))
    })
    .await
}

pub async fn send(world: &World, conversation: &Value, body: Value) -> Value {
    let id = conversation["id"].as_str().unwrap();
    let path = format!("/conversations/{id}/messages");
    world.shop.manager.post(&path, body).await.expect(201).json
}

pub async fn until_status(world: &World, message: &Value, status: &str) -> Value {
    let path = format!("/messages/{}", message["id"].as_str().unwrap());
    until(status, async || {
        let message = world.shop.manager.get(&path).await.expect(200).json;
        (message["status"] == status).then_some(message)
    })
    .await
}

/// What Ana's phone received, once it is so much.
pub async fn inbox(world: &World, count: usize) -> Vec<hoopoe_simulator::linked::Received> {
    until("the phone", async || {
        let inbox = world.mock.inbox(ANA).unwrap();
        (inbox.len() >= count).then_some(inbox)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_writes_is_answered_and_the_ticks_follow() {
    on_engines(async |world| {
        let account = shop(world).await;
        let asked = world.mock.write(ANA, SHOP, "Do you have ferns?").unwrap();
        let (conversation, messages) = thread(world, &account, 1).await;
        assert_eq!((&messages[0]["text"], &messages[0]["direction"]), (&json!("Do you have ferns?"), &json!("in")));
        assert_eq!(conversation["contact"]["name"], "Ana");
        assert_eq!((&conversation["unread_count"], &conversation["is_group"]), (&json!(1), &json!(false)));
        let read = json!({ "message_id": messages[0]["id"] });
        let path = format!("/conversations/{}/read", conversation["id"].as_str().unwrap());
        world.shop.manager.post(&path, read).await.expect(200);
        until("the read mark", async || {
            let receipts = world.mock.receipts(SHOP).unwrap();
            receipts.iter().any(|receipt| receipt.kind == "read" && receipt.id == asked).then_some(())
        })
        .await;
        let answer = json!({ "client_id": "a", "text": { "body": "Yes, we do." }, "quote_id": messages[0]["id"] });
        let sent = send(world, &conversation, answer).await;
        let received = inbox(world, 1).await;
        assert_eq!((received[0].text.as_str(), received[0].from.as_str()), ("Yes, we do.", SHOP));
        until_status(world, &sent, "sent").await;
        world.mock.report_delivered(ANA, SHOP, &received[0].id).unwrap();
        until_status(world, &sent, "delivered").await;
        world.mock.report_read(ANA, SHOP, &received[0].id).unwrap();
        until_status(world, &sent, "read").await;
        let path = format!("/messages/{}/attempts", sent["id"].as_str().unwrap());
        let attempts = world.shop.manager.get(&path).await.expect(200).json;
        assert_eq!(attempts["items"].as_array().unwrap().len(), 1, "{attempts}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn somebody_known_by_a_hidden_name_and_then_by_their_number_is_one_person() {
    on_engines(async |world| {
        let account = shop(world).await;
        world.mock.set_addressing(ANA, Addressing::Lid).unwrap();
        world.mock.write(ANA, SHOP, "hidden").unwrap();
        let (hidden, _) = thread(world, &account, 1).await;
        assert_eq!(hidden["reply_to"]["kind"], "lid", "{hidden}");
        world.mock.set_addressing(ANA, Addressing::Both).unwrap();
        world.mock.write(ANA, SHOP, "known").unwrap();
        let (known, messages) = thread(world, &account, 2).await;
        assert_eq!(known["contact"]["phone"], format!("+{ANA}"), "{known}");
        assert_eq!(messages.len(), 2);
        send(
            world,
            &known,
            json!({ "client_id": "a", "text": { "body": "Hello" } }),
        )
        .await;
        assert_eq!(inbox(world, 1).await[0].text, "Hello");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_written_on_our_phone_is_ours() {
    on_engines(async |world| {
        let account = shop(world).await;
        world
            .mock
            .write_on_phone(SHOP, ANA, &words("From the road"))
            .unwrap();
        let (conversation, messages) = thread(world, &account, 1).await;
        assert_eq!(
            (&messages[0]["direction"], &messages[0]["status"]),
            (&json!("out"), &json!("sent"))
        );
        assert_eq!(
            (
                &conversation["unread_count"],
                &conversation["contact"]["phone"]
            ),
            (&json!(0), &json!(format!("+{ANA}")))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_group_is_one_conversation_with_its_authors_unless_it_is_ignored() {
    on_engines(async |world| {
        world.mock.add_phone(BEN, "Ben").unwrap();
        let account = shop(world).await;
        let group = world.mock.add_group("Suppliers", &[ANA, BEN, SHOP], true);
        world
            .mock
            .send_to_group(ANA, &group, &words("Delivery on Monday"))
            .unwrap();
        world
            .mock
            .send_to_group(BEN, &group, &words("Fine"))
            .unwrap();
        let (conversation, messages) = thread(world, &account, 2).await;
        assert_eq!(conversation["is_group"], true, "{conversation}");
        let names: Vec<&Value> = messages
            .iter()
            .map(|message| &message["sender"]["name"])
            .collect();
        assert_eq!(names, [&json!("Ana"), &json!("Ben")]);
        let sent = send(
            world,
            &conversation,
            json!({ "client_id": "g", "text": { "body": "Thanks" } }),
        )
        .await;
        assert_eq!(inbox(world, 1).await[0].text, "Thanks");
        until_status(world, &sent, "sent").await;
        let path = format!("/accounts/{account}");
        world
            .shop
            .admin
            .patch(&path, json!({ "ignore_groups": true }))
            .await
            .expect(200);
        world
            .mock
            .send_to_group(ANA, &group, &words("Not seen"))
            .unwrap();
        world.mock.write(ANA, SHOP, "Only for you").unwrap();
        until("the message", async || {
            let found = world.shop.conversations().await;
            found
                .iter()
                .any(|one| one["is_group"] == false && one["account_id"] == account)
                .then_some(())
        })
        .await;
        assert_eq!(world.shop.thread(&conversation).await.len(), 3);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn files_go_both_ways() {
    on_engines(async |world| {
        let account = shop(world).await;
        let file = FileToSend {
            kind: SentAs::Document,
            bytes: b"%PDF-1.4 an order".to_vec(),
            mime: "application/pdf".into(),
            caption: Some("Our order".into()),
            filename: Some("order.pdf".into()),
        };
        world.mock.send_file(ANA, SHOP, &file).unwrap();
        let (conversation, messages) = thread(world, &account, 1).await;
        assert_eq!((&messages[0]["type"], &messages[0]["text"]), (&json!("document"), &json!("Our order")));
        let media = until("the file", async || {
            let messages = world.shop.thread(&conversation).await;
            let media = messages[0]["media"].clone();
            (media["state"] == "ready").then_some(media)
        })
        .await;
        let path = media["url"].as_str().unwrap().strip_prefix("/api/v1").unwrap().to_owned();
        let fetched = world.shop.manager.get(&path).await.expect(200);
        assert_eq!(fetched.text, "%PDF-1.4 an order");
        let uploads = format!("/conversations/{}/uploads?filename=offer.txt", conversation["id"].as_str().unwrap());
        let upload = world.shop.manager.request("POST", &uploads).body("an offer");
        let upload = crate::support::Answer::of(upload).await.expect(201).json;
        let body = json!({ "client_id": "f", "media": { "upload_id": upload["id"], "caption": "Our offer" } });
        let sent = send(world, &conversation, body).await;
        until_status(world, &sent, "sent").await;
        assert_eq!(inbox(world, 1).await.len(), 1);
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_linked_devices_can_not_send_is_refused_by_name_and_there_is_no_window() {
    on_engines(async |world| {
        let account = shop(world).await;
        world.mock.write(ANA, SHOP, "Hello").unwrap();
        let (conversation, _) = thread(world, &account, 1).await;
        let path = format!("/conversations/{}/messages", conversation["id"].as_str().unwrap());
        let buttons = json!({ "client_id": "b", "interactive": { "kind": "button", "body": "Which?", "buttons": [{ "id": "1", "title": "This" }] } });
        world.shop.manager.post(&path, buttons).await.refused_field("interactive");
        world.server.advance(25 * 60 * 60 * 1000);
        let manager = world.server.log_in(&world.shop.manager.id).await;
        let late = json!({ "client_id": "l", "text": { "body": "A day later" } });
        manager.post(&path, late).await.expect(201);
        assert_eq!(inbox(world, 1).await[0].text, "A day later");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_says_why() {
    on_engines(async |world| {
        let account = shop(world).await;
        world.mock.write(ANA, SHOP, "Hello").unwrap();
        let (conversation, _) = thread(world, &account, 1).await;
        world.mock.refuse_next_message(SHOP, "463").unwrap();
        let refused = send(
            world,
            &conversation,
            json!({ "client_id": "r", "text": { "body": "No" } }),
        )
        .await;
        let refused = until_status(world, &refused, "failed").await;
        assert_eq!(refused["error"]["code"], 463, "{refused}");
        assert!(!refused["error"]["detail"].as_str().unwrap().is_empty());
    })
    .await;
}
