//! Messages to groups: what is told of each member, in any order, any number of times, before or after the message, comes to the same end.

use hoopoe_db::{
    Id, contract,
    event::Committed,
    ids::TenantId,
    ingest::{Incoming, Person},
    model::{Message, MessageStatus, Recipient, RecipientCounts},
    recipients::list_recipients,
    testing::NOW,
};
use serde_json::Value;

use super::{
    shop::{Shop, bsuid, group, kinds, named, phone, who},
    statuses::orders,
};

use MessageStatus::{Delivered, Failed, Played, Read, Sent};

fn ana() -> Person {
    who(&[phone("40722000111")])
}

fn bogdan() -> Person {
    who(&[phone("40722000222")])
}

fn carla() -> Person {
    named(&[bsuid("RO.3")], "Carla")
}

/// Of no member: the group as a whole.
fn whole() -> Person {
    Person::default()
}

fn counts(total: i64, sent: i64, delivered: i64, read: i64, failed: i64) -> RecipientCounts {
    RecipientCounts {
        total,
        sent,
        delivered,
        read,
        failed,
    }
}

async fn members(shop: &Shop, message: &Message) -> Vec<Recipient> {
    list_recipients(&shop.db, shop.tenant(), &message.id)
        .await
        .unwrap()
}

/// What the only event tells: status and how many have it.
fn told(events: &[Committed]) -> (Value, Value) {
    assert_eq!(kinds(events), ["message:status"]);
    let data: Value = serde_json::from_str(events[0].envelope.data.get()).unwrap();
    (data["status"].clone(), data["recipients"].clone())
}

/// All orders of what is told, with the message before, between or behind, one by one or in one batch: message and members end alike.
async fn converges(shop: &Shop, news: &[(Person, MessageStatus, i64)], together: bool) -> Message {
    let mut ends: Vec<(Message, Vec<Recipient>)> = Vec::new();
    for (n, order) in orders(news).iter().enumerate() {
        let id = format!("{together}-{n}-{}", news.len());
        let mut all: Vec<Incoming> = order
            .iter()
            .map(|(member, status, at)| shop.status_at(member, &id, *status, *at))
            .collect();
        all.insert(n % (all.len() + 1), shop.ours(&group("g1"), &id));
        if together {
            shop.takes(&all).await;
        } else {
            for one in all {
                shop.takes(&[one]).await;
            }
        }
        let message = shop.stored(&id).await;
        let members = members(shop, &message).await;
        ends.push((message, members));
    }
    let (first, members) = &ends[0];
    for (message, others) in &ends {
        assert_eq!(
            (
                message.status,
                message.recipients,
                message.failed_at,
                &message.error
            ),
            (
                first.status,
                first.recipients,
                first.failed_at,
                &first.error
            ),
        );
        assert_eq!(others, members);
    }
    assert_eq!(
        shop.count("parked_updates").await,
        0,
        "nothing waits any more"
    );
    first.clone()
}

contract! {
    async fn what_is_told_of_members_in_any_order_comes_to_the_same_end(db: Db) {
        let shop = Shop::open(&db).await;
        let news = [(ana(), Sent, 1), (ana(), Read, 5), (bogdan(), Delivered, 3), (bogdan(), Delivered, 3), (carla(), Failed, 4)];
        for together in [false, true] {
            let message = converges(&shop, &news, together).await;
            assert_eq!(message.status, Delivered, "both whom it can reach have it, one has not read it");
            assert_eq!(message.recipients, Some(counts(3, 2, 2, 1, 1)));
            assert_eq!((message.delivered_at, message.read_at), (None, None), "members have their own times");
            let members = members(&shop, &message).await;
            let shown: Vec<_> = members.iter().map(|one| (one.name.as_str(), one.status)).collect();
            assert_eq!(shown, [("+40722000111", Read), ("+40722000222", Delivered), ("Carla", Failed)]);
            assert_eq!((members[0].sent_at, members[0].read_at), (Some(NOW + 1_000), Some(NOW + 5_000)));
            assert_eq!(members[2].error.as_ref().unwrap().code, 131_026);
        }
    }

    async fn the_message_is_delivered_and_read_once_all_known_members_have_it(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.ours(&group("g1"), "m")]).await;
        let mut seen = Vec::new();
        for (n, (member, status)) in (1..).zip([
            (ana(), Sent), (bogdan(), Sent), (ana(), Delivered), (bogdan(), Delivered), (ana(), Read), (bogdan(), Played), (ana(), Played),
        ]) {
            let events = shop.takes(&[shop.status_at(&member, "m", status, n)]).await.events;
            seen.push(if events.is_empty() { Value::Null } else { told(&events).0 });
        }
        assert_eq!(seen, ["sent", "sent", "sent", "delivered", "delivered", "read", "played"]);
        assert_eq!(shop.stored("m").await.recipients, Some(counts(2, 2, 2, 2, 0)));
        let tick = shop.threads(&group("g1").keys[0]).await;
        assert_eq!(tick[0].last_message.as_ref().unwrap().status, Played);
    }

    async fn a_member_who_turns_up_later_takes_the_tick_back(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.ours(&group("g1"), "m")]).await;
        let events = shop.takes(&[shop.status_at(&ana(), "m", Read, 1)]).await.events;
        assert_eq!(told(&events).0, "read", "of one known member one has read it");
        let events = shop.takes(&[shop.status_at(&bogdan(), "m", Sent, 2)]).await.events;
        let (status, recipients) = told(&events);
        assert_eq!((status, &recipients["read"], &recipients["total"]), ("sent".into(), &1.into(), &2.into()));
        assert_eq!(shop.stored("m").await.status, Sent);
    }

    async fn a_failure_at_all_members_is_the_messages_and_a_receipt_takes_it_back(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.ours(&group("g1"), "m"), shop.status_at(&ana(), "m", Failed, 1), shop.status_at(&bogdan(), "m", Failed, 2)]).await;
        let failed = shop.stored("m").await;
        assert_eq!((failed.status, failed.failed_at), (Failed, Some(NOW + 1_000)));
        assert!(failed.error.is_some());
        shop.takes(&[shop.status_at(&bogdan(), "m", Delivered, 3)]).await;
        let proved = shop.stored("m").await;
        assert_eq!((proved.status, proved.failed_at, proved.error), (Delivered, None, None));
        assert_eq!(proved.recipients, Some(counts(2, 1, 1, 0, 1)));
    }

    async fn what_is_told_of_the_group_as_a_whole_holds_for_all_in_any_order(db: Db) {
        let shop = Shop::open(&db).await;
        for together in [false, true] {
            let message = converges(&shop, &[(whole(), Sent, 1), (whole(), Failed, 2), (ana(), Sent, 1)], together).await;
            assert_eq!((message.status, message.recipients), (Failed, Some(counts(1, 1, 0, 0, 0))));
            let message = converges(&shop, &[(whole(), Failed, 2), (ana(), Delivered, 3), (bogdan(), Sent, 1), (whole(), Sent, 1)], together).await;
            assert_eq!((message.status, message.failed_at), (Sent, None), "one has it, so it went out");
        }
        shop.takes(&[shop.ours(&group("g1"), "only"), shop.status_at(&whole(), "only", Sent, 1)]).await;
        let message = shop.stored("only").await;
        assert_eq!((message.status, message.recipients), (Sent, None), "nothing is known of any member");
        assert!(members(&shop, &message).await.is_empty());
    }

    async fn a_member_with_two_ids_is_counted_once_whichever_came_first(db: Db) {
        let shop = Shop::open(&db).await;
        let both = who(&[phone("40722000111"), bsuid("RO.1")]);
        let news = [(ana(), Sent, 1), (who(&[bsuid("RO.1")]), Read, 5), (both, Delivered, 3)];
        for together in [false, true] {
            let message = converges(&shop, &news, together).await;
            assert_eq!((message.status, message.recipients), (Read, Some(counts(1, 1, 1, 1, 0))));
        }
    }

    async fn what_comes_again_changes_and_announces_nothing(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.ours(&group("g1"), "m"), shop.status_at(&ana(), "m", Delivered, 5)]).await;
        assert!(shop.takes(&[shop.status_at(&ana(), "m", Delivered, 9)]).await.events.is_empty());
        assert!(shop.takes(&[shop.status_at(&ana(), "m", Sent, 1)]).await.events.is_empty());
        let ana = members(&shop, &shop.stored("m").await).await.remove(0);
        assert_eq!((ana.sent_at, ana.delivered_at), (Some(NOW + 1_000), Some(NOW + 5_000)), "the first time stands, an earlier status is kept");
    }

    async fn a_known_member_is_shown_as_the_contact_and_receipts_make_no_contacts(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&named(&[phone("40722000111")], "Ana Pop"), "hello"), shop.ours(&group("g1"), "m")]).await;
        let contacts = shop.count("contacts").await;
        shop.takes(&[shop.status_at(&ana(), "m", Read, 2), shop.status_at(&bogdan(), "m", Sent, 1)]).await;
        assert_eq!(shop.count("contacts").await, contacts);
        let message = shop.stored("m").await;
        let members = members(&shop, &message).await;
        assert_eq!(members[0].contact.as_ref().map(|contact| contact.name.as_str()), Some("Ana Pop"));
        assert_eq!((&members[1].contact, members[1].phone.as_deref()), (&None, Some("+40722000222")));
        assert!(list_recipients(&db, &TenantId::new(NOW), &message.id).await.unwrap().is_empty(), "another tenant's are not shown");
    }

    async fn a_customers_message_has_no_recipients(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&ana(), "theirs")]).await;
        assert!(shop.takes(&[shop.status_at(&bogdan(), "theirs", Read, 9)]).await.events.is_empty());
        let message = shop.stored("theirs").await;
        assert_eq!((message.status, message.recipients), (MessageStatus::Received, None));
    }
}
