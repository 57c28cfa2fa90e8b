//! Many messages in one transaction, which is made durable afterwards.

use hoopoe_db::{
    DbError, Id, contract, conversations,
    ids::{ConversationId, TenantId},
    model::{Conversation, MessageStatus},
    outbox::{self, NewMessage},
    testing::{NOW, number},
};

use super::{accept, accepted, claim, due, ended, get, new, open};
use crate::{
    ingest::shop::{Shop, kinds, named, phone},
    people::names,
};

/// A second customer's conversation.
async fn ben(shop: &Shop) -> Conversation {
    let ben = named(&[phone("40721000002")], "Ben");
    shop.takes(&[shop.text(&ben, "in2")]).await;
    shop.thread(&phone("40721000002")).await
}

contract! {
    async fn messages_that_are_accepted_together_are_stored_as_if_each_came_alone(db: Db) {
        let (shop, ana) = open(&db).await;
        let ben = ben(&shop).await;
        let at = NOW + 100_000;
        accept(&shop, &new(&shop, &ana, "c0"), at - 1).await;
        let scheduled = NewMessage { send_at: Some(at + 99), ..new(&shop, &ben, "c4") };
        let batch = [
            (shop.tenant(), new(&shop, &ben, "c3")),
            (shop.tenant(), new(&shop, &ana, "c1")),
            (shop.tenant(), new(&shop, &ana, "c0")),
            (shop.tenant(), new(&shop, &ana, "c2")),
            (shop.tenant(), scheduled),
            (shop.tenant(), new(&shop, &ana, "c1")),
        ];
        let done = outbox::accept_unflushed(&db, &batch, at).await.unwrap();
        db.flush().await.unwrap();
        let stored: Vec<_> = done.messages.iter().map(|message| message.as_ref().map(|message| message.client_id.clone().unwrap())).collect();
        let is_new: Vec<_> = stored.iter().map(Option::as_deref).collect();
        assert_eq!(is_new, [Some("c3"), Some("c1"), None, Some("c2"), Some("c4"), None]);
        assert_eq!(kinds(&done.events), ["message:new"; 4]);
        for message in done.messages.iter().flatten() {
            assert_eq!(get(&shop, &message.id).await, *message, "what is announced is what was stored");
        }
        let now = conversations::get(&db, shop.tenant(), &ana.id).await.unwrap();
        assert_eq!((now.message_count, now.last_message.unwrap().text.as_str()), (ana.message_count + 3, "c2"));
        let now = conversations::get(&db, shop.tenant(), &ben.id).await.unwrap();
        assert_eq!((now.message_count, now.last_message.unwrap().text.as_str()), (ben.message_count + 2, "c3"), "a scheduled one does not show");
        assert_eq!(number(&db, "SELECT CAST(sum(messages_out) AS BIGINT) FROM contacts").await, 5);
        assert_eq!(number(&db, "SELECT count(*) FROM outbox WHERE state = 'queued'").await, 5);
        assert_eq!(due(&shop, at).await.len(), 2, "one of each conversation");
    }

    async fn a_batch_with_one_that_can_not_be_written_leaves_nothing_behind(db: Db) {
        let (shop, ana) = open(&db).await;
        let gone = Conversation { id: ConversationId::new(NOW), ..ana.clone() };
        let batch = [(shop.tenant(), new(&shop, &ana, "c1")), (shop.tenant(), new(&shop, &gone, "c2"))];
        let failed = outbox::accept_unflushed(&db, &batch, NOW).await;
        assert!(matches!(failed, Err(DbError::NotFound)), "{failed:?}");
        let stranger = TenantId::new(NOW);
        let failed = outbox::accept_unflushed(&db, &[(&stranger, new(&shop, &ana, "c1"))], NOW).await;
        assert!(matches!(failed, Err(DbError::NotFound)), "another tenant has no such conversation");
        assert_eq!(number(&db, "SELECT count(*) FROM outbox").await, 0);
        assert_eq!(number(&db, "SELECT count(*) FROM messages WHERE direction = 'out'").await, 0);
    }

    async fn batches_of_several_nodes_that_meet_store_each_message_once(db: Db) {
        let (shop, ana) = open(&db).await;
        let ben = ben(&shop).await;
        let one = [(shop.tenant(), new(&shop, &ana, "c1")), (shop.tenant(), new(&shop, &ben, "c2"))];
        let other = [(shop.tenant(), new(&shop, &ben, "c2")), (shop.tenant(), new(&shop, &ana, "c1"))];
        let (one, other) = tokio::join!(outbox::accept_unflushed(&db, &one, NOW), outbox::accept_unflushed(&db, &other, NOW));
        let stored = one.unwrap().messages.into_iter().chain(other.unwrap().messages).flatten();
        assert_eq!(stored.count(), 2);
        assert_eq!(number(&db, "SELECT count(*) FROM outbox").await, 2);
    }

    async fn attempts_are_settled_in_a_transaction_of_their_own(db: Db) {
        let (shop, ana) = open(&db).await;
        let id = accept(&shop, &new(&shop, &ana, "c1"), NOW).await.id;
        let job = claim(&shop, &id, NOW).await;
        let told = outbox::settle_unflushed(&db, &[ended(&job, accepted("w1"), NOW + 1)], NOW + 1).await.unwrap();
        db.flush().await.unwrap();
        assert_eq!(names(&told), ["account message:status"]);
        assert_eq!(get(&shop, &id).await.status, MessageStatus::Sent);
        let told = outbox::settle_unflushed(&db, &[ended(&job, accepted("w1"), NOW + 1)], NOW + 2).await.unwrap();
        assert_eq!(names(&told), ["account message:status"], "once more does no harm");
        assert_eq!(get(&shop, &id).await.sent_at, Some(NOW + 1));
        assert!(outbox::settle_unflushed(&db, &[], NOW).await.unwrap().is_empty());
    }
}
