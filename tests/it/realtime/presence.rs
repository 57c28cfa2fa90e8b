//! Who is here, who types, who looks: only for the moment.

use serde_json::{Value, json};

use crate::{
    feature,
    support::{
        Organisation, Server,
        sockets::SocketClient,
        whatsapp::{customers_say, text},
    },
};

/// A conversation that the agent may see.
async fn conversation(server: &Server, shop: &Organisation) -> Value {
    shop.receive(server, &[text("40722000111", "wamid.1", "hello", 0)])
        .await;
    shop.conversation_with("40722000111").await["id"].clone()
}

feature! {
    async fn several_tabs_count_once(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let mut manager = client.connect(server, &shop.manager);
        manager.next("hello").await;
        let mut tabs = [client.connect(server, &shop.agent), client.connect(server, &shop.agent)];
        for tab in &mut tabs {
            tab.next("hello").await;
        }
        let is_agent = |data: &Value| data["user_id"] == json!(shop.agent.id);
        manager.next_where("user:online", is_agent).await;
        let hello = client.connect(server, &shop.admin).next("hello").await;
        let mut online: Vec<String> = serde_json::from_value(hello["online"].clone()).unwrap();
        online.sort();
        let mut expected = [&shop.admin, &shop.manager, &shop.agent].map(|person| person.id.to_string());
        expected.sort();
        assert_eq!(online, expected);
        tabs[0].go_offline();
        tabs[0].next("disconnect").await;
        tabs[1].go_offline();
        let told = manager.all_until("user:offline", is_agent).await;
        assert!(!told.iter().any(|(event, data)| event == "user:online" && is_agent(data)), "a second tab is not news: {told:?}");
        assert_eq!(told.iter().filter(|(event, _)| event == "user:offline").count(), 1);
    }

    async fn typing_is_told_to_colleagues_and_stops_by_itself(server: Server) {
        let shop = server.organisation("shop").await;
        let id = conversation(server, &shop).await;
        let Some(client) = SocketClient::start() else { return };
        let (mut manager, mut agent) = (client.connect(server, &shop.manager), client.connect(server, &shop.agent));
        manager.next("hello").await;
        agent.next("hello").await;
        let who = json!({ "conversation_id": id, "user_id": shop.agent.id });
        agent.emit("typing", json!({ "conversation_id": id, "on": true }));
        agent.emit("typing", json!({ "conversation_id": id, "on": true }));
        let told = manager.all_until("typing:stop", |data| *data == who).await;
        assert_eq!(told.iter().filter(|(event, data)| event == "typing:start" && *data == who).count(), 1, "{told:?}");
        agent.emit("typing", json!({ "conversation_id": id, "on": true }));
        assert_eq!(manager.next("typing:start").await, who);
        agent.emit("typing", json!({ "conversation_id": id, "on": false }));
        assert_eq!(manager.next("typing:stop").await, who);
    }

    async fn typing_and_viewing_end_with_the_tab(server: Server) {
        let shop = server.organisation("shop").await;
        let id = conversation(server, &shop).await;
        let Some(client) = SocketClient::start() else { return };
        let (mut manager, mut agent) = (client.connect(server, &shop.manager), client.connect(server, &shop.agent));
        manager.next("hello").await;
        agent.next("hello").await;
        agent.emit("view", json!({ "conversation_id": id }));
        assert_eq!(manager.next("viewers:changed").await, json!({ "conversation_id": id, "user_ids": [shop.agent.id] }));
        agent.emit("typing", json!({ "conversation_id": id, "on": true }));
        manager.next("typing:start").await;
        agent.go_offline();
        let told = manager.all_until("user:offline", |_| true).await;
        let has = |event: &str, data: Value| told.iter().any(|(name, held)| name == event && *held == data);
        // Viewers are told by a task of their own, so sooner or later than the rest.
        let nobody = json!({ "conversation_id": id, "user_ids": [] });
        if !has("viewers:changed", nobody.clone()) {
            assert_eq!(manager.next("viewers:changed").await, nobody);
        }
        assert!(has("typing:stop", json!({ "conversation_id": id, "user_id": shop.agent.id })), "{told:?}");
    }

    async fn two_viewers_are_both_named_and_leave_one_by_one(server: Server) {
        let shop = server.organisation("shop").await;
        let id = conversation(server, &shop).await;
        let Some(client) = SocketClient::start() else { return };
        let (mut manager, mut agent) = (client.connect(server, &shop.manager), client.connect(server, &shop.agent));
        manager.next("hello").await;
        agent.next("hello").await;
        agent.emit("view", json!({ "conversation_id": id }));
        manager.next("viewers:changed").await;
        manager.emit("view", json!({ "conversation_id": id }));
        let both = manager.next_where("viewers:changed", |data| data["user_ids"].as_array().unwrap().len() == 2).await;
        assert_eq!(both["conversation_id"], id);
        agent.emit("view", json!({ "conversation_id": null }));
        let left = manager.next("viewers:changed").await;
        assert_eq!(left["user_ids"], json!([shop.manager.id]));
    }

    async fn nobody_types_or_looks_where_they_may_not(server: Server) {
        let shop = server.organisation("shop").await;
        let branch = shop.connect("200200200200").await;
        let message = customers_say("200200200200", &[text("40722000222", "wamid.2", "branch", 0)]);
        shop.deliver_changes(server, vec![message]).await.expect(200);
        let hidden = shop.conversation_with("40722000222").await;
        assert_eq!(hidden["account_id"], json!(branch));
        let seen = conversation(server, &shop).await;
        let stranger = server.organisation("stranger").await;
        let Some(client) = SocketClient::start() else { return };
        let (mut manager, mut agent, mut other) = (
            client.connect(server, &shop.manager),
            client.connect(server, &shop.agent),
            client.connect(server, &stranger.admin),
        );
        for socket in [&mut manager, &mut agent, &mut other] {
            socket.next("hello").await;
        }
        other.emit("typing", json!({ "conversation_id": seen, "on": true }));
        other.emit("view", json!({ "conversation_id": seen }));
        other.ask("since", json!({ "cursors": {} })).await;
        agent.emit("typing", json!({ "conversation_id": hidden["id"], "on": true }));
        agent.emit("view", json!({ "conversation_id": hidden["id"] }));
        agent.emit("typing", json!({ "conversation_id": seen, "on": true }));
        let told = manager.all_until("typing:start", |data| data["conversation_id"] == seen && data["user_id"] == json!(shop.agent.id)).await;
        let wrong = told.iter().filter(|(event, _)| event.starts_with("typing") || event == "viewers:changed");
        assert_eq!(wrong.count(), 1, "{told:?}");
    }
}
