//! Connections that show no token: bounded by address, closed after a while, and in nobody else's way.

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::json;
use tokio::{net::TcpStream, time::timeout};
use tokio_tungstenite::{
    WebSocketStream, client_async,
    tungstenite::{Error, Message, client::IntoClientRequest as _},
};

use crate::support::{Server, sockets::PATIENCE};

type Engine = WebSocketStream<TcpStream>;

/// As the server has it.
const MAX_OF_ADDRESS: usize = 256;

/// Opens a connection of the engine from an address, with nothing shown yet; or the status by which it was refused.
async fn open(server: &Server, address: &str) -> Result<Engine, u16> {
    let host = server.url.strip_prefix("http://").unwrap();
    let stream = TcpStream::connect(host).await.unwrap();
    let mut request = format!("ws://{host}/socket.io/?EIO=4&transport=websocket")
        .into_client_request()
        .unwrap();
    request
        .headers_mut()
        .insert("x-forwarded-for", address.parse().unwrap());
    match client_async(request, stream).await {
        Ok((engine, _)) => Ok(engine),
        Err(Error::Http(answer)) => Err(answer.status().as_u16()),
        Err(error) => panic!("{error}"),
    }
}

/// Whether a packet comes that begins so, before the connection ends.
async fn comes(engine: &mut Engine, beginning: &str) -> bool {
    let found = async {
        loop {
            match engine.next().await {
                Some(Ok(Message::Text(text))) if text.starts_with(beginning) => return true,
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return false,
            }
        }
    };
    timeout(PATIENCE, found).await.expect("a packet or the end")
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_without_a_token_are_bounded_by_address_and_closed_after_a_while() {
    let server = Server::start_with(hoopoe_db::testing::sqlite().await, |config| {
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()];
    })
    .await;
    let shop = server.organisation("shop").await;
    let mut idle = Vec::new();
    for _ in 0..MAX_OF_ADDRESS {
        idle.push(open(&server, "9.9.9.9").await.unwrap());
    }
    assert_eq!(open(&server, "9.9.9.9").await.err(), Some(503));
    // Who shows a token makes room for the next: the bound is not one of sockets.
    let mut people = Vec::new();
    for _ in 0..MAX_OF_ADDRESS + 10 {
        let mut engine = open(&server, "8.8.8.8").await.unwrap();
        let shown = json!({ "token": shop.agent.token });
        engine
            .send(Message::text(format!("40{shown}")))
            .await
            .unwrap();
        assert!(comes(&mut engine, "42[\"hello\"").await);
        people.push(engine);
    }
    // A wrong token is none.
    let mut stranger = open(&server, "7.7.7.7").await.unwrap();
    stranger
        .send(Message::text("40{\"token\":\"nonsense\"}"))
        .await
        .unwrap();
    assert!(comes(&mut stranger, "44").await);
    for engine in idle.iter_mut().chain([&mut stranger]) {
        assert!(!comes(engine, "42").await, "it is closed");
    }
    assert!(
        open(&server, "9.9.9.9").await.is_ok(),
        "there is room again"
    );
    drop(people);
    server.stop().await;
}
