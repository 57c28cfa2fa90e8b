//! A minimal keep-alive HTTP/1.1 client over a bare socket: cheap enough never to be the bottleneck.

use std::net::SocketAddr;

use anyhow::{Context as _, Result, bail, ensure};
use memchr::memmem;
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

/// One keep-alive connection. Servers close those that lie idle: a request that finds it closed goes over a new one.
#[derive(Debug)]
pub struct Connection {
    address: SocketAddr,
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    /// Connects with `TCP_NODELAY`.
    pub async fn open(address: SocketAddr) -> Result<Self> {
        Ok(Self {
            address,
            stream: connect(address).await?,
            buffer: Vec::with_capacity(4096),
        })
    }

    /// Sends a finished request and reads the whole answer; its status.
    pub async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        self.buffer.clear();
        if self.begin(request).await.is_err() {
            self.stream = connect(self.address).await?;
            self.begin(request).await?;
        }
        let head = self.read_head().await?;
        let wanted = head.end + head.length;
        while self.buffer.len() < wanted {
            self.read_more().await?;
        }
        Ok(head.status)
    }

    /// Sends JSON (or nothing) and reads JSON (or nothing): the few calls that set a target up.
    pub async fn call(
        &mut self,
        method: &str,
        path: &str,
        token: &str,
        body: &Value,
    ) -> Result<(u16, Value)> {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let request = format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
             Authorization: Bearer {token}\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let status = self.exchange(request.as_bytes()).await?;
        let start = memmem::find(&self.buffer, b"\r\n\r\n").map_or(0, |at| at + 4);
        let answer = self.buffer.get(start..).unwrap_or_default();
        Ok((
            status,
            serde_json::from_slice(answer).unwrap_or(Value::Null),
        ))
    }

    /// Sends the request and waits for the first bytes of the answer.
    async fn begin(&mut self, request: &[u8]) -> Result<()> {
        self.stream.write_all(request).await?;
        self.read_more().await
    }

    async fn read_head(&mut self) -> Result<Head> {
        loop {
            if let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") {
                return Head::parse(self.buffer.get(..end).unwrap_or_default());
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> Result<()> {
        ensure!(
            self.stream.read_buf(&mut self.buffer).await? > 0,
            "the server closed the connection"
        );
        Ok(())
    }
}

async fn connect(address: SocketAddr) -> Result<TcpStream> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

struct Head {
    status: u16,
    end: usize,
    length: usize,
}

impl Head {
    fn parse(bytes: &[u8]) -> Result<Self> {
        let text = std::str::from_utf8(bytes)?;
        let status = text
            .get(9..12)
            .and_then(|code| code.parse().ok())
            .context("no status line")?;
        let mut length = 0;
        for (name, value) in text.lines().filter_map(|line| line.split_once(':')) {
            if name.eq_ignore_ascii_case("content-length") {
                length = value.trim().parse()?;
            } else if name.eq_ignore_ascii_case("transfer-encoding") {
                bail!("chunked answers are not read here");
            }
        }
        Ok(Self {
            status,
            end: bytes.len() + 4,
            length,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_head_tells_status_and_length() -> Result<()> {
        let head = Head::parse(b"HTTP/1.1 503 Down\r\ncontent-length: 12\r\nX: y")?;
        assert_eq!((head.status, head.end, head.length), (503, 47, 12));
        Ok(())
    }
}
