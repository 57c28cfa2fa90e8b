//! Linking an account to a phone.

use std::time::Duration;

use hoopoe_db::{
    contract,
    linked::{self, Holder},
    model::AccountState,
    testing::NOW,
};
use hoopoe_linked::{Offer, Pace, Start};

use crate::stage::{ANA, SHOP, Stage, brisk};

contract! {
    async fn a_scanned_qr_code_links_the_phone(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.start(Start::Qr, brisk()).await;
        let Offer::Qr { code, until } = stage.offer().await else { panic!("no QR code") };
        assert!((NOW + 50_000..=NOW + 60_000).contains(&until), "{until}");
        assert_eq!(stage.account().await.state, AccountState::NeedsQr);
        stage.mock.scan(SHOP, &code).unwrap();
        let account = stage.until(AccountState::Connected).await;
        assert_eq!((account.phone.as_deref(), account.state_reason), (Some("+4930901820"), None));
        assert!(!stage.offers(), "a code that was used is no longer shown");
        let device = stage.device().await;
        assert_eq!(device.device_jid.as_deref(), Some("4930901820:1@s.whatsapp.net"));
        let companions = stage.mock.companions(SHOP).unwrap();
        assert_eq!((companions[0].name.as_str(), companions[0].platform.as_str()), ("Hoopoe", "CHROME"));
        running.stop().await;
        assert_eq!(stage.device().await.claimed_by, None, "another node may have it at once");
    }

    async fn a_code_typed_into_the_phone_links_it(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.start(Start::Code { phone: SHOP.into() }, brisk()).await;
        let Offer::Code { code, until } = stage.offer().await else { panic!("no code to type") };
        assert!(until > NOW + 60_000, "{until}");
        assert_eq!(code.replace('-', "").len(), 8, "{code}");
        stage.mock.enter_code(SHOP, &code).unwrap();
        stage.until(AccountState::Connected).await;
        running.stop().await;
    }

    async fn another_phone_than_the_accounts_is_refused(db: Db) {
        let stage = Stage::new(db).await;
        stage.linked(brisk()).await.stop().await;
        stage.reset().await;
        let running = stage.start(Start::Qr, brisk()).await;
        let code = stage.qr().await;
        stage.mock.scan(ANA, &code).unwrap();
        running.ended().await;
        let account = stage.account().await;
        assert_eq!((account.state, account.phone.as_deref()), (AccountState::NeedsQr, Some("+4930901820")));
        assert!(account.state_reason.unwrap().contains("This account is +4930901820"));
    }

    async fn a_phone_that_is_linked_again_leaves_its_former_account(db: Db) {
        let mut stage = Stage::new(db).await;
        let first = stage.linked(brisk()).await;
        let former = stage.holder.clone();
        stage.holder.account_id = stage.add_account().await.id;
        let second = stage.linked(brisk()).await;
        let device = linked::get_device(&stage.db, &former.tenant_id, &former.account_id, NOW).await.unwrap();
        assert_eq!((device.state, device.device_jid), (AccountState::Replaced, None));
        first.stop().await;
        let device = linked::get_device(&stage.db, &former.tenant_id, &former.account_id, NOW).await.unwrap();
        assert_eq!(device.state, AccountState::Replaced, "its supervisor changes nothing any more");
        second.stop().await;
    }

    async fn nothing_is_linked_when_another_node_took_the_account(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.start(Start::Qr, brisk()).await;
        let code = stage.qr().await;
        stage.reset().await;
        let other = Holder { node_id: "n2".into(), ..stage.holder.clone() };
        assert!(linked::claim(&stage.db, &other, NOW, NOW + 1000).await.unwrap());
        stage.mock.scan(SHOP, &code).unwrap();
        running.ended().await;
        let device = stage.device().await;
        assert_eq!((device.device_jid, device.claimed_by.as_deref()), (None, Some("n2")));
    }

    async fn codes_that_are_renewed_are_shown_anew(db: Db) {
        let stage = Stage::new(db).await;
        let running = stage.start(Start::Qr, brisk()).await;
        let first = stage.qr().await;
        stage.mock.renew_codes();
        let second = stage.another_offer(&first).await;
        assert!(stage.mock.scan(SHOP, &first).is_err(), "it is good no more");
        stage.mock.scan(SHOP, &second).unwrap();
        stage.until(AccountState::Connected).await;
        running.stop().await;
    }

    async fn a_passkey_is_asked_for_in_words_and_waited_for_a_while(db: Db) {
        let stage = Stage::new(db).await;
        let pace = Pace { passkey_timeout: Duration::from_millis(300), ..brisk() };
        let running = stage.start(Start::Qr, pace).await;
        stage.qr().await;
        stage.mock.ask_passkey();
        let account = stage.until_reason("passkey").await;
        assert_eq!(account.state, AccountState::NeedsQr);
        running.ended().await;
        assert!(!stage.offers());
        assert!(stage.account().await.state_reason.unwrap().contains("Nobody answered"));
    }
}
