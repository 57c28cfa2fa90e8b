//! What a client missed, it gets: after a cut, at a hole, and from far behind.

use hoopoe_db::{streams, testing::sql};
use serde_json::{Value, json};

use crate::{
    feature,
    support::{
        Organisation, Server,
        sockets::{Socket, SocketClient},
        whatsapp::text,
    },
};

/// So many messages in deliveries of a few each.
async fn flood(server: &Server, shop: &Organisation, name: &str, messages: i64) {
    let all: Vec<Value> = (0..messages)
        .map(|n| {
            text(
                &format!("40722{:06}", n % 50),
                &format!("{name}.{n}"),
                &format!("text {n}"),
                n,
            )
        })
        .collect();
    for part in all.chunks(25) {
        shop.receive(server, part).await;
    }
}

/// Waits until a client has all that the log has, and checks that it applied every number once.
async fn assert_complete(server: &Server, shop: &Organisation, socket: &Socket<'_>) -> Value {
    for stream in [
        format!("account:{}", shop.account),
        format!("tenant:{}", shop.id),
    ] {
        let head = streams::head(&server.app.db, &stream).await.unwrap();
        socket.reach(&stream, head).await;
        let state = socket.state().await;
        let applied = state["applied"][&stream].as_array().unwrap();
        let numbers: Vec<i64> = applied
            .iter()
            .map(|event| event[0].as_i64().unwrap())
            .collect();
        assert_eq!(numbers, (1..=head).collect::<Vec<_>>(), "{stream}");
    }
    socket.state().await
}

fn from_the_beginning(shop: &Organisation) -> Value {
    json!({ format!("account:{}", shop.account): 0, format!("tenant:{}", shop.id): 0 })
}

feature! {
    async fn a_socket_that_was_away_for_a_thousand_events_misses_none(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let mut agent = client.follow(server, &shop.agent, from_the_beginning(&shop));
        agent.next("hello").await;
        flood(server, &shop, "before", 25).await;
        assert_complete(server, &shop, &agent).await;
        agent.go_offline();
        agent.next("disconnect").await;
        flood(server, &shop, "away", 1_000).await;
        agent.go_online();
        let state = assert_complete(server, &shop, &agent).await;
        assert_eq!((&state["resets"], &state["dropped"]), (&json!(0), &json!(0)), "nothing twice, nothing anew");
    }

    async fn clients_that_are_cut_again_and_again_miss_nothing(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let mut agents = Vec::new();
        for _ in 0..4 {
            let mut agent = client.follow(server, &shop.agent, from_the_beginning(&shop));
            agent.next("hello").await;
            agents.push(agent);
        }
        for round in 0..40 {
            flood(server, &shop, &format!("round{round}"), 10).await;
            agents[round % 4].cut();
            if round % 5 == 0 {
                agents[(round + 1) % 4].cut();
            }
        }
        for agent in &agents {
            assert_complete(server, &shop, agent).await;
        }
    }

    async fn a_client_at_a_hole_asks_since_and_gets_the_rest_in_parts(server: Server) {
        let shop = server.organisation("shop").await;
        flood(server, &shop, "past", 600).await;
        let account = format!("account:{}", shop.account);
        let Some(client) = SocketClient::start() else { return };
        let mut agent = client.connect(server, &shop.agent);
        let head = agent.next("hello").await["streams"][&account].as_i64().unwrap();
        let (mut have, mut parts) = (10, 0);
        while have < head {
            let answer = agent.ask("since", json!({ "cursors": { &account: have } })).await;
            let part = &answer["streams"][0];
            let events = part["events"].as_array().unwrap();
            assert_eq!((&part["stream"], &part["reset"], &part["head"]), (&json!(account), &json!(false), &json!(head)));
            for event in events {
                have += 1;
                assert_eq!(event["seq"], have);
            }
            assert_eq!(part["more"], have < head);
            assert!(!events.is_empty());
            parts += 1;
        }
        assert!(parts > 1, "one part is bounded");
    }

    async fn the_handshakes_cursors_are_answered_by_one_sync(server: Server) {
        let shop = server.organisation("shop").await;
        let stranger = server.organisation("stranger").await;
        flood(server, &shop, "past", 10).await;
        let account = format!("account:{}", shop.account);
        let Some(client) = SocketClient::start() else { return };
        let cursors = json!({ &account: 15, format!("account:{}", stranger.account): 0, format!("tenant:{}", stranger.id): 0, "nonsense": 3 });
        let mut agent = client.open(server, json!({ "token": shop.agent.token, "cursors": cursors }));
        let sync = agent.next("sync").await;
        assert_eq!(sync["streams"].as_array().unwrap().len(), 1, "others' streams do not exist: {sync}");
        let numbers: Vec<_> = sync["streams"][0]["events"].as_array().unwrap().iter().map(|event| event["seq"].as_i64().unwrap()).collect();
        assert_eq!(numbers, [16, 17, 18, 19, 20]);
    }

    async fn a_cursor_that_is_older_than_the_log_or_newer_means_load_again(server: Server) {
        let shop = server.organisation("shop").await;
        flood(server, &shop, "past", 10).await;
        let account = format!("account:{}", shop.account);
        sql(&server.app.db, &format!("DELETE FROM events WHERE stream_id = '{account}' AND seq < 8")).await;
        let Some(client) = SocketClient::start() else { return };
        let mut agent = client.follow(server, &shop.agent, json!({ &account: 3 }));
        agent.next("hello").await;
        agent.reach(&account, 20).await;
        assert_eq!(agent.state().await["resets"], 1);
        let answer = agent.ask("since", json!({ "cursors": { &account: 99 } })).await;
        assert_eq!((&answer["streams"][0]["reset"], &answer["streams"][0]["head"]), (&json!(true), &json!(20)));
    }

    async fn what_is_asked_wrongly_is_answered_and_the_socket_lives_on(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let mut agent = client.connect(server, &shop.agent);
        agent.next("hello").await;
        for wrong in [json!(null), json!("x"), json!({ "cursors": [1] }), json!({ "cursors": { "a": "b" } })] {
            assert_eq!(agent.ask("since", wrong.clone()).await["error"]["code"], "bad_request", "{wrong}");
        }
        assert_eq!(agent.ask("since", json!({ "cursors": {} })).await, json!({ "streams": [] }));
    }
}
