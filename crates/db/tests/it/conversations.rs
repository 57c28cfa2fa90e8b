//! The list with its filters and pages, and what agents do with a conversation.

use hoopoe_db::{
    Db, DbError, Id, contract,
    conversations::{self, Assignee, Changes, Filter, Sort},
    ids::{AccountId, ConversationId, MessageId},
    model::{Conversation, ConversationStatus},
    testing::{NOW, Seed, seed, sql},
};

use crate::people::{account, group_of, message, names, person, thread};

/// A conversation of somebody new, with one message so many minutes after the seed's time.
async fn chat(db: &Db, seed: &Seed, account: &AccountId, n: i64, minutes: i64) -> ConversationId {
    let contact = person(
        db,
        &seed.tenant,
        &format!("Ana {n}"),
        &format!("+55119876{n:05}"),
    )
    .await;
    let group = group_of(db, &contact.summary.id).await;
    let thread = thread(
        db,
        &seed.tenant,
        account,
        &contact.summary.id,
        &group,
        "phone",
    )
    .await;
    message(db, &seed.tenant, &thread, "hello", minutes * 60_000).await;
    thread
}

fn all(accounts: &[AccountId]) -> Filter {
    Filter {
        accounts: accounts.to_vec(),
        statuses: vec![ConversationStatus::Open],
        assignee: Assignee::Any,
        unread: false,
        search: None,
        sort: Sort::Newest,
        after: None,
        limit: 50,
    }
}

async fn listed(db: &Db, seed: &Seed, filter: &Filter) -> Vec<ConversationId> {
    let (items, _) = conversations::list(db, &seed.tenant, filter).await.unwrap();
    items.into_iter().map(|item| item.id).collect()
}

async fn change(
    db: &Db,
    seed: &Seed,
    id: &ConversationId,
    changes: Changes,
) -> (Conversation, Vec<String>) {
    let mut tx = db.begin().await.unwrap();
    let changed = conversations::update(&mut tx, &seed.tenant, id, &changes, NOW)
        .await
        .unwrap();
    (changed, names(&tx.commit(NOW).await.unwrap()))
}

contract! {
    async fn pages_of_the_list_follow_one_another_in_both_orders(db: Db) {
        let seed = seed(&db).await;
        let mut chats = Vec::new();
        for n in 0..23 {
            // Some share a minute, some lie hours apart.
            chats.push(chat(&db, &seed, &seed.account, n, n / 3 * 7).await);
        }
        for sort in [Sort::Newest, Sort::Oldest] {
            let mut filter = Filter { sort, limit: 4, ..all(std::slice::from_ref(&seed.account)) };
            let mut read = Vec::new();
            loop {
                let (items, next) = conversations::list(&db, &seed.tenant, &filter).await.unwrap();
                read.extend(items.into_iter().map(|item| item.id));
                let Some(next) = next else { break };
                filter.after = Some(next.to_string().parse().unwrap());
            }
            let mut expected = chats.clone();
            if sort == Sort::Newest {
                expected.reverse();
            }
            assert_eq!(read, expected, "{sort:?}");
        }
    }

    async fn the_list_is_narrowed_by_account_status_assignee_unread_and_words(db: Db) {
        let seed = seed(&db).await;
        let other = account(&db, &seed).await;
        let mine = chat(&db, &seed, &seed.account, 1, 1).await;
        let read = chat(&db, &seed, &seed.account, 2, 2).await;
        let elsewhere = chat(&db, &seed, &other, 3, 3).await;
        let assigned = Changes { assignee_id: Some(Some(seed.agent.clone())), ..Changes::default() };
        change(&db, &seed, &mine, assigned).await;
        sql(&db, &format!("UPDATE conversations SET unread_count = 0 WHERE id = '{read}'")).await;
        let both = [seed.account.clone(), other.clone()];
        let is = async |filter: Filter| listed(&db, &seed, &filter).await;
        assert_eq!(is(all(&both)).await, [elsewhere.clone(), read.clone(), mine.clone()]);
        assert_eq!(is(all(std::slice::from_ref(&other))).await, std::slice::from_ref(&elsewhere));
        assert_eq!(is(all(&[])).await, []);
        assert_eq!(is(Filter { assignee: Assignee::User(seed.agent.clone()), ..all(&both) }).await, std::slice::from_ref(&mine));
        assert_eq!(is(Filter { assignee: Assignee::Nobody, ..all(&both) }).await, [elsewhere.clone(), read.clone()]);
        assert_eq!(is(Filter { unread: true, ..all(&both) }).await, [elsewhere.clone(), mine.clone()]);
        assert_eq!(is(Filter { search: Some("ana 2".to_owned()), ..all(&both) }).await, std::slice::from_ref(&read));
        assert_eq!(is(Filter { search: Some("00003".to_owned()), ..all(&both) }).await, std::slice::from_ref(&elsewhere));
        let resolved = Changes { status: Some(ConversationStatus::Resolved), ..Changes::default() };
        change(&db, &seed, &read, resolved).await;
        assert_eq!(is(Filter { statuses: vec![ConversationStatus::Resolved], ..all(&both) }).await, std::slice::from_ref(&read));
        assert_eq!(is(Filter { statuses: vec![], ..all(&both) }).await, [elsewhere, read, mine]);
        let counts = conversations::counts(&db, &seed.tenant, &both, &seed.agent).await.unwrap();
        assert_eq!((counts.mine, counts.unassigned, counts.all, counts.unread), (1, 1, 2, 2));
    }

    async fn a_change_raises_the_version_and_is_told(db: Db) {
        let seed = seed(&db).await;
        let id = chat(&db, &seed, &seed.account, 1, 1).await;
        let resolve = Changes { status: Some(ConversationStatus::Resolved), ..Changes::default() };
        let before = conversations::get(&db, &seed.tenant, &id).await.unwrap();
        let (after, told) = change(&db, &seed, &id, resolve).await;
        assert!(after.version > before.version);
        assert_eq!(told, ["account conversation:updated"]);
    }

    async fn reading_up_to_a_message_leaves_the_later_ones_unread(db: Db) {
        let seed = seed(&db).await;
        let id = chat(&db, &seed, &seed.account, 1, 1).await;
        let second = message(&db, &seed.tenant, &id, "two", 120_000).await;
        message(&db, &seed.tenant, &id, "three", 180_000).await;
        let mut tx = db.begin().await.unwrap();
        let read = conversations::mark_read(&mut tx, &seed.tenant, &id, &second, Some(&seed.agent), NOW).await.unwrap();
        assert_eq!(names(&tx.commit(NOW).await.unwrap()), ["account conversation:read"]);
        assert_eq!(read.unread_count, 1);
        let mut tx = db.begin().await.unwrap();
        let again = conversations::mark_read(&mut tx, &seed.tenant, &id, &second, Some(&seed.agent), NOW).await.unwrap();
        assert!(tx.commit(NOW).await.unwrap().is_empty());
        assert_eq!(again.unread_count, 1, "reading an older part again changes nothing");
        let mut tx = db.begin().await.unwrap();
        let unknown = conversations::mark_read(&mut tx, &seed.tenant, &id, &MessageId::new(NOW), Some(&seed.agent), NOW).await;
        assert!(matches!(unknown, Err(DbError::NotFound)));
    }

    async fn a_snoozed_conversation_opens_when_its_time_has_come(db: Db) {
        let seed = seed(&db).await;
        let id = chat(&db, &seed, &seed.account, 1, 1).await;
        let snooze = Changes { status: Some(ConversationStatus::Snoozed), snoozed_until: Some(NOW + 1000), ..Changes::default() };
        change(&db, &seed, &id, snooze).await;
        assert_eq!(conversations::next_snooze(&db).await.unwrap(), Some(NOW + 1000));
        for (now, expected) in [(NOW + 999, ConversationStatus::Snoozed), (NOW + 1000, ConversationStatus::Open)] {
            let mut tx = db.begin().await.unwrap();
            conversations::wake_snoozed(&mut tx, now).await.unwrap();
            tx.commit(now).await.unwrap();
            assert_eq!(conversations::get(&db, &seed.tenant, &id).await.unwrap().status, expected);
        }
    }

    async fn anothers_conversation_is_not_found(db: Db) {
        let (one, other) = (seed(&db).await, seed(&db).await);
        let id = chat(&db, &one, &one.account, 1, 1).await;
        assert!(matches!(conversations::get(&db, &other.tenant, &id).await, Err(DbError::NotFound)));
        assert!(listed(&db, &other, &all(&[one.account])).await.is_empty());
    }

    async fn what_is_so_already_is_no_change_and_nobody_is_told(db: Db) {
        let seed = seed(&db).await;
        let id = chat(&db, &seed, &seed.account, 1, 0).await;
        let to = Changes { status: Some(ConversationStatus::Snoozed), snoozed_until: Some(NOW + 9), assignee_id: Some(Some(seed.agent.clone())) };
        let (first, told) = change(&db, &seed, &id, to.clone()).await;
        assert_eq!(told.len(), 1);
        for same in [to.clone(), Changes::default(), Changes { assignee_id: to.assignee_id.clone(), ..Changes::default() }] {
            let (again, told) = change(&db, &seed, &id, same).await;
            assert_eq!((again, told.len()), (first.clone(), 0));
        }
        let later = Changes { snoozed_until: Some(NOW + 10), ..to };
        let (moved, told) = change(&db, &seed, &id, later).await;
        assert_eq!((moved.version, moved.snoozed_until, told.len()), (first.version + 1, Some(NOW + 10), 1));
        let (freed, _) = change(&db, &seed, &id, Changes { assignee_id: Some(None), ..Changes::default() }).await;
        assert_eq!((freed.version, freed.assignee_id), (first.version + 2, None));
    }
}
