//! Statuses: in any order, any number of times, before or after their message, the end is the same.

use hoopoe_db::{
    contract,
    ingest::Incoming,
    model::{Message, MessageStatus},
    testing::NOW,
};

use super::shop::{Shop, kinds, phone, who};

use MessageStatus::{Delivered, Failed, Read, Sent};

/// All orders of some things.
pub fn orders<T: Clone>(things: &[T]) -> Vec<Vec<T>> {
    let Some((first, rest)) = things.split_first() else {
        return vec![Vec::new()];
    };
    let insert = |order: Vec<T>| {
        (0..=order.len()).map(move |at| {
            let mut order = order.clone();
            order.insert(at, first.clone());
            order
        })
    };
    orders(rest).into_iter().flat_map(insert).collect()
}

fn second_of(status: MessageStatus) -> i64 {
    match status {
        Sent => 1,
        Delivered => 2,
        Read => 3,
        Failed => 4,
        _ => 0,
    }
}

fn stamps(message: &Message) -> [Option<i64>; 4] {
    [
        message.sent_at,
        message.delivered_at,
        message.read_at,
        message.failed_at,
    ]
    .map(|at| at.map(|at| (at - NOW) / 1000))
}

/// One message for every order, written without time stamps of its own.
async fn check(
    shop: &Shop,
    statuses: &[MessageStatus],
    end: MessageStatus,
    message_first: bool,
    together: bool,
) {
    let customer = who(&[phone("40722000111")]);
    let mut sent = Vec::new();
    for (n, order) in orders(statuses).into_iter().enumerate() {
        let id = format!("{end:?}-{message_first}-{together}-{n}");
        let message = shop.ours(&customer, &id);
        let news = order
            .iter()
            .map(|status| shop.status(&id, *status, second_of(*status)));
        let mut all: Vec<Incoming> = news.collect();
        let at = if message_first { 0 } else { all.len() };
        all.insert(at, message);
        if together {
            shop.takes(&all).await;
        } else {
            for one in all {
                shop.takes(&[one]).await;
            }
        }
        sent.push((id, order));
    }
    for (id, order) in sent {
        let message = shop.stored(&id).await;
        assert_eq!(message.status, end, "{order:?}");
        for status in statuses.iter().filter(|status| **status != Sent) {
            let at = stamps(&message)[usize::try_from(second_of(*status)).unwrap() - 1];
            assert_eq!(at, Some(second_of(*status)), "{status:?} in {order:?}");
        }
        assert_eq!(
            message.error.is_some(),
            statuses.contains(&Failed),
            "{order:?}"
        );
    }
    assert_eq!(
        shop.count("parked_updates").await,
        0,
        "nothing waits any more"
    );
}

contract! {
    async fn statuses_in_any_order_end_at_the_highest_with_all_times_kept(db: Db) {
        let shop = Shop::open(&db).await;
        for message_first in [true, false] {
            check(&shop, &[Sent, Delivered, Read], Read, message_first, false).await;
            check(&shop, &[Sent, Failed], Failed, message_first, false).await;
        }
    }

    async fn statuses_with_duplicates_and_a_failure_in_one_batch_end_right_in_any_order(db: Db) {
        let shop = Shop::open(&db).await;
        for message_first in [true, false] {
            check(&shop, &[Sent, Delivered, Delivered, Read, Failed], Read, message_first, true).await;
            check(&shop, &[Sent, Sent, Failed], Failed, message_first, true).await;
        }
    }

    async fn a_status_that_comes_again_changes_and_announces_nothing(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.ours(&who(&[phone("40722000111")]), "m")]).await;
        assert_eq!(kinds(&shop.takes(&[shop.status("m", Delivered, 5)]).await.events), ["message:status"]);
        assert!(shop.takes(&[shop.status("m", Delivered, 9)]).await.events.is_empty());
        assert!(shop.takes(&[shop.status("m", Sent, 9)]).await.events.is_empty());
        assert_eq!(shop.stored("m").await.delivered_at, Some(NOW + 5_000), "the first time stands");
    }

    async fn the_conversations_tick_follows_the_last_message_only(db: Db) {
        let shop = Shop::open(&db).await;
        let customer = who(&[phone("40722000111")]);
        shop.takes(&[shop.ours(&customer, "first"), shop.ours(&customer, "last")]).await;
        shop.takes(&[shop.status("first", Read, 9)]).await;
        let tick = |thread: hoopoe_db::model::Conversation| thread.last_message.unwrap().status;
        let before = shop.thread(&phone("40722000111")).await;
        assert_ne!(tick(before.clone()), Read);
        shop.takes(&[shop.status("last", Read, 9)]).await;
        let after = shop.thread(&phone("40722000111")).await;
        assert_eq!(tick(after.clone()), Read);
        assert_eq!(after.version, before.version, "clients draw it from message:status, which carries no version");
    }

    async fn a_status_of_a_customers_message_changes_nothing_and_announces_nothing(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone("40722000111")]), "theirs")]).await;
        let done = shop.takes(&[shop.status("theirs", Read, 9)]).await;
        assert!(done.events.is_empty(), "{:?}", kinds(&done.events));
        assert_eq!(shop.stored("theirs").await.status, MessageStatus::Received);
    }

    async fn a_status_waits_for_its_message_and_is_forgotten_in_the_end(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.status("never", Sent, 1)]).await;
        assert_eq!(shop.count("parked_updates").await, 1);
        assert_eq!(hoopoe_db::ingest::prune_parked(&db, NOW).await.unwrap(), 0);
        assert_eq!(hoopoe_db::ingest::prune_parked(&db, NOW + 1).await.unwrap(), 1);
    }
}
