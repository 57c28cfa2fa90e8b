//! What goes wrong on the way to Meta: outages, lost answers, limits; and what the record says afterwards.

use std::time::Duration;

use hoopoe_simulator::{Outgoing, Rules, SendFault, Switches};
use reqwest::Method;
use serde_json::{Value, json};

use crate::stage::{NUMBER, Stage, TOKEN};

fn text(callback: &str) -> Value {
    json!({"messaging_product": "whatsapp", "to": "40721000001", "type": "text", "text": {"body": callback},
        "biz_opaque_callback_data": callback})
}

async fn stage() -> Stage {
    let stage = Stage::new().await;
    let hello = Outgoing::text("Hi");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, hello)
        .unwrap();
    stage
}

fn accepted(stage: &Stage, callback: &str) -> usize {
    let summary = stage.simulator.sent_summary();
    summary.by_callback.get(callback).copied().unwrap_or(0)
}

async fn send(stage: &Stage, callback: &str) -> reqwest::Result<reqwest::Response> {
    let url = stage.graph_url(&format!("{NUMBER}/messages"));
    let request = stage
        .http
        .post(url)
        .bearer_auth(TOKEN)
        .json(&text(callback));
    request.timeout(Duration::from_millis(400)).send().await
}

#[tokio::test]
async fn while_offline_nobody_can_connect_and_afterwards_all_is_as_before() {
    let stage = stage().await;
    assert!(send(&stage, "before").await.unwrap().status().is_success());
    stage.simulator.set_online(false);
    // Once the port is closed, connecting fails; a kept connection has just broken.
    let error = loop {
        let error = send(&stage, "during").await.unwrap_err();
        if error.is_connect() {
            break error;
        }
    };
    assert!(!error.is_timeout(), "{error}");
    stage.simulator.set_online(true);
    while send(&stage, "after").await.is_err() {}
    assert_eq!(accepted(&stage, "during"), 0);
    assert_eq!(accepted(&stage, "after"), 1);
}

#[tokio::test]
async fn an_outage_that_was_ordered_ends_by_itself() {
    let stage = stage().await;
    let order = json!({"ms": 500});
    stage.admin(Method::POST, "outage", &order).await;
    while send(&stage, "x").await.is_ok() {}
    while send(&stage, "y").await.is_err() {}
    assert_eq!(accepted(&stage, "y"), 1);
}

#[tokio::test]
async fn an_answer_can_be_cut_late_or_missing_after_the_message_was_accepted() {
    let stage = stage().await;
    stage.simulator.next_send(SendFault::CutAnswer);
    let whole = async { send(&stage, "cut").await?.bytes().await };
    let error = whole.await.unwrap_err();
    assert!(!error.is_timeout() && !error.is_connect(), "{error}");
    stage.simulator.next_send(SendFault::Delay { ms: 60_000 });
    assert!(send(&stage, "late").await.unwrap_err().is_timeout());
    stage.simulator.next_send(SendFault::LoseAnswer);
    assert_eq!(send(&stage, "lost").await.unwrap().status(), 500);
    for callback in ["cut", "late", "lost"] {
        assert_eq!(accepted(&stage, callback), 1, "{callback}");
    }
    let statuses = stage.received_items("statuses").await;
    let delivered = statuses
        .iter()
        .filter(|status| status["status"] == "delivered");
    assert_eq!(delivered.count(), 3);
}

#[tokio::test]
async fn a_request_can_be_lost_before_it_was_accepted() {
    let stage = stage().await;
    stage.simulator.next_send(SendFault::Silence);
    assert!(send(&stage, "silence").await.unwrap_err().is_timeout());
    stage.simulator.next_send(SendFault::LoseRequest);
    assert_eq!(send(&stage, "request").await.unwrap().status(), 500);
    assert_eq!(stage.simulator.sent_messages(), []);
}

#[tokio::test]
async fn a_fault_can_hold_until_it_is_ended() {
    let stage = stage().await;
    let fault = json!({"kind": "lose_request"});
    stage.admin(Method::PUT, "faults/every-send", &fault).await;
    for _ in 0..3 {
        assert_eq!(send(&stage, "x").await.unwrap().status(), 500);
    }
    stage
        .admin(Method::PUT, "faults/every-send", &Value::Null)
        .await;
    assert_eq!(send(&stage, "x").await.unwrap().status(), 200);
}

#[tokio::test]
async fn the_record_shows_what_was_sent_twice_and_in_which_order() {
    let stage = stage().await;
    for callback in ["a", "b", "a"] {
        send(&stage, callback).await.unwrap();
    }
    let summary = stage.admin(Method::GET, "sent/summary", &Value::Null).await;
    let chat = format!("{NUMBER}/{}", stage.ana.id);
    assert_eq!(
        summary,
        json!({"total": 3, "by_callback": {"a": 2, "b": 1}, "repeated": ["a"], "order": {chat: ["a", "b", "a"]}})
    );
    let sent = stage
        .admin(Method::GET, "sent?callback=b", &Value::Null)
        .await;
    assert_eq!(sent["items"].as_array().unwrap().len(), 1);
    assert_eq!(sent["items"][0]["request"]["text"]["body"], "b");
}

#[tokio::test]
async fn limits_are_kept_when_they_are_switched_on() {
    let stage = stage().await;
    let code =
        async |callback: &str| stage.post_message(&text(callback)).await.1["error"]["code"].clone();
    stage
        .admin(Method::PATCH, "rules", &json!({"throughput_per_s": 2}))
        .await;
    let codes = [code("a").await, code("b").await, code("c").await];
    assert_eq!(codes, [Value::Null, Value::Null, json!(130_429)]);
    stage.pass_time(1000);
    assert_eq!(code("d").await, Value::Null);

    stage.simulator.set_rules(Rules {
        pair_limit: true,
        ..Rules::default()
    });
    for index in 0..45 {
        assert_eq!(code("e").await, Value::Null, "{index}");
    }
    assert_eq!(code("f").await, 131_056);
    stage.pass_time(6000);
    assert_eq!(code("g").await, Value::Null);
    assert_eq!(accepted(&stage, "f"), 0);
}

#[tokio::test]
async fn statuses_alone_can_be_lost() {
    let stage = stage().await;
    stage.simulator.set_switches(Switches {
        drop_statuses: true,
        ..Switches::default()
    });
    send(&stage, "x").await.unwrap();
    let again = Outgoing::text("Anyone?");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, again)
        .unwrap();
    assert_eq!(stage.received_items("statuses").await.len(), 0);
    assert_eq!(stage.received_items("messages").await.len(), 2);
}
