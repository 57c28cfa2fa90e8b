//! Who is who, from the webhook to the screen: ids that come together, numbers and user ids that change.

use serde_json::{Value, json};

use crate::{
    feature,
    support::{
        Organisation, Server,
        whatsapp::{change, second, text},
    },
};

/// A text of somebody who is known by a user id, with or without a number.
async fn says(
    server: &Server,
    shop: &Organisation,
    phone: Option<&str>,
    user_id: &str,
    id: &str,
    at: i64,
) {
    let mut message = json!({ "from_user_id": user_id, "id": id, "timestamp": second(at), "type": "text", "text": { "body": id } });
    let mut contact = json!({ "user_id": user_id, "profile": { "name": "Ana" } });
    if let Some(phone) = phone {
        message["from"] = json!(phone);
        contact["wa_id"] = json!(phone);
    }
    let change = change(
        &shop.phone_number_id,
        json!({ "contacts": [contact], "messages": [message] }),
    );
    shop.deliver_changes(server, vec![change]).await.expect(200);
}

/// A system message about somebody's new ids.
async fn changes(
    server: &Server,
    shop: &Organisation,
    from: &Value,
    system: Value,
    id: &str,
    at: i64,
) {
    let mut message =
        json!({ "id": id, "timestamp": second(at), "type": "system", "system": system });
    for (key, value) in from.as_object().unwrap() {
        message[key] = value.clone();
    }
    let change = change(&shop.phone_number_id, json!({ "messages": [message] }));
    shop.deliver_changes(server, vec![change]).await.expect(200);
}

/// Texts of customers, conversation by conversation.
async fn talks(shop: &Organisation) -> Vec<Vec<String>> {
    let mut talks = Vec::new();
    for conversation in shop.conversations().await {
        let thread = shop
            .thread(&conversation)
            .await
            .into_iter()
            .filter(|message| message["type"] == "text");
        talks.push(
            thread
                .map(|message| message["text"].as_str().unwrap().to_owned())
                .collect(),
        );
    }
    talks.sort();
    talks
}

const ANA: &str = "5511987654321";
const ANA_ID: &str = "BR.13491208655302741918";

feature! {
    async fn a_number_and_a_user_id_that_come_together_become_one_contact_and_can_be_parted(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive(server, &[text(ANA, "by number", "by number", 0)]).await;
        says(server, &shop, None, ANA_ID, "by id", 1).await;
        assert_eq!(talks(&shop).await, [vec!["by id"], vec!["by number"]]);
        says(server, &shop, Some(ANA), ANA_ID, "by both", 2).await;
        assert_eq!(talks(&shop).await, [vec!["by number", "by id", "by both"]]);
        let contact = shop.conversation_with(ANA).await["contact"]["id"].as_str().unwrap().to_owned();
        let merges = shop.admin.get(&format!("/contacts/{contact}/merges")).await.expect(200).json;
        assert_eq!((&merges["items"][0]["kind"], &merges["items"][0]["undone_at"]), (&json!("automatic"), &Value::Null));
        let merge = merges["items"][0]["id"].as_str().unwrap();
        shop.admin.post(&format!("/merges/{merge}/undo"), json!({})).await.expect(200);
        let parted = talks(&shop).await;
        assert_eq!(parted.len(), 2);
        assert!(parted.contains(&vec!["by id".to_owned()]), "{parted:?}");
    }

    async fn a_change_of_number_keeps_the_conversation_and_answers_go_to_the_new_one(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive(server, &[text(ANA, "old", "old", 0)]).await;
        let system = json!({ "body": "Ana changed from … to …", "wa_id": "5511900000000", "type": "user_changed_number" });
        for _ in 0..2 {
            changes(server, &shop, &json!({ "from": ANA }), system.clone(), "wamid.system", 1).await;
        }
        shop.receive(server, &[text("5511900000000", "new", "new", 2)]).await;
        assert_eq!(talks(&shop).await, [vec!["old", "new"]]);
        let conversation = shop.conversation_with("5511900000000").await;
        assert_eq!(conversation["contact"]["phone"], "+5511900000000");
        assert_eq!(shop.admin.get("/contacts/statistics").await.expect(200).json["total"], 1);
    }

    async fn a_change_of_user_id_keeps_the_contact_whichever_comes_first(server: Server) {
        let shop = server.organisation("shop").await;
        says(server, &shop, None, ANA_ID, "old", 0).await;
        says(server, &shop, None, "BR.2", "new", 2).await;
        let system = json!({ "body": "Ana changed user ID", "user_id": "BR.2", "type": "user_changed_user_id" });
        changes(server, &shop, &json!({ "from_user_id": ANA_ID }), system, "wamid.system", 1).await;
        assert_eq!(talks(&shop).await, [vec!["old", "new"]]);
        says(server, &shop, None, ANA_ID, "late", 3).await;
        assert_eq!(talks(&shop).await, [vec!["old", "new", "late"]]);
    }

    async fn a_name_is_never_replaced_by_a_number(server: Server) {
        let shop = server.organisation("shop").await;
        says(server, &shop, Some(ANA), ANA_ID, "with a name", 0).await;
        let nameless = change(&shop.phone_number_id, json!({ "messages": [text(ANA, "nameless", "nameless", 1)] }));
        shop.deliver_changes(server, vec![nameless]).await.expect(200);
        let contact = shop.conversation_with(ANA).await["contact"].clone();
        assert_eq!((&contact["name"], &contact["name_source"]), (&json!("Ana"), &json!("profile")));
    }
}
