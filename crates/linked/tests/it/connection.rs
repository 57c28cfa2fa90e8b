//! Staying connected, and staying away where a person has to act.

use std::time::Duration;

use hoopoe_db::{Db, contract, model::AccountState};
use hoopoe_linked::{Pace, Start};
use hoopoe_simulator::linked::Refusal;

use crate::stage::{SHOP, Stage, brisk, patiently, silence};

/// Ends the connection in a way, and shows in which state the account is then: for good.
async fn ends(db: Db, refusal: Refusal, state: AccountState, reason: &str) {
    let stage = Stage::new(db).await;
    let running = stage.linked(brisk()).await;
    let before = stage.mock.companions(SHOP).unwrap()[0].connections;
    stage.mock.refuse(SHOP, Some(refusal)).unwrap();
    stage.mock.drop_connections(SHOP).unwrap();
    running.ended().await;
    let account = stage.account().await;
    assert_eq!(account.state, state);
    let said = account.state_reason.unwrap();
    assert!(said.contains(reason), "{said}");
    let after = stage.mock.companions(SHOP).unwrap()[0].connections;
    assert_eq!(after, before, "it did not come back");
}

contract! {
    async fn a_linked_account_comes_back_without_a_code(db: Db) {
        let stage = Stage::new(db).await;
        stage.linked(brisk()).await.stop().await;
        let running = stage.start(Start::Resume, brisk()).await;
        stage.until_connections(2).await;
        stage.until(AccountState::Connected).await;
        assert!(!stage.offers());
        assert_eq!(stage.mock.companions(SHOP).unwrap().len(), 1);
        running.stop().await;
    }

    async fn a_broken_connection_is_restored(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.until_connections(1).await;
        stage.mock.drop_connections(SHOP).unwrap();
        let account = stage.until(AccountState::Disconnected).await;
        assert!(account.state_reason.is_some());
        stage.until_connections(2).await;
        let account = stage.until(AccountState::Connected).await;
        assert_eq!(account.state_reason, None);
        running.stop().await;
    }

    async fn a_connection_that_whatsapp_asks_to_begin_anew_is(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.until_connections(1).await;
        stage.mock.restart(SHOP).unwrap();
        stage.until_connections(2).await;
        stage.until(AccountState::Connected).await;
        running.stop().await;
    }

    async fn a_connection_over_which_nothing_comes_is_found_and_begun_anew(db: Db) {
        let stage = Stage::new(db).await;
        let pace = Pace {
            probe_every: Duration::from_millis(200),
            probe_timeout: Duration::from_millis(500),
            ..brisk()
        };
        let running = stage.linked(pace).await;
        stage.until_connections(1).await;
        stage.mock.set_deaf(SHOP, true).unwrap();
        let account = stage.until(AccountState::Disconnected).await;
        assert!(account.state_reason.unwrap().contains("did not answer"));
        stage.mock.set_deaf(SHOP, false).unwrap();
        stage.until_connections(2).await;
        stage.until(AccountState::Connected).await;
        assert!(stage.device().await.last_traffic_at.is_some());
        running.stop().await;
    }

    async fn a_server_that_says_nothing_is_asked_again(db: Db) {
        let stage = Stage::new(db).await;
        stage.linked(brisk()).await.stop().await;
        let (url, mut taken) = silence().await;
        let pace = Pace { connect_timeout: Duration::from_millis(300), ..brisk() };
        let running = stage.start_on(url, Start::Resume, pace).await;
        let account = stage.until(AccountState::Disconnected).await;
        assert!(account.state_reason.unwrap().contains("in time"));
        patiently("further tries", taken.wait_for(|taken| *taken >= 3)).await.unwrap();
        running.stop().await;
        assert_eq!(stage.account().await.state, AccountState::Disconnected, "a node that stops leaves it to the next one");
    }

    async fn a_link_that_whatsapp_does_not_answer_ends(db: Db) {
        let stage = Stage::new(db).await;
        let (url, _taken) = silence().await;
        let pace = Pace { connect_timeout: Duration::from_millis(300), ..brisk() };
        stage.start_on(url, Start::Qr, pace).await.ended().await;
        let account = stage.account().await;
        assert_eq!(account.state, AccountState::NeedsQr);
        assert!(account.state_reason.unwrap().contains("could not be reached"));
        assert_eq!(stage.device().await.claimed_by, None);
    }

    async fn the_phone_is_not_silenced(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.until_mock("a first presence", |_| stage.mock.companions(SHOP).unwrap()[0].presence.clone()).await;
        let unseen = |stage: &Stage| stage.mock.companions(SHOP).unwrap()[0].presence.as_deref() == Some("unavailable");
        stage.until_mock("presence", |_| unseen(&stage).then_some(())).await;
        running.stop().await;
    }

    async fn an_account_that_was_replaced_stays_away(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.mock.replace(SHOP).unwrap();
        running.ended().await;
        let account = stage.account().await;
        assert_eq!(account.state, AccountState::Replaced);
        assert!(account.state_reason.unwrap().contains("Another program"));
        assert!(stage.device().await.device_jid.is_some(), "its link is whole: it may be connected again");
    }

    async fn an_account_that_the_phone_unlinked_stays_away(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.mock.unlink(SHOP).unwrap();
        running.ended().await;
        assert_eq!(stage.account().await.state, AccountState::LoggedOut);
        let running = stage.start(Start::Resume, brisk()).await;
        running.ended().await;
        assert_eq!(stage.account().await.state, AccountState::LoggedOut, "WhatsApp knows the device no more");
    }

    async fn an_account_that_is_kept_out_stays_away(db: Db) {
        ends(db, Refusal::Banned { seconds: 7200 }, AccountState::Banned, "about 2 h").await;
    }

    async fn an_account_of_a_program_that_is_too_old_stays_away(db: Db) {
        ends(db, Refusal::Outdated, AccountState::Outdated, "newer Hoopoe").await;
    }

    async fn an_outage_is_waited_for(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.linked(brisk()).await;
        stage.mock.refuse(SHOP, Some(Refusal::Unavailable)).unwrap();
        stage.mock.drop_connections(SHOP).unwrap();
        stage.until(AccountState::Disconnected).await;
        stage.mock.refuse(SHOP, None).unwrap();
        stage.until_connections(2).await;
        stage.until(AccountState::Connected).await;
        running.stop().await;
    }
}
