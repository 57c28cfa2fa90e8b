//! The past, names, pictures and blocked people.

use std::sync::atomic::Ordering;

use hoopoe_db::{contract, testing::texts};
use hoopoe_linked::{Content, Picture, Progress, Start};
use whatsapp_rust::{
    buffa::MessageField,
    waproto::whatsapp::{
        Conversation, HistorySync, HistorySyncMsg, Message, MessageKey, Pushname, Reaction,
        WebMessageInfo, web_message_info::Status,
    },
};

use crate::{
    notes::text,
    stage::{ANA, SHOP, Stage, brisk, patiently},
};

/// Unix seconds.
const THEN: u64 = 1_700_000_000;

fn key(id: &str, from_me: bool) -> MessageField<MessageKey> {
    MessageField::some(MessageKey {
        remote_jid: Some(format!("{ANA}@s.whatsapp.net")),
        from_me: Some(from_me),
        id: Some(id.into()),
        participant: None,
    })
}

fn old(id: &str, from_me: bool, text: &str, at: u64) -> HistorySyncMsg {
    let info = WebMessageInfo {
        key: key(id, from_me),
        message: MessageField::some(Message {
            conversation: Some(text.into()),
            ..Default::default()
        }),
        message_timestamp: Some(at),
        status: from_me.then_some(Status::READ),
        reactions: if from_me {
            vec![Reaction {
                key: key("R1", false),
                text: Some("🌿".into()),
                ..Default::default()
            }]
        } else {
            Vec::new()
        },
        ..Default::default()
    };
    HistorySyncMsg {
        message: MessageField::some(info),
        msg_order_id: None,
    }
}

/// A chat with Ana of two messages: the newest comes first.
fn past() -> HistorySync {
    let chat = Conversation {
        id: format!("{ANA}@s.whatsapp.net"),
        name: Some("Ana (ferns)".into()),
        messages: vec![
            old("OLD2", true, "Yes", THEN + 60),
            old("OLD1", false, "Ferns?", THEN),
        ],
        ..Default::default()
    };
    let second = Conversation {
        id: "40721000009@s.whatsapp.net".into(),
        messages: vec![old("OLD3", false, "Hello", THEN)],
        ..Default::default()
    };
    HistorySync {
        conversations: vec![chat, second],
        pushnames: vec![Pushname {
            id: Some(format!("{ANA}@s.whatsapp.net")),
            pushname: Some("Ana".into()),
        }],
        chunk_order: Some(1),
        progress: Some(100),
        ..Default::default()
    }
}

async fn is_taken_in(stage: &Stage) {
    let arrived = stage.arrived(4).await;
    assert!(arrived.iter().all(|arrived| arrived.history));
    let ids: Vec<&str> = arrived.iter().map(|arrived| arrived.id.as_str()).collect();
    assert_eq!(ids, ["OLD1", "OLD2", "R1", "OLD3"]);
    assert_eq!(
        (text(&arrived[0]), arrived[0].sent_at),
        ("Ferns?", i64::try_from(THEN).unwrap() * 1000)
    );
    assert_eq!(
        (arrived[1].from_me, &arrived[1].progress),
        (true, &Some(Progress::Read))
    );
    let Content::Reaction { to, .. } = &arrived[2].content else {
        panic!("no reaction")
    };
    assert!(to.ours && to.id == "OLD2");
}

async fn kept(stage: &Stage) -> usize {
    texts(
        &stage.db,
        "SELECT name FROM linked_values WHERE kind = 'history'",
    )
    .await
    .len()
}

contract! {
    async fn the_past_comes_with_its_times_and_names(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        for inline in [true, false] {
            stage.notes.forget();
            stage.mock.share_history(SHOP, &past(), inline).unwrap();
            stage.told("that all of it is there", |notes| {
                let history = notes.history.lock().unwrap();
                history.iter().any(|(percent, count)| *percent == Some(100) && *count >= Some(2)).then_some(())
            }).await;
            is_taken_in(&stage).await;
            let names = stage.told("names", |notes| {
                let people = notes.people.lock().unwrap();
                let book = people.iter().find_map(|about| about.book_name.clone().flatten())?;
                let own = people.iter().find_map(|about| about.profile_name.clone())?;
                Some((book, own))
            });
            assert_eq!(names.await, ("Ana (ferns)".into(), "Ana".into()));
        }
        let forgotten = async {
            while kept(&stage).await > 0 {
                tokio::task::yield_now().await;
            }
        };
        patiently("what is stored is kept no longer", forgotten).await;
        running.stop().await;
    }

    async fn a_past_that_could_not_be_stored_is_taken_in_with_the_next_connection(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.notes.failing.store(true, Ordering::SeqCst);
        stage.mock.share_history(SHOP, &past(), false).unwrap();
        stage.refused().await;
        running.stop().await;
        assert_eq!(kept(&stage).await, 1);
        stage.notes.failing.store(false, Ordering::SeqCst);
        let running = stage.start(Start::Resume, brisk()).await;
        is_taken_in(&stage).await;
        running.stop().await;
    }

    async fn a_past_goes_on_from_where_it_was(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        *stage.notes.failing_chat.lock().unwrap() = Some("40721000009@s.whatsapp.net".into());
        stage.mock.share_history(SHOP, &past(), false).unwrap();
        stage.refused().await;
        running.stop().await;
        stage.notes.forget();
        *stage.notes.failing_chat.lock().unwrap() = None;
        let running = stage.start(Start::Resume, brisk()).await;
        let arrived = stage.arrived(1).await;
        let ids: Vec<&str> = arrived.iter().map(|arrived| arrived.id.as_str()).collect();
        assert_eq!(ids, ["OLD3"], "what is stored is not brought again");
        running.stop().await;
    }

    async fn pictures_the_address_book_and_blocked_people_are_told(db: Db) {
        let stage = Stage::new(db).await;
        stage.mock.book(SHOP, ANA, "Ana from the market").unwrap();
        stage.mock.block(SHOP, "40721000009").unwrap();
        let running = stage.linked(brisk()).await;
        let about = async |what: &str, fits: &dyn Fn(&hoopoe_linked::About) -> bool| {
            stage.told(what, |notes| {
                let people = notes.people.lock().unwrap();
                people.iter().find(|about| fits(about)).cloned()
            }).await
        };
        let booked = about("the address book", &|about| about.book_name.is_some()).await;
        assert_eq!((booked.person.phone.as_deref(), booked.book_name), (Some(ANA), Some(Some("Ana from the market".into()))));
        let blocked = about("who is blocked", &|about| about.blocked.is_some()).await;
        assert_eq!((blocked.person.phone.as_deref(), blocked.blocked), (Some("40721000009"), Some(true)));
        let chat = format!("{ANA}@s.whatsapp.net");
        assert_eq!(running.handle.profile_picture(&chat).await.unwrap(), None);
        stage.mock.set_picture(ANA, SHOP, Some(b"a face")).unwrap();
        let pictured = about("a picture", &|about| about.picture.is_some()).await;
        let picture = running.handle.profile_picture(&chat).await.unwrap().unwrap();
        assert_eq!((pictured.picture, &picture.bytes[..]), (Some(Picture::Changed(picture.id.clone())), &b"a face"[..]));
        stage.mock.set_picture(ANA, SHOP, None).unwrap();
        about("no picture", &|about| about.picture == Some(Picture::Removed)).await;
        running.stop().await;
    }
}
