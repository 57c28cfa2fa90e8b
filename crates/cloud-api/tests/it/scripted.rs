//! A host that answers each request with the bytes it was told, and remembers what it was asked.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoopoe_cloud_api::graph::{GraphClient, Timeouts};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one connection.
#[derive(Clone)]
pub enum Act {
    /// The request is read, these bytes are written, and the connection is closed.
    Say(Vec<u8>),
    /// As `Say`, but the connection stays open and silent.
    SayAndHang(Vec<u8>),
    /// The connection is closed after so many bytes of the request.
    CloseAfter(usize),
}

pub struct Scripted {
    pub address: SocketAddr,
    asked: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Scripted {
    /// Plays one act per connection; the last one again and again.
    pub async fn play(acts: Vec<Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let asked = Arc::<Mutex<Vec<Vec<u8>>>>::default();
        let log = Arc::clone(&asked);
        tokio::spawn(async move {
            for index in 0.. {
                let (stream, _) = listener.accept().await.unwrap();
                let act = acts.get(index).or(acts.last()).unwrap().clone();
                tokio::spawn(perform(stream, act, Arc::clone(&log)));
            }
        });
        Self { address, asked }
    }

    /// Answers every request with this.
    pub async fn answering(status: &str, headers: &str, body: &str) -> Self {
        Self::play(vec![Act::Say(answer(status, headers, body))]).await
    }

    pub fn client(&self) -> GraphClient {
        let timeouts = Timeouts {
            call: Duration::from_millis(300),
            ..Timeouts::default()
        };
        GraphClient::with_timeouts(&format!("http://{}", self.address), "v25.0", timeouts).unwrap()
    }

    /// The requests so far, as text.
    pub fn asked(&self) -> Vec<String> {
        let asked = self.asked.lock().unwrap();
        let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).into_owned();
        asked.iter().map(text).collect()
    }
}

pub fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n{headers}\r\n{body}"
    )
    .into_bytes()
}

async fn perform(mut stream: TcpStream, act: Act, log: Arc<Mutex<Vec<Vec<u8>>>>) {
    if let Act::CloseAfter(bytes) = act {
        let mut some = vec![0; bytes];
        stream.read_exact(&mut some).await.unwrap();
        return;
    }
    let request = read_request(&mut stream).await;
    log.lock().unwrap().push(request);
    match act {
        Act::Say(bytes) => stream.write_all(&bytes).await.unwrap(),
        Act::SayAndHang(bytes) => {
            stream.write_all(&bytes).await.unwrap();
            std::future::pending::<()>().await;
        }
        Act::CloseAfter(_) => {}
    }
}

async fn read_request(stream: &mut TcpStream) -> Vec<u8> {
    let mut request = Vec::new();
    loop {
        let mut piece = vec![0; 65536];
        let read = stream.read(&mut piece).await.unwrap();
        request.extend_from_slice(&piece[..read]);
        if read == 0 || is_whole(&request) {
            return request;
        }
    }
}

fn is_whole(request: &[u8]) -> bool {
    let Some(end) = request.windows(4).position(|four| four == b"\r\n\r\n") else {
        return false;
    };
    let head = String::from_utf8_lossy(&request[..end]).to_lowercase();
    let length = head
        .lines()
        .find_map(|line| line.strip_prefix("content-length:"))
        .map_or(0, |length| length.trim().parse::<usize>().unwrap());
    request.len() >= end + 4 + length
}
