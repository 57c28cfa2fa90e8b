//! Dead letters over HTTP: listed for managers, put through again, discarded.

use hoopoe_db::{
    dead_letters::{self, NewDeadLetter},
    model::DeadLetterReason,
    testing::NOW,
};
use serde_json::{Value, json};

use crate::{feature, support::Organisation};

/// A delivery for a number; what is not connected becomes a dead letter.
fn delivery(shop: &Organisation, phone_number_id: &str, id: &str) -> Value {
    json!({ "object": "whatsapp_business_account", "entry": [{ "id": shop.waba_id, "changes": [{ "field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "4930901821", "phone_number_id": phone_number_id },
        "contacts": [{ "wa_id": "4915112345678", "profile": { "name": "Ana" } }],
        "messages": [{ "from": "4915112345678", "id": id, "timestamp": "1790000000", "type": "text", "text": { "body": "hello" } }],
    } }] }] })
}

feature! {
    async fn a_message_for_a_number_that_is_not_connected_yet_is_put_through_once_it_is(server: Server) {
        let shop = server.organisation("shop").await;
        shop.deliver(server, &delivery(&shop, "555000111", "wamid.1")).await.expect(200);
        shop.deliver(server, &delivery(&shop, "555000111", "wamid.1")).await.expect(200);
        let letters = shop.manager.get("/dead-letters?state=open").await.expect(200).json;
        assert_eq!(letters["items"].as_array().unwrap().len(), 1, "a redelivery is the same letter: {letters}");
        let letter = &letters["items"][0];
        assert_eq!((&letter["reason"], &letter["source"]), (&json!("unknown_account"), &json!("cloud_webhook")));
        let path = format!("/dead-letters/{}", letter["id"].as_str().unwrap());
        let still = shop.manager.post(&format!("{path}/replay"), json!({})).await.expect(200).json;
        assert_eq!(still["state"], "open", "the number is still not connected");
        shop.connect("555000111").await;
        let replayed = shop.manager.post(&format!("{path}/replay"), json!({})).await.expect(200).json;
        assert_eq!(replayed["state"], "replayed", "{replayed}");
        assert_eq!(replayed["resolved_at"], hoopoe_db::testing::NOW);
        let threads = shop.admin.get("/conversations").await.expect(200).json;
        assert_eq!(threads["items"][0]["last_message"]["text"], "hello", "{threads}");
        assert_eq!(shop.manager.get(&path).await.expect(200).json, replayed);
    }

    async fn a_letter_of_a_linked_device_in_no_form_that_can_be_read_says_so_and_stays_open(server: Server) {
        let shop = server.organisation("shop").await;
        let letter = NewDeadLetter {
            tenant_id: shop.id.clone(),
            meta_app_id: None,
            account_id: None,
            source: "linked".to_owned(),
            reason: DeadLetterReason::Failed,
            detail: "too long".to_owned(),
            raw: "Message { … }".to_owned(),
            received_at: NOW,
        };
        let mut tx = server.app.db.begin().await.unwrap();
        dead_letters::insert_many(&mut tx, &[letter], NOW).await.unwrap();
        server.app.commit(tx).await.unwrap();
        let letter = shop.manager.get("/dead-letters").await.expect(200).ids().remove(0);
        let again = shop.manager.post(&format!("/dead-letters/{letter}/replay"), json!({})).await.expect(200).json;
        assert_eq!(again["state"], "open");
        assert!(again["detail"].as_str().unwrap().contains("no form"), "{again}");
        shop.manager.post(&format!("/dead-letters/{letter}/discard"), json!({})).await.expect(200);
    }

    async fn a_letter_of_no_use_is_discarded(server: Server) {
        let shop = server.organisation("shop").await;
        shop.deliver(server, &delivery(&shop, "555000111", "wamid.1")).await.expect(200);
        let letter = shop.manager.get("/dead-letters").await.expect(200).ids().remove(0);
        let discarded = shop.manager.post(&format!("/dead-letters/{letter}/discard"), json!({})).await.expect(200).json;
        assert_eq!(discarded["state"], "discarded");
        assert_eq!(shop.manager.get("/dead-letters?state=open").await.expect(200).json["items"], json!([]));
        assert_eq!(shop.manager.get("/dead-letters?state=discarded").await.expect(200).ids(), [letter]);
    }

    async fn dead_letters_are_for_managers_of_their_organisation(server: Server) {
        let shop = server.organisation("shop").await;
        let stranger = server.organisation("stranger").await.admin;
        shop.deliver(server, &delivery(&shop, "555000111", "wamid.1")).await.expect(200);
        let letter = shop.admin.get("/dead-letters").await.expect(200).ids().remove(0);
        let path = format!("/dead-letters/{letter}");
        for action in ["", "/replay", "/discard"] {
            let method = if action.is_empty() { "GET" } else { "POST" };
            let address = format!("{path}{action}");
            let by_agent = crate::support::Answer::of(shop.agent.request(method, &address)).await;
            by_agent.refused(403, "forbidden");
            let by_stranger = crate::support::Answer::of(stranger.request(method, &address)).await;
            by_stranger.refused(404, "not_found");
        }
        shop.agent.get("/dead-letters").await.refused(403, "forbidden");
        assert_eq!(stranger.get("/dead-letters").await.expect(200).json["items"], json!([]));
        let account = format!("/dead-letters?account_id={}", shop.account);
        stranger.get(&account).await.refused(404, "not_found");
        assert_eq!(shop.manager.get(&account).await.expect(200).json["items"], json!([]));
    }
}
