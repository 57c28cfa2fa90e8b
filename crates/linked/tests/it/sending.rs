//! Messages that go out, and what becomes of them.

use hoopoe_db::{contract, model::AccountState};
use hoopoe_linked::{Activity, Outgoing, Progress, Quoted, Said, SendError, Start, Target};
use hoopoe_simulator::linked::{Addressing, Received};

use crate::{
    notes::text,
    stage::{ANA, SHOP, Stage, brisk, patiently},
};

const CHAT: &str = "40721000001@s.whatsapp.net";

fn words(text: &str) -> Outgoing {
    Said::Text(text.into()).into()
}

fn received(stage: &Stage, id: &str) -> Option<Received> {
    let inbox = stage.mock.inbox(ANA).unwrap();
    inbox.into_iter().find(|message| message.id == id)
}

contract! {
    async fn a_message_is_sent_under_our_id_and_its_receipts_come_in(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        running.handle.connected().await;
        running.handle.send("AA01", CHAT, words("Yes, we do.")).await.unwrap();
        let got = stage.until_mock("the message", |_| received(&stage, "AA01")).await;
        assert_eq!(got.text, "Yes, we do.");
        stage.receipt("AA01", |receipt| receipt.progress == Progress::Sent).await;
        stage.mock.report_delivered(ANA, SHOP, "AA01").unwrap();
        let receipt = stage.receipt("AA01", |receipt| receipt.progress == Progress::Delivered).await;
        assert_eq!((receipt.chat.as_str(), receipt.by.phone.as_deref()), (CHAT, Some(ANA)));
        stage.mock.report_read(ANA, SHOP, "AA01").unwrap();
        stage.receipt("AA01", |receipt| receipt.progress == Progress::Read).await;
        stage.mock.report_played(ANA, SHOP, "AA01").unwrap();
        stage.receipt("AA01", |receipt| receipt.progress == Progress::Played).await;
        running.stop().await;
    }

    async fn a_refused_message_says_why(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.mock.refuse_next_message(SHOP, "463").unwrap();
        let refused = running.handle.send("AA01", CHAT, words("Hello")).await.unwrap_err();
        let SendError::Refused { code, reason } = refused else { panic!("not refused") };
        assert_eq!(code, 463);
        assert!(reason.contains("begin new chats"), "{reason}");
        stage.receipt("AA01", |receipt| matches!(receipt.progress, Progress::Refused { code: 463, .. })).await;
        running.handle.send("AA02", CHAT, words("Hello")).await.unwrap();
        running.stop().await;
    }

    async fn nothing_is_sent_without_a_connection(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let handle = running.handle.clone();
        running.stop().await;
        assert_eq!(handle.send("AA01", CHAT, words("Hello")).await, Err(SendError::NotConnected));
        assert!(!handle.is_connected());
        let running = stage.start(Start::Resume, brisk()).await;
        patiently("a connection", running.handle.connected()).await;
        for chat in ["", "status@broadcast", "x@s.whatsapp.net"] {
            let refused = running.handle.send("AA01", chat, words("Hello")).await;
            assert!(matches!(refused, Err(SendError::Refused { code: 0, .. })), "{chat}: {refused:?}");
        }
        running.stop().await;
    }

    async fn what_became_of_a_message_is_unknown_where_nobody_answers(db: Db) {
        let stage = Stage::new(db).await;
        let pace = hoopoe_linked::Pace { answer_timeout: std::time::Duration::from_millis(200), ..brisk() };
        let running = stage.linked(pace).await;
        running.handle.send("AA01", CHAT, words("Hello")).await.unwrap();
        stage.mock.swallow_next_answer(SHOP).unwrap();
        assert_eq!(running.handle.send("AA02", CHAT, words("Are you there?")).await, Err(SendError::Unknown));
        stage.until_mock("the message", |_| received(&stage, "AA02")).await;
        // It went out, and a receipt tells so.
        stage.mock.report_delivered(ANA, SHOP, "AA02").unwrap();
        stage.receipt("AA02", |receipt| receipt.progress == Progress::Delivered).await;
        // Sent once more under its id, it is the same message to the other side.
        running.handle.send("AA02", CHAT, words("Are you there?")).await.unwrap();
        running.stop().await;
    }

    async fn a_connection_that_breaks_leaves_nobody_waiting(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        running.handle.send("AA01", CHAT, words("Hello")).await.unwrap();
        stage.mock.swallow_next_answer(SHOP).unwrap();
        let handle = running.handle.clone();
        let sending = tokio::spawn(async move { handle.send("AA02", CHAT, words("Are you there?")).await });
        stage.until_mock("the message", |_| received(&stage, "AA02")).await;
        stage.mock.drop_connections(SHOP).unwrap();
        assert_eq!(patiently("an answer", sending).await.unwrap(), Err(SendError::Unknown));
        stage.until_connections(2).await;
        stage.until(AccountState::Connected).await;
        running.stop().await;
    }

    async fn an_answer_quotes_and_goes_to_the_lid_it_came_from(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.mock.set_addressing(ANA, Addressing::Lid).unwrap();
        let id = stage.mock.write(ANA, SHOP, "Do you have ferns?").unwrap();
        let question = stage.arrived(1).await.remove(0);
        let quoted = Quoted {
            target: Target { id: id.clone(), ours: false, author: question.person.clone() },
            text: text(&question).into(),
        };
        let answer = Outgoing { content: Said::Text("Yes".into()), quoted: Some(quoted) };
        running.handle.send("AA01", &question.chat, answer).await.unwrap();
        let got = stage.until_mock("the answer", |_| received(&stage, "AA01")).await;
        let context = got.message.extended_text_message.unwrap().context_info.unwrap();
        assert_eq!(context.stanza_id.as_deref(), Some(id.as_str()));
        assert_eq!(context.participant, question.person.address());
        assert_eq!(context.quoted_message.unwrap().conversation.as_deref(), Some("Do you have ferns?"));
        running.stop().await;
    }

    async fn reading_and_typing_are_told_both_ways(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let id = stage.mock.write(ANA, SHOP, "Hello?").unwrap();
        let question = stage.arrived(1).await.remove(0);
        running.handle.mark_read(&question.chat, None, std::slice::from_ref(&id)).await.unwrap();
        stage.until_mock("a receipt", |mock| {
            let receipts = mock.receipts(SHOP).unwrap();
            receipts.iter().any(|receipt| receipt.id == id && receipt.kind == "read").then_some(())
        }).await;
        running.handle.set_seen(true).await.unwrap();
        stage.until_mock("seen", |mock| (mock.companions(SHOP).unwrap()[0].presence.as_deref() == Some("available")).then_some(())).await;
        running.handle.typing(&question.chat, Activity::Recording).await.unwrap();
        stage.until_mock("typing", |mock| mock.typing(ANA).unwrap().last().is_some_and(|state| state == "recording").then_some(())).await;
        stage.mock.type_to(ANA, SHOP, "composing").unwrap();
        let typing = stage.told("typing", |notes| notes.typing.lock().unwrap().first().cloned()).await;
        assert_eq!((typing.activity, typing.person.phone.as_deref()), (Activity::Typing, Some(ANA)));
        stage.mock.type_to(ANA, SHOP, "paused").unwrap();
        stage.told("a pause", |notes| {
            let typing = notes.typing.lock().unwrap();
            typing.last().is_some_and(|typing| typing.activity == Activity::Paused).then_some(())
        }).await;
        running.stop().await;
    }

    async fn who_looks_is_told_and_taken_back(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let presence = |stage: &Stage| stage.mock.companions(SHOP).unwrap()[0].presence.clone();
        stage.until_mock("unseen", |_| (presence(&stage).as_deref() == Some("unavailable")).then_some(())).await;
        running.handle.set_seen(true).await.unwrap();
        stage.until_mock("seen", |_| (presence(&stage).as_deref() == Some("available")).then_some(())).await;
        running.handle.set_seen(false).await.unwrap();
        stage.until_mock("unseen", |_| (presence(&stage).as_deref() == Some("unavailable")).then_some(())).await;
        running.stop().await;
    }
}
