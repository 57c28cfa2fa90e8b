//! The real program, in processes of their own: restarted, killed, and several of them.

use hoopoe_db::testing::{number, postgres, sql, sqlite, texts};
use hoopoe_simulator::linked::{FileToSend, LinkedServer, SentAs};
use serde_json::{Value, json};

use super::world::{ANA, SHOP, phones, until};
use crate::outbox::process::Process;

pub(super) async fn start(database_url: &str, mock: &LinkedServer, lease_seconds: &str) -> Process {
    let url = mock.url();
    let settings = [
        ("HOOPOE_LINKED__URL", url.as_str()),
        ("HOOPOE_LINKED__LEASE_SECONDS", lease_seconds),
    ];
    Process::start_with(database_url, &settings).await
}

async fn state(node: &Process, id: &str) -> Value {
    node.get(&format!("accounts/{id}")).await["state"].clone()
}

pub(super) async fn until_state(node: &Process, id: &str, wanted: &str) {
    until(wanted, async || {
        (state(node, id).await == wanted).then_some(())
    })
    .await;
}

/// Begins to link on one node; the code as another shows it.
pub(super) async fn code(asked: &Process, shown: &Process, id: &str) -> String {
    asked.post(&format!("accounts/{id}/link"), json!({})).await;
    let path = format!("accounts/{id}/link");
    until("a code", async || {
        let offer = shown.get(&path).await;
        offer["code"].as_str().map(str::to_owned)
    })
    .await
}

pub(super) async fn add(node: &Process) -> String {
    let new = json!({ "channel": "linked", "name": "Phone" });
    let account = node.post("accounts", new).await;
    account["id"].as_str().unwrap().to_owned()
}

/// Waits until our phone's only companion is connected for the n-th time.
pub(super) async fn until_connections(mock: &LinkedServer, count: usize) {
    until("a connection", async || {
        let companions = mock.companions(SHOP).unwrap();
        assert_eq!(companions.len(), 1, "it was linked once");
        (companions[0].active && companions[0].connections >= count).then_some(())
    })
    .await;
}

/// Waits until Ana's phone has received this, and nothing else.
async fn until_received(mock: &LinkedServer, wanted: &[&str]) {
    until("the phone", async || {
        let inbox = mock.inbox(ANA).unwrap();
        let texts: Vec<&str> = inbox.iter().map(|one| one.text.as_str()).collect();
        assert!(texts.len() <= wanted.len(), "{texts:?}");
        (texts == wanted).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_was_killed_comes_back_with_its_phones_and_without_a_code() {
    let database = sqlite().await;
    let mock = phones().await;
    // Its lease has minutes to go: the only node does not wait for it.
    let mut node = start(&database.url, &mock, "300").await;
    let id = add(&node).await;
    let code = code(&node, &node, &id).await;
    mock.scan(SHOP, &code).unwrap();
    until_state(&node, &id, "connected").await;
    until_connections(&mock, 1).await;
    node.kill().await;
    node.start_again().await;
    until_connections(&mock, 2).await;
    until_state(&node, &id, "connected").await;
    assert_eq!(
        node.get(&format!("accounts/{id}/link")).await["kind"],
        "none"
    );
    database.db.close().await;
}

/// Waits until a message that was under way when its node was killed is sent, and looks at what was tried.
async fn until_settled(node: &Process, thread: &str, client_id: &str) {
    let messages = format!("conversations/{thread}/messages");
    let message = until("the ticks", async || {
        let page = node.get(&messages).await;
        let mut held = page["items"].as_array().unwrap().iter();
        held.find(|one| one["client_id"] == client_id && one["status"] == "sent")
            .cloned()
    })
    .await;
    let path = format!("messages/{}/attempts", message["id"].as_str().unwrap());
    let attempts = node.get(&path).await;
    let items = attempts["items"].as_array().unwrap();
    let outcomes: Vec<&Value> = items.iter().map(|one| &one["outcome"]).collect();
    // Between them it may have been too early: before the connection was back.
    let ends = (outcomes.first().copied(), outcomes.last().copied());
    let wanted = (Some(&json!("unknown")), Some(&json!("accepted")));
    assert_eq!(ends, wanted, "{attempts}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_under_way_when_the_server_was_killed_goes_again_at_once_and_holds_nobody_up() {
    let database = sqlite().await;
    let mock = phones().await;
    let mut node = start(&database.url, &mock, "300").await;
    let id = add(&node).await;
    let code = code(&node, &node, &id).await;
    mock.scan(SHOP, &code).unwrap();
    until_state(&node, &id, "connected").await;
    until_connections(&mock, 1).await;
    mock.write(ANA, SHOP, "Hello").unwrap();
    let thread = until("the conversation", async || {
        node.threads().await.remove(ANA)
    })
    .await;
    mock.swallow_next_answer(SHOP).unwrap();
    assert!(node.client().send(&thread, "under-way").await);
    until_received(&mock, &["under-way"]).await;
    node.kill().await;
    node.start_again().await;
    assert!(node.client().send(&thread, "behind").await);
    until_received(&mock, &["under-way", "behind"]).await;
    // Were its end waited for rather than it sent again, there would be no second attempt.
    until_settled(&node, &thread, "under-way").await;
    database.db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_phone_moves_to_another_node_when_its_own_dies_and_any_node_links_and_resets() {
    let Some(database) = postgres().await else {
        return;
    };
    let mock = phones().await;
    let one = start(&database.url, &mock, "3").await;
    let other = one.join().await;
    let id = add(&one).await;
    let shown = code(&one, &other, &id).await;
    mock.scan(SHOP, &shown).unwrap();
    until_state(&other, &id, "connected").await;
    until_connections(&mock, 1).await;

    let owner = |health: &Value| {
        let items = health["accounts"]["items"].as_array().unwrap();
        let item = items.iter().find(|item| item["id"] == id).unwrap();
        item["lease_owner"].clone()
    };
    let (healths, mut nodes) = (
        [one.get("health").await, other.get("health").await],
        [one, other],
    );
    let holder = owner(&healths[0]);
    assert_eq!(
        holder, healths[0]["node_id"],
        "the node that was asked has it"
    );
    mock.write(ANA, SHOP, "Hello").unwrap();
    let thread = until("the conversation", async || {
        nodes[1].threads().await.remove(ANA)
    })
    .await;
    assert!(
        nodes[1]
            .client()
            .send(&thread, "through-the-other-node")
            .await
    );
    until_received(&mock, &["through-the-other-node"]).await;
    // It is killed with a message under way that WhatsApp has, and did not say so.
    mock.swallow_next_answer(SHOP).unwrap();
    assert!(nodes[1].client().send(&thread, "under-way").await);
    until_received(&mock, &["through-the-other-node", "under-way"]).await;
    nodes[0].kill().await;
    assert!(
        nodes[1]
            .client()
            .send(&thread, "while-nobody-was-connected")
            .await
    );
    until_connections(&mock, 2).await;
    let all = [
        "through-the-other-node",
        "under-way",
        "while-nobody-was-connected",
    ];
    until_received(&mock, &all).await;
    until_settled(&nodes[1], &thread, "under-way").await;
    until("the other node", async || {
        (owner(&nodes[1].get("health").await) == healths[1]["node_id"]).then_some(())
    })
    .await;
    until_state(&nodes[1], &id, "connected").await;

    nodes[0].start_again().await;
    nodes[0]
        .post(&format!("accounts/{id}/reset"), json!({}))
        .await;
    until("the end of the other node's connection", async || {
        mock.companions(SHOP)
            .unwrap()
            .iter()
            .all(|one| !one.active)
            .then_some(())
    })
    .await;
    let again = code(&nodes[0], &nodes[1], &id).await;
    mock.scan(SHOP, &again).unwrap();
    until_state(&nodes[1], &id, "connected").await;
    let claims = texts(
        &database.db,
        "SELECT claimed_by FROM accounts WHERE channel = 'linked'",
    )
    .await;
    assert_eq!(claims.len(), 1);
    assert_ne!(
        json!(claims[0]),
        healths[1]["node_id"],
        "the node that was asked has it"
    );
    database.db.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_fetched_by_the_node_that_has_the_phone_whichever_is_asked_for_it() {
    let Some(database) = postgres().await else {
        return;
    };
    let mock = phones().await;
    let one = start(&database.url, &mock, "300").await;
    let other = one.join().await;
    let id = add(&one).await;
    let shown = code(&one, &other, &id).await;
    mock.scan(SHOP, &shown).unwrap();
    until_state(&other, &id, "connected").await;
    until_connections(&mock, 1).await;
    let file = FileToSend {
        kind: SentAs::Document,
        bytes: b"%PDF-1.4 an order".to_vec(),
        mime: "application/pdf".into(),
        caption: None,
        filename: Some("order.pdf".into()),
    };
    mock.send_file(ANA, SHOP, &file).unwrap();
    let is_ready = "SELECT count(*) FROM media WHERE state = 'ready'";
    let ready = async || (number(&database.db, is_ready).await == 1).then_some(());
    until("the file", ready).await;
    // As if it could not be had: somebody asks for it once more, on the node that has no connection.
    sql(&database.db, "UPDATE media SET state = 'failed'").await;
    let media = texts(&database.db, "SELECT id FROM media").await.remove(0);
    other.post(&format!("media/{media}/retry"), json!({})).await;
    until("the file", ready).await;
    let attempts = number(&database.db, "SELECT attempts FROM media").await;
    assert_eq!(attempts, 1, "the other one left it alone");
    database.db.close().await;
}
