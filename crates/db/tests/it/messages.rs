//! Pages of a thread: complete in both directions, in the thread's order.

use hoopoe_db::{
    Db, DbError, Id, contract,
    ids::{ConversationId, MessageId},
    messages::{self, Page, Part},
    model::Message,
    testing::{NOW, Seed, seed},
};

use crate::people::{group_of, message, person, thread};

async fn talk(db: &Db, n: i64) -> (Seed, ConversationId, Vec<MessageId>) {
    let seed = seed(db).await;
    let contact = person(db, &seed.tenant, "Ana", "+5511987654321").await;
    let group = group_of(db, &contact.summary.id).await;
    let thread = thread(
        db,
        &seed.tenant,
        &seed.account,
        &contact.summary.id,
        &group,
        "phone",
    )
    .await;
    let mut ids = Vec::new();
    for i in 0..n {
        // Three messages share a second each.
        ids.push(message(db, &seed.tenant, &thread, &format!("m{i}"), i / 3 * 1000).await);
    }
    (seed, thread, ids)
}

fn ids(items: &[Message]) -> Vec<MessageId> {
    items.iter().map(|message| message.id.clone()).collect()
}

contract! {
    async fn a_thread_is_read_backwards_to_its_beginning_without_gap_or_double(db: Db) {
        let (seed, thread, all) = talk(&db, 20).await;
        let mut part = Part::Latest;
        let mut read: Vec<MessageId> = Vec::new();
        loop {
            let Page { items, before, .. } = messages::page(&db, &seed.tenant, &thread, &part, 7).await.unwrap();
            read.splice(0..0, ids(&items));
            let Some(before) = before else { break };
            part = Part::Before(before.to_string().parse().unwrap());
        }
        assert_eq!(read, all);
    }

    async fn from_a_message_in_the_middle_a_thread_is_read_in_both_directions(db: Db) {
        let (seed, thread, all) = talk(&db, 20).await;
        let page = messages::page(&db, &seed.tenant, &thread, &Part::Around(all[10].clone()), 6).await.unwrap();
        assert_eq!(ids(&page.items), all[7..14]);
        let newer = messages::page(&db, &seed.tenant, &thread, &Part::After(page.after.unwrap()), 100).await.unwrap();
        assert_eq!((ids(&newer.items), newer.after.is_none()), (all[14..].to_vec(), true));
        let older = messages::page(&db, &seed.tenant, &thread, &Part::Before(page.before.unwrap()), 100).await.unwrap();
        assert_eq!((ids(&older.items), older.before.is_none()), (all[..7].to_vec(), true));
    }

    async fn a_message_of_another_thread_or_tenant_is_not_found(db: Db) {
        let (seed, thread, all) = talk(&db, 1).await;
        let (other_seed, other_thread, _) = talk(&db, 1).await;
        let around = Part::Around(all[0].clone());
        let missing = |page: Result<Page, DbError>| assert!(matches!(page, Err(DbError::NotFound)));
        missing(messages::page(&db, &seed.tenant, &other_thread, &around, 5).await);
        missing(messages::page(&db, &other_seed.tenant, &thread, &around, 5).await);
        let page = messages::page(&db, &other_seed.tenant, &thread, &Part::Latest, 5).await.unwrap();
        assert!(page.items.is_empty());
        assert!(matches!(messages::get(&db, &other_seed.tenant, &all[0]).await, Err(DbError::NotFound)));
    }

    async fn reading_a_thread_leaves_the_clock_of_ids_alone(db: Db) {
        let (seed, thread, _) = talk(&db, 1).await;
        messages::page(&db, &seed.tenant, &thread, &Part::Latest, 5).await.unwrap();
        let fresh = MessageId::new(NOW);
        assert!(fresh.as_str() < "msg_03q", "{fresh} is of before the year 2100");
    }
}
