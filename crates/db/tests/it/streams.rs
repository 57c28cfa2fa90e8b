//! The numbered log: read from a cursor, proven complete, or refused so that the client loads again.

use std::collections::BTreeMap;

use hoopoe_db::{
    Db, contract,
    event::{Audience, Draft, Event, MembershipChanged, SyncReset},
    ids::{TenantId, UserId},
    streams::{self, Since},
    testing::{NOW, Seed, seed},
};

/// Writes events on the tenant's stream, one transaction each.
async fn happens(db: &Db, seed: &Seed, times: usize) {
    for _ in 0..times {
        let mut tx = db.begin().await.unwrap();
        tx.record(draft(seed, Audience::Tenant));
        tx.commit(NOW).await.unwrap();
    }
}

fn draft(seed: &Seed, audience: Audience) -> Draft {
    Draft {
        tenant_id: seed.tenant.clone(),
        audience,
        event: Event::SyncReset(SyncReset {}),
    }
}

async fn since(db: &Db, tenant: &TenantId, stream: &str, after: i64, limit: i64) -> Since {
    let cursors = BTreeMap::from([(stream.to_owned(), after)]);
    let mut found = streams::since(db, tenant, &cursors, limit).await.unwrap();
    assert_eq!(found.len(), 1);
    found.remove(0)
}

fn numbers(since: &Since) -> Vec<i64> {
    since.events.iter().map(|event| event.seq).collect()
}

contract! {
    async fn events_are_read_after_a_cursor_in_parts(db: Db) {
        let seed = seed(&db).await;
        let stream = format!("tenant:{}", seed.tenant);
        happens(&db, &seed, 7).await;
        let part = since(&db, &seed.tenant, &stream, 2, 3).await;
        assert_eq!((numbers(&part), part.head, part.more, part.reset), (vec![3, 4, 5], 7, true, false));
        let rest = since(&db, &seed.tenant, &stream, 5, 3).await;
        assert_eq!((numbers(&rest), rest.more), (vec![6, 7], false));
        let none = since(&db, &seed.tenant, &stream, 7, 3).await;
        assert_eq!((numbers(&none), none.head, none.more, none.reset), (vec![], 7, false, false));
    }

    async fn a_cursor_that_is_too_old_or_from_the_future_means_load_again(db: Db) {
        let seed = seed(&db).await;
        let stream = format!("tenant:{}", seed.tenant);
        happens(&db, &seed, 5).await;
        hoopoe_db::testing::sql(&db, "DELETE FROM events WHERE seq <= 3").await;
        assert_eq!(numbers(&since(&db, &seed.tenant, &stream, 3, 9).await), [4, 5], "what is left is complete");
        for lost in [0, 2, 6, -1] {
            let answer = since(&db, &seed.tenant, &stream, lost, 9).await;
            assert!(answer.reset && answer.events.is_empty(), "cursor {lost}");
            assert_eq!(answer.head, 5, "and where to go on from");
        }
        assert_eq!(streams::before_first(&db, &stream).await.unwrap(), 3);
    }

    async fn old_events_are_pruned_and_the_numbers_go_on(db: Db) {
        let seed = seed(&db).await;
        let stream = format!("tenant:{}", seed.tenant);
        happens(&db, &seed, 3).await;
        streams::prune(&db, NOW, 100).await.unwrap();
        assert_eq!(streams::count(&db).await.unwrap(), 3, "an event of this moment stays");
        streams::prune(&db, NOW + 1, 100).await.unwrap();
        assert_eq!(streams::count(&db).await.unwrap(), 0);
        happens(&db, &seed, 1).await;
        assert_eq!(streams::head(&db, &stream).await.unwrap(), 4);
        assert_eq!(numbers(&since(&db, &seed.tenant, &stream, 3, 9).await), [4]);
    }

    async fn another_tenants_stream_looks_as_if_nothing_had_happened(db: Db) {
        let (one, other) = (seed(&db).await, seed(&db).await);
        happens(&db, &one, 3).await;
        let stream = format!("tenant:{}", one.tenant);
        let answer = since(&db, &other.tenant, &stream, 0, 9).await;
        assert_eq!((numbers(&answer), answer.head), (vec![], 0));
        let heads = streams::heads(&db, &other.tenant, std::slice::from_ref(&stream)).await.unwrap();
        assert_eq!(heads[&stream], 0);
    }

    async fn every_audience_has_numbers_of_its_own(db: Db) {
        let seed = seed(&db).await;
        let mut tx = db.begin().await.unwrap();
        for audience in [Audience::Tenant, Audience::Account(seed.account.clone()), Audience::User(seed.agent.clone()), Audience::Tenant] {
            tx.record(draft(&seed, audience));
        }
        let committed = tx.commit(NOW).await.unwrap();
        let numbers: Vec<_> = committed.iter().map(|event| (event.stream_id.split(':').next().unwrap(), event.envelope.seq)).collect();
        assert_eq!(numbers, [("tenant", 1), ("account", 1), ("user", 1), ("tenant", 2)]);
    }

    async fn writers_at_once_take_numbers_without_gaps(db: Db) {
        let seed = seed(&db).await;
        let tasks: Vec<_> = (0..16)
            .map(|_| {
                let (db, seed) = (db.clone(), seed.clone());
                tokio::spawn(async move { happens(&db, &seed, 4).await })
            })
            .collect();
        for task in tasks {
            task.await.unwrap();
        }
        let stream = format!("tenant:{}", seed.tenant);
        let all = since(&db, &seed.tenant, &stream, 0, 500).await;
        assert_eq!(numbers(&all), (1..=64).collect::<Vec<_>>());
    }

    async fn a_transaction_that_is_dropped_takes_no_number(db: Db) {
        let seed = seed(&db).await;
        let mut tx = db.begin().await.unwrap();
        tx.record(draft(&seed, Audience::Tenant));
        drop(tx);
        happens(&db, &seed, 1).await;
        assert_eq!(streams::head(&db, &format!("tenant:{}", seed.tenant)).await.unwrap(), 1);
    }

    async fn what_moved_since_is_told_by_stream(db: Db) {
        let seed = seed(&db).await;
        happens(&db, &seed, 2).await;
        let user = UserId::clone(&seed.agent);
        let mut tx = db.begin().await.unwrap();
        let event = Event::MembershipChanged(MembershipChanged { account_ids: Vec::new() });
        tx.record(Draft { tenant_id: seed.tenant.clone(), audience: Audience::User(user.clone()), event });
        tx.commit(NOW).await.unwrap();
        let known = [(format!("tenant:{}", seed.tenant), 1), (format!("user:{user}"), 1)];
        let moved = streams::moved(&db, &known.into()).await.unwrap();
        assert_eq!(moved, [(format!("tenant:{}", seed.tenant), 2)]);
    }

    async fn the_life_of_the_log_is_made_once_and_begun_anew_on_demand(db: Db) {
        assert_eq!(streams::ensure_epoch(&db, "one", NOW).await.unwrap(), "one");
        assert_eq!(streams::ensure_epoch(&db, "two", NOW).await.unwrap(), "one");
        let mut tx = db.begin().await.unwrap();
        streams::replace_epoch(&mut tx, "three", NOW).await.unwrap();
        tx.commit(NOW).await.unwrap();
        assert_eq!(streams::ensure_epoch(&db, "four", NOW).await.unwrap(), "three");
    }

    async fn cursors_of_another_life_are_reset_to_the_heads(db: Db) {
        let seed = seed(&db).await;
        happens(&db, &seed, 3).await;
        let stream = format!("tenant:{}", seed.tenant);
        let silent = format!("user:{}", seed.agent);
        let reset = streams::reset(&db, &seed.tenant, &[stream.clone(), silent.clone()]).await.unwrap();
        let told: Vec<_> = reset.iter().map(|since| (since.stream_id.as_str(), since.head, since.reset, since.events.len())).collect();
        assert_eq!(told, [(stream.as_str(), 3, true, 0), (silent.as_str(), 0, true, 0)]);
    }

    async fn an_answer_is_bounded_in_bytes_and_goes_on_where_it_ended(db: Db) {
        let seed = seed(&db).await;
        let stream = format!("tenant:{}", seed.tenant);
        happens(&db, &seed, 8).await;
        hoopoe_db::testing::sql(&db, &format!("UPDATE events SET data = '{{\"x\":\"{}\"}}' WHERE stream_id = '{stream}'", "x".repeat(1_500_000))).await;
        let mut read = Vec::new();
        while read.len() < 8 {
            let part = since(&db, &seed.tenant, &stream, i64::try_from(read.len()).unwrap(), 500).await;
            assert!((1..=2).contains(&part.events.len()), "{}", part.events.len());
            read.extend(numbers(&part));
            assert_eq!(part.more, read.len() < 8);
        }
        assert_eq!(read, (1..=8).collect::<Vec<_>>());
    }

    async fn kept_events_are_counted_over_streams_without_reading_them(db: Db) {
        let seed = seed(&db).await;
        assert_eq!(streams::count(&db).await.unwrap(), 0);
        happens(&db, &seed, 5).await;
        let mut tx = db.begin().await.unwrap();
        tx.record(draft(&seed, Audience::User(seed.agent.clone())));
        tx.commit(NOW).await.unwrap();
        hoopoe_db::testing::sql(&db, "DELETE FROM events WHERE seq <= 2").await;
        assert_eq!(streams::count(&db).await.unwrap(), 3);
    }
}
