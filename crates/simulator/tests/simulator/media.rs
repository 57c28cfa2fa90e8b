//! Media: descriptors, addresses that expire, tokens, uploads.

use bytes::Bytes;
use hoopoe_simulator::Outgoing;
use reqwest::multipart::{Form, Part};
use serde_json::{Value, json};

use crate::stage::{NUMBER, OTHER_NUMBER, Stage, TOKEN};

async fn picture_id(stage: &Stage) -> String {
    let picture = Outgoing::Image {
        bytes: Bytes::from_static(b"not really a picture"),
        mime: "image/png".to_owned(),
        caption: Some("Look".to_owned()),
    };
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, picture)
        .unwrap();
    let message = stage.received_items("messages").await.remove(0);
    assert_eq!(message["type"], "image");
    assert_eq!(message["image"]["caption"], "Look");
    message["image"]["id"].as_str().unwrap().to_owned()
}

fn assert_no_object(answer: &(u16, Value)) {
    let (status, body) = answer;
    assert_eq!(*status, 400);
    assert_eq!(body["error"]["code"], 100);
    assert_eq!(body["error"]["error_subcode"], 33);
    assert_eq!(body["error"]["type"], "OAuthException");
    assert!(body["error"]["fbtrace_id"].is_string());
}

#[tokio::test]
async fn a_media_address_works_for_five_minutes_and_only_with_the_token() {
    let stage = Stage::new().await;
    let id = picture_id(&stage).await;
    let url = stage.graph_url(&format!("{id}?phone_number_id={NUMBER}"));
    let (status, descriptor) = stage.get(&url).await;
    assert_eq!(status, 200);
    assert_eq!(descriptor["file_size"], 20);
    assert_eq!(descriptor["mime_type"], "image/png");

    let address = descriptor["url"].as_str().unwrap();
    let plain = stage.http.get(address).send().await.unwrap();
    assert_eq!(plain.status(), 401);
    stage.pass_time(299_000);
    let file = stage
        .http
        .get(address)
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(file.bytes().await.unwrap(), "not really a picture");
    stage.pass_time(1_000);
    assert_no_object(&stage.get(address).await);
    assert_eq!(stage.get(&url).await.0, 200, "a new address can be had");
}

#[tokio::test]
async fn media_is_gone_after_seven_days_and_hidden_from_other_numbers() {
    let stage = Stage::new().await;
    let id = picture_id(&stage).await;
    let url = stage.graph_url(&id);
    let other = stage.graph_url(&format!("{id}?phone_number_id={OTHER_NUMBER}"));
    assert_no_object(&stage.get(&other).await);
    stage.pass_time(7 * 24 * 3_600_000);
    assert_no_object(&stage.get(&url).await);
    assert_no_object(&stage.get(&stage.graph_url("123")).await);
}

async fn upload(stage: &Stage, mime: &str, product: &str) -> (u16, Value) {
    let file = Part::bytes(b"%PDF-1.4".to_vec()).file_name("list.pdf");
    let form = Form::new()
        .text("messaging_product", product.to_owned())
        .text("type", mime.to_owned())
        .part("file", file.mime_str(mime).unwrap());
    let url = stage.graph_url(&format!("{NUMBER}/media"));
    let request = stage.http.post(url).bearer_auth(TOKEN).multipart(form);
    let answer = request.send().await.unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn an_uploaded_file_can_be_sent_and_deleted() {
    let stage = Stage::new().await;
    let hello = Outgoing::text("Hi");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, hello)
        .unwrap();
    let (status, answer) = upload(&stage, "application/pdf", "whatsapp").await;
    assert_eq!(status, 200);
    let id = answer["id"].as_str().unwrap();
    let message = json!({"messaging_product": "whatsapp", "to": stage.ana.wa_id, "type": "document",
        "document": {"id": id, "filename": "prices.pdf", "caption": "Our prices"}});
    let (status, _) = stage.post_message(&message).await;
    assert_eq!(status, 200);
    let shown = stage
        .simulator
        .chat(NUMBER, &stage.ana.id)
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(shown.media.unwrap().filename.as_deref(), Some("prices.pdf"));

    let url = stage.graph_url(id);
    let deleted = stage
        .http
        .delete(&url)
        .bearer_auth(TOKEN)
        .send()
        .await
        .unwrap();
    assert_eq!(deleted.status(), 200);
    assert_eq!(
        stage.post_message(&message).await.1["error"]["code"],
        131_009
    );
}

#[tokio::test]
async fn uploads_of_other_types_or_without_product_are_refused() {
    let stage = Stage::new().await;
    for (mime, product) in [("text/html", "whatsapp"), ("application/pdf", "telegram")] {
        let (status, body) = upload(&stage, mime, product).await;
        assert_eq!((status, &body["error"]["code"]), (400, &json!(100)));
    }
}
