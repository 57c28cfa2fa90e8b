//! An agent's screen: a minimal Socket.IO v4 client over WebSocket that answers pings and looks for message numbers.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use memchr::memmem::{self, Finder};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::load::board::Board;
use crate::load::webhooks::{MARKER, MARKER_DIGITS};
use crate::numbers::{count, index};

const TEXT: u8 = 1;
const CLOSE: u8 = 8;
const PING: u8 = 9;
const PONG: u8 = 10;
/// Names the event that tells what became of a message of ours, on both stacks.
const SETTLED: &[u8] = b"message:status";
/// Bit of a frame's first byte: nothing follows it.
const FINAL: u8 = 0x80;
/// Bit of the second byte: a key follows the length.
const MASKED: u8 = 0x80;
/// In place of a length: the true one follows in two bytes.
const LONG: u8 = 0x7e;

/// A connected, admitted client.
#[derive(Debug)]
pub struct Listener {
    stream: TcpStream,
    /// Bytes read; `start` is the first not yet understood.
    buffer: Vec<u8>,
    start: usize,
    seen: Seen,
}

impl Listener {
    /// Connects, upgrades, and joins the namespace `/` with `token`.
    pub async fn connect(address: SocketAddr, token: &str) -> Result<Self> {
        let mut stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let upgrade = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n\
                       Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";
        stream.write_all(upgrade.as_bytes()).await?;
        let mut listener = Self {
            stream,
            buffer: Vec::with_capacity(2048),
            start: 0,
            seen: Seen::default(),
        };
        listener.skip_http_head().await?;
        listener.expect(b"0").await?;
        send(
            &mut listener.stream,
            TEXT,
            format!(r#"40{{"token":"{token}"}}"#).as_bytes(),
        )
        .await?;
        listener.expect(b"40").await?;
        Ok(listener)
    }

    /// Reads until the server hangs up, noting every message number on `board`.
    pub async fn run(mut self, board: Arc<Board>) {
        let (finder, settled) = (Finder::new(MARKER), Finder::new(SETTLED));
        while let Ok(frame) = self.next_frame().await {
            let at = Instant::now();
            let payload = self.buffer.get(frame.start..frame.end).unwrap_or_default();
            match (frame.kind, payload) {
                (CLOSE, _) | (TEXT, b"1" | b"41") => break,
                (PING, _) if send(&mut self.stream, PONG, b"").await.is_err() => break,
                (TEXT, b"2") if send(&mut self.stream, TEXT, b"3").await.is_err() => break,
                _ => {
                    self.seen
                        .search(&finder, payload, |number| board.delivered(number, at));
                    board.settled(count(settled.find_iter(payload).count()));
                }
            }
        }
        board.was_cut();
    }

    /// Reads up to the packet that begins so; the server may ping meanwhile.
    async fn expect(&mut self, start: &[u8]) -> Result<()> {
        loop {
            let frame = self.next_frame().await?;
            let payload = self.buffer.get(frame.start..frame.end).unwrap_or_default();
            if payload == b"2" {
                send(&mut self.stream, TEXT, b"3").await?;
                continue;
            }
            ensure!(
                payload.starts_with(start),
                "refused: {}",
                String::from_utf8_lossy(payload)
            );
            return Ok(());
        }
    }

    async fn skip_http_head(&mut self) -> Result<()> {
        loop {
            if let Some(end) = memmem::find(&self.buffer, b"\r\n\r\n") {
                let head = String::from_utf8_lossy(self.buffer.get(..end).unwrap_or_default());
                ensure!(head.starts_with("HTTP/1.1 101"), "no upgrade: {head}");
                self.start = end + 4;
                return Ok(());
            }
            self.read_more().await?;
        }
    }

    /// The next whole frame; its payload lies in the buffer until the next call.
    async fn next_frame(&mut self) -> Result<Frame> {
        loop {
            let unread = self.buffer.get(self.start..).unwrap_or_default();
            if let Some(frame) = Frame::parse(unread, self.start)? {
                self.start = frame.end;
                return Ok(frame);
            }
            self.read_more().await?;
        }
    }

    async fn read_more(&mut self) -> Result<()> {
        self.buffer.drain(..self.start);
        self.start = 0;
        if self.buffer.capacity() - self.buffer.len() < 1024 {
            self.buffer.reserve(self.buffer.capacity().min(256 * 1024));
        }
        ensure!(self.stream.read_buf(&mut self.buffer).await? > 0, "closed");
        Ok(())
    }
}

/// A client must mask; a key of zeros leaves the bytes as they are.
async fn send(stream: &mut TcpStream, kind: u8, payload: &[u8]) -> Result<()> {
    let mut frame = vec![FINAL | kind];
    match u8::try_from(payload.len()) {
        Ok(length) if length < LONG => frame.push(MASKED | length),
        _ => {
            frame.push(MASKED | LONG);
            frame.extend(
                u16::try_from(payload.len())
                    .context("too long")?
                    .to_be_bytes(),
            );
        }
    }
    frame.extend([0; 4]);
    frame.extend(payload);
    Ok(stream.write_all(&frame).await?)
}
/// One unmasked, unfragmented WebSocket frame: where its payload lies in the buffer.
#[derive(Debug, PartialEq)]
struct Frame {
    kind: u8,
    start: usize,
    end: usize,
}

impl Frame {
    /// RFC 6455, 5.2. `offset` is where `bytes` begin in the buffer; none when bytes are missing.
    fn parse(bytes: &[u8], offset: usize) -> Result<Option<Self>> {
        let (kind, length, rest) = match bytes {
            [first, 126, a, b, rest @ ..] => {
                (first, usize::from(u16::from_be_bytes([*a, *b])), rest)
            }
            [first, 127, rest @ ..] if rest.len() >= 8 => {
                let (length, rest) = rest.split_first_chunk().unwrap_or((&[0; 8], rest));
                (first, index(u64::from_be_bytes(*length)), rest)
            }
            [_, 126 | 127, ..] => return Ok(None),
            [first, length, rest @ ..] => (first, usize::from(*length), rest),
            _ => return Ok(None),
        };
        if *kind <= FINAL {
            bail!("fragmented frames are not read here");
        }
        let start = offset + (bytes.len() - rest.len());
        Ok((rest.len() >= length).then_some(Self {
            kind: kind - FINAL,
            start,
            end: start + length,
        }))
    }
}

/// Which messages one listener has seen: an event may name a message twice, and it counts once.
#[derive(Debug, Default)]
struct Seen {
    bits: Vec<u64>,
}

impl Seen {
    fn search(&mut self, finder: &Finder, payload: &[u8], mut first_time: impl FnMut(u64)) {
        for at in finder.find_iter(payload) {
            let start = at + MARKER.len();
            if let Some(number) = payload.get(start..start + MARKER_DIGITS).and_then(number)
                && self.insert(number)
            {
                first_time(number);
            }
        }
    }

    fn insert(&mut self, number: u64) -> bool {
        let word = index(number / 64);
        if word >= self.bits.len() {
            self.bits.resize(word + 1, 0);
        }
        let Some(bits) = self.bits.get_mut(word) else {
            return false;
        };
        let bit = 1 << (number % 64);
        let new = *bits & bit == 0;
        *bits |= bit;
        new
    }
}

/// The number that these digits write.
pub fn number(digits: &[u8]) -> Option<u64> {
    digits.iter().try_fold(0, |sum: u64, digit| {
        digit
            .is_ascii_digit()
            .then(|| sum * 10 + u64::from(digit - b'0'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_cut_by_their_length() -> Result<()> {
        assert_eq!(
            Frame::parse(&[0x81, 2, b'a', b'b'], 10)?,
            Some(Frame {
                kind: 1,
                start: 12,
                end: 14
            })
        );
        assert_eq!(Frame::parse(&[0x81, 3, b'a', b'b'], 0)?, None);
        assert_eq!(Frame::parse(&[0x81, 126, 1], 0)?, None);
        assert!(Frame::parse(&[0x01, 0], 0).is_err());
        Ok(())
    }

    #[test]
    fn a_message_named_twice_counts_once() {
        let mut numbers = Vec::new();
        let event = b"42[BENCH0000000007 x, BENCH0000000007, BENCH0000000070, BENCH12]";
        let mut seen = Seen::default();
        seen.search(&Finder::new(MARKER), event, |number| numbers.push(number));
        seen.search(&Finder::new(MARKER), event, |number| numbers.push(number));
        assert_eq!(numbers, [7, 70]);
    }
}
