//! Inside an organisation: an agent reaches what belongs to the numbers they are a member of, and nothing else. (That nobody reaches into
//! another organisation, see `tenants`.)

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{
    feature,
    support::{
        Answer, Organisation, Server,
        whatsapp::{customers_say, second, text},
    },
};

/// A number that the agent is not a member of, with a picture somebody sent there.
async fn hidden(server: &Server, shop: &Organisation) -> BTreeMap<&'static str, String> {
    let branch = shop.connect("200200200200").await;
    let picture = json!({ "from": "40722000222", "id": "wamid.2", "timestamp": second(0), "type": "image",
        "image": { "id": "77", "mime_type": "image/jpeg", "caption": "hidden picture" } });
    let change = customers_say("200200200200", &[picture]);
    shop.deliver_changes(server, vec![change]).await.expect(200);
    let conversation = shop.conversation_with("40722000222").await;
    let message = shop.thread(&conversation).await.remove(0);
    let id = |value: &Value| value["id"].as_str().unwrap().to_owned();
    BTreeMap::from([
        ("accounts", branch.to_string()),
        ("conversations", id(&conversation)),
        ("messages", id(&message)),
        ("media", id(&message["media"])),
        ("contacts", id(&conversation["contact"])),
    ])
}

/// The smallest body that a route reads; one that is missing here shows as a 422.
fn body(thing: &str, method: &str, rest: &str, hidden: &BTreeMap<&'static str, String>) -> Value {
    match (thing, method, rest) {
        ("conversations", "patch", _) => json!({ "status": "open" }),
        ("conversations", "post", "{id}/read") => json!({ "message_id": hidden["messages"] }),
        ("conversations", "post", "{id}/messages") => {
            json!({ "client_id": "x", "text": { "body": "x" } })
        }
        ("messages", "patch", _) => json!({ "client_id": "x", "text": "x" }),
        ("conversations", "put", "{id}/draft") => json!({ "text": "x" }),
        ("accounts", "post", "{id}/templates") => json!({
            "name": "x", "language": "en", "category": "UTILITY", "components": [{}]
        }),
        ("accounts", "patch", _) => json!({ "name": "x" }),
        ("accounts", "put", "{id}/members") => json!({ "user_ids": [] }),
        _ => json!({}),
    }
}

feature! {
    async fn an_agent_does_not_find_what_belongs_to_a_number_of_others(server: Server) {
        let shop = server.organisation("shop").await;
        let hidden = hidden(server, &shop).await;
        let document = server.anonymous("GET", "/api/openapi.json", None).await.expect(200).json;
        let mut asked = 0;
        for (path, item) in document["paths"].as_object().unwrap() {
            let Some((thing, rest)) = path.strip_prefix("/api/v1/").and_then(|path| path.split_once('/')) else { continue };
            let Some(id) = hidden.get(thing).filter(|_| rest.contains('{') && thing != "contacts") else { continue };
            for method in item.as_object().unwrap().keys() {
                let path = path.replace("{id}", id);
                let path = path.strip_prefix("/api/v1").unwrap();
                let body = body(thing, method, rest, &hidden);
                let answer = Answer::of(shop.agent.request(&method.to_uppercase(), path).json(&body)).await;
                let refused = [403, 404].contains(&answer.status.as_u16());
                assert!(refused && (thing == "accounts" || answer.status == 404), "{method} {path}: {} {}", answer.status, answer.text);
                assert!(!answer.text.contains("hidden"), "{}", answer.text);
                asked += 1;
            }
        }
        assert!(asked >= 12, "only {asked} routes were asked");
        let manager = Answer::of(shop.manager.request("GET", &format!("/conversations/{}", hidden["conversations"]))).await;
        manager.expect(200);
    }

    async fn lists_searches_counts_and_contacts_show_an_agent_only_their_numbers(server: Server) {
        let shop = server.organisation("shop").await;
        let hidden = hidden(server, &shop).await;
        shop.receive(server, &[text("40722000111", "wamid.1", "seen", 0)]).await;
        let list = async |query: &str| shop.agent.get(&format!("/conversations?{query}")).await;
        for query in ["status=all", "status=all&q=Customer", "status=all&q=40722000222", "status=open&sort=oldest", "unread=true"] {
            let text = list(query).await.expect(200).text;
            assert!(!text.contains("hidden") && !text.contains("40722000222"), "{query}: {text}");
        }
        let other = list(&format!("status=all&account_id={}", hidden["accounts"])).await;
        assert!(other.status == 404 || other.ids().is_empty(), "{}", other.text);
        let counts = shop.agent.get("/conversations/counts").await.expect(200).json;
        assert_eq!((&counts["all"], &counts["unread"]), (&json!(1), &json!(1)));
        let of_contact = shop.agent.get(&format!("/contacts/{}/conversations", hidden["contacts"])).await.expect(200);
        assert!(of_contact.ids().is_empty());
        assert_eq!(shop.agent.get("/accounts").await.expect(200).ids(), [shop.account.to_string()]);
    }

    async fn ids_of_another_organisation_are_not_found_inside_a_body_either(server: Server) {
        let shop = server.organisation("shop").await;
        let stranger = server.organisation("stranger").await;
        for (organisation, phone) in [(&shop, "40722000111"), (&stranger, "40722000222")] {
            organisation.receive(server, &[text(phone, "wamid.1", "hello", 0)]).await;
        }
        let (own, others) = (shop.conversation_with("40722000111").await, stranger.conversation_with("40722000222").await);
        let own_path = format!("/conversations/{}", own["id"].as_str().unwrap());
        let message = stranger.thread(&others).await.remove(0);
        let own_contact = own["contact"]["id"].as_str().unwrap();
        let tries = [
            shop.admin.patch(&own_path, json!({ "assignee_id": stranger.agent.id })).await,
            shop.admin.post(&format!("{own_path}/read"), json!({ "message_id": message["id"] })).await,
            shop.admin.post(&format!("/contacts/{own_contact}/merge"), json!({ "other_id": others["contact"]["id"] })).await,
            shop.admin.put(&format!("/accounts/{}/members", shop.account), json!({ "user_ids": [stranger.agent.id] })).await,
            shop.admin.post("/accounts", json!({ "channel": "cloud", "name": "x", "phone": "+49 30 901820", "phone_number_id": "5",
                "waba_id": "6", "meta_app_id": stranger.meta_app_id })).await,
        ];
        for answer in tries {
            assert!([404, 422].contains(&answer.status.as_u16()), "{} {}", answer.status, answer.text);
        }
        let page = shop.admin.get(&format!("{own_path}/messages?around={}", message["id"].as_str().unwrap())).await;
        assert_eq!(page.status, 404, "{}", page.text);
        let filtered = shop.admin.get(&format!("/conversations?status=all&account_id={}", stranger.account)).await;
        assert!(filtered.status == 404 || filtered.ids().is_empty(), "{}", filtered.text);
    }
}
