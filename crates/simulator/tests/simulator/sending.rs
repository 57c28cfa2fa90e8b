//! `POST /{phone_number_id}/messages`: what is accepted, what follows, and how strict it is.

use hoopoe_simulator::{MessageStatus, NewCustomer, Outgoing, SendFault, Switches};
use serde_json::{Value, json};

use crate::stage::{NUMBER, OTHER_NUMBER, Stage, WABA};

fn text_to(to: &str, body: &str) -> Value {
    json!({"messaging_product": "whatsapp", "recipient_type": "individual", "to": to, "type": "text",
        "text": {"body": body}})
}

/// A stage on which Ana has written, so that the service window is open.
async fn open_window() -> Stage {
    let stage = Stage::new().await;
    let hello = Outgoing::text("Hi");
    stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, hello)
        .unwrap();
    stage
}

async fn status_words(stage: &Stage) -> Vec<String> {
    let statuses = stage.received_items("statuses").await;
    let word = |status: &Value| status["status"].as_str().unwrap().to_owned();
    statuses.iter().map(word).collect()
}

#[tokio::test]
async fn a_sent_message_is_delivered_and_read_when_the_phone_looks() {
    let stage = open_window().await;
    let mut request = text_to("+40 721 000 001", "Good morning");
    request["biz_opaque_callback_data"] = json!("msg_1");
    let (status, answer) = stage.post_message(&request).await;
    assert_eq!(status, 200);
    let contact = json!([{"input": "+40 721 000 001", "wa_id": "40721000001"}]);
    assert_eq!(answer["contacts"], contact);
    assert_eq!(status_words(&stage).await, ["sent", "delivered"]);

    let read = stage
        .simulator
        .customer_reads(NUMBER, &stage.ana.id)
        .unwrap();
    assert_eq!(read, 1);
    let statuses = stage.received_items("statuses").await;
    let last = statuses.last().unwrap();
    assert_eq!(last["status"], "read");
    assert_eq!(last["id"], answer["messages"][0]["id"]);
    assert_eq!(last["recipient_id"], "40721000001");
    assert_eq!(last["biz_opaque_callback_data"], "msg_1");
}

#[tokio::test]
async fn a_phone_that_is_off_gets_its_messages_when_it_is_on() {
    let stage = open_window().await;
    stage.simulator.set_phone_on(&stage.ana.id, false).unwrap();
    stage.post_message(&text_to("40721000001", "Hello?")).await;
    assert_eq!(status_words(&stage).await, ["sent"]);
    stage.simulator.set_phone_on(&stage.ana.id, true).unwrap();
    assert_eq!(status_words(&stage).await, ["sent", "delivered"]);
}

#[tokio::test]
async fn outside_the_window_only_templates_go_through() {
    let stage = open_window().await;
    stage.pass_time(24 * 3_600_000);
    stage
        .post_message(&text_to("40721000001", "Still there?"))
        .await;
    let failed = stage.received_items("statuses").await.remove(0);
    assert_eq!(failed["status"], "failed");
    assert_eq!(failed["errors"][0]["code"], 131_047);
    assert!(failed.get("recipient_user_id").is_none());

    let template = json!({"messaging_product": "whatsapp", "to": "40721000001", "type": "template",
        "template": {"name": "order_update", "language": {"code": "en_US"}, "components": [
            {"type": "body", "parameters": [
                {"type": "text", "text": "Ana"}, {"type": "text", "text": "#12"}]}]}});
    assert_eq!(stage.post_message(&template).await.0, 200);
    assert_eq!(status_words(&stage).await, ["failed", "sent", "delivered"]);
    let shown = stage
        .simulator
        .chat(NUMBER, &stage.ana.id)
        .unwrap()
        .pop()
        .unwrap();
    assert_eq!(shown.text, "Hi Ana, your order #12 is on its way.");
}

#[tokio::test]
async fn a_username_customer_is_answered_by_user_id() {
    let stage = Stage::new().await;
    let moss = NewCustomer::with_username("Moss", "moss.garden");
    let moss = stage.simulator.add_customer(moss);
    let hello = Outgoing::text("Hi");
    stage
        .simulator
        .customer_sends(NUMBER, &moss.id, hello)
        .unwrap();
    let message = stage.received_items("messages").await.remove(0);
    assert!(message.get("from").is_none());
    let mut request = text_to("", "Hello Moss");
    request.as_object_mut().unwrap().remove("to");
    request["recipient"] = json!(moss.user_id);
    let (_, answer) = stage.post_message(&request).await;
    assert_eq!(answer["contacts"][0]["user_id"], json!(moss.user_id));
    let status = stage.received_items("statuses").await.remove(0);
    assert_eq!(status["recipient_user_id"], json!(moss.user_id));
    assert!(status.get("recipient_id").is_none());
}

#[tokio::test]
async fn mistakes_are_answered_with_metas_codes() {
    let stage = open_window().await;
    let with = |change: Value| {
        let mut request = text_to("40721000001", "x");
        for (key, value) in change.as_object().unwrap() {
            request[key] = value.clone();
        }
        request
            .as_object_mut()
            .unwrap()
            .retain(|_, value| !value.is_null());
        request
    };
    let button = |title: &str| json!({"type": "reply", "reply": {"id": title, "title": title}});
    let buttons = |titles: &[&str]| {
        let buttons: Vec<Value> = titles.iter().map(|title| button(title)).collect();
        json!({"type": "interactive", "text": null, "interactive": {"type": "button",
            "body": {"text": "Choose"}, "action": {"buttons": buttons}}})
    };
    let cases = [
        (json!({"messaging_product": "sms"}), 100),
        (json!({"to": null}), 100),
        (json!({"to": "not a number"}), 131_009),
        (json!({"to": stage.ana.user_id}), 131_009),
        (json!({"recipient_type": "crowd"}), 100),
        (json!({"type": "telepathy"}), 100),
        (json!({"text": null}), 131_008),
        (json!({"text": {"body": ""}}), 100),
        (json!({"text": {"body": "x".repeat(4097)}}), 100),
        (json!({"text": {"body": "x", "bold": true}}), 100),
        (json!({"ttl_seconds": 60}), 100),
        (json!({"biz_opaque_callback_data": "x".repeat(513)}), 100),
        (
            json!({"type": "image", "image": {"id": "1"}, "text": null}),
            131_009,
        ),
        (json!({"context": {}}), 131_008),
    ];
    for (change, code) in cases {
        let request = with(change.clone());
        let (status, body) = stage.post_message(&request).await;
        assert_eq!(
            (status, &body["error"]["code"]),
            (400, &json!(code)),
            "{change} {body}"
        );
    }
    for (titles, accepted) in [
        (vec!["Yes", "No"], true),
        (vec!["a", "b", "c", "d"], false),
        (vec!["a title that is too long for it"], false),
        (vec!["same", "same"], false),
    ] {
        let request = with(buttons(&titles));
        let (status, _) = stage.post_message(&request).await;
        assert_eq!(status == 200, accepted, "{titles:?}");
    }
    assert_eq!(stage.simulator.sent_messages().len(), 1);
}

#[tokio::test]
async fn a_missing_or_foreign_token_is_refused() {
    let stage = open_window().await;
    let request = text_to("40721000001", "x");
    let url = stage.graph_url(&format!("{NUMBER}/messages"));
    let answer = stage.http.post(&url).json(&request).send().await.unwrap();
    assert_eq!(answer.status(), 401);
    let body: Value = answer.json().await.unwrap();
    assert_eq!(body["error"]["code"], 190);
    let foreign = stage.http.post(&url).bearer_auth("EAAother").json(&request);
    let body: Value = foreign.send().await.unwrap().json().await.unwrap();
    assert_eq!(body["error"]["error_subcode"], 33);
    let (status, _) = stage.get(&stage.graph_url(OTHER_NUMBER)).await;
    assert_eq!(status, 400);
}

#[tokio::test]
async fn a_read_mark_turns_earlier_messages_blue() {
    let stage = open_window().await;
    let again = Outgoing::text("Anyone?");
    let wamid = stage
        .simulator
        .customer_sends(NUMBER, &stage.ana.id, again)
        .unwrap();
    let request = json!({"messaging_product": "whatsapp", "status": "read", "message_id": wamid,
        "typing_indicator": {"type": "text"}});
    assert_eq!(
        stage.post_message(&request).await,
        (200, json!({"success": true}))
    );
    let chat = stage.simulator.chat(NUMBER, &stage.ana.id).unwrap();
    assert!(chat.iter().all(|entry| entry.read_by_business));
    let unknown =
        json!({"messaging_product": "whatsapp", "status": "read", "message_id": "wamid.x"});
    assert_eq!(stage.post_message(&unknown).await.0, 400);
}

#[tokio::test]
async fn ordered_faults_happen_once() {
    let stage = open_window().await;
    stage.simulator.next_send(SendFault::Refuse {
        http_status: 400,
        code: 131_056,
        message: "Pair rate limit hit".to_owned(),
        retry_after_s: Some(6),
    });
    stage.simulator.next_send(SendFault::FailLater {
        code: 131_026,
        title: "Message undeliverable".to_owned(),
    });
    let request = text_to("40721000001", "x");
    assert_eq!(
        stage.post_message(&request).await.1["error"]["code"],
        131_056
    );
    assert_eq!(stage.post_message(&request).await.0, 200);
    assert_eq!(stage.post_message(&request).await.0, 200);
    let words = status_words(&stage).await;
    assert_eq!(words.iter().filter(|word| *word == "failed").count(), 1);
    assert_eq!(stage.simulator.sent_messages().len(), 2);
}

#[tokio::test]
async fn a_status_can_come_before_the_answer_and_out_of_order() {
    let stage = open_window().await;
    stage.simulator.set_switches(Switches {
        status_before_response: true,
        ..Switches::default()
    });
    let (_, answer) = stage.post_message(&text_to("40721000001", "x")).await;
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    assert_eq!(status_words(&stage).await[0], "sent");

    stage.simulator.set_switches(Switches {
        shuffle_statuses: true,
        ..Switches::default()
    });
    stage.post_message(&text_to("40721000001", "y")).await;
    let words = status_words(&stage).await;
    assert_eq!(words[words.len() - 2..], ["delivered", "sent"]);
    let message = stage.simulator.message(wamid).unwrap();
    assert_eq!(message.status, Some(MessageStatus::Delivered));
}

#[tokio::test]
async fn the_account_can_be_looked_at_and_subscribed() {
    let stage = Stage::new().await;
    let fields = format!("{NUMBER}?fields=verified_name,quality_rating");
    let (_, number) = stage.get(&stage.graph_url(&fields)).await;
    let expected = json!({"id": NUMBER, "verified_name": "Fern & Co", "quality_rating": "GREEN"});
    assert_eq!(number, expected);
    let url = stage.graph_url(&format!("{WABA}/subscribed_apps"));
    assert!(!stage.simulator.is_subscribed(WABA));
    let answer = stage.http.post(url).bearer_auth(crate::stage::TOKEN);
    assert_eq!(answer.send().await.unwrap().status(), 200);
    assert!(stage.simulator.is_subscribed(WABA));

    let mut names = Vec::new();
    let mut url = stage.graph_url(&format!("{WABA}/message_templates?limit=3"));
    loop {
        let (_, page) = stage.get(&url).await;
        names.extend(
            page["data"]
                .as_array()
                .unwrap()
                .iter()
                .map(|t| t["name"].clone()),
        );
        match page["paging"]["next"].as_str() {
            Some(next) => next.clone_into(&mut url),
            None => break,
        }
    }
    assert_eq!(names.len(), 10);
}
