//! What an account's capabilities say is what the API accepts and refuses: each of them, on each channel.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::{
    messages::{shop, until_status},
    world::{ANA, SHOP, World, on_engines, until},
};
use crate::support::{Answer, whatsapp::text};

const GROUP: &str = "120363000000000001";

/// One account with a conversation of each kind.
struct Place {
    account: String,
    /// With one person.
    person: Value,
    group: Value,
}

async fn conversation(world: &World, account: &str, is_group: bool) -> Value {
    until("a conversation", async || {
        let all = world.shop.conversations().await;
        let wanted = |one: &&Value| one["account_id"] == account && one["is_group"] == is_group;
        all.iter().find(wanted).cloned()
    })
    .await
}

async fn place(world: &World, account: String) -> Place {
    let person = conversation(world, &account, false).await;
    let group = conversation(world, &account, true).await;
    Place {
        account,
        person,
        group,
    }
}

/// Both channels, with what customers wrote on each.
async fn places(world: &World) -> [Place; 2] {
    let linked = shop(world).await;
    world.mock.write(ANA, SHOP, "Hello").unwrap();
    let group = world.mock.add_group("Suppliers", &[ANA, SHOP], true);
    let hello = hoopoe_simulator::linked::words("Hello all");
    world.mock.send_to_group(ANA, &group, &hello).unwrap();
    let mut to_group = text(ANA, "wamid.2", "Hello all", 2);
    to_group["group_id"] = json!(GROUP);
    let said = [text(ANA, "wamid.1", "Hello", 1), to_group];
    world.shop.receive(&world.server, &said).await;
    [
        place(world, linked).await,
        place(world, world.shop.account.to_string()).await,
    ]
}

fn messages(conversation: &Value) -> String {
    format!(
        "/conversations/{}/messages",
        conversation["id"].as_str().unwrap()
    )
}

/// A file of the demo, or a sound, put in.
async fn put_in(world: &World, conversation: &Value, name: &str, mime: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/simulator/media");
    let sound = b"ID3\x04\0\0\0\0\0\0 a tune".to_vec();
    let file = std::fs::read(format!("{folder}/{name}")).unwrap_or(sound);
    let id = conversation["id"].as_str().unwrap();
    let path = format!("/conversations/{id}/uploads");
    let request = world.shop.manager.request("POST", &path);
    let request = request
        .header("content-type", mime)
        .header("x-filename", name);
    Answer::of(request.body(file)).await.expect(201).json["id"].clone()
}

/// What asks for a capability; and the field by which it is refused where it is missing.
async fn wish(world: &World, place: &Place, capability: &str) -> Option<(Value, &'static str)> {
    let file = async |name: &str, mime: &str, more: Value| {
        let mut media = more;
        media["upload_id"] = put_in(world, &place.person, name, mime).await;
        json!({ "media": media })
    };
    let offers = |kind: &str, more: Value| {
        let mut interactive = more;
        interactive["kind"] = json!(kind);
        interactive["body"] = json!("Well?");
        json!({ "interactive": interactive })
    };
    let choice = json!([{ "id": "1", "title": "This" }]);
    Some(match capability {
        "text" => (json!({ "text": { "body": "Hello" } }), "text"),
        "image" => (
            file("potted_fern.jpg", "image/jpeg", json!({})).await,
            "media",
        ),
        "video" => (file("balcony.mp4", "video/mp4", json!({})).await, "media"),
        "audio" => (file("tune.mp3", "audio/mpeg", json!({})).await, "media"),
        "voice" => (
            file("voice_note_en.ogg", "audio/ogg", json!({ "voice": true })).await,
            "media.voice",
        ),
        "document" => (
            file("invoice.pdf", "application/pdf", json!({})).await,
            "media",
        ),
        "sticker" => (
            file(
                "hoopoe_sticker.webp",
                "image/webp",
                json!({ "sticker": true }),
            )
            .await,
            "media.sticker",
        ),
        "location" => (
            json!({ "location": { "latitude": 1.0, "longitude": 2.0 } }),
            "location",
        ),
        "contacts" => (
            json!({ "contacts": [{ "name": "Ben", "phones": [{ "phone": "+40721" }] }] }),
            "contacts",
        ),
        "reaction" => {
            let thread = world.shop.thread(&place.person).await;
            let theirs = thread.iter().find(|one| one["direction"] == "in").unwrap();
            (
                json!({ "reaction": { "message_id": theirs["id"], "emoji": "👍" } }),
                "reaction",
            )
        }
        "buttons" => (
            offers("button", json!({ "buttons": choice })),
            "interactive",
        ),
        "list" => (
            offers(
                "list",
                json!({ "list": { "button": "Choose", "sections": [{ "rows": choice }] } }),
            ),
            "interactive",
        ),
        "cta_url" => (
            offers(
                "cta_url",
                json!({ "url": { "title": "Look", "url": "https://shop.example" } }),
            ),
            "interactive",
        ),
        "location_request" => (offers("location_request", json!({})), "interactive"),
        "contact_request" => (offers("contact_request", json!({})), "interactive"),
        "groups" => (json!({ "text": { "body": "Hello all" } }), "id"),
        _ => return None,
    })
}

/// Whether the API accepts it, or refuses it by that field; anything else is a mistake.
fn accepts(answer: Answer, field: &str) -> bool {
    if answer.status == 201 || answer.status == 200 {
        return true;
    }
    answer.refused_field(field);
    false
}

/// Whether the account can do it, found out by trying. `None` for what this table does not know.
async fn tried(world: &World, place: &Place, capability: &str, nth: usize) -> Option<bool> {
    let manager = &world.shop.manager;
    if let Some((mut body, field)) = wish(world, place, capability).await {
        body["client_id"] = json!(format!("try-{nth}"));
        let to = if capability == "groups" {
            &place.group
        } else {
            &place.person
        };
        return Some(accepts(manager.post(&messages(to), body).await, field));
    }
    match capability {
        "template" => {
            let id = "tpl_00000000000000000000000000";
            let body =
                json!({ "client_id": "t", "template": { "template_id": id, "parameters": {} } });
            let answer = manager.post(&messages(&place.person), body).await;
            // Where templates go, it is this one that is missing.
            Some(
                answer.json["error"]["field"] == "template.template_id"
                    || accepts(answer, "template"),
            )
        }
        "edit" | "delete" => {
            let body = json!({ "client_id": capability, "text": { "body": capability } });
            let sent = manager
                .post(&messages(&place.person), body)
                .await
                .expect(201)
                .json;
            if world.account(&place.account).await["channel"] == "linked" {
                until_status(world, &sent, "sent").await;
            }
            let path = format!("/messages/{}", sent["id"].as_str().unwrap());
            let answer = if capability == "edit" {
                let change = json!({ "client_id": "change", "text": "changed" });
                manager.patch(&path, change).await
            } else {
                manager.delete(&path).await
            };
            Some(accepts(answer, capability))
        }
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn capabilities_are_what_the_api_accepts_and_refuses_on_each_channel() {
    on_engines(async |world| {
        let places = places(world).await;
        for place in &places {
            let path = format!("/accounts/{}/capabilities", place.account);
            let told = world.shop.manager.get(&path).await.expect(200);
            assert_eq!(
                told.json,
                world.account(&place.account).await["capabilities"]
            );
            let mut others = BTreeSet::new();
            for (nth, (name, can)) in told.json.as_object().unwrap().iter().enumerate() {
                match tried(world, place, name, nth).await {
                    Some(accepted) => {
                        assert_eq!(json!(accepted), *can, "{name} on {}", place.account);
                    }
                    None => drop(others.insert(name.as_str())),
                }
            }
            // A capability that is added has to be added above, or be of another kind as these are.
            assert_eq!(
                others,
                BTreeSet::from(["delete_for_ms", "edit_for_ms", "window"])
            );
            for change in ["edit", "delete"] {
                let lasts = &told.json[format!("{change}_for_ms")];
                assert_eq!(json!(lasts.is_i64()), told.json[change]);
            }
        }
        world.server.advance(25 * 60 * 60 * 1000);
        let manager = world.server.log_in(&world.shop.manager.id).await;
        for place in &places {
            let has_window =
                &world.account_as(&manager, &place.account).await["capabilities"]["window"];
            let body = json!({ "client_id": "late", "text": { "body": "A day later" } });
            let answer = manager.post(&messages(&place.person), body).await;
            if has_window == true {
                answer.refused(409, "window_closed");
            } else {
                answer.expect(201);
            }
        }
    })
    .await;
}
