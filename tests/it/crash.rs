//! Killed in the middle of a flood: what was answered 200 is there; after a restart and redelivery all of it is there, once, each message
//! under the one who wrote it. The real program, killed as the kernel kills.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
};

use hoopoe_db::{
    Db,
    testing::{TestDb, number, postgres, sqlite, texts},
};
use tokio::task::JoinSet;

use crate::support::program::{Delivered, Program};

const CUSTOMERS: usize = 1_000;
const MESSAGES: usize = 4_000;
const CONNECTIONS: usize = 8;

fn phone(message: usize) -> String {
    format!("40722{:06}", message % CUSTOMERS)
}

fn id(message: usize) -> String {
    format!("wamid.{message}")
}

/// Delivers all messages over several connections, one each, until the server is gone; `kill_after` of them are answered, then it is killed.
/// Returns those that were answered 200.
async fn flood(program: &mut Program, kill_after: usize) -> BTreeSet<usize> {
    let answered = Arc::new(AtomicUsize::new(0));
    let mut senders = JoinSet::new();
    let (kill, mut killing) = tokio::sync::mpsc::channel::<()>(CONNECTIONS);
    for sender in 0..CONNECTIONS {
        let (webhook, answered, kill) = (program.webhook(), Arc::clone(&answered), kill.clone());
        senders.spawn(async move {
            let mut taken = BTreeSet::new();
            for message in (sender..MESSAGES).step_by(CONNECTIONS) {
                match webhook
                    .deliver(&phone(message), &id(message), message)
                    .await
                {
                    Delivered::Taken => taken.insert(message),
                    Delivered::Refused(status) => panic!("{message} was answered {status}"),
                    Delivered::Gone => break,
                };
                if answered.fetch_add(1, Ordering::SeqCst) + 1 == kill_after {
                    kill.send(()).await.unwrap();
                }
            }
            taken
        });
    }
    killing.recv().await.unwrap();
    program.kill().await;
    let mut taken = BTreeSet::new();
    while let Some(part) = senders.join_next().await {
        taken.extend(part.unwrap());
    }
    taken
}

async fn stored(db: &Db) -> BTreeSet<String> {
    let ids = texts(db, "SELECT provider_id FROM messages").await;
    let count = ids.len();
    let set: BTreeSet<String> = ids.into_iter().collect();
    assert_eq!(set.len(), count, "each once");
    set
}

/// What must hold at any time, also after a crash.
async fn check(db: &Db) {
    for (what, statement) in [
        (
            "conversations that miscount",
            "SELECT count(*) FROM conversations v WHERE v.message_count <>
               (SELECT count(*) FROM messages m WHERE m.conversation_id = v.id)",
        ),
        (
            "contacts that miscount",
            "SELECT count(*) FROM contacts c WHERE c.messages_in <>
               (SELECT count(*) FROM messages m JOIN conversations v ON v.id = m.conversation_id WHERE v.contact_id = c.id)",
        ),
        (
            "streams with a gap",
            "SELECT count(*) FROM streams s WHERE s.head <>
               (SELECT count(*) FROM events e WHERE e.stream_id = s.id AND e.seq BETWEEN 1 AND s.head)",
        ),
        (
            "messages without their event",
            "SELECT (SELECT count(*) FROM messages) - (SELECT count(*) FROM events WHERE type = 'message:new')",
        ),
    ] {
        assert_eq!(number(db, statement).await, 0, "{what}");
    }
}

/// Every message with the number of the contact under whom it lies.
async fn owners(db: &Db) -> BTreeMap<String, String> {
    let pairs = texts(
        db,
        "SELECT m.provider_id || ' ' || i.value FROM messages m JOIN conversations v ON v.id = m.conversation_id
         JOIN identities i ON i.contact_id = v.contact_id WHERE i.kind = 'phone'",
    );
    let pairs = pairs.await.into_iter();
    pairs
        .map(|pair| {
            pair.split_once(' ')
                .map(|(id, phone)| (id.to_owned(), phone.to_owned()))
                .unwrap()
        })
        .collect()
}

async fn survives(database: TestDb) {
    let db = &database.db;
    // Somewhere in the middle; which number it is does not matter, and every run takes another.
    let kill_after =
        MESSAGES / 8 + usize::from(std::process::id().to_le_bytes()[0]) * MESSAGES / 512;
    let mut program = Program::start(&database.url).await;
    let answered = flood(&mut program, kill_after).await;
    assert!(
        answered.len() >= kill_after && answered.len() < MESSAGES,
        "{} were answered",
        answered.len()
    );

    program.start_again().await;
    let kept = stored(db).await;
    let lost: Vec<_> = answered
        .iter()
        .filter(|message| !kept.contains(&id(**message)))
        .collect();
    assert!(
        lost.is_empty(),
        "answered 200 and lost (killed after {kill_after}): {lost:?}"
    );
    check(db).await;

    let webhook = Arc::new(program.webhook());
    let mut senders = JoinSet::new();
    for sender in 0..CONNECTIONS {
        let webhook = Arc::clone(&webhook);
        senders.spawn(async move {
            for message in (sender..MESSAGES).step_by(CONNECTIONS) {
                let delivered = webhook
                    .deliver(&phone(message), &id(message), message)
                    .await;
                assert_eq!(delivered, Delivered::Taken, "{message}");
            }
        });
    }
    while let Some(done) = senders.join_next().await {
        done.unwrap();
    }
    assert_eq!(stored(db).await, (0..MESSAGES).map(id).collect());
    let owners = owners(db).await;
    for message in 0..MESSAGES {
        assert_eq!(owners[&id(message)], phone(message), "{}", id(message));
    }
    let people = number(db, "SELECT count(*) FROM contacts").await;
    assert_eq!(usize::try_from(people).unwrap(), CUSTOMERS);
    check(db).await;
    program.kill().await;
    database.db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_a_kill_is_there_and_redelivery_completes_it_on_sqlite() {
    survives(sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_answered_before_a_kill_is_there_and_redelivery_completes_it_on_postgres() {
    if let Some(database) = postgres().await {
        survives(database).await;
    }
}
