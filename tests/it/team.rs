//! People: adding, changing, locking out.

use hoopoe_db::model::Role;
use serde_json::json;

use crate::{feature, support::PASSWORD};

feature! {
    async fn an_admin_adds_somebody_who_can_log_in(server: Server) {
        let shop = server.organisation("shop").await;
        let new = json!({ "email": "Ben@Shop.example", "name": "Ben", "role": "agent", "password": PASSWORD });
        let user = shop.admin.post("/users", new.clone()).await.expect(201);
        assert_eq!(user.json["email"], "ben@shop.example");
        assert!(user.json.get("password_hash").is_none());
        let login = json!({ "email": "ben@shop.example", "password": PASSWORD });
        server.anonymous("POST", "/api/v1/auth/login", Some(login)).await.expect(200);
        let taken = shop.admin.post("/users", new).await.refused(409, "conflict");
        assert_eq!(taken.json["error"]["field"], "email");
    }

    async fn only_admins_add_and_change_people_but_all_see_them(server: Server) {
        let shop = server.organisation("shop").await;
        let new = json!({ "email": "ben@shop.example", "name": "Ben", "role": "agent", "password": PASSWORD });
        for person in [&shop.manager, &shop.agent] {
            person.post("/users", new.clone()).await.refused(403, "forbidden");
            person.patch(&format!("/users/{}", shop.agent.id), json!({ "role": "admin" })).await.refused(403, "forbidden");
            assert_eq!(person.get("/users").await.expect(200).ids().len(), 3);
        }
    }

    async fn a_field_that_is_not_acceptable_is_named(server: Server) {
        let admin = server.organisation("shop").await.admin;
        let good = json!({ "email": "ben@shop.example", "name": "Ben", "role": "agent", "password": PASSWORD });
        for (field, value) in [
            ("email", json!("ben")),
            ("name", json!("   ")),
            ("role", json!("king")),
            ("password", json!("short")),
            ("locale", json!("??")),
            ("shoe_size", json!(46)),
        ] {
            let mut new = good.clone();
            new[field] = value;
            admin.post("/users", new).await.refused_field(field);
        }
        let mut without = good.clone();
        without.as_object_mut().unwrap().remove("email");
        admin.post("/users", without).await.refused_field("email");
    }

    async fn somebody_locked_out_is_out_at_once(server: Server) {
        let mut shop = server.organisation("shop").await;
        let path = format!("/users/{}", shop.agent.id);
        let user = shop.admin.patch(&path, json!({ "disabled": true })).await.expect(200);
        assert_eq!(user.json["disabled"], true);
        shop.agent.get("/me").await.refused(401, "unauthorized");
        shop.agent.refresh(server).await.refused(401, "unauthorized");
        shop.admin.patch(&path, json!({ "disabled": false })).await.expect(200);
        shop.agent.refresh(server).await.refused(401, "unauthorized");
        server.log_in(&shop.agent.id).await.get("/me").await.expect(200);
    }

    async fn a_new_role_counts_at_once(server: Server) {
        let mut shop = server.organisation("shop").await;
        let second = shop.connect("200300400500600").await;
        let before = shop.agent.get("/me").await.expect(200);
        assert_eq!(before.json["account_ids"], json!([shop.account]));
        shop.admin.patch(&format!("/users/{}", shop.agent.id), json!({ "role": "manager" })).await.expect(200);
        shop.agent.get("/me").await.refused(401, "unauthorized");
        shop.agent.refresh(server).await.expect(200);
        let after = shop.agent.get("/me").await.expect(200);
        assert_eq!(after.json["user"]["role"], "manager");
        assert_eq!(after.json["account_ids"], json!([shop.account, second]));
    }

    async fn the_last_admin_stays_admin(server: Server) {
        let shop = server.organisation("shop").await;
        let path = format!("/users/{}", shop.admin.id);
        shop.admin.patch(&path, json!({ "disabled": true })).await.refused_field("disabled");
        shop.admin.patch(&path, json!({ "role": "agent" })).await.refused_field("role");
        let second = server.add_user(&shop.id, "second@shop.example", Role::Admin).await;
        let second_path = format!("/users/{}", second.id);
        shop.admin.patch(&second_path, json!({ "disabled": true })).await.expect(200);
        shop.admin.patch(&path, json!({ "role": "agent" })).await.refused_field("role");
        shop.admin.patch(&second_path, json!({ "disabled": false })).await.expect(200);
        shop.admin.patch(&path, json!({ "role": "agent" })).await.expect(200);
    }

    async fn two_admins_who_remove_each_other_at_once_leave_one(server: Server) {
        let shop = server.organisation("shop").await;
        let second = server.add_user(&shop.id, "second@shop.example", Role::Admin).await;
        let second = server.log_in(&second.id).await;
        let (first_path, second_path) = (format!("/users/{}", shop.admin.id), format!("/users/{}", second.id));
        let lock = json!({ "disabled": true });
        tokio::join!(shop.admin.patch(&second_path, lock.clone()), second.patch(&first_path, lock));
        let users = shop.manager.get("/users").await.expect(200);
        let admins = users.json["items"].as_array().unwrap().iter().filter(|user| user["role"] == "admin" && user["disabled"] == false);
        assert_eq!(admins.count(), 1, "{}", users.text);
    }

    async fn colleagues_are_told_of_changes(server: Server) {
        let shop = server.organisation("shop").await;
        let stream = format!("tenant:{}", shop.id);
        let before = head(server, &shop, &stream).await;
        shop.admin.patch(&format!("/users/{}", shop.agent.id), json!({ "name": "Ann" })).await.expect(200);
        let since = hoopoe_db::streams::tail(&server.app.db, &stream, before, before + 1).await.unwrap();
        assert_eq!(since.events[0].kind, "user:updated");
        assert!(since.events[0].data.get().contains("\"Ann\""));
    }
}

async fn head(
    server: &crate::support::Server,
    shop: &crate::support::Organisation,
    stream: &str,
) -> i64 {
    let streams = [stream.to_owned()];
    hoopoe_db::streams::heads(&server.app.db, &shop.id, &streams)
        .await
        .unwrap()[stream]
}
