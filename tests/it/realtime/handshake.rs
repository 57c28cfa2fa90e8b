//! Who is let in, and what they hear first.

use serde_json::json;

use crate::{
    feature,
    support::{sockets::SocketClient, whatsapp::text},
};

feature! {
    async fn a_socket_is_refused_without_a_valid_token_and_told_why(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let refusal = async |options: serde_json::Value| client.open(server, options).next("connect_error").await;
        assert_eq!(refusal(json!({})).await, "unauthorized");
        assert_eq!(refusal(json!({ "token": "nonsense" })).await, "unauthorized");
        assert_eq!(refusal(json!({ "token": 7 })).await, "unauthorized");
        assert_eq!(refusal(json!({ "token": shop.agent.refresh_cookie })).await, "unauthorized");
        assert_eq!(refusal(json!({ "token": shop.agent.token, "cursors": "x" })).await, "unauthorized");
        client.connect(server, &shop.agent).next("hello").await;
        server.advance(15 * 60_000);
        assert_eq!(refusal(json!({ "token": shop.agent.token })).await, "token_expired");
    }

    async fn hello_names_the_streams_that_may_be_seen_and_their_heads(server: Server) {
        let shop = server.organisation("shop").await;
        let branch = shop.connect("200200200200").await;
        shop.receive(server, &[text("40722000111", "wamid.1", "hello", 0)]).await;
        let Some(client) = SocketClient::start() else { return };
        let hello = client.connect(server, &shop.agent).next("hello").await;
        assert_eq!(hello["user_id"], json!(shop.agent.id));
        assert_eq!(hello["online"], json!([shop.agent.id]));
        let streams = hello["streams"].as_object().unwrap();
        assert_eq!(streams[&format!("account:{}", shop.account)], 2);
        assert!(streams.contains_key(&format!("tenant:{}", shop.id)));
        assert!(streams.contains_key(&format!("user:{}", shop.agent.id)));
        assert_eq!(streams.len(), 3, "and no other: {streams:?}");
        let admin = client.connect(server, &shop.admin).next("hello").await;
        assert!(admin["streams"].as_object().unwrap().contains_key(&format!("account:{branch}")));
    }

    async fn what_happens_is_told_to_those_who_may_see_it_in_number_order(server: Server) {
        let shop = server.organisation("shop").await;
        let stranger = server.organisation("stranger").await;
        let Some(client) = SocketClient::start() else { return };
        let (mut agent, mut other) = (client.connect(server, &shop.agent), client.connect(server, &stranger.admin));
        agent.next("hello").await;
        other.next("hello").await;
        shop.receive(server, &[text("40722000111", "wamid.1", "hello", 0), text("40722000111", "wamid.2", "again", 1)]).await;
        let account = format!("account:{}", shop.account);
        let packet = agent.next_where("events", |packet| packet["stream"] == *account).await;
        let told: Vec<_> = packet["events"].as_array().unwrap().iter().map(|event| (event["seq"].as_i64().unwrap(), event["type"].as_str().unwrap())).collect();
        assert_eq!(told, [(1, "conversation:new"), (2, "message:new"), (3, "message:new")]);
        let data = &packet["events"][1]["data"];
        assert_eq!((&data["message"]["text"], &data["conversation"]["contact"]["name"]), (&json!("hello"), &json!("Customer 40722000111")));
        stranger.receive(server, &[text("40722000111", "wamid.1", "for the stranger", 0)]).await;
        let before = other.all_until("events", |packet| packet["stream"] == format!("account:{}", stranger.account)).await;
        assert!(before.iter().all(|(_, data)| !data.to_string().contains(&account)), "{before:?}");
        assert!(before.iter().all(|(_, data)| !data.to_string().contains("again")), "{before:?}");
    }

    async fn long_polling_works_as_well(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let mut agent = client.open(server, json!({ "token": shop.agent.token, "transports": ["polling"] }));
        agent.next("hello").await;
        shop.receive(server, &[text("40722000111", "wamid.1", "hello", 0)]).await;
        agent.live("message:new").await;
    }
}
