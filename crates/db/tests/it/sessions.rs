//! Refresh tokens and one-time links.

use hoopoe_db::{
    Db, Id, contract,
    ids::SessionId,
    sessions::{self, LinkPurpose, RefreshToken},
    testing::{NOW, Seed, number, seed},
};

fn token(seed: &Seed, hash: &str, family: &SessionId) -> RefreshToken {
    RefreshToken {
        token_hash: hash.to_owned(),
        family_id: family.clone(),
        tenant_id: seed.tenant.clone(),
        user_id: seed.agent.clone(),
        created_at: NOW,
        expires_at: NOW + 1000,
        used_at: None,
        revoked_at: None,
    }
}

async fn store(db: &Db, token: &RefreshToken) {
    let mut tx = db.begin().await.unwrap();
    sessions::insert_refresh_token(&mut tx, token)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
}

async fn take(db: &Db, hash: &str, now: i64) -> Option<RefreshToken> {
    let mut tx = db.begin().await.unwrap();
    let taken = sessions::take_refresh_token(&mut tx, hash, now)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
    taken
}

contract! {
    async fn a_token_is_found_unused_once(db: Db) {
        let seed = seed(&db).await;
        let family = SessionId::new(NOW);
        store(&db, &token(&seed, "one", &family)).await;
        assert!(sessions::is_known(&db, "one").await.unwrap());
        assert!(!sessions::is_known(&db, "unknown").await.unwrap());
        let first = take(&db, "one", NOW + 1).await.unwrap();
        assert_eq!((first.used_at, first.family_id), (None, family));
        let second = take(&db, "one", NOW + 2).await.unwrap();
        assert_eq!(second.used_at, Some(NOW + 1), "the first use stays on record");
        assert!(take(&db, "unknown", NOW).await.is_none());
    }

    async fn of_many_who_come_at_once_one_finds_it_unused(db: Db) {
        let seed = seed(&db).await;
        store(&db, &token(&seed, "one", &SessionId::new(NOW))).await;
        let tries = (0..8).map(|_| {
            let db = db.clone();
            tokio::spawn(async move { take(&db, "one", NOW + 1).await.unwrap().used_at.is_none() })
        });
        let mut unused = 0;
        for one in tries.collect::<Vec<_>>() {
            unused += usize::from(one.await.unwrap());
        }
        assert_eq!(unused, 1);
    }

    async fn a_revoked_login_takes_its_tokens_along(db: Db) {
        let seed = seed(&db).await;
        let (family, other) = (SessionId::new(NOW), SessionId::new(NOW));
        for (hash, family) in [("one", &family), ("two", &family), ("other", &other)] {
            store(&db, &token(&seed, hash, family)).await;
        }
        let mut tx = db.begin().await.unwrap();
        sessions::revoke_family(&mut tx, &family, NOW + 5).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert_eq!(take(&db, "two", NOW + 6).await.unwrap().revoked_at, Some(NOW + 5));
        assert_eq!(take(&db, "two", NOW + 6).await.unwrap().used_at, None, "a dead token is not used up");
        assert_eq!(take(&db, "other", NOW + 6).await.unwrap().revoked_at, None);
    }

    async fn all_logins_of_a_user_end_but_the_one_that_is_kept(db: Db) {
        let seed = seed(&db).await;
        let (kept, other) = (SessionId::new(NOW), SessionId::new(NOW));
        store(&db, &token(&seed, "kept", &kept)).await;
        store(&db, &token(&seed, "other", &other)).await;
        let revoke = async |except: Option<&SessionId>| {
            let mut tx = db.begin().await.unwrap();
            sessions::revoke_user(&mut tx, &seed.agent, except, NOW).await.unwrap();
            tx.commit(NOW).await.unwrap();
        };
        revoke(Some(&kept)).await;
        assert!(take(&db, "other", NOW).await.unwrap().revoked_at.is_some());
        assert!(take(&db, "kept", NOW).await.unwrap().revoked_at.is_none());
        revoke(None).await;
        assert!(take(&db, "kept", NOW).await.unwrap().revoked_at.is_some());
    }

    async fn a_link_works_once_in_time_and_for_its_purpose(db: Db) {
        let seed = seed(&db).await;
        let mut tx = db.begin().await.unwrap();
        sessions::insert_link(&mut tx, "login", LinkPurpose::Login, Some(&seed.agent), NOW, NOW + 10).await.unwrap();
        sessions::insert_link(&mut tx, "setup", LinkPurpose::Setup, None, NOW, NOW + 10).await.unwrap();
        let take = async |tx: &mut _, hash: &str, purpose, now| sessions::take_link(tx, hash, purpose, now).await.unwrap();
        assert_eq!(take(&mut tx, "login", LinkPurpose::Setup, NOW).await, None);
        assert_eq!(take(&mut tx, "login", LinkPurpose::Login, NOW + 10).await, None);
        assert_eq!(take(&mut tx, "login", LinkPurpose::Login, NOW + 9).await, Some(Some(seed.agent.clone())));
        assert_eq!(take(&mut tx, "login", LinkPurpose::Login, NOW + 9).await, None);
        assert_eq!(take(&mut tx, "setup", LinkPurpose::Setup, NOW + 9).await, Some(None));
    }

    async fn what_expired_is_deleted(db: Db) {
        let seed = seed(&db).await;
        store(&db, &token(&seed, "old", &SessionId::new(NOW))).await;
        let mut young = token(&seed, "young", &SessionId::new(NOW));
        young.expires_at = NOW + 9000;
        store(&db, &young).await;
        let mut tx = db.begin().await.unwrap();
        sessions::insert_link(&mut tx, "link", LinkPurpose::Setup, None, NOW, NOW + 10).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert_eq!(sessions::delete_expired(&db, NOW + 5000).await.unwrap(), 2);
        assert_eq!(number(&db, "SELECT count(*) FROM refresh_tokens").await, 1);
        assert!(take(&db, "young", NOW).await.is_some());
    }
}
