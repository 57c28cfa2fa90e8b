//! The board: when each message was sent, answered and read by the provider, and what the listeners have seen of it. One per started server.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use tokio::sync::Notify;
use tokio::time::timeout;

use crate::numbers::{Histogram, index};

/// Most messages one server is sent in its life.
const CAPACITY: u64 = 1 << 21;

/// A time for each message, in ns after the board's start, plus one; 0 = not yet.
#[derive(Debug)]
struct Times(Vec<AtomicU64>);

impl Default for Times {
    fn default() -> Self {
        Self((0..CAPACITY).map(|_| AtomicU64::new(0)).collect())
    }
}

impl Times {
    /// Whether there was none before.
    fn set(&self, number: u64, since_start: Duration) -> bool {
        let nanos = u64::try_from(since_start.as_nanos()).unwrap_or(u64::MAX - 1);
        let slot = self.0.get(index(number));
        slot.is_some_and(|slot| slot.swap(nanos + 1, Relaxed) == 0)
    }

    fn get(&self, number: u64) -> Option<Duration> {
        let nanos = self.0.get(index(number))?.load(Relaxed).checked_sub(1)?;
        Some(Duration::from_nanos(nanos))
    }
}

/// What is known of one message on its way out, as time since the board's start.
#[derive(Debug, Clone, Copy)]
pub struct Course {
    /// When its request was begun.
    pub posted: Duration,
    /// When it was answered.
    pub answered: Duration,
    /// When the provider had read it.
    pub taken: Duration,
}

/// Shared by all senders and listeners of one server, and by its provider.
#[derive(Debug)]
pub struct Board {
    start: Instant,
    sent: Times,
    answered: Times,
    taken: Times,
    next: AtomicU64,
    taken_count: AtomicU64,
    taken_again: AtomicU64,
    turned_away: AtomicU64,
    settled: AtomicU64,
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
            sent: Times::default(),
            answered: Times::default(),
            taken: Times::default(),
            next: AtomicU64::new(0),
            taken_count: AtomicU64::new(0),
            taken_again: AtomicU64::new(0),
            turned_away: AtomicU64::new(0),
            settled: AtomicU64::new(0),
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
        self.sent.set(number, at.duration_since(self.start));
    }

    /// Notes that the message `number` was answered now.
    pub fn answered(&self, number: u64) {
        self.answered.set(number, self.start.elapsed());
    }

    /// Notes that the provider read the message `number` now.
    pub fn taken(&self, number: u64) {
        let first_time = self.taken.set(number, self.start.elapsed());
        let counter = if first_time {
            &self.taken_count
        } else {
            &self.taken_again
        };
        counter.fetch_add(1, Relaxed);
    }

    /// Messages that the provider has read.
    pub fn taken_count(&self) -> u64 {
        self.taken_count.load(Relaxed)
    }

    /// Messages that the provider has read once more.
    pub fn taken_again(&self) -> u64 {
        self.taken_again.load(Relaxed)
    }

    /// Notes a request that the provider does not take.
    pub fn turned_away(&self) {
        self.turned_away.fetch_add(1, Relaxed);
    }

    /// Requests that the provider did not take.
    pub fn turned_away_count(&self) -> u64 {
        self.turned_away.load(Relaxed)
    }

    /// Notes that one listener was told of so many messages what became of them.
    pub fn settled(&self, amount: u64) {
        self.settled.fetch_add(amount, Relaxed);
    }

    /// How often listeners were told what became of a message.
    pub fn settled_count(&self) -> u64 {
        self.settled.load(Relaxed)
    }

    /// What is known of a message that was answered and has reached the provider.
    pub fn course(&self, number: u64) -> Option<Course> {
        Some(Course {
            posted: self.sent.get(number)?,
            answered: self.answered.get(number)?,
            taken: self.taken.get(number)?,
        })
    }

    /// Notes that one listener saw `number` for the first time, at `at`.
    pub fn delivered(&self, number: u64, at: Instant) {
        let Some(sent) = self.sent.get(number) else {
            return;
        };
        self.to_socket.record(at.duration_since(self.start + sent));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_that_the_provider_reads_twice_is_counted_apart() {
        let board = Board::default();
        let number = board.reserve(1);
        board.sent(number, Instant::now());
        board.answered(number);
        assert!(board.course(number).is_none(), "it has not been there");
        board.taken(number);
        board.taken(number);
        assert_eq!((board.taken_count(), board.taken_again()), (1, 1));
        let course = board.course(number);
        assert!(course.is_some_and(|course| course.posted <= course.answered));
    }
}
