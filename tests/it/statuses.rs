//! Ticks, from the webhook to the screen: whatever their order, the end is right.

use serde_json::{Value, json};

use crate::{
    feature,
    support::{
        Organisation, Server,
        whatsapp::{change, delivery, second, status},
    },
};

const ANA: &str = "5511987654321";

/// A message that we sent from our phone's own app.
async fn sends(server: &Server, shop: &Organisation, id: &str) {
    let echo = json!({ "from": "4930901820", "to": ANA, "id": id, "timestamp": second(0), "type": "text", "text": { "body": id } });
    let mut change = change(&shop.phone_number_id, json!({ "message_echoes": [echo] }));
    change["field"] = json!("smb_message_echoes");
    shop.deliver(server, &delivery(&shop.waba_id, vec![vec![change]]))
        .await
        .expect(200);
}

async fn message(shop: &Organisation, id: &str) -> Value {
    let thread = shop.thread(&shop.conversation_with(ANA).await).await;
    thread
        .into_iter()
        .find(|message| message["text"] == id)
        .unwrap()
}

feature! {
    async fn statuses_in_the_wrong_order_and_twice_end_at_read_with_all_times(server: Server) {
        let shop = server.organisation("shop").await;
        sends(server, &shop, "hello").await;
        for (word, at) in [("read", 30), ("delivered", 20), ("read", 31), ("sent", 10)] {
            shop.receive_statuses(server, &[status("hello", ANA, word, at)]).await;
        }
        let message = message(&shop, "hello").await;
        assert_eq!(message["status"], "read");
        let at = |seconds: i64| json!(hoopoe_db::testing::NOW + seconds * 1000);
        assert_eq!((&message["delivered_at"], &message["read_at"]), (&at(20), &at(30)));
        assert_eq!(shop.conversation_with(ANA).await["last_message"]["status"], "read");
    }

    async fn statuses_that_come_before_their_message_are_there_with_it(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive_statuses(server, &[status("hello", ANA, "delivered", 20), status("hello", ANA, "sent", 10)]).await;
        sends(server, &shop, "hello").await;
        assert_eq!(message(&shop, "hello").await["status"], "delivered");
    }

    async fn a_failure_says_why_in_plain_words(server: Server) {
        let shop = server.organisation("shop").await;
        sends(server, &shop, "hello").await;
        let mut failed = status("hello", ANA, "failed", 20);
        failed["errors"] = json!([{ "code": 131_047, "title": "Re-engagement message" }]);
        shop.receive_statuses(server, &[failed]).await;
        let message = message(&shop, "hello").await;
        assert_eq!((&message["status"], &message["error"]["code"]), (&json!("failed"), &json!(131_047)));
        assert!(message["error"]["detail"].as_str().unwrap().len() > 20, "{}", message["error"]);
    }

    async fn an_unknown_status_is_kept_as_a_letter_and_changes_nothing(server: Server) {
        let shop = server.organisation("shop").await;
        sends(server, &shop, "hello").await;
        shop.receive_statuses(server, &[status("hello", ANA, "teleported", 20), status("hello", ANA, "delivered", 21)]).await;
        assert_eq!(message(&shop, "hello").await["status"], "delivered");
        assert_eq!(shop.letters("open").await.len(), 1);
    }
}
