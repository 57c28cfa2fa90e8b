//! The board: when each message was sent, and what the listeners have seen of it. One per started server.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::numbers::{Histogram, index};

/// Most messages one server is sent in its life.
const CAPACITY: u64 = 1 << 21;

/// Shared by all senders and listeners of one server.
#[derive(Debug)]
pub struct Board {
    start: Instant,
    /// Sending time of each message in ns after `start`, plus one; 0 = not sent.
    sent: Vec<AtomicU64>,
    next: AtomicU64,
    deliveries: AtomicU64,
    cut: AtomicU64,
    goal: AtomicU64,
    reached: Notify,
    /// From the start of a POST until a listener read the message.
    pub to_socket: Histogram,
}

impl Default for Board {
    fn default() -> Self {
        Self {
            start: Instant::now(),
            sent: (0..CAPACITY).map(|_| AtomicU64::new(0)).collect(),
            next: AtomicU64::new(0),
            deliveries: AtomicU64::new(0),
            cut: AtomicU64::new(0),
            goal: AtomicU64::new(u64::MAX),
            reached: Notify::new(),
            to_socket: Histogram::default(),
        }
    }
}

impl Board {
    /// Takes `amount` message numbers; the first of them.
    pub fn reserve(&self, amount: u64) -> u64 {
        self.next.fetch_add(amount, Relaxed)
    }

    /// How many more messages this server can be sent.
    pub fn room_left(&self) -> u64 {
        CAPACITY.saturating_sub(self.next.load(Relaxed))
    }

    /// Notes that the message `number` counts as sent at `at`.
    pub fn sent(&self, number: u64, at: Instant) {
        let nanos = u64::try_from(at.duration_since(self.start).as_nanos()).unwrap_or(u64::MAX);
        if let Some(slot) = self.sent.get(index(number)) {
            slot.store(nanos + 1, Relaxed);
        }
    }

    /// Notes that one listener saw `number` for the first time, at `at`.
    pub fn delivered(&self, number: u64, at: Instant) {
        let Some(nanos) = self.sent.get(index(number)).map(|slot| slot.load(Relaxed)) else {
            return;
        };
        let sent = self.start + Duration::from_nanos(nanos.saturating_sub(1));
        self.to_socket.record(at.duration_since(sent));
        let seen = self.deliveries.fetch_add(1, Relaxed) + 1;
        if seen >= self.goal.load(Relaxed) {
            self.reached.notify_one();
        }
    }

    /// Deliveries so far, over all listeners.
    pub fn deliveries(&self) -> u64 {
        self.deliveries.load(Relaxed)
    }

    /// Notes that the server ended a listener's connection.
    pub fn was_cut(&self) {
        self.cut.fetch_add(1, Relaxed);
    }

    /// Listeners whose connection ended.
    pub fn cut_listeners(&self) -> u64 {
        self.cut.load(Relaxed)
    }

    /// Waits until `goal` deliveries were made; false when nothing arrived for `patience`.
    pub async fn reach(&self, goal: u64, patience: Duration) -> bool {
        self.goal.store(goal, Relaxed);
        let mut before = self.deliveries();
        while self.deliveries() < goal {
            if timeout(patience, self.reached.notified()).await.is_err() {
                if self.deliveries() == before {
                    break;
                }
                before = self.deliveries();
            }
        }
        self.goal.store(u64::MAX, Relaxed);
        self.deliveries() >= goal
    }
}
