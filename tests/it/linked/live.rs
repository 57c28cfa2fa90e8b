//! Signs of life: who types, who is there, what was read; both ways, as the account's settings allow.

use hoopoe_db::testing::postgres;
use serde_json::{Value, json};

use super::{
    messages::{shop, thread},
    nodes,
    world::{ANA, SHOP, World, on_engines, phones, until},
};
use crate::support::{Person, sockets::SocketClient};

/// A conversation with Ana, and its account.
async fn with_ana(world: &World) -> (String, Value, Vec<Value>) {
    let account = shop(world).await;
    world.mock.write(ANA, SHOP, "Do you have ferns?").unwrap();
    let (conversation, messages) = thread(world, &account, 1).await;
    (account, conversation["id"].clone(), messages)
}

async fn set(world: &World, account: &str, settings: Value) {
    let path = format!("/accounts/{account}");
    world.shop.admin.patch(&path, settings).await.expect(200);
}

async fn read(who: &Person, conversation: &Value, message: &Value) {
    let path = format!("/conversations/{}/read", conversation.as_str().unwrap());
    let body = json!({ "message_id": message["id"] });
    who.post(&path, body).await.expect(200);
}

/// Waits until the companion asks for Ana, and is looked at; or neither.
async fn until_looked(world: &World, looked: bool) {
    world
        .until_companions("what is looked at", |all| {
            let available = all[0].presence.as_deref() == Some("available");
            all[0].watching.contains(&ANA.to_owned()) == looked && available == looked
        })
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_sees_a_customer_come_type_and_go_and_nobody_asks_for_them_afterwards() {
    on_engines(async |world| {
        let (_, id, _) = with_ana(world).await;
        let Some(client) = SocketClient::start() else {
            return;
        };
        let mut manager = client.connect(&world.server, &world.shop.manager);
        manager.next("hello").await;
        world.mock.type_to(ANA, SHOP, "composing").unwrap();
        until_looked(world, false).await;
        manager.emit("view", json!({ "conversation_id": id }));
        let there = manager.next("customer:presence").await;
        assert_eq!(
            there,
            json!({ "conversation_id": id, "online": true, "last_seen_at": null })
        );
        until_looked(world, true).await;
        world.mock.type_to(ANA, SHOP, "composing").unwrap();
        let typing = manager.next("customer:typing").await;
        assert_eq!(
            (&typing["conversation_id"], &typing["activity"]),
            (&id, &json!("typing")),
            "and nothing of what nobody looked at"
        );
        world.mock.type_to(ANA, SHOP, "recording").unwrap();
        assert_eq!(
            manager.next("customer:typing").await["activity"],
            "recording"
        );
        world.mock.write(ANA, SHOP, "Big ones?").unwrap();
        assert_eq!(
            manager.next("customer:typing").await["activity"],
            "paused",
            "who has written types no more"
        );
        world
            .mock
            .set_online(ANA, false, Some(1_700_000_000))
            .unwrap();
        let gone = manager.next("customer:presence").await;
        assert_eq!(
            gone,
            json!({ "conversation_id": id, "online": false, "last_seen_at": 1_700_000_000_000_i64 })
        );
        let mut admin = client.connect(&world.server, &world.shop.admin);
        admin.next("hello").await;
        admin.emit("view", json!({ "conversation_id": id }));
        assert_eq!(
            admin.next("customer:presence").await,
            gone,
            "who comes later is told as well"
        );
        admin.emit("view", json!({ "conversation_id": null }));
        manager.emit("view", json!({ "conversation_id": null }));
        until_looked(world, false).await;
        manager.emit("view", json!({ "conversation_id": id }));
        until_looked(world, true).await;
        world.mock.set_online(ANA, true, None).unwrap();
        manager
            .next_where("customer:presence", |one| one["online"] == true)
            .await;
        world.mock.drop_connections(SHOP).unwrap();
        // Without a connection nothing is known.
        manager
            .next_where("customer:presence", |one| {
                one["online"] == false && one["last_seen_at"].is_null()
            })
            .await;
        manager
            .next_where("customer:presence", |one| one["online"] == true)
            .await;
        until_looked(world, true).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn those_who_may_not_see_the_account_hear_nothing_of_its_customers() {
    on_engines(async |world| {
        let (_, id, _) = with_ana(world).await;
        let Some(client) = SocketClient::start() else {
            return;
        };
        let mut agent = client.connect(&world.server, &world.shop.agent);
        let mut manager = client.connect(&world.server, &world.shop.manager);
        agent.next("hello").await;
        manager.next("hello").await;
        manager.emit("view", json!({ "conversation_id": id }));
        manager.next("customer:presence").await;
        until_looked(world, true).await;
        world.mock.type_to(ANA, SHOP, "composing").unwrap();
        manager.next("customer:typing").await;
        drop(client.connect(&world.server, &world.shop.admin));
        let heard = agent
            .all_until("user:online", |who| {
                who["user_id"] == json!(world.shop.admin.id)
            })
            .await;
        assert!(
            !heard
                .iter()
                .any(|(event, _)| event.starts_with("customer:")),
            "{heard:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn typing_that_is_not_said_again_ends_by_itself() {
    let database = hoopoe_db::testing::sqlite().await;
    let world = World::start(database, |_| {}).await;
    let (_, id, _) = with_ana(&world).await;
    if let Some(client) = SocketClient::start() {
        let mut manager = client.connect(&world.server, &world.shop.manager);
        manager.next("hello").await;
        manager.emit("view", json!({ "conversation_id": id }));
        until_looked(&world, true).await;
        world.mock.type_to(ANA, SHOP, "composing").unwrap();
        assert_eq!(manager.next("customer:typing").await["activity"], "typing");
        assert_eq!(manager.next("customer:typing").await["activity"], "paused");
    }
    world.server.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_customer_sees_that_somebody_types_and_reads_only_where_the_account_says_so() {
    on_engines(async |world| {
        let (account, id, messages) = with_ana(world).await;
        set(
            world,
            &account,
            json!({ "send_typing": false, "send_read_receipts": false }),
        )
        .await;
        let Some(client) = SocketClient::start() else {
            return;
        };
        let mut manager = client.connect(&world.server, &world.shop.manager);
        manager.next("hello").await;
        let type_here = |on: bool| manager_types(&manager, &id, on);
        manager.emit("view", json!({ "conversation_id": id }));
        type_here(true);
        read(&world.shop.manager, &id, &messages[0]).await;
        // Whatever of it were told would be told before an answer that is sent now.
        let path = format!("/conversations/{}/messages", id.as_str().unwrap());
        let answer = json!({ "client_id": "a", "text": { "body": "Yes." } });
        world.shop.manager.post(&path, answer).await.expect(201);
        until("the answer", async || {
            (!world.mock.inbox(ANA).unwrap().is_empty()).then_some(())
        })
        .await;
        assert!(world.mock.typing(ANA).unwrap().is_empty());
        assert!(
            !world
                .mock
                .receipts(SHOP)
                .unwrap()
                .iter()
                .any(|one| one.kind == "read")
        );
        until_looked(world, false).await;
        type_here(false);
        manager.emit("view", json!({ "conversation_id": null }));

        set(
            world,
            &account,
            json!({ "send_typing": true, "send_read_receipts": true }),
        )
        .await;
        manager.emit("view", json!({ "conversation_id": id }));
        until_looked(world, true).await;
        type_here(true);
        until("typing", async || {
            world
                .mock
                .typing(ANA)
                .unwrap()
                .contains(&"composing".to_owned())
                .then_some(())
        })
        .await;
        type_here(false);
        until("its end", async || {
            (world.mock.typing(ANA).unwrap().last()? == "paused").then_some(())
        })
        .await;
        let next = world.mock.write(ANA, SHOP, "Big ones?").unwrap();
        let (_, messages) = thread(world, &account, 3).await;
        read(&world.shop.manager, &id, messages.last().unwrap()).await;
        until("the read mark", async || {
            let receipts = world.mock.receipts(SHOP).unwrap();
            receipts
                .iter()
                .any(|one| one.kind == "read" && one.id == next)
                .then_some(())
        })
        .await;
    })
    .await;
}

fn manager_types(socket: &crate::support::sockets::Socket<'_>, id: &Value, on: bool) {
    socket.emit("typing", json!({ "conversation_id": id, "on": on }));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_read_on_the_phone_is_read_here_once_and_no_further() {
    on_engines(async |world| {
        let account = shop(world).await;
        let first = world.mock.write(ANA, SHOP, "One").unwrap();
        let second = world.mock.write(ANA, SHOP, "Two").unwrap();
        world.mock.write(ANA, SHOP, "Three").unwrap();
        let (conversation, _) = thread(world, &account, 3).await;
        assert_eq!(conversation["unread_count"], 3);
        let Some(client) = SocketClient::start() else {
            return;
        };
        let mut manager = client.connect(&world.server, &world.shop.manager);
        manager.next("hello").await;
        world.mock.read_on_phone(SHOP, ANA, &second).unwrap();
        world.mock.read_on_phone(SHOP, ANA, &first).unwrap();
        world.mock.read_on_phone(SHOP, ANA, &second).unwrap();
        let (_, read) = manager.live("conversation:read").await;
        assert_eq!(
            (&read["data"]["unread_count"], &read["data"]["user_id"]),
            (&json!(1), &json!(null))
        );
        // An id that is not here waits for its message; what is read twice is told once.
        world
            .mock
            .mark_read_on_phone(SHOP, ANA, 1_000_000_000)
            .unwrap();
        world
            .mock
            .mark_read_on_phone(SHOP, ANA, 4_000_000_000)
            .unwrap();
        let (_, read) = manager.live("conversation:read").await;
        assert_eq!(read["data"]["unread_count"], 0);
        world.mock.write(ANA, SHOP, "Four").unwrap();
        let (conversation, _) = thread(world, &account, 4).await;
        assert_eq!(
            conversation["unread_count"], 1,
            "what came later was not read"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_read_on_the_phone_while_we_were_away_is_read_when_it_comes() {
    on_engines(async |world| {
        let account = shop(world).await;
        world.mock.write(ANA, SHOP, "Before").unwrap();
        thread(world, &account, 1).await;
        // Told before its message, as it may be after a while without a connection.
        world.mock.read_on_phone(SHOP, ANA, "MOCK_NEXT").unwrap();
        world
            .mock
            .write_as(ANA, SHOP, "Meanwhile", "MOCK_NEXT")
            .unwrap();
        until("the mark", async || {
            let (conversation, messages) = thread(world, &account, 2).await;
            (messages.len() == 2 && conversation["unread_count"] == 0).then_some(())
        })
        .await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn signs_of_life_go_both_ways_over_the_node_that_has_the_phone() {
    let Some(database) = postgres().await else {
        return;
    };
    let Some(client) = SocketClient::start() else {
        return;
    };
    let mock = phones().await;
    let one = nodes::start(&database.url, &mock, "300").await;
    let other = one.join().await;
    let account = nodes::add(&one).await;
    let code = nodes::code(&one, &other, &account).await;
    mock.scan(SHOP, &code).unwrap();
    nodes::until_state(&other, &account, "connected").await;
    nodes::until_connections(&mock, 1).await;
    let asked = mock.write(ANA, SHOP, "Hello").unwrap();
    let id = until("the conversation", async || {
        other.threads().await.remove(ANA)
    })
    .await;
    let mut socket = client.open_at(&other.url(), json!({ "token": other.token() }));
    socket.next("hello").await;
    socket.emit("view", json!({ "conversation_id": id }));
    let there = socket.next("customer:presence").await;
    assert_eq!(there["online"], true);
    mock.type_to(ANA, SHOP, "composing").unwrap();
    assert_eq!(socket.next("customer:typing").await["activity"], "typing");
    socket.emit("typing", json!({ "conversation_id": id, "on": true }));
    until("typing", async || {
        (mock.typing(ANA).unwrap().last()? == "composing").then_some(())
    })
    .await;
    let page = other.get(&format!("conversations/{id}/messages")).await;
    let read = json!({ "message_id": page["items"][0]["id"] });
    other.post(&format!("conversations/{id}/read"), read).await;
    until("the read mark", async || {
        let receipts = mock.receipts(SHOP).unwrap();
        receipts
            .iter()
            .any(|one| one.kind == "read" && one.id == asked)
            .then_some(())
    })
    .await;
    database.db.close().await;
}
