//! Every event arrives, in order, signed, as often as it takes.

use serde_json::json;

use super::receiver::{Receiver, Reply, add, advance, is_signed, on_engines, states, until};
use crate::support::{NOW, whatsapp::text};

#[tokio::test]
async fn an_event_is_told_as_on_the_socket_and_signed() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        let (id, secret) = add(shop, &receiver, &["message:new"]).await;
        shop.receive(server, &[text("40722000111", "wamid.1", "hello", 0)])
            .await;
        let heard = receiver.next().await;
        assert_eq!(heard.header("content-type"), "application/json");
        assert_eq!(heard.header("webhook-id"), heard.json["id"]);
        assert_eq!(heard.header("webhook-timestamp"), (NOW / 1000).to_string());
        let log = shop.admin.get("/events").await.expect(200).json;
        let logged = log["events"].as_array().unwrap();
        let event = logged
            .iter()
            .find(|event| event["type"] == "message:new")
            .unwrap();
        for (here, there) in [
            ("type", "type"),
            ("data", "data"),
            ("seq", "seq"),
            ("stream", "stream"),
            ("created_at", "at"),
        ] {
            assert_eq!(heard.json[here], event[there], "{here}");
        }
        assert_eq!(heard.json["tenant_id"], json!(shop.id));
        assert!(is_signed(&heard, &secret).await);
        let mut forged = heard.clone();
        forged.body.push(' ');
        assert!(!is_signed(&forged, &secret).await);
        let all = until(shop, &id, |all| states(all) == ["delivered"]).await;
        assert_eq!(
            (&all[0]["status"], &all[0]["response"], &all[0]["attempts"]),
            (&json!(200), &json!("so it is"), &json!(1))
        );
        assert!(
            receiver.rest().is_empty(),
            "what it did not ask for is not told"
        );
    })
    .await;
}

#[tokio::test]
async fn what_fails_is_tried_again_and_those_behind_it_keep_their_order() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        receiver.replies([Reply::Status(500), Reply::Status(503)]);
        let (id, _) = add(shop, &receiver, &["message:new"]).await;
        let all: Vec<_> = (0..5)
            .map(|n| text("40722000111", &format!("wamid.{n}"), &format!("n{n}"), n))
            .collect();
        shop.receive(server, &all).await;
        let first = receiver.next().await;
        let failed = until(shop, &id, |all| all.len() == 5 && all[0]["attempts"] == 1).await;
        assert_eq!(states(&failed), ["waiting"; 5]);
        assert_eq!(
            failed[0]["error"],
            "The answer was 500 (Internal Server Error)."
        );
        let webhook = shop
            .admin
            .get(&format!("/webhooks/{id}"))
            .await
            .expect(200)
            .json;
        assert_eq!(
            (&webhook["waiting"], &webhook["failing_since"]),
            (&json!(5), &json!(NOW))
        );
        let health = shop.admin.get("/health").await.expect(200).json;
        assert_eq!(
            (
                &health["queues"]["webhooks_waiting"],
                &health["queues"]["webhooks_failing"]
            ),
            (&json!(5), &json!(1)),
            "{health}"
        );
        assert_eq!(health["status"], "degraded");
        advance(server, 6_000);
        let again = receiver.next().await;
        until(shop, &id, |all| all[0]["attempts"] == 2).await;
        advance(server, 24_000);
        let mut texts = vec![first.text().to_owned(), again.text().to_owned()];
        for _ in 0..5 {
            texts.push(receiver.next().await.text().to_owned());
        }
        assert_eq!(texts, ["n0", "n0", "n0", "n1", "n2", "n3", "n4"]);
        assert_eq!(first.header("webhook-id"), again.header("webhook-id"));
        assert_eq!(first.body, again.body);
        until(shop, &id, |all| states(all) == ["delivered"; 5]).await;
        let webhook = shop
            .admin
            .get(&format!("/webhooks/{id}"))
            .await
            .expect(200)
            .json;
        assert_eq!(
            (
                &webhook["waiting"],
                &webhook["failing_since"],
                &webhook["last_error"]
            ),
            (&json!(0), &json!(null), &json!(null))
        );
    })
    .await;
}

#[tokio::test]
async fn a_slow_or_dead_receiver_holds_up_nobody_else() {
    on_engines(async |server, shop| {
        let (mut slow, mut dead, mut good) = (
            Receiver::start().await,
            Receiver::start().await,
            Receiver::start().await,
        );
        slow.replies([Reply::Nothing]);
        dead.kill().await;
        let (slows, _) = add(shop, &slow, &["message:new"]).await;
        let (deads, _) = add(shop, &dead, &["message:new"]).await;
        add(shop, &good, &["message:new"]).await;
        for n in 0..3 {
            shop.receive(
                server,
                &[text(
                    "40722000111",
                    &format!("wamid.{n}"),
                    &format!("n{n}"),
                    n,
                )],
            )
            .await;
        }
        for n in 0..3 {
            assert_eq!(good.next().await.text(), format!("n{n}"));
        }
        let tried = until(shop, &slows, |all| {
            all.len() == 3 && all[0]["attempts"] == 1
        })
        .await;
        assert_eq!(tried[0]["error"], "No answer within 1 seconds.");
        let tried = until(shop, &deads, |all| {
            all.len() == 3 && all[0]["attempts"] == 1
        })
        .await;
        assert!(
            tried[0]["error"]
                .as_str()
                .unwrap()
                .starts_with("No connection: "),
            "{}",
            tried[0]
        );
        dead.revive().await;
        advance(server, 6_000);
        for n in 0..3 {
            assert_eq!(dead.next().await.text(), format!("n{n}"));
        }
        until(shop, &slows, |all| states(all) == ["delivered"; 3]).await;
        assert_eq!(slow.rest().len(), 4, "one of them twice");
    })
    .await;
}

#[tokio::test]
async fn a_thousand_events_arrive_in_order() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        add(shop, &receiver, &["*"]).await;
        for batch in 0..20 {
            let messages: Vec<_> = (0..50)
                .map(|n| batch * 50 + n)
                .map(|n| text("40722000111", &format!("wamid.{n}"), &format!("{n}"), n))
                .collect();
            shop.receive(server, &messages).await;
        }
        let mut last = std::collections::HashMap::new();
        let mut texts = Vec::new();
        while texts.len() < 1000 {
            let heard = receiver.next().await;
            let stream = heard.json["stream"].as_str().unwrap().to_owned();
            let seq = heard.json["seq"].as_i64().unwrap();
            if let Some(before) = last.insert(stream, seq) {
                assert_eq!(seq, before + 1, "in order, and none is missing");
            }
            if heard.json["type"] == "message:new" {
                texts.push(heard.text().parse::<usize>().unwrap());
            }
        }
        assert!(texts.is_sorted());
    })
    .await;
}

#[tokio::test]
async fn what_happens_while_it_is_switched_off_is_told_when_it_is_on_again() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        let (id, _) = add(shop, &receiver, &["message:new"]).await;
        let path = format!("/webhooks/{id}");
        shop.admin
            .patch(&path, json!({ "enabled": false }))
            .await
            .expect(200);
        shop.receive(server, &[text("40722000111", "wamid.1", "one", 0)])
            .await;
        shop.receive(server, &[text("40722000111", "wamid.2", "two", 1)])
            .await;
        assert!(receiver.rest().is_empty());
        shop.admin
            .patch(&path, json!({ "enabled": true }))
            .await
            .expect(200);
        assert_eq!(receiver.next().await.text(), "one");
        assert_eq!(receiver.next().await.text(), "two");
        shop.admin
            .patch(&path, json!({ "enabled": false }))
            .await
            .expect(200);
        shop.receive(server, &[text("40722000111", "wamid.3", "three", 2)])
            .await;
        let week = 8 * 24 * 60 * 60 * 1000;
        hoopoe_db::streams::prune(&server.app.db, NOW + week, 1_000)
            .await
            .unwrap();
        shop.admin
            .patch(&path, json!({ "enabled": true }))
            .await
            .expect(200);
        let heard = receiver.next().await;
        assert_eq!(
            (&heard.json["type"], &heard.json["data"]),
            (&json!("sync:reset"), &json!({}))
        );
    })
    .await;
}

#[tokio::test]
async fn cursors_of_another_life_of_the_log_are_told_as_such() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        shop.receive(server, &[text("40722000111", "wamid.1", "one", 0)])
            .await;
        add(shop, &receiver, &["message:new"]).await;
        // As in a backup that was restored: what the webhook has is of the life that ended.
        let older = "UPDATE webhooks SET epoch = 'older', version = version + 1";
        hoopoe_db::testing::sql(&server.app.db, older).await;
        server.app.webhooks.wake();
        let mut streams: Vec<String> = Vec::new();
        for _ in 0..2 {
            let heard = receiver.next().await;
            assert_eq!(heard.json["type"], "sync:reset");
            streams.push(heard.json["stream"].as_str().unwrap().to_owned());
        }
        streams.sort();
        assert_eq!(
            streams,
            [
                format!("account:{}", shop.account),
                format!("tenant:{}", shop.id)
            ]
        );
        shop.receive(server, &[text("40722000111", "wamid.2", "two", 1)])
            .await;
        assert_eq!(receiver.next().await.text(), "two");
    })
    .await;
}
