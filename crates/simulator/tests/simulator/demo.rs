//! The demo script, live traffic, the admin API and the page.

use std::collections::HashMap;

use hoopoe_simulator::DeliveryState;
use hoopoe_simulator::demo_script::{LiveOptions, conversations};
use serde_json::{Value, json};

use crate::stage::{NUMBER, Stage};

async fn call(stage: &Stage, method: &str, path: &str, body: Value) -> (u16, Value) {
    let url = format!("{}{path}", stage.simulator.url());
    let method = reqwest::Method::from_bytes(method.as_bytes()).unwrap();
    let answer = stage
        .http
        .request(method, url)
        .json(&body)
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap())
}

#[tokio::test]
async fn the_script_arrives_whole_and_in_order_for_every_customer() {
    let stage = Stage::new().await;
    let script = conversations();
    let played = stage.simulator.play(&script).unwrap();
    let messages = stage.received_items("messages").await;
    let echoes = stage.received_items("message_echoes").await;
    assert_eq!(messages.len() + echoes.len(), played);
    let delivered = stage
        .simulator
        .deliveries(Some(DeliveryState::Delivered), usize::MAX);
    assert_eq!(
        delivered.len(),
        stage.simulator.deliveries(None, usize::MAX).len()
    );

    let mut last: HashMap<String, i64> = HashMap::new();
    for message in &messages {
        let who = message["from_user_id"].as_str().unwrap().to_owned();
        let at: i64 = message["timestamp"].as_str().unwrap().parse().unwrap();
        let before = last.insert(who, at).unwrap_or(0);
        assert!(before <= at, "{message}");
    }
    let quotes = messages.iter().filter(|m| m["context"]["id"].is_string());
    assert!(quotes.count() >= 3);
    assert!(messages.iter().any(|message| message.get("from").is_none()));
}

#[tokio::test]
async fn live_traffic_keeps_writing_until_it_is_stopped() {
    let stage = Stage::new().await;
    let options = LiveOptions {
        least_wait_ms: 1,
        longest_wait_ms: 2,
        answers: true,
    };
    let traffic = stage.simulator.live_traffic(&conversations(), options);
    while stage.simulator.posts() < 5 {
        tokio::task::yield_now().await;
    }
    traffic.stop();
    assert!(stage.received_items("messages").await.len() >= 5);
}

#[tokio::test]
async fn a_browser_test_can_drive_everything_over_http() {
    let stage = Stage::new().await;
    let new = json!({"name": "Mila", "phone": "+385 91 555 0001"});
    let (_, mila) = call(&stage, "POST", "/sim/customers", new).await;
    let chat = format!("/sim/chats/{NUMBER}/{}", mila["id"].as_str().unwrap());
    let text = json!({"kind": "text", "text": "Dobar dan"});
    let (status, sent) = call(&stage, "POST", &format!("{chat}/messages"), text).await;
    assert_eq!(status, 200);
    let picture = json!({"sample": "succulents", "text": "These", "quote": sent["id"]});
    call(&stage, "POST", &format!("{chat}/messages"), picture).await;
    let (_, settled) = call(&stage, "POST", "/sim/settle", json!({})).await;
    assert_eq!(settled["settled"], true);
    let (_, shown) = call(&stage, "GET", &chat, json!(null)).await;
    assert_eq!(shown["items"][0]["webhook"]["state"], "delivered");
    assert_eq!(shown["items"][1]["quote"], sent["id"]);

    let nonsense = json!({"kind": "thought"});
    let (status, error) = call(&stage, "POST", &format!("{chat}/messages"), nonsense).await;
    assert_eq!(
        (status, &error["error"]["code"]),
        (400, &json!("bad_request"))
    );
    let (status, _) = call(&stage, "GET", "/sim/customers/nobody", json!(null)).await;
    assert_eq!(status, 404);

    let (_, switches) = call(&stage, "PATCH", "/sim/switches", json!({"batch": 5})).await;
    assert_eq!(switches["batch"], 5);
    assert_eq!(stage.simulator.switches().batch, 5);
    let (status, _) = call(&stage, "PATCH", "/sim/switches", json!({"botch": 5})).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn the_page_and_its_files_are_served_under_a_strict_policy() {
    let stage = Stage::new().await;
    let get = |path: String| {
        let url = format!("{}{path}", stage.simulator.url());
        let request = stage.http.get(url);
        async move { request.send().await.unwrap() }
    };
    let page = get("/".to_owned()).await;
    let policy = page.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(policy.contains("script-src 'self'") && !policy.contains("unsafe"));
    let app = get("/phone/app.js".to_owned()).await.text().await.unwrap();
    for line in app.lines().filter(|line| line.starts_with("import ")) {
        let file = line.split("\"./").nth(1).unwrap().trim_end_matches("\";");
        assert_eq!(get(format!("/phone/{file}")).await.status(), 200, "{file}");
    }
}
