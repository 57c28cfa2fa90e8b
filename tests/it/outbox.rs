//! Sending: accepted once, sent in order, within budgets, never twice, and always with a true status.

mod alias;
mod away;
mod content;
mod crash;
mod groups;
mod limits;
mod plan;
pub mod process;
mod world;

use hoopoe_simulator::SendFault;
use serde_json::json;

use self::world::on_engines;

const ANA: &str = "40721000001";

fn refuse(code: i64) -> SendFault {
    SendFault::Refuse {
        http_status: 400,
        code,
        message: "not now".into(),
        retry_after_s: None,
    }
}

#[tokio::test]
async fn a_text_is_stored_at_once_then_sent_and_its_ticks_follow() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let sent = world.send_text(&ana, "Good morning").await;
        assert_eq!(
            (&sent["status"], &sent["source"]),
            (&json!("sending"), &json!("api"))
        );
        assert_eq!(sent["author_id"], json!(world.shop.agent.id));
        let delivered = world.until_status(&sent["id"], "delivered").await;
        assert_eq!(delivered["attempts"], 1);
        assert!(delivered["sent_at"].is_i64() && delivered["error"].is_null());
        assert_eq!(world.on_phone(ANA), ["Good morning"]);
        let attempts = world.attempts(&sent["id"]).await;
        assert_eq!(
            (attempts.len(), &attempts[0]["outcome"]),
            (1, &json!("accepted"))
        );
        let shown = &world.shop.conversations().await[0]["last_message"];
        assert_eq!(
            (&shown["text"], &shown["status"]),
            (&json!("Good morning"), &json!("delivered"))
        );
    })
    .await;
}

#[tokio::test]
async fn the_same_client_id_is_sent_once_whoever_races() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let path = format!("/conversations/{ana}/messages");
        let racing = (0..8).map(|nth| {
            let body = json!({ "client_id": "same", "text": { "body": format!("try {nth}") } });
            world.shop.agent.post(&path, body)
        });
        let answers = futures_util::future::join_all(racing).await;
        let created = answers.iter().filter(|answer| answer.status == 201).count();
        assert_eq!(created, 1, "one was first");
        let id = &answers[0].json["id"];
        assert!(
            answers
                .iter()
                .all(|answer| answer.json["id"] == *id && answer.status.is_success())
        );
        world.until_status(id, "delivered").await;
        assert_eq!(world.on_phone(ANA).len(), 1);
    })
    .await;
}

#[tokio::test]
async fn what_is_sent_to_many_at_once_is_accepted_together_and_arrives_once() {
    on_engines(async |world| {
        // No more than may go at once: the clock stands still.
        let phones: Vec<String> = (0..6).map(|nth| format!("4072100010{nth}")).collect();
        let threads = world.customers(&phones).await;
        let sending = threads.iter().map(|id| world.send_text(id, "Good news"));
        let sent = futures_util::future::join_all(sending).await;
        for message in &sent {
            world.until_status(&message["id"], "delivered").await;
        }
        for phone in &phones {
            assert_eq!(world.on_phone(phone), ["Good news"]);
        }
        let shown = world.shop.conversations().await;
        assert!(
            shown
                .iter()
                .all(|thread| thread["last_message"]["text"] == "Good news"
                    && thread["message_count"] == 2)
        );
    })
    .await;
}

#[tokio::test]
async fn messages_of_a_conversation_keep_their_order_while_attempts_fail() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        for code in [131_000, 131_016, 131_000] {
            world.sim.next_send(refuse(code));
        }
        let mut last = json!(null);
        for nth in 0..10 {
            last = world.send_text(&ana, &nth.to_string()).await["id"].clone();
        }
        world
            .pass_until(&last, 2_000, |message| message["status"] != "sending")
            .await;
        world.until_status(&last, "delivered").await;
        let expected: Vec<String> = (0..10).map(|nth| nth.to_string()).collect();
        assert_eq!(world.on_phone(ANA), expected);
    })
    .await;
}

#[tokio::test]
async fn a_final_refusal_says_why_and_lets_the_next_go() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        world.sim.next_send(refuse(131_051));
        let first = world.send_text(&ana, "one").await;
        let second = world.send_text(&ana, "two").await;
        let failed = world.until_status(&first["id"], "failed").await;
        assert_eq!(failed["error"]["code"], 131_051);
        assert!(
            failed["error"]["detail"]
                .as_str()
                .unwrap()
                .contains("does not support")
        );
        world.until_status(&second["id"], "delivered").await;
        let path = format!("/messages/{}/retry", first["id"].as_str().unwrap());
        let again = world
            .shop
            .agent
            .post(&path, json!({}))
            .await
            .expect(200)
            .json;
        assert_eq!(
            (&again["status"], &again["error"]),
            (&json!("sending"), &json!(null))
        );
        let done = world.until_status(&first["id"], "delivered").await;
        assert_eq!(done["attempts"], 2);
        world
            .shop
            .agent
            .post(&path, json!({}))
            .await
            .refused(409, "conflict");
    })
    .await;
}

#[tokio::test]
async fn a_lost_answer_is_settled_by_the_status_and_never_sent_again() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        world.sim.next_send(SendFault::LoseAnswer);
        let sent = world.send_text(&ana, "once").await;
        let done = world.until_status(&sent["id"], "delivered").await;
        assert!(done["error"].is_null(), "{done}");
        world.pass(3_600_000).await;
        assert_eq!(world.on_phone(ANA), ["once"]);
        let attempts = world.attempts(&sent["id"]).await;
        assert_eq!(attempts[0]["outcome"], "accepted", "{attempts:?}");
    })
    .await;
}

#[tokio::test]
async fn an_outcome_that_nobody_tells_becomes_unknown_and_a_person_decides() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        world.sim.next_send(SendFault::LoseRequest);
        let first = world.send_text(&ana, "lost").await;
        let second = world.send_text(&ana, "after").await;
        world
            .until(&first["id"], "attempted", |message| {
                message["attempts"] == 1
            })
            .await;
        assert_eq!(
            world.message(&second["id"]).await["attempts"],
            0,
            "it waits behind"
        );
        world.pass(29_000).await;
        assert_eq!(world.message(&first["id"]).await["status"], "sending");
        world.pass(2_000).await;
        let unknown = world.message(&first["id"]).await;
        assert_eq!(unknown["status"], "unknown", "{unknown}");
        assert!(
            unknown["error"]["detail"]
                .as_str()
                .unwrap()
                .contains("may or may not")
        );
        world.until_status(&second["id"], "delivered").await;
        assert_eq!(world.on_phone(ANA), ["after"]);
        let path = format!("/messages/{}/retry", first["id"].as_str().unwrap());
        world.shop.agent.post(&path, json!({})).await.expect(200);
        world.until_status(&first["id"], "delivered").await;
        assert_eq!(world.on_phone(ANA), ["after", "lost"]);
    })
    .await;
}

#[tokio::test]
async fn a_status_that_comes_after_it_was_given_up_still_tells_the_truth() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let mut switches = world.sim.switches();
        switches.hold = true;
        world.sim.set_switches(switches.clone());
        world.sim.next_send(SendFault::LoseAnswer);
        let sent = world.send_text(&ana, "late").await;
        world.until_settled(1).await;
        world.pass(31_000).await;
        assert_eq!(world.message(&sent["id"]).await["status"], "unknown");
        switches.hold = false;
        world.sim.set_switches(switches);
        let done = world.until_status(&sent["id"], "delivered").await;
        assert!(done["error"].is_null(), "{done}");
    })
    .await;
}

#[tokio::test]
async fn a_status_may_come_before_the_answer() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let mut switches = world.sim.switches();
        switches.status_before_response = true;
        world.sim.set_switches(switches);
        let sent = world.send_text(&ana, "quick").await;
        let done = world.until(&sent["id"], "delivered and settled", |message| {
            message["status"] == "delivered" && message["attempts"] == 1
        });
        done.await;
        assert_eq!(world.on_phone(ANA), ["quick"]);
        assert_eq!(world.attempts(&sent["id"]).await[0]["outcome"], "accepted");
    })
    .await;
}

#[tokio::test]
async fn a_scheduled_message_goes_out_at_its_time_and_can_be_taken_back_before() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let at = world.server.app.clock.now() + 3_600_000;
        let later = world
            .send(&ana, json!({ "send_at": at, "text": { "body": "later" } }))
            .await;
        let never = world
            .send(&ana, json!({ "send_at": at, "text": { "body": "never" } }))
            .await;
        assert_eq!(later["send_at"], at);
        let now = world.send_text(&ana, "now").await;
        world.until_status(&now["id"], "delivered").await;
        let cancel = format!("/messages/{}/cancel", never["id"].as_str().unwrap());
        let cancelled = world
            .shop
            .agent
            .post(&cancel, json!({}))
            .await
            .expect(200)
            .json;
        assert_eq!(cancelled["status"], "cancelled");
        world.pass(3_599_000).await;
        assert_eq!(world.message(&later["id"]).await["attempts"], 0);
        world.pass(2_000).await;
        world.until_status(&later["id"], "delivered").await;
        assert_eq!(world.on_phone(ANA), ["now", "later"]);
        let shown = &world.shop.conversations().await[0]["last_message"];
        assert_eq!(shown["text"], "later");
        let cancel = format!("/messages/{}/cancel", later["id"].as_str().unwrap());
        world
            .shop
            .agent
            .post(&cancel, json!({}))
            .await
            .refused(409, "conflict");
    })
    .await;
}
