//! Messages that arrive.

use std::sync::atomic::Ordering;

use hoopoe_db::{contract, model::AccountState};
use hoopoe_linked::{Progress, Said, Start};
use hoopoe_simulator::linked::Addressing;

use crate::{
    notes::{shown, text},
    stage::{ANA, SHOP, Stage, brisk},
};

contract! {
    async fn a_message_arrives_with_who_wrote_it(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let id = stage.mock.write(ANA, SHOP, "Do you have ferns?").unwrap();
        let arrived = stage.arrived(1).await.remove(0);
        assert_eq!((arrived.id.as_str(), text(&arrived)), (id.as_str(), "Do you have ferns?"));
        assert_eq!((arrived.person.phone.as_deref(), arrived.name.as_deref()), (Some(ANA), Some("Ana")));
        assert!(!arrived.from_me && !arrived.is_group);
        running.stop().await;
    }

    async fn a_person_is_known_by_both_names_where_whatsapp_tells_both(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let lid = stage.mock.lid(ANA).unwrap();
        stage.mock.set_addressing(ANA, Addressing::Both).unwrap();
        stage.mock.write(ANA, SHOP, "one").unwrap();
        let arrived = stage.arrived(1).await.remove(0);
        assert_eq!((arrived.person.phone.as_deref(), arrived.person.lid.as_deref()), (Some(ANA), Some(lid.as_str())));
        running.stop().await;
    }

    async fn digits_of_a_lid_are_no_phone_number(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let lid = stage.mock.lid(ANA).unwrap();
        stage.mock.set_addressing(ANA, Addressing::Lid).unwrap();
        stage.mock.write(ANA, SHOP, "one").unwrap();
        let arrived = stage.arrived(1).await.remove(0);
        assert_eq!((arrived.person.phone, arrived.person.lid), (None, Some(lid)));
        running.stop().await;
    }

    async fn messages_wait_while_the_account_is_away(db: Db) {
        let stage = Stage::new(db).await;
        stage.linked(brisk()).await.stop().await;
        for text in ["one", "two", "three"] {
            stage.mock.write(ANA, SHOP, text).unwrap();
        }
        let running = stage.start(Start::Resume, brisk()).await;
        let arrived = stage.arrived(3).await;
        let texts: Vec<&str> = arrived.iter().map(text).collect();
        assert_eq!(texts, ["one", "two", "three"]);
        running.stop().await;
    }

    async fn what_was_not_stored_is_not_acknowledged_and_comes_again(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.notes.failing.store(true, Ordering::SeqCst);
        let first = stage.mock.write(ANA, SHOP, "one").unwrap();
        stage.refused().await;
        stage.notes.failing.store(false, Ordering::SeqCst);
        let second = stage.mock.write(ANA, SHOP, "two").unwrap();
        let acknowledged = |id: &str| stage.mock.receipts(SHOP).unwrap().iter().any(|receipt| receipt.id == id);
        stage.until_mock("a receipt", |_| acknowledged(&second).then_some(())).await;
        assert!(!acknowledged(&first));
        stage.mock.drop_connections(SHOP).unwrap();
        stage.until(AccountState::Disconnected).await;
        let ids: Vec<String> = stage.arrived(2).await.into_iter().map(|message| message.id).collect();
        assert_eq!(ids, [second, first.clone()]);
        stage.until_mock("a receipt", |_| acknowledged(&first).then_some(())).await;
        running.stop().await;
    }

    async fn a_person_once_known_by_both_names_stays_so(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let lid = stage.mock.lid(ANA).unwrap();
        stage.mock.set_addressing(ANA, Addressing::Both).unwrap();
        stage.mock.write(ANA, SHOP, "one").unwrap();
        stage.arrived(1).await;
        stage.mock.set_addressing(ANA, Addressing::Lid).unwrap();
        stage.mock.write(ANA, SHOP, "two").unwrap();
        let arrived = stage.arrived(2).await.remove(1);
        assert_eq!((arrived.person.phone.as_deref(), arrived.person.lid.as_deref()), (Some(ANA), Some(lid.as_str())));
        running.stop().await;
    }

    async fn a_phone_that_goes_by_lids_is_joined_as_well(db: Db) {
        let stage = Stage::new(db).await;
        for phone in [SHOP, ANA] {
            stage.mock.set_addressing(phone, Addressing::Both).unwrap();
        }
        let running = stage.linked(brisk()).await;
        stage.mock.write(ANA, SHOP, "Ferns?").unwrap();
        let arrived = stage.arrived(1).await.remove(0);
        assert!(arrived.chat.ends_with("@lid"), "{}", arrived.chat);
        running.handle.send("AA01", &arrived.chat, Said::Text("Yes".into()).into()).await.unwrap();
        stage.mock.report_read(ANA, SHOP, "AA01").unwrap();
        let receipt = stage.receipt("AA01", |receipt| receipt.progress == Progress::Read).await;
        assert_eq!((&receipt.by, &receipt.chat), (&arrived.person, &arrived.chat));
        running.stop().await;
    }

    async fn what_may_be_seen_once_is_shown_as_such(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let id = stage.mock.send_once(ANA, SHOP).unwrap();
        let arrived = stage.arrived(1).await.remove(0);
        assert_eq!((arrived.id.as_str(), arrived.person.phone.as_deref()), (id.as_str(), Some(ANA)));
        assert_eq!(shown(&arrived).content, serde_json::json!({ "kind": "view_once" }));
        running.stop().await;
    }

    async fn what_was_read_on_the_phone_is_told(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        let id = stage.mock.write(ANA, SHOP, "Ferns?").unwrap();
        stage.arrived(1).await;
        stage.mock.read_on_phone(SHOP, ANA, &id).unwrap();
        let receipt = stage.receipt(&id, |receipt| receipt.progress == Progress::ReadElsewhere).await;
        assert!(receipt.by.is_unknown());
        running.stop().await;
    }

    async fn receipts_that_could_not_be_noted_are_noted_again(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        running.handle.send("AA01", "40721000001@s.whatsapp.net", Said::Text("Hello".into()).into()).await.unwrap();
        stage.receipt("AA01", |receipt| receipt.progress == Progress::Sent).await;
        stage.notes.failing.store(true, Ordering::SeqCst);
        stage.mock.report_delivered(ANA, SHOP, "AA01").unwrap();
        stage.refused().await;
        stage.notes.failing.store(false, Ordering::SeqCst);
        stage.receipt("AA01", |receipt| receipt.progress == Progress::Delivered).await;
        running.stop().await;
    }

    async fn who_is_there_is_told_of_those_who_were_asked_for(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.mock.write(ANA, SHOP, "Ferns?").unwrap();
        let person = stage.arrived(1).await.remove(0).person;
        running.handle.watch(&person).await.unwrap();
        let presence = stage.told("presence", |notes| notes.presence.lock().unwrap().first().cloned()).await;
        assert!(presence.online && presence.person == person);
        running.handle.set_seen(true).await.unwrap();
        stage.until_mock("seen", |mock| (mock.companions(SHOP).unwrap()[0].presence.as_deref() == Some("available")).then_some(())).await;
        stage.mock.set_online(ANA, false, Some(1_700_000_000)).unwrap();
        stage.told("that she is gone", |notes| {
            let presence = notes.presence.lock().unwrap();
            presence.iter().any(|one| !one.online && one.last_seen == Some(1_700_000_000_000)).then_some(())
        }).await;
        running.handle.unwatch(&person).await.unwrap();
        stage.until_mock("nobody watched", |mock| mock.companions(SHOP).unwrap()[0].watching.is_empty().then_some(())).await;
        running.stop().await;
    }

    async fn a_chat_that_is_marked_as_read_on_the_phone_is_told_by_time(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.until_connections(1).await;
        stage.mock.mark_read_on_phone(SHOP, ANA, 1_700_000_000).unwrap();
        let read = stage.told("the mark", |notes| {
            let receipts = notes.receipts.lock().unwrap();
            receipts.iter().find(|receipt| receipt.progress == Progress::ReadElsewhere).cloned()
        }).await;
        assert_eq!((read.chat.as_str(), read.at), ("40721000001@s.whatsapp.net", 1_700_000_000_999));
        assert!(read.ids.is_empty() && read.by.is_unknown());
        running.stop().await;
    }
}
