//! The real program, killed in the middle: nothing is lost, and the order holds. Two of them on one database: one delivers, and the other when it dies.

use std::collections::{HashMap, HashSet};

use hoopoe_db::testing::{TestDb, postgres, sqlite, texts};
use hoopoe_simulator::{NewCustomer, Outgoing};
use serde_json::json;

use super::receiver::{Heard, Receiver};
use crate::outbox::process::Process;

const SETTINGS: [(&str, &str); 1] = [("HOOPOE_WEBHOOKS__ALLOW_PRIVATE", "true")];

/// What a receiver makes of what it hears: each event once, in order.
#[derive(Default)]
struct Inbox {
    seen: HashSet<String>,
    last: HashMap<String, i64>,
    texts: Vec<String>,
    doubled: usize,
}

impl Inbox {
    fn take(&mut self, heard: &Heard) {
        if !self.seen.insert(heard.header("webhook-id").to_owned()) {
            self.doubled += 1;
            return;
        }
        let stream = heard.json["stream"].as_str().unwrap().to_owned();
        let seq = heard.json["seq"].as_i64().unwrap();
        if let Some(before) = self.last.insert(stream.clone(), seq) {
            assert_eq!(seq, before + 1, "{stream}: in order, and none is missing");
        }
        if heard.json["type"] == "message:new" {
            self.texts.push(heard.text().to_owned());
        }
    }
}

async fn begin(database: &TestDb, receiver: &Receiver) -> Process {
    let process = Process::start_with(&database.url, &SETTINGS).await;
    let webhook = json!({ "name": "Hook", "url": receiver.url, "event_types": ["*"] });
    process.post("webhooks", webhook).await;
    process
        .sim
        .add_customer(NewCustomer::named("Ana", "40722000111"));
    process
}

fn say(process: &Process, from: usize, to: usize) {
    for n in from..to {
        let text = Outgoing::text(&n.to_string());
        process
            .sim
            .customer_sends("1001", "40722000111", text)
            .unwrap();
    }
}

async fn hear(receiver: &mut Receiver, inbox: &mut Inbox, count: usize) {
    while inbox.texts.len() < count {
        inbox.take(&receiver.next().await);
    }
}

async fn killed_in_the_middle(database: &TestDb) {
    let (mut receiver, mut inbox) = (Receiver::start().await, Inbox::default());
    let mut process = begin(database, &receiver).await;
    for round in 0..3 {
        say(&process, round * 60, round * 60 + 60);
        hear(&mut receiver, &mut inbox, round * 60 + 20).await;
        process.kill().await;
        process.start_again().await;
    }
    hear(&mut receiver, &mut inbox, 180).await;
    assert_eq!(
        inbox.texts,
        (0..180).map(|n| n.to_string()).collect::<Vec<_>>()
    );
    assert!(inbox.doubled <= 3 * 4 * 20, "{} came twice", inbox.doubled);
    database.db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_killed_server_loses_nothing_and_keeps_the_order_on_sqlite() {
    killed_in_the_middle(&sqlite().await).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn of_two_nodes_one_delivers_and_the_other_goes_on_when_it_dies() {
    let Some(database) = postgres().await else {
        return;
    };
    let (mut receiver, mut inbox) = (Receiver::start().await, Inbox::default());
    let mut one = begin(&database, &receiver).await;
    let mut other = one.join().await;
    say(&one, 0, 50);
    hear(&mut receiver, &mut inbox, 50).await;
    one.sim.settled().await;
    assert_eq!(inbox.doubled, 0, "one of them delivers");
    let holder = texts(&database.db, "SELECT claimed_by FROM webhooks").await;
    let nodes = texts(&database.db, "SELECT id FROM nodes ORDER BY started_at").await;
    let (survivor, dead) = if holder == nodes[..1] {
        (&other, &mut one)
    } else {
        (&one, &mut other)
    };
    dead.kill().await;
    let contact = json!({ "name": "Ben", "phone": "+49 30 901821" });
    let contact = survivor.post("contacts", contact).await;
    loop {
        let heard = receiver.next().await;
        inbox.take(&heard);
        if heard.json["data"]["contact"]["id"] == contact["id"] {
            break;
        }
    }
    database.db.close().await;
}
