//! Adding accounts and linking them to phones.

use serde_json::{Value, json};

use super::world::{SHOP, on_engines, on_engines_with};
use crate::support::sockets::SocketClient;

#[tokio::test(flavor = "multi_thread")]
async fn a_scanned_code_links_the_phone() {
    on_engines(async |world| {
        let id = world.add().await;
        let fresh = world.account(&id).await;
        assert_eq!(
            (&fresh["state"], &fresh["phone"]),
            (&json!("needs_qr"), &Value::Null)
        );
        assert_eq!(
            (
                &fresh["capabilities"]["text"],
                &fresh["capabilities"]["template"]
            ),
            (&json!(true), &json!(false))
        );
        assert_eq!(
            world.offer(&id, "none").await,
            json!({ "kind": "none", "code": null, "expires_at": null, "message": null })
        );
        world.begin(&id, json!({})).await.expect(202);
        let offer = world.offer(&id, "qr").await;
        assert!(offer["expires_at"].as_i64().unwrap() > world.server.app.clock.now());
        let path = format!("/accounts/{id}/link");
        let answer = world.shop.manager.get(&path).await;
        assert_eq!(answer.header("cache-control"), Some("no-store"));
        let account = world.link(&id).await;
        assert_eq!(
            (&account["phone"], &account["state_reason"]),
            (&json!("+4930901820"), &Value::Null)
        );
        world.offer(&id, "none").await;
        world.begin(&id, json!({})).await.refused(409, "conflict");
        let health = world.shop.admin.get("/health").await.expect(200).json;
        let item = health["accounts"]["items"]
            .as_array()
            .unwrap()
            .iter()
            .find(|item| item["id"] == id)
            .unwrap();
        assert_eq!(
            (&item["lease_owner"], &item["channel"]),
            (&health["node_id"], &json!("linked"))
        );
        assert_eq!(
            (
                &health["accounts"]["linked_here"],
                &health["accounts"]["max_linked"]
            ),
            (&json!(1), &json!(100))
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_typed_code_links_the_phone() {
    on_engines(async |world| {
        let id = world.add().await;
        world
            .begin(&id, json!({ "method": "code" }))
            .await
            .refused_field("phone");
        world
            .begin(&id, json!({ "method": "code", "phone": "+49 30 901820" }))
            .await
            .expect(202);
        let offer = world.offer(&id, "code").await;
        world
            .mock
            .enter_code(SHOP, offer["code"].as_str().unwrap())
            .unwrap();
        world.until_state(&id, "connected").await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_to_be_scanned_is_shown_to_those_who_manage_and_to_nobody_else() {
    on_engines(async |world| {
        let shop = &world.shop;
        let stranger = world.server.organisation("stranger").await;
        let id = world.add().await;
        let members = json!({ "user_ids": [shop.agent.id] });
        shop.admin
            .put(&format!("/accounts/{id}/members"), members)
            .await
            .expect(200);
        let link = format!("/accounts/{id}/link");
        for (method, path) in [
            ("GET", &link),
            ("POST", &link),
            ("POST", &format!("/accounts/{id}/reset")),
        ] {
            let ask =
                |person: &crate::support::Person| person.request(method, path).json(&json!({}));
            crate::support::Answer::of(ask(&shop.agent))
                .await
                .refused(403, "forbidden");
            crate::support::Answer::of(ask(&stranger.admin))
                .await
                .refused(404, "not_found");
        }
        shop.manager
            .post("/accounts/cleanup-duplicates", json!({}))
            .await
            .refused(403, "forbidden");
        shop.manager
            .post("/accounts", json!({ "channel": "linked", "name": "x" }))
            .await
            .refused(403, "forbidden");
        let path = format!("/accounts/{}/link", shop.account);
        shop.admin
            .post(&path, json!({}))
            .await
            .refused(409, "conflict");
        let Some(client) = SocketClient::start() else {
            return;
        };
        let mut manager = client.connect(&world.server, &shop.manager);
        let mut agent = client.connect(&world.server, &shop.agent);
        let mut other = client.connect(&world.server, &stranger.admin);
        for socket in [&mut manager, &mut agent, &mut other] {
            socket.next("hello").await;
        }
        world.begin(&id, json!({})).await.expect(202);
        let shown = manager.next("account:link").await;
        assert_eq!(
            (&shown["account_id"], &shown["kind"]),
            (&json!(id), &json!("qr"))
        );
        world
            .mock
            .scan(SHOP, shown["code"].as_str().unwrap())
            .unwrap();
        manager
            .next_where("account:link", |data| data["kind"] == "none")
            .await;
        let connected = |packet: &Value| {
            packet["events"].as_array().is_some_and(|events| {
                events.iter().any(|event| {
                    event["data"]["account"]["state"] == "connected"
                        && event["data"]["account"]["id"] == id
                })
            })
        };
        let seen = agent.all_until("events", connected).await;
        assert!(
            seen.iter().all(|(name, _)| name != "account:link"),
            "{seen:?}"
        );
        let brand = json!({ "name": "Later" });
        stranger
            .admin
            .patch(&format!("/accounts/{}", stranger.account), brand)
            .await
            .expect(200);
        let seen = other.all_until("events", |_| true).await;
        assert!(
            seen.iter().all(|(name, _)| name != "account:link"),
            "{seen:?}"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_belongs_to_the_other_channel_is_refused_by_name() {
    on_engines(async |world| {
        let admin = &world.shop.admin;
        for (field, value) in [
            ("phone", json!("+4930901820")),
            ("phone_number_id", json!("1")),
            ("access_token", json!("x")),
        ] {
            let mut new = json!({ "channel": "linked", "name": "Phone" });
            new[field] = value;
            admin.post("/accounts", new).await.refused_field(field);
        }
        admin
            .post("/accounts", json!({ "channel": "cloud", "name": "Shop" }))
            .await
            .refused_field("meta_app_id");
        let linked = format!("/accounts/{}", world.add().await);
        let changed = admin
            .patch(
                &linked,
                json!({ "ignore_groups": true, "rate_per_second": 2 }),
            )
            .await
            .expect(200)
            .json;
        assert_eq!(
            (&changed["ignore_groups"], &changed["rate_per_second"]),
            (&json!(true), &json!(2))
        );
        admin
            .patch(&linked, json!({ "enforce_window": true }))
            .await
            .refused_field("enforce_window");
        let cloud = format!("/accounts/{}", world.shop.account);
        admin
            .patch(&cloud, json!({ "ignore_groups": true }))
            .await
            .refused_field("ignore_groups");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn there_are_so_many_linked_devices_and_no_more() {
    on_engines_with(
        |config| config.linked.max_accounts = 1,
        async |world| {
            let id = world.add().await;
            let second = json!({ "channel": "linked", "name": "Second" });
            let refused = world
                .shop
                .admin
                .post("/accounts", second.clone())
                .await
                .refused(409, "conflict");
            assert!(
                refused.text.contains("linked.max_accounts"),
                "{}",
                refused.text
            );
            let stranger = world.server.organisation("stranger").await;
            stranger
                .admin
                .post("/accounts", second.clone())
                .await
                .expect(201);
            world
                .shop
                .admin
                .delete(&format!("/accounts/{id}"))
                .await
                .expect(204);
            world.shop.admin.post("/accounts", second).await.expect(201);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_can_switch_linked_devices_off() {
    on_engines_with(
        |config| config.linked.enabled = false,
        async |world| {
            let new = json!({ "channel": "linked", "name": "Phone" });
            let refused = world
                .shop
                .admin
                .post("/accounts", new)
                .await
                .refused(409, "conflict");
            assert!(refused.text.contains("linked.enabled"), "{}", refused.text);
        },
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_account_is_active_per_phone() {
    on_engines(async |world| {
        let first = world.linked().await;
        let second = world.linked().await;
        let replaced = world.until_state(&first, "replaced").await;
        assert!(
            replaced["state_reason"]
                .as_str()
                .unwrap()
                .contains("another account"),
            "{replaced}"
        );
        world
            .until_companions("the first one's end", |all| {
                all.iter().filter(|one| one.active).count() == 1
            })
            .await;
        world.begin(&first, json!({})).await.expect(202);
        world.offer(&first, "qr").await;
        let cleaned = world
            .shop
            .admin
            .post("/accounts/cleanup-duplicates", json!({}))
            .await
            .expect(200)
            .json;
        assert_eq!(cleaned["removed"], json!([first]));
        world.until_state(&first, "replaced").await;
        world.offer(&first, "none").await;
        assert_eq!(world.account(&second).await["state"], "connected");
    })
    .await;
}
