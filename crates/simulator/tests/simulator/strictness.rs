//! How strict the Graph API is about interactive messages, cards and files, and what the phone shows of them.

use hoopoe_simulator::Outgoing;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::stage::{NUMBER, Stage, TOKEN};

async fn stage() -> Stage {
    let stage = Stage::new().await;
    let hello = Outgoing::text("Hi");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, hello)
        .unwrap();
    stage
}

async fn upload(stage: &Stage, mime: &str, bytes: Vec<u8>) -> Value {
    let part = Part::bytes(bytes).file_name("file").mime_str(mime).unwrap();
    let form = Form::new()
        .text("messaging_product", "whatsapp")
        .text("type", mime.to_owned())
        .part("file", part);
    let url = stage.graph_url(&format!("{NUMBER}/media"));
    let answer = stage
        .http
        .post(url)
        .bearer_auth(TOKEN)
        .multipart(form)
        .send()
        .await
        .unwrap();
    answer.json().await.unwrap()
}

/// The error code of a message; null if it was accepted.
async fn code_of(stage: &Stage, kind: &str, node: &Value) -> Value {
    let request =
        json!({"messaging_product": "whatsapp", "to": "40721000001", "type": kind, kind: node});
    stage.post_message(&request).await.1["error"]["code"].clone()
}

#[tokio::test]
async fn interactive_messages_have_exactly_the_parts_of_their_kind() {
    let stage = stage().await;
    let picture = upload(&stage, "image/png", vec![1; 10]).await["id"].clone();
    let message =
        |kind: &str, action: Value| json!({"type": kind, "body": {"text": "x"}, "action": action});
    let with = |mut message: Value, name: &str, part: Value| {
        message[name] = part;
        message
    };
    let link = |url: &str| {
        message(
            "cta_url",
            json!({"name": "cta_url", "parameters": {"display_text": "Open", "url": url}}),
        )
    };
    let place = || message("location_request_message", json!({"name": "send_location"}));
    let number = || {
        message(
            "request_contact_info",
            json!({"name": "request_contact_info"}),
        )
    };
    let list = || {
        message(
            "list",
            json!({"button": "Go", "sections": [{"rows": [{"id": "1", "title": "One"}]}]}),
        )
    };
    let image = || json!({"type": "image", "image": {"id": picture}});
    let lost = || json!({"type": "image", "image": {"id": "1"}});
    let title = || json!({"type": "text", "text": "Title"});
    for (message, code) in [
        (link("https://example.com"), Value::Null),
        (
            with(link("https://example.com"), "header", image()),
            Value::Null,
        ),
        (
            with(link("https://example.com"), "header", lost()),
            json!(131_009),
        ),
        (link("example.com"), json!(100)),
        (place(), Value::Null),
        (with(place(), "footer", json!({"text": "x"})), json!(100)),
        (
            message("location_request_message", json!({"name": "send"})),
            json!(100),
        ),
        (number(), Value::Null),
        (with(number(), "header", title()), json!(100)),
        (list(), Value::Null),
        (with(list(), "header", title()), Value::Null),
        (with(list(), "header", image()), json!(100)),
    ] {
        assert_eq!(
            code_of(&stage, "interactive", &message).await,
            code,
            "{message}"
        );
    }
    let shown = stage.simulator.chat(NUMBER, &stage.ana.id).unwrap();
    let with_picture = shown.iter().filter(|entry| entry.media.is_some()).count();
    assert_eq!(with_picture, 1);
}

#[tokio::test]
async fn files_keep_the_limits_of_what_they_are_sent_as() {
    let stage = stage().await;
    let mut still = b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0".to_vec();
    still.resize(101 * 1024, 0);
    let mut moving = still.clone();
    moving[20] = 2;
    for (kind, mime, bytes, code) in [
        ("sticker", "image/webp", still, json!(131_053)),
        ("sticker", "image/webp", moving, Value::Null),
        ("image", "image/png", vec![1; 100], Value::Null),
        ("image", "application/pdf", vec![1; 100], json!(131_053)),
        ("document", "application/pdf", vec![1; 100], Value::Null),
    ] {
        let id = upload(&stage, mime, bytes).await["id"].clone();
        let found = code_of(&stage, kind, &json!({"id": id})).await;
        assert_eq!(found, code, "{kind} {mime}");
    }
    let large = upload(&stage, "image/png", vec![1; 5 * 1024 * 1024 + 1]).await;
    assert_eq!(large["error"]["code"], 100);
    let odd = upload(&stage, "image/heic", vec![1; 10]).await;
    assert_eq!(odd["error"]["code"], 100);
}

#[tokio::test]
async fn a_card_needs_a_part_of_the_name_beside_the_whole() {
    let stage = stage().await;
    let card = |name: Value| json!([{"name": name, "phones": [{"phone": "+1"}]}]);
    let whole = json!({"formatted_name": "Ana Ünal"});
    let parts = json!({"formatted_name": "Ana Ünal", "first_name": "Ana"});
    assert_eq!(code_of(&stage, "contacts", &card(whole)).await, 100);
    assert_eq!(code_of(&stage, "contacts", &card(parts)).await, Value::Null);
}

#[tokio::test]
async fn a_customer_answers_a_request_for_the_number() {
    let stage = stage().await;
    let card = json!({"kind": "contact", "name": "Ana", "phone": "+40 721 000 001", "answers_request": true});
    let path = format!("chats/{NUMBER}/{}/messages", stage.ana.id);
    stage.admin(reqwest::Method::POST, &path, &card).await;
    let message = stage.received_items("messages").await.pop().unwrap();
    assert_eq!(message["contacts"][0]["origin"], "contact_request");
}
