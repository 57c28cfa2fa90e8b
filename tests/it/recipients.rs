//! A message to a group at its members, from the webhook to the API: who has it, who has read it, and what follows for the message.

use serde_json::{Value, json};

use crate::{
    feature,
    support::{
        Organisation, Server,
        whatsapp::{change, customers_say, delivery, second, text},
    },
};

const ANA: &str = "5511987654321";
const BOGDAN: &str = "40722000222";
const GROUP: &str = "Y2FwaV9ncm91cDoxNTU1MDE";

/// A status of a message to the group at one of its members, as Meta sends it.
pub fn status_at(member: &str, id: &str, word: &str, at: i64) -> Value {
    json!({
        "id": id, "status": word, "timestamp": second(at), "recipient_type": "group", "recipient_id": GROUP,
        "recipient_participant_id": member, "recipient_participant_user_id": format!("BR.{member}"),
    })
}

/// A message to the group that we sent from our phone's own app.
pub async fn sends_to_group(server: &Server, shop: &Organisation, id: &str) {
    let echo = json!({ "from": "4930901820", "group_id": GROUP, "id": id, "timestamp": second(0), "type": "text", "text": { "body": id } });
    let mut change = change(&shop.phone_number_id, json!({ "message_echoes": [echo] }));
    change["field"] = json!("smb_message_echoes");
    shop.deliver(server, &delivery(&shop.waba_id, vec![vec![change]]))
        .await
        .expect(200);
}

async fn message(shop: &Organisation) -> Value {
    let thread = shop.conversation_with(GROUP).await;
    shop.thread(&thread).await.pop().unwrap()
}

feature! {
    async fn who_has_read_a_message_to_a_group_is_counted_and_listed(server: Server) {
        let shop = server.organisation("shop").await;
        shop.deliver_changes(server, vec![customers_say(&shop.phone_number_id, &[text(ANA, "hi", "hi", 0)])]).await.expect(200);
        shop.receive_statuses(server, &[status_at(ANA, "hello", "read", 30), status_at(BOGDAN, "hello", "sent", 10)]).await;
        sends_to_group(server, &shop, "hello").await;
        let held = message(&shop).await;
        assert_eq!(held["status"], "sent", "one member does not have it yet");
        assert_eq!(held["recipients"], json!({ "total": 2, "sent": 2, "delivered": 1, "read": 1, "failed": 0 }));
        shop.receive_statuses(server, &[status_at(BOGDAN, "hello", "delivered", 40)]).await;
        assert_eq!(message(&shop).await["status"], "delivered");
        let path = format!("/messages/{}/recipients", held["id"].as_str().unwrap());
        let items = shop.admin.get(&path).await.expect(200).json["items"].clone();
        let shown: Vec<_> = items.as_array().unwrap().iter().map(|one| json!([one["name"], one["status"], one["phone"]])).collect();
        assert_eq!(shown, [json!([format!("Customer {ANA}"), "read", format!("+{ANA}")]), json!([format!("+{BOGDAN}"), "delivered", format!("+{BOGDAN}")])]);
        let at = hoopoe_db::testing::NOW;
        assert_eq!((&items[0]["read_at"], &items[1]["delivered_at"]), (&json!(at + 30_000), &json!(at + 40_000)));
    }

    async fn a_message_to_one_person_has_no_recipients(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive(server, &[text(ANA, "hi", "hi", 0)]).await;
        let thread = shop.conversation_with(ANA).await;
        let held = shop.thread(&thread).await.pop().unwrap();
        assert_eq!(held["recipients"], Value::Null);
        let path = format!("/messages/{}/recipients", held["id"].as_str().unwrap());
        assert_eq!(shop.admin.get(&path).await.expect(200).json["items"], json!([]));
    }
}
