//! Who is who: ids that come together are one person, ids that are replaced stay with them, a number given to somebody else does not.

use hoopoe_db::{
    Id as _, contract,
    ids::TenantId,
    ingest::{IdentityChange, IncomingUpdate},
    linked, merges,
    model::{IdentityKind, MergeKind},
    testing::NOW,
};

use super::shop::{Shop, bsuid, key, kinds, named, phone, who};

const A: &str = "40722000111";
const B: &str = "40722000222";
const C: &str = "40722000333";

contract! {
    async fn two_contacts_whose_ids_come_together_become_one_and_it_can_be_undone(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&named(&[phone(A)], "Maria"), "by phone")]).await;
        shop.takes(&[shop.text(&who(&[bsuid("RO.1")]), "by id")]).await;
        let (one, other) = (shop.owner(&phone(A)).await, shop.owner(&bsuid("RO.1")).await);
        assert_ne!(one, other);
        let done = shop.takes(&[shop.text(&who(&[phone(A), bsuid("RO.1")]), "by both")]).await;
        assert!(kinds(&done.events).contains(&"contact:merged"), "{:?}", kinds(&done.events));
        assert_eq!(shop.owner(&bsuid("RO.1")).await, shop.owner(&phone(A)).await);
        let thread = shop.thread(&phone(A)).await;
        assert_eq!(shop.order(&thread).await, ["by phone", "by id", "by both"]);
        assert_eq!((thread.message_count, thread.unread_count), (3, 3));
        assert_eq!(thread.reply_to.value, A, "answers go to the phone");
        let contact = shop.contact(&phone(A)).await;
        assert_eq!((contact.summary.name.as_str(), contact.messages_in), ("Maria", 3));

        let log = merges::list_of_contact(&db, shop.tenant(), &contact.summary.id).await.unwrap();
        assert_eq!((log.len(), log[0].kind), (1, MergeKind::Automatic));
        let mut tx = db.begin().await.unwrap();
        merges::undo(&mut tx, shop.tenant(), &log[0].id, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert_ne!(shop.owner(&bsuid("RO.1")).await, shop.owner(&phone(A)).await);
        assert_eq!(shop.order(&shop.thread(&bsuid("RO.1")).await).await, ["by id"]);
    }

    async fn a_hidden_name_is_found_by_the_number_once_both_were_told(db: Db) {
        let shop = Shop::open(&db).await;
        let lid = |value| key(IdentityKind::Lid, "", value);
        shop.takes(&[shop.text(&who(&[phone(A), lid("77")]), "both"), shop.text(&who(&[phone(B)]), "one")]).await;
        let phones = [A, B, C].map(str::to_owned);
        let found = linked::find_lids(&db, shop.tenant(), &phones).await.unwrap();
        assert_eq!(found, [(A.to_owned(), "77".to_owned())]);
        assert_eq!(linked::find_lids(&db, &TenantId::new(NOW), &phones).await.unwrap(), []);
    }

    async fn another_form_that_the_provider_names_is_of_the_same_person(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&named(&[phone(A)], "Maria"), "from a")]).await;
        let alias = |one, other| shop.update(IncomingUpdate::Alias(who(&[phone(one), phone(other)])));
        let done = shop.takes(&[alias(A, B)]).await;
        assert_eq!(kinds(&done.events), ["contact:updated"]);
        assert_eq!(shop.owner(&phone(B)).await, shop.owner(&phone(A)).await);
        assert!(shop.takes(&[alias(A, B)]).await.events.is_empty(), "nothing is news");
        shop.takes(&[shop.text(&who(&[phone(B)]), "from b")]).await;
        assert_eq!(shop.order(&shop.thread(&phone(A)).await).await, ["from a", "from b"]);
        shop.takes(&[shop.text(&named(&[phone(C)], "Maria"), "from c")]).await;
        let done = shop.takes(&[alias(B, C)]).await;
        assert!(kinds(&done.events).contains(&"contact:merged"), "{:?}", kinds(&done.events));
        let log = merges::list_of_contact(&db, shop.tenant(), &shop.contact(&phone(A)).await.summary.id).await.unwrap();
        assert_eq!((log.len(), log[0].kind), (1, MergeKind::Automatic));
        assert!(log[0].reason.contains("took a message"), "{}", log[0].reason);
    }

    async fn another_form_that_somebody_gave_up_does_not_make_two_people_one(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone(A)]), "from a")]).await;
        shop.takes(&[shop.text(&who(&[phone(B)]), "from b")]).await;
        let moved = IdentityChange { previous: vec![phone(B)], current: who(&[phone(C)]) };
        shop.takes(&[shop.update(IncomingUpdate::IdentityChange(moved))]).await;
        let done = shop.takes(&[shop.update(IncomingUpdate::Alias(who(&[phone(A), phone(B)])))]).await;
        assert!(!kinds(&done.events).contains(&"contact:merged"), "{:?}", kinds(&done.events));
        assert_eq!(shop.owner(&phone(B)).await, shop.owner(&phone(A)).await, "the number was handed on");
        assert_ne!(shop.owner(&phone(C)).await, shop.owner(&phone(A)).await);
    }

    async fn after_a_merge_either_id_finds_the_one_conversation(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone(A)]), "1"), shop.text(&who(&[bsuid("RO.1")]), "2")]).await;
        shop.takes(&[shop.text(&who(&[phone(A), bsuid("RO.1")]), "3")]).await;
        shop.takes(&[shop.text(&who(&[phone(A)]), "4"), shop.text(&who(&[bsuid("RO.1")]), "5")]).await;
        let thread = shop.thread(&phone(A)).await;
        assert_eq!(shop.order(&thread).await, ["1", "2", "3", "4", "5"]);
        let contact = shop.contact(&phone(A)).await;
        assert_eq!((thread.message_count, contact.messages_in), (5, 5), "both of the last batch are counted");
    }

    async fn ids_that_come_together_only_later_in_the_batch_are_one_person_all_through_it(db: Db) {
        let shop = Shop::open(&db).await;
        let parent = key(IdentityKind::ParentBsuid, "", "RO.ENT.9");
        let batch = [
            shop.text(&who(&[phone(A)]), "1"),
            shop.text(&who(&[bsuid("RO.1"), parent.clone()]), "2"),
            shop.text(&who(&[phone(A), bsuid("RO.1")]), "3"),
        ];
        shop.takes(&batch).await;
        assert_eq!(shop.count("contacts").await, 1);
        assert_eq!(shop.order(&shop.thread(&parent).await).await, ["1", "2", "3"]);
    }

    async fn somebody_who_is_merged_in_a_batch_is_the_same_for_the_rest_of_it(db: Db) {
        let shop = Shop::open(&db).await;
        let parent = key(IdentityKind::ParentBsuid, "", "RO.ENT.9");
        shop.takes(&[shop.text(&who(&[phone(A)]), "1")]).await;
        shop.takes(&[shop.text(&who(&[bsuid("RO.1"), parent.clone()]), "2")]).await;
        // The parent id alone, in the batch in which the other two prove to be one.
        shop.takes(&[shop.text(&who(&[phone(A), bsuid("RO.1")]), "3"), shop.text(&who(std::slice::from_ref(&parent)), "4")]).await;
        assert_eq!(shop.owner(&parent).await, shop.owner(&phone(A)).await);
        let thread = shop.thread(&phone(A)).await;
        assert_eq!(shop.order(&thread).await, ["1", "2", "3", "4"]);
        assert_eq!(shop.contact(&phone(A)).await.messages_in, 4);
    }

    async fn two_ids_of_one_contact_in_one_batch_are_both_counted_and_keep_what_both_say(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone(A), bsuid("RO.1")]), "1")]).await;
        let with_username = hoopoe_db::ingest::Person { username: Some("maria".to_owned()), ..who(&[bsuid("RO.1")]) };
        shop.takes(&[shop.text(&named(&[phone(A)], "Maria"), "2"), shop.text(&with_username, "3")]).await;
        let contact = shop.contact(&phone(A)).await;
        assert_eq!(contact.messages_in, 3);
        assert_eq!(contact.summary.name, "Maria");
        assert_eq!(contact.summary.username.as_deref(), Some("maria"));
        assert_eq!(shop.thread(&phone(A)).await.message_count, 3);
    }

    async fn a_contact_that_was_merged_by_hand_is_joined_with_an_older_one_in_a_batch_that_speaks_of_both_its_ids(db: Db) {
        let shop = Shop::open(&db).await;
        for (id, n) in [(bsuid("RO.1"), "1"), (phone(A), "2"), (phone(B), "3")] {
            shop.takes(&[shop.text(&who(&[id]), n)]).await;
        }
        let (oldest, by_phone, merged) = (shop.owner(&bsuid("RO.1")).await, shop.owner(&phone(A)).await, shop.owner(&phone(B)).await);
        let mut tx = db.begin().await.unwrap();
        merges::merge(&mut tx, shop.tenant(), &by_phone, &merged, &shop.seed.agent, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        // A status proves that the oldest contact is the merged one; the other group of its ids is only written to.
        let mut status = shop.status("2", hoopoe_db::model::MessageStatus::Read, 5);
        if let hoopoe_db::ingest::IncomingUpdate::Status(status) = &mut status.update {
            status.recipient = who(&[phone(A), bsuid("RO.1")]);
        }
        shop.takes(&[shop.text(&named(&[phone(B)], "Maria"), "4"), status, shop.text(&who(&[phone(B)]), "5")]).await;
        for id in [bsuid("RO.1"), phone(A), phone(B)] {
            assert_eq!(shop.owner(&id).await, oldest);
        }
        let contact = shop.contact(&phone(B)).await;
        assert_eq!((contact.messages_in, contact.summary.name.as_str()), (5, "Maria"));
        let mut threads = Vec::new();
        for thread in shop.threads(&phone(B)).await {
            threads.push((shop.order(&thread).await, thread.message_count));
        }
        threads.sort();
        let texts = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
        assert_eq!(threads, [(texts(&["1", "2"]), 2), (texts(&["3", "4", "5"]), 3)]);
    }

    async fn a_change_of_number_keeps_contact_and_conversation(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&named(&[phone(A)], "Maria"), "old")]).await;
        let contact = shop.owner(&phone(A)).await;
        for _ in 0..2 {
            shop.takes(&[shop.replaces(&[phone(A)], &who(&[phone(B)]))]).await;
        }
        shop.takes(&[shop.text(&who(&[phone(B)]), "new")]).await;
        assert_eq!(shop.owner(&phone(B)).await, contact);
        assert_eq!(shop.count("contacts").await, 1);
        let thread = shop.thread(&phone(B)).await;
        assert_eq!(shop.order(&thread).await, ["old", "new"]);
        assert_eq!(thread.reply_to.value, B, "answers go to the new number");
        let contact = shop.contact(&phone(B)).await;
        assert_eq!(contact.summary.phone.as_deref(), Some("+40722000222"));
        let current: Vec<_> = contact.identities.iter().map(|id| (id.value.as_str(), id.current)).collect();
        assert_eq!(current, [(B, true), (A, false)]);
    }

    async fn a_change_of_number_that_comes_after_the_first_message_from_it_joins_the_two(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&named(&[phone(A)], "Maria"), "old")]).await;
        shop.takes(&[shop.text(&who(&[phone(B)]), "new")]).await;
        assert_eq!(shop.count("contacts").await, 2);
        shop.takes(&[shop.replaces(&[phone(A)], &who(&[phone(B)]))]).await;
        assert_eq!(shop.owner(&phone(B)).await, shop.owner(&phone(A)).await);
        assert_eq!(shop.order(&shop.thread(&phone(B)).await).await, ["old", "new"]);
        let contact = shop.contact(&phone(B)).await;
        assert_eq!(contact.summary.phone.as_deref(), Some("+40722000222"));
        assert_eq!(contact.summary.name, "Maria");
    }

    async fn a_change_of_number_of_somebody_unknown_makes_a_contact_that_both_numbers_find(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.replaces(&[phone(A)], &who(&[phone(B)]))]).await;
        shop.takes(&[shop.text(&who(&[phone(B)]), "new"), shop.text(&who(&[phone(A)]), "late, from the old one")]).await;
        assert_eq!(shop.owner(&phone(A)).await, shop.owner(&phone(B)).await);
        assert_eq!(shop.count("contacts").await, 1);
    }

    async fn two_changes_of_number_in_one_batch_end_at_the_last(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone(A)]), "old")]).await;
        shop.takes(&[
            shop.replaces(&[phone(A)], &who(&[phone(B)])),
            shop.replaces(&[phone(B)], &who(&[phone(C)])),
            shop.text(&who(&[phone(C)]), "new"),
        ]).await;
        assert_eq!(shop.count("contacts").await, 1);
        let contact = shop.contact(&phone(C)).await;
        assert_eq!(contact.summary.phone.as_deref(), Some("+40722000333"));
        let current: Vec<_> = contact.identities.iter().filter(|id| id.current).map(|id| id.value.as_str()).collect();
        assert_eq!(current, [C]);
    }

    async fn a_number_that_is_taken_back_is_current_again(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone(A)]), "old")]).await;
        shop.takes(&[shop.replaces(&[phone(A)], &who(&[phone(B)]))]).await;
        shop.takes(&[shop.replaces(&[phone(B)], &who(&[phone(A)]))]).await;
        let contact = shop.contact(&phone(A)).await;
        assert_eq!(contact.summary.phone.as_deref(), Some("+40722000111"));
        let current: Vec<_> = contact.identities.iter().filter(|id| id.current).map(|id| id.value.as_str()).collect();
        assert_eq!(current, [A]);
    }

    async fn a_new_user_id_keeps_contact_and_conversation_whenever_it_is_told(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[bsuid("RO.1")]), "old")]).await;
        let change = shop.replaces(&[bsuid("RO.1")], &who(&[bsuid("RO.2")]));
        shop.takes(&[change.clone(), shop.text(&who(&[bsuid("RO.2")]), "new"), change]).await;
        shop.takes(&[shop.text(&who(&[bsuid("RO.1")]), "late")]).await;
        assert_eq!(shop.count("contacts").await, 1);
        let thread = shop.thread(&bsuid("RO.2")).await;
        assert_eq!(shop.order(&thread).await, ["old", "new", "late"]);
    }

    async fn a_number_that_was_given_to_somebody_else_is_a_new_contact(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&named(&[phone(A), bsuid("RO.1")], "Maria"), "maria")]).await;
        let maria = shop.owner(&bsuid("RO.1")).await;
        shop.takes(&[shop.replaces(&[phone(A)], &who(&[phone(B), bsuid("RO.1")]))]).await;
        shop.takes(&[shop.text(&named(&[phone(A), bsuid("RO.2")], "Ion"), "ion")]).await;
        let ion = shop.owner(&phone(A)).await;
        assert_ne!(ion, maria);
        assert_eq!(shop.owner(&bsuid("RO.2")).await, ion);
        assert_eq!(shop.owner(&phone(B)).await, maria);
        assert_eq!(shop.order(&shop.thread(&phone(A)).await).await, ["ion"]);
        assert_eq!(shop.contact(&phone(A)).await.summary.name, "Ion");
        assert_eq!(shop.contact(&phone(B)).await.summary.name, "Maria");
    }

    async fn a_status_that_names_two_ids_proves_that_they_are_one(db: Db) {
        let shop = Shop::open(&db).await;
        let customer = who(&[phone(A)]);
        shop.takes(&[shop.ours(&customer, "hello"), shop.text(&who(&[bsuid("RO.1")]), "answer")]).await;
        let mut status = shop.status("hello", hoopoe_db::model::MessageStatus::Read, 5);
        if let hoopoe_db::ingest::IncomingUpdate::Status(status) = &mut status.update {
            status.recipient = who(&[phone(A), bsuid("RO.1")]);
        }
        shop.takes(&[status]).await;
        assert_eq!(shop.owner(&bsuid("RO.1")).await, shop.owner(&phone(A)).await);
        assert_eq!(shop.order(&shop.thread(&phone(A)).await).await, ["hello", "answer"]);
    }

    async fn the_same_user_id_of_two_portfolios_is_two_people(db: Db) {
        let shop = Shop::open(&db).await;
        let other = key(IdentityKind::Bsuid, "another portfolio", "RO.1");
        shop.takes(&[shop.text(&who(&[bsuid("RO.1")]), "1"), shop.text(&who(&[other]), "2")]).await;
        assert_eq!(shop.count("contacts").await, 2);
    }
}
