//! Messages: each once, in order, under one contact and one conversation.

use std::sync::Arc;

use hoopoe_db::{
    Engine, contacts, contract,
    ingest::{IncomingMedia, IncomingMessage, ingest},
    model::{ConversationStatus, IdentityKind, MediaState},
    testing::{NOW, sql},
};

use super::shop::{Shop, group, key, kinds, named, phone, who};

fn ids(n: usize) -> Vec<String> {
    (0..n).map(|i| format!("wamid.{i:04}")).collect()
}

contract! {
    async fn a_message_that_comes_twice_in_turn_is_one_row(db: Db) {
        let shop = Shop::open(&db).await;
        let message = shop.text(&who(&[phone("40722000111")]), "wamid.1");
        let first = shop.takes(std::slice::from_ref(&message)).await;
        assert_eq!((first.stored, first.duplicates), (1, 0));
        let again = shop.takes(&[message]).await;
        assert_eq!((again.stored, again.duplicates), (0, 1));
        assert!(again.events.is_empty(), "nothing new is announced: {:?}", kinds(&again.events));
        let thread = shop.thread(&phone("40722000111")).await;
        assert_eq!((thread.message_count, thread.unread_count), (1, 1));
        assert_eq!(shop.contact(&phone("40722000111")).await.messages_in, 1);
        assert_eq!(shop.count("messages").await, 1);
    }

    async fn a_message_that_comes_twice_in_one_batch_is_one_row(db: Db) {
        let shop = Shop::open(&db).await;
        let message = shop.text(&who(&[phone("40722000111")]), "wamid.1");
        let done = shop.takes(&[message.clone(), message.clone(), message]).await;
        assert_eq!(done.stored, 1);
        assert_eq!(shop.thread(&phone("40722000111")).await.message_count, 1);
        assert_eq!(kinds(&done.events).iter().filter(|kind| **kind == "message:new").count(), 1);
    }

    async fn thirty_two_first_messages_in_one_batch_make_one_contact_and_keep_their_order(db: Db) {
        let shop = Shop::open(&db).await;
        let customer = named(&[phone("40722000111")], "Maria");
        // All of one second: that is as finely as the provider's clock ticks.
        let batch: Vec<_> = ids(32)
            .iter()
            .map(|id| shop.message(IncomingMessage { provider_at: NOW, ..shop.plain(&customer, id) }))
            .collect();
        let done = shop.takes(&batch).await;
        assert_eq!(done.stored, 32);
        assert_eq!(shop.count("contacts").await, 1);
        let thread = shop.thread(&phone("40722000111")).await;
        assert_eq!(shop.order(&thread).await, ids(32));
        assert_eq!((thread.message_count, thread.unread_count), (32, 32));
        assert_eq!(thread.last_message.unwrap().text, "wamid.0031");
        let contact = shop.contact(&phone("40722000111")).await;
        assert_eq!((contact.messages_in, contact.summary.name.as_str()), (32, "Maria"));
    }

    async fn thirty_two_first_messages_at_once_make_one_contact_and_one_conversation(db: Db) {
        let shop = Arc::new(Shop::open(&db).await);
        let customer = who(&[phone("40722000111")]);
        let tasks: Vec<_> = ids(32)
            .iter()
            .map(|id| {
                let (db, message) = (db.clone(), shop.text(&customer, id));
                tokio::spawn(async move { ingest(&db, &[message], NOW).await.unwrap().stored })
            })
            .collect();
        let mut stored = 0;
        for task in tasks {
            stored += task.await.unwrap();
        }
        assert_eq!(stored, 32);
        assert_eq!((shop.count("contacts").await, shop.count("conversations").await), (1, 1));
        let thread = shop.thread(&phone("40722000111")).await;
        assert_eq!(shop.order(&thread).await, ids(32));
        assert_eq!((thread.message_count, thread.unread_count), (32, 32));
        assert_eq!(shop.contact(&phone("40722000111")).await.messages_in, 32);
    }

    async fn a_batch_of_many_people_puts_each_message_under_its_own_contact(db: Db) {
        let shop = Shop::open(&db).await;
        let number = |i: usize| format!("4072200{i:04}");
        let batch: Vec<_> = (0..600)
            .map(|i| shop.text(&who(&[phone(&number(i % 200))]), &format!("{}/{i}", number(i % 200))))
            .collect();
        assert_eq!(shop.takes(&batch).await.stored, 600);
        assert_eq!((shop.count("contacts").await, shop.count("conversations").await), (200, 200));
        for i in 0..200 {
            let thread = shop.thread(&phone(&number(i))).await;
            let order = shop.order(&thread).await;
            let expected: Vec<_> = (0..3).map(|n| format!("{}/{}", number(i), i + n * 200)).collect();
            assert_eq!(order, expected);
        }
    }

    async fn a_late_message_sorts_in_by_its_own_time_and_is_not_the_last_one(db: Db) {
        let shop = Shop::open(&db).await;
        let customer = who(&[phone("40722000111")]);
        shop.takes(&[shop.text(&customer, "now")]).await;
        let late = IncomingMessage { provider_at: NOW - 3_600_000, ..shop.plain(&customer, "late") };
        shop.takes(&[shop.message(late)]).await;
        let thread = shop.thread(&phone("40722000111")).await;
        assert_eq!(shop.order(&thread).await, ["late", "now"]);
        assert_eq!(thread.last_message.as_ref().unwrap().text, "now");
        assert_eq!((shop.stored("late").await.late, shop.stored("now").await.late), (true, false));
        let both = [shop.text(&customer, "newest"), shop.message(IncomingMessage { provider_at: NOW - 1_000, ..shop.plain(&customer, "older") })];
        shop.takes(&both).await;
        let thread = shop.thread(&phone("40722000111")).await;
        assert_eq!(thread.last_message.unwrap().text, "newest", "also within one batch");
        let contact = shop.contact(&phone("40722000111")).await;
        assert_eq!(contact.first_seen_at, Some(NOW - 3_600_000));
        assert!(contact.last_seen_at > Some(NOW));
    }

    async fn a_customers_message_opens_a_resolved_conversation_and_its_window(db: Db) {
        let shop = Shop::open(&db).await;
        let customer = who(&[phone("40722000111")]);
        shop.takes(&[shop.text(&customer, "one")]).await;
        sql(&db, "UPDATE conversations SET status = 'resolved', window_expires_at = NULL").await;
        shop.takes(&[shop.ours(&customer, "from our phone")]).await;
        let thread = shop.thread(&phone("40722000111")).await;
        assert_eq!((thread.status, thread.window_expires_at), (ConversationStatus::Resolved, None));
        assert_eq!((thread.message_count, thread.unread_count), (2, 1), "what we send is not news");
        let message = shop.plain(&customer, "two");
        let at = message.provider_at;
        shop.takes(&[shop.message(message)]).await;
        let thread = shop.thread(&phone("40722000111")).await;
        assert_eq!(thread.status, ConversationStatus::Open);
        assert_eq!(thread.window_expires_at, Some(at + 86_400_000));
        assert_eq!(thread.unread_count, 2);
    }

    async fn a_blocked_contacts_message_is_kept_and_not_counted_as_unread(db: Db) {
        let shop = Shop::open(&db).await;
        let customer = who(&[phone("40722000111")]);
        shop.takes(&[shop.text(&customer, "one")]).await;
        let contact = shop.contact(&phone("40722000111")).await;
        let mut tx = db.begin().await.unwrap();
        let blocked = contacts::Changes { blocked: Some(true), ..contacts::Changes::default() };
        contacts::update(&mut tx, shop.tenant(), &contact.summary.id, &blocked, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        sql(&db, "UPDATE conversations SET status = 'resolved', unread_count = 0").await;
        shop.takes(&[shop.text(&customer, "two")]).await;
        let thread = shop.thread(&phone("40722000111")).await;
        assert_eq!((thread.message_count, thread.unread_count), (2, 0));
        assert_eq!(thread.status, ConversationStatus::Resolved, "it stays out of the way");
    }

    async fn a_groups_messages_share_a_conversation_and_name_their_senders(db: Db) {
        let shop = Shop::open(&db).await;
        let chat = group("1203630000");
        let from = |number: &str, name: &str, id: &str| {
            shop.message(IncomingMessage {
                sender: Some(named(&[phone(number)], name)),
                opens_window: false,
                ..shop.plain(&chat, id)
            })
        };
        shop.takes(&[from("40722000111", "Maria", "one"), from("40722000222", "Ion", "two")]).await;
        let chat_key = key(IdentityKind::Group, "", "1203630000");
        let thread = shop.thread(&chat_key).await;
        assert!(thread.is_group && thread.contact.is_group);
        assert_eq!(thread.reply_to.value, "1203630000");
        assert_eq!(shop.order(&thread).await, ["one", "two"]);
        assert_eq!(shop.stored("one").await.sender.unwrap().name, "Maria");
        assert_eq!(shop.stored("two").await.sender.unwrap().name, "Ion");
        assert!(shop.threads(&phone("40722000111")).await.is_empty(), "a sender has no thread of their own by it");
        assert_eq!(shop.contact(&phone("40722000222")).await.messages_in, 1);
    }

    async fn a_quote_shows_what_was_quoted_in_the_same_batch_or_earlier_or_never_seen(db: Db) {
        let shop = Shop::open(&db).await;
        let customer = who(&[phone("40722000111")]);
        shop.takes(&[shop.text(&customer, "earlier")]).await;
        let quoting = |id: &str, quoted: &str| {
            shop.message(IncomingMessage { quoted_provider_id: Some(quoted.to_owned()), ..shop.plain(&customer, id) })
        };
        let batch = [shop.text(&customer, "same"), quoting("a", "same"), quoting("b", "earlier"), quoting("c", "unknown")];
        shop.takes(&batch).await;
        assert_eq!(shop.stored("a").await.quoted.unwrap().message_id, Some(shop.stored("same").await.id));
        assert_eq!(shop.stored("b").await.quoted.unwrap().text, "earlier");
        let unseen = shop.stored("c").await.quoted.unwrap();
        assert_eq!((unseen.message_id, unseen.provider_id.as_deref()), (None, Some("unknown")));
    }

    async fn media_waits_to_be_fetched_and_a_redelivery_does_not_fetch_it_twice(db: Db) {
        let shop = Shop::open(&db).await;
        let media = IncomingMedia {
            provider_media_id: "77".to_owned(),
            mime: "image/jpeg".to_owned(),
            sha256: None,
            filename: None,
        };
        let picture = IncomingMessage {
            kind: "image".to_owned(),
            media: Some(media),
            ..shop.plain(&who(&[phone("40722000111")]), "picture")
        };
        assert!(shop.takes(&[shop.message(picture.clone())]).await.has_media);
        assert!(!shop.takes(&[shop.message(picture)]).await.has_media);
        assert_eq!(shop.count("media").await, 1);
        assert_eq!(shop.stored("picture").await.media.unwrap().state, MediaState::Pending);
    }

    async fn the_same_provider_id_on_two_numbers_is_two_messages(db: Db) {
        let shop = Shop::open(&db).await;
        let other = crate::people::account(&db, &shop.seed).await;
        let customer = who(&[phone("40722000111")]);
        let mut at_other = shop.text(&customer, "wamid.1");
        at_other.account_id = other;
        assert_eq!(shop.takes(&[shop.text(&customer, "wamid.1"), at_other]).await.stored, 2);
        assert_eq!((shop.count("contacts").await, shop.count("conversations").await), (1, 2));
        assert_eq!(shop.contact(&phone("40722000111")).await.messages_in, 2);
    }

    async fn a_batch_takes_the_same_number_of_statements_however_large(db: Db) {
        if db.engine() != Engine::Sqlite {
            return;
        }
        let shop = Shop::open(&db).await;
        // Not the statements but their effect: a thousand people in one transaction are one commit and numbered without a gap.
        let batch: Vec<_> = (0..1000)
            .map(|i| shop.text(&who(&[phone(&format!("4072{i:07}"))]), &format!("m{i}")))
            .collect();
        let done = shop.takes(&batch).await;
        assert_eq!(done.stored, 1000);
        assert_eq!(done.events.len(), 3000, "contact:new, conversation:new and message:new of each");
    }
}
