//! Nobody reaches into another organisation: every route of the API's description, with the ids of one and the token of another.

use std::collections::BTreeMap;

use hoopoe_db::{
    model::ParameterFormat,
    templates::{self, ProviderTemplate},
};
use serde_json::{Value, json};

use crate::{
    feature,
    support::{Answer, Organisation, Server},
};

/// One id of every kind in an organisation that customers have written to.
async fn ids(server: &Server, shop: &Organisation) -> BTreeMap<&'static str, String> {
    shop.deliver(server, &written(shop)).await.expect(200);
    let first = async |path: &str| shop.admin.get(path).await.expect(200).ids()[0].clone();
    let merge = merge(shop).await;
    let contacts = shop.admin.get("/contacts").await.expect(200).ids();
    let conversation = first("/conversations").await;
    let messages = shop
        .admin
        .get(&format!("/conversations/{conversation}/messages"))
        .await
        .expect(200);
    let message = &messages.json["items"][0];
    let upload = shop
        .admin
        .request("POST", &format!("/conversations/{conversation}/uploads"))
        .body("a file");
    let upload = Answer::of(upload).await.expect(201).json;
    let reply = json!({ "shortcut": "hi", "title": "Hi", "text": "Hello" });
    let reply = shop
        .admin
        .post("/saved-replies", reply)
        .await
        .expect(201)
        .json;
    let webhook = json!({ "name": "x", "url": "https://hooks.example.com", "event_types": ["*"] });
    let webhook = shop.admin.post("/webhooks", webhook).await.expect(201).json;
    BTreeMap::from([
        ("whk", webhook["webhook"]["id"].as_str().unwrap().to_owned()),
        ("upl", upload["id"].as_str().unwrap().to_owned()),
        ("rpl", reply["id"].as_str().unwrap().to_owned()),
        ("tpl", template(server, shop, "1").await),
        ("usr", shop.agent.id.to_string()),
        ("acc", shop.account.to_string()),
        ("app", shop.meta_app_id.to_string()),
        ("con", contacts[0].clone()),
        ("other", contacts[1].clone()),
        ("dlt", first("/dead-letters").await),
        ("mrg", merge),
        ("msg", message["id"].as_str().unwrap().to_owned()),
        ("med", message["media"]["id"].as_str().unwrap().to_owned()),
        ("cnv", conversation),
    ])
}

/// A template, as a sync brings it.
pub async fn template(server: &Server, shop: &Organisation, provider_id: &str) -> String {
    let found = ProviderTemplate {
        provider_id: provider_id.into(),
        name: format!("hello_{provider_id}"),
        language: "en".into(),
        category: "UTILITY".into(),
        status: "APPROVED".into(),
        quality: None,
        parameter_format: ParameterFormat::Positional,
        components: "[]".into(),
        rejected_reason: None,
    };
    let mut tx = server.app.db.begin().await.unwrap();
    let now = server.app.clock.now();
    let stored = templates::upsert_templates(&mut tx, &shop.id, &shop.waba_id, &[found], now)
        .await
        .unwrap();
    let id = &stored[0].id;
    server.app.commit(tx).await.unwrap();
    id.to_string()
}

/// A picture from a customer, and something that becomes a dead letter.
fn written(shop: &Organisation) -> Value {
    let value = json!({
        "messaging_product": "whatsapp",
        "metadata": { "display_phone_number": "4930901820", "phone_number_id": shop.phone_number_id },
        "contacts": [{ "profile": { "name": "Ana" }, "wa_id": "5511987654321" }],
        "messages": [{
            "from": "5511987654321", "id": "wamid.1", "timestamp": "1790000000", "type": "image",
            "image": { "id": "1", "mime_type": "image/jpeg", "sha256": "x" },
        }],
    });
    let mut lost = value.clone();
    lost["metadata"]["phone_number_id"] = json!("999");
    let change = |value: &Value| json!({ "field": "messages", "value": value });
    json!({
        "object": "whatsapp_business_account",
        "entry": [{ "id": shop.waba_id, "changes": [change(&value), change(&lost)] }],
    })
}

/// A merge of two contacts that were entered by hand.
async fn merge(shop: &Organisation) -> String {
    let add = async |phone: &str| {
        let contact = json!({ "name": "Twin", "phone": phone });
        shop.admin.post("/contacts", contact).await.expect(201).json["id"]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let (one, other) = (add("+49 30 901821").await, add("+49 30 901822").await);
    let path = format!("/contacts/{one}/merge");
    let merge = shop
        .admin
        .post(&path, json!({ "other_id": other }))
        .await
        .expect(201);
    merge.json["id"].as_str().unwrap().to_owned()
}

/// The id for a path, by the thing that the path is about; a path with a parameter that is not known here fails the test.
fn id_for(path: &str, ids: &BTreeMap<&'static str, String>) -> Option<String> {
    let (thing, rest) = path.strip_prefix("/api/v1/")?.split_once('/')?;
    let kind = match thing {
        _ if !rest.contains('{') => return None,
        "users" => "usr",
        "accounts" => "acc",
        "meta-apps" => "app",
        "contacts" => "con",
        "conversations" => "cnv",
        "messages" => "msg",
        "media" => "med",
        "dead-letters" => "dlt",
        "merges" => "mrg",
        "uploads" => "upl",
        "templates" => "tpl",
        "saved-replies" => "rpl",
        "webhooks" => "whk",
        _ => panic!("add the ids of {path} to this test"),
    };
    ids.get(kind).cloned()
}

feature! {
    async fn anothers_ids_are_not_found_on_every_route(server: Server) {
        let shop = server.organisation("shop").await;
        let stranger = server.organisation("stranger").await;
        let ids = ids(server, &shop).await;
        let document = server.anonymous("GET", "/api/openapi.json", None).await.expect(200).json;
        let mut asked = 0;
        for (method, path) in routes(server).await {
            let Some(id) = id_for(&path, &ids) else {
                continue;
            };
            let body = body(&document, &document["paths"][&path][method.to_lowercase()], &ids);
            let path = fill(&path, &id);
            let request = stranger.admin.request(&method, path.strip_prefix("/api/v1").unwrap()).json(&body);
            let answer = Answer::of(request).await;
            assert_eq!(answer.status, 404, "{method} {path}: {}", answer.text);
            asked += 1;
        }
        assert!(asked >= 20, "only {asked} routes were asked");
    }

    async fn no_route_answers_without_a_token_but_those_that_say_so(server: Server) {
        let document = server.anonymous("GET", "/api/openapi.json", None).await.expect(200).json;
        for (method, path) in routes(server).await {
            let operation = &document["paths"][&path][method.to_lowercase()];
            if operation["security"] == json!([{}]) {
                continue;
            }
            let filled = fill(&path, "x");
            let answer = server.anonymous(&method, &filled, Some(json!({}))).await;
            assert_eq!(answer.status, 401, "{method} {path}: {}", answer.text);
        }
    }
}

/// The smallest body that an operation reads: so that it is the access that is refused, and not the input.
fn body(document: &Value, operation: &Value, ids: &BTreeMap<&'static str, String>) -> Value {
    let schema = &operation["requestBody"]["content"]["application/json"]["schema"];
    let name = schema["$ref"]
        .as_str()
        .and_then(|path| path.rsplit('/').next());
    let Some(schema) = name.map(|name| &document["components"]["schemas"][name]) else {
        return json!({});
    };
    let required = schema["required"].as_array().cloned().unwrap_or_default();
    let fields = required.iter().map(|field| {
        let field = field.as_str().unwrap();
        let value = match (field, schema["properties"][field]["type"].as_str()) {
            ("other_id", _) => json!(ids.get("other")),
            ("message_id", _) => json!(ids.get("msg")),
            ("category", _) => json!("UTILITY"),
            (_, Some("array")) => json!([]),
            _ => json!("x"),
        };
        (field.to_owned(), value)
    });
    Value::Object(fields.collect())
}

async fn routes(server: &Server) -> Vec<(String, String)> {
    let document = server
        .anonymous("GET", "/api/openapi.json", None)
        .await
        .expect(200)
        .json;
    let paths = document["paths"].as_object().unwrap();
    let methods = |(path, item): (&String, &Value)| {
        let methods = item.as_object().unwrap().keys();
        let routes: Vec<_> = methods
            .map(|method| (method.to_uppercase(), path.clone()))
            .collect();
        routes
    };
    paths.iter().flat_map(methods).collect()
}

/// A path with its first parameter replaced, and any other with something that is none.
fn fill(path: &str, id: &str) -> String {
    let mut id = Some(id);
    let parts = path.split('/').map(|part| {
        if part.starts_with('{') {
            id.take().unwrap_or("x")
        } else {
            part
        }
    });
    parts.collect::<Vec<_>>().join("/")
}
