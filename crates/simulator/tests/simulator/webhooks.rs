//! Webhooks: handshake, exact bytes, signature, retries, order, and every switch.

use hoopoe_simulator::webhook::signature::sign;
use hoopoe_simulator::{DeliveryState, Outgoing, Retry, SimApp, SimError, Switches, Timing};
use serde_json::Value;

use crate::stage::{NUMBER, OTHER_NUMBER, SECRET, Stage};

fn bodies(messages: &[Value]) -> Vec<&str> {
    messages
        .iter()
        .filter_map(|message| message["text"]["body"].as_str())
        .collect()
}

#[tokio::test]
async fn handshake_succeeds_only_with_the_right_token() {
    let stage = Stage::new().await;
    assert_eq!(stage.simulator.verify_callback(0).await, Ok(()));
    let app = stage.simulator.add_app(SimApp {
        callback_url: format!("{}/nothing/here", stage.simulator.url()),
        app_secret: String::new(),
        verify_token: String::new(),
    });
    let refused = stage.simulator.verify_callback(app).await;
    assert!(
        matches!(refused, Err(SimError::Handshake(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn signature_covers_the_escaped_bytes_as_they_are_sent() {
    let stage = Stage::new().await;
    let text = Outgoing::text("Olá / 😀 @");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, text)
        .unwrap();
    let post = stage.received().await.remove(0);
    let body = String::from_utf8(post.bytes.to_vec()).unwrap();
    assert!(
        body.contains(r#""body":"Ol\u00e1 \/ \ud83d\ude00 \u0040""#),
        "{body}"
    );
    assert!(body.is_ascii());
    assert_eq!(post.signature, sign(SECRET, &post.bytes));
}

#[tokio::test]
async fn an_inbound_message_has_the_shape_of_the_cloud_api() {
    let stage = Stage::new().await;
    let wamid = stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, Outgoing::text("Hi"))
        .unwrap();
    let post = stage.received().await.remove(0).json;
    let expected = serde_json::json!({
        "object": "whatsapp_business_account",
        "entry": [{"id": "200000000000001", "changes": [{"field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550100001", "phone_number_id": NUMBER},
            "contacts": [{"profile": {"name": "Ana Ünal"}, "wa_id": "40721000001",
                "user_id": stage.ana.user_id}],
            "messages": [{"from": "40721000001", "from_user_id": stage.ana.user_id, "id": wamid,
                "timestamp": "1790000000", "type": "text", "text": {"body": "Hi"}}],
        }}]}],
    });
    assert_eq!(post, expected);
}

#[tokio::test]
async fn a_refused_webhook_is_retried_until_it_is_accepted_and_order_is_kept() {
    let stage = Stage::new().await;
    stage.refuse_next(3);
    for text in ["one", "two", "three"] {
        let text = Outgoing::text(text);
        stage
            .simulator
            .customer_sends(NUMBER, &stage.ana.id, text)
            .unwrap();
    }
    let messages = stage.received_items("messages").await;
    assert_eq!(
        bodies(&messages),
        ["one", "one", "one", "one", "two", "three"]
    );
    let first = stage.simulator.deliveries(None, 10).pop().unwrap();
    assert_eq!((first.state, first.attempts), (DeliveryState::Delivered, 4));
}

#[tokio::test]
async fn retries_end_after_the_attempts_allowed() {
    let stage = Stage::new().await;
    stage.simulator.set_timing(Timing {
        retry: Retry {
            max_attempts: Some(2),
            ..Retry::quick()
        },
        ..Timing::instant()
    });
    stage.refuse_next(2);
    let text = Outgoing::text("lost");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, text)
        .unwrap();
    assert_eq!(stage.received().await.len(), 2);
    let gave_up = stage.simulator.deliveries(Some(DeliveryState::GaveUp), 10);
    assert_eq!(gave_up.len(), 1);
    assert_eq!(gave_up[0].last_status, Some(503));
}

#[tokio::test]
async fn switches_duplicate_drop_and_hold() {
    let stage = Stage::new().await;
    let send = |text: &str| {
        let text = Outgoing::text(text);
        stage
            .simulator
            .customer_sends(NUMBER, &stage.ana.id, text)
            .unwrap();
    };
    stage.simulator.set_switches(Switches {
        extra_copies: 2,
        twice_inside_post: true,
        ..Switches::default()
    });
    send("many");
    assert_eq!(stage.received_items("messages").await.len(), 6);

    stage.simulator.set_switches(Switches {
        drop: true,
        ..Switches::default()
    });
    send("dropped");
    assert_eq!(stage.received_items("messages").await.len(), 6);
    let dropped = stage.simulator.deliveries(Some(DeliveryState::Dropped), 10);
    assert_eq!(dropped.len(), 1);

    stage.simulator.set_switches(Switches {
        hold: true,
        ..Switches::default()
    });
    send("held");
    assert_eq!(stage.simulator.pending(), 1);
    stage.simulator.set_switches(Switches::default());
    assert_eq!(stage.received_items("messages").await.len(), 7);
}

#[tokio::test]
async fn a_wrong_signature_is_a_wrong_signature() {
    let stage = Stage::new().await;
    stage.simulator.set_switches(Switches {
        wrong_signature: true,
        ..Switches::default()
    });
    let text = Outgoing::text("forged");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, text)
        .unwrap();
    let post = stage.received().await.remove(0);
    assert_ne!(post.signature, sign(SECRET, &post.bytes));
}

#[tokio::test]
async fn a_batch_carries_several_numbers_in_one_post() {
    let stage = Stage::new().await;
    stage.simulator.set_switches(Switches {
        batch: 3,
        ..Switches::default()
    });
    for (number, text) in [(NUMBER, "a"), (NUMBER, "b"), (OTHER_NUMBER, "c")] {
        let text = Outgoing::text(text);
        stage
            .simulator
            .customer_sends(number, &stage.ana.id, text)
            .unwrap();
    }
    let posts = stage.received().await;
    assert_eq!(posts.len(), 1);
    let changes = posts[0].json["entry"][0]["changes"].as_array().unwrap();
    assert_eq!(changes.len(), 2);
    assert_eq!(
        bodies(changes[0]["value"]["messages"].as_array().unwrap()),
        ["a", "b"]
    );
}
