//! The event log by HTTP: the same numbers as the sockets carry, in pages, by cursors that hold everything.

use std::collections::BTreeMap;

use hoopoe_db::testing::sql;
use serde_json::{Value, json};

use crate::{
    feature,
    support::{
        Person,
        sockets::SocketClient,
        whatsapp::{customers_say, text},
    },
};

/// All events from a cursor on, in pages of so many; numbers by stream, and the last cursor.
async fn read(who: &Person, after: &str, limit: usize) -> (BTreeMap<String, Vec<i64>>, String) {
    let mut numbers: BTreeMap<String, Vec<i64>> = BTreeMap::new();
    let mut after = after.to_owned();
    loop {
        let page = who
            .get(&format!("/events?after={after}&limit={limit}"))
            .await
            .expect(200)
            .json;
        let events = page["events"].as_array().unwrap();
        assert!(events.len() <= limit, "{} of {limit}", events.len());
        for event in events {
            numbers
                .entry(event["stream"].as_str().unwrap().to_owned())
                .or_default()
                .push(event["seq"].as_i64().unwrap());
        }
        page["next"].as_str().unwrap().clone_into(&mut after);
        if page["more"] == json!(false) {
            return (numbers, after);
        }
        assert!(!events.is_empty(), "more is promised, and nothing comes");
    }
}

fn messages(n: i64) -> Vec<Value> {
    (0..n)
        .map(|i| {
            text(
                &format!("40722{:06}", i % 10),
                &format!("wamid.{i}"),
                "hello",
                i,
            )
        })
        .collect()
}

feature! {
    async fn the_log_is_read_from_its_beginning_in_pages_without_gap_or_double(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive(server, &messages(40)).await;
        let account = format!("account:{}", shop.account);
        for limit in [7, 500] {
            let (numbers, next) = read(&shop.agent, "", limit).await;
            assert_eq!(numbers[&account], (1..=50).collect::<Vec<_>>(), "pages of {limit}");
            for (stream, numbers) in &numbers {
                assert_eq!(*numbers, (1..=i64::try_from(numbers.len()).unwrap()).collect::<Vec<_>>(), "{stream}");
            }
            let (more, _) = read(&shop.agent, &next, limit).await;
            assert!(more.is_empty());
        }
    }

    async fn from_the_head_on_only_what_is_new_is_read_and_it_is_what_sockets_are_told(server: Server) {
        let shop = server.organisation("shop").await;
        shop.receive(server, &messages(5)).await;
        let head = shop.agent.get("/events/head").await.expect(200).json["next"].as_str().unwrap().to_owned();
        let Some(client) = SocketClient::start() else { return };
        let mut agent = client.connect(server, &shop.agent);
        agent.next("hello").await;
        shop.receive(server, &[text("40722000003", "wamid.new", "new", 99)]).await;
        let (stream, live) = agent.live("message:new").await;
        let page = shop.agent.get(&format!("/events?after={head}")).await.expect(200).json;
        let mut logged = page["events"][0].clone();
        assert_eq!(logged["stream"].take(), json!(stream));
        logged.as_object_mut().unwrap().remove("stream");
        assert_eq!(logged, live);
        assert_eq!(page["events"].as_array().unwrap().len(), 1);
    }

    async fn an_agent_reads_only_what_they_may_see(server: Server) {
        let shop = server.organisation("shop").await;
        shop.connect("200200200200").await;
        let hidden = customers_say("200200200200", &[text("40722000222", "wamid.2", "hidden from the agent", 0)]);
        shop.deliver_changes(server, vec![hidden]).await.expect(200);
        shop.receive(server, &messages(1)).await;
        let own = shop.agent.get("/events").await.expect(200).text;
        assert!(own.contains("\"hello\"") && !own.contains("hidden from the agent"));
        assert!(shop.admin.get("/events").await.expect(200).text.contains("hidden from the agent"));
        let next = shop.admin.get("/events/head").await.expect(200).json["next"].as_str().unwrap().to_owned();
        shop.receive(server, &[text("40722000009", "wamid.9", "later", 9)]).await;
        let with_admins_cursor = shop.agent.get(&format!("/events?after={next}")).await.expect(200).text;
        assert!(with_admins_cursor.contains("later") && !with_admins_cursor.contains("hidden"));
    }

    async fn a_cursor_older_than_the_log_is_told_and_goes_on_from_the_head(server: Server) {
        let shop = server.organisation("shop").await;
        let head = shop.agent.get("/events/head").await.expect(200).json["next"].as_str().unwrap().to_owned();
        shop.receive(server, &messages(10)).await;
        let account = format!("account:{}", shop.account);
        sql(&server.app.db, &format!("DELETE FROM events WHERE stream_id = '{account}' AND seq < 5")).await;
        let page = shop.agent.get(&format!("/events?after={head}")).await.expect(200).json;
        assert_eq!(page["reset"], json!([account]));
        let (rest, _) = read(&shop.agent, page["next"].as_str().unwrap(), 100).await;
        assert!(rest.is_empty(), "{rest:?}");
    }

    async fn a_cursor_that_is_none_is_refused(server: Server) {
        let shop = server.organisation("shop").await;
        for wrong in ["x", "%00", "e30%3D", "W10", "eyJhIjoiYiJ9"] {
            let answer = shop.agent.get(&format!("/events?after={wrong}")).await;
            assert!(answer.status == 400 || answer.status == 422, "{wrong}: {} {}", answer.status, answer.text);
        }
        server.anonymous("GET", "/api/v1/events", None).await.refused(401, "unauthorized");
    }
}
