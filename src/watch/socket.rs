//! A Socket.IO v5 client over WebSocket (Engine.IO v4), as small as can be: one namespace, JSON packets, no polling.
//! <https://socket.io/docs/v4/socket-io-protocol/>, <https://socket.io/docs/v4/engine-io-protocol/>

use std::time::Duration;

use anyhow::{Context as _, bail, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{SinkExt as _, StreamExt as _};
use reqwest::{Client, StatusCode, Upgraded, header};
use serde::{Deserialize, Serialize};
use serde_json::{
    json,
    value::{RawValue, to_raw_value},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{Message, handshake::derive_accept_key, protocol::Role},
};

/// Path and query of the transport.
const PATH: &str = "/socket.io/?EIO=4&transport=websocket";

/// How long the handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// What the server lets us know.
#[derive(Debug)]
pub enum Packet {
    /// An event with its first argument.
    Event {
        /// Its name.
        name: String,
        /// Its first argument.
        data: Box<RawValue>,
    },
    /// The answer to something we sent.
    Ack {
        /// The number that was sent along.
        id: u64,
        /// The first argument.
        data: Box<RawValue>,
    },
    /// We were let in.
    Welcome,
    /// We were not let in, and why.
    Refused(String),
    /// The server hangs up.
    Bye,
}

/// A connected socket.
#[derive(Debug)]
pub struct Socket {
    stream: WebSocketStream<Upgraded>,
    /// Silence that is longer than this means that the line is dead.
    patience: Duration,
    acks: u64,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Opening {
    ping_interval: u64,
    ping_timeout: u64,
}

#[derive(Debug, Deserialize)]
struct Refusal {
    message: String,
}

impl Socket {
    /// Connects, and asks to be let in with `auth`. Whether that works, the next packets tell.
    pub async fn connect(http: &Client, url: &str, auth: &impl Serialize) -> anyhow::Result<Self> {
        let opening = async {
            let upgraded = upgrade(http, url).await?;
            let stream = WebSocketStream::from_raw_socket(upgraded, Role::Client, None).await;
            let mut socket = Self {
                stream,
                patience: HANDSHAKE_TIMEOUT,
                acks: 0,
            };
            let text = socket.receive().await?;
            let opening = text.strip_prefix('0').context("no Engine.IO here")?;
            let opening: Opening = serde_json::from_str(opening)?;
            socket.patience = Duration::from_millis(opening.ping_interval + opening.ping_timeout);
            socket
                .send(format!("40{}", serde_json::to_string(auth)?))
                .await?;
            Ok(socket)
        };
        tokio::time::timeout(HANDSHAKE_TIMEOUT, opening)
            .await
            .context("the server takes too long")?
    }

    /// The next thing the server lets us know. May be cancelled and called again.
    pub async fn next(&mut self) -> anyhow::Result<Packet> {
        loop {
            let text = self.receive().await?;
            match text.as_bytes().first() {
                Some(b'2') => self.send("3".to_owned()).await?,
                Some(b'1') => return Ok(Packet::Bye),
                Some(b'4') => {
                    if let Some(packet) = understand(text.get(1..).unwrap_or_default())? {
                        return Ok(packet);
                    }
                }
                _ => {}
            }
        }
    }

    /// Sends an event and returns the number under which it will be answered.
    pub async fn ask(&mut self, event: &str, argument: &impl Serialize) -> anyhow::Result<u64> {
        self.acks += 1;
        let packet = serde_json::to_string(&(event, argument))?;
        self.send(format!("42{}{packet}", self.acks)).await?;
        Ok(self.acks)
    }

    async fn send(&mut self, text: String) -> anyhow::Result<()> {
        Ok(self.stream.send(Message::text(text)).await?)
    }

    async fn receive(&mut self) -> anyhow::Result<String> {
        loop {
            let next = tokio::time::timeout(self.patience, self.stream.next());
            match next.await.context("the server went silent")? {
                Some(Ok(Message::Text(text))) => return Ok(text.as_str().to_owned()),
                Some(Ok(Message::Close(_))) | None => bail!("the connection was closed"),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error.into()),
            }
        }
    }
}

async fn upgrade(http: &Client, url: &str) -> anyhow::Result<Upgraded> {
    let key = STANDARD.encode(rand::random::<[u8; 16]>());
    let answer = http
        .get(format!("{url}{PATH}"))
        .header(header::CONNECTION, "Upgrade")
        .header(header::UPGRADE, "websocket")
        .header(header::SEC_WEBSOCKET_VERSION, "13")
        .header(header::SEC_WEBSOCKET_KEY, &key)
        .send()
        .await?;
    ensure!(
        answer.status() == StatusCode::SWITCHING_PROTOCOLS,
        "{url} does not open a WebSocket: {}",
        answer.status()
    );
    let proof = answer.headers().get(header::SEC_WEBSOCKET_ACCEPT);
    ensure!(
        proof.is_some_and(|proof| *proof == derive_accept_key(key.as_bytes())),
        "{url} is not a WebSocket server"
    );
    Ok(answer.upgrade().await?)
}

/// Reads a Socket.IO packet; `None` for what says nothing to us.
fn understand(text: &str) -> anyhow::Result<Option<Packet>> {
    let mut characters = text.chars();
    let kind = characters.next();
    let rest = characters.as_str();
    let packet = match kind {
        Some('0') => Packet::Welcome,
        Some('1') => Packet::Bye,
        Some('2') => {
            let body = rest.trim_start_matches(|character: char| character.is_ascii_digit());
            let (name, data) = arguments(body)?;
            Packet::Event { name, data }
        }
        Some('3') => {
            let body = rest.trim_start_matches(|character: char| character.is_ascii_digit());
            let id = rest.strip_suffix(body).unwrap_or_default().parse()?;
            let (data,): (Box<RawValue>,) = serde_json::from_str(body)?;
            Packet::Ack { id, data }
        }
        Some('4') => Packet::Refused(serde_json::from_str::<Refusal>(rest)?.message),
        _ => return Ok(None),
    };
    Ok(Some(packet))
}

/// An event's name and its first argument, `null` where it has none.
fn arguments(body: &str) -> anyhow::Result<(String, Box<RawValue>)> {
    let parts: Vec<Box<RawValue>> = serde_json::from_str(body)?;
    let mut parts = parts.into_iter();
    let name = parts.next().context("an event without a name")?;
    let data = match parts.next() {
        Some(data) => data,
        None => to_raw_value(&json!(null))?,
    };
    Ok((serde_json::from_str(name.get())?, data))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn packets_are_understood() {
        let event = understand(r#"2["events",{"stream":"a"}]"#)
            .unwrap()
            .unwrap();
        assert!(
            matches!(event, Packet::Event { name, data } if name == "events" && data.get() == r#"{"stream":"a"}"#)
        );
        let bare = understand(r#"2["session:expired"]"#).unwrap().unwrap();
        assert!(matches!(bare, Packet::Event { data, .. } if data.get() == "null"));
        let ack = understand(r#"312[{"ok":true}]"#).unwrap().unwrap();
        assert!(matches!(ack, Packet::Ack { id: 12, data } if data.get() == r#"{"ok":true}"#));
        let refused = understand(r#"4{"message":"token_expired"}"#)
            .unwrap()
            .unwrap();
        assert!(matches!(refused, Packet::Refused(message) if message == "token_expired"));
    }
}
