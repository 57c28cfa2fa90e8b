//! Conversations by HTTP: what agents see of them, and do with them, while customers write.

use hoopoe_db::testing::NOW;
use serde_json::json;

use crate::{
    feature,
    support::{sockets::SocketClient, whatsapp::text},
};

const ANA: &str = "5511987654321";

feature! {
    async fn a_resolved_conversation_opens_again_when_the_customer_writes(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive(server, &[text(ANA, "one", "one", 0)]).await;
        let conversation = shop.conversation_with(ANA).await;
        assert_eq!(conversation["window_expires_at"], json!(NOW + 24 * 3_600_000));
        let id = conversation["id"].as_str().unwrap();
        let last = shop.thread(&conversation).await.pop().unwrap();
        let read = shop.agent.post(&format!("/conversations/{id}/read"), json!({ "message_id": last["id"] })).await.expect(200);
        assert_eq!(read.json["unread_count"], 0);
        let resolved = shop.agent.patch(&format!("/conversations/{id}"), json!({ "status": "resolved" })).await.expect(200);
        assert_eq!(resolved.json["status"], "resolved");
        assert!(shop.agent.get("/conversations?status=open").await.expect(200).ids().is_empty());
        shop.receive(server, &[text(ANA, "two", "two", 5)]).await;
        let again = shop.conversation_with(ANA).await;
        assert_eq!((&again["status"], &again["unread_count"], &again["id"]), (&json!("open"), &json!(1), &json!(id)));
        assert!(again["version"].as_i64() > resolved.json["version"].as_i64());
    }

    async fn a_long_thread_is_read_page_by_page_in_both_directions(server: Server) {
        let shop = server.organisation("shop").await;
        let messages: Vec<_> = (0..25).map(|n| text(ANA, &format!("m{n}"), &format!("m{n}"), n / 2)).collect();
        shop.receive(server, &messages).await;
        let path = format!("/conversations/{}/messages", shop.conversation_with(ANA).await["id"].as_str().unwrap());
        let texts = |page: &serde_json::Value| -> Vec<String> {
            let items = page["items"].as_array().unwrap().iter();
            items.map(|message| message["text"].as_str().unwrap().to_owned()).collect()
        };
        let mut page = shop.agent.get(&format!("{path}?limit=7")).await.expect(200).json;
        let mut read = texts(&page);
        while let Some(before) = page["before"].as_str() {
            page = shop.agent.get(&format!("{path}?limit=7&before={before}")).await.expect(200).json;
            read.splice(0..0, texts(&page));
        }
        let expected: Vec<String> = (0..25).map(|n| format!("m{n}")).collect();
        assert_eq!(read, expected);
        let mut forth = texts(&page);
        while let Some(after) = page["after"].as_str() {
            page = shop.agent.get(&format!("{path}?limit=7&after={after}")).await.expect(200).json;
            forth.extend(texts(&page));
        }
        assert_eq!(forth, expected);
    }

    async fn what_one_agent_does_is_told_to_the_others(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive(server, &[text(ANA, "one", "one", 0)]).await;
        let conversation = shop.conversation_with(ANA).await;
        let path = format!("/conversations/{}", conversation["id"].as_str().unwrap());
        let Some(client) = SocketClient::start() else { return };
        let mut manager = client.connect(server, &shop.manager);
        manager.next("hello").await;
        shop.agent.patch(&path, json!({ "assignee_id": shop.agent.id })).await.expect(200);
        let (_, told) = manager.live("conversation:updated").await;
        assert_eq!(told["data"]["conversation"]["assignee_id"], json!(shop.agent.id));
        let last = shop.thread(&conversation).await.pop().unwrap();
        shop.agent.post(&format!("{path}/read"), json!({ "message_id": last["id"] })).await.expect(200);
        let (_, told) = manager.live("conversation:read").await;
        assert_eq!((&told["data"]["unread_count"], &told["data"]["user_id"]), (&json!(0), &json!(shop.agent.id)));
    }
}
