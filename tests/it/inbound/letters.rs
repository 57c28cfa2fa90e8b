//! Dead letters: what can't be stored is kept, once, and can be put through later.

use serde_json::{Value, json};

use crate::{
    feature,
    support::{
        Organisation, sign,
        whatsapp::{change, customers_say, delivery, text},
    },
};

async fn replay(shop: &Organisation, letter: &Value) -> Value {
    let id = letter["id"].as_str().unwrap();
    shop.admin
        .post(&format!("/dead-letters/{id}/replay"), json!({}))
        .await
        .expect(200)
        .json
}

feature! {
    async fn a_message_for_a_number_that_is_not_connected_waits_and_is_stored_once_it_is(server: Server) {
        let shop = server.organisation("shop").await;
        let change = || customers_say("777", &[text("40722000111", "wamid.1", "anybody there?", 0)]);
        shop.deliver_changes(server, vec![change()]).await.expect(200);
        shop.deliver_changes(server, vec![change()]).await.expect(200);
        let letters = shop.letters("open").await;
        assert_eq!(letters.len(), 1, "a redelivery is the same letter");
        assert_eq!(letters[0]["reason"], "unknown_account");
        assert!(shop.conversations().await.is_empty());
        let refused = replay(&shop, &letters[0]).await;
        assert_eq!((&refused["state"], refused["attempts"].as_i64() > Some(0)), (&json!("open"), true));
        shop.connect("777").await;
        assert_eq!(replay(&shop, &letters[0]).await["state"], "replayed");
        assert_eq!(shop.texts_with("40722000111").await, ["anybody there?"]);
        assert!(shop.letters("open").await.is_empty());
        shop.deliver_changes(server, vec![change()]).await.expect(200);
        assert_eq!(shop.texts_with("40722000111").await, ["anybody there?"]);
    }

    async fn a_number_that_was_connected_a_moment_ago_is_known(server: Server) {
        let shop = server.organisation("shop").await;
        shop.deliver_changes(server, vec![customers_say("777", &[text("40722000111", "wamid.1", "too early", 0)])]).await.expect(200);
        shop.connect("777").await;
        shop.deliver_changes(server, vec![customers_say("777", &[text("40722000111", "wamid.2", "in time", 1)])]).await.expect(200);
        assert_eq!(shop.texts_with("40722000111").await, ["in time"]);
        assert_eq!(shop.letters("open").await.len(), 1);
    }

    async fn an_unknown_field_and_an_unreadable_message_are_kept_beside_their_neighbours(server: Server) {
        let shop = server.organisation("shop").await;
        let future = json!({ "field": "telepathy", "value": { "thought": 1 } });
        let broken = change(&shop.phone_number_id, json!({ "messages": ["not a message", text("40722000111", "wamid.1", "fine", 0)] }));
        for _ in 0..2 {
            shop.deliver_changes(server, vec![future.clone(), broken.clone()]).await.expect(200);
        }
        assert_eq!(shop.texts_with("40722000111").await, ["fine"]);
        let mut reasons: Vec<_> = shop.letters("open").await.iter().map(|letter| letter["reason"].as_str().unwrap().to_owned()).collect();
        reasons.sort();
        assert_eq!(reasons, ["undecodable", "unknown_field"]);
    }

    async fn a_signed_body_that_is_no_webhook_is_answered_200_and_kept(server: Server) {
        let shop = server.organisation("shop").await;
        for body in ["", "not json", "[]", "null", "{\"object\":\"page\",\"entry\":[]}"] {
            let body = body.as_bytes().to_vec();
            let answer = shop.deliver_raw(server, body.clone(), Some(sign(&body))).await;
            assert_eq!(answer.status, 200, "{body:?}: {}", answer.text);
        }
        assert!(shop.letters("open").await.iter().all(|letter| letter["reason"] == "undecodable"));
        assert!(!shop.letters("open").await.is_empty());
    }

    async fn a_discarded_letter_stays_away_when_it_is_delivered_again(server: Server) {
        let shop = server.organisation("shop").await;
        let body = delivery(&shop.waba_id, vec![vec![json!({ "field": "telepathy", "value": {} })]]);
        shop.deliver(server, &body).await.expect(200);
        let id = shop.letters("open").await[0]["id"].as_str().unwrap().to_owned();
        shop.admin.post(&format!("/dead-letters/{id}/discard"), json!({})).await.expect(200);
        shop.deliver(server, &body).await.expect(200);
        assert!(shop.letters("open").await.is_empty());
        assert_eq!(shop.letters("discarded").await.len(), 1);
    }
}
