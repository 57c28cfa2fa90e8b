//! A live socket follows what its user may do: at once, and not only at the next connection.

use serde_json::json;

use crate::{
    feature,
    support::{
        sockets::SocketClient,
        whatsapp::{customers_say, text},
    },
};

/// Beyond the look-over of seats there is nothing to wait for: 15 minutes of an access token, and a little.
const TOKEN_LIFE_MS: i64 = 15 * 60_000 + 1_000;

feature! {
    async fn who_is_taken_off_an_account_hears_nothing_more_of_it(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let mut agent = client.connect(server, &shop.agent);
        agent.next("hello").await;
        shop.receive(server, &[text("40722000111", "wamid.1", "for the agent", 0)]).await;
        agent.live("message:new").await;
        let members = format!("/accounts/{}/members", shop.account);
        shop.admin.put(&members, json!({ "user_ids": [] })).await.expect(200);
        shop.receive(server, &[text("40722000222", "wamid.2", "not for the agent", 1)]).await;
        // The tenant's stream tells of the new contact after the account's told of the message.
        let is_new = |packet: &serde_json::Value| packet.to_string().contains("contact:new") && packet.to_string().contains("40722000222");
        let told = agent.all_until("events", is_new).await;
        assert!(!told.iter().any(|(_, data)| data.to_string().contains("not for the agent")), "{told:?}");
        assert!(told.iter().any(|(_, data)| data.to_string().contains("membership:changed")), "{told:?}");
        let since = agent.ask("since", json!({ "cursors": { format!("account:{}", shop.account): 0 } })).await;
        assert_eq!(since, json!({ "streams": [] }));
        shop.admin.put(&members, json!({ "user_ids": [shop.agent.id] })).await.expect(200);
        agent.next_where("events", |packet| packet.to_string().contains("membership:changed")).await;
        shop.receive(server, &[text("40722000333", "wamid.3", "for the agent again", 2)]).await;
        agent.live("message:new").await;
    }

    async fn who_is_disabled_is_told_and_cut_at_once_and_not_let_in_again(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let mut agent = client.connect(server, &shop.agent);
        agent.next("hello").await;
        shop.admin.patch(&format!("/users/{}", shop.agent.id), json!({ "disabled": true })).await.expect(200);
        agent.next("session:expired").await;
        assert_eq!(agent.next("disconnect").await, "io server disconnect");
        assert_eq!(client.connect(server, &shop.agent).next("connect_error").await, "unauthorized");
    }

    async fn a_token_that_ends_ends_its_socket_and_a_renewed_one_does_not(server: Server) {
        let mut shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let mut renewed = client.connect(server, &shop.agent);
        let mut ended = client.connect(server, &shop.manager);
        renewed.next("hello").await;
        ended.next("hello").await;
        server.advance(60_000);
        shop.agent.refresh(server).await.expect(200);
        assert_eq!(renewed.ask("auth", json!({ "token": shop.manager.token })).await["ok"], false, "another's token");
        assert_eq!(renewed.ask("auth", json!({ "token": "nonsense" })).await["ok"], false);
        assert_eq!(renewed.ask("auth", json!({ "token": shop.agent.token })).await, json!({ "ok": true }));
        server.advance(TOKEN_LIFE_MS - 60_000);
        ended.next("session:expired").await;
        ended.next("disconnect").await;
        shop.receive(server, &[text("40722000111", "wamid.1", "still here", 0)]).await;
        renewed.live("message:new").await;
        server.advance(60_000);
        renewed.next("session:expired").await;
        renewed.next("disconnect").await;
    }

    async fn a_new_account_is_heard_of_without_connecting_again(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let mut manager = client.connect(server, &shop.manager);
        manager.next("hello").await;
        let branch = shop.connect("200200200200").await;
        manager.live("account:updated").await;
        let message = customers_say("200200200200", &[text("40722000222", "wamid.2", "to the branch", 0)]);
        shop.deliver_changes(server, vec![message]).await.expect(200);
        let (stream, _) = manager.live("message:new").await;
        assert_eq!(stream, format!("account:{branch}"));
    }
}
