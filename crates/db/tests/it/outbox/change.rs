//! Edits and deletions of our own messages: in order, shown while they are on their way, done once the provider has taken them.

use hoopoe_db::{
    Id as _, contract, conversations,
    ids::{MessageId, TenantId},
    model::{AttemptOutcome, ChangeKind, ChangeStatus, Message},
    outbox::{self, AcceptedChange, NewChange, Outcome},
    testing::{NOW, number, sql, texts},
};

use super::{accept, accepted, claim, due, error, expire, get, new, open, settle};
use crate::{ingest::shop::Shop, people::names};

/// A message that has gone out, as `w1`.
async fn sent(shop: &Shop, thread: &hoopoe_db::model::Conversation) -> MessageId {
    let id = accept(shop, &new(shop, thread, "c1"), NOW).await.id;
    let job = claim(shop, &id, NOW).await;
    settle(shop, &job, accepted("w1"), NOW + 1).await;
    id
}

async fn change(
    shop: &Shop,
    id: &MessageId,
    (client_id, text): (&str, Option<&str>),
    now: i64,
) -> AcceptedChange {
    let new = NewChange {
        target_id: id,
        provider_id: "w1",
        kind: text.map_or(ChangeKind::Delete, |_| ChangeKind::Edit),
        text,
        author_id: &shop.seed.agent,
        client_id,
        payload: "{}",
    };
    let mut tx = shop.db.begin().await.unwrap();
    let accepted = outbox::accept_change(&mut tx, shop.tenant(), new, now)
        .await
        .unwrap();
    if let AcceptedChange::New(message) = &accepted {
        assert_eq!(
            names(&tx.commit(now).await.unwrap()),
            ["account message:updated"]
        );
        assert_eq!(
            get(shop, id).await,
            **message,
            "what is announced is what is stored"
        );
    }
    accepted
}

async fn edited(shop: &Shop, id: &MessageId, client_id: &str, text: &str, now: i64) -> Message {
    match change(shop, id, (client_id, Some(text)), now).await {
        AcceptedChange::New(message) => *message,
        other => panic!("{other:?}"),
    }
}

contract! {
    async fn an_edit_shows_as_under_way_and_is_done_once_it_was_taken(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = sent(&shop, &thread).await;
        let shown = edited(&shop, &id, "e1", "better", NOW + 10).await;
        let pending = shown.change.unwrap();
        assert_eq!((shown.text.as_deref(), pending.text.as_deref(), pending.status), (Some("c1"), Some("better"), ChangeStatus::Sending));
        assert_eq!(change(&shop, &id, ("e1", Some("other")), NOW + 11).await, AcceptedChange::Known);
        let found = outbox::find_by_client(&db, shop.tenant(), shop.account(), "e1").await.unwrap().unwrap();
        assert_eq!(found.id, id);
        assert_eq!(due(&shop, NOW + 10).await, std::slice::from_ref(&pending.id));
        let job = claim(&shop, &pending.id, NOW + 10).await;
        assert_eq!(job.target_id.as_ref(), Some(&id));
        let under_way = outbox::list_attempts(&db, shop.tenant(), &id).await.unwrap();
        assert_eq!((under_way.len(), under_way[1].change, under_way[1].outcome), (2, Some(ChangeKind::Edit), None));
        assert_eq!(settle(&shop, &job, accepted("e1"), NOW + 12).await, ["account conversation:updated", "account message:updated"]);
        let done = get(&shop, &id).await;
        assert_eq!((done.text.as_deref(), done.edited_at, done.change), (Some("better"), Some(NOW + 12), None));
        let thread = conversations::get(&db, shop.tenant(), &thread.id).await.unwrap();
        assert_eq!(thread.last_message.unwrap().text, "better");
        let attempts = outbox::list_attempts(&db, shop.tenant(), &id).await.unwrap();
        let told: Vec<_> = attempts.iter().map(|one| (one.change, one.number, one.outcome)).collect();
        assert_eq!(told, [(None, 1, Some(AttemptOutcome::Accepted)), (Some(ChangeKind::Edit), 1, Some(AttemptOutcome::Accepted))]);
        assert!(outbox::list_attempts(&db, &TenantId::new(NOW), &id).await.unwrap().is_empty());
    }

    async fn a_refused_change_leaves_the_message_as_it_was_and_says_why(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = sent(&shop, &thread).await;
        let pending = edited(&shop, &id, "e1", "better", NOW + 10).await.change.unwrap();
        let job = claim(&shop, &pending.id, NOW + 10).await;
        let later = Outcome::Later { error: error(503), at: NOW + 20, held: false };
        settle(&shop, &job, later, NOW + 11).await;
        let waiting = get(&shop, &id).await.change.unwrap();
        assert_eq!((waiting.status, waiting.error), (ChangeStatus::Sending, Some(error(503))));
        let job = claim(&shop, &pending.id, NOW + 20).await;
        assert_eq!(settle(&shop, &job, Outcome::Refused(error(400)), NOW + 21).await, ["account message:updated"]);
        let refused = get(&shop, &id).await;
        assert_eq!((refused.text.as_deref(), refused.edited_at), (Some("c1"), None));
        let failed = refused.change.unwrap();
        assert_eq!((failed.status, failed.error), (ChangeStatus::Failed, Some(error(400))));
        let mut tx = db.begin().await.unwrap();
        let forgotten = outbox::cancel_change(&mut tx, shop.tenant(), &id, NOW + 22).await.unwrap().unwrap();
        tx.commit(NOW + 22).await.unwrap();
        assert_eq!((forgotten.change.clone(), get(&shop, &id).await), (None, forgotten));
        let mut tx = db.begin().await.unwrap();
        assert!(outbox::cancel_change(&mut tx, shop.tenant(), &id, NOW + 23).await.unwrap().is_none(), "there is none");
    }

    async fn a_later_change_takes_the_place_of_one_that_has_not_gone_out(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = sent(&shop, &thread).await;
        let first = edited(&shop, &id, "e1", "one", NOW + 10).await.change.unwrap();
        let job = claim(&shop, &first.id, NOW + 10).await;
        edited(&shop, &id, "e2", "two", NOW + 11).await;
        let last = edited(&shop, &id, "e3", "three", NOW + 12).await.change.unwrap();
        settle(&shop, &job, accepted("w2"), NOW + 13).await;
        let between = get(&shop, &id).await;
        assert_eq!((between.text.as_deref(), between.change.unwrap().id), (Some("one"), last.id.clone()), "what the customer sees");
        assert_eq!(due(&shop, NOW + 13).await, std::slice::from_ref(&last.id), "the second never goes out");
        let job = claim(&shop, &last.id, NOW + 13).await;
        settle(&shop, &job, accepted("w3"), NOW + 14).await;
        assert_eq!(get(&shop, &id).await.text.as_deref(), Some("three"));
    }

    async fn a_deletion_is_the_last_change(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = sent(&shop, &thread).await;
        assert!(matches!(change(&shop, &id, ("d1", None), NOW + 10).await, AcceptedChange::New(_)));
        assert_eq!(change(&shop, &id, ("e1", Some("x")), NOW + 11).await, AcceptedChange::Late, "it is about to go");
        let pending = get(&shop, &id).await.change.unwrap();
        let job = claim(&shop, &pending.id, NOW + 11).await;
        settle(&shop, &job, accepted("w2"), NOW + 12).await;
        let gone = get(&shop, &id).await;
        assert_eq!((gone.deleted_at, gone.change), (Some(NOW + 12), None));
        assert_eq!(change(&shop, &id, ("d2", None), NOW + 13).await, AcceptedChange::Late);
        assert_eq!(number(&db, "SELECT count(*) FROM outbox WHERE due_at IS NOT NULL").await, 0);
    }

    async fn a_change_waits_for_what_is_before_it_and_can_be_taken_back_until_it_goes(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = sent(&shop, &thread).await;
        let before = accept(&shop, &new(&shop, &thread, "c2"), NOW + 9).await.id;
        let pending = edited(&shop, &id, "e1", "better", NOW + 10).await.change.unwrap();
        assert_eq!(due(&shop, NOW + 10).await, std::slice::from_ref(&before));
        let job = claim(&shop, &before, NOW + 10).await;
        settle(&shop, &job, accepted("w2"), NOW + 11).await;
        claim(&shop, &pending.id, NOW + 11).await;
        let cancel = async || {
            let mut tx = db.begin().await.unwrap();
            let cancelled = outbox::cancel_change(&mut tx, shop.tenant(), &id, NOW + 12).await.unwrap();
            tx.commit(NOW + 12).await.unwrap();
            cancelled
        };
        assert!(cancel().await.is_none(), "it is under way");
        expire(&shop, NOW + 2_000).await;
        expire(&shop, NOW + 9_000).await;
        let pending = edited(&shop, &id, "e2", "best", NOW + 9_001).await.change.unwrap();
        assert!(cancel().await.unwrap().change.is_none());
        assert!(due(&shop, NOW + 9_001).await.is_empty(), "{pending:?}");
        let stranger = NewChange {
            target_id: &id, provider_id: "w9", kind: ChangeKind::Edit, text: Some("x"), author_id: &shop.seed.agent, client_id: "e3", payload: "{}",
        };
        let mut tx = db.begin().await.unwrap();
        let late = outbox::accept_change(&mut tx, shop.tenant(), stranger, NOW).await.unwrap();
        assert_eq!(late, AcceptedChange::Late, "the provider knows it by another name now");
    }

    async fn what_a_linked_device_had_under_way_goes_again_and_its_new_node_does_not_wait_for_the_lease(db: Db) {
        let (shop, thread) = open(&db).await;
        sql(&db, "UPDATE accounts SET channel = 'linked'").await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        claim(&shop, &id, NOW).await;
        let whose = (shop.tenant(), shop.account());
        assert_eq!(outbox::abandon_others(&db, whose, "n1", NOW + 5).await.unwrap(), 0, "its own");
        expire(&shop, NOW + 5).await;
        assert_eq!(texts(&db, "SELECT state FROM outbox").await, ["sending"]);
        let stranger = TenantId::new(NOW);
        assert_eq!(outbox::abandon_others(&db, (&stranger, shop.account()), "n2", NOW + 5).await.unwrap(), 0);
        assert_eq!(outbox::abandon_others(&db, whose, "n2", NOW + 5).await.unwrap(), 1);
        expire(&shop, NOW + 5).await;
        assert_eq!(due(&shop, NOW + 5).await, std::slice::from_ref(&id));
        let job = claim(&shop, &id, NOW + 5).await;
        settle(&shop, &job, accepted("w1"), NOW + 6).await;
        let attempts = outbox::list_attempts(&db, shop.tenant(), &id).await.unwrap();
        let outcomes: Vec<_> = attempts.iter().map(|one| one.outcome.unwrap()).collect();
        assert_eq!(outcomes, [AttemptOutcome::Unknown, AttemptOutcome::Accepted]);
    }
}
