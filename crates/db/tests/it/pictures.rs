//! Pictures of contacts: asked for once, again when there is another one, and shown until there is none.

use hoopoe_db::{
    Db, Id, contacts, contract, conversations,
    ids::{AccountId, ContactId, TenantId},
    media,
    pictures::{self, Due, Picture, Wanted},
    testing::{NOW, Seed, seed},
};

use crate::people::{group_of, names, person, thread};

fn wanted(seed: &Seed, contact_id: &ContactId) -> Wanted {
    Wanted {
        tenant_id: seed.tenant.clone(),
        account_id: seed.account.clone(),
        contact_id: contact_id.clone(),
        address: "77@lid".into(),
    }
}

fn picture(id: &str, digit: &str) -> Picture {
    Picture {
        id: id.into(),
        sha256: digit.repeat(64),
        object_key: format!("t/{digit}"),
    }
}

async fn ana(db: &Db, seed: &Seed) -> ContactId {
    let ana = person(db, &seed.tenant, "Ana", "+40721000001").await;
    ana.summary.id
}

async fn want(db: &Db, seed: &Seed, contact: &ContactId, at: i64) -> bool {
    let mut tx = db.begin().await.unwrap();
    let is_due = pictures::want(&mut tx, &[wanted(seed, contact)], at)
        .await
        .unwrap();
    tx.commit(at).await.unwrap();
    is_due
}

async fn want_other(db: &Db, seed: &Seed, contact: &ContactId, id: &str, at: i64) -> bool {
    let mut tx = db.begin().await.unwrap();
    let is_due = pictures::want_other(&mut tx, &wanted(seed, contact), id, at)
        .await
        .unwrap();
    tx.commit(at).await.unwrap();
    is_due
}

async fn settle(db: &Db, due: &Due, found: Option<&Picture>) -> Vec<String> {
    let mut tx = db.begin().await.unwrap();
    pictures::settle(&mut tx, due, found, NOW + 5)
        .await
        .unwrap();
    names(&tx.commit(NOW + 5).await.unwrap())
}

async fn next(db: &Db, seed: &Seed) -> Option<Due> {
    pictures::find_next(db, &seed.tenant, &seed.account)
        .await
        .unwrap()
}

async fn url(db: &Db, seed: &Seed, contact: &ContactId) -> Option<String> {
    let contact = contacts::get(db, &seed.tenant, contact).await.unwrap();
    contact.summary.avatar_url
}

contract! {
    async fn a_picture_is_asked_for_once_and_shown_until_there_is_another_or_none(db: Db) {
        let seed = seed(&db).await;
        let ana = ana(&db, &seed).await;
        let group = group_of(&db, &ana).await;
        let thread = thread(&db, &seed.tenant, &seed.account, &ana, &group, "phone").await;
        assert!(want(&db, &seed, &ana, NOW).await);
        assert!(!want(&db, &seed, &ana, NOW + 1).await, "once");
        let due = next(&db, &seed).await.unwrap();
        assert_eq!((due.due_at, due.address.as_str(), due.picture_id.as_deref()), (NOW, "77@lid", None));
        assert!(pictures::find_next(&db, &seed.tenant, &AccountId::new(NOW)).await.unwrap().is_none());
        assert!(pictures::find_next(&db, &TenantId::new(NOW), &seed.account).await.unwrap().is_none());
        assert_eq!(settle(&db, &due, Some(&picture("1", "a"))).await, ["tenant contact:updated"]);
        let shown = url(&db, &seed, &ana).await.unwrap();
        assert_eq!(shown, format!("/api/v1/media/contacts/{ana}?v=aaaaaaaaaaaa"));
        let conversation = conversations::get(&db, &seed.tenant, &thread).await.unwrap();
        assert_eq!(conversation.contact.avatar_url.as_deref(), Some(shown.as_str()));
        assert!(next(&db, &seed).await.is_none());
        assert!(!want_other(&db, &seed, &ana, "1", NOW + 6).await, "it is the one that we have");
        assert!(want_other(&db, &seed, &ana, "2", NOW + 7).await);
        let due = next(&db, &seed).await.unwrap();
        assert_eq!(settle(&db, &due, Some(&picture("2", "b"))).await, ["tenant contact:updated"]);
        assert_ne!(url(&db, &seed, &ana).await.unwrap(), shown);
        let found = pictures::find_shown(&db, &seed.tenant, &ana).await.unwrap().unwrap();
        assert_eq!((found.sha256, found.object_key), ("b".repeat(64), "t/b".into()));
        assert!(pictures::find_shown(&db, &TenantId::new(NOW), &ana).await.unwrap().is_none());
        let keys = ["t/a".to_owned(), "t/b".to_owned()];
        assert_eq!(media::list_named(&db, &keys).await.unwrap(), ["t/b"], "the sweep may take the other");
        for (again, events) in [(false, vec!["tenant contact:updated".to_owned()]), (true, vec![])] {
            let mut tx = db.begin().await.unwrap();
            pictures::remove(&mut tx, &seed.tenant, &ana, NOW + 8).await.unwrap();
            assert_eq!(names(&tx.commit(NOW + 8).await.unwrap()), events, "{again}");
        }
        assert_eq!(url(&db, &seed, &ana).await, None);
        assert!(pictures::find_shown(&db, &seed.tenant, &ana).await.unwrap().is_none());
        assert!(!want(&db, &seed, &ana, NOW + 9).await, "it is known that there is none");
        assert!(want_other(&db, &seed, &ana, "2", NOW + 9).await, "it is there again");
    }

    async fn what_changes_while_a_picture_is_fetched_is_asked_for_again(db: Db) {
        let seed = seed(&db).await;
        let ana = ana(&db, &seed).await;
        want(&db, &seed, &ana, NOW).await;
        let due = next(&db, &seed).await.unwrap();
        assert!(want_other(&db, &seed, &ana, "2", NOW + 1).await);
        assert_eq!(settle(&db, &due, Some(&picture("1", "a"))).await, ["tenant contact:updated"]);
        let due = next(&db, &seed).await.unwrap();
        assert_eq!((due.picture_id.as_deref(), due.due_at), (Some("1"), NOW + 1));
        pictures::postpone(&db, &due, Some(NOW + 60), NOW + 2).await.unwrap();
        let later = next(&db, &seed).await.unwrap();
        assert_eq!((later.attempts, later.due_at), (1, NOW + 60));
        pictures::postpone(&db, &due, None, NOW + 3).await.unwrap();
        assert!(next(&db, &seed).await.is_some(), "of a time that is over");
        pictures::postpone(&db, &later, None, NOW + 3).await.unwrap();
        assert!(next(&db, &seed).await.is_none());
        assert_eq!(settle(&db, &later, None).await, ["tenant contact:updated"], "gone");
        assert_eq!(settle(&db, &later, None).await, Vec::<String>::new());
    }
}
