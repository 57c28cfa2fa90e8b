//! Messages that arrive.

use std::sync::atomic::Ordering;

use hoopoe_db::{contract, model::AccountState};
use hoopoe_linked::Start;
use hoopoe_simulator::linked::Addressing;

use crate::stage::{ANA, SHOP, Stage, brisk, text};

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
}
