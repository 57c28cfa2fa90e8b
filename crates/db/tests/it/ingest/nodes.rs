//! Several nodes on one database, and what the log says of all that was written.

use std::collections::BTreeMap;

use hoopoe_db::{
    Db, contract,
    event::Committed,
    ingest::{Incoming, ingest},
    streams::{self, MAX_EVENTS},
    testing::{NOW, postgres},
};
use tokio::task::JoinSet;

use super::shop::{Shop, bsuid, edit, named, phone, reaction, who};

/// All events of the shop's account and tenant streams, as the log has them.
async fn log(shop: &Shop) -> BTreeMap<String, Vec<(i64, String)>> {
    let mut cursors = BTreeMap::from([
        (format!("account:{}", shop.account()), 0),
        (format!("tenant:{}", shop.tenant()), 0),
    ]);
    let mut all: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    loop {
        let found = streams::since(&shop.db, shop.tenant(), &cursors, MAX_EVENTS)
            .await
            .unwrap();
        let more = found.iter().any(|since| since.more);
        for since in found {
            assert!(!since.reset);
            if let Some(last) = since.events.last() {
                cursors.insert(since.stream_id.clone(), last.seq);
            }
            let events = since
                .events
                .into_iter()
                .map(|event| (event.seq, format!("{} {}", event.kind, event.data.get())));
            all.entry(since.stream_id).or_default().extend(events);
        }
        if !more {
            return all;
        }
    }
}

fn by_stream(events: Vec<Committed>) -> BTreeMap<String, Vec<(i64, String)>> {
    let mut all: BTreeMap<String, Vec<(i64, String)>> = BTreeMap::new();
    for Committed {
        stream_id,
        envelope,
    } in events
    {
        let event = (
            envelope.seq,
            format!("{} {}", envelope.kind, envelope.data.get()),
        );
        all.entry(stream_id.to_string()).or_default().push(event);
    }
    for events in all.values_mut() {
        events.sort();
    }
    all
}

fn assert_gapless(log: &BTreeMap<String, Vec<(i64, String)>>) {
    for (stream, events) in log {
        let numbers: Vec<i64> = events.iter().map(|(seq, _)| *seq).collect();
        let expected: Vec<i64> = (1..=i64::try_from(events.len()).unwrap()).collect();
        assert_eq!(numbers, expected, "{stream}");
    }
}

/// What was announced is what the log has, numbered without gaps.
pub async fn check_log(shop: &Shop, events: Vec<Committed>) {
    let log = log(shop).await;
    assert_gapless(&log);
    assert_eq!(by_stream(events), log);
}

/// A busy hour: many people, some of whom turn out to be the same, with statuses, edits and reactions between.
fn busy(shop: &Shop) -> Vec<Vec<Incoming>> {
    let number = |i: usize| format!("407220{i:05}");
    (0..40)
        .map(|round| {
            let mut batch = Vec::new();
            for i in 0..8 {
                let n = (round * 3 + i) % 24;
                let id = format!("m{round}-{i}");
                let person = match (round + i) % 3 {
                    0 => named(&[phone(&number(n))], &format!("Customer {n}")),
                    1 => who(&[bsuid(&format!("RO.{n}"))]),
                    _ => who(&[phone(&number(n)), bsuid(&format!("RO.{n}"))]),
                };
                batch.push(shop.text(&person, &id));
                batch.push(shop.change(
                    &format!("m{round}-{}", (i + 3) % 8),
                    reaction("👍", "a"),
                    5,
                ));
            }
            batch.push(shop.change(&format!("m{round}-2"), edit("better"), 9));
            batch
        })
        .collect()
}

/// Every node writes every batch, one after the other as a node does, and all nodes at once. What was stored, and what is announced.
async fn write_all(nodes: &[&Db], batches: &[Vec<Incoming>]) -> (usize, Vec<Committed>) {
    let mut working = JoinSet::new();
    for node in nodes {
        let (node, batches) = ((*node).clone(), batches.to_vec());
        working.spawn(async move {
            let (mut stored, mut events) = (0, Vec::new());
            for batch in batches {
                let done = ingest(&node, &batch, NOW).await.unwrap();
                stored += done.stored;
                events.extend(done.events);
            }
            (stored, events)
        });
    }
    let mut all = (0, Vec::new());
    while let Some(done) = working.join_next().await {
        let (stored, events) = done.unwrap();
        all.0 += stored;
        all.1.extend(events);
    }
    all
}

contract! {
    async fn announced_events_are_numbered_without_gaps_and_equal_the_log(db: Db) {
        let shop = Shop::open(&db).await;
        let (_, events) = write_all(&[&db, &db, &db], &busy(&shop)).await;
        let log = log(&shop).await;
        assert_gapless(&log);
        assert_eq!(by_stream(events), log);
        assert!(log.values().map(Vec::len).sum::<usize>() > 320);
    }

    async fn a_batch_that_fails_leaves_neither_rows_nor_numbers(db: Db) {
        let shop = Shop::open(&db).await;
        shop.takes(&[shop.text(&who(&[phone("40722000111")]), "1")]).await;
        let before = log(&shop).await;
        let mut broken = shop.plain(&who(&[phone("40722000222")]), "2");
        "not JSON".clone_into(&mut broken.content);
        assert!(ingest(&db, &[shop.text(&who(&[phone("40722000333")]), "3"), shop.message(broken)], NOW).await.is_err());
        assert_eq!(log(&shop).await, before);
        assert_eq!((shop.count("messages").await, shop.count("contacts").await), (1, 1));
    }
}

#[tokio::test]
async fn two_nodes_that_write_the_same_deliveries_at_once_store_each_once() {
    let Some(test) = postgres().await else { return };
    let shop = Shop::open(&test.db).await;
    let other = Db::open(&test.url, 8).await.unwrap();
    let (stored, events) = write_all(&[&test.db, &other], &busy(&shop)).await;
    assert_eq!(stored, 320);
    assert_eq!(shop.count("messages").await, 320);
    let log = log(&shop).await;
    assert_gapless(&log);
    assert_eq!(by_stream(events), log);
    super::invariants::check(&shop).await;
    let seen = shop.seen_from(&other);
    assert_eq!(seen.count("messages").await, 320);
    other.close().await;
    test.db.close().await;
}
