//! Two nodes on one PostgreSQL, each the real program in a process of its own: what happens on one is told on the other.

use hoopoe_db::testing::{postgres, texts};
use hoopoe_simulator::{NewCustomer, Outgoing};
use serde_json::{Value, json};

use crate::{
    outbox::process::Process,
    support::{
        program::{Delivered, Program},
        sockets::SocketClient,
    },
};

async fn token(node: &Program) -> String {
    let session = node.log_in().await;
    session["access_token"].as_str().unwrap().to_owned()
}

/// Adds a colleague by the API; gives their access token and id.
async fn colleague(node: &Program) -> (String, Value) {
    let admin = token(node).await;
    let ben = json!({ "email": "ben@shop.example", "name": "Ben", "role": "manager", "password": "correct horse battery" });
    let user = node.post("users", &admin, ben).await;
    let login = json!({ "email": "ben@shop.example", "password": "correct horse battery" });
    let session = node.post("auth/login", "", login).await;
    let token = session["access_token"].as_str().unwrap().to_owned();
    (token, user["id"].clone())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happens_on_one_node_is_told_on_the_other() {
    let Some(database) = postgres().await else {
        return;
    };
    let Some(client) = SocketClient::start() else {
        return;
    };
    let one = Program::start(&database.url).await;
    let other = one.join().await;
    let ana = json!({ "token": token(&one).await });
    let (bens, ben) = colleague(&one).await;
    let mut here = client.open_at(&one.url(), ana);
    let me = here.next("hello").await["user_id"].clone();
    let account = format!("account:{}", one.account());
    let follows = json!({ "token": bens, "cursors": { &account: 0 }, "follow": true });
    let mut follower = client.open_at(&other.url(), follows);
    let mut online: Vec<Value> =
        serde_json::from_value(follower.next("hello").await["online"].clone()).unwrap();
    let mut both = vec![me.clone(), ben.clone()];
    online.sort_by_key(Value::to_string);
    both.sort_by_key(Value::to_string);
    assert_eq!(online, both, "also who came to the other node a moment ago");
    here.next_where("user:online", |data| data["user_id"] == ben)
        .await;

    for n in 0..20 {
        let webhook = one.webhook();
        assert_eq!(
            webhook
                .deliver("40722000111", &format!("wamid.{n}"), n)
                .await,
            Delivered::Taken
        );
    }
    follower.reach(&account, 21).await;
    let applied = follower.state().await["applied"][&account].take();
    let numbers: Vec<i64> = applied
        .as_array()
        .unwrap()
        .iter()
        .map(|event| event[0].as_i64().unwrap())
        .collect();
    assert_eq!(numbers, (1..=21).collect::<Vec<_>>());

    let (_, first) = here.live("message:new").await;
    let id = first["data"]["conversation"]["id"].clone();
    let mut there = client.open_at(&other.url(), json!({ "token": bens }));
    there.next("hello").await;
    here.emit("view", json!({ "conversation_id": id }));
    there
        .next_where("viewers:changed", |data| data["user_ids"] == json!([me]))
        .await;
    there.emit("view", json!({ "conversation_id": id }));
    let all = |data: &Value| {
        data["user_ids"]
            .as_array()
            .is_some_and(|ids| ids.contains(&me) && ids.contains(&ben))
    };
    here.next_where("viewers:changed", all).await;
    there.next_where("viewers:changed", all).await;
    here.emit("typing", json!({ "conversation_id": id, "on": true }));
    assert_eq!(there.next("typing:start").await["user_id"], me);
    here.go_offline();
    // In no order: who looks on is read from the database, who has gone comes with the call.
    let only_ben = |data: &Value| data["user_ids"] == json!([ben]);
    let before = there.all_until("viewers:changed", only_ben).await;
    let is_me = |data: &Value| data["user_id"] == me;
    if !before
        .iter()
        .any(|(name, data)| name == "user:offline" && is_me(data))
    {
        there.next_where("user:offline", is_me).await;
    }
    database.db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_node_whose_media_are_elsewhere_is_refused_and_so_is_a_new_life_of_the_log_meanwhile() {
    let Some(database) = postgres().await else {
        return;
    };
    let mut one = Program::start(&database.url).await;
    let text = |output: &std::process::Output| String::from_utf8_lossy(&output.stderr).into_owned();
    let alone = one.say_elsewhere(&["serve"]).await;
    assert!(
        !alone.status.success() && text(&alone).contains("Nodes have to share their media"),
        "{}",
        text(&alone)
    );
    let early = one.say_elsewhere(&["migrate", "--new-epoch"]).await;
    assert!(
        !early.status.success() && text(&early).contains("a server runs on this database"),
        "{}",
        text(&early)
    );
    one.stop().await;
    let done = one.say_elsewhere(&["migrate", "--new-epoch"]).await;
    assert!(done.status.success(), "{}", text(&done));
    database.db.close().await;
}

/// Most messages that Meta got within a second.
fn most_in_a_second(process: &Process) -> usize {
    let mut at: Vec<i64> = process
        .sim
        .sent_messages()
        .iter()
        .map(|sent| sent.at)
        .collect();
    at.sort_unstable();
    let within = |from: &i64| {
        at.iter()
            .filter(|at| (*from..from + 1_000).contains(at))
            .count()
    };
    at.iter().map(within).max().unwrap_or_default()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_sends_no_faster_with_two_nodes_and_goes_on_when_the_one_that_sends_dies() {
    const RATE: usize = 20;
    let Some(database) = postgres().await else {
        return;
    };
    let mut one = Process::start_with(&database.url, &[]).await;
    one.set_rate(RATE).await;
    let mut other = one.join().await;
    for customer in 0..60 {
        let phone = format!("407221{customer:05}");
        one.sim.add_customer(NewCustomer::named(&phone, &phone));
        one.sim
            .customer_sends("1001", &phone, Outgoing::text("Hello"))
            .unwrap();
    }
    one.sim.settled().await;
    let threads: Vec<String> = one.threads().await.into_values().collect();
    let nodes = [one.client(), other.client()];
    for (nth, thread) in threads.iter().enumerate() {
        assert!(nodes[nth % 2].send(thread, &format!("m{nth}")).await);
    }
    one.until_sent(threads.len()).await;
    let most = most_in_a_second(&one);
    // What left within a second may come a little closer together.
    assert!(most <= RATE + RATE / 4, "{most} within a second");

    let holder = texts(&database.db, "SELECT node_id FROM outbox_lanes").await;
    let nodes = texts(&database.db, "SELECT id FROM nodes ORDER BY started_at").await;
    let (survivor, dead) = if holder == nodes[..1] {
        (other.client(), &mut one)
    } else {
        (one.client(), &mut other)
    };
    dead.kill().await;
    assert!(survivor.send(&threads[0], "after").await);
    one.until_sent(threads.len() + 1).await;
    let summary = one.sim.sent_summary();
    assert_eq!((summary.total, summary.repeated.len()), (61, 0));
    database.db.close().await;
}
