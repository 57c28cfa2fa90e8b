//! What comes after a crash, a lost lease, a retry by hand, or an hour.

use hoopoe_db::{
    contract, conversations,
    ids::MessageId,
    model::{AttemptOutcome, MessageStatus},
    outbox::{self, NewFile, NewMessage, Outcome},
    recipients::list_recipients,
    testing::{NOW, texts},
};

use super::{
    accept, accepted, claim, due, error, expire, get, new, open, settle, status, status_at,
};
use crate::{
    ingest::shop::{phone, who},
    people::names,
};

contract! {
    async fn an_attempt_that_a_dead_node_left_waits_for_a_status_and_is_then_unknown(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        claim(&shop, &id, NOW).await;
        expire(&shop, NOW + 999).await;
        assert_eq!(texts(&db, "SELECT state FROM outbox").await, ["sending"]);
        expire(&shop, NOW + 1_000).await;
        assert_eq!(texts(&db, "SELECT state FROM outbox").await, ["waiting"]);
        assert!(due(&shop, NOW + 9_999).await.is_empty(), "never sent again by itself");
        expire(&shop, NOW + 1_500).await;
        let unknown = get(&shop, &id).await;
        assert_eq!((unknown.status, unknown.error.unwrap().detail.as_str()), (MessageStatus::Unknown, "nobody knows"));
        let attempts = outbox::list_attempts(&db, shop.tenant(), &id).await.unwrap();
        assert_eq!(attempts[0].outcome, Some(AttemptOutcome::Unknown));
        status(&shop, "w1", format!("{id}.1"), MessageStatus::Sent).await;
        let settled = get(&shop, &id).await;
        assert_eq!((settled.status, settled.error), (MessageStatus::Sent, None));
        let attempts = outbox::list_attempts(&db, shop.tenant(), &id).await.unwrap();
        assert_eq!(attempts[0].outcome, Some(AttemptOutcome::Accepted));
    }

    async fn an_attempt_whose_answer_never_comes_is_told_by_the_status(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        claim(&shop, &id, NOW).await;
        status(&shop, "w1", format!("{id}.1"), MessageStatus::Delivered).await;
        let attempts = outbox::list_attempts(&db, shop.tenant(), &id).await.unwrap();
        assert_eq!((attempts.len(), attempts[0].number, attempts[0].outcome), (1, 1, Some(AttemptOutcome::Accepted)));
        assert_eq!(attempts[0].started_at, NOW);
    }

    async fn the_leases_of_the_only_process_end_when_it_starts(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        claim(&shop, &id, NOW).await;
        assert_eq!(outbox::abandon_leases(&db, NOW + 1).await.unwrap(), 1);
        expire(&shop, NOW + 1).await;
        assert_eq!(texts(&db, "SELECT state FROM outbox").await, ["waiting"]);
    }

    async fn a_file_that_was_going_up_is_taken_up_again(db: Db) {
        let (shop, thread) = open(&db).await;
        let file = NewFile {
            mime: "image/png", size: 9, sha256: "ab", filename: Some("a.png"), width: Some(1), height: Some(1), duration_ms: None,
            object_key: "t/ab", thumbnail_key: Some("t/ab.small.jpg"),
        };
        let message = accept(&shop, &NewMessage { kind: "image", file: Some(file), ..new(&shop, &thread, "c1") }, NOW).await;
        assert_eq!(get(&shop, &message.id).await, message);
        let job = claim(&shop, &message.id, NOW).await;
        assert_eq!(job.media_id, message.media.map(|media| media.id));
        expire(&shop, NOW + 5_000).await;
        assert_eq!(texts(&db, "SELECT state FROM outbox").await, ["preparing"]);
        expire(&shop, NOW + 10_000).await;
        assert!(!outbox::begin(&db, &job, NOW + 10_000, NOW + 11_000).await.unwrap(), "the lease was lost");
        let job = claim(&shop, &message.id, NOW + 10_000).await;
        assert!(outbox::begin(&db, &job, NOW + 10_001, NOW + 11_000).await.unwrap());
        let attempts = outbox::list_attempts(&db, shop.tenant(), &message.id).await.unwrap();
        assert_eq!(attempts[0].outcome, Some(AttemptOutcome::Abandoned));
    }

    async fn who_lost_the_lease_changes_nothing_but_an_acceptance_counts(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        let job = claim(&shop, &id, NOW).await;
        expire(&shop, NOW + 1_000).await;
        expire(&shop, NOW + 1_500).await;
        assert!(settle(&shop, &job, Outcome::Refused(error(1)), NOW + 2_000).await.is_empty());
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Unknown);
        settle(&shop, &job, accepted("w1"), NOW + 2_001).await;
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Sent);
    }

    async fn members_of_a_group_are_told_of_before_our_response_and_forgotten_by_a_retry(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        let job = claim(&shop, &id, NOW).await;
        for (member, word) in [("1", MessageStatus::Sent), ("2", MessageStatus::Failed), ("1", MessageStatus::Failed)] {
            let member = Some(who(&[phone(&format!("4072200011{member}"))]));
            status_at(&shop, member, "w1", format!("{id}.1"), word).await;
        }
        settle(&shop, &job, accepted("w1"), NOW + 9).await;
        let failed = get(&shop, &id).await;
        assert_eq!((failed.status, failed.recipients.unwrap().failed), (MessageStatus::Failed, 2));
        let mut tx = db.begin().await.unwrap();
        let again = outbox::retry(&mut tx, shop.tenant(), &id, NOW + 10).await.unwrap().unwrap();
        tx.commit(NOW + 10).await.unwrap();
        assert_eq!((again.status, again.recipients), (MessageStatus::Sending, None));
        assert!(list_recipients(&db, shop.tenant(), &id).await.unwrap().is_empty());
    }

    async fn a_retry_by_hand_begins_anew_and_hears_nothing_of_the_attempt_before(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        let retry = async |now| {
            let mut tx = db.begin().await.unwrap();
            let message = outbox::retry(&mut tx, shop.tenant(), &id, now).await.unwrap();
            (message, names(&tx.commit(now).await.unwrap()))
        };
        assert!(retry(NOW).await.0.is_none(), "it has not failed");
        let job = claim(&shop, &id, NOW).await;
        settle(&shop, &job, accepted("w1"), NOW).await;
        status(&shop, "w1", format!("{id}.1"), MessageStatus::Failed).await;
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Failed);
        let (again, events) = retry(NOW + 10).await;
        let again = again.unwrap();
        assert_eq!((again.status, again.error, again.failed_at), (MessageStatus::Sending, None, None));
        assert_eq!(events, ["account message:updated"]);
        let job = claim(&shop, &id, NOW + 10).await;
        assert_eq!((job.attempt, job.tries), (2, 0));
        // The provider delivers the first failure once more.
        status(&shop, "w1", format!("{id}.1"), MessageStatus::Failed).await;
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Sending);
        settle(&shop, &job, accepted("w2"), NOW + 11).await;
        status(&shop, "w2", format!("{id}.2"), MessageStatus::Delivered).await;
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Delivered);
    }

    async fn a_message_is_taken_back_before_it_goes_out_and_the_next_may_go(db: Db) {
        let (shop, thread) = open(&db).await;
        let first = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        let second = accept(&shop, &new(&shop, &thread, "c2"), NOW + 1).await.id;
        let cancel = async |id: &MessageId| {
            let mut tx = db.begin().await.unwrap();
            let message = outbox::cancel(&mut tx, shop.tenant(), id, NOW + 2).await.unwrap();
            (message, names(&tx.commit(NOW + 2).await.unwrap()))
        };
        let (cancelled, events) = cancel(&first).await;
        assert_eq!((cancelled.unwrap().status, events.as_slice()), (MessageStatus::Cancelled, &["account message:status".to_owned()][..]));
        assert_eq!(due(&shop, NOW + 2).await, std::slice::from_ref(&second));
        claim(&shop, &second, NOW + 2).await;
        assert!(cancel(&second).await.0.is_none(), "it is under way");
    }

    async fn a_scheduled_message_waits_for_its_time_and_holds_nobody_back(db: Db) {
        let (shop, thread) = open(&db).await;
        let later = NewMessage { send_at: Some(NOW + 5_000), ..new(&shop, &thread, "c1") };
        let later = accept(&shop, &later, NOW + 1).await.id;
        let now = accept(&shop, &new(&shop, &thread, "c2"), NOW + 2).await.id;
        let shown = conversations::get(&db, shop.tenant(), &thread.id).await.unwrap();
        assert_eq!(shown.last_message.unwrap().id, now, "a scheduled message is not the newest yet");
        assert_eq!(due(&shop, NOW + 2).await, std::slice::from_ref(&now));
        let job = claim(&shop, &now, NOW + 2).await;
        settle(&shop, &job, accepted("w1"), NOW + 3).await;
        assert!(due(&shop, NOW + 4_999).await.is_empty());
        assert_eq!(outbox::list_due_accounts(&db, NOW + 4_999).await.unwrap(), []);
        let waiting = outbox::list_due_accounts(&db, NOW + 5_000).await.unwrap();
        assert_eq!(waiting, [(shop.tenant().clone(), shop.account().clone())]);
        let job = claim(&shop, &later, NOW + 5_000).await;
        let told = settle(&shop, &job, accepted("w2"), NOW + 5_001).await;
        assert_eq!(told, ["account conversation:updated", "account message:status"]);
        let shown = conversations::get(&db, shop.tenant(), &thread.id).await.unwrap();
        assert_eq!(shown.last_message.unwrap().id, later);
    }

    async fn a_scheduled_message_is_the_newest_also_when_its_status_came_before_the_answer(db: Db) {
        let (shop, thread) = open(&db).await;
        let later = NewMessage { send_at: Some(NOW + 5_000), ..new(&shop, &thread, "c1") };
        let later = accept(&shop, &later, NOW + 1).await.id;
        let now = accept(&shop, &new(&shop, &thread, "c2"), NOW + 2).await.id;
        let job = claim(&shop, &now, NOW + 2).await;
        settle(&shop, &job, accepted("w1"), NOW + 3).await;
        let job = claim(&shop, &later, NOW + 5_000).await;
        status(&shop, "w2", format!("{later}.1"), MessageStatus::Delivered).await;
        let shown = conversations::get(&db, shop.tenant(), &thread.id).await.unwrap().last_message.unwrap();
        assert_eq!((&shown.id, shown.status), (&later, MessageStatus::Delivered));
        settle(&shop, &job, accepted("w2"), NOW + 5_001).await;
        let same = conversations::get(&db, shop.tenant(), &thread.id).await.unwrap().last_message.unwrap();
        assert_eq!((&same.id, same.status), (&later, MessageStatus::Delivered));
    }

    async fn what_waited_for_the_provider_is_let_go_at_once(db: Db) {
        let (shop, thread) = open(&db).await;
        let id = accept(&shop, &new(&shop, &thread, "c1"), NOW).await.id;
        let job = claim(&shop, &id, NOW).await;
        let away = Outcome::Later { error: error(0), at: NOW + 60_000, held: true };
        settle(&shop, &job, away, NOW).await;
        assert_eq!(outbox::hasten(&db, shop.tenant(), shop.account(), NOW + 1).await.unwrap(), 1);
        assert_eq!(due(&shop, NOW + 1).await, std::slice::from_ref(&id));
        assert_eq!(claim(&shop, &id, NOW + 1).await.tries, 0, "an outage counts no tries");
    }
}
