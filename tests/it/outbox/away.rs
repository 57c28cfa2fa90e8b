//! The database goes away, or is full, and comes back: what can't be stored is refused, and what was accepted goes out once, by itself.

use hoopoe_db::{Db, Engine, testing};
use hoopoe_simulator::SendFault;
use serde_json::{Value, json};

use super::world::World;
use crate::support::{Answer, line::Line, sockets::PATIENCE};

fn phones() -> Vec<String> {
    let phones = (0..20).map(|nth| format!("407210003{nth:02}"));
    phones.collect()
}

/// Asks for a message to be sent, whatever the answer.
async fn ask(world: &World, thread: &str, client_id: &str, text: &str) -> Answer {
    let path = format!("/conversations/{thread}/messages");
    let body = json!({ "client_id": client_id, "text": { "body": text } });
    world.shop.agent.post(&path, body).await
}

/// Asks again for as long as the server says that it can't, as clients do.
async fn insist(world: &World, thread: &str, client_id: &str, text: &str) -> Value {
    let asking = async {
        loop {
            let answer = ask(world, thread, client_id, text).await;
            if answer.status != 503 {
                return answer.expect(201).json;
            }
        }
    };
    let accepted = tokio::time::timeout(PATIENCE, asking).await;
    accepted.expect("it is accepted in the end")
}

async fn rows(db: &Db) -> (i64, i64) {
    let messages = "SELECT count(*) FROM messages WHERE client_id IS NOT NULL";
    let queued = "SELECT count(*) FROM outbox";
    (
        testing::number(db, messages).await,
        testing::number(db, queued).await,
    )
}

/// Waits until Meta was asked to send something.
async fn until_asked(world: &World) {
    let asked = async {
        while world.sim.sent_messages().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let asked = tokio::time::timeout(PATIENCE, asked).await;
    asked.expect("something is sent");
}

/// A queue of messages, of which the first is under way and its answer comes late.
async fn with_a_queue(world: &World) -> (Vec<String>, Vec<Value>) {
    world.set_rate(1000).await;
    let threads = world.customers(&phones()).await;
    world.sim.next_send(SendFault::Delay { ms: 300 });
    let mut ids = Vec::new();
    for text in ["one", "two", "three"] {
        ids.push(world.send_text(&threads[0], text).await["id"].clone());
    }
    until_asked(world).await;
    (threads, ids)
}

async fn all_arrive_once(world: &World, ids: &[Value]) {
    for id in ids {
        world.until_status(id, "delivered").await;
    }
    assert_eq!(world.on_phone(&phones()[0]), ["one", "two", "three"]);
}

async fn stop(world: World) {
    world.server.stop().await;
    world.sim.stop().await;
}

#[tokio::test]
async fn while_the_line_to_postgres_is_cut_nothing_is_accepted_and_afterwards_all_goes_out_once() {
    let Some(database) = testing::postgres().await else {
        return;
    };
    let beside = Db::open(&database.url, 2).await.unwrap();
    let line = Line::lay(&database.url).await;
    let world = World::start(database, |config| config.database.url = line.url.clone()).await;
    world.set_rate(1000).await;
    let threads = world.customers(&phones()).await;
    let (cut, mut requests) = (line.clone(), 0);
    // In the middle of it: some have been answered, some are under way, some were not claimed yet.
    world.sim.plan_sends(move |_| {
        requests += 1;
        if requests == 15 {
            cut.set_up(false);
        }
        None
    });
    let mut accepted = Vec::new();
    'sending: for text in ["one", "two", "three"] {
        for (nth, thread) in threads.iter().enumerate() {
            let answer = ask(&world, thread, &format!("{text}-{nth}"), text).await;
            if answer.status == 503 {
                break 'sending;
            }
            accepted.push(answer.expect(201).json["id"].clone());
        }
    }
    assert!(accepted.len() < 60, "the line was cut meanwhile");
    let stored = rows(&beside).await;
    let refused = ask(&world, &threads[0], "refused", "refused").await;
    refused.refused(503, "unavailable");
    assert_eq!(rows(&beside).await, stored, "nothing was half done");
    line.set_up(true);
    for text in ["one", "two", "three"] {
        for (nth, thread) in threads.iter().enumerate() {
            again(&world, thread, &format!("{text}-{nth}"), text).await;
        }
    }
    let left =
        "SELECT count(*) FROM messages WHERE client_id IS NOT NULL AND status <> 'delivered'";
    let drained = async {
        while testing::number(&beside, left).await > 0 {
            tokio::task::yield_now().await;
        }
    };
    let drained = tokio::time::timeout(PATIENCE, drained).await;
    drained.expect("all are delivered, without a restart");
    assert_eq!(rows(&beside).await, (60, 60));
    for phone in phones() {
        assert_eq!(world.on_phone(&phone), ["one", "two", "three"]);
    }
    beside.close().await;
    stop(world).await;
}

/// As clients do that do not know what became of a request: again with the same id until it is answered.
async fn again(world: &World, thread: &str, client_id: &str, text: &str) {
    let asking = async { while ask(world, thread, client_id, text).await.status == 503 {} };
    let answered = tokio::time::timeout(PATIENCE, asking).await;
    answered.expect("it is answered in the end");
}

#[tokio::test]
async fn while_another_program_holds_sqlite_nothing_is_accepted_and_afterwards_all_goes_out_once() {
    let database = testing::sqlite().await;
    let other = Db::open(&database.url, 2).await.unwrap();
    let world = World::start(database, |_| {}).await;
    let (threads, mut ids) = with_a_queue(&world).await;
    let held = other.begin().await.unwrap();
    let stored = rows(&other).await;
    let refused = ask(&world, &threads[1], "refused", "refused").await;
    refused.refused(503, "unavailable");
    assert_eq!(rows(&other).await, stored, "nothing was half done");
    drop(held);
    all_arrive_once(&world, &ids).await;
    ids.push(insist(&world, &threads[1], "refused", "again").await["id"].clone());
    all_arrive_once(&world, &ids).await;
    other.close().await;
    stop(world).await;
}

/// Fills the disk, or makes room.
async fn fill_disk(db: &Db, is_full: bool) {
    let statements: &[&str] = match (db.engine(), is_full) {
        // No page more than there are: what SQLite says then, it says of a full disk.
        (Engine::Sqlite, true) => &["PRAGMA max_page_count = 1"],
        (Engine::Sqlite, false) => &["PRAGMA max_page_count = 4294967294"],
        // A trigger that says what PostgreSQL says of a full disk.
        (Engine::Postgres, true) => &[
            "CREATE FUNCTION disk_is_full() RETURNS trigger LANGUAGE plpgsql AS
             'BEGIN RAISE EXCEPTION ''could not extend file'' USING ERRCODE = ''disk_full''; END'",
            "CREATE TRIGGER disk_is_full BEFORE INSERT OR UPDATE ON outbox EXECUTE FUNCTION disk_is_full()",
        ],
        (Engine::Postgres, false) => &[
            "DROP TRIGGER disk_is_full ON outbox",
            "DROP FUNCTION disk_is_full",
        ],
    };
    for statement in statements {
        testing::sql(db, statement).await;
    }
}

#[tokio::test]
async fn while_the_disk_is_full_nothing_is_accepted_and_afterwards_all_goes_out_once() {
    for database in testing::engines().await {
        eprintln!("on {}", database.name());
        let world = World::start(database, |_| {}).await;
        let db = world.server.app.db.clone();
        let (threads, mut ids) = with_a_queue(&world).await;
        fill_disk(&db, true).await;
        // Long enough for pages of its own.
        let long = "long ".repeat(800);
        let (mut stored, mut nth) = (rows(&db).await, 0);
        let refused = loop {
            nth += 1;
            let answer = ask(&world, &threads[1], &format!("long-{nth}"), &long).await;
            if answer.status != 201 {
                break answer;
            }
            ids.push(answer.json["id"].clone());
            stored = rows(&db).await;
        };
        refused.refused(503, "unavailable");
        assert_eq!(rows(&db).await, stored, "nothing was half done");
        fill_disk(&db, false).await;
        all_arrive_once(&world, &ids).await;
        ids.push(insist(&world, &threads[1], &format!("long-{nth}"), &long).await["id"].clone());
        all_arrive_once(&world, &ids).await;
        assert_eq!(world.on_phone(&phones()[1]).len(), ids.len() - 3);
        stop(world).await;
    }
}
