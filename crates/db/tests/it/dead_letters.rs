//! Dead letters: kept once, listed, settled.

use hoopoe_db::{
    Db, DbError, Id, contract,
    dead_letters::{self, Filter, NewDeadLetter},
    ids::{AccountId, DeadLetterId, TenantId},
    model::{DeadLetter, DeadLetterReason, DeadLetterState},
    testing::{NOW, Seed, seed},
};

fn letter(seed: &Seed, raw: &str) -> NewDeadLetter {
    NewDeadLetter {
        tenant_id: seed.tenant.clone(),
        meta_app_id: None,
        account_id: Some(seed.account.clone()),
        source: "cloud_webhook".into(),
        reason: DeadLetterReason::UnknownField,
        detail: "no such field".into(),
        raw: raw.into(),
        received_at: NOW,
    }
}

async fn keep(db: &Db, letters: &[NewDeadLetter]) {
    let mut tx = db.begin().await.unwrap();
    dead_letters::insert_many(&mut tx, letters, NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
}

async fn all(db: &Db, tenant: &TenantId) -> Vec<DeadLetter> {
    let filter = Filter {
        limit: 100,
        ..Filter::default()
    };
    dead_letters::list(db, tenant, &filter).await.unwrap().0
}

async fn settle(
    db: &Db,
    tenant: &TenantId,
    id: &DeadLetterId,
    state: DeadLetterState,
    detail: Option<&str>,
) -> DeadLetter {
    let mut tx = db.begin().await.unwrap();
    let letter = dead_letters::settle(&mut tx, tenant, id, state, detail, NOW + 9)
        .await
        .unwrap();
    tx.commit(NOW + 9).await.unwrap();
    letter
}

contract! {
    async fn the_same_input_again_is_the_same_letter(db: Db) {
        let seed = seed(&db).await;
        keep(&db, &[letter(&seed, "{\"a\":1}"), letter(&seed, "{\"a\":1}"), letter(&seed, "{\"b\":2}")]).await;
        keep(&db, &[letter(&seed, "{\"a\":1}")]).await;
        keep(&db, &[]).await;
        let kept = all(&db, &seed.tenant).await;
        assert_eq!(kept.len(), 2);
        let again = kept.iter().find(|letter| letter.raw == "{\"a\":1}").unwrap();
        assert_eq!((again.attempts, again.state), (1, DeadLetterState::Open));
        assert_eq!(again.received_at, NOW);
    }

    async fn a_settled_letter_that_fails_again_is_open_again_unless_it_was_discarded(db: Db) {
        let seed = seed(&db).await;
        keep(&db, &[letter(&seed, "1"), letter(&seed, "2")]).await;
        let kept = all(&db, &seed.tenant).await;
        let replayed = settle(&db, &seed.tenant, &kept[0].id, DeadLetterState::Replayed, None).await;
        assert_eq!((replayed.state, replayed.resolved_at, replayed.attempts), (DeadLetterState::Replayed, Some(NOW + 9), 1));
        settle(&db, &seed.tenant, &kept[1].id, DeadLetterState::Discarded, None).await;
        keep(&db, &[letter(&seed, &kept[0].raw), letter(&seed, &kept[1].raw)]).await;
        let reopened = dead_letters::get(&db, &seed.tenant, &kept[0].id).await.unwrap();
        assert_eq!((reopened.state, reopened.resolved_at), (DeadLetterState::Open, None));
        let discarded = dead_letters::get(&db, &seed.tenant, &kept[1].id).await.unwrap();
        assert_eq!((discarded.state, discarded.resolved_at), (DeadLetterState::Discarded, Some(NOW + 9)));
    }

    async fn a_replay_that_fails_leaves_the_letter_open_with_the_new_reason(db: Db) {
        let seed = seed(&db).await;
        keep(&db, &[letter(&seed, "1")]).await;
        let id = all(&db, &seed.tenant).await[0].id.clone();
        let open = settle(&db, &seed.tenant, &id, DeadLetterState::Open, Some("still no such field")).await;
        assert_eq!((open.state, open.attempts, open.resolved_at), (DeadLetterState::Open, 1, None));
        assert_eq!(open.detail, "still no such field");
    }

    async fn the_list_pages_newest_first_by_state_and_account(db: Db) {
        let seed = seed(&db).await;
        for raw in ["1", "2", "3", "4", "5"] {
            keep(&db, &[letter(&seed, raw)]).await;
        }
        let elsewhere = NewDeadLetter { account_id: Some(AccountId::new(NOW)), ..letter(&seed, "elsewhere") };
        keep(&db, &[elsewhere]).await;
        let ids: Vec<DeadLetterId> = all(&db, &seed.tenant).await.into_iter().map(|letter| letter.id).collect();
        assert!(ids.is_sorted_by(|a, b| a > b));
        settle(&db, &seed.tenant, &ids[2], DeadLetterState::Discarded, None).await;
        let mut filter = Filter { account_id: Some(seed.account.clone()), limit: 2, ..Filter::default() };
        let mut seen = Vec::new();
        loop {
            let (items, next) = dead_letters::list(&db, &seed.tenant, &filter).await.unwrap();
            seen.extend(items.into_iter().map(|letter| letter.id));
            filter.after = next;
            if filter.after.is_none() {
                break;
            }
        }
        assert_eq!(seen, ids[1..], "of one account, in any state");
        let open = Filter { state: Some(DeadLetterState::Open), limit: 100, ..Filter::default() };
        assert_eq!(dead_letters::list(&db, &seed.tenant, &open).await.unwrap().0.len(), 5);
    }

    async fn a_letter_of_another_tenant_is_not_found_nor_settled(db: Db) {
        let seed = seed(&db).await;
        keep(&db, &[letter(&seed, "1")]).await;
        let id = all(&db, &seed.tenant).await[0].id.clone();
        let stranger = TenantId::new(NOW);
        assert!(matches!(dead_letters::get(&db, &stranger, &id).await, Err(DbError::NotFound)));
        let mut tx = db.begin().await.unwrap();
        let settled = dead_letters::settle(&mut tx, &stranger, &id, DeadLetterState::Discarded, None, NOW).await;
        assert!(matches!(settled, Err(DbError::NotFound)));
        assert!(all(&db, &stranger).await.is_empty());
    }
}
