//! Contacts over HTTP: entered, found, changed, merged, and seen by nobody else.

use serde_json::{Value, json};

use crate::{
    feature,
    support::{Organisation, Person},
};

async fn enter(person: &Person, name: &str, phone: &str) -> Value {
    person
        .post("/contacts", json!({ "name": name, "phone": phone }))
        .await
        .expect(201)
        .json
}

fn path(contact: &Value) -> String {
    format!("/contacts/{}", contact["id"].as_str().unwrap())
}

async fn names(shop: &Organisation, query: &str) -> Vec<String> {
    let found = shop
        .agent
        .get(&format!("/contacts?q={query}"))
        .await
        .expect(200)
        .json;
    let items = found["items"].as_array().unwrap();
    items
        .iter()
        .map(|contact| contact["name"].as_str().unwrap().to_owned())
        .collect()
}

feature! {
    async fn a_contact_is_entered_by_hand_and_found(server: Server) {
        let shop = server.organisation("shop").await;
        let ana = enter(&shop.agent, " Ana Lima ", "+55 (11) 98765-4321").await;
        assert_eq!(ana["name"], "Ana Lima");
        assert_eq!(ana["phone"], "+5511987654321");
        assert_eq!(ana["name_source"], "manual");
        assert_eq!(ana["identities"], json!([{ "kind": "phone", "scope": "", "value": "5511987654321", "current": true }]));
        assert_eq!(shop.manager.get(&path(&ana)).await.expect(200).json, ana);
        for query in ["ana", "LIMA", "11 98765", "4321", "%2B5511987654321"] {
            assert_eq!(names(&shop, query).await, ["Ana Lima"], "{query}");
        }
        assert!(names(&shop, "bia").await.is_empty());
        let stream = format!("tenant:{}", shop.id);
        let told = hoopoe_db::streams::tail(&server.app.db, &stream, 0, 100).await.unwrap().events;
        assert_eq!(told.last().unwrap().kind, "contact:new");
    }

    async fn what_is_no_name_or_number_is_refused_by_field(server: Server) {
        let shop = server.organisation("shop").await;
        let enter = async |name: &str, phone: &str| shop.agent.post("/contacts", json!({ "name": name, "phone": phone })).await;
        enter("  ", "+4915112345678").await.refused_field("name");
        enter(&"x".repeat(201), "+4915112345678").await.refused_field("name");
        enter("Ana", "0151 12345678").await.refused_field("phone");
        enter("Ana", "US.13491208655302741918").await.refused_field("phone");
        enter("Ana", "+4915112345678").await.expect(201);
        let taken = enter("Bia", "+49 151 12345678").await.refused(409, "conflict");
        assert_eq!(taken.json["error"]["field"], "phone");
        shop.agent.get("/contacts?cursor=nonsense").await.refused_field("cursor");
        shop.agent.get(&format!("/contacts?q={}", "x".repeat(201))).await.refused_field("q");
    }

    async fn a_contact_is_renamed_noted_and_blocked(server: Server) {
        let shop = server.organisation("shop").await;
        let ana = enter(&shop.agent, "Ana", "+4915112345678").await;
        let changes = json!({ "name": "Ana Lima", "notes": "VIP\nknows Bia", "blocked": true });
        let changed = shop.agent.patch(&path(&ana), changes).await.expect(200).json;
        assert_eq!((&changed["name"], &changed["blocked"]), (&json!("Ana Lima"), &json!(true)));
        assert_eq!(changed["notes"], "VIP\nknows Bia");
        assert_eq!(names(&shop, "lima").await, ["Ana Lima"]);
        let blank = shop.agent.patch(&path(&ana), json!({ "name": "" })).await.expect(200).json;
        assert_eq!((&blank["name"], &blank["name_source"]), (&json!("+4915112345678"), &json!("number")));
        shop.agent.patch(&path(&ana), json!({ "phone": "+491" })).await.refused_field("phone");
    }

    async fn the_list_goes_on_where_it_ended(server: Server) {
        let shop = server.organisation("shop").await;
        for at in 0..5 {
            enter(&shop.agent, &format!("P{at}"), &format!("+49151000000{at}")).await;
        }
        for query in ["", "q=p&"] {
            let (mut seen, mut cursor) = (Vec::new(), String::new());
            loop {
                let page = shop.agent.get(&format!("/contacts?{query}limit=2{cursor}")).await.expect(200);
                seen.extend(page.ids());
                let Some(next) = page.json["next_cursor"].as_str() else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(seen.len(), 5, "{query}");
            seen.sort();
            seen.dedup();
            assert_eq!(seen.len(), 5, "{query}");
        }
    }

    async fn statistics_and_doubles_tell_what_to_tidy_up(server: Server) {
        let shop = server.organisation("shop").await;
        enter(&shop.agent, "José Silva", "+5511987654321").await;
        enter(&shop.agent, "jose silva", "+4915112345678").await;
        enter(&shop.agent, "Bia", "+551187654321").await;
        let counted = shop.agent.get("/contacts/statistics").await.expect(200).json;
        assert_eq!(counted, json!({ "total": 3, "new_today": 3, "named": 3, "number_only": 0, "duplicates": 2 }));
        let tomorrow = hoopoe_db::testing::NOW + 86_400_000;
        let later = shop.agent.get(&format!("/contacts/statistics?day_start={tomorrow}")).await.expect(200).json;
        assert_eq!(later["new_today"], 0);
        let doubles = shop.agent.get("/contacts/duplicates").await.expect(200).json;
        let groups = doubles["items"].as_array().unwrap();
        assert_eq!(groups.len(), 2);
        assert!(groups.iter().all(|group| group["contacts"].as_array().unwrap().len() == 2), "{doubles}");
    }

    async fn two_contacts_are_merged_and_parted_again(server: Server) {
        let shop = server.organisation("shop").await;
        let ana = enter(&shop.agent, "Ana", "+4915100000001").await;
        let bia = enter(&shop.agent, "Bia", "+4915100000002").await;
        let other = json!({ "other_id": bia["id"] });
        let merge = shop.agent.post(&format!("{}/merge", path(&ana)), other.clone()).await.expect(201).json;
        assert_eq!((&merge["survivor_id"], &merge["merged_id"]), (&ana["id"], &bia["id"]));
        assert_eq!((&merge["kind"], &merge["actor_id"]), (&json!("manual"), &json!(shop.agent.id)));
        let whole = shop.agent.get(&path(&ana)).await.expect(200).json;
        assert_eq!(whole["identities"].as_array().unwrap().len(), 2);
        shop.agent.get(&path(&bia)).await.refused(404, "not_found");
        shop.agent.post(&format!("{}/merge", path(&ana)), other).await.refused(404, "not_found");
        let itself = json!({ "other_id": ana["id"] });
        shop.agent.post(&format!("{}/merge", path(&ana)), itself).await.refused_field("other_id");
        let listed = shop.agent.get(&format!("{}/merges", path(&ana))).await.expect(200).json;
        assert_eq!(listed["items"], json!([merge]));
        let undo = format!("/merges/{}/undo", merge["id"].as_str().unwrap());
        let undone = shop.agent.post(&undo, json!({})).await.expect(200).json;
        assert_eq!(undone["undone_at"], hoopoe_db::testing::NOW);
        shop.agent.post(&undo, json!({})).await.refused(409, "conflict");
        assert_eq!(shop.agent.get(&path(&bia)).await.expect(200).json["identities"], bia["identities"]);
    }

    async fn a_merge_on_which_a_newer_one_builds_says_what_to_do_first(server: Server) {
        let shop = server.organisation("shop").await;
        let mut people = Vec::new();
        for at in 0..3 {
            people.push(enter(&shop.agent, &format!("P{at}"), &format!("+49151000000{at}")).await);
        }
        let merge = async |other: &Value| {
            let body = json!({ "other_id": other["id"] });
            let done = shop.agent.post(&format!("{}/merge", path(&people[0])), body).await.expect(201).json;
            format!("/merges/{}/undo", done["id"].as_str().unwrap())
        };
        let (first, second) = (merge(&people[1]).await, merge(&people[2]).await);
        let refused = shop.agent.post(&first, json!({})).await.refused(409, "conflict");
        assert!(refused.text.contains("newer merge"), "{}", refused.text);
        shop.agent.post(&second, json!({})).await.expect(200);
        shop.agent.post(&first, json!({})).await.expect(200);
    }

    async fn another_organisations_contacts_are_not_there(server: Server) {
        let shop = server.organisation("shop").await;
        let stranger = server.organisation("stranger").await.admin;
        let ana = enter(&shop.agent, "Ana", "+4915100000001").await;
        let theirs = enter(&stranger, "Bia", "+4915100000001").await;
        stranger.get(&path(&ana)).await.refused(404, "not_found");
        stranger.patch(&path(&ana), json!({ "blocked": true })).await.refused(404, "not_found");
        stranger.get(&format!("{}/merges", path(&ana))).await.refused(404, "not_found");
        let body = json!({ "other_id": ana["id"] });
        stranger.post(&format!("{}/merge", path(&theirs)), body).await.refused(404, "not_found");
        assert_eq!(stranger.get("/contacts?q=ana").await.expect(200).json["items"], json!([]));
        assert_eq!(stranger.get("/contacts/statistics").await.expect(200).json["total"], 1);
    }
}
