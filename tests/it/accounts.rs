//! Numbers, their members, and Meta apps.

use serde_json::json;

use crate::feature;

feature! {
    async fn an_admin_connects_a_number(server: Server) {
        let shop = server.organisation("shop").await;
        let account = shop.admin.get(&format!("/accounts/{}", shop.account)).await.expect(200).json;
        assert_eq!(account["phone"], "+4930901820");
        assert_eq!(account["state"], "connected");
        assert_eq!(account["phone_number_id"], shop.phone_number_id);
        assert!(account.get("access_token").is_none(), "{account}");
        let stored = hoopoe_db::accounts::get_provider_access(&server.app.db, &shop.id, &shop.account).await.unwrap();
        let sealed = stored.access_token.unwrap();
        assert!(!sealed.contains("EAAtoken"));
        let place = hoopoe::accounts::access_token_place(&shop.account);
        assert_eq!(server.app.secrets.open_text(&place, &sealed).unwrap(), "EAAtoken");
    }

    async fn a_number_is_connected_once(server: Server) {
        let shop = server.organisation("shop").await;
        let again = json!({
            "channel": "cloud", "name": "Again", "phone": "+4930901820", "phone_number_id": shop.phone_number_id,
            "waba_id": shop.waba_id, "meta_app_id": shop.meta_app_id,
        });
        let taken = shop.admin.post("/accounts", again).await.refused(409, "conflict");
        assert_eq!(taken.json["error"]["field"], "phone_number_id");
    }

    async fn a_field_that_is_not_acceptable_is_named(server: Server) {
        let shop = server.organisation("shop").await;
        let stranger = server.organisation("stranger").await;
        let good = json!({
            "channel": "cloud", "name": "Shop", "phone": "+4930901820", "phone_number_id": "1", "waba_id": "2", "meta_app_id": shop.meta_app_id,
        });
        for (field, value) in [
            ("channel", json!("simulator")),
            ("name", json!("")),
            ("color", json!("blue")),
            ("phone", json!("030 901820")),
            ("phone_number_id", json!("+4930901820")),
            ("waba_id", json!("")),
            ("meta_app_id", json!(stranger.meta_app_id)),
            ("access_token", json!("two words")),
        ] {
            let mut new = good.clone();
            new[field] = value.clone();
            shop.admin.post("/accounts", new).await.refused_field(field);
            if field != "channel" {
                let path = format!("/accounts/{}", shop.account);
                shop.admin.patch(&path, json!({ field: value })).await.refused_field(field);
            }
        }
    }

    async fn roles_decide_who_changes_numbers(server: Server) {
        let shop = server.organisation("shop").await;
        let path = format!("/accounts/{}", shop.account);
        let renamed = shop.manager.patch(&path, json!({ "name": "Front desk", "color": "#AABBCC" })).await.expect(200);
        assert_eq!(renamed.json["color"], "#aabbcc");
        shop.manager.patch(&path, json!({ "phone_number_id": "5" })).await.refused(403, "forbidden");
        shop.manager.delete(&path).await.refused(403, "forbidden");
        shop.manager.get("/meta-apps").await.refused(403, "forbidden");
        shop.agent.patch(&path, json!({ "name": "Mine" })).await.refused(403, "forbidden");
        shop.agent.get(&format!("{path}/members")).await.refused(403, "forbidden");
        shop.agent.get(&path).await.expect(200);
    }

    async fn an_agent_sees_the_accounts_they_are_a_member_of(server: Server) {
        let shop = server.organisation("shop").await;
        let second = shop.connect("200300400500600").await;
        assert_eq!(shop.agent.get("/accounts").await.ids(), [shop.account.to_string()]);
        assert_eq!(shop.manager.get("/accounts").await.ids(), [shop.account.to_string(), second.to_string()]);
        shop.agent.get(&format!("/accounts/{second}")).await.refused(404, "not_found");
        let members = format!("/accounts/{second}/members");
        let put = shop.manager.put(&members, json!({ "user_ids": [shop.agent.id] })).await.expect(200);
        assert_eq!(put.json["user_ids"], json!([shop.agent.id]));
        shop.agent.get(&format!("/accounts/{second}")).await.expect(200);
        shop.manager.put(&members, json!({ "user_ids": [] })).await.expect(200);
        shop.agent.get(&format!("/accounts/{second}")).await.refused(404, "not_found");
    }

    async fn members_are_people_of_the_same_organisation(server: Server) {
        let shop = server.organisation("shop").await;
        let stranger = server.organisation("stranger").await;
        let members = format!("/accounts/{}/members", shop.account);
        shop.manager.put(&members, json!({ "user_ids": [stranger.agent.id] })).await.refused_field("user_ids");
        stranger.manager.put(&members, json!({ "user_ids": [] })).await.refused(404, "not_found");
    }

    async fn a_member_is_told_on_their_own_stream(server: Server) {
        let shop = server.organisation("shop").await;
        let stream = format!("user:{}", shop.agent.id);
        let told = hoopoe_db::streams::tail(&server.app.db, &stream, 0, 10).await.unwrap().events;
        assert_eq!(told.last().unwrap().kind, "membership:changed");
        let expected = format!("{{\"account_ids\":[\"{}\"]}}", shop.account);
        assert_eq!(told.last().unwrap().data.get(), expected);
        let members = format!("/accounts/{}/members", shop.account);
        let again = json!({ "user_ids": [shop.agent.id] });
        shop.manager.put(&members, again).await.expect(200);
        let after = hoopoe_db::streams::tail(&server.app.db, &stream, 0, 10).await.unwrap().events;
        assert_eq!(after.len(), told.len(), "no news is not announced");
    }

    async fn a_removed_number_is_gone_for_everybody(server: Server) {
        let shop = server.organisation("shop").await;
        let path = format!("/accounts/{}", shop.account);
        shop.admin.delete(&path).await.expect(204);
        shop.admin.get(&path).await.refused(404, "not_found");
        assert!(shop.agent.get("/accounts").await.ids().is_empty());
        let hook = server.app.hooks.find(&shop.hook).await.unwrap().unwrap();
        assert!(hook.accounts.is_empty());
        shop.admin.delete(&format!("/meta-apps/{}", shop.meta_app_id)).await.expect(204);
        assert!(server.app.hooks.find(&shop.hook).await.unwrap().is_none());
    }

    async fn a_meta_app_says_what_to_enter_at_meta_and_hides_its_secret(server: Server) {
        let shop = server.organisation("shop").await;
        let secret = "fedcba9876543210fedcba9876543210";
        let new = json!({ "name": "Second", "app_secret": secret, "portfolio_id": "42" });
        let app = shop.admin.post("/meta-apps", new).await.expect(201);
        assert_eq!(app.json["callback_path"], format!("/webhooks/whatsapp/{}", app.json["hook"].as_str().unwrap()));
        assert_eq!(app.json["hook"].as_str().unwrap().len(), 32);
        assert!(!app.text.contains(secret));
        let listed = shop.admin.get("/meta-apps").await.expect(200);
        assert_eq!(listed.json["items"][1], app.json);
        let hook = server.app.hooks.find(app.json["hook"].as_str().unwrap()).await.unwrap().unwrap();
        assert_eq!(hook.app_secret, secret.as_bytes());
        assert_eq!(hook.verify_token, app.json["verify_token"].as_str().unwrap());
        assert_eq!(hook.portfolio_id.as_deref(), Some("42"));
        let path = format!("/meta-apps/{}", shop.meta_app_id);
        shop.admin.delete(&path).await.refused(409, "conflict");
    }

    async fn a_webhook_knows_a_number_as_soon_as_it_is_connected(server: Server) {
        let shop = server.organisation("shop").await;
        let before = server.app.hooks.find(&shop.hook).await.unwrap().unwrap();
        assert!(before.accounts.contains_key(&shop.phone_number_id));
        assert!(!before.accounts.contains_key("777"));
        let account = shop.connect("777").await;
        let after = server.app.hooks.find(&shop.hook).await.unwrap().unwrap();
        assert_eq!(after.accounts["777"].id, account);
    }

    async fn a_webhook_is_answered_if_it_is_signed_with_the_apps_secret(server: Server) {
        let shop = server.organisation("shop").await;
        let empty = json!({ "object": "whatsapp_business_account", "entry": [] });
        shop.deliver(server, &empty).await.expect(200);
        let path = format!("/webhooks/whatsapp/{}", shop.hook);
        server.anonymous("POST", &path, Some(empty)).await.refused(401, "unauthorized");
    }
}

#[tokio::test]
async fn no_more_numbers_are_connected_than_allowed() {
    let database = hoopoe_db::testing::sqlite().await;
    let server =
        crate::support::Server::start_with(database, |config| config.limits.max_accounts = 1).await;
    let shop = server.organisation("shop").await;
    let second = json!({
        "channel": "cloud", "name": "Second", "phone": "+4930901820", "phone_number_id": "5", "waba_id": "6", "meta_app_id": shop.meta_app_id,
    });
    shop.admin
        .post("/accounts", second)
        .await
        .refused(409, "conflict");
    server.stop().await;
}
