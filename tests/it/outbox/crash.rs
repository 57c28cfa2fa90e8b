//! Killed in the middle of sending: every message that was accepted arrives once, or says that it may not have.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use hoopoe_db::{
    Db,
    testing::{TestDb, number, postgres, sql, sqlite, texts},
};
use hoopoe_simulator::{NewCustomer, Outgoing};
use tokio::{
    task::JoinSet,
    time::{interval, timeout},
};

use super::process::{Client, Process};

const MESSAGES: usize = 1_000;
const CUSTOMERS: usize = 50;
const CONNECTIONS: usize = 8;

fn id(message: usize) -> String {
    format!("m{message:04}")
}

/// Sends all messages over several connections, one each, until the server is gone. Those that were accepted.
async fn send_all(
    client: &Client,
    threads: &[String],
    count: &Arc<AtomicUsize>,
) -> BTreeSet<usize> {
    let mut senders = JoinSet::new();
    for sender in 0..CONNECTIONS {
        let (client, threads, count) = (client.clone(), threads.to_vec(), Arc::clone(count));
        senders.spawn(async move {
            let mut accepted = BTreeSet::new();
            for message in (sender..MESSAGES).step_by(CONNECTIONS) {
                if !client
                    .send(&threads[message % CUSTOMERS], &id(message))
                    .await
                {
                    break;
                }
                accepted.insert(message);
                count.fetch_add(1, Ordering::SeqCst);
            }
            accepted
        });
    }
    let mut accepted = BTreeSet::new();
    while let Some(part) = senders.join_next().await {
        accepted.extend(part.unwrap());
    }
    accepted
}

/// Customers who have written, and their conversations.
async fn customers(process: &Process) -> Vec<String> {
    for customer in 0..CUSTOMERS {
        let phone = format!("407221{customer:05}");
        process.sim.add_customer(NewCustomer::named(&phone, &phone));
        process
            .sim
            .customer_sends("1001", &phone, Outgoing::text("Hello"))
            .unwrap();
    }
    process.sim.settled().await;
    let threads = process.threads().await;
    assert_eq!(threads.len(), CUSTOMERS);
    threads
}

/// Waits until nothing is on its way any more.
async fn all_settled(process: &Process, db: &Db) {
    let done = async {
        let mut looks = interval(Duration::from_millis(100));
        while number(db, "SELECT count(*) FROM messages WHERE status = 'sending'").await > 0 {
            looks.tick().await;
        }
        process.sim.settled().await;
    };
    timeout(Duration::from_mins(2), done)
        .await
        .expect("all messages are settled");
}

async fn survives(database: TestDb) {
    let db = &database.db;
    let mut process = Process::start(&database.url).await;
    let threads = customers(&process).await;
    // Somewhere in the middle; which number it is does not matter, and every run takes another.
    let kill_after =
        MESSAGES / 8 + usize::from(std::process::id().to_le_bytes()[0]) * MESSAGES / 512;
    let count = Arc::new(AtomicUsize::new(0));
    let client = process.client();
    let flood = {
        let (client, threads, count) = (client.clone(), threads.clone(), Arc::clone(&count));
        tokio::spawn(async move { send_all(&client, &threads, &count).await })
    };
    while count.load(Ordering::SeqCst) < kill_after {
        tokio::task::yield_now().await;
    }
    process.kill().await;
    let accepted = flood.await.unwrap();
    assert!(accepted.len() >= kill_after && accepted.len() < MESSAGES);
    // The leases of the dead end by themselves; that need not be waited for.
    sql(
        db,
        "UPDATE outbox SET due_at = 0 WHERE state IN ('preparing', 'sending')",
    )
    .await;
    process.start_again().await;
    let kept: BTreeSet<String> = texts(
        db,
        "SELECT client_id FROM messages WHERE client_id IS NOT NULL",
    )
    .await
    .into_iter()
    .collect();
    let lost: Vec<_> = accepted
        .iter()
        .filter(|message| !kept.contains(&id(**message)))
        .collect();
    assert!(
        lost.is_empty(),
        "accepted and lost (killed after {kill_after}): {lost:?}"
    );

    let again = send_all(&client, &threads, &count).await;
    assert_eq!(again.len(), MESSAGES);
    all_settled(&process, db).await;
    check(&process, db, kill_after).await;
    process.kill().await;
    process.sim.stop().await;
    database.db.close().await;
}

/// What must hold in the end.
async fn check(process: &Process, db: &Db, kill_after: usize) {
    let pairs = texts(
        db,
        "SELECT text || ' ' || status FROM messages WHERE client_id IS NOT NULL",
    )
    .await;
    let stored: BTreeMap<&str, &str> = pairs
        .iter()
        .map(|pair| pair.split_once(' ').unwrap())
        .collect();
    assert_eq!(
        (pairs.len(), stored.len()),
        (MESSAGES, MESSAGES),
        "each once"
    );
    let mut arrived: BTreeMap<String, usize> = BTreeMap::new();
    for sent in process.sim.sent_messages() {
        let text = sent.request["text"]["body"].as_str().unwrap().to_owned();
        *arrived.entry(text).or_default() += 1;
    }
    for (text, status) in &stored {
        let times = arrived.get(*text).copied().unwrap_or_default();
        assert!(
            times <= 1,
            "{text} arrived {times} times (killed after {kill_after})"
        );
        let told = match *status {
            "unknown" | "failed" => true,
            _ => times == 1,
        };
        assert!(
            told,
            "{text} is {status} and did not arrive (killed after {kill_after})"
        );
    }
    let unknown = stored
        .values()
        .filter(|status| **status == "unknown")
        .count();
    assert!(
        unknown <= 64,
        "{unknown} are unknown: more than were under way"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_a_kill_arrives_once_or_says_that_it_may_not_have_on_sqlite() {
    survives(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_accepted_before_a_kill_arrives_once_or_says_that_it_may_not_have_on_postgres() {
    if let Some(database) = postgres().await {
        survives(database).await;
    }
}
