//! Two batches written at once, as PostgreSQL allows: nothing is lost, nothing doubled, and neither blocks the other for ever.

use std::collections::{BTreeMap, BTreeSet};

use hoopoe_db::{
    Db, contacts, contract,
    event::Committed,
    ingest::{IdentityKey, Incoming, Person, ingest},
    model::{MessageStatus, NameSource},
    testing::{NOW, number, postgres},
};

use super::{
    invariants, nodes,
    shop::{Shop, named, phone, reaction, who},
};

const PEOPLE: usize = 12;
const ROUNDS: usize = 8;

fn number_of(n: usize) -> IdentityKey {
    phone(&format!("407220{n:05}"))
}

fn reversed(batch: &[Incoming]) -> Vec<Incoming> {
    batch.iter().rev().cloned().collect()
}

/// Writes two batches at once, and returns how many messages were stored and what is announced.
async fn at_once(db: &Db, one: &[Incoming], other: &[Incoming]) -> (usize, Vec<Committed>) {
    let (one, other) = tokio::join!(ingest(db, one, NOW), ingest(db, other, NOW));
    let (one, other) = (one.unwrap(), other.unwrap());
    let events = one.events.into_iter().chain(other.events).collect();
    (one.stored + other.stored, events)
}

/// Versions of conversations that `message:new` told of.
fn versions(events: &[Committed]) -> BTreeMap<String, BTreeSet<i64>> {
    let mut told: BTreeMap<String, BTreeSet<i64>> = BTreeMap::new();
    let new = events
        .iter()
        .filter(|event| event.envelope.kind == "message:new");
    for event in new {
        let data: serde_json::Value = serde_json::from_str(event.envelope.data.get()).unwrap();
        let conversation = &data["conversation"];
        let id = conversation["id"].as_str().unwrap().to_owned();
        let version = conversation["version"].as_i64().unwrap();
        told.entry(id).or_default().insert(version);
    }
    told
}

/// Every update of a conversation raised its version by one, and was told of.
async fn check_versions(shop: &Shop, events: &[Committed]) {
    for (id, told) in versions(events) {
        let statement = format!("SELECT version FROM conversations WHERE id = '{id}'");
        let held = number(&shop.db, &statement).await;
        let expected: BTreeSet<i64> = (2..=held).collect();
        assert_eq!(told, expected, "{id}");
    }
}

/// Unknown people in opposite orders, the same messages in both batches, and some of their own, round after round; then all of them get new names.
async fn busy(shop: &Shop) -> (usize, Vec<Committed>) {
    let (mut stored, mut events) = (0, Vec::new());
    for round in 0..ROUNDS {
        let person = |i: usize| who(&[number_of(round * PEOPLE + i)]);
        let both: Vec<Incoming> = (0..PEOPLE)
            .map(|i| shop.text(&person(i), &format!("both {round} {i}")))
            .collect();
        let own = |name: &str| -> Vec<Incoming> {
            let id = |i: usize| format!("{name} {round} {i}");
            (0..PEOPLE).map(|i| shop.text(&person(i), &id(i))).collect()
        };
        let one = [both.clone(), own("one")].concat();
        let other = [reversed(&own("other")), reversed(&both)].concat();
        let done = at_once(&shop.db, &one, &other).await;
        stored += done.0;
        events.extend(done.1);
    }
    for round in 0..ROUNDS {
        let person = |i: usize, name: &str| {
            let n = round * PEOPLE + i;
            named(&[number_of(n)], &format!("{name} {n}"))
        };
        let nameless = |i: usize| who(&[number_of(round * PEOPLE + i)]);
        let texts = |half: usize| -> Vec<Incoming> {
            let id = |i: usize| format!("half {half} {round} {i}");
            let of = |i: usize| {
                if i % 2 == half {
                    person(i, "Ana")
                } else {
                    nameless(i)
                }
            };
            (0..PEOPLE).map(|i| shop.text(&of(i), &id(i))).collect()
        };
        let done = at_once(&shop.db, &texts(0), &reversed(&texts(1))).await;
        stored += done.0;
        events.extend(done.1);
    }
    (stored, events)
}

async fn check_busy(shop: &Shop) {
    let (stored, events) = busy(shop).await;
    let people = i64::try_from(ROUNDS * PEOPLE).unwrap();
    assert_eq!(stored, ROUNDS * PEOPLE * 5);
    assert_eq!(shop.count("messages").await, people * 5);
    assert_eq!(shop.count("contacts").await, people);
    assert_eq!(shop.count("conversations").await, people);
    assert_eq!(shop.count("contacts WHERE name LIKE 'Ana %'").await, people);
    let miscounted = "conversations WHERE message_count <> 5 OR unread_count <> 5";
    assert_eq!(shop.count(miscounted).await, 0);
    invariants::check(shop).await;
    check_versions(shop, &events).await;
    nodes::check_log(shop, events).await;
}

/// What the customers of the shop wrote, one each.
async fn texts(shop: &Shop) -> Vec<Person> {
    let people: Vec<Person> = (0..PEOPLE).map(|n| who(&[number_of(1000 + n)])).collect();
    let all: Vec<Incoming> = (0..PEOPLE)
        .map(|n| shop.text(&people[n], &format!("m{n}")))
        .collect();
    shop.takes(&all).await;
    people
}

/// Statuses of messages to some people beside texts of others, the same people in both batches.
async fn check_statuses(shop: &Shop) {
    let people = texts(shop).await;
    for round in 0..ROUNDS {
        let id = |n: usize| format!("s{round} {n}");
        let sent: Vec<Incoming> = (0..PEOPLE).map(|n| shop.ours(&people[n], &id(n))).collect();
        shop.takes(&sent).await;
        let half = |name: &str, status, first: usize| -> Vec<Incoming> {
            let told = (0..PEOPLE).map(|n| shop.status(&id(n), status, 5));
            let texts = (0..PEOPLE / 2).map(|n| {
                let person = &people[(n + first) % PEOPLE];
                shop.text(person, &format!("{name} {round} {n}"))
            });
            told.chain(texts).collect()
        };
        let read = half("read", MessageStatus::Read, 0);
        let delivered = half("delivered", MessageStatus::Delivered, PEOPLE / 2);
        at_once(&shop.db, &read, &reversed(&delivered)).await;
    }
    let unread = "messages WHERE direction = 'out' AND (status <> 'read' OR delivered_at IS NULL)";
    assert_eq!(shop.count(unread).await, 0);
    assert_eq!(shop.count("parked_updates").await, 0);
    invariants::check(shop).await;
}

contract! {
    async fn the_same_new_people_and_messages_in_two_batches_at_once_are_written_once(db: Db) {
        check_busy(&Shop::open(&db).await).await;
    }

    async fn reactions_to_the_same_messages_in_two_batches_at_once_are_all_kept(db: Db) {
        let shop = Shop::open(&db).await;
        texts(&shop).await;
        for round in 0..ROUNDS {
            let half = |actor: &str| -> Vec<Incoming> {
                let reacts = |n: usize| shop.change(&format!("m{n}"), reaction("👍", &format!("{actor}{round}")), 5);
                (0..PEOPLE).map(reacts).collect()
            };
            at_once(&db, &half("a"), &reversed(&half("b"))).await;
        }
        for n in 0..PEOPLE {
            assert_eq!(shop.stored(&format!("m{n}")).await.reactions.len(), ROUNDS * 2, "m{n}");
        }
    }

    async fn statuses_and_texts_of_the_same_conversations_in_two_batches_at_once_are_all_told(db: Db) {
        check_statuses(&Shop::open(&db).await).await;
    }

    async fn a_message_and_its_status_that_are_written_at_once_find_each_other(db: Db) {
        let shop = Shop::open(&db).await;
        let people = texts(&shop).await;
        for round in 0..ROUNDS * 4 {
            let id = |n: usize| format!("s{round} {n}");
            let sent: Vec<Incoming> = (0..PEOPLE).map(|n| shop.ours(&people[n], &id(n))).collect();
            let delivered: Vec<Incoming> = (0..PEOPLE).map(|n| shop.status(&id(n), MessageStatus::Delivered, 5)).collect();
            at_once(&db, &sent, &delivered).await;
        }
        assert_eq!(shop.count("parked_updates").await, 0);
        assert_eq!(shop.count("messages WHERE direction = 'out' AND status <> 'delivered'").await, 0);
    }
}

#[tokio::test]
async fn two_writers_never_deadlock() {
    let Some(test) = postgres().await else { return };
    let shop = Shop::open(&test.db).await;
    check_busy(&shop).await;
    check_statuses(&shop).await;
    // The server counts when its connections end.
    test.db.close().await;
    let db = Db::open(&test.url, 2).await.unwrap();
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(number(&db, deadlocks).await, 0);
    db.close().await;
}

#[tokio::test]
async fn a_name_that_we_give_while_a_batch_is_written_stays() {
    let Some(test) = postgres().await else { return };
    let (db, ana) = (&test.db, number_of(1));
    let shop = Shop::open(db).await;
    shop.takes(&[shop.text(&named(std::slice::from_ref(&ana), "Ana"), "1")])
        .await;
    let id = shop.owner(&ana).await;
    let mut tx = db.begin().await.unwrap();
    let by_hand = contacts::Changes {
        name: Some("Dna Popescu".to_owned()),
        ..contacts::Changes::default()
    };
    contacts::update(&mut tx, shop.tenant(), &id, &by_hand, NOW)
        .await
        .unwrap();
    let batch = [shop.text(&named(std::slice::from_ref(&ana), "Anca"), "2")];
    let renaming = async {
        // The batch has read the contact, and waits for its row.
        let waiting = "SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while number(db, waiting).await == 0 {}
        tx.commit(NOW).await.unwrap();
    };
    let (done, ()) = tokio::join!(ingest(db, &batch, NOW), renaming);
    let contact = shop.contact(&ana).await;
    assert_eq!(contact.summary.name, "Dna Popescu");
    assert_eq!(contact.summary.name_source, NameSource::Manual);
    assert_eq!(contact.profile_name.as_deref(), Some("Anca"), "and kept");
    let told = done.unwrap().events;
    let new = told
        .iter()
        .find(|event| event.envelope.kind == "message:new")
        .unwrap();
    assert!(new.envelope.data.get().contains("Dna Popescu"));
    test.db.close().await;
}
