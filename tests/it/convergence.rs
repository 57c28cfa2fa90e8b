//! Old state + event = fresh state: for every kind of event, what a client held, the event, and what a fresh reading gives, recorded from
//! the real server. The web app's tests apply the event to the one and expect the other (`web/src/realtime/convergence.test.ts`).
//!
//! `UPDATE_FIXTURES=1 cargo test --test it convergence` writes the recordings; without it they are compared.

mod groups;
mod recorder;

use serde_json::json;

use crate::support::{
    Server,
    whatsapp::{change, delivery, second, status, text},
};
use recorder::Recorder;

const ANA: &str = "5511987654321";

#[tokio::test]
async fn every_event_turns_what_a_client_held_into_what_it_would_read_afresh() {
    let server = Server::start(hoopoe_db::testing::sqlite().await).await;
    let shop = server.organisation("shop").await;
    let mut recorder = Recorder::new(&shop);
    Box::pin(messages(&server, &mut recorder)).await;
    Box::pin(groups::record(&server, &mut recorder)).await;
    Box::pin(agents(&mut recorder)).await;
    Box::pin(people(&mut recorder)).await;
    Box::pin(writing(&server, &mut recorder)).await;
    Box::pin(house(&server, &mut recorder)).await;
    recorder.finish();
    server.stop().await;
}

/// What agents write, without a provider: what is scheduled goes out to nobody here.
async fn writing(server: &Server, recorder: &mut Recorder<'_>) {
    let shop = recorder.shop;
    let says = [text(ANA, "open", "open", 200)];
    shop.receive(server, &says).await;
    let thread = shop.conversation_with(ANA).await;
    let path = format!("/conversations/{}", thread["id"].as_str().unwrap());
    let reads = ["conversations", "messages"];
    let at = server.app.clock.now() + 3_600_000;
    let body = json!({ "client_id": "c1", "send_at": at, "text": { "body": "Good morning" } });
    let (messages, own_draft) = (format!("{path}/messages"), format!("{path}/draft"));
    let sending = shop.admin.post(&messages, body);
    recorder
        .record("message_new_scheduled", "message:new", &reads, sending)
        .await;
    let sent = shop.thread(&thread).await.pop().unwrap();
    let cancel = format!("/messages/{}/cancel", sent["id"].as_str().unwrap());
    let cancelling = shop.admin.post(&cancel, json!({}));
    recorder
        .record(
            "message_status_cancelled",
            "message:status",
            &reads,
            cancelling,
        )
        .await;
    let draft = shop.admin.put(&own_draft, json!({ "text": "Dear Ana" }));
    record(recorder, "draft_changed", draft).await;
    let cleared = shop.admin.delete(&own_draft);
    record(recorder, "draft_changed_to_none", cleared).await;
    Box::pin(saved_replies(recorder)).await;
    Box::pin(templates(server, recorder)).await;
}

/// Records what an action does to what helps to write; the recording is named after the event, and what it says more.
async fn record<T>(recorder: &mut Recorder<'_>, name: &str, action: impl Future<Output = T>) {
    let [draft, reply, template] = [
        ("draft_changed", "draft:changed", "drafts"),
        (
            "saved_reply_changed",
            "saved_reply:changed",
            "saved_replies",
        ),
        ("template_changed", "template:changed", "templates"),
    ];
    let kinds = [draft, reply, template];
    let kind = kinds.iter().find(|(begin, ..)| name.starts_with(begin));
    let (_, kind, part) = kind.unwrap();
    Box::pin(recorder.record(name, kind, &[part], action)).await;
}

async fn saved_replies(recorder: &mut Recorder<'_>) {
    let shop = recorder.shop;
    let reply = |text: &str| json!({ "shortcut": "hours", "title": "Hours", "text": text });
    let bye = json!({ "shortcut": "bye", "title": "Bye", "text": "Good bye." });
    shop.admin.post("/saved-replies", bye).await.expect(201);
    let keeping = shop.admin.post("/saved-replies", reply("At nine."));
    record(recorder, "saved_reply_changed_new", keeping).await;
    let held = shop.admin.get("/saved-replies").await.expect(200).json;
    let held = held["items"].as_array().unwrap().iter();
    let mut hours = held.filter(|reply| reply["shortcut"] == "hours");
    let path = format!(
        "/saved-replies/{}",
        hours.next().unwrap()["id"].as_str().unwrap()
    );
    let changing = shop.admin.patch(&path, reply("At ten."));
    record(recorder, "saved_reply_changed", changing).await;
    let deleting = shop.admin.delete(&path);
    record(recorder, "saved_reply_changed_deleted", deleting).await;
}

async fn templates(server: &Server, recorder: &mut Recorder<'_>) {
    let shop = recorder.shop;
    crate::tenants::template(server, shop, "1").await;
    let syncing = crate::tenants::template(server, shop, "2");
    record(recorder, "template_changed_new", syncing).await;
    let paused = async {
        let value = json!({ "event": "PAUSED", "message_template_id": 2, "reason": "NONE" });
        let news = json!({ "field": "message_template_status_update", "value": value });
        shop.deliver_changes(server, vec![news]).await.expect(200)
    };
    record(recorder, "template_changed", paused).await;
    let gone = async {
        let mut tx = server.app.db.begin().await.unwrap();
        let held = hoopoe_db::templates::list_templates(&server.app.db, &shop.id, &shop.waba_id);
        let held = held.await.unwrap();
        let id = &held.iter().find(|one| one.provider_id == "2").unwrap().id;
        let deleting = hoopoe_db::templates::delete_template(&mut tx, &shop.id, id);
        deleting.await.unwrap();
        server.app.commit(tx).await.unwrap();
    };
    record(recorder, "template_changed_deleted", gone).await;
}

/// What customers and Meta bring.
async fn messages(server: &Server, recorder: &mut Recorder<'_>) {
    let shop = recorder.shop;
    let says =
        |id: &'static str, at| async move { shop.receive(server, &[text(ANA, id, id, at)]).await };
    recorder
        .record(
            "contact_new_by_message",
            "contact:new",
            &["contacts"],
            says("first", 0),
        )
        .await;
    let reads = ["conversations", "messages"];
    recorder
        .record("message_new", "message:new", &reads, says("second", 60))
        .await;
    recorder
        .record("message_new_late", "message:new", &reads, says("late", 30))
        .await;
    let stranger = async {
        shop.receive(server, &[text("4915112345678", "hi", "hi", 90)])
            .await
    };
    recorder
        .record(
            "message_new_of_somebody_new",
            "message:new",
            &reads,
            stranger,
        )
        .await;
    let stranger = async {
        shop.receive(server, &[text("4915112345679", "hello", "hello", 91)])
            .await
    };
    recorder
        .record(
            "conversation_new",
            "conversation:new",
            &["conversations"],
            stranger,
        )
        .await;
    let amends = |message: serde_json::Value| async move { shop.receive(server, &[message]).await };
    let reaction = json!({ "from": ANA, "id": "r", "timestamp": second(95), "type": "reaction", "reaction": { "message_id": "second", "emoji": "❤️" } });
    recorder
        .record(
            "message_updated_reaction",
            "message:updated",
            &reads,
            amends(reaction),
        )
        .await;
    let echo = async {
        let echo = json!({ "from": "4930901820", "to": ANA, "id": "ours", "timestamp": second(100), "type": "text", "text": { "body": "ours" } });
        let mut change = change(&shop.phone_number_id, json!({ "message_echoes": [echo] }));
        change["field"] = json!("smb_message_echoes");
        shop.deliver(server, &delivery(&shop.waba_id, vec![vec![change]]))
            .await
            .expect(200)
    };
    recorder
        .record("message_new_of_ours", "message:new", &reads, echo)
        .await;
    for word in ["delivered", "read"] {
        let news = async {
            shop.receive_statuses(server, &[status("ours", ANA, word, 110)])
                .await
        };
        recorder
            .record(
                &format!("message_status_{word}"),
                "message:status",
                &reads,
                news,
            )
            .await;
    }
    let edit = json!({ "from": ANA, "id": "e", "timestamp": second(120), "type": "edit",
        "edit": { "original_message_id": "second", "message": { "type": "text", "text": { "body": "better" } } } });
    recorder
        .record(
            "message_updated_edit",
            "message:updated",
            &reads,
            amends(edit),
        )
        .await;
    let revoke = json!({ "from": ANA, "id": "d", "timestamp": second(130), "type": "revoke", "revoke": { "original_message_id": "late" } });
    recorder
        .record(
            "message_updated_deletion",
            "message:updated",
            &reads,
            amends(revoke),
        )
        .await;
}

/// What agents do with conversations.
async fn agents(recorder: &mut Recorder<'_>) {
    let shop = recorder.shop;
    let conversation = shop.conversation_with(ANA).await;
    let id = conversation["id"].as_str().unwrap();
    let change = |body: serde_json::Value| async move {
        shop.admin
            .patch(&format!("/conversations/{id}"), body)
            .await
            .expect(200)
    };
    let reads = ["conversations"];
    recorder
        .record(
            "conversation_updated_assigned",
            "conversation:updated",
            &reads,
            change(json!({ "assignee_id": shop.agent.id })),
        )
        .await;
    recorder
        .record(
            "conversation_updated_resolved",
            "conversation:updated",
            &reads,
            change(json!({ "status": "resolved" })),
        )
        .await;
    let last = shop.thread(&conversation).await.pop().unwrap();
    let read = async {
        shop.agent
            .post(
                &format!("/conversations/{id}/read"),
                json!({ "message_id": last["id"] }),
            )
            .await
            .expect(200)
    };
    recorder
        .record("conversation_read", "conversation:read", &reads, read)
        .await;
}

/// What becomes of contacts.
async fn people(recorder: &mut Recorder<'_>) {
    let shop = recorder.shop;
    let add = |name: &'static str, phone: &'static str| async move {
        shop.admin
            .post("/contacts", json!({ "name": name, "phone": phone }))
            .await
            .expect(201)
    };
    recorder
        .record(
            "contact_new_by_hand",
            "contact:new",
            &["contacts"],
            add("Twin", "+49 30 901821"),
        )
        .await;
    let one = add("Twin again", "+49 30 901822").await.json["id"].clone();
    let ana = shop.conversation_with(ANA).await["contact"]["id"]
        .as_str()
        .unwrap()
        .to_owned();
    let rename = async {
        shop.admin
            .patch(&format!("/contacts/{ana}"), json!({ "name": "Ana Souza" }))
            .await
            .expect(200)
    };
    recorder
        .record(
            "contact_updated_renamed",
            "contact:updated",
            &["contacts", "conversations", "messages"],
            rename,
        )
        .await;
    let merge = async {
        shop.admin
            .post(
                &format!("/contacts/{ana}/merge"),
                json!({ "other_id": one }),
            )
            .await
            .expect(201)
    };
    recorder
        .record(
            "contact_merged",
            "contact:merged",
            &["contacts", "messages"],
            merge,
        )
        .await;
}

/// Numbers and colleagues.
async fn house(server: &Server, recorder: &mut Recorder<'_>) {
    let shop = recorder.shop;
    let account = format!("/accounts/{}", shop.account);
    let rename = async {
        shop.admin
            .patch(&account, json!({ "name": "Flagship" }))
            .await
            .expect(200)
    };
    recorder
        .record(
            "account_updated",
            "account:updated",
            &["conversations"],
            rename,
        )
        .await;
    let promote = async {
        shop.admin
            .patch(
                &format!("/users/{}", shop.agent.id),
                json!({ "name": "Maria" }),
            )
            .await
            .expect(200)
    };
    recorder
        .record("user_updated", "user:updated", &["conversations"], promote)
        .await;
    let leave = async {
        shop.admin
            .put(&format!("{account}/members"), json!({ "user_ids": [] }))
            .await
            .expect(200)
    };
    recorder
        .record_for(
            &shop.agent,
            "membership_changed",
            "membership:changed",
            &[],
            leave,
        )
        .await;
    let reset = async {
        let mut tx = server.app.db.begin().await.unwrap();
        tx.record(hoopoe_db::event::Draft {
            tenant_id: shop.id.clone(),
            audience: hoopoe_db::event::Audience::Tenant,
            event: hoopoe_db::event::Event::SyncReset(hoopoe_db::event::SyncReset {}),
        });
        server.app.commit(tx).await.unwrap();
    };
    Box::pin(recorder.record("sync_reset", "sync:reset", &["conversations"], reset)).await;
    let delete = async { shop.admin.delete(&account).await.expect(204) };
    recorder
        .record(
            "account_deleted",
            "account:deleted",
            &["conversations"],
            delete,
        )
        .await;
}
