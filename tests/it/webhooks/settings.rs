//! Webhooks as admins make and change them.

use serde_json::{Value, json};

use super::receiver::{Receiver, add, is_signed, on_engines};
use crate::{feature, support::whatsapp::text};

fn body(url: &str) -> Value {
    json!({ "name": " Shop ", "url": url, "event_types": ["message:new", "account:down", "message:new"] })
}

feature! {
    async fn an_admin_adds_changes_and_removes_a_webhook(server: Server) {
        let shop = server.organisation("shop").await;
        let added = shop.admin.post("/webhooks", body("https://hooks.example.com/x")).await.expect(201).json;
        let (webhook, secret) = (&added["webhook"], added["secret"].as_str().unwrap());
        assert!(secret.starts_with("whsec_") && secret.len() == 50, "{secret}");
        assert_eq!((&webhook["name"], &webhook["event_types"]), (&json!("Shop"), &json!(["message:new", "account:down"])));
        assert_eq!((&webhook["enabled"], &webhook["account_ids"], &webhook["waiting"]), (&json!(true), &json!([]), &json!(0)));
        let list = shop.admin.get("/webhooks").await.expect(200);
        assert_eq!(list.json["items"], json!([webhook]));
        assert!(!list.text.contains(secret), "the secret is shown once");
        let path = format!("/webhooks/{}", webhook["id"].as_str().unwrap());
        let change = json!({ "name": "Other", "event_types": ["*"], "account_ids": [shop.account], "enabled": false });
        let changed = shop.admin.patch(&path, change).await.expect(200).json;
        assert_eq!((&changed["name"], &changed["event_types"], &changed["enabled"]), (&json!("Other"), &json!(["*"]), &json!(false)));
        assert_eq!(shop.admin.get(&path).await.expect(200).json, changed);
        shop.admin.delete(&path).await.expect(204);
        shop.admin.get(&path).await.refused(404, "not_found");
        shop.admin.get(&format!("{path}/deliveries")).await.refused(404, "not_found");
    }

    async fn webhooks_are_for_admins(server: Server) {
        let shop = server.organisation("shop").await;
        let added = shop.admin.post("/webhooks", body("https://hooks.example.com/x")).await.expect(201).json;
        let path = format!("/webhooks/{}", added["webhook"]["id"].as_str().unwrap());
        for person in [&shop.manager, &shop.agent] {
            person.get("/webhooks").await.refused(403, "forbidden");
            person.post("/webhooks", body("https://hooks.example.com/x")).await.refused(403, "forbidden");
            person.patch(&path, json!({})).await.refused(403, "forbidden");
            person.get(&format!("{path}/deliveries")).await.refused(403, "forbidden");
            person.post(&format!("{path}/test"), json!({})).await.refused(403, "forbidden");
            person.post(&format!("{path}/secret"), json!({})).await.refused(403, "forbidden");
        }
    }

    async fn what_is_wrong_is_named(server: Server) {
        let shop = server.organisation("shop").await;
        let with = |field: &str, value: Value| {
            let mut body = body("https://hooks.example.com/x");
            body[field] = value;
            body
        };
        for (field, value) in [
            ("name", json!("  ")), ("url", json!("hooks.example.com")), ("event_types", json!([])), ("event_types", json!(["message:nev"])),
            ("event_types", json!(["draft:changed"])), ("account_ids", json!(["acc_00000000000000000000000001"])),
        ] {
            shop.admin.post("/webhooks", with(field, value)).await.refused_field(field);
        }
        let added = shop.admin.post("/webhooks", with("name", json!("x"))).await.expect(201).json;
        let path = format!("/webhooks/{}/secret", added["webhook"]["id"].as_str().unwrap());
        shop.admin.post(&path, json!({ "overlap_hours": 169 })).await.refused_field("overlap_hours");
    }

    async fn there_are_only_so_many(server: Server) {
        let shop = server.organisation("shop").await;
        for _ in 0..20 {
            shop.admin.post("/webhooks", body("https://hooks.example.com/x")).await.expect(201);
        }
        shop.admin.post("/webhooks", body("https://hooks.example.com/x")).await.refused(409, "conflict");
    }
}

#[tokio::test]
async fn for_a_while_two_secrets_sign() {
    on_engines(async |server, shop| {
        let mut receiver = Receiver::start().await;
        let (id, old) = add(shop, &receiver, &["message:new"]).await;
        let rotated = shop
            .admin
            .post(
                &format!("/webhooks/{id}/secret"),
                json!({ "overlap_hours": 1 }),
            )
            .await
            .expect(200)
            .json;
        let new = rotated["secret"].as_str().unwrap();
        assert!(rotated["webhook"]["old_secret_until"].as_i64().unwrap() > server.app.clock.now());
        shop.receive(server, &[text("40722000111", "wamid.1", "one", 0)])
            .await;
        let heard = receiver.next().await;
        assert!(is_signed(&heard, &old).await && is_signed(&heard, new).await);
        server.advance(60 * 60 * 1000);
        shop.receive(server, &[text("40722000111", "wamid.2", "two", 1)])
            .await;
        let heard = receiver.next().await;
        assert!(!is_signed(&heard, &old).await && is_signed(&heard, new).await);
    })
    .await;
}
