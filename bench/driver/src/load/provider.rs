//! The provider that messages are sent to: the least that can stand in for Meta's `/messages`, so that neither stack is bound by it. It
//! notes when each message was read, and which it reads twice.

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use memchr::memmem;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::load::board::Board;
use crate::load::listener::number;
use crate::load::webhooks::{MARKER, MARKER_DIGITS};

/// The token that it wants to see.
pub const TOKEN: &str = "bench-provider-token";

/// A listening provider of one server. Stops when dropped.
#[derive(Debug)]
pub struct Provider {
    /// Where it listens.
    pub address: SocketAddr,
    accepting: JoinHandle<()>,
}

impl Provider {
    /// Listens on a free port, and notes on `board` what comes.
    pub async fn open(board: Arc<Board>) -> Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let line = Line {
                    stream,
                    buffer: Vec::with_capacity(4096),
                    board: Arc::clone(&board),
                };
                // It ends when the server hangs up.
                tokio::spawn(async move { drop(line.serve().await) });
            }
        });
        Ok(Self { address, accepting })
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

/// One keep-alive connection of the server.
struct Line {
    stream: TcpStream,
    buffer: Vec<u8>,
    board: Arc<Board>,
}

impl Line {
    async fn serve(mut self) -> Result<()> {
        self.stream.set_nodelay(true)?;
        loop {
            let end = self.read_request().await?;
            let request = self.buffer.get(..end).unwrap_or_default();
            let answer = if let Some(message) = take(request) {
                self.board.taken(message);
                accepted(request, message)
            } else {
                self.board.turned_away();
                let no = r#"{"error":{"message":"no","code":190}}"#;
                respond("401 Unauthorized", no)
            };
            self.stream.write_all(answer.as_bytes()).await?;
            self.buffer.drain(..end);
        }
    }

    /// Reads up to the end of the first whole request; where that is.
    async fn read_request(&mut self) -> Result<usize> {
        loop {
            if let Some(head) = memmem::find(&self.buffer, b"\r\n\r\n") {
                let length = length(self.buffer.get(..head).unwrap_or_default())?;
                let end = head + 4 + length;
                if self.buffer.len() >= end {
                    return Ok(end);
                }
            }
            let read = self.stream.read_buf(&mut self.buffer).await?;
            ensure!(read > 0, "the server hung up");
        }
    }
}

/// `Content-Length`; both stacks send one.
fn length(head: &[u8]) -> Result<usize> {
    let text = std::str::from_utf8(head)?;
    let value = text
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let (_, value) = value.context("no Content-Length")?;
    Ok(value.trim().parse()?)
}

/// The number of the message in a request that is as it has to be.
fn take(request: &[u8]) -> Option<u64> {
    let head = request.get(..memmem::find(request, b"\r\n\r\n")?)?;
    let head = std::str::from_utf8(head).ok()?;
    let (line, headers) = head.split_once("\r\n")?;
    let is_known = line.starts_with("POST /") && line.contains("/messages ");
    let token = headers
        .lines()
        .filter_map(|line| line.split_once(": "))
        .find(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    let is_allowed = token.and_then(|(_, value)| value.strip_prefix("Bearer ")) == Some(TOKEN);
    let start = memmem::find(request, MARKER)? + MARKER.len();
    let message = number(request.get(start..start + MARKER_DIGITS)?)?;
    (is_known && is_allowed).then_some(message)
}

/// As Meta answers.
fn accepted(request: &[u8], message: u64) -> String {
    let to = memmem::find(request, br#""to":""#)
        .and_then(|at| request.get(at + 6..))
        .and_then(|rest| rest.split(|byte| *byte == b'"').next());
    let to = String::from_utf8_lossy(to.unwrap_or_default());
    respond(
        "200 OK",
        &format!(
            r#"{{"messaging_product":"whatsapp","contacts":[{{"input":"{to}","wa_id":"{to}"}}],"messages":[{{"id":"wamid.HBgNNDkxNTEVAgARGBI{message:010}AA=="}}]}}"#
        ),
    )
}

fn respond(status: &str, body: &str) -> String {
    format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(token: &str) -> String {
        format!(
            "POST /v1/7/messages HTTP/1.1\r\nauthorization: Bearer {token}\r\ncontent-length: 50\r\n\r\n{{\"to\":\"4915\",\"text\":{{\"body\":\"BENCH0000000042 hello\"}}}}"
        )
    }

    #[test]
    fn a_message_is_known_by_its_number_and_answered_to_its_address() {
        let good = request(TOKEN);
        assert_eq!(take(good.as_bytes()), Some(42));
        let answer = accepted(good.as_bytes(), 42);
        assert!(answer.contains(r#""wa_id":"4915""#) && answer.contains("0000000042"));
    }

    #[test]
    fn nothing_is_taken_with_another_token_or_elsewhere() {
        assert_eq!(take(request("wrong").as_bytes()), None);
        let elsewhere = request(TOKEN).replace("/messages", "/media");
        assert_eq!(take(elsewhere.as_bytes()), None);
    }

    #[tokio::test]
    async fn requests_on_one_connection_are_answered_in_turn() -> Result<()> {
        let board = Arc::new(Board::default());
        let provider = Provider::open(Arc::clone(&board)).await?;
        let mut stream = TcpStream::connect(provider.address).await?;
        let body = r#"{"to":"1","text":{"body":"BENCH0000000007"}}"#;
        let request = format!(
            "POST /v1/7/messages HTTP/1.1\r\nAuthorization: Bearer {TOKEN}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        for _ in 0..2 {
            stream.write_all(request.as_bytes()).await?;
            let mut answer = [0; 12];
            stream.read_exact(&mut answer).await?;
            assert_eq!(&answer, b"HTTP/1.1 200");
            let mut rest = vec![0; 4096];
            assert!(stream.read(&mut rest).await? > 0);
        }
        assert_eq!((board.taken_count(), board.taken_again()), (1, 1));
        Ok(())
    }
}
