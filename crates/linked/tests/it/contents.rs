//! What messages say: in from a customer's phone, out to it, and files both ways.

use bytes::Bytes;
use hoopoe_cloud_api::{
    send::{Card, CardName, CardPhone, Place},
    update::MessageKind,
};
use hoopoe_db::contract;
use hoopoe_linked::{Content, FetchError, File, FileKind, Outgoing, Said, Target};
use hoopoe_simulator::linked::{FileToSend, Received, SentAs};
use serde_json::json;
use whatsapp_rust::{
    buffa::MessageField,
    waproto::whatsapp::{
        ContextInfo, Message, MessageKey,
        message::{
            ContactMessage, ExtendedTextMessage, FutureProofMessage, ImageMessage,
            LiveLocationMessage, LocationMessage, PaymentInviteMessage, PollCreationMessage,
            PollUpdateMessage, ProtocolMessage, ReactionMessage, poll_creation_message,
            protocol_message::Type,
        },
    },
};

use crate::{
    notes::{shown, text},
    stage::{ANA, SHOP, Stage, brisk},
};

const CHAT: &str = "40721000001@s.whatsapp.net";

fn words(text: &str) -> Message {
    Message {
        conversation: Some(text.into()),
        ..Default::default()
    }
}

fn key(id: &str, from_me: bool) -> MessageField<MessageKey> {
    MessageField::some(MessageKey {
        remote_jid: Some(format!("{SHOP}@s.whatsapp.net")),
        from_me: Some(from_me),
        id: Some(id.into()),
        participant: None,
    })
}

async fn received(stage: &Stage, id: &str) -> Received {
    let find = |mock: &hoopoe_simulator::linked::LinkedServer| {
        let inbox = mock.inbox(ANA).unwrap();
        inbox.into_iter().find(|message| message.id == id)
    };
    stage.until_mock("the message", find).await
}

fn file(kind: SentAs, mime: &str) -> FileToSend {
    FileToSend {
        kind,
        bytes: vec![7; 40_000],
        mime: mime.into(),
        caption: Some("A fern".into()),
        filename: Some("fern.pdf".into()),
    }
}

contract! {
    async fn a_picture_comes_with_all_that_it_takes_to_fetch_it(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.mock.send_file(ANA, SHOP, &file(SentAs::Image, "image/jpeg")).unwrap();
        let arrived = stage.arrived(1).await.remove(0);
        let shown = shown(&arrived);
        assert_eq!((shown.kind, shown.text.as_deref()), (MessageKind::Image, Some("A fern")));
        assert_eq!(shown.content, json!({ "caption": "A fern" }));
        let media = shown.media.clone().unwrap();
        assert_eq!((media.mime.as_str(), media.size), ("image/jpeg", Some(40_000)));
        assert!(media.reference.len() < 4096);
        let handle = &running.handle;
        let fetched = handle.fetch_media(&media.reference, 40_000).await.unwrap();
        assert_eq!(fetched, vec![7; 40_000]);
        assert_eq!(handle.fetch_media(&media.reference, 39_999).await, Err(FetchError::TooLarge { bytes: 40_000 }));
        // Months later the servers have it no more, and the phone brings it again.
        stage.mock.lose_files(false);
        let fetched = handle.fetch_media(&media.reference, 40_000).await.unwrap();
        assert_eq!(fetched.len(), 40_000);
        stage.mock.lose_files(true);
        assert_eq!(handle.fetch_media(&media.reference, 40_000).await, Err(FetchError::Gone));
        assert!(matches!(handle.fetch_media("{}", 1).await, Err(FetchError::Damaged(_))));
        running.stop().await;
    }

    async fn all_kinds_of_files_are_known(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let kinds = [
            (SentAs::Video, "video/mp4", MessageKind::Video, Some("A fern")),
            (SentAs::Audio, "audio/mp4", MessageKind::Audio, None),
            (SentAs::Voice, "audio/ogg; codecs=opus", MessageKind::Voice, None),
            (SentAs::Document, "application/pdf", MessageKind::Document, Some("A fern")),
            (SentAs::Sticker, "image/webp", MessageKind::Sticker, None),
        ];
        for (kind, mime, _, _) in kinds {
            stage.mock.send_file(ANA, SHOP, &file(kind, mime)).unwrap();
        }
        let arrived = stage.arrived(kinds.len()).await;
        for ((_, mime, kind, words), arrived) in kinds.into_iter().zip(&arrived) {
            let shown = shown(arrived);
            assert_eq!((shown.kind, shown.text.as_deref()), (kind, words));
            let media = shown.media.as_ref().unwrap();
            assert_eq!(media.mime, mime);
            let name = (kind == MessageKind::Document).then_some("fern.pdf");
            assert_eq!(media.filename.as_deref(), name);
            assert_eq!(running.handle.fetch_media(&media.reference, 50_000).await.unwrap().len(), 40_000);
        }
        running.stop().await;
    }

    async fn reactions_edits_and_deletions_name_their_message(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        running.handle.send("AA01", CHAT, Said::Text("Hello".into()).into()).await.unwrap();
        let question = stage.mock.write(ANA, SHOP, "Fern?").unwrap();
        let reaction = |text: &str| Message {
            reaction_message: MessageField::some(ReactionMessage { key: key("AA01", false), text: Some(text.into()), ..Default::default() }),
            ..Default::default()
        };
        let amendment = |protocol: ProtocolMessage| Message { protocol_message: MessageField::some(protocol), ..Default::default() };
        stage.mock.send(ANA, SHOP, &reaction("🌿")).unwrap();
        stage.mock.send(ANA, SHOP, &reaction("")).unwrap();
        let edit = ProtocolMessage {
            key: key(&question, true), r#type: Some(Type::MESSAGE_EDIT), edited_message: MessageField::some(words("Ferns?")), ..Default::default()
        };
        stage.mock.send(ANA, SHOP, &amendment(edit)).unwrap();
        let deletion = ProtocolMessage { key: key(&question, true), r#type: Some(Type::REVOKE), ..Default::default() };
        stage.mock.send(ANA, SHOP, &amendment(deletion)).unwrap();
        let arrived = stage.arrived(5).await;
        let ours = Target { id: "AA01".into(), ours: true, author: hoopoe_linked::Person::default() };
        let theirs = Target { id: question, ours: false, author: arrived[0].person.clone() };
        assert_eq!(arrived[1].content, Content::Reaction { to: ours.clone(), emoji: Some("🌿".into()) });
        assert_eq!(arrived[2].content, Content::Reaction { to: ours, emoji: None });
        let Content::Edit { of, now } = &arrived[3].content else { panic!("no edit") };
        assert_eq!((of, now.text.as_deref()), (&theirs, Some("Ferns?")));
        assert_eq!(arrived[4].content, Content::Deletion { of: theirs });
        running.stop().await;
    }

    async fn places_cards_polls_and_what_is_unknown_are_shown(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let here = LocationMessage { degrees_latitude: Some(44.4), degrees_longitude: Some(26.1), name: Some("Greenhouse".into()), ..Default::default() };
        let place = Message { location_message: MessageField::some(here), ..Default::default() };
        let options = ["Monday", "Friday"].map(|name| poll_creation_message::Option { option_name: Some(name.into()), ..Default::default() });
        let when = PollCreationMessage { name: Some("When?".into()), options: options.to_vec(), ..Default::default() };
        let poll = Message { poll_creation_message_v3: MessageField::some(when), ..Default::default() };
        let image = Message { image_message: MessageField::some(ImageMessage::default()), ..Default::default() };
        let wrapped = FutureProofMessage { message: MessageField::some(image) };
        let once = Message { view_once_message_v2: MessageField::some(wrapped), ..Default::default() };
        let context = ContextInfo { is_forwarded: Some(true), stanza_id: Some("AA01".into()), participant: Some(format!("{SHOP}@s.whatsapp.net")), ..Default::default() };
        let look = ExtendedTextMessage { text: Some("Look".into()), context_info: MessageField::some(context), ..Default::default() };
        let forwarded = Message { extended_text_message: MessageField::some(look), ..Default::default() };
        let strange = Message { payment_invite_message: MessageField::some(PaymentInviteMessage::default()), ..Default::default() };
        let vote = Message { poll_update_message: MessageField::some(PollUpdateMessage::default()), ..Default::default() };
        let vcard = "BEGIN:VCARD\nFN:Dan\nitem1.TEL;waid=40721:+40 721\nEND:VCARD";
        let contact = ContactMessage { display_name: Some("Dan".into()), vcard: Some(vcard.into()), ..Default::default() };
        let card = Message { contact_message: MessageField::some(contact), ..Default::default() };
        let moving = LiveLocationMessage { degrees_latitude: Some(91.0), degrees_longitude: Some(26.1), caption: Some("On my way".into()), ..Default::default() };
        let live = Message { live_location_message: MessageField::some(moving), ..Default::default() };
        for message in [&vote, &place, &poll, &once, &forwarded, &strange, &card, &live] {
            stage.mock.send(ANA, SHOP, message).unwrap();
        }
        let arrived = stage.arrived(7).await;
        let seen: Vec<(MessageKind, &str)> = arrived.iter().map(|arrived| (shown(arrived).kind, text(arrived))).collect();
        assert_eq!(seen, [
            (MessageKind::Location, "Greenhouse"),
            (MessageKind::Text, "📊 When?\n○ Monday\n○ Friday"),
            (MessageKind::Image, ""),
            (MessageKind::Text, "Look"),
            (MessageKind::Unsupported, ""),
            (MessageKind::Contacts, "Dan"),
            (MessageKind::Location, "On my way"),
        ]);
        let phone = &shown(&arrived[5]).content["contacts"][0]["phones"][0];
        assert_eq!((&phone["phone"], &phone["wa_id"]), (&json!("+40 721"), &json!("40721")));
        assert_eq!(shown(&arrived[6]).content, json!({ "latitude": null, "longitude": 26.1, "live": true }));
        assert_eq!(shown(&arrived[0]).content, json!({ "latitude": 44.4, "longitude": 26.1, "name": "Greenhouse" }));
        assert_eq!(shown(&arrived[1]).content["poll"]["options"], json!(["Monday", "Friday"]));
        assert_eq!((&shown(&arrived[2]).content["view_once"], &shown(&arrived[2]).media), (&json!(true), &None));
        let quoted = shown(&arrived[3]).quoted.as_ref().unwrap();
        assert!(shown(&arrived[3]).forwarded && quoted.ours && quoted.id == "AA01");
        assert_eq!(shown(&arrived[4]).content, json!({ "kind": "payment_invite" }));
        running.stop().await;
    }

    async fn what_is_written_on_the_phone_is_ours(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.mock.write_on_phone(SHOP, ANA, &words("I'll look")).unwrap();
        let arrived = stage.arrived(1).await.remove(0);
        assert!(arrived.from_me && arrived.name.is_none());
        assert_eq!((arrived.chat.as_str(), arrived.person.phone.as_deref(), text(&arrived)), (CHAT, Some(ANA), "I'll look"));
        running.stop().await;
    }

    async fn files_places_and_cards_go_out(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let file = |kind| File {
            kind, bytes: Bytes::from_static(b"a file"), mime: "image/jpeg".into(), caption: Some("Look".into()),
            filename: Some("look.jpg".into()), seconds: Some(3), size: Some((512, 512)),
        };
        let kinds = [FileKind::Image, FileKind::Video, FileKind::Audio, FileKind::Voice, FileKind::Document, FileKind::Sticker { animated: true }];
        for (number, kind) in kinds.into_iter().enumerate() {
            let id = format!("AA0{number}");
            running.handle.send(&id, CHAT, Said::File(Box::new(file(kind))).into()).await.unwrap();
            let message = received(&stage, &id).await.message;
            let path = match kind {
                FileKind::Image => message.image_message.unwrap().direct_path,
                FileKind::Video => message.video_message.unwrap().direct_path,
                FileKind::Audio | FileKind::Voice => {
                    let sound = message.audio_message.unwrap();
                    assert_eq!((sound.ptt, sound.seconds), (Some(kind == FileKind::Voice), Some(3)));
                    sound.direct_path
                }
                FileKind::Document => message.document_message.unwrap().direct_path,
                FileKind::Sticker { animated } => {
                    let sticker = message.sticker_message.unwrap();
                    assert_eq!((sticker.is_animated, sticker.width), (Some(animated), Some(512)));
                    sticker.direct_path
                }
            };
            let uploaded = stage.mock.file(&path.unwrap()).unwrap();
            assert!(!uploaded.windows(6).any(|part| part == b"a file"), "it is encrypted");
        }
        let place = Place { latitude: 1.5, longitude: 2.5, name: Some("Here".into()), address: None };
        running.handle.send("AA11", CHAT, Said::Location(place).into()).await.unwrap();
        let place = received(&stage, "AA11").await.message.location_message.unwrap();
        assert_eq!((place.degrees_latitude, place.name.as_deref()), (Some(1.5), Some("Here")));
        let phone = CardPhone { phone: "+40 721".into(), label: None, wa_id: None };
        let card = Card { name: CardName::new("Dan"), phones: vec![phone], ..Card::default() };
        running.handle.send("AA12", CHAT, Said::Contacts(vec![card]).into()).await.unwrap();
        let card = received(&stage, "AA12").await.message.contact_message.unwrap();
        assert!(card.vcard.unwrap().contains("TEL:+40 721"));
        running.stop().await;
    }

    async fn reactions_edits_and_deletions_go_out(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let question = stage.mock.write(ANA, SHOP, "Fern?").unwrap();
        let arrived = stage.arrived(1).await.remove(0);
        let to = Target { id: question.clone(), ours: false, author: arrived.person.clone() };
        let send = async |id: &str, said: Said| {
            running.handle.send(id, &arrived.chat, Outgoing::from(said)).await.unwrap();
            received(&stage, id).await.message
        };
        send("AA01", Said::Text("Yess".into())).await;
        let reaction = send("AA02", Said::Reaction { to: to.clone(), emoji: Some("🌿".into()) }).await.reaction_message.unwrap();
        assert_eq!((reaction.text.as_deref(), reaction.key.unwrap().id.as_deref()), (Some("🌿"), Some(question.as_str())));
        let reaction = send("AA03", Said::Reaction { to, emoji: None }).await.reaction_message.unwrap();
        assert_eq!(reaction.text.as_deref(), Some(""));
        let edit = send("AA04", Said::Edit { id: "AA01".into(), text: "Yes".into() }).await.protocol_message.unwrap();
        assert_eq!((edit.r#type, edit.key.unwrap().id.as_deref()), (Some(Type::MESSAGE_EDIT), Some("AA01")));
        let deletion = send("AA05", Said::Deletion { id: "AA01".into() }).await.protocol_message.unwrap();
        assert_eq!((deletion.r#type, deletion.key.unwrap().from_me), (Some(Type::REVOKE), Some(true)));
        running.stop().await;
    }

    async fn a_message_that_could_not_be_read_is_sent_once_more(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        running.handle.send("AA01", CHAT, Said::Text("one".into()).into()).await.unwrap();
        received(&stage, "AA01").await;
        stage.mock.garble_next(ANA).unwrap();
        running.handle.send("AA02", CHAT, Said::Text("two".into()).into()).await.unwrap();
        assert_eq!(received(&stage, "AA02").await.text, "two");
        running.stop().await;
    }
}
