//! People from memory: who wrote a moment ago is not asked for, and whatever was changed of him meanwhile is seen all the same.

use hoopoe_db::{
    Db, contacts, contract,
    ingest::Ingested,
    merges,
    testing::{NOW, number, sql},
};

use super::{
    invariants,
    shop::{Shop, bsuid, named, phone, who},
};

const A: &str = "40722000111";
const B: &str = "40722000222";

/// A shop that knows a customer's number and conversation by heart.
async fn acquainted(db: &Db) -> Shop {
    let shop = Shop::open(db).await;
    for id in ["first", "second", "third"] {
        shop.takes(&[shop.text(&named(&[phone(A)], "Maria"), id)])
            .await;
    }
    shop
}

async fn version(db: &Db, shop: &Shop) -> i64 {
    let id = shop.owner(&phone(A)).await;
    number(
        db,
        &format!("SELECT version FROM contacts WHERE id = '{id}'"),
    )
    .await
}

/// The name under which a batch announces its one message.
fn announced(done: &Ingested) -> String {
    let news = done
        .events
        .iter()
        .find(|event| event.envelope.kind == "message:new");
    let data: serde_json::Value = serde_json::from_str(news.unwrap().envelope.data.get()).unwrap();
    data["conversation"]["contact"]["name"]
        .as_str()
        .unwrap()
        .to_owned()
}

async fn rename(db: &Db, shop: &Shop, name: &str) {
    let changes = contacts::Changes {
        name: Some(name.to_owned()),
        ..contacts::Changes::default()
    };
    change(db, shop, &changes).await;
}

async fn change(db: &Db, shop: &Shop, changes: &contacts::Changes) {
    let id = shop.owner(&phone(A)).await;
    let mut tx = db.begin().await.unwrap();
    contacts::update(&mut tx, shop.tenant(), &id, changes, NOW)
        .await
        .unwrap();
    tx.commit(NOW).await.unwrap();
}

contract! {
    async fn who_wrote_a_moment_ago_is_not_asked_for(db: Db) {
        let shop = acquainted(&db).await;
        let before = version(&db, &shop).await;
        let id = shop.owner(&phone(A)).await;
        // Behind the back of the version, which no program does: what is shown then came from memory.
        sql(&db, &format!("UPDATE contacts SET name = 'Somebody' WHERE id = '{id}'")).await;
        sql(&db, &format!("UPDATE contacts SET version = {before} WHERE id = '{id}'")).await;
        let done = shop.takes(&[shop.text(&who(&[phone(A)]), "fourth")]).await;
        assert_eq!(announced(&done), "Maria");
    }

    async fn a_name_that_was_given_meanwhile_is_shown(db: Db) {
        let shop = acquainted(&db).await;
        rename(&db, &shop, "Dna Popescu").await;
        let done = shop.takes(&[shop.text(&who(&[phone(A)]), "fourth")]).await;
        assert_eq!((announced(&done).as_str(), done.stored), ("Dna Popescu", 1));
        let done = shop.takes(&[shop.text(&who(&[phone(A)]), "fifth")]).await;
        assert_eq!(announced(&done), "Dna Popescu");
    }

    async fn a_new_profile_name_is_taken_over_and_a_name_of_ours_stays(db: Db) {
        let shop = acquainted(&db).await;
        let done = shop.takes(&[shop.text(&named(&[phone(A)], "Maria P"), "fourth")]).await;
        assert_eq!(announced(&done), "Maria P");
        rename(&db, &shop, "Dna Popescu").await;
        shop.takes(&[shop.text(&named(&[phone(A)], "Mia"), "fifth")]).await;
        let contact = shop.contact(&phone(A)).await;
        assert_eq!((contact.summary.name.as_str(), contact.profile_name.as_deref()), ("Dna Popescu", Some("Mia")));
    }

    async fn somebody_who_was_blocked_meanwhile_is_not_counted_as_unread(db: Db) {
        let shop = acquainted(&db).await;
        let blocked = contacts::Changes { blocked: Some(true), ..contacts::Changes::default() };
        change(&db, &shop, &blocked).await;
        shop.takes(&[shop.text(&who(&[phone(A)]), "fourth")]).await;
        let thread = shop.thread(&phone(A)).await;
        assert_eq!((thread.message_count, thread.unread_count), (4, 3));
    }

    async fn somebody_who_was_merged_and_parted_meanwhile_gets_his_messages(db: Db) {
        let shop = acquainted(&db).await;
        for id in ["b1", "b2", "b3"] {
            shop.takes(&[shop.text(&who(&[phone(B)]), id)]).await;
        }
        let (a, b) = (shop.owner(&phone(A)).await, shop.owner(&phone(B)).await);
        let mut tx = db.begin().await.unwrap();
        let merge = merges::merge(&mut tx, shop.tenant(), &b, &a, &shop.seed.agent, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        shop.takes(&[shop.text(&who(&[phone(A)]), "merged")]).await;
        assert_eq!(shop.contact(&phone(B)).await.messages_in, 7);
        let mut tx = db.begin().await.unwrap();
        merges::undo(&mut tx, shop.tenant(), &merge.id, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        shop.takes(&[shop.text(&who(&[phone(A)]), "parted"), shop.text(&who(&[phone(B)]), "too")]).await;
        assert_eq!(shop.owner(&phone(A)).await, a);
        assert!(shop.order(&shop.thread(&phone(A)).await).await.contains(&"parted".to_owned()));
        assert!(shop.order(&shop.thread(&phone(B)).await).await.contains(&"too".to_owned()));
    }

    async fn a_number_that_went_to_somebody_else_meanwhile_is_theirs(db: Db) {
        let shop = acquainted(&db).await;
        shop.takes(&[shop.text(&who(&[phone(B)]), "other")]).await;
        let b = shop.owner(&phone(B)).await;
        let group = shop.texts(&format!("SELECT group_id FROM identities WHERE contact_id = '{b}'")).await.remove(0);
        sql(&db, &format!("UPDATE identities SET contact_id = '{b}', group_id = '{group}' WHERE value = '{A}'")).await;
        shop.takes(&[shop.text(&who(&[phone(A)]), "fourth")]).await;
        assert_eq!(shop.order(&shop.thread(&phone(B)).await).await, ["other", "fourth"]);
    }

    async fn an_address_that_was_changed_meanwhile_stays_or_is_replaced(db: Db) {
        let shop = acquainted(&db).await;
        sql(&db, "UPDATE conversations SET reply_kind = 'bsuid', reply_value = 'RO.1'").await;
        shop.takes(&[shop.text(&who(&[phone(A)]), "fourth")]).await;
        assert_eq!(shop.thread(&phone(A)).await.reply_to.value, A, "a phone is better than an id");
    }

    async fn another_id_that_comes_with_a_known_one_is_learned(db: Db) {
        let shop = acquainted(&db).await;
        shop.takes(&[shop.text(&who(&[phone(A), bsuid("RO.1")]), "fourth")]).await;
        shop.takes(&[shop.text(&who(&[bsuid("RO.1")]), "fifth")]).await;
        assert_eq!(shop.contact(&phone(A)).await.messages_in, 5);
    }

    async fn messages_that_come_again_are_not_counted_from_memory(db: Db) {
        let shop = acquainted(&db).await;
        let again = [shop.text(&who(&[phone(A)]), "third"), shop.text(&who(&[phone(A)]), "fourth")];
        let done = shop.takes(&again).await;
        assert_eq!((done.stored, done.duplicates), (1, 1));
        assert_eq!(shop.contact(&phone(A)).await.messages_in, 4);
        invariants::check(&shop).await;
    }

    async fn whatever_is_remembered_of_a_contact_changes_its_version(db: Db) {
        let shop = acquainted(&db).await;
        let id = shop.owner(&phone(A)).await;
        for column in ["name", "name_source", "profile_name", "username", "phone", "is_group", "picture", "blocked", "merged_into"] {
            let before = version(&db, &shop).await;
            sql(&db, &format!("UPDATE contacts SET {column} = {column} WHERE id = '{id}'")).await;
            assert_eq!(version(&db, &shop).await, before + 1, "{column}");
        }
        for change in ["UPDATE identities SET is_current = true", "DELETE FROM identities"] {
            let versions = format!("SELECT version FROM contacts WHERE id = '{id}'");
            let before = number(&db, &versions).await;
            sql(&db, &format!("{change} WHERE contact_id = '{id}'")).await;
            assert_eq!(number(&db, &versions).await, before + 1, "{change}");
        }
        let before = number(&db, "SELECT max(version) FROM contacts").await;
        sql(&db, "UPDATE contacts SET messages_in = messages_in + 1, last_seen_at = 5").await;
        assert_eq!(number(&db, "SELECT max(version) FROM contacts").await, before, "counters are not");
    }
}
