//! A client that does not read: its queue is bounded, it is told and cut, and nobody else notices.

use futures_util::{SinkExt as _, StreamExt as _};
use hoopoe_db::{
    conversations,
    event::{Audience, ConversationChanged, Draft, Event},
    streams,
};
use serde_json::json;
use std::time::{Duration, Instant};
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Message, client::IntoClientRequest as _},
};

use crate::{
    feature,
    support::{
        Organisation, Server,
        sockets::{PATIENCE, SocketClient},
        whatsapp::text,
    },
};

/// A connection below the client library: the engine's and the namespace's handshake by hand, with a small receive buffer.
async fn connect(server: &Server, token: &str) -> WebSocketStream<TcpStream> {
    let address = server.url.strip_prefix("http://").unwrap();
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(16 * 1024).unwrap();
    let stream = socket.connect(address.parse().unwrap()).await.unwrap();
    let request = format!("ws://{address}/socket.io/?EIO=4&transport=websocket");
    let (mut socket, _) = client_async(request.into_client_request().unwrap(), stream)
        .await
        .unwrap();
    let open = next(&mut socket).await;
    assert!(open.starts_with('0'), "{open}");
    let hello = json!({ "token": token });
    socket
        .send(Message::text(format!("40{hello}")))
        .await
        .unwrap();
    let connected = next(&mut socket).await;
    assert!(connected.starts_with("40"), "{connected}");
    // A colleague who comes at the same moment may be told before.
    while !next(&mut socket).await.starts_with("42[\"hello\"") {}
    socket
}

/// The next packet that says something; empty at the connection's end. Pings are answered, as every client does.
async fn next(socket: &mut WebSocketStream<TcpStream>) -> String {
    timeout(PATIENCE, packet(socket))
        .await
        .expect("a packet or the end")
}

async fn packet(socket: &mut WebSocketStream<TcpStream>) -> String {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) if text == "2" => {
                drop(socket.send(Message::text("3")).await);
            }
            Some(Ok(Message::Text(text))) => return text.to_string(),
            _ => return String::new(),
        }
    }
}

/// A connection on which nothing moves for some 8 seconds after it was to be told is given up, and nothing can be told any more.
const GIVEN_UP_AFTER: Duration = Duration::from_secs(8);

/// So many events on the account's stream, each in a commit of its own. Returns how many bytes they are.
async fn flood(server: &Server, shop: &Organisation, events: usize, bytes: usize) -> usize {
    shop.receive(server, &[text("40722000111", "wamid.1", "hello", 0)])
        .await;
    let id = shop.conversation_with("40722000111").await["id"]
        .as_str()
        .unwrap()
        .parse()
        .unwrap();
    let mut conversation = conversations::get(&server.app.db, &shop.id, &id)
        .await
        .unwrap();
    conversation.contact.name = "x".repeat(bytes);
    let event = ConversationChanged { conversation };
    for _ in 0..events {
        let mut tx = server.app.db.begin().await.unwrap();
        tx.record(Draft {
            tenant_id: shop.id.clone(),
            audience: Audience::Account(shop.account.clone()),
            event: Event::ConversationUpdated(event.clone()),
        });
        server.app.commit(tx).await.unwrap();
    }
    serde_json::to_string(&event).unwrap().len() * events
}

feature! {
    async fn a_client_that_stops_reading_is_bounded_and_cut_and_others_hear_everything(server: Server) {
        let shop = server.organisation("shop").await;
        let Some(client) = SocketClient::start() else { return };
        let cursors = json!({ format!("account:{}", shop.account): 0 });
        let mut other = client.follow(server, &shop.manager, cursors);
        other.next("hello").await;
        let mut stuck = connect(server, &shop.agent.token).await;
        let began = Instant::now();
        let sent = flood(server, &shop, 5_000, 3_000).await;
        let stream = format!("account:{}", shop.account);
        let head = streams::head(&server.app.db, &stream).await.unwrap();
        assert!(head >= 5_000);
        other.reach(&stream, head).await;
        assert_eq!(other.state().await["applied"][&stream].as_array().unwrap().len(), usize::try_from(head).unwrap());
        let stuck_for = began.elapsed();
        let (mut received, mut packets, mut told) = (0, 0, false);
        let end = loop {
            let packet = next(&mut stuck).await;
            if packet.is_empty() || packet.starts_with("41") {
                break packet;
            }
            received += packet.len();
            packets += 1;
            told |= packet.contains("slow:client");
        };
        assert!(received < sent * 3 / 4, "{received} of {sent} bytes were kept for it");
        assert!(
            told || stuck_for > GIVEN_UP_AFTER,
            "it is told why: {packets} packets, stuck for {stuck_for:?}, at the end {end:?} after {:?}", began.elapsed()
        );
    }

    async fn few_but_large_packets_are_bounded_too_and_the_connection_below_is_ended(server: Server) {
        let shop = server.organisation("shop").await;
        let mut stuck = connect(server, &shop.agent.token).await;
        // Far fewer packets than may wait, but far more bytes.
        let sent = flood(server, &shop, 600, 150_000).await;
        let mut ended = tokio::time::interval(Duration::from_millis(50));
        let gone = async {
            while server.app.hub.sockets() > 0 {
                ended.tick().await;
            }
        };
        timeout(PATIENCE, gone).await.expect("it is cut, although it reads nothing");
        let mut received = 0;
        let end = loop {
            let packet = timeout(PATIENCE, stuck.next()).await.expect("a packet or the end");
            match packet {
                Some(Ok(message)) => received += message.len(),
                end => break end,
            }
        };
        // What may wait, what the kernel's buffers hold, and what was folded into the packet that was too much.
        assert!(received < sent * 2 / 3, "{received} of {sent} bytes were kept for it");
        assert!(!matches!(end, Some(Ok(_))), "the connection itself ended");
    }
}
