//! What can be sent, and what is refused before anything is stored.

use hoopoe_simulator::SendFault;
use serde_json::{Value, json};

use super::world::{World, on_engines};
use crate::{media::photo as media_photo, support::Answer};

const ANA: &str = "40721000001";

/// Puts a file in.
async fn upload(world: &World, thread: &str, mime: &str, content: Vec<u8>) -> Answer {
    let path = format!("/conversations/{thread}/uploads");
    let request = world.shop.agent.request("POST", &path);
    Answer::of(
        request
            .header("content-type", mime)
            .header("x-filename", "a%20file.png")
            .body(content),
    )
    .await
}

#[tokio::test]
async fn every_kind_of_message_arrives_as_it_was_meant() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let place = json!({ "latitude": 44.43, "longitude": 26.1, "name": "Shop" });
        let card = json!({ "name": "Ben Fern", "phones": [{ "phone": "+40 721 000 002" }] });
        let buttons = json!({ "kind": "button", "body": "Well?", "buttons": [{ "id": "y", "title": "Yes" }] });
        let mut last = json!(null);
        for (kind, body) in [
            ("location", json!({ "location": place })),
            ("contacts", json!({ "contacts": [card] })),
            ("interactive", json!({ "interactive": buttons })),
        ] {
            let sent = world.send(&ana, body).await;
            assert_eq!(sent["type"], kind);
            last = sent["id"].clone();
        }
        world.until_status(&last, "delivered").await;
        let requests = world.sim.sent_messages();
        let kinds: Vec<&str> = requests.iter().map(|sent| sent.request["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["location", "contacts", "interactive"]);
        assert_eq!(requests[2].request["interactive"]["action"]["buttons"][0]["reply"]["id"], "y");
    })
    .await;
}

#[tokio::test]
async fn what_whatsapp_would_not_take_is_refused_with_its_field() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let path = format!("/conversations/{ana}/messages");
        let long = "x".repeat(4097);
        for (field, body) in [
            ("text.body", json!({ "client_id": "a", "text": { "body": long } })),
            ("client_id", json!({ "client_id": "a b", "text": { "body": "x" } })),
            ("text", json!({ "client_id": "a" })),
            ("location.latitude", json!({ "client_id": "a", "location": { "latitude": 91.0, "longitude": 0.0 } })),
            ("media.upload_id", json!({ "client_id": "a", "media": { "upload_id": "upl_00000000000000000000000000" } })),
            ("quote_id", json!({ "client_id": "a", "quote_id": "msg_00000000000000000000000000", "text": { "body": "x" } })),
        ] {
            world.shop.agent.post(&path, body).await.refused_field(field);
        }
        assert!(world.sim.sent_messages().is_empty());
    })
    .await;
}

#[tokio::test]
async fn free_text_ends_with_the_window_and_the_provider_corrects_what_we_think_of_it() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let path = format!("/conversations/{ana}/messages");
        let body = |id: &str| json!({ "client_id": id, "text": { "body": "x" } });
        world.sim.next_send(SendFault::FailLater {
            code: 131_047,
            title: "Re-engagement".into(),
        });
        let sent = world.send_text(&ana, "x").await;
        let failed = world.until_status(&sent["id"], "failed").await;
        assert_eq!(failed["error"]["code"], 131_047);
        world
            .shop
            .agent
            .post(&path, body("late"))
            .await
            .refused(409, "window_closed");
        let stored = body(sent["client_id"].as_str().unwrap());
        let again = world.shop.agent.post(&path, stored).await.expect(200);
        assert_eq!(
            again.json["id"], sent["id"],
            "what is stored is answered, whatever would be said of it now"
        );
        let account = format!("/accounts/{}", world.shop.account);
        world
            .shop
            .admin
            .patch(&account, json!({ "enforce_window": false }))
            .await
            .expect(200);
        world.shop.agent.post(&path, body("late")).await.expect(201);
    })
    .await;
}

#[tokio::test]
async fn a_reaction_shows_at_once_and_comes_off_when_it_is_refused() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let thread = world.shop.thread(&json!({ "id": ana })).await;
        let id = thread[0]["id"].clone();
        let react = |emoji: &str| json!({ "reaction": { "message_id": id, "emoji": emoji } });
        let target = world.send(&ana, react("👍")).await;
        assert_eq!(
            (&target["id"], &target["reactions"][0]["emoji"]),
            (&id, &json!("👍"))
        );
        world.until_settled(1).await;
        assert_eq!(
            world.sim.sent_messages()[0].request["reaction"]["emoji"],
            "👍"
        );
        world.sim.next_send(SendFault::Refuse {
            http_status: 400,
            code: 131_051,
            message: "no".into(),
            retry_after_s: None,
        });
        world.server.advance(1_000);
        world.send(&ana, react("🎉")).await;
        world.until_settled(2).await;
        assert_eq!(world.message(&id).await["reactions"], json!([]));
    })
    .await;
}

#[tokio::test]
async fn a_file_goes_up_once_and_its_message_shows_it() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let uploaded = upload(world, &ana, "image/jpeg", media_photo())
            .await
            .expect(201)
            .json;
        assert_eq!(
            (&uploaded["kind"], &uploaded["mime"]),
            (&json!("image"), &json!("image/png"))
        );
        assert_eq!(
            (&uploaded["width"], &uploaded["filename"]),
            (&json!(1200), &json!("a file.png"))
        );
        let preview = uploaded["preview_url"]
            .as_str()
            .unwrap()
            .replace("/api/v1", "");
        world.shop.agent.get(&preview).await.expect(200);
        world.shop.manager.get(&preview).await.expect(404);
        let media = json!({ "media": { "upload_id": uploaded["id"], "caption": "look" } });
        let first = world.send(&ana, media.clone()).await;
        assert_eq!(
            (&first["type"], &first["text"]),
            (&json!("image"), &json!("look"))
        );
        assert_eq!(first["media"]["state"], "ready");
        world.until_status(&first["id"], "delivered").await;
        let second = world.send(&ana, media).await;
        world.until_status(&second["id"], "delivered").await;
        let ids: Vec<Value> = world
            .sim
            .sent_messages()
            .iter()
            .map(|sent| sent.request["image"]["id"].clone())
            .collect();
        assert_eq!(ids.len(), 2);
        assert_eq!(ids[0], ids[1], "the provider has it already");
        let file = first["media"]["url"]
            .as_str()
            .unwrap()
            .replace("/api/v1", "");
        world.shop.agent.get(&file).await.expect(200);
    })
    .await;
}

#[tokio::test]
async fn files_that_cannot_be_sent_are_refused_with_the_reason() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let heic = b"\0\0\0\x18ftypheic\0\0\0\0mif1heic".to_vec();
        let refused = upload(world, &ana, "image/heic", heic)
            .await
            .refused_field("file");
        assert!(refused.text.contains("HEIC"), "{}", refused.text);
        upload(world, &ana, "image/png", Vec::new())
            .await
            .refused(400, "bad_request");
        let pdf = upload(world, &ana, "application/pdf", b"%PDF-1.7 x".to_vec())
            .await
            .expect(201)
            .json;
        assert_eq!(pdf["kind"], "document");
        let path = format!("/conversations/{ana}/messages");
        let body = json!({ "client_id": "v", "media": { "upload_id": pdf["id"], "voice": true } });
        world
            .shop
            .agent
            .post(&path, body)
            .await
            .refused(422, "validation_failed");
    })
    .await;
}

#[tokio::test]
async fn templates_are_fetched_filled_in_and_sent_when_the_window_is_closed() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let base = format!("/accounts/{}/templates", world.shop.account);
        world.shop.agent.post(&format!("{base}/sync"), json!({})).await.refused(403, "forbidden");
        let synced = world.shop.manager.post(&format!("{base}/sync"), json!({})).await.expect(200).json;
        let found = synced["items"].as_array().unwrap().iter().find(|one| one["name"] == "order_update").unwrap().clone();
        let listed = world.shop.agent.get(&format!("{base}?q=order_update")).await.expect(200);
        assert!(listed.ids().contains(&found["id"].as_str().unwrap().to_owned()));
        world.pass(25 * 3_600_000).await;
        let parameters = json!({ "body": ["Ana", "#12"] });
        let body = json!({ "template": { "template_id": found["id"], "parameters": parameters } });
        let sent = world.send(&ana, body).await;
        assert_eq!(sent["text"], "Hi Ana, your order #12 is on its way.");
        assert_eq!(sent["content"]["name"], "order_update");
        world.until_status(&sent["id"], "delivered").await;
        let path = format!("/conversations/{ana}/messages");
        let missing = json!({ "client_id": "m", "template": { "template_id": found["id"], "parameters": { "body": ["Ana"] } } });
        world.shop.agent.post(&path, missing).await.refused_field("template.parameters.body.1");
    })
    .await;
}

#[tokio::test]
async fn a_template_with_a_picture_is_handed_in_with_a_sample_and_changed() {
    on_engines(async |world| {
        let base = format!("/accounts/{}/templates", world.shop.account);
        let hand_in = async |content: Vec<u8>| {
            let path = format!("{base}/samples");
            Answer::of(world.shop.manager.request("POST", &path).header("x-filename", "fern.png").body(content)).await
        };
        hand_in(b"plain words".to_vec()).await.refused_field("file");
        let sample = hand_in(media_photo()).await.expect(201).json;
        let header = json!({ "type": "HEADER", "format": "IMAGE", "example": { "header_handle": [sample["handle"]] } });
        let text = |words: &str| json!({ "type": "BODY", "text": words, "example": { "body_text": [["Ana"]] } });
        let body = |parts: Value| json!({ "name": "fern_news", "language": "en", "category": "UTILITY", "components": parts });
        let coupon = json!({ "type": "BUTTONS", "buttons": [{ "type": "COPY_CODE", "example": "FERN25" }] });
        let made = world.shop.manager.post(&base, body(json!([header, text("Hi {{1}}!"), coupon]))).await.expect(201).json;
        world.shop.manager.post(&base, body(json!([text("Hi {{1}}!")]))).await.refused(409, "conflict");
        let path = format!("/templates/{}", made["id"].as_str().unwrap());
        let changed = json!({ "components": [header, text("Hello {{1}}!")] });
        let changed = world.shop.manager.patch(&path, changed).await.expect(200).json;
        assert_eq!(changed["components"][1]["text"], "Hello {{1}}!");
        for (field, parts) in [
            ("components", json!([header])),
            ("components.0.example", json!([{ "type": "HEADER", "format": "IMAGE" }, text("Hi {{1}}!")])),
            ("components.0.text", json!([text("{{1}}, hi")])),
            ("components.0.text", json!([text("Hi {{1}} and {{3}}!")])),
            ("components.0.example", json!([{ "type": "BODY", "text": "Hi {{name}}!" }])),
            ("components.1.buttons.0.url", json!([text("Hi"), { "type": "BUTTONS", "buttons": [{ "type": "URL", "text": "Go", "url": "x.y" }] }])),
        ] {
            world.shop.manager.post(&base, body(parts.clone())).await.refused_field(field);
            world.shop.manager.patch(&path, json!({ "components": parts })).await.refused_field(field);
        }
    })
    .await;
}

#[tokio::test]
async fn what_webhooks_tell_of_templates_is_believed() {
    on_engines(async |world| {
        let base = format!("/accounts/{}/templates", world.shop.account);
        let synced = world.shop.manager.post(&format!("{base}/sync"), json!({})).await.expect(200).json;
        let found = synced["items"][0].clone();
        let value = json!({
            "event": "PAUSED", "message_template_id": found["provider_id"].as_str().unwrap().parse::<i64>().unwrap(),
            "message_template_name": found["name"], "message_template_language": found["language"], "reason": "NONE",
        });
        let change = json!({ "field": "message_template_status_update", "value": value });
        let mut content = value.clone();
        content["message_template_element"] = json!("Another text");
        content["message_template_footer"] = json!("Bye");
        let content = json!({ "field": "message_template_components_update", "value": content });
        world.shop.deliver_changes(&world.server, vec![change, content]).await.expect(200);
        let listed = world.shop.agent.get(&base).await.expect(200).json;
        let now = listed["items"].as_array().unwrap().iter().find(|one| one["id"] == found["id"]).unwrap();
        assert_eq!(now["status"], "PAUSED");
        let texts = |kind: &str| {
            let components = now["components"].as_array().unwrap().iter();
            components.filter(|one| one["type"] == kind).map(|one| one["text"].clone()).collect::<Vec<_>>()
        };
        assert_eq!((texts("BODY"), texts("FOOTER")), (vec![json!("Another text")], vec![json!("Bye")]));
        assert!(world.shop.letters("open").await.is_empty(), "understood");
    })
    .await;
}

#[tokio::test]
async fn drafts_are_ones_own_and_saved_replies_are_written_by_managers() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let path = format!("/conversations/{ana}/draft");
        let kept = world
            .shop
            .agent
            .put(&path, json!({ "text": "Dear Ana" }))
            .await
            .expect(200)
            .json;
        assert_eq!(kept["draft"]["text"], "Dear Ana");
        assert!(world.shop.manager.get(&path).await.expect(200).json["draft"].is_null());
        world.shop.agent.delete(&path).await.expect(204);
        assert!(world.shop.agent.get(&path).await.expect(200).json["draft"].is_null());

        let reply =
            json!({ "shortcut": "hours", "title": "Opening hours", "text": "We open at nine." });
        world
            .shop
            .agent
            .post("/saved-replies", reply.clone())
            .await
            .refused(403, "forbidden");
        let stored = world
            .shop
            .manager
            .post("/saved-replies", reply.clone())
            .await
            .expect(201)
            .json;
        world
            .shop
            .manager
            .post("/saved-replies", reply)
            .await
            .refused(409, "conflict");
        let one = format!("/saved-replies/{}", stored["id"].as_str().unwrap());
        world
            .shop
            .manager
            .patch(&one, json!({ "shortcut": "Hours" }))
            .await
            .refused_field("shortcut");
        world
            .shop
            .manager
            .patch(&one, json!({ "text": "At ten." }))
            .await
            .expect(200);
        assert_eq!(
            world
                .shop
                .agent
                .get("/saved-replies")
                .await
                .expect(200)
                .json["items"][0]["text"],
            "At ten."
        );
        world.shop.manager.delete(&one).await.expect(204);
    })
    .await;
}

#[tokio::test]
async fn reading_shows_blue_ticks_where_the_account_wants_it() {
    on_engines(async |world| {
        let ana = world.customer(ANA).await;
        let thread = world.shop.thread(&json!({ "id": ana })).await;
        let path = format!("/conversations/{ana}/read");
        let body = json!({ "message_id": thread[0]["id"] });
        world.shop.agent.post(&path, body).await.expect(200);
        let number = &world.shop.phone_number_id;
        let read = async {
            while !world.sim.chat(number, ANA).unwrap()[0].read_by_business {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(crate::support::sockets::PATIENCE, read)
            .await
            .expect("a read receipt");
    })
    .await;
}
