//! The protocol's memory: what is sealed, and what its functions promise beyond storing.

use std::sync::Arc;

use hoopoe_db::{
    contract,
    linked::{self, Holder},
    testing::{NOW, sql, texts},
};
use hoopoe_linked::{Host, Store};
use whatsapp_rust::{
    bytes::Bytes,
    traits::{
        AppStateSyncKey, AppSyncStore as _, DeviceStore as _, LidPnMappingEntry, MsgSecretEntry,
        MsgSecretStore as _, ProtocolStore as _, SignalStore as _, TcTokenEntry,
    },
};

use crate::stage::Stage;

async fn store(stage: &Stage, holder: &Holder) -> Store {
    assert!(
        linked::claim(&stage.db, holder, NOW, NOW + 1)
            .await
            .unwrap()
    );
    let host = Arc::clone(&stage.notes) as Arc<dyn Host>;
    Store::new(stage.db.clone(), holder.clone(), host)
}

fn mapping(lid: &str, phone: &str, updated_at: i64) -> LidPnMappingEntry {
    LidPnMappingEntry {
        lid: lid.into(),
        phone_number: phone.into(),
        created_at: 1,
        updated_at,
        learning_source: "test".into(),
    }
}

contract! {
    async fn a_value_opens_only_where_it_was_put(db: Db) {
        let stage = Stage::new(db).await;
        let store = store(&stage, &stage.holder).await;
        store.put_session("a", b"secret").await.unwrap();
        store.put_session("b", b"other").await.unwrap();
        let kept = texts(&stage.db, "SELECT value FROM linked_values WHERE name = 'a'").await;
        let Holder { tenant_id, account_id, .. } = &stage.holder;
        assert_eq!(kept, [format!("linked/{tenant_id}/{account_id}/session/a|{}", hex::encode("secret"))]);
        sql(&stage.db, "UPDATE linked_values SET value = (SELECT v.value FROM linked_values v WHERE v.name = 'b') WHERE name = 'a'").await;
        assert!(store.get_session("a").await.is_err(), "a row that was moved");
        assert_eq!(store.get_session("b").await.unwrap().as_deref(), Some(&b"other"[..]));
    }

    async fn accounts_do_not_see_one_anothers_keys(db: Db) {
        let stage = Stage::new(db).await;
        let mine = store(&stage, &stage.holder).await;
        let other = Holder { account_id: stage.add_account().await.id, ..stage.holder.clone() };
        let theirs = store(&stage, &other).await;
        mine.create().await.unwrap();
        mine.put_identity("a", [7; 32]).await.unwrap();
        assert!(mine.exists().await.unwrap() && !theirs.exists().await.unwrap());
        assert_eq!(theirs.load_identity("a").await.unwrap(), None);
        assert_eq!(mine.load_identity("a").await.unwrap(), Some([7; 32]));
    }

    async fn the_highest_key_is_known_by_its_number(db: Db) {
        let stage = Stage::new(db).await;
        let store = store(&stage, &stage.holder).await;
        assert_eq!(store.get_max_prekey_id().await.unwrap(), 0);
        let keys: Vec<(u32, Bytes)> = [9, 10, 2].map(|id| (id, Bytes::from_static(b"k"))).to_vec();
        store.store_prekeys_batch(&keys, false).await.unwrap();
        assert_eq!(store.get_max_prekey_id().await.unwrap(), 10);
        store.remove_prekey(10).await.unwrap();
        assert_eq!(store.get_max_prekey_id().await.unwrap(), 9);
        let twice: Vec<(Arc<str>, Bytes)> = [b"old", b"new"].map(|value| ("a".into(), Bytes::from_static(value))).to_vec();
        store.put_sessions_batch(&twice).await.unwrap();
        assert_eq!(store.get_session("a").await.unwrap().as_deref(), Some(&b"new"[..]), "the last of a name counts");
    }

    async fn a_number_has_the_lid_that_was_learnt_last(db: Db) {
        let stage = Stage::new(db).await;
        let store = store(&stage, &stage.holder).await;
        store.put_lid_mapping(&mapping("l2", "49", 5)).await.unwrap();
        store.put_lid_mapping(&mapping("l1", "49", 4)).await.unwrap();
        assert_eq!(store.get_pn_mapping("49").await.unwrap().unwrap().lid, "l2");
        assert_eq!(store.get_lid_mapping("l1").await.unwrap().unwrap().phone_number, "49");
        assert_eq!(store.get_all_lid_mappings().await.unwrap().len(), 2);
    }

    async fn groups_devices_are_kept_by_group(db: Db) {
        let stage = Stage::new(db).await;
        let store = store(&stage, &stage.holder).await;
        store.set_sender_key_status("g1", &[("a", true), ("b", false)]).await.unwrap();
        store.set_sender_key_status("g12", &[("a", true)]).await.unwrap();
        assert_eq!(store.get_sender_key_devices("g1").await.unwrap(), [("a".to_owned(), true), ("b".to_owned(), false)]);
        store.delete_sender_key_device_rows(&["b"]).await.unwrap();
        store.clear_sender_key_devices("g12").await.unwrap();
        assert_eq!(store.get_sender_key_devices("g1").await.unwrap(), [("a".to_owned(), true)]);
        assert_eq!(store.get_sender_key_devices("g12").await.unwrap(), []);
    }

    async fn what_has_an_end_is_swept_away_after_it(db: Db) {
        let stage = Stage::new(db).await;
        let store = store(&stage, &stage.holder).await;
        let secret = |id: &str, expires_at| MsgSecretEntry {
            chat: "c".into(), sender: "s".into(), msg_id: id.into(), secret: [1; 32], expires_at, message_ts: 1,
        };
        store.put_msg_secrets(vec![secret("past", 10), secret("future", 11), secret("never", 0)]).await.unwrap();
        assert_eq!(store.delete_expired_msg_secrets(10).await.unwrap(), 1);
        assert!(store.get_msg_secret("c", "s", "past").await.unwrap().is_none());
        assert!(store.get_msg_secret("c", "s", "never").await.unwrap().is_some());
        let token = |token: &[u8], at, sent| TcTokenEntry { token: token.to_vec(), token_timestamp: at, sender_timestamp: sent };
        store.put_tc_token("old", &token(b"t", 1, None)).await.unwrap();
        store.put_tc_token("fresh", &token(b"t", 9, None)).await.unwrap();
        store.put_tc_token("sent", &token(b"", 0, Some(9))).await.unwrap();
        assert_eq!(store.delete_expired_tc_tokens(5, 5).await.unwrap(), 1);
        assert_eq!(store.get_all_tc_token_jids().await.unwrap(), ["fresh", "sent"]);
        store.store_sent_message("c", "1", b"m").await.unwrap();
        assert_eq!(store.take_sent_message("c", "1").await.unwrap().as_deref(), Some(&b"m"[..]));
        assert_eq!(store.take_sent_message("c", "1").await.unwrap(), None, "once");
        store.store_pending_inbound("c", "s", "1", b"m").await.unwrap();
        assert_eq!(store.delete_expired_pending_inbound(NOW / 1000).await.unwrap(), 0);
        assert_eq!(store.delete_expired_pending_inbound(NOW / 1000 + 1).await.unwrap(), 1);
    }

    async fn the_latest_settings_key_is_the_one_that_came_last(db: Db) {
        let stage = Stage::new(db).await;
        let store = store(&stage, &stage.holder).await;
        assert_eq!(store.get_latest_sync_key_id().await.unwrap(), None);
        store.set_sync_key(b"one", AppStateSyncKey::default()).await.unwrap();
        assert_eq!(store.get_latest_sync_key_id().await.unwrap().as_deref(), Some(&b"one"[..]));
        assert!(store.get_sync_key(b"one").await.unwrap().is_some());
    }
}
