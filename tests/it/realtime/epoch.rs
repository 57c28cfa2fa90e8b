//! The life of the log: numbers of another one, such as from before a backup was restored, prove nothing and are reset.

use serde_json::json;

use crate::{
    feature,
    support::{sockets::SocketClient, whatsapp::text},
};

feature! {
    async fn cursors_of_another_life_are_reset_even_where_the_new_numbers_have_passed_them(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive(server, &[text("40722000111", "wamid.1", "hello", 0)]).await;
        let account = format!("account:{}", shop.account);
        let Some(client) = SocketClient::start() else { return };
        let cursors = json!({ &account: 1 });
        let mut stale = client.open(server, json!({ "token": shop.agent.token, "cursors": cursors, "epoch": "another" }));
        let epoch = stale.next("hello").await["epoch"].clone();
        assert_eq!(epoch, json!(server.app.epoch));
        let expected = json!({ "streams": [{ "stream": account, "events": [], "head": 2, "more": false, "reset": true }] });
        assert_eq!(stale.next("sync").await, expected);
        assert_eq!(stale.ask("since", json!({ "cursors": cursors, "epoch": "another" })).await, expected);
        let right = stale.ask("since", json!({ "cursors": cursors, "epoch": epoch })).await;
        assert_eq!((&right["streams"][0]["reset"], &right["streams"][0]["events"][0]["seq"]), (&json!(false), &json!(2)));
        let mut fresh = client.open(server, json!({ "token": shop.agent.token, "cursors": cursors, "epoch": epoch }));
        assert_eq!(fresh.next("sync").await["streams"][0]["events"][0]["seq"], 2);
    }

    async fn a_client_that_follows_begins_anew_and_hears_what_comes(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive(server, &[text("40722000111", "wamid.1", "hello", 0)]).await;
        let account = format!("account:{}", shop.account);
        let Some(client) = SocketClient::start() else { return };
        let options = json!({ "token": shop.agent.token, "cursors": { &account: 900 }, "epoch": "another", "follow": true });
        let mut agent = client.open(server, options);
        agent.next("hello").await;
        shop.receive(server, &[text("40722000111", "wamid.2", "again", 1)]).await;
        agent.reach(&account, 3).await;
        let state = agent.state().await;
        assert_eq!((&state["resets"], &state["cursors"][&account]), (&json!(1), &json!(3)));
        assert_eq!(state["applied"][&account], json!([[3, "message:new"]]));
    }
}
