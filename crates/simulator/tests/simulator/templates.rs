//! Templates: handed in, reviewed, changed, deleted, sent with all their parts.

use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{NUMBER, Stage, TOKEN, WABA};

fn path() -> String {
    format!("{WABA}/message_templates")
}

fn parcel(name: &str) -> Value {
    json!({"name": name, "language": "en_US", "category": "UTILITY", "components": [
        {"type": "BODY", "text": "Hi {{1}}, your parcel is here.", "example": {"body_text": [["Ana"]]}}]})
}

/// What the business was told about templates.
async fn told(stage: &Stage) -> Vec<Value> {
    let mut told = Vec::new();
    for post in stage.received().await {
        let entry = &post.json["entry"][0];
        if entry["changes"][0]["field"] == "message_template_status_update" {
            assert_eq!(entry["id"], WABA);
            assert!(entry["time"].is_i64());
            told.push(entry["changes"][0]["value"].clone());
        }
    }
    told
}

async fn listed(stage: &Stage, name: &str) -> Vec<Value> {
    let url = stage.graph_url(&format!("{}?limit=100&name={name}", path()));
    let (_, page) = stage.get(&url).await;
    page["data"].as_array().unwrap().clone()
}

fn words(told: &[Value]) -> Vec<(&str, &str)> {
    told.iter()
        .map(|value| {
            let event = value["event"].as_str().unwrap();
            (event, value["reason"].as_str().unwrap_or("-"))
        })
        .collect()
}

#[tokio::test]
async fn a_template_is_reviewed_and_the_business_is_told() {
    let stage = Stage::new().await;
    let (status, created) = stage.post(&path(), &parcel("parcel")).await;
    assert_eq!(
        (status, &created["status"]),
        (200, &json!("PENDING")),
        "{created}"
    );
    stage.post(&path(), &parcel("reject_parcel")).await;
    let told = told(&stage).await;
    assert_eq!(
        words(&told),
        [("APPROVED", "NONE"), ("REJECTED", "INVALID_FORMAT")]
    );
    assert_eq!(
        told[0]["message_template_id"].to_string(),
        created["id"].as_str().unwrap()
    );
    assert_eq!(listed(&stage, "parcel").await[0]["status"], "APPROVED");
    let rejected = listed(&stage, "reject_parcel").await;
    assert_eq!(rejected[0]["rejected_reason"], "INVALID_FORMAT");
    let (status, twice) = stage.post(&path(), &parcel("parcel")).await;
    assert_eq!(
        (status, &twice["error"]["error_subcode"]),
        (400, &json!(2_388_024))
    );
}

#[tokio::test]
async fn a_changed_template_is_reviewed_again_and_a_deleted_one_is_gone() {
    let stage = Stage::new().await;
    let (_, created) = stage.post(&path(), &parcel("parcel")).await;
    stage.simulator.settled().await;
    let id = created["id"].as_str().unwrap();
    let change = json!({"components": [{"type": "BODY", "text": "It is here."}]});
    assert_eq!(
        stage.post(id, &change).await,
        (200, json!({"success": true}))
    );
    assert_eq!(words(&told(&stage).await), [("APPROVED", "NONE"); 2]);
    assert_eq!(
        listed(&stage, "parcel").await[0]["components"],
        change["components"]
    );
    let url = stage.graph_url(&format!("{}?name=parcel&hsm_id={id}", path()));
    let delete = || stage.http.delete(&url).bearer_auth(TOKEN).send();
    assert_eq!(delete().await.unwrap().status(), 200);
    assert_eq!(delete().await.unwrap().status(), 400);
    assert_eq!(words(&told(&stage).await)[2], ("DELETED", "-"));
    assert!(listed(&stage, "parcel").await.is_empty());
}

#[tokio::test]
async fn somebody_at_meta_can_pause_a_template() {
    let stage = Stage::new().await;
    let all = stage.admin(Method::GET, "templates", &Value::Null).await;
    let hello = all["items"]
        .as_array()
        .unwrap()
        .iter()
        .find(|item| item["name"] == "hello_world");
    let id = hello.unwrap()["id"].as_str().unwrap();
    let pause = json!({"status": "PAUSED", "reason": "LOW_QUALITY"});
    stage
        .admin(Method::POST, &format!("templates/{id}/status"), &pause)
        .await;
    assert_eq!(words(&told(&stage).await), [("PAUSED", "LOW_QUALITY")]);
    let send = json!({"messaging_product": "whatsapp", "to": "40721000001", "type": "template",
        "template": {"name": "hello_world", "language": {"code": "en_US"}}});
    assert_eq!(stage.post_message(&send).await.1["error"]["code"], 132_015);
}

#[tokio::test]
async fn mistakes_in_new_templates_are_refused() {
    let stage = Stage::new().await;
    let with = |components: Value| {
        let mut template = parcel("x");
        template["components"] = components;
        template
    };
    let mut shouting = parcel("x");
    shouting["name"] = json!("Parcel");
    for (template, subcode) in [
        (shouting, Value::Null),
        (with(json!([])), Value::Null),
        (with(json!([{"type": "FOOTER", "text": "x"}])), Value::Null),
        (
            with(json!([{"type": "BODY", "text": "a {{1}} b"}])),
            json!(2_388_043),
        ),
        (
            with(json!([{"type": "BODY", "text": "{{1}} b", "example": {"body_text": [["x"]]}}])),
            json!(2_388_299),
        ),
        (
            with(json!([{"type": "HEADER", "format": "IMAGE"}, {"type": "BODY", "text": "x"}])),
            json!(2_388_273),
        ),
        (
            with(json!([{"type": "BODY", "text": "x".repeat(1025)}])),
            Value::Null,
        ),
    ] {
        let (status, answer) = stage.post(&path(), &template).await;
        assert_eq!(
            (status, &answer["error"]["error_subcode"]),
            (400, &subcode),
            "{template} {answer}"
        );
    }
}

#[tokio::test]
async fn a_media_header_is_shown_by_an_uploaded_sample() {
    let stage = Stage::new().await;
    let start = "900/uploads?file_name=a.png&file_length=6&file_type=image/png";
    let (_, session) = stage.post(start, &Value::Null).await;
    let url = stage.graph_url(session["id"].as_str().unwrap());
    let upload = stage
        .http
        .post(url)
        .header("Authorization", format!("OAuth {TOKEN}"));
    let answer = upload
        .header("file_offset", "0")
        .body("pixels")
        .send()
        .await
        .unwrap();
    let handle: Value = answer.json().await.unwrap();
    let mut template = parcel("shown");
    template["components"] = json!([
        {"type": "HEADER", "format": "IMAGE", "example": {"header_handle": [handle["h"]]}},
        {"type": "BODY", "text": "Look"},
    ]);
    let (status, answer) = stage.post(&path(), &template).await;
    assert_eq!(status, 200, "{answer}");
    let (status, _) = stage
        .post(
            "900/uploads?file_name=a&file_length=6&file_type=image/gif",
            &Value::Null,
        )
        .await;
    assert_eq!(status, 400);
}

async fn send(stage: &Stage, name: &str, components: Value) -> (u16, Value) {
    let request = json!({"messaging_product": "whatsapp", "to": "40721000001", "type": "template",
        "template": {"name": name, "language": {"code": "en_US"}, "components": components}});
    stage.post_message(&request).await
}

#[tokio::test]
async fn a_sent_template_shows_all_its_parts_on_the_phone() {
    let stage = Stage::new().await;
    let text = |text: &str| json!({"type": "text", "text": text});
    let button = |index: &str, kind: &str, parameter: Value| json!({"type": "button", "sub_type": kind, "index": index, "parameters": [parameter]});
    let code = json!({"type": "coupon_code", "coupon_code": "FERN25"});
    let payload = json!({"type": "payload", "payload": "stop"});
    let components = json!([
        {"type": "header", "parameters": [text("Ana")]},
        {"type": "body", "parameters": [text("20 %")]},
        button("0", "copy_code", code),
        button("1", "quick_reply", payload),
    ]);
    let (status, answer) = send(&stage, "spring_sale", components).await;
    assert_eq!(status, 200, "{answer}");
    assert_eq!(answer["messages"][0]["message_status"], "accepted");
    let shown = stage
        .simulator
        .chat(NUMBER, &stage.ana.id)
        .unwrap()
        .remove(0);
    assert_eq!(shown.text, "Everything green is 20 % off until Sunday.");
    let parts = shown.shown.unwrap();
    assert_eq!(
        parts["header"],
        json!({"type": "text", "text": "Spring sale for Ana"})
    );
    assert_eq!(parts["buttons"][0]["code"], "FERN25");
    assert_eq!(parts["buttons"][1]["payload"], "stop");
}

#[tokio::test]
async fn values_must_fit_the_template() {
    let stage = Stage::new().await;
    let text = |text: &str| json!({"type": "text", "text": text});
    let named = |name: &str| json!({"type": "text", "text": "x", "parameter_name": name});
    let body = |parameters: Value| json!({"type": "body", "parameters": parameters});
    let picture = json!({"type": "header", "parameters": [{"type": "image", "image": {"link": "https://example.com/a.png"}}]});
    let film = json!({"type": "header", "parameters": [{"type": "video", "video": {"link": "https://example.com/a.mp4"}}]});
    let track =
        json!({"type": "button", "sub_type": "url", "index": "0", "parameters": [text("12")]});
    let two = body(json!([text("Ana"), text("12")]));
    let when = |first: &str| body(json!([named(first), named("day"), named("time")]));
    for (name, components, code) in [
        ("order_update", json!([two]), Value::Null),
        (
            "order_update",
            json!([body(json!([text("Ana")]))]),
            json!(132_000),
        ),
        (
            "order_update",
            json!([body(json!([text("a\nb"), text("12")]))]),
            json!(100),
        ),
        (
            "order_update",
            json!([body(json!([named("1"), named("2")]))]),
            json!(100),
        ),
        ("appointment_reminder", json!([when("name")]), Value::Null),
        ("appointment_reminder", json!([when("nom")]), json!(100)),
        ("appointment_reminder", json!([when("day")]), json!(100)),
        ("order_shipped", json!([picture, two, track]), Value::Null),
        ("order_shipped", json!([two, track]), json!(132_012)),
        ("order_shipped", json!([film, two, track]), json!(132_012)),
        ("order_shipped", json!([picture, two]), json!(132_012)),
        (
            "winter_offer",
            json!([body(json!([text("Ana")]))]),
            json!(132_001),
        ),
        ("unheard_of", json!([]), json!(132_001)),
    ] {
        let (_, answer) = send(&stage, name, components.clone()).await;
        assert_eq!(
            answer["error"]["code"], code,
            "{name} {components} {answer}"
        );
    }
}
