//! The log: sent again, skipped, tested, given up.

use serde_json::{Value, json};

use super::receiver::{Receiver, Reply, add, advance, is_signed, on_engines, states, until};
use crate::{
    linked::world,
    support::{Organisation, whatsapp::text},
};

const DAY_MS: i64 = 24 * 60 * 60 * 1000;

#[tokio::test]
async fn a_test_is_sent_at_once_also_where_it_is_switched_off() {
    on_engines(async |_server, shop| {
        let mut receiver = Receiver::start().await;
        let (id, secret) = add(shop, &receiver, &["message:new"]).await;
        shop.admin
            .patch(&format!("/webhooks/{id}"), json!({ "enabled": false }))
            .await
            .expect(200);
        receiver.replies([Reply::Status(418)]);
        let path = format!("/webhooks/{id}/test");
        let failed = shop.admin.post(&path, json!({})).await.expect(200).json;
        assert_eq!(
            (&failed["state"], &failed["status"]),
            (&json!("failed"), &json!(418))
        );
        let good = shop.admin.post(&path, json!({})).await.expect(200).json;
        assert_eq!(
            (&good["state"], &good["type"]),
            (&json!("delivered"), &json!("webhook:test"))
        );
        let heard = receiver.next().await;
        assert!(is_signed(&heard, &secret).await);
        assert_eq!(heard.json["data"]["webhook_id"], json!(id));
        let listed = shop
            .admin
            .get(&format!("/webhooks/{id}/deliveries?state=failed"))
            .await
            .expect(200);
        assert_eq!(listed.ids(), [failed["id"].as_str().unwrap()]);
    })
    .await;
}

#[tokio::test]
async fn what_the_receiver_refuses_is_given_up_and_can_be_sent_again() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        let (id, _) = add(shop, &receiver, &["message:new"]).await;
        receiver.replies([Reply::Status(422); 5]);
        let both = [
            text("40722000111", "wamid.1", "bad", 0),
            text("40722000111", "wamid.2", "good", 1),
        ];
        shop.receive(server, &both).await;
        for tries in 1..=5 {
            assert_eq!(receiver.next().await.text(), "bad");
            until(shop, &id, |all| {
                all.len() == 2 && all[0]["attempts"] == tries
            })
            .await;
            advance(server, 400_000);
        }
        assert_eq!(
            receiver.next().await.text(),
            "good",
            "it holds up what is behind it no longer"
        );
        let all = until(shop, &id, |all| states(all) == ["failed", "delivered"]).await;
        assert_eq!(
            (&all[0]["status"], &all[0]["response"]),
            (&json!(422), &json!("so it is"))
        );
        let (bad, good) = (
            all[0]["id"].as_str().unwrap(),
            all[1]["id"].as_str().unwrap(),
        );
        let detail = shop
            .admin
            .get(&format!("/webhooks/{id}/deliveries/{bad}"))
            .await
            .expect(200)
            .json;
        assert_eq!(detail["body"]["data"]["message"]["text"], "bad");
        let again = shop
            .admin
            .post(
                &format!("/webhooks/{id}/deliveries/{good}/replay"),
                json!({}),
            )
            .await
            .expect(200)
            .json;
        assert_eq!(again["state"], "waiting");
        let heard = receiver.next().await;
        assert_eq!((heard.text(), heard.header("webhook-id")), ("good", good));
        let range = shop
            .admin
            .post(&format!("/webhooks/{id}/replay"), json!({}))
            .await
            .expect(200)
            .json;
        assert_eq!(range["count"], 1, "only what was given up");
        assert_eq!(receiver.next().await.text(), "bad");
        until(shop, &id, |all| states(all) == ["delivered", "delivered"]).await;
        let range = json!({ "delivered": true, "from": 0 });
        let range = shop
            .admin
            .post(&format!("/webhooks/{id}/replay"), range)
            .await
            .expect(200)
            .json;
        assert_eq!(range["count"], 2);
        assert_eq!(receiver.next().await.text(), "bad");
        assert_eq!(receiver.next().await.text(), "good", "in their order");
    })
    .await;
}

#[tokio::test]
async fn what_is_skipped_lets_those_behind_it_go_on() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        let (id, _) = add(shop, &receiver, &["message:new"]).await;
        receiver.replies([Reply::Status(500)]);
        let both = [
            text("40722000111", "wamid.1", "bad", 0),
            text("40722000111", "wamid.2", "good", 1),
        ];
        shop.receive(server, &both).await;
        assert_eq!(receiver.next().await.text(), "bad");
        let all = until(shop, &id, |all| all.len() == 2 && all[0]["attempts"] == 1).await;
        let bad = format!(
            "/webhooks/{id}/deliveries/{}",
            all[0]["id"].as_str().unwrap()
        );
        let skipped = shop
            .admin
            .post(&format!("{bad}/skip"), json!({}))
            .await
            .expect(200)
            .json;
        assert_eq!(skipped["state"], "skipped");
        assert_eq!(receiver.next().await.text(), "good");
        until(shop, &id, |all| states(all) == ["skipped", "delivered"]).await;
        let good = format!(
            "/webhooks/{id}/deliveries/{}",
            all[1]["id"].as_str().unwrap()
        );
        shop.admin
            .post(&format!("{good}/skip"), json!({}))
            .await
            .refused(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn a_webhook_to_which_nothing_arrives_for_days_is_switched_off() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        let (id, _) = add(shop, &receiver, &["message:new"]).await;
        receiver.replies([Reply::Status(500), Reply::Status(500)]);
        shop.receive(server, &[text("40722000111", "wamid.1", "one", 0)])
            .await;
        receiver.next().await;
        until(shop, &id, |all| all.len() == 1 && all[0]["attempts"] == 1).await;
        advance(server, 5 * DAY_MS);
        receiver.next().await;
        until(shop, &id, |all| all[0]["attempts"] == 2).await;
        let path = format!("/webhooks/{id}");
        let off = disabled(shop, &path).await;
        assert_eq!(off["disabled_reason"], "Nothing has arrived for 5 days.");
        let on = shop
            .admin
            .patch(&path, json!({ "enabled": true }))
            .await
            .expect(200)
            .json;
        assert_eq!(
            (&on["enabled"], &on["disabled_reason"]),
            (&json!(true), &json!(null))
        );
        advance(server, 60_000);
        assert_eq!(receiver.next().await.text(), "one", "what waited is sent");
        receiver.replies([Reply::Status(410)]);
        shop.receive(server, &[text("40722000111", "wamid.2", "two", 1)])
            .await;
        receiver.next().await;
        let off = disabled(shop, &path).await;
        assert_eq!(
            off["disabled_reason"],
            "The receiver answered 410: it wants no more."
        );
    })
    .await;
}

/// Waits until a webhook is switched off.
async fn disabled(shop: &Organisation, path: &str) -> Value {
    world::until("the webhook's end", async || {
        let webhook = shop.admin.get(path).await.expect(200).json;
        (webhook["enabled"] == false).then_some(webhook)
    })
    .await
}
