//! What goes out on linked devices beside words: places, cards, reactions, quotes and files, as the customer's phone gets it.

use hoopoe_simulator::linked::Received;
use serde_json::{Value, json};

use super::{
    messages::{inbox, send, shop, thread, until_status},
    world::{ANA, SHOP, World, on_engines, until},
};
use crate::support::Answer;

/// Ana's conversation, with her first message.
async fn asked(world: &World) -> (Value, Value) {
    let account = shop(world).await;
    world.mock.write(ANA, SHOP, "Do you have ferns?").unwrap();
    let (conversation, mut messages) = thread(world, &account, 1).await;
    (conversation, messages.remove(0))
}

/// Sends it, and waits until it is with WhatsApp and with Ana, as her n-th message.
async fn arrives(world: &World, conversation: &Value, nth: usize, body: Value) -> Received {
    let sent = send(world, conversation, body).await;
    let received = inbox(world, nth).await.remove(nth - 1);
    let sent = until_status(world, &sent, "sent").await;
    assert_eq!(sent["attempts"], 1, "{sent}");
    received
}

async fn put_in(world: &World, conversation: &Value, name: &str, mime: &str) -> Value {
    let file = format!(
        "{}/crates/simulator/media/{name}",
        env!("CARGO_MANIFEST_DIR")
    );
    let path = format!(
        "/conversations/{}/uploads",
        conversation["id"].as_str().unwrap()
    );
    let request = world.shop.manager.request("POST", &path);
    let request = request
        .header("content-type", mime)
        .header("x-filename", name);
    let answer = Answer::of(request.body(std::fs::read(file).unwrap())).await;
    answer.expect(201).json["id"].clone()
}

#[tokio::test(flavor = "multi_thread")]
async fn places_cards_and_quotes_arrive_as_they_were_meant() {
    on_engines(async |world| {
        let (conversation, question) = asked(world).await;
        let place = json!({ "latitude": 44.43, "longitude": 26.1, "name": "Greenhouse", "address": "Park 1" });
        let got = arrives(world, &conversation, 1, json!({ "client_id": "p", "location": place })).await;
        let place = got.message.location_message.as_option().unwrap();
        assert_eq!((place.degrees_latitude, place.name.as_deref(), place.address.as_deref()), (Some(44.43), Some("Greenhouse"), Some("Park 1")));
        let card = json!({ "name": "Ben Fern", "phones": [{ "phone": "+40 721 000 002" }], "emails": ["ben@shop.example"] });
        let got = arrives(world, &conversation, 2, json!({ "client_id": "c", "contacts": [card] })).await;
        let card = got.message.contact_message.as_option().unwrap();
        let vcard = card.vcard.clone().unwrap();
        assert_eq!(card.display_name.as_deref(), Some("Ben Fern"));
        assert!(vcard.contains("+40 721 000 002") && vcard.contains("ben@shop.example"), "{vcard}");
        let two = json!([{ "name": "Ben" }, { "name": "Dan" }]);
        let got = arrives(world, &conversation, 3, json!({ "client_id": "cc", "contacts": two })).await;
        assert_eq!(got.message.contacts_array_message.as_option().unwrap().contacts.len(), 2);
        let answer = json!({ "client_id": "q", "quote_id": question["id"], "text": { "body": "We do" } });
        let got = arrives(world, &conversation, 4, answer).await;
        let text = got.message.extended_text_message.as_option().unwrap();
        let context = text.context_info.as_option().unwrap();
        let original = context.quoted_message.as_option().unwrap();
        assert_eq!((text.text.as_deref(), original.conversation.as_deref()), (Some("We do"), Some("Do you have ferns?")));
        let asker = context.participant.as_deref().unwrap();
        assert!(asker.starts_with(ANA) || asker.starts_with(&world.mock.lid(ANA).unwrap()), "{asker}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reaction_goes_on_and_comes_off_and_off_again_when_it_is_refused() {
    on_engines(async |world| {
        let (conversation, question) = asked(world).await;
        let path = format!("/messages/{}", question["id"].as_str().unwrap());
        let emojis = async || {
            let message = world.shop.manager.get(&path).await.expect(200).json;
            let reactions = message["reactions"].as_array().unwrap().clone();
            reactions.iter().map(|one| one["emoji"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
        };
        let react = |id: &str, emoji: &str| json!({ "client_id": id, "reaction": { "message_id": question["id"], "emoji": emoji } });
        for (nth, emoji) in [(1, "🌿"), (2, "👍"), (3, "")] {
            send(world, &conversation, react(&format!("r{nth}"), emoji)).await;
            let got = inbox(world, nth).await.remove(nth - 1);
            let reaction = got.message.reaction_message.as_option().unwrap();
            let key = reaction.key.as_option().unwrap();
            assert_eq!((reaction.text.as_deref(), key.from_me), (Some(emoji), Some(false)));
            let shown: &[&str] = if emoji.is_empty() { &[] } else { &[emoji] };
            assert_eq!(emojis().await, shown);
        }
        world.mock.refuse_next_message(SHOP, "400").unwrap();
        send(world, &conversation, react("r4", "🎉")).await;
        until("the reaction to come off", async || emojis().await.is_empty().then_some(())).await;
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn every_kind_of_file_arrives_as_what_it_was_sent_as() {
    on_engines(async |world| {
        let (conversation, _) = asked(world).await;
        for (nth, (name, mime, more)) in [
            (
                "potted_fern.jpg",
                "image/jpeg",
                json!({ "caption": "A fern" }),
            ),
            ("voice_note_en.ogg", "audio/ogg", json!({ "voice": true })),
            (
                "hoopoe_sticker.webp",
                "image/webp",
                json!({ "sticker": true }),
            ),
            (
                "invoice.pdf",
                "application/pdf",
                json!({ "filename": "Invoice 7.pdf" }),
            ),
            ("balcony.mp4", "video/mp4", json!({})),
        ]
        .into_iter()
        .enumerate()
        {
            let mut media = more;
            media["upload_id"] = put_in(world, &conversation, name, mime).await;
            let body = json!({ "client_id": format!("f{nth}"), "media": media });
            let got = arrives(world, &conversation, nth + 1, body).await.message;
            match nth {
                0 => assert_eq!(
                    got.image_message.as_option().unwrap().caption.as_deref(),
                    Some("A fern")
                ),
                1 => {
                    let voice = got.audio_message.as_option().unwrap();
                    assert_eq!(voice.ptt, Some(true));
                    assert!(voice.seconds.unwrap() > 0, "phones show how long it is");
                }
                2 => {
                    let sticker = got.sticker_message.as_option().unwrap();
                    assert_eq!(
                        (sticker.width, sticker.is_animated),
                        (Some(512), Some(false))
                    );
                }
                3 => assert_eq!(
                    got.document_message
                        .as_option()
                        .unwrap()
                        .file_name
                        .as_deref(),
                    Some("Invoice 7.pdf")
                ),
                _ => assert!(got.video_message.as_option().unwrap().direct_path.is_some()),
            }
        }
    })
    .await;
}
