//! What people are called: by us > by themselves > by username > by number, and a name is never replaced by a number.

use hoopoe_db::{
    contacts, contract,
    ingest::{IncomingUpdate, Person},
    model::NameSource,
    testing::NOW,
};

use super::shop::{Shop, bsuid, kinds, named, phone, who};

const A: &str = "40722000111";

async fn name(shop: &Shop) -> (String, NameSource) {
    let contact = shop.contact(&phone(A)).await;
    let thread = shop.thread(&phone(A)).await;
    assert_eq!(
        thread.contact.name, contact.summary.name,
        "the list shows the contact's name"
    );
    (contact.summary.name, contact.summary.name_source)
}

contract! {
    async fn a_name_is_replaced_by_a_better_one_only(db: Db) {
        let shop = Shop::open(&db).await;
        let is = |text: &str, source| (text.to_owned(), source);
        shop.takes(&[shop.text(&who(&[phone(A)]), "1")]).await;
        assert_eq!(name(&shop).await, is("+40722000111", NameSource::Number));
        let username = Person { username: Some("maria.p".to_owned()), ..who(&[phone(A)]) };
        let done = shop.takes(&[shop.text(&username, "2")]).await;
        assert_eq!(name(&shop).await, is("@maria.p", NameSource::Username));
        assert!(kinds(&done.events).contains(&"contact:updated"));
        shop.takes(&[shop.text(&named(&[phone(A)], "Maria"), "3")]).await;
        assert_eq!(name(&shop).await, is("Maria", NameSource::Profile));
        shop.takes(&[shop.text(&who(&[phone(A)]), "4"), shop.text(&username, "5")]).await;
        assert_eq!(name(&shop).await, is("Maria", NameSource::Profile));
        shop.takes(&[shop.text(&named(&[phone(A)], "Maria P"), "6")]).await;
        assert_eq!(name(&shop).await, is("Maria P", NameSource::Profile));

        let id = shop.owner(&phone(A)).await;
        let mut tx = db.begin().await.unwrap();
        let by_hand = contacts::Changes { name: Some("Dna Popescu".to_owned()), ..contacts::Changes::default() };
        contacts::update(&mut tx, shop.tenant(), &id, &by_hand, NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        shop.takes(&[shop.text(&named(&[phone(A)], "Mimi"), "7")]).await;
        assert_eq!(name(&shop).await, is("Dna Popescu", NameSource::Manual));
        assert_eq!(shop.contact(&phone(A)).await.profile_name.as_deref(), Some("Mimi"), "and still kept");
    }

    async fn empty_and_hostile_names_are_cleaned_or_left_out(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&named(&[phone(A)], " \u{0} \u{7}\n "), "1")]).await;
        assert_eq!(name(&shop).await.1, NameSource::Number);
        shop.takes(&[shop.text(&named(&[phone(A)], &format!("\u{0}Ma\u{1}ria{}", "x".repeat(10_000))), "2")]).await;
        let (name, source) = name(&shop).await;
        assert_eq!((name.chars().count(), source), (200, NameSource::Profile));
        assert!(name.starts_with("Maria"));
    }

    async fn a_known_name_announces_nothing_new(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&named(&[phone(A)], "Maria"), "1")]).await;
        let done = shop.takes(&[shop.text(&named(&[phone(A)], "Maria"), "2")]).await;
        assert_eq!(kinds(&done.events), ["message:new"]);
    }

    async fn somebody_without_a_number_is_called_by_a_part_of_their_id(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[bsuid("RO.123456789012")]), "1")]).await;
        let summary = shop.contact(&bsuid("RO.123456789012")).await.summary;
        assert_eq!((summary.name.as_str(), summary.phone), ("RO…9012", None));
    }

    async fn a_name_from_the_address_book_makes_a_contact_that_can_be_found(db: Db) {
        let shop = Shop::open(&db).await;
        let entry = Person { book_name: Some("Ștefan Ionescu".to_owned()), ..who(&[phone(A)]) };
        let done = shop.takes(&[shop.update(IncomingUpdate::Contact(entry))]).await;
        assert_eq!(kinds(&done.events), ["contact:new"]);
        let page = contacts::search(&db, shop.tenant(), "stefan", None, 10).await.unwrap();
        assert_eq!(page.items.len(), 1);
        assert_eq!(page.items[0].summary.name_source, NameSource::Manual);
    }
}
