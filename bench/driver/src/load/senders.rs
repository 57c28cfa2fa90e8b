//! The senders: connections that POST finished requests, as fast as answers come or at a fixed rate.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use anyhow::Result;
use tokio::task::JoinSet;

use crate::load::board::Board;
use crate::load::http::Connection;
use crate::load::webhooks::Requests;
use crate::numbers::{Histogram, count, float};

/// What came of a trial.
#[derive(Debug, Default)]
pub struct Sent {
    /// Answered 200 or 201: durable.
    pub stored: u64,
    /// Answered otherwise.
    pub refused: u64,
    /// From the first request to the last answer.
    pub taken: Duration,
    /// From the start of a POST to its answer.
    pub to_answer: Arc<Histogram>,
}

impl Sent {
    /// Durable messages per second.
    pub fn per_second(&self) -> f64 {
        float(self.stored) / self.taken.as_secs_f64().max(1e-9)
    }
}

/// A fixed set of keep-alive connections to one server.
#[derive(Debug)]
pub struct Senders {
    connections: Vec<Connection>,
    board: Arc<Board>,
}

/// When the `position`th request is due.
#[derive(Debug, Clone, Copy)]
enum Pace {
    AsFastAsAnswered { until: Instant },
    Every { first: Instant, gap: Duration },
}

impl Senders {
    /// Opens `amount` connections.
    pub async fn open(address: SocketAddr, amount: usize, board: Arc<Board>) -> Result<Self> {
        let mut connections = Vec::new();
        for _ in 0..amount {
            connections.push(Connection::open(address).await?);
        }
        Ok(Self { connections, board })
    }

    /// Closed loop: every connection sends its next message when the last one was answered, until `length` is over.
    pub async fn peak(&mut self, requests: Requests, length: Duration) -> Result<Sent> {
        self.send(
            requests,
            Pace::AsFastAsAnswered {
                until: Instant::now() + length,
            },
        )
        .await
    }

    /// Open loop: one message every `1 / rate` seconds, whether the server keeps up or not.
    pub async fn paced(&mut self, requests: Requests, rate: f64) -> Result<Sent> {
        let first = Instant::now() + Duration::from_millis(5);
        self.send(
            requests,
            Pace::Every {
                first,
                gap: Duration::from_secs_f64(1.0 / rate.max(1.0)),
            },
        )
        .await
    }

    async fn send(&mut self, requests: Requests, pace: Pace) -> Result<Sent> {
        let trial = Arc::new(Trial {
            requests,
            pace,
            next: AtomicU64::new(0),
            board: Arc::clone(&self.board),
            to_answer: Arc::default(),
        });
        let start = Instant::now();
        let mut tasks = JoinSet::new();
        for connection in self.connections.drain(..) {
            tasks.spawn(Arc::clone(&trial).drive(connection));
        }
        let mut sent = Sent {
            to_answer: Arc::clone(&trial.to_answer),
            ..Sent::default()
        };
        while let Some(done) = tasks.join_next().await {
            let (connection, stored, refused) = done??;
            sent.stored += stored;
            sent.refused += refused;
            self.connections.push(connection);
        }
        sent.taken = start.elapsed();
        Ok(sent)
    }
}

struct Trial {
    requests: Requests,
    pace: Pace,
    next: AtomicU64,
    board: Arc<Board>,
    to_answer: Arc<Histogram>,
}

impl Trial {
    async fn drive(self: Arc<Self>, mut connection: Connection) -> Result<(Connection, u64, u64)> {
        let (mut stored, mut refused) = (0, 0);
        loop {
            let position = self.next.fetch_add(1, Relaxed);
            let Some(start) = self.start_of(position).await else {
                break;
            };
            let Some((number, bytes)) = self.requests.get(position) else {
                break;
            };
            self.board.sent(number, start);
            let status = connection.exchange(bytes).await?;
            self.to_answer.record(start.elapsed());
            self.board.answered(number);
            if matches!(status, 200 | 201) {
                stored += 1;
            } else {
                refused += 1;
            }
        }
        Ok((connection, stored, refused))
    }

    /// Waits for the turn of a request. Its clock starts when it is really written, unless all connections were busy past
    /// its time: then it starts at that time, because the customer has been waiting since.
    async fn start_of(&self, position: u64) -> Option<Instant> {
        let free = Instant::now();
        match self.pace {
            Pace::AsFastAsAnswered { until } => (free < until).then_some(free),
            Pace::Every { first, gap } => {
                if position >= self.requests.len() {
                    return None;
                }
                let due = first + gap.mul_f64(float(position));
                if due <= free {
                    return Some(due);
                }
                tokio::time::sleep_until(due.into()).await;
                Some(Instant::now())
            }
        }
    }
}

/// How many requests a trial of `length` needs when the server makes `rate` a second, with room to spare.
pub fn enough_for(rate: f64, length: Duration) -> u64 {
    crate::numbers::whole(rate * length.as_secs_f64() * 1.6) + count(1_000)
}
